package files

import (
	"io/fs"
	"strings"

	"github.com/plumbline/plumbline/engine/model"
)

// Mounts is the folder below which fetched charts stand, Trees the one for text of other repositories.
// Neither is part of the repository.
const (
	Mounts = ".plumbline-charts"
	Trees  = ".plumbline-git"
)

// Mount lays files over a folder below Mounts and gives the folder. What is asked of it is no input.
func (l *Layer) Mount(name string, texts map[string]string) string {
	folder := Join(Mounts, name)
	if l.mounted[folder] {
		return folder
	}
	laid := make(map[string]*string, len(texts))
	for file, text := range texts {
		laid[Join(folder, file)] = &text
	}
	l.tree = WithOverlay(l.tree, laid)
	l.forgetMounts()
	l.mounted[folder] = true
	return folder
}

// MountTree lets a tree stand at a folder below Trees, and gives the folder. What is asked of it is no
// input of this root: InputsOf tells it.
func (l *Layer) MountTree(name string, tree Tree) string {
	folder := Join(Trees, name)
	if l.mounted[folder] {
		return folder
	}
	mounted, ok := l.tree.(*mountedTrees)
	if !ok {
		mounted = &mountedTrees{Tree: l.tree, trees: map[string]Tree{}}
		l.tree = mounted
	}
	mounted.trees[folder] = tree
	l.forgetMounts()
	l.mounted[folder] = true
	return folder
}

// forgetMounts drops what was read before a mount was there.
func (l *Layer) forgetMounts() {
	for known := range l.stats {
		if isMounted(known) {
			delete(l.stats, known)
		}
	}
	for known := range l.lists {
		if isMounted(known) {
			delete(l.lists, known)
		}
	}
}

func isMounted(name string) bool {
	for _, top := range []string{Mounts, Trees} {
		if name == top || strings.HasPrefix(name, top+"/") {
			return true
		}
	}
	return false
}

// MountOf is the folder of the mount that a name is in, "" for the repository's own names. Names that
// could be those of mounts and are none are in a place of their own, which has no files.
func MountOf(name string) string {
	if !isMounted(name) {
		return ""
	}
	top, rest, _ := strings.Cut(name, "/")
	mount, _, _ := strings.Cut(rest, "/")
	return Join(top, mount)
}

// mountedTrees is a tree with others at folders of it, which its own listings do not show.
type mountedTrees struct {
	Tree
	trees map[string]Tree
}

func (m *mountedTrees) at(name string) (Tree, string) {
	mount := MountOf(name)
	if tree, ok := m.trees[mount]; ok {
		return tree, strings.TrimPrefix(strings.TrimPrefix(name, mount), "/")
	}
	return m.Tree, name
}

func (m *mountedTrees) Lstat(name string) (Info, error) {
	tree, below := m.at(name)
	if name == Trees || below == "" && name != "" {
		return Info{Name: base(name), Kind: Dir}, nil
	}
	return tree.Lstat(below)
}

func (m *mountedTrees) Read(name string) ([]byte, error) {
	tree, below := m.at(name)
	return tree.Read(below)
}

func (m *mountedTrees) Readlink(name string) (string, error) {
	tree, below := m.at(name)
	return tree.Readlink(below)
}

func (m *mountedTrees) List(name string) ([]Info, error) {
	if name == Trees {
		return nil, &fs.PathError{Op: "list", Path: name, Err: fs.ErrPermission}
	}
	tree, below := m.at(name)
	return tree.List(below)
}

// withoutMounts leaves out what was asked of mounted folders.
func withoutMounts(inputs []model.Input) []model.Input {
	own := inputs[:0]
	for _, input := range inputs {
		if !isMounted(input.Path) {
			own = append(own, input)
		}
	}
	return own
}

// InputsOf gives everything asked for in a mounted folder, by paths below it.
func (l *Layer) InputsOf(folder string) []model.Input {
	inputs := []model.Input{}
	for _, input := range l.allInputs() {
		if MountOf(input.Path) == folder {
			input.Path = strings.TrimPrefix(strings.TrimPrefix(input.Path, folder), "/")
			inputs = append(inputs, input)
		}
	}
	return sorted(inputs)
}
