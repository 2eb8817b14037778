package gitrepo

import (
	"io"
	"io/fs"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/plumbline/plumbline/engine/files"
)

const maxCachedTrees = 20000

type treeEntry struct {
	name string
	mode filemode.FileMode
	hash plumbing.Hash
}

// Tree is the text of a commit.
func (r *Repo) Tree(commit *object.Commit) files.Tree {
	return commitTree{repo: r, root: commit.TreeHash}
}

type commitTree struct {
	repo *Repo
	root plumbing.Hash
}

func (r *Repo) entries(hash plumbing.Hash) ([]treeEntry, error) {
	if known, ok := r.trees[hash]; ok {
		return known, nil
	}
	tree, err := object.GetTree(r.storage, hash)
	if err != nil {
		return nil, r.lack(hash, err)
	}
	entries := make([]treeEntry, 0, len(tree.Entries))
	for _, entry := range tree.Entries {
		entries = append(entries, treeEntry{entry.Name, entry.Mode, entry.Hash})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].name < entries[j].name })
	if len(r.trees) >= maxCachedTrees {
		clear(r.trees)
	}
	r.trees[hash] = entries
	return entries, nil
}

func missing(name string) error {
	return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (t commitTree) find(name string) (treeEntry, error) {
	entry := treeEntry{mode: filemode.Dir, hash: t.root}
	if name == "" {
		return entry, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if entry.mode == filemode.Submodule {
			return entry, files.Unavailable("%s is a submodule, whose files are not part of this repository's revisions.", entry.name)
		}
		if entry.mode != filemode.Dir {
			return entry, missing(name)
		}
		entries, err := t.repo.entries(entry.hash)
		if err != nil {
			return entry, err
		}
		at := sort.Search(len(entries), func(i int) bool { return entries[i].name >= part })
		if at == len(entries) || entries[at].name != part {
			return entry, missing(name)
		}
		entry = entries[at]
	}
	return entry, nil
}

func (t commitTree) Lstat(name string) (files.Info, error) {
	t.repo.mutex.Lock()
	defer t.repo.mutex.Unlock()
	entry, err := t.find(name)
	if err != nil {
		return files.Info{}, err
	}
	info := files.Info{Name: entry.name, Kind: kindOf(entry.mode)}
	if info.Kind == files.File {
		if info.Size, err = t.repo.storage.EncodedObjectSize(entry.hash); err != nil {
			return info, t.repo.lack(entry.hash, err)
		}
	}
	return info, nil
}

func kindOf(mode filemode.FileMode) files.Kind {
	switch mode {
	case filemode.Dir, filemode.Submodule:
		return files.Dir
	case filemode.Symlink:
		return files.Link
	}
	return files.File
}

func (t commitTree) Read(name string) ([]byte, error) {
	t.repo.mutex.Lock()
	defer t.repo.mutex.Unlock()
	entry, err := t.find(name)
	if err != nil {
		return nil, err
	}
	return t.repo.blob(entry.hash)
}

func (r *Repo) blob(hash plumbing.Hash) ([]byte, error) {
	encoded, err := r.storage.EncodedObject(plumbing.BlobObject, hash)
	if err != nil {
		return nil, r.lack(hash, err)
	}
	reader, err := encoded.Reader()
	if err != nil {
		return nil, r.lack(hash, err)
	}
	defer reader.Close()
	data, err := io.ReadAll(reader)
	if err != nil {
		return nil, r.lack(hash, err)
	}
	return data, nil
}

func (t commitTree) Readlink(name string) (string, error) {
	data, err := t.Read(name)
	return string(data), err
}

func (t commitTree) List(name string) ([]files.Info, error) {
	t.repo.mutex.Lock()
	defer t.repo.mutex.Unlock()
	entry, err := t.find(name)
	if err != nil {
		return nil, err
	}
	if entry.mode == filemode.Submodule {
		return nil, files.Unavailable("%s is a submodule, whose files are not part of this repository's revisions.", name)
	}
	entries, err := t.repo.entries(entry.hash)
	if err != nil {
		return nil, err
	}
	infos := make([]files.Info, 0, len(entries))
	for _, child := range entries {
		infos = append(infos, files.Info{
			Name: child.name, Kind: kindOf(child.mode), Size: -1, Submodule: child.mode == filemode.Submodule,
		})
	}
	return infos, nil
}

// blobs gives the id of every file of a commit's tree by path; submodules are left out.
func (r *Repo) blobs(root plumbing.Hash) (map[string]plumbing.Hash, error) {
	all := map[string]plumbing.Hash{}
	var walk func(plumbing.Hash, string) error
	walk = func(hash plumbing.Hash, prefix string) error {
		entries, err := r.entries(hash)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			name := prefix + entry.name
			switch entry.mode {
			case filemode.Dir:
				if err := walk(entry.hash, name+"/"); err != nil {
					return err
				}
			case filemode.Submodule:
			default:
				all[name] = entry.hash
			}
		}
		return nil
	}
	return all, walk(root, "")
}
