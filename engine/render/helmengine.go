package render

import (
	"context"
	"fmt"
	"path"
	"strings"
	"text/template"
	"text/template/parse"
	_ "unsafe" // for go:linkname

	chart3 "helm.sh/helm/v3/pkg/chart"
	helmchart "helm.sh/helm/v4/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
)

// What follows is Helm's own, reached past its package because Engine.Render parses every template at
// each call: its functions, what it gives to templates, its order of files and its errors. With another
// version of Helm, hold these against pkg/engine/engine.go.

//go:linkname helmFunctions helm.sh/helm/v4/pkg/engine.Engine.initFunMap
func helmFunctions(e engine.Engine, ctx context.Context, t *template.Template)

//go:linkname helmTemplates helm.sh/helm/v4/pkg/engine.recAllTpls
func helmTemplates(c helmchart.Charter, templates map[string]renderable, values common.Values) map[string]any

//go:linkname helmOrder helm.sh/helm/v4/pkg/engine.sortTemplates
func helmOrder(templates map[string]renderable) []string

//go:linkname helmParseError helm.sh/helm/v4/pkg/engine.cleanupParseError
func helmParseError(name string, err error) error

//go:linkname helmExecError helm.sh/helm/v4/pkg/engine.reformatExecErrorMsg
func helmExecError(name string, err error) error

// renderable is Helm's type of that name.
type renderable struct {
	text     string
	values   common.Values
	basePath string
}

// execute renders the templates as Helm's Engine.render does, with those that were parsed before.
func (h *helmRelease) execute(functions template.FuncMap, top common.Values) (rendered map[string]string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%s%v", renderFailed, cause)
		}
	}()
	all := map[string]renderable{}
	context := helmTemplates(h.chart, all, top)
	if h.helm3 {
		h.charts3(h.chart, context, all)
	}
	set := template.New("gotpl").Option("missingkey=zero")
	withFunctions(set, functions)
	names := helmOrder(all)
	for _, name := range names {
		if err := h.add(set, name, all[name].text); err != nil {
			return nil, helmParseError(name, err)
		}
	}
	rendered = make(map[string]string, len(names))
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		values := all[name].values
		values["Template"] = common.Values{"Name": name, "BasePath": all[name].basePath}
		text := strings.Builder{}
		if err := set.ExecuteTemplate(&text, name, values); err != nil {
			return nil, helmExecError(name, err)
		}
		rendered[name] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	return rendered, nil
}

func withFunctions(set *template.Template, functions template.FuncMap) {
	helmFunctions(engine.Engine{CustomTemplateFuncs: functions}, context.Background(), set)
}

// add does what Template.Parse does with the text of a file.
func (h *helmRelease) add(set *template.Template, name, text string) error {
	known, ok := h.parsed[name]
	if !ok {
		_, err := set.New(name).Parse(text)
		return err
	}
	trees, err := known.parsed(name, func() ([]*parse.Tree, error) { return treesOf(name, text) })
	if err != nil {
		return err
	}
	file := set.New(name)
	for _, tree := range trees {
		if _, err := file.AddParseTree(tree.Name, tree); err != nil {
			return err
		}
	}
	return nil
}

// parser is a set that knows all functions of Helm, by which parsing tells a function from a mistake.
var parser = func() *template.Template {
	set := template.New("parser")
	withFunctions(set, nil)
	return set
}()

// treesOf parses a file by itself.
func treesOf(name, text string) ([]*parse.Tree, error) {
	set, err := parser.Clone()
	if err != nil {
		return nil, err
	}
	if _, err := set.New(name).Parse(text); err != nil {
		return nil, err
	}
	trees := []*parse.Tree{}
	for _, defined := range set.Templates() {
		if defined.Tree != nil {
			trees = append(trees, defined.Tree)
		}
	}
	return trees, nil
}

// charts3 puts `.Chart` into the contexts of templates as Helm 3 has it: the fields of its own type
// and IsRoot, where Helm 4 has a map (pkg/engine, recAllTpls, of both).
func (h *helmRelease) charts3(c *chart.Chart, context map[string]any, all map[string]renderable) {
	metadata := struct {
		chart3.Metadata
		IsRoot bool
	}{IsRoot: c.IsRoot()}
	if older := h.metadata3[c]; older != nil {
		metadata.Metadata = *older
	}
	for _, file := range c.Templates {
		if known, ok := all[path.Join(c.ChartFullPath(), file.Name)]; ok {
			known.values["Chart"] = metadata
		}
	}
	if context != nil {
		context["Chart"] = metadata
	}
	below, _ := context["Subcharts"].(map[string]any)
	for _, dependency := range c.Dependencies() {
		inside, _ := below[dependency.Name()].(map[string]any)
		h.charts3(dependency, inside, all)
	}
}
