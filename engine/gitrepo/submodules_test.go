package gitrepo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
)

func TestSubmoduleURL(t *testing.T) {
	for _, one := range []struct{ parent, url, want string }{
		{"https://git.example.com/acme/base.git", "../lib.git", "https://git.example.com/acme/lib.git"},
		{"https://git.example.com/acme/base.git/", "../lib.git/", "https://git.example.com/acme/lib.git"},
		{"https://git.example.com/acme/base", "./lib", "https://git.example.com/acme/base/lib"},
		{"https://git.example.com/acme/base", "../../other/lib", "https://git.example.com/other/lib"},
		{"git@git.example.com:acme/base.git", "../lib.git", "git@git.example.com:acme/lib.git"},
		{"git@git.example.com:base.git", "../lib.git", "git@git.example.com:lib.git"},
		{"git@git.example.com:acme/base.git", "../../lib.git", "git@git.example.com:lib.git"},
		{"https://git.example.com/acme/base", "https://other.example.com/x.git", "https://other.example.com/x.git"},
		{"https://git.example.com/acme/base", "--upload-pack=x", "--upload-pack=x"},
		{"", "../lib.git", "/lib.git"},
	} {
		if got := SubmoduleURL(one.parent, one.url); got != one.want {
			t.Errorf("%s of %s is %s, want %s", one.url, one.parent, got, one.want)
		}
	}
}

// gitlink lets a commit stand at a path, as `git submodule add` does.
func gitlink(t *testing.T, folder, commit, path string) {
	t.Helper()
	git(t, folder, "update-index", "--add", "--cacheinfo", "160000,"+commit+","+path)
}

const someCommit = "1111111111111111111111111111111111111111"

// TestSubmodules reads only what is a submodule of the commit, whatever else `.gitmodules` says.
func TestSubmodules(t *testing.T) {
	module := func(name, path, url string) string {
		return "[submodule \"" + name + "\"]\n\tpath = " + path + "\n\turl = " + url + "\n"
	}
	for name, one := range map[string]struct {
		text string
		want []Submodule
		bad  bool
	}{
		"usual":               {text: module("lib", "vendor/lib", "../lib.git"), want: []Submodule{{"vendor/lib", "lib", "https://git.example.com/acme/lib.git", someCommit}}},
		"sorted":              {text: module("z", "vendor/lib", "./x") + module("a", "a", "./y"), want: []Submodule{{"a", "a", "https://git.example.com/acme/base.git/y", someCommit}, {"vendor/lib", "z", "https://git.example.com/acme/base.git/x", someCommit}}},
		"a name that climbs":  {text: module("../../hooks", "vendor/lib", "../lib.git"), want: []Submodule{}},
		"a path that climbs":  {text: module("x", "../vendor/lib", "../lib.git"), want: []Submodule{}},
		"a path of the disk":  {text: module("x", "/etc", "../lib.git"), want: []Submodule{}},
		"the top folder":      {text: module("x", ".", "../lib.git"), want: []Submodule{}},
		"a folder":            {text: module("x", "folder", "../lib.git"), want: []Submodule{}},
		"behind a link":       {text: module("x", "link/lib", "../lib.git"), want: []Submodule{}},
		"a program":           {text: module("x", "vendor/lib", "ext::sh -c touch% x") + "\tupdate = !touch x\n", want: []Submodule{{"vendor/lib", "x", "ext::sh -c touch% x", someCommit}}},
		"no text of git":      {text: "[submodule \"x\n", bad: true},
		"too large":           {text: module("x", "vendor/lib", "../lib.git") + strings.Repeat("# filler\n", 200_000), bad: true},
		"too many":            {text: manyModules(module), bad: true},
		"no address":          {text: "[submodule \"x\"]\n\tpath = vendor/lib\n", want: []Submodule{{"vendor/lib", "x", "", someCommit}}},
		"nothing of the kind": {text: "[core]\n\tfsmonitor = touch x\n", want: []Submodule{}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := newRepository(t)
			write(t, folder, ".gitmodules", one.text)
			write(t, folder, "folder/x", "x")
			if err := os.Symlink("vendor", filepath.Join(folder, "link")); err != nil {
				t.Fatal(err)
			}
			git(t, folder, "add", "-A")
			for _, path := range []string{"vendor/lib", "a"} {
				gitlink(t, folder, someCommit, path)
			}
			git(t, folder, "commit", "-q", "-m", "one")
			repo := open(t, folder)
			commit, err := repo.Resolve("HEAD")
			if err != nil {
				t.Fatal(err)
			}
			got, err := repo.Submodules(commit, "https://git.example.com/acme/base.git")
			if (err != nil) != one.bad || !one.bad && !reflect.DeepEqual(got, one.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func manyModules(module func(name, path, url string) string) string {
	var all strings.Builder
	for i := range maxSubmodules + 1 {
		all.WriteString(module(strings.Repeat("x", i+1), "vendor/lib", "../lib.git"))
	}
	return all.String()
}

// TestModulesFileOfAnotherKind reads no link in the place of `.gitmodules`.
func TestModulesFileOfAnotherKind(t *testing.T) {
	folder := newRepository(t)
	// Git itself writes no such tree.
	write(t, folder, "target", "/etc/passwd")
	write(t, folder, "tree", "120000 blob "+git(t, folder, "hash-object", "-w", "target")+"\t.gitmodules\n")
	tree := git(t, folder, "-c", "alias.mk=!git mktree <tree", "mk")
	repo := open(t, folder)
	commit, err := repo.Resolve(git(t, folder, "commit-tree", "-m", "one", tree))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := repo.Submodules(commit, "https://git.example.com/a"); err == nil {
		t.Errorf("got %+v", got)
	}
}

func TestModuleFolder(t *testing.T) {
	repo := open(t, newRepository(t))
	for name, want := range map[string]bool{"lib": true, "a/b": true, "": false, "..": false, "../x": false, "a/../../x": false, "/etc": false, "a//b": false, "a\x00b": false} {
		if got := repo.ModuleFolder(name); (got != "") != want || got != "" && !strings.HasPrefix(got, filepath.Join(repo.GitDir, "modules")+"/") {
			t.Errorf("%q is at %q", name, got)
		}
	}
}

func TestTreesAtFolders(t *testing.T) {
	inner, outer := newRepository(t), newRepository(t)
	write(t, inner, "a.yaml", "inner")
	write(t, inner, "deep/b.yaml", "deep")
	git(t, inner, "add", "-A")
	git(t, inner, "commit", "-q", "-m", "one")
	write(t, outer, "a.yaml", "outer")
	write(t, outer, "vendor/own", "x")
	git(t, outer, "add", "-A")
	gitlink(t, outer, git(t, inner, "rev-parse", "HEAD"), "vendor/lib")
	git(t, outer, "commit", "-q", "-m", "one")
	read := func(folder string) (*Repo, commitTree) {
		repo := open(t, folder)
		commit, err := repo.Resolve("HEAD")
		if err != nil {
			t.Fatal(err)
		}
		return repo, commitTree{repo: repo, root: commit.TreeHash}
	}
	_, below := read(inner)
	_, own := read(outer)
	tree := WithTrees(own, map[string]files.Tree{"vendor/lib": below})
	for name, want := range map[string]string{"a.yaml": "outer", "vendor/lib/a.yaml": "inner", "vendor/lib/deep/b.yaml": "deep", "vendor/own": "x"} {
		if text, err := tree.Read(name); err != nil || string(text) != want {
			t.Errorf("%s is %q, %v", name, text, err)
		}
		if info, err := tree.Lstat(name); err != nil || info.Size != int64(len(want)) {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
	for whole, tree := range map[bool]files.Tree{false: tree, true: AsOneTree(own, map[string]files.Tree{"vendor/lib": below})} {
		paths, err := files.Paths(tree, "vendor", func(string) bool { return true })
		if err != nil || (len(paths) == 8) != whole || (len(paths) == 4) == whole {
			t.Errorf("as one tree: %v, %v, %v", whole, paths, err)
		}
	}
	listed, err := tree.List("vendor/lib")
	if err != nil || len(listed) != 3 || listed[0].Name != "a.yaml" {
		t.Errorf("listed %+v, %v", listed, err)
	}
	if info, err := tree.Lstat("vendor/lib"); err != nil || info.Name != "lib" {
		t.Errorf("the folder: %+v, %v", info, err)
	}
	if _, err := tree.Read("vendor/lib/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
