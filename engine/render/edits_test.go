package render

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

func group(at int) model.Replacement { return model.Replacement{Group: &at} }

// TestEditsAgainstThePrograms holds each step against the program that it stands for.
func TestEditsAgainstThePrograms(t *testing.T) {
	text := "image: acme/web:TAG # $TAG\nimage: acme/api:TAG\n\n${TAG} $OTHER ${OTHER} $TAGS ${TAG:-x} $ $1 $$TAG ${TAG\na.b a+b (x) [y] \\ end"
	for name, c := range map[string]struct {
		program []string
		step    model.TextStep
	}{
		"variables":                 {[]string{"envsubst"}, model.TextStep{Kind: "envsubst", Variables: map[string]string{"TAG": "v1", "OTHER": "", "TAGS": ""}}},
		"some variables":            {[]string{"envsubst", "$TAG"}, model.TextStep{Kind: "envsubst", Variables: map[string]string{"TAG": "v1"}, Only: &[]string{"TAG"}}},
		"no variables":              {[]string{"envsubst", ""}, model.TextStep{Kind: "envsubst", Variables: map[string]string{"TAG": "v1"}, Only: &[]string{}}},
		"the first":                 {[]string{"sed", "s/TAG/v2/"}, model.TextStep{Kind: "replace", Pattern: "TAG", Replacement: []model.Replacement{{Text: "v2"}}}},
		"all":                       {[]string{"sed", "s/TAG/v2/g"}, model.TextStep{Kind: "replace", Pattern: "TAG", Replacement: []model.Replacement{{Text: "v2"}}, All: true}},
		"the longest":               {[]string{"sed", "-E", "s/(a|a.b|acme)/<&>/g"}, model.TextStep{Kind: "replace", Pattern: "(a|a.b|acme)", Replacement: []model.Replacement{{Text: "<"}, group(0), {Text: ">"}}, All: true}},
		"groups":                    {[]string{"sed", `s/image: \(.*\):\(.*\)/\2=\1/`}, model.TextStep{Kind: "replace", Pattern: "image: (.*):(.*)", Replacement: []model.Replacement{group(2), {Text: "="}, group(1)}}},
		"nothing":                   {[]string{"sed", "s/x*/-/g"}, model.TextStep{Kind: "replace", Pattern: "x*", Replacement: []model.Replacement{{Text: "-"}}, All: true}},
		"ends":                      {[]string{"sed", "s/$/;/"}, model.TextStep{Kind: "replace", Pattern: "$", Replacement: []model.Replacement{{Text: ";"}}}},
		"starts":                    {[]string{"sed", "s/^/> /"}, model.TextStep{Kind: "replace", Pattern: "^", Replacement: []model.Replacement{{Text: "> "}}}},
		"brackets":                  {[]string{"sed", `s/[][\.]/_/g`}, model.TextStep{Kind: "replace", Pattern: `[\][\\.]`, Replacement: []model.Replacement{{Text: "_"}}, All: true}},
		"lines":                     {[]string{"sed", `s/ /\n/g`}, model.TextStep{Kind: "replace", Pattern: " ", Replacement: []model.Replacement{{Text: "\n"}}, All: true}},
		"classes":                   {[]string{"sed", "s/[[:upper:]]/u/g"}, model.TextStep{Kind: "replace", Pattern: "[[:upper:]]", Replacement: []model.Replacement{{Text: "u"}}, All: true}},
		"a group that no one is in": {[]string{"sed", "-E", "s/TAG(x)?/[\\1]/"}, model.TextStep{Kind: "replace", Pattern: "TAG(x)?", Replacement: []model.Replacement{{Text: "["}, group(1), {Text: "]"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := exec.LookPath(c.program[0])
			if err != nil {
				t.Skipf("%s is not installed: there is nothing to compare with", c.program[0])
			}
			oracle := exec.Command(program, c.program[1:]...)
			oracle.Env = []string{"TAG=v1", "LC_ALL=C.UTF-8"}
			oracle.Stdin = strings.NewReader(text)
			want, err := oracle.Output()
			if err != nil {
				t.Fatal(err)
			}
			got, err := changedText([]byte(text), []model.TextStep{c.step})
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %q, %v\nwant %q", got, err, want)
			}
		})
	}
}

func TestEditsThatGrow(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 1<<20)
	long := strings.Repeat("y", 64)
	for name, step := range map[string]model.TextStep{
		"replaced":    {Kind: "replace", Pattern: "x", Replacement: []model.Replacement{{Text: long}}, All: true},
		"substituted": {Kind: "envsubst", Variables: map[string]string{"x": long}},
	} {
		text := large
		if step.Kind == "envsubst" {
			text = bytes.Repeat([]byte("$x "), 1<<18)
		}
		if got, err := changedText(text, []model.TextStep{step}); err == nil {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
	if _, err := changedText(large, []model.TextStep{{Kind: "replace", Pattern: "("}}); err == nil {
		t.Error("an expression that is none was taken")
	}
}

// TestEditedFiles renders what a pipeline made of files, and tells which files that were.
func TestEditedFiles(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"in.yaml":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {tag: $TAG, sha: $SHA}\n",
		"dir/own.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata: {x: OLD}\n",
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	request := model.RenderRequest{
		Source: model.Source{Kind: "directory", Path: "dir", Recurse: true},
		Edits: []model.FileEdit{
			{Path: "dir/made.yaml", From: "in.yaml", Steps: []model.TextStep{{Kind: "envsubst", Variables: map[string]string{"TAG": "v1"}, Unknown: [2]string{"<pipeline:", ">"}}}},
			{Path: "dir/own.yaml", From: "dir/own.yaml", Steps: []model.TextStep{{Kind: "replace", Pattern: "OLD", Replacement: []model.Replacement{{Text: "NEW"}}}}},
			{Path: "dir/none.yaml", From: "none.yaml"},
		},
	}
	outcome := Render(Input{Layer: files.NewLayer(tree)}, request)
	if outcome.Kind != "rendered" || len(outcome.Result.Objects) != 2 {
		t.Fatalf("got %+v", outcome)
	}
	all := ""
	for _, object := range outcome.Result.Objects {
		all += string(object.Object)
	}
	for _, want := range []string{`"tag":"v1"`, `"sha":"\u003cpipeline:SHA\u003e"`, `"x":"NEW"`} {
		if !strings.Contains(all, want) && !strings.Contains(all, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(want)) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
	asked := map[string]bool{}
	for _, input := range outcome.Result.Inputs {
		asked[input.Path] = true
	}
	for _, path := range []string{"in.yaml", "none.yaml", "dir/own.yaml", "dir/made.yaml"} {
		if !asked[path] {
			t.Errorf("%s is not among the inputs", path)
		}
	}
	out := request
	out.Edits = []model.FileEdit{{Path: "../out.yaml", From: "in.yaml"}}
	if got := Render(Input{Layer: files.NewLayer(tree)}, out); got.Kind != "failed" {
		t.Errorf("got %+v", got)
	}
}
