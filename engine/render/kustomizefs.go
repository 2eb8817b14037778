package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
)

var errReadOnly = errors.New("the file system is read-only")

// kustomizeFS shows the file layer to Kustomize under the absolute paths of this machine, with
// rewritten files in front of it.
type kustomizeFS struct {
	layer     *files.Layer
	root      string
	rewritten map[string][]byte
	// resources are the files of objects, which marks are put on; nil marks nothing.
	resources map[string]bool
	marks     *marks
	// traces are those of the bases that are being accumulated, one in the other.
	traces []*trace
}

var _ filesys.FileSystem = (*kustomizeFS)(nil)

func (f *kustomizeFS) absolute(name string) string {
	return filepath.Join(f.root, filepath.FromSlash(name))
}

// relative gives the name below the root; a path outside of it does not exist for a render.
func (f *kustomizeFS) relative(name string) (string, error) {
	if !filepath.IsAbs(name) {
		return files.Clean(filepath.ToSlash(name))
	}
	relative, err := filepath.Rel(f.root, filepath.Clean(name))
	if err != nil {
		return "", files.ErrOutside
	}
	return files.Clean(filepath.ToSlash(relative))
}

func (f *kustomizeFS) ReadFile(name string) ([]byte, error) {
	relative, err := f.relative(name)
	if err != nil {
		return nil, fmt.Errorf("%q %w", name, err)
	}
	text, err := f.text(relative)
	f.noteRead(relative, text, err)
	if err != nil {
		return nil, err
	}
	if _, ok := f.rewritten[relative]; !ok && documents.AliasFault(text) != nil {
		return nil, fmt.Errorf("%q %w", relative, errAliases)
	}
	if f.marks != nil && f.resources[relative] {
		marked, partial := f.marks.mark(relative, text)
		f.noteMark(relative, partial)
		text = marked
	}
	return text, nil
}

// text is that of a file before it is marked.
func (f *kustomizeFS) text(relative string) ([]byte, error) {
	if text, ok := f.rewritten[relative]; ok {
		return text, nil
	}
	return f.layer.Read(relative)
}

var errAliases = errors.New("expands its aliases beyond reason")

func (f *kustomizeFS) stat(name string) (string, files.Info, error) {
	relative, err := f.relative(name)
	if err != nil {
		return "", files.Info{}, err
	}
	real, info, err := f.look(relative)
	f.noteStat(relative, real, info, err)
	return real, info, err
}

// look is stat for a name below the root.
func (f *kustomizeFS) look(relative string) (string, files.Info, error) {
	if text, ok := f.rewritten[relative]; ok {
		return relative, files.Info{Name: path.Base(relative), Kind: files.File, Size: int64(len(text))}, nil
	}
	return f.layer.Resolve(relative)
}

func (f *kustomizeFS) IsDir(name string) bool {
	_, info, err := f.stat(name)
	return err == nil && info.Kind == files.Dir
}

func (f *kustomizeFS) Exists(name string) bool {
	_, _, err := f.stat(name)
	return err == nil
}

func (f *kustomizeFS) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	real, info, err := f.stat(name)
	if err != nil {
		return "", "", fmt.Errorf("%q: %w", name, err)
	}
	if info.Kind == files.Dir {
		return filesys.ConfirmedDir(f.absolute(real)), "", nil
	}
	full := f.absolute(real)
	return filesys.ConfirmedDir(filepath.Dir(full)), filepath.Base(full), nil
}

func (f *kustomizeFS) ReadDir(name string) ([]string, error) {
	f.noteListing()
	relative, err := f.relative(name)
	if err != nil {
		return nil, err
	}
	infos, err := f.layer.List(relative)
	names := make([]string, 0, len(infos))
	for _, info := range infos {
		names = append(names, info.Name)
	}
	return names, err
}

// Glob serves the patterns that Kustomize builds itself; a folder that has a pattern in its own name
// is not expanded.
func (f *kustomizeFS) Glob(pattern string) ([]string, error) {
	f.noteListing()
	relative, err := f.relative(pattern)
	if err != nil {
		return nil, err
	}
	folder, last := path.Split(relative)
	infos, err := f.layer.List(strings.TrimSuffix(folder, "/"))
	if err != nil {
		return nil, nil
	}
	matches := []string{}
	for _, info := range infos {
		if ok, err := path.Match(last, info.Name); err != nil {
			return nil, err
		} else if ok {
			matches = append(matches, f.absolute(files.Join(folder, info.Name)))
		}
	}
	return matches, nil
}

func (f *kustomizeFS) Walk(name string, visit filepath.WalkFunc) error {
	f.noteListing()
	relative, err := f.relative(name)
	if err != nil {
		return err
	}
	return f.layer.Walk(relative, func(files.Info, string) bool { return false },
		func(name string, info files.Info) error { return visit(f.absolute(name), fileInfo{info}, nil) })
}

func (f *kustomizeFS) Open(string) (filesys.File, error)   { return nil, errReadOnly }
func (f *kustomizeFS) Create(string) (filesys.File, error) { return nil, errReadOnly }
func (f *kustomizeFS) Mkdir(string) error                  { return errReadOnly }
func (f *kustomizeFS) MkdirAll(string) error               { return errReadOnly }
func (f *kustomizeFS) RemoveAll(string) error              { return errReadOnly }
func (f *kustomizeFS) WriteFile(string, []byte) error      { return errReadOnly }

// fileInfo shows what the layer knows to libraries that want an os.FileInfo.
type fileInfo struct{ files.Info }

func (i fileInfo) Name() string       { return i.Info.Name }
func (i fileInfo) Size() int64        { return max(i.Info.Size, 0) }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.Kind == files.Dir }
func (i fileInfo) Sys() any           { return nil }
func (i fileInfo) Mode() fs.FileMode {
	switch i.Kind {
	case files.Dir:
		return fs.ModeDir | 0o755
	case files.Link:
		return fs.ModeSymlink | 0o777
	case files.Irregular:
		return fs.ModeIrregular
	}
	return 0o644
}

var _ os.FileInfo = fileInfo{}
