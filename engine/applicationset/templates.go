package applicationset

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/valyala/fasttemplate"
)

const (
	// maxTextBytes is far above what an Application may hold in a cluster.
	maxTextBytes  = 1 << 20
	maxTotalBytes = 256 << 20
	// maxSteps bounds one template; the time of its request bounds all of them.
	maxSteps = 500_000
	// maxCalls is how deep templates may call each other.
	maxCalls = 1000
)

// templates fills strings with parameters, as Argo CD does (applicationset/utils, Replace). One
// value serves one expansion, whose limits it keeps.
type templates struct {
	ctx       context.Context
	goMode    bool
	options   []string
	functions template.FuncMap
	parsed    map[string]*template.Template
	steps     int
	calls     int
	bytes     int
}

func newTemplates(ctx context.Context, spec setSpec, functions template.FuncMap) *templates {
	t := &templates{
		ctx: ctx, goMode: spec.GoTemplate, options: spec.GoTemplateOptions,
		parsed: map[string]*template.Template{},
	}
	t.functions = t.limited(functions)
	t.functions[stepName] = func() (string, error) { return "", t.step() }
	t.functions[enterName] = func() (string, error) {
		if t.calls++; t.calls > maxCalls {
			return "", limitf("Templates call each other more than %d levels deep.", maxCalls)
		}
		return "", t.step()
	}
	t.functions[leaveName] = func() string { t.calls--; return "" }
	return t
}

// step counts one turn of a loop or one call, and gives the error that ends an expansion for which
// nobody waits any more.
func (t *templates) step() error {
	if t.steps++; t.steps > maxSteps {
		return limitf("A template runs for more than %d steps.", maxSteps)
	}
	return t.late()
}

func (t *templates) late() error {
	if t.ctx.Err() != nil {
		return limitf("The expansion takes too long.")
	}
	return nil
}

func (t *templates) replace(text string, params map[string]any) (string, error) {
	if err := t.late(); err != nil {
		return "", err
	}
	filled, err := text, error(nil)
	switch {
	case t.goMode && strings.Contains(text, "{{"):
		filled, err = t.execute(text, params)
	case !t.goMode && templated.MatchString(text):
		filled, err = substitute(text, params)
	}
	if t.bytes += len(filled); err == nil && t.bytes > maxTotalBytes {
		return "", limitf("The templates make more than %d MB of text.", maxTotalBytes>>20)
	}
	return filled, err
}

var templated = regexp.MustCompile(".*{{.*}}.*")

// substitute fills {{name}} with parameters that are strings and leaves every other mark as it is.
func substitute(text string, params map[string]any) (string, error) {
	parsed, err := fasttemplate.NewTemplate(text, "{{", "}}")
	if err != nil {
		return "", fmt.Errorf("invalid template: %w", err)
	}
	out := &limitedWriter{}
	_, err = parsed.ExecuteFunc(out, func(w io.Writer, tag string) (int, error) {
		name := strings.TrimSpace(tag)
		if value, ok := params[name].(string); ok && name != "" {
			return io.WriteString(w, value)
		}
		return fmt.Fprintf(w, "{{%s}}", tag)
	})
	return out.text.String(), err
}

func (t *templates) execute(text string, params map[string]any) (string, error) {
	parsed, err := t.parse(text)
	if err != nil {
		return "", err
	}
	t.calls, t.steps = 0, 0
	out := &limitedWriter{}
	if err := parsed.Execute(out, params); err != nil {
		return "", err
	}
	return out.text.String(), nil
}

func (t *templates) parse(text string) (parsed *template.Template, err error) {
	if known, ok := t.parsed[text]; ok {
		return known, nil
	}
	defer func() {
		// template.Option panics about an option that it does not know.
		if cause := recover(); cause != nil {
			parsed, err = nil, fmt.Errorf("%v", cause)
		}
	}()
	parsed, err = template.New("").Funcs(t.functions).Parse(text)
	if err != nil {
		return nil, err
	}
	for _, option := range t.options {
		parsed = parsed.Option(option)
	}
	for _, one := range parsed.Templates() {
		if one.Tree == nil || one.Root == nil {
			continue
		}
		countTurns(one.Root)
		if one != parsed {
			one.Root.Nodes = append(append([]parse.Node{call(enterName)}, one.Root.Nodes...), call(leaveName))
		}
	}
	t.parsed[text] = parsed
	return parsed, nil
}

const (
	stepName  = "plumblineStep"
	enterName = "plumblineEnter"
	leaveName = "plumblineLeave"
)

// counted holds a call of each function that keeps the limits, to be copied into loops and
// templates: text/template cannot be interrupted in any other way.
var counted = template.Must(template.New("").Funcs(template.FuncMap{
	stepName: func() string { return "" }, enterName: func() string { return "" }, leaveName: func() string { return "" },
}).Parse("{{" + stepName + "}}{{" + enterName + "}}{{" + leaveName + "}}")).Root.Nodes

func call(name string) parse.Node {
	for i, known := range []string{stepName, enterName, leaveName} {
		if known == name {
			return counted[i].Copy()
		}
	}
	return nil
}

func countTurns(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.RangeNode:
			countTurns(node.List)
			countTurns(node.ElseList)
			node.List.Nodes = append([]parse.Node{call(stepName)}, node.List.Nodes...)
		case *parse.IfNode:
			countTurns(node.List)
			countTurns(node.ElseList)
		case *parse.WithNode:
			countTurns(node.List)
			countTurns(node.ElseList)
		}
	}
}

type limitedWriter struct{ text bytes.Buffer }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.text.Len()+len(p) > maxTextBytes {
		return 0, errTooLong
	}
	return w.text.Write(p)
}

// limitError is a limit of this program that the expansion crossed, in a sentence.
type limitError struct{ sentence string }

func (e *limitError) Error() string { return e.sentence }

func limitf(format string, args ...any) error {
	return &limitError{fmt.Sprintf(format, args...)}
}

var errTooLong = limitf("A template makes more than %d MB of text.", maxTextBytes>>20)
