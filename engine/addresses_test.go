package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// TestValuesByAddress holds values and files that an address names against the real Helm, which
// downloads them itself.
func TestValuesByAddress(t *testing.T) {
	program := os.Getenv("PLUMBLINE_HELM")
	if program == "" {
		t.Skip("PLUMBLINE_HELM is not set: the oracle cannot run")
	}
	f := newForge(t)
	one := f.serve("one.yaml", "a: one\nshared: {x: 1}\n")
	two := f.serve("deep/two.yaml", "a: two\nshared: {y: 2}\n")
	same := f.serve("same.yaml", "a: two\nshared: {y: 2}\n")
	text := f.serve("text.conf", "key = value\n")
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"Chart.yaml": chartFile("web"), "values.yaml": "a: usual\nfile: none\n", "own.yaml": "a: own\n",
		"templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values}\ndata: {all: {{ .Values | toJson | quote }}}\n",
	})
	for name, c := range map[string]struct {
		values []string
		file   string
	}{
		"one":                  {values: []string{one}},
		"in their order":       {values: []string{one, "own.yaml", two}},
		"the own one last":     {values: []string{two, "own.yaml"}},
		"equal texts":          {values: []string{two, one, same}},
		"a file":               {file: text},
		"a file beside values": {values: []string{one}, file: text},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			f.cache = filepath.Join(t.TempDir(), "cache")
			source := model.Source{Kind: "helm", ReleaseName: "r", ValueFiles: c.values}
			args := []string{"template", "r", root}
			for _, file := range c.values {
				if !strings.Contains(file, "://") {
					file = filepath.Join(root, file)
				}
				args = append(args, "-f", file)
			}
			if c.file != "" {
				source.Arguments = []model.HelmArgument{{Flag: "set-file", Text: "file=" + c.file}}
				args = append(args, "--set-file", "file="+c.file)
			}
			outcome := f.render(root, source)
			out, err := exec.Command(program, args...).Output()
			if err != nil {
				t.Fatalf("the oracle: %v", err)
			}
			if outcome.Kind != "rendered" {
				t.Fatalf("got %s", textOf(t, outcome))
			}
			if got, want := objectsIn(t, outcome), printed(t, out); !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %s", textOf(t, got), textOf(t, want))
			}
			used := outcome.Result.Files
			if len(used) == 0 || used[0].Digest == "" || used[0].FetchedAt == "" {
				t.Errorf("files told: %s", textOf(t, used))
			}
		})
	}
}

// TestValuesThatWereNotFetched names everything that lacks at once, and what cannot be fetched at all.
func TestValuesThatWereNotFetched(t *testing.T) {
	f := newForge(t)
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{"Chart.yaml": chartFile("web"), "templates/cm.yaml": configMap("a", "b")})
	source := model.Source{
		Kind: "helm", ReleaseName: "r",
		ValueFiles: []string{"https://user:hunter2@git.example.com/a.yaml", "s3://bucket/b.yaml", "https://git.example.com/c.yaml"},
		ArgoSource: model.ArgoSource{FileParameters: []model.HelmFileParameter{{Name: "p", Path: "https://git.example.com/d"}}},
	}
	outcome := f.workspace().render(renderParams{RenderRequest: model.RenderRequest{
		Snapshot: model.Snapshot{Root: root}, Source: source,
	}})
	if outcome.Kind != "failed" || len(*outcome.Missing) != 3 || len(*outcome.Problems) != 4 {
		t.Fatalf("got %s", textOf(t, outcome))
	}
	if text := textOf(t, outcome); strings.Contains(text, "hunter2") || !strings.Contains(text, `"url":"https://git.example.com/a.yaml"`) {
		t.Errorf("got %s", text)
	}
}
