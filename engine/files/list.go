package files

import (
	"errors"
	"io/fs"
	"path"
	"slices"
)

// Paths lists every file of a tree below its root: no .git, no node_modules, nothing that a
// .gitignore leaves out unless it is tracked, no links that lead out of the root.
func Paths(tree Tree, exclude string, tracked func(string) bool) ([]string, error) {
	l := lister{layer: NewLayer(tree), tree: tree, tracked: tracked, paths: []string{}}
	err := l.list("", nil, ignoreRules(exclude, 0), false)
	return l.paths, err
}

type lister struct {
	layer   *Layer
	tree    Tree
	tracked func(string) bool
	paths   []string
}

// list adds the files below a folder; inside an ignored one only what is tracked counts.
func (l *lister) list(folder string, parts []string, rules []rule, ignored bool) error {
	infos, err := l.tree.List(folder)
	if err != nil {
		var unavailable *UnavailableError
		if errors.As(err, &unavailable) || folder == "" {
			return err
		}
		// A folder that went away or cannot be entered has no files for us.
		return nil
	}
	if slices.ContainsFunc(infos, func(info Info) bool { return info.Name == ".gitignore" && info.Kind == File }) {
		if text, err := l.tree.Read(Join(folder, ".gitignore")); err == nil {
			rules = append(slices.Clip(rules), ignoreRules(string(text), len(parts))...)
		}
	}
	if folder != "" && slices.ContainsFunc(infos, func(info Info) bool { return info.Name == ".git" }) {
		// A repository of its own, such as a submodule.
		return nil
	}
	for _, info := range infos {
		name := Join(folder, info.Name)
		if info.Name == ".git" || info.Submodule || info.Kind == Dir && info.Name == "node_modules" {
			continue
		}
		below := append(slices.Clip(parts), info.Name)
		hidden := ignored || ignores(rules, below, info.Kind == Dir)
		if hidden && !l.tracked(name) {
			continue
		}
		switch info.Kind {
		case Dir:
			if err := l.list(name, below, rules, hidden); err != nil {
				return err
			}
		case File:
			l.paths = append(l.paths, name)
		case Link:
			if target, err := l.layer.Stat(name); err == nil && target.Kind == File {
				l.paths = append(l.paths, name)
			}
		}
	}
	return nil
}

// Tracked makes of a list of tracked files a test for them and for the folders around them.
func Tracked(names []string) func(string) bool {
	set := make(map[string]bool, len(names)*2)
	for _, name := range names {
		for ; name != "" && name != "." && !set[name]; name = path.Dir(name) {
			set[name] = true
		}
	}
	return func(name string) bool { return set[name] }
}

// IsNotExist tells absence from everything else that keeps a file from being read.
func IsNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
