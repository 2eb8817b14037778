package render

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"text/template/parse"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
)

// partFiles and partFolders are what Helm's loader gives a meaning. All else in the folder of a chart
// is only there for templates that read .Files.
var (
	partFiles = []string{
		"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "requirements.yaml", "requirements.lock",
	}
	partFolders = []string{"templates", "crds", "charts"}
)

// ofChart gives the folder of the chart or of the dependency in its charts/ that a path belongs to,
// and the path there.
func ofChart(name string) (string, string) {
	folder := ""
	for {
		rest, ok := strings.CutPrefix(name, "charts/")
		dependency, inside, deeper := strings.Cut(rest, "/")
		if !ok || !deeper {
			return folder, name
		}
		folder, name = files.Join(folder, "charts", dependency), inside
	}
}

func isPart(inChart string) bool {
	_, name := ofChart(inChart)
	first, _, _ := strings.Cut(name, "/")
	return slices.Contains(partFiles, name) || slices.Contains(partFolders, first)
}

// checkAliases refuses files that Helm's loader would take long to refuse.
func (r *run) checkAliases(folder string, chart *collected) error {
	for _, file := range chart.files {
		if len(file.Data) == 0 || !slices.Contains(partFiles, path.Base(file.Name)) {
			continue
		}
		if fault := documents.AliasFault(file.Data); fault != nil {
			r.problems = append(r.problems, fault.Problem(files.Join(folder, chart.paths[&file.Data[0]]), 1))
			return errFailed
		}
	}
	return nil
}

// askForParts records what Helm looks for in the folder of a chart, there or not.
func (r *run) askForParts(folder string) {
	// What is not there is recorded all the same.
	for _, name := range partFiles {
		_, _ = r.layer.Read(files.Join(folder, name))
	}
	for _, name := range partFolders {
		_, _ = r.layer.Stat(files.Join(folder, name))
	}
}

// askForFolder records the listing of a folder in a chart if any file in it counts.
func (r *run) askForFolder(chartFolder, name string) {
	inChart := below(chartFolder, name)
	owner, inside := ofChart(inChart + "/")
	switch {
	case inside == "":
		r.askForParts(files.Join(chartFolder, owner))
	case isPart(inChart):
		// Whether it can be listed shows in the walk itself.
		_, _ = r.layer.ListDeep(name)
	}
}

// readsFiles says whether a template of the chart or of its dependencies can reach .Files, or a value
// that is a template itself. It rather says so once too often.
func (h *helmRelease) readsFiles(values any) bool {
	return h.chartReadsFiles(h.chart) || valueReadsFiles(values)
}

func (h *helmRelease) chartReadsFiles(c *chart.Chart) bool {
	metadata, err := json.Marshal(c.Metadata)
	if err != nil || strings.Contains(string(metadata), "{{") {
		return true
	}
	for _, template := range c.Templates {
		if h.template(template).readsFiles() {
			return true
		}
	}
	return slices.ContainsFunc(c.Dependencies(), h.chartReadsFiles)
}

func valueReadsFiles(value any) bool {
	switch value := value.(type) {
	case common.Values:
		return valueReadsFiles(map[string]any(value))
	case string:
		return strings.Contains(value, "{{") && templateReadsFiles(value)
	case map[string]any:
		for _, entry := range value {
			if valueReadsFiles(entry) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, valueReadsFiles)
	}
	return false
}

// templateReadsFiles looks for the name Files, and for the whole context being written out or gone
// through. What does not parse may be anything.
func templateReadsFiles(text string) bool {
	trees := map[string]*parse.Tree{}
	tree := parse.New("template")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return true
	}
	for _, tree := range trees {
		search := filesSearch{names: map[string]bool{"$": true}}
		if tree.Root != nil && search.node(tree.Root, true) {
			return true
		}
	}
	return false
}

// filesSearch goes through one template. In what it asks, atRoot says that the dot can be the whole
// context.
type filesSearch struct {
	// names are the variables that stand for the whole context.
	names map[string]bool
}

func (s filesSearch) node(node parse.Node, atRoot bool) bool {
	switch node := node.(type) {
	case *parse.ListNode:
		return node != nil && slices.ContainsFunc(node.Nodes, func(n parse.Node) bool { return s.node(n, atRoot) })
	case *parse.ActionNode:
		written := len(node.Pipe.Decl) == 0 && s.isWhole(node.Pipe, atRoot)
		return written || s.pipe(node.Pipe, atRoot)
	case *parse.TemplateNode:
		return s.pipe(node.Pipe, atRoot)
	case *parse.IfNode:
		return s.branch(&node.BranchNode, atRoot, atRoot)
	case *parse.WithNode:
		return s.branch(&node.BranchNode, atRoot, s.isWhole(node.Pipe, atRoot))
	case *parse.RangeNode:
		return s.isWhole(node.Pipe, atRoot) || s.branch(&node.BranchNode, atRoot, false)
	}
	return false
}

func (s filesSearch) branch(branch *parse.BranchNode, atRoot, inside bool) bool {
	return s.pipe(branch.Pipe, atRoot) || s.node(branch.List, inside) || s.node(branch.ElseList, atRoot)
}

var (
	// writers are functions whose result shows what they are given.
	writers = []string{
		"toYaml", "toYamlPretty", "toJson", "mustToJson", "toPrettyJson", "mustToPrettyJson", "toRawJson",
		"mustToRawJson", "toToml", "print", "println", "printf", "toString", "toStrings", "quote", "squote", "cat",
		"join", "html", "js", "values", "sha256sum", "b64enc",
	}
	// pickers give one field, by a name that is searched for Files like every text.
	pickers = []string{"index", "get", "dig", "pluck", "hasKey"}
	// callers hand the context to templates, which are searched on their own.
	callers = []string{"include", "tpl", "template"}
)

func (s filesSearch) pipe(pipe *parse.PipeNode, atRoot bool) bool {
	if pipe == nil {
		return false
	}
	for i, command := range pipe.Cmds {
		given := i > 0 && s.isWhole(&parse.PipeNode{Cmds: pipe.Cmds[:i]}, atRoot)
		for _, argument := range command.Args {
			if s.argument(argument, atRoot) {
				return true
			}
			given = given || s.isWhole(argument, atRoot)
		}
		if given && slices.Contains(writers, functionOf(command)) {
			return true
		}
	}
	for _, variable := range pipe.Decl {
		s.names[variable.Ident[0]] = s.names[variable.Ident[0]] || s.isWhole(pipe, atRoot)
	}
	return false
}

func functionOf(command *parse.CommandNode) string {
	if function, ok := command.Args[0].(*parse.IdentifierNode); ok {
		return function.Ident
	}
	return ""
}

func (s filesSearch) argument(node parse.Node, atRoot bool) bool {
	switch node := node.(type) {
	case *parse.FieldNode:
		return slices.Contains(node.Ident, "Files")
	case *parse.VariableNode:
		return slices.Contains(node.Ident, "Files")
	case *parse.ChainNode:
		return slices.Contains(node.Field, "Files") || s.argument(node.Node, atRoot)
	case *parse.PipeNode:
		return s.pipe(node, atRoot)
	case *parse.StringNode:
		return strings.Contains(node.Text, "Files") || strings.Contains(node.Text, "{{") && templateReadsFiles(node.Text)
	}
	return false
}

// isWhole says whether a node gives the whole context or something that holds it.
func (s filesSearch) isWhole(node parse.Node, atRoot bool) bool {
	switch node := node.(type) {
	case *parse.DotNode:
		return atRoot
	case *parse.VariableNode:
		return len(node.Ident) == 1 && s.names[node.Ident[0]]
	case *parse.PipeNode:
		return node != nil && len(node.Cmds) > 0 && s.gives(node.Cmds, atRoot)
	}
	return false
}

// gives follows a chain of commands. A function may hand on what it is given, unless it calls a
// template or picks a field by its literal name.
func (s filesSearch) gives(commands []*parse.CommandNode, atRoot bool) bool {
	whole := false
	for _, command := range commands {
		function := functionOf(command)
		given := whole || slices.ContainsFunc(command.Args, func(n parse.Node) bool { return s.isWhole(n, atRoot) })
		whole = given && !slices.Contains(callers, function) &&
			(!slices.Contains(pickers, function) || !picksLiterally(command))
	}
	return whole
}

func picksLiterally(command *parse.CommandNode) bool {
	return slices.ContainsFunc(command.Args, func(n parse.Node) bool {
		return n.Type() == parse.NodeString || n.Type() == parse.NodeNumber
	})
}
