package gitrepo

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/plumbline/plumbline/engine/files"
)

const (
	modulesFile     = ".gitmodules"
	maxModulesBytes = 1 << 20
	maxSubmodules   = 200
)

var errModules = errors.New(".gitmodules cannot be read")

// Submodule is a repository that stands at a folder of a commit.
type Submodule struct {
	// Path is the folder, Name what `.gitmodules` calls it.
	Path, Name string
	// URL is absolute where that of its parent is.
	URL, Commit string
}

// Submodules are those of a commit that `.gitmodules` gives an address, which is taken relative to that
// of the commit's own repository. A name there decides nothing but where a clone would keep it.
func (r *Repo) Submodules(commit *object.Commit, parent string) ([]Submodule, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	tree := commitTree{repo: r, root: commit.TreeHash}
	entry, err := tree.find(modulesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if entry.mode != filemode.Regular && entry.mode != filemode.Executable {
		return nil, errModules
	}
	if size, err := r.storage.EncodedObjectSize(entry.hash); err != nil || size > maxModulesBytes {
		return nil, errModules
	}
	text, err := r.blob(entry.hash)
	if err != nil {
		return nil, err
	}
	modules := config.NewModules()
	if modules.Unmarshal(text) != nil || len(modules.Submodules) > maxSubmodules {
		return nil, errModules
	}
	return tree.linked(modules, parent), nil
}

// linked leaves out what is no submodule of the commit.
func (t commitTree) linked(modules *config.Modules, parent string) []Submodule {
	all := []Submodule{}
	for name, module := range modules.Submodules {
		path, err := files.Clean(module.Path)
		if err != nil || path == "" {
			continue
		}
		if entry, err := t.find(path); err == nil && entry.mode == filemode.Submodule {
			all = append(all, Submodule{
				Path: path, Name: name, URL: SubmoduleURL(parent, module.URL), Commit: entry.hash.String(),
			})
		}
	}
	slices.SortFunc(all, func(a, b Submodule) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// SubmoduleURL is the address of a submodule as git-submodule(1) makes it of one that begins with `./`
// or `../`.
func SubmoduleURL(parent, url string) string {
	if !strings.HasPrefix(url, "./") && !strings.HasPrefix(url, "../") {
		return url
	}
	base, separator := strings.TrimRight(parent, "/"), "/"
	for {
		if rest, ok := strings.CutPrefix(url, "./"); ok {
			url = rest
			continue
		}
		rest, ok := strings.CutPrefix(url, "../")
		if !ok {
			return strings.TrimRight(base+separator+url, "/")
		}
		url = rest
		if at := strings.LastIndexByte(base, '/'); at >= 0 {
			base = base[:at]
		} else if at := strings.LastIndexByte(base, ':'); at >= 0 {
			base, separator = base[:at], ":"
		}
	}
}

// ModuleFolder is where a clone keeps the repository of a submodule, "" for a name that leads elsewhere.
func (r *Repo) ModuleFolder(name string) string {
	clean, err := files.Clean(name)
	if err != nil || clean != name || clean == "" || filepath.IsAbs(filepath.FromSlash(name)) {
		return ""
	}
	return filepath.Join(r.GitDir, "modules", filepath.FromSlash(name))
}

// RemoteURL is the address of the remote that submodules are relative to, "" where there is none.
func (r *Repo) RemoteURL() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	first := ""
	for _, remote := range r.settings().remotes() {
		if len(remote.URLs) == 0 {
			continue
		}
		if remote.Name == "origin" {
			return remote.URLs[0]
		}
		if first == "" {
			first = remote.URLs[0]
		}
	}
	return first
}

// WithTrees is a tree with others at folders of it, which are empty there. They stay told as those of
// other repositories.
func WithTrees(tree files.Tree, at map[string]files.Tree) files.Tree {
	if len(at) == 0 {
		return tree
	}
	return linkedTree{Tree: tree, at: at}
}

// AsOneTree is WithTrees where nothing tells the others from folders of the tree itself.
func AsOneTree(tree files.Tree, at map[string]files.Tree) files.Tree {
	if len(at) == 0 {
		return tree
	}
	return linkedTree{Tree: tree, at: at, whole: true}
}

type linkedTree struct {
	files.Tree
	at    map[string]files.Tree
	whole bool
}

// in gives the tree that a name is in, and its name there. The folder itself is one of the outer tree.
func (t linkedTree) in(name string) (files.Tree, string) {
	for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '/') {
		if tree, ok := t.at[name[:end]]; ok {
			return tree, strings.TrimPrefix(name[end:], "/")
		}
	}
	return t.Tree, name
}

func (t linkedTree) Lstat(name string) (files.Info, error) {
	tree, below := t.in(name)
	if below == "" {
		return t.Tree.Lstat(name)
	}
	return tree.Lstat(below)
}

func (t linkedTree) Read(name string) ([]byte, error) {
	tree, below := t.in(name)
	return tree.Read(below)
}

func (t linkedTree) Readlink(name string) (string, error) {
	tree, below := t.in(name)
	return tree.Readlink(below)
}

func (t linkedTree) List(name string) ([]files.Info, error) {
	tree, below := t.in(name)
	infos, err := tree.List(below)
	if below != name || !t.whole {
		return infos, err
	}
	for i := range infos {
		if _, linked := t.at[files.Join(name, infos[i].Name)]; linked {
			infos[i].Submodule = false
		}
	}
	return infos, err
}
