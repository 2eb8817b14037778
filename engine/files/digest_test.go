package files

import (
	"os"
	"path/filepath"
	"testing"
)

var digestTree = map[string]string{
	"chart/Chart.yaml":       "name: web\n",
	"chart/values.yaml":      "replicas: 1\n",
	"chart/templates/a.yaml": "kind: A\n",
	"shared/values.yaml":     "x: 1\n",
	"other/file.yaml":        "y: 1\n",
}

var digestLinks = map[string]string{
	"chart/linked.yaml": "../shared/values.yaml",
	"linked":            "shared",
}

// readSome asks as a render would, and gives the layer.
func readSome(t *testing.T, root string) *Layer {
	t.Helper()
	l := layer(t, root, nil)
	l.tree = SteadyLinks(l.tree)
	for _, name := range []string{"chart/Chart.yaml", "chart/values.yaml", "chart/linked.yaml", "linked/values.yaml"} {
		if _, err := l.Read(name); err != nil {
			t.Fatal(name, err)
		}
	}
	for _, name := range []string{"chart/values.schema.json", "chart/crds", "chart/templates"} {
		_, _ = l.Stat(name)
	}
	if _, err := l.List("chart/templates"); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestDigestFollowsWhatWasAsked(t *testing.T) {
	put := func(name, text string) func(t *testing.T, root string) {
		return func(t *testing.T, root string) {
			t.Helper()
			file := filepath.Join(root, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	link := func(name, target string) func(t *testing.T, root string) {
		return func(t *testing.T, root string) {
			t.Helper()
			file := filepath.Join(root, filepath.FromSlash(name))
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(target, file); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		edit  func(t *testing.T, root string)
		moves bool
	}{
		"text":                         {put("chart/values.yaml", "replicas: 2\n"), true},
		"text of the same length":      {put("chart/Chart.yaml", "name: wex\n"), true},
		"text behind a link":           {put("shared/values.yaml", "x: 2\n"), true},
		"a link that leads elsewhere":  {link("chart/linked.yaml", "../other/file.yaml"), true},
		"a folder's link":              {link("linked", "other"), true},
		"a file that was not there":    {put("chart/values.schema.json", "{}"), true},
		"a folder that was not there":  {put("chart/crds/a.yaml", "kind: CRD\n"), true},
		"a new name in a listing":      {put("chart/templates/b.yaml", "kind: B\n"), true},
		"a new folder in a listing":    {put("chart/templates/deep/b.yaml", "kind: B\n"), true},
		"a file that nobody asked for": {put("other/file.yaml", "y: 2\n"), false},
		"a new file elsewhere":         {put("other/more.yaml", "z: 1\n"), false},
		"a new name beside the files":  {put("chart/README.md", "# Web\n"), false},
		"a listed file that is unread": {put("chart/templates/a.yaml", "kind: Z\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			root := folder(t, digestTree, digestLinks)
			read := readSome(t, root)
			inputs := read.Inputs()
			before := NewDigests(read).Of(inputs, "")
			if before == "" {
				t.Fatal("no digest")
			}
			if again := NewDigests(layer(t, root, nil)).Of(inputs, ""); again != before {
				t.Error("a layer that was never asked tells another digest")
			}
			test.edit(t, root)
			if got := NewDigests(read).Of(inputs, ""); got != before {
				t.Error("the layer of the render tells what came after it")
			}
			if got := NewDigests(layer(t, root, nil)).Of(inputs, ""); (got != before) != test.moves {
				t.Errorf("moved: %v", got != before)
			}
		})
	}
}

func TestDigestOfUnsavedText(t *testing.T) {
	root := folder(t, digestTree, digestLinks)
	inputs := readSome(t, root).Inputs()
	saved := NewDigests(layer(t, root, nil)).Of(inputs, "")
	same, other := digestTree["chart/values.yaml"], "replicas: 9\n"
	if got := NewDigests(layer(t, root, map[string]*string{"chart/values.yaml": &same})).Of(inputs, ""); got != saved {
		t.Error("the same text, unsaved, is another state")
	}
	if got := NewDigests(layer(t, root, map[string]*string{"chart/values.yaml": &other})).Of(inputs, ""); got == saved {
		t.Error("unsaved text is not seen")
	}
	if got := NewDigests(layer(t, root, map[string]*string{"chart/values.yaml": nil})).Of(inputs, ""); got == saved {
		t.Error("a deleted file is not seen")
	}
}

// What the digest cannot stand for has none.
func TestDigestThatCannotBeTold(t *testing.T) {
	root := folder(t, digestTree, digestLinks)
	inputs := readSome(t, root).Inputs()
	mounted := layer(t, root, nil)
	mounted.Mount("chart", map[string]string{"Chart.yaml": "name: fetched\n"})
	if got := NewDigests(mounted).Of(inputs, ""); got != "" {
		t.Error("what is mounted is no input, and has a digest")
	}
	if got := NewDigests(mounted).Of(inputs, "state"); got == "" || got == NewDigests(mounted).Of(inputs, "other state") {
		t.Error("the state of the cache does not stand for its charts")
	}
	mounted.MountTree("repository", mounted.tree)
	if got := NewDigests(mounted).Of(inputs, "state"); got != "" {
		t.Error("text of another repository has a digest")
	}
	if got := NewDigests(NewLayer(lacking{})).Of(inputs, ""); got != "" {
		t.Error("text that is unavailable has a digest")
	}
	outside := layer(t, root, nil).Inputs()
	if got := NewDigests(layer(t, root, nil)).Of(outside, ""); got == "" {
		t.Error("nothing asked has no digest")
	}
}

func TestUntrackedIsTold(t *testing.T) {
	root := folder(t, map[string]string{".gitignore": "*.log\n", "a.log": "x", "a.yaml": "x"}, nil)
	asked := 0
	index := func() func(string) bool {
		asked++
		return func(string) bool { return false }
	}
	l := layer(t, root, nil)
	untracked := NewUntracked("# nothing\n", index)
	if untracked.Hides(l, "a.yaml", false) || !untracked.IsTold() || asked != 0 {
		t.Error("a file that nothing ignores needs the index")
	}
	if !untracked.Hides(l, "a.log", false) || untracked.IsTold() || asked != 1 {
		t.Error("an ignored file is told without the index")
	}
	if untracked.Rules() != "" || NewUntracked("*.tmp\n", index).Rules() == "" || (*Untracked)(nil).Rules() != "" {
		t.Error("the rules of the clone are wrong")
	}
}
