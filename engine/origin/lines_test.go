package origin

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// changedFields gives what differs between two renders, as a comparison tells it.
func changedFields(before, after []model.RenderedObject) []Field {
	old := map[Object]map[string]string{}
	for _, object := range before {
		old[objectOf(object)] = leavesOf(object.Object)
	}
	fields := []Field{}
	for _, object := range after {
		known := old[objectOf(object)]
		for pointer, value := range leavesOf(object.Object) {
			if known == nil || known[pointer] != value {
				fields = append(fields, Field{Object: objectOf(object), Pointer: pointer})
			}
		}
	}
	return fields
}

// noted is a text with a line of remarks above a line, which is then one further down.
func noted(text string, line int) string {
	lines := strings.SplitAfter(text, "\n")
	above := lines[line-1]
	indent := above[:len(above)-len(strings.TrimLeft(above, " "))]
	return strings.Join(lines[:line-1], "") + indent + "# A remark.\n" + strings.Join(lines[line-1:], "")
}

func TestTheEditedLineIsMarked(t *testing.T) {
	asked, marked := 0, 0
	for index, a := range append(corpus(t), cases(t)...) {
		if index%2 != 0 && os.Getenv("PLUMBLINE_ALL_FIELDS") == "" {
			continue
		}
		base := a.render(t, nil, a.source)
		if base.Kind != "rendered" {
			continue
		}
		for _, input := range base.Result.Inputs {
			if input.Kind != "file" || !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(input.Path)) || isTemplate(input.Path) {
				continue
			}
			data, err := os.ReadFile(filepath.Join(a.root, input.Path))
			if err != nil {
				continue
			}
			scalars := scalarsOf(string(data))
			for i := index % 7; i < len(scalars); i += 7 {
				one := scalars[i]
				tries := mutations(one)
				if one.form == block || strings.Count(one.pointer, "|") > 0 || len(tries) == 0 {
					continue
				}
				edited := noted(written(string(data), one, tries[0]), one.line)
				overlay := map[string]*string{input.Path: &edited}
				after := a.render(t, overlay, a.source)
				if after.Kind != "rendered" {
					continue
				}
				fields := changedFields(base.Result.Objects, after.Result.Objects)
				if len(fields) == 0 {
					continue
				}
				result, err := Lines(context.Background(), Input{Tree: files.WithOverlay(a.disk(t), overlay)}, LinesRequest{
					RenderRequest: model.RenderRequest{Snapshot: model.Snapshot{Root: a.root}, Source: a.source, Capabilities: a.capabilities()},
					Path:          input.Path, Ranges: [][2]int{{one.line, one.line + 1}}, Fields: fields,
				})
				if err != nil {
					t.Fatal(err)
				}
				asked++
				for _, line := range result.Lines {
					if line.Line != one.line+1 {
						t.Errorf("%s %s: line %d is marked for an edit of line %d", a.name, input.Path, line.Line, one.line+1)
					}
				}
				if len(result.Lines) == 1 {
					marked++
				} else if len(result.Lines) == 0 {
					t.Logf("none: %s %s:%d %s", a.name, input.Path, one.line, one.pointer)
				}
			}
		}
	}
	t.Logf("of %d edits %d have their line", asked, marked)
	if asked < 60 || marked*100 < asked*90 {
		t.Errorf("of %d edits only %d have their line", asked, marked)
	}
}

func TestLinesOfSeveralEdits(t *testing.T) {
	a := app{root: testfiles.Tree(t, map[string]string{
		"kustomization.yaml": "resources: [a.yaml]\n",
		"a.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  one: x\n  # A remark.\n  two: y\n  three: z\n",
	}), source: model.Source{Kind: "kustomize"}}
	object := Object{Kind: "ConfigMap", Namespace: "given", Name: "a"}
	ask := func(ctx context.Context, fields ...string) []DecidingLine {
		request := LinesRequest{
			RenderRequest: model.RenderRequest{Snapshot: model.Snapshot{Root: a.root}, Source: a.source},
			Path:          "a.yaml", Ranges: [][2]int{{5, 8}},
		}
		for _, field := range fields {
			request.Fields = append(request.Fields, Field{Object: object, Pointer: field})
		}
		result, _ := Lines(ctx, Input{Tree: a.disk(t)}, request)
		return result.Lines
	}
	for name, c := range map[string]struct {
		fields []string
		want   []DecidingLine
	}{
		"each its own": {[]string{"/data/one", "/data/two"}, []DecidingLine{{5, 1}, {7, 1}}},
		"all of a map": {[]string{"/data"}, []DecidingLine{{5, 1}, {7, 1}, {8, 1}}},
		"what is gone": {[]string{"/data/none"}, []DecidingLine{}},
		"nothing":      {nil, []DecidingLine{}},
	} {
		if got := ask(context.Background(), c.fields...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if got := ask(gone, "/data"); len(got) != 0 {
		t.Errorf("given up: %v", got)
	}
}
