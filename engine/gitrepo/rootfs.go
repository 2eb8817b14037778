// Package gitrepo reads a Git repository without a git process and without writing to it.
package gitrepo

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-git/go-billy/v5"
)

// rootFS is what go-git reads a Git folder through: a folder that cannot be left nor written.
type rootFS struct {
	root *os.Root
	path string
}

func openRootFS(folder string) (*rootFS, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	return &rootFS{root: root, path: folder}, nil
}

func below(name string) string {
	cleaned := strings.TrimLeft(filepath.Clean(name), `/\`)
	if cleaned == "" {
		return "."
	}
	return cleaned
}

type rootFile struct {
	*os.File
	name string
}

// Name is the one it was opened by: go-git opens a pack again by it for each larger object.
func (f rootFile) Name() string { return f.name }

func (rootFile) Lock() error   { return nil }
func (rootFile) Unlock() error { return nil }

func (f *rootFS) Open(name string) (billy.File, error) {
	file, err := f.root.Open(below(name))
	if err != nil {
		return nil, err
	}
	return rootFile{File: file, name: name}, nil
}

func (f *rootFS) OpenFile(name string, flag int, _ os.FileMode) (billy.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0 {
		return nil, billy.ErrReadOnly
	}
	return f.Open(name)
}

func (f *rootFS) Stat(name string) (os.FileInfo, error)  { return f.root.Stat(below(name)) }
func (f *rootFS) Lstat(name string) (os.FileInfo, error) { return f.root.Lstat(below(name)) }
func (f *rootFS) Readlink(name string) (string, error)   { return f.root.Readlink(below(name)) }
func (f *rootFS) Join(elem ...string) string             { return filepath.Join(elem...) }
func (f *rootFS) Root() string                           { return f.path }

func (f *rootFS) ReadDir(name string) ([]os.FileInfo, error) {
	entries, err := fs.ReadDir(f.root.FS(), filepath.ToSlash(below(name)))
	if err != nil {
		return nil, err
	}
	infos := make([]os.FileInfo, 0, len(entries))
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			infos = append(infos, info)
		}
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].Name() < infos[j].Name() })
	return infos, nil
}

func (f *rootFS) Chroot(string) (billy.Filesystem, error)     { return nil, billy.ErrNotSupported }
func (f *rootFS) Create(string) (billy.File, error)           { return nil, billy.ErrReadOnly }
func (f *rootFS) TempFile(string, string) (billy.File, error) { return nil, billy.ErrReadOnly }
func (f *rootFS) Rename(string, string) error                 { return billy.ErrReadOnly }
func (f *rootFS) Remove(string) error                         { return billy.ErrReadOnly }
func (f *rootFS) MkdirAll(string, os.FileMode) error          { return billy.ErrReadOnly }
func (f *rootFS) Symlink(string, string) error                { return billy.ErrReadOnly }
func (f *rootFS) Capabilities() billy.Capability              { return billy.ReadCapability | billy.SeekCapability }
