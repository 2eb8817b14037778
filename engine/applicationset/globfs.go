package applicationset

import (
	"io/fs"
	"time"

	"github.com/plumbline/plumbline/engine/files"
)

// maxListed ends a walk that links lead in circles: it bounds the folders listed by way of links.
const maxListed = 5_000

// globFS shows a repository to the doublestar library, which follows links.
type globFS struct {
	repo   *repository
	listed int
}

func local(name string) string {
	if name == "." {
		return ""
	}
	return name
}

func (g *globFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

func (g *globFS) Stat(name string) (fs.FileInfo, error) {
	real, info, err := g.repo.layer.Resolve(local(name))
	if err == nil && real != "" && g.repo.untracked.Hides(g.repo.layer, real, info.Kind == files.Dir) {
		err = &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return entry{info}, err
}

func (g *globFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if g.listed > maxListed {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	if real, _, err := g.repo.layer.Resolve(local(name)); err == nil && real != local(name) {
		g.listed++
	}
	infos, err := g.repo.layer.List(local(name))
	entries := []fs.DirEntry{}
	for _, info := range infos {
		if !g.repo.untracked.Hides(g.repo.layer, files.Join(local(name), info.Name), info.Kind == files.Dir) {
			entries = append(entries, entry{info})
		}
	}
	return entries, err
}

type entry struct{ info files.Info }

func (e entry) Name() string               { return e.info.Name }
func (e entry) Size() int64                { return e.info.Size }
func (e entry) ModTime() time.Time         { return time.Time{} }
func (e entry) IsDir() bool                { return e.info.Kind == files.Dir }
func (e entry) Sys() any                   { return nil }
func (e entry) Type() fs.FileMode          { return e.Mode().Type() }
func (e entry) Info() (fs.FileInfo, error) { return e, nil }

func (e entry) Mode() fs.FileMode {
	switch e.info.Kind {
	case files.Dir:
		return fs.ModeDir
	case files.Link:
		return fs.ModeSymlink
	case files.Irregular:
		return fs.ModeIrregular
	}
	return 0
}
