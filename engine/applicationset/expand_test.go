package applicationset

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// goSet is a set of one list element whose name is a Go template.
func goSet(name string) json.RawMessage {
	return json.RawMessage(text(map[string]any{"metadata": map[string]any{"name": "s"}, "spec": map[string]any{
		"goTemplate": true,
		"generators": []any{map[string]any{"list": map[string]any{"elements": []any{map[string]any{"name": "a", "n": 3}}}}},
		"template":   map[string]any{"metadata": map[string]any{"name": name}, "spec": map[string]any{"project": "p", "destination": map[string]any{}}},
	}}))
}

func expand(t *testing.T, set json.RawMessage, root string) model.ApplicationSetResult {
	t.Helper()
	return Expand(context.Background(), request(set, root, ""), opener(t))
}

func TestLimits(t *testing.T) {
	for name, template := range map[string]string{
		"a huge range":               `{{range until 1000000000}}{{end}}`,
		"a huge range over a number": `{{range 1000000000000}}{{end}}`,
		"loops in loops":             `{{range until 10000}}{{range until 10000}}{{end}}{{end}}`,
		"a huge step":                `{{untilStep 0 1000000000 1}}`,
		"a huge step back":           `{{untilStep 0 -1000000000 -1}}`,
		"a huge sequence":            `{{seq 1 1000000000}}`,
		"a huge sequence back":       `{{seq -1000000000}}`,
		"a huge sequence by step":    `{{seq 0 2 2000000000}}`,
		"a huge repeat":              `{{repeat 1000000000 "x"}}`,
		"a repeat of much":           `{{repeat 1000 (repeat 10000 "x")}}`,
		"a huge indent":              `{{indent 1000000000 "x"}}`,
		"a huge random text":         `{{randAlphaNum 1000000000}}`,
		"a replacement that grows":   `{{replace "a" (repeat 1000 "b") (repeat 100000 "a")}}`,
		"doubled text":               `{{$x := "aaaaaaaaaaaaaaaa"}}{{range until 40}}{{$x = print $x $x}}{{end}}{{len $x}}`,
		"doubled text by printf":     `{{$x := "aaaaaaaaaaaaaaaa"}}{{range until 40}}{{$x = printf "%s%s" $x $x}}{{end}}{{len $x}}`,
		"a doubled list":             `{{$x := list 1 2}}{{range until 40}}{{$x = concat $x $x}}{{end}}{{len $x}}`,
		"much output":                `{{range until 100000}}{{range until 100}}aaaaaaaaaaaaaaaaaaaa{{end}}{{end}}`,
		"endless recursion":          `{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}`,
		"branching recursion":        `{{define "x"}}{{if lt (len .) 60}}{{template "x" (print . "a")}}{{template "x" (print . "b")}}{{end}}{{end}}{{template "x" ""}}`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := expand(t, goSet(template), t.TempDir())
			if len(got.Applications) > 0 || len(got.Problems) != 1 || got.Problems[0].Code != "limit" || !got.Blocked {
				t.Errorf("got %s", text(got))
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestManyParameters(t *testing.T) {
	elements := []any{}
	for i := range 300 {
		elements = append(elements, map[string]any{fmt.Sprintf("k%d", i%2): fmt.Sprint(i)})
	}
	list := map[string]any{"list": map[string]any{"elements": elements}}
	set := text(map[string]any{"spec": map[string]any{
		"goTemplate": true, "generators": []any{map[string]any{"matrix": map[string]any{"generators": []any{list, list}}}},
		"template": map[string]any{"metadata": map[string]any{"name": "{{.k0}}-{{.k1}}"}},
	}})
	got := expand(t, json.RawMessage(set), t.TempDir())
	if len(got.Problems) != 1 || got.Problems[0].Code != "limit" {
		t.Errorf("got %s", text(got))
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := Expand(ctx, request(goSet("{{.name}}"), t.TempDir(), ""), opener(t))
	if len(got.Applications) > 0 || !got.Blocked {
		t.Errorf("got %s", text(got))
	}
}

func TestWhatCountsIsNotSeen(t *testing.T) {
	got := expand(t, goSet(`{{define "d"}}<{{.}}>{{end}}{{range $i, $e := until 3}}{{$i}}{{template "d" $e}}{{end}}{{- range 2}} x{{end}}`), t.TempDir())
	if len(got.Problems) > 0 || !strings.Contains(string(got.Applications[0].Object), `"name":"0\u003c0\u003e1\u003c1\u003e2\u003c2\u003e x x"`) {
		t.Errorf("got %s", text(got))
	}
}

func TestRandom(t *testing.T) {
	random := goSet(`{{randAlphaNum 8}}-{{now | date "2006"}}-{{uuidv4}}`)
	a, b := expand(t, random, t.TempDir()), expand(t, random, t.TempDir())
	if !a.Random || len(a.Applications) != 1 || !reflect.DeepEqual(a.Applications, b.Applications) {
		t.Errorf("got %s, %s", text(a), text(b))
	}
	if expand(t, goSet("{{.name}}"), t.TempDir()).Random {
		t.Error("nothing is random")
	}
}

// single gives a set with one generator and a template that shows all parameters.
func single(generator string) json.RawMessage {
	return json.RawMessage(`{"metadata": {"name": "s"}, "spec": {"goTemplate": true, "generators": [` + generator +
		`], "template": {"metadata": {"name": "{{sha256sum (toJson .)}}"}, "spec": {"project": "p", "destination": {}}}}}`)
}

func TestNeedsServer(t *testing.T) {
	for generator, want := range map[string]string{
		`{"scmProvider": {"github": {"organization": "o"}}}`: "scmProvider /spec/generators/0",
		`{"pullRequest": {}}`:                                "pullRequest /spec/generators/0",
		`{"plugin": {"configMapRef": {"name": "x"}}}`:        "plugin /spec/generators/0",
		`{"clusterDecisionResource": {"configMapRef": "x"}}`: "clusterDecisionResource /spec/generators/0",
		`{"clusters": {}}`:                                   "clusters /spec/generators/0",
		`{"git": {"repoURL": "https://elsewhere/x", "revision": "v1", "files": [{"path": "a"}]}}`:                                                              "git /spec/generators/0 https://elsewhere/x v1",
		`{"git": {"repoURL": "gone", "revision": "v1", "files": [{"path": "a"}]}}`:                                                                             "git /spec/generators/0 gone v1",
		`{"matrix": {"generators": [{"list": {"elements": [{"r": "https://x"}]}}, {"git": {"repoURL": "{{.r}}", "revision": "", "files": [{"path": "a"}]}}]}}`: "git /spec/generators/0/matrix/generators/1 https://x",
		`{"merge": {"mergeKeys": ["a"], "generators": [{"matrix": {"generators": [{"plugin": {}}, {"clusters": {}}]}}, {"clusters": {}}]}}`:                    "plugin /spec/generators/0/merge/generators/0/matrix/generators/0",
	} {
		asked := request(single(generator), t.TempDir(), "")
		asked.Clusters = nil
		asked.Repositories = append(asked.Repositories, model.SetRepository{RepoURL: "gone", Snapshot: model.Snapshot{Root: "/nowhere/at/all"}})
		got := Expand(context.Background(), asked, opener(t))
		told := []string{}
		for _, need := range got.NeedsServer {
			told = append(told, strings.TrimSpace(strings.Join([]string{need.Generator, need.Pointer, need.RepoURL, need.Revision}, " ")))
			if !strings.HasSuffix(need.Reason, ".") || strings.Contains(need.Reason, "/nowhere") {
				t.Errorf("reason %q", need.Reason)
			}
		}
		if len(told) != 1 || told[0] != want || got.Blocked || len(got.Problems) > 0 {
			t.Errorf("%s: got %s", generator, text(got))
		}
	}
}

func TestPlaces(t *testing.T) {
	root := repositoryFolder(t)
	for generator, want := range map[string]string{
		`{}`:         "unknown-generator /spec/generators/0",
		`{"new": 1}`: "unknown-generator /spec/generators/0",
		`{"git": {"repoURL": "r", "revision": ""}}`: "generation /spec/generators/0",
		`{"matrix": {"generators": [{"list": {"elements": [{"a": 1}]}}, {"git": {"repoURL": "r", "files": [{"path": "broken/a.yaml"}]}}]}}`: "generation /spec/generators/0/matrix/generators/1",
		`{"list": {"elements": "x"}}`: "malformed ",
	} {
		got := expand(t, single(generator), root)
		if len(got.Problems) != 1 || got.Problems[0].Code+" "+got.Problems[0].Pointer != want {
			t.Errorf("%s: got %s", generator, text(got.Problems))
		}
		if strings.Contains(text(got.Problems), root) {
			t.Errorf("an absolute path in %s", text(got.Problems))
		}
	}
}

func TestDuplicates(t *testing.T) {
	got := expand(t, json.RawMessage(`{"metadata": {"name": "s"}, "spec": {"generators": [{"list": {"elements": [{"n": "a"}, {"n": "b"}, {"n": "a"}]}}], "template": {"metadata": {"name": "{{n}}"}}}}`), t.TempDir())
	if len(got.Applications) != 1 || len(got.Problems) != 1 || got.Problems[0].Code != "duplicate-application" || got.Blocked {
		t.Errorf("got %s", text(got))
	}
	if want := "The ApplicationSet s contains applications with duplicate name: a, and Argo CD creates none of them."; got.Problems[0].Message != want {
		t.Errorf("got %q", got.Problems[0].Message)
	}
}

func TestParams(t *testing.T) {
	got := expand(t, sets(t)["directories"], repositoryFolder(t))
	want := map[string]any{
		"path": "apps/a", "path.basename": "a", "path.basenameNormalized": "a", "path[0]": "apps", "path[1]": "a",
		"values.label": "a-apps", "values.other": "{{values.label}}",
	}
	for _, app := range got.Applications {
		if app.Params["path"] == "apps/a" && reflect.DeepEqual(app.Params, want) && app.Pointer == "/spec/generators/0" {
			return
		}
	}
	t.Errorf("got %s", text(got.Applications))
}

// names are those of the Applications of a set that is named after paths.
func names(result model.ApplicationSetResult) []string {
	all := []string{}
	for _, app := range result.Applications {
		var object struct{ Metadata struct{ Name string } }
		if err := json.Unmarshal(app.Object, &object); err != nil {
			panic(err)
		}
		all = append(all, object.Metadata.Name)
	}
	return all
}

func pathSet(kind, pattern string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"spec": {"generators": [{"git": {"repoURL": "r", "revision": "", %q: [{"path": %q}]}}],
		"template": {"metadata": {"name": "{{path}}/{{path.filename}}"}, "spec": {"project": "p", "destination": {}}}}}`, kind, pattern))
}

func asked(result model.ApplicationSetResult) []string {
	all := []string{}
	for _, repo := range result.Inputs {
		for _, input := range repo.Inputs {
			switch {
			case input.Kind == "listing" && *input.Recursive:
				all = append(all, input.Path+"/**")
			case input.Kind == "listing":
				all = append(all, input.Path+"/")
			case *input.Found:
				all = append(all, "+"+input.Path)
			default:
				all = append(all, "-"+input.Path)
			}
		}
	}
	return all
}

func TestInputs(t *testing.T) {
	root := repositoryFolder(t)
	for _, c := range []struct {
		kind, pattern string
		want          []string
	}{
		{"files", "top.yaml", []string{"+top.yaml", "/"}},
		{"files", "clusters/*/values.yaml", []string{"+clusters", "+clusters/eu/p/values.yaml", "+clusters/us/q/r/values.yaml", "+clusters/us/q/values.yaml", "clusters/**"}},
		{"files", "nowhere/x/*.yaml", []string{"-nowhere", "-nowhere/x", "nowhere/x/**"}},
		{"directories", "deep/*", []string{"-.gitignore", "/", "-deep/.gitignore", "deep/"}},
	} {
		got := asked(expand(t, pathSet(c.kind, c.pattern), root))
		for _, path := range c.want {
			if !slices.Contains(got, path) {
				t.Errorf("%s %s: %q is not among %v", c.kind, c.pattern, path, got)
			}
		}
		if len(got) > 20 {
			t.Errorf("%s %s: %v", c.kind, c.pattern, got)
		}
	}
}

// TestInputsAreComplete changes a path at a time, and looks that only what was asked for matters.
func TestInputsAreComplete(t *testing.T) {
	unsaved := `{"name": "new"}`
	changes := map[string]*string{
		"apps/a/config.json": nil, "apps/new/config.json": &unsaved, "apps/b/config.yaml": nil, "top.yaml": &unsaved,
		"deep/1/2/x/y": nil, "deep/1/9/x/y": &unsaved, "apps/.gitignore": ptr("a/\n"), ".gitignore": ptr("apps/c\n"), "clusters/us/q/values.yaml": &unsaved,
		"folderlinks/x": &unsaved, "a-b/c/d": nil, "odd/sub/z.json": nil, "nowhere/here.json": &unsaved, "apps/b/sub/keep": nil,
	}
	for _, set := range []json.RawMessage{
		pathSet("files", "apps/*/config.json"), pathSet("files", "apps/a/config.json"), pathSet("files", "*/values.yaml"), pathSet("files", "nowhere"),
		pathSet("directories", "apps/*"), pathSet("directories", "*/*/*/x"), pathSet("directories", "*"), pathSet("directories", "apps/b/sub"), pathSet("files", "top.yaml"),
	} {
		for _, globbing := range []bool{false, true} {
			root := repositoryFolder(t)
			before := request(set, root, "")
			before.NewFileGlobbing = globbing
			was := Expand(context.Background(), before, opener(t))
			for path, content := range changes {
				after := before
				after.Repositories = []model.SetRepository{{Snapshot: model.Snapshot{Root: root, Overlay: map[string]*string{path: content}}, RepoURL: "r"}}
				is := Expand(context.Background(), after, opener(t))
				if !reflect.DeepEqual(ours(was), ours(is)) && !touches(was.Inputs[0].Inputs, path) {
					t.Errorf("%s (globbing %v): %s changes the result, and %v do not tell", set, globbing, path, asked(was))
				}
			}
		}
	}
}

func ptr(text string) *string { return &text }

// touches is the rule by which the editor side reads inputs: a file, or a name in a folder listed.
func touches(inputs []model.Input, path string) bool {
	for _, input := range inputs {
		if input.Kind == "file" && input.Path == path {
			return true
		}
		for name := path; input.Kind == "listing" && name != "." && name != ""; name = filepath.Dir(name) {
			folder := filepath.ToSlash(filepath.Dir(name))
			if folder == "." {
				folder = ""
			}
			if input.Path == folder && (*input.Recursive || name == path || !exists(name)) {
				return true
			}
		}
	}
	return false
}

// exists tells a folder that is there from one that would come to be.
func exists(folder string) bool {
	for name := range repositoryFiles {
		if strings.HasPrefix(name, folder+"/") {
			return true
		}
	}
	return false
}

func TestUntracked(t *testing.T) {
	root := repositoryFolder(t)
	for name, content := range map[string]string{
		".gitignore": "ignored/\n*.log\n/apps/c\n", "apps/ignored/config.json": `{"name": "i"}`, "apps/log/x.log": "", "apps/new/config.json": `{"name": "n"}`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "apps/emptied/below"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "init", "-q", filepath.Join(root, "apps/own")).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if got, want := names(expand(t, pathSet("directories", "apps/*"), root)), []string{
		"apps/With.Dot_Under/{{path.filename}}", "apps/a/{{path.filename}}", "apps/b/{{path.filename}}", "apps/new/{{path.filename}}",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("folders %v", got)
	}
	if got, want := names(expand(t, pathSet("files", "apps/*.json"), root)), []string{
		"apps/config.json", "apps/empty.json",
	}; reflect.DeepEqual(got, want) || slices.Contains(got, "apps/ignored/config.json") || slices.Contains(got, "apps/c/config.json") || !slices.Contains(got, "apps/new/config.json") {
		t.Errorf("files %v", got)
	}
}

func TestLinksOutside(t *testing.T) {
	root := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "x.json")); err != nil {
		t.Fatal(err)
	}
	got := expand(t, pathSet("files", "*.json"), root)
	if len(got.Applications) > 0 || len(got.Problems) != 1 || strings.Contains(text(got), "root:x") {
		t.Errorf("got %s", text(got))
	}
	globbed := request(pathSet("files", "*.json"), root, "")
	globbed.NewFileGlobbing = true
	if got := Expand(context.Background(), globbed, opener(t)); len(got.Applications)+len(got.Problems) > 0 {
		t.Errorf("got %s", text(got))
	}
}

func TestLinksInCircles(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.Symlink(".", filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	asked := request(pathSet("files", "**/*.json"), root, "")
	asked.NewFileGlobbing = true
	got := Expand(context.Background(), asked, opener(t))
	if len(got.Problems) != 1 || got.Problems[0].Code != "limit" {
		t.Errorf("got %s", text(got))
	}
}

func TestRevisions(t *testing.T) {
	root, other := repositoryFolder(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "top.yaml"), []byte("name: other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	at := "v2"
	set := func(revision string) json.RawMessage {
		return single(`{"git": {"repoURL": "r", "revision": "` + revision + `", "files": [{"path": "top.yaml"}]}}`)
	}
	for revision, want := range map[string]string{"HEAD": "top", "v2": "other"} {
		asked := request(set(revision), root, "")
		asked.Repositories = append(asked.Repositories, model.SetRepository{Snapshot: model.Snapshot{Root: other}, RepoURL: "r", GeneratorRevision: &at})
		got := Expand(context.Background(), asked, opener(t))
		if len(got.Applications) != 1 || got.Applications[0].Params["name"] != want {
			t.Errorf("%s: got %s", revision, text(got))
		}
	}
}

func TestUnavailableRevision(t *testing.T) {
	got := Expand(context.Background(), request(pathSet("files", "x"), t.TempDir(), "HEAD"), func(model.SetRepository) (Opened, error) {
		return Opened{}, files.Unavailable("The commit is not here.")
	})
	if len(got.NeedsServer) != 1 || got.NeedsServer[0].Reason != "The commit is not here." {
		t.Errorf("got %s", text(got))
	}
}
