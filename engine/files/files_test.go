package files

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/testfiles"
)

func folder(t *testing.T, texts, links map[string]string) string {
	t.Helper()
	root := testfiles.Tree(t, texts)
	testfiles.Link(t, root, links)
	return root
}

func layer(t *testing.T, root string, overlay map[string]*string) *Layer {
	t.Helper()
	disk, closer, err := OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer.Close() })
	return NewLayer(WithOverlay(disk, overlay))
}

// asked writes inputs down: "+x" found, "-x" not found, "x/" listed, "x/**" listed at any depth.
func asked(l *Layer) []string {
	all := []string{}
	for _, input := range l.Inputs() {
		switch {
		case input.Kind == "file" && *input.Found:
			all = append(all, "+"+input.Path)
		case input.Kind == "file":
			all = append(all, "-"+input.Path)
		case *input.Recursive:
			all = append(all, input.Path+"/**")
		default:
			all = append(all, input.Path+"/")
		}
	}
	return all
}

func TestInputs(t *testing.T) {
	root := folder(t, map[string]string{"a/x.yaml": "x", "b/y.yaml": "y", "b/c/z.yaml": "z"},
		map[string]string{"l": "b", "a/f.yaml": "../b/y.yaml", "out": "../..", "a/gone": "nowhere"})
	for _, c := range []struct {
		name string
		do   func(*Layer)
		want []string
	}{
		{"read", func(l *Layer) { _, _ = l.Read("a/x.yaml") }, []string{"+a/x.yaml"}},
		{"read what is not there", func(l *Layer) { _, _ = l.Read("a/none") }, []string{"-a/none"}},
		{"read through a link", func(l *Layer) { _, _ = l.Read("a/f.yaml") }, []string{"+a/f.yaml", "+b/y.yaml"}},
		{"read below a link", func(l *Layer) { _, _ = l.Read("l/c/z.yaml") }, []string{"+b/c/z.yaml", "+l", "+l/c/z.yaml"}},
		{"read through a link to nothing", func(l *Layer) { _, _ = l.Read("a/gone") }, []string{"-a/gone", "-a/nowhere"}},
		{"look for a folder", func(l *Layer) { _, _ = l.Stat("d") }, []string{"-d", "d/**"}},
		{"list", func(l *Layer) { _, _ = l.List("b") }, []string{"b/"}},
		{"list the root", func(l *Layer) { _, _ = l.List("") }, []string{"/"}},
		{"list what is not there", func(l *Layer) { _, _ = l.List("d") }, []string{"-d", "d/**"}},
		{"leave the root", func(l *Layer) { _, _ = l.Read("../x"); _, _ = l.Read("/etc/passwd") }, []string{}},
		{"leave by a link", func(l *Layer) { _, _ = l.Read("out/x") }, []string{"-out/x"}},
		{"unclean name", func(l *Layer) { _, _ = l.Read("./a/../b//y.yaml") }, []string{"+b/y.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := layer(t, root, nil)
			c.do(l)
			got := asked(l)
			if c.name == "leave by a link" || c.name == "read through a link to nothing" {
				got = without(got, "-out", "+a/gone")
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func without(list []string, dropped ...string) []string {
	kept := []string{}
	for _, entry := range list {
		drop := false
		for _, name := range dropped {
			drop = drop || entry == name
		}
		if !drop {
			kept = append(kept, entry)
		}
	}
	return kept
}

func TestErrors(t *testing.T) {
	root := folder(t, map[string]string{"a/x": "x", "big": strings.Repeat("x", 100)},
		map[string]string{"abs": "/etc/passwd", "up": "../..", "l1": "l2", "l2": "l1", "ok": "a/x", "in": filepath.Join("a", "..", "a", "x")})
	l := layer(t, root, nil)
	for name, want := range map[string]error{
		"a/x/y": fs.ErrNotExist, "none": fs.ErrNotExist, "abs": ErrOutside, "up": ErrOutside, "up/etc": ErrOutside,
		"l1": ErrOutside, "../x": ErrOutside, "/etc/passwd": ErrOutside, "a\x00b": ErrOutside,
	} {
		if _, err := l.Read(name); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", name, err, want)
		}
	}
	for _, name := range []string{"ok", "in"} {
		if text, err := l.Read(name); err != nil || string(text) != "x" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := l.ReadLimited("big", 99); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Read("a"); err == nil {
		t.Error("a folder was read")
	}
}

func TestOverlay(t *testing.T) {
	root := folder(t, map[string]string{"a/x": "disk", "a/y": "disk", "b/z": "disk"}, map[string]string{"l": "a/x"})
	unsaved := "unsaved"
	l := layer(t, root, map[string]*string{"a/x": &unsaved, "a/y": nil, "n/m/new": &unsaved, "../out": &unsaved, "b/q": &unsaved})
	for name, want := range map[string]string{"a/x": "unsaved", "l": "unsaved", "n/m/new": "unsaved", "b/z": "disk", "b/q": "unsaved"} {
		if text, err := l.Read(name); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := l.Read("a/y"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a deleted file: %v", err)
	}
	for name, want := range map[string]string{"": "a:1 b:1 l:2 n:1", "a": "x:0", "b": "q:0 z:0", "n": "m:1", "n/m": "new:0"} {
		infos, err := l.List(name)
		got := []string{}
		for _, info := range infos {
			got = append(got, fmt.Sprintf("%s:%d", info.Name, info.Kind))
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("list of %q: %v, %v", name, got, err)
		}
	}
}

func TestWalk(t *testing.T) {
	root := folder(t, map[string]string{"d/b": "1", "d/a/x": "1", "e/y": "1", "d/skip/z": "1"},
		map[string]string{"d/link": "../e", "d/loop": ".", "d/file": "b", "d/out": "../../.."})
	skip := func(info Info, name string) bool { return info.Name == "skip" }
	for linked, want := range map[bool]string{
		false: "d/a/x:0 d/b:0 d/file:0 d/link:1 d/loop:1 d/out:2",
		true:  "d/a/x:0 d/b:0 d/file:0 d/link/y:0 d/out:2",
	} {
		l := layer(t, root, nil)
		got := []string{}
		visit := func(name string, info Info) error {
			got = append(got, fmt.Sprintf("%s:%d", name, info.Kind))
			return nil
		}
		walk := l.Walk
		if linked {
			walk = l.WalkLinked
		}
		if err := walk("d", skip, visit); err != nil || strings.Join(got, " ") != want {
			t.Errorf("linked %v: got %v, %v", linked, got, err)
		}
	}
}

// TestPathsEqualGit compares with git ls-files over random trees, ignore files and tracked files.
func TestPathsEqualGit(t *testing.T) {
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: there is nothing to compare with")
	}
	run := func(root string, args ...string) string {
		command := exec.Command(program, args...)
		command.Dir = root
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
		return string(out)
	}
	names := []string{"a.yaml", "b.log", "build", "keep", "deep", "c.tmp", "x.yaml"}
	patterns := []string{"*.log", "/build", "build/", "!keep", "deep/**", "**/c.tmp", "deep/*.yaml", "# c", "x.yaml", "!deep/x.yaml", "*.tmp/", "keep/deep"}
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 25 {
		texts := map[string]string{}
		for range 30 {
			parts := []string{}
			for range 1 + random.IntN(3) {
				parts = append(parts, names[random.IntN(len(names))])
			}
			texts[strings.Join(parts, "/")+"/f.yaml"] = "x"
			texts[strings.Join(parts, "/")+"/g.log"] = "x"
		}
		for _, at := range []string{"", "deep/", "build/"} {
			ignore := ""
			for range 3 {
				ignore += patterns[random.IntN(len(patterns))] + "\n"
			}
			texts[at+".gitignore"] = ignore
		}
		root := folder(t, texts, nil)
		run(root, "init", "-q")
		all := []string{}
		for name := range texts {
			all = append(all, name)
		}
		sort.Strings(all)
		forced := all[random.IntN(len(all))]
		run(root, "add", "-f", forced)
		want := strings.Fields(run(root, "ls-files", "--cached", "--others", "--exclude-standard"))
		sort.Strings(want)
		disk, closer, err := OpenDisk(root)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Paths(disk, "", Tracked([]string{forced}))
		_ = closer.Close()
		sort.Strings(got)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("round %d, ignore files %q %q %q\n got %v\nwant %v (%v)", round, texts[".gitignore"], texts["deep/.gitignore"], texts["build/.gitignore"], got, want, err)
		}
	}
}

func TestPathsLeaveOut(t *testing.T) {
	root := folder(t, map[string]string{"a": "", "node_modules/x": "", "s/node_modules/y": "", ".git/config": "", "s/b": ""},
		map[string]string{"in": "s/b", "dir": "s", "out": "/etc/passwd", "gone": "none"})
	disk, closer, err := OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	got, err := Paths(disk, "a\n", Tracked(nil))
	if err != nil || strings.Join(got, " ") != "in s/b" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUnavailableIsRemembered(t *testing.T) {
	l := NewLayer(lacking{})
	if _, err := l.Read("x"); err == nil {
		t.Fatal("read")
	}
	_, _ = l.List("")
	if reason := l.Unavailable(); reason == nil || reason.Reason != "not here" {
		t.Errorf("got %v", reason)
	}
}

type lacking struct{}

func (lacking) Lstat(string) (Info, error)      { return Info{}, Unavailable("not here") }
func (lacking) Read(string) ([]byte, error)     { return nil, Unavailable("not here") }
func (lacking) Readlink(string) (string, error) { return "", Unavailable("not here") }
func (lacking) List(string) ([]Info, error)     { return nil, Unavailable("not here") }
