package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// disk is a folder of this machine. os.Root refuses whatever leads out of it, also when links are
// swapped while it reads.
type disk struct{ root *os.Root }

// OpenDisk opens a folder by its absolute path.
func OpenDisk(folder string) (Tree, io.Closer, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	return disk{root}, root, nil
}

func local(name string) string {
	if name == "" {
		return "."
	}
	return filepath.FromSlash(name)
}

func (d disk) Lstat(name string) (Info, error) {
	info, err := d.root.Lstat(local(name))
	if err != nil {
		return Info{}, diskError(name, err)
	}
	return infoOf(info), nil
}

func (d disk) Readlink(name string) (string, error) {
	target, err := d.root.Readlink(local(name))
	return filepath.ToSlash(target), diskError(name, err)
}

func (d disk) Read(name string) ([]byte, error) {
	data, err := d.root.ReadFile(local(name))
	return data, diskError(name, err)
}

func (d disk) List(name string) ([]Info, error) {
	folder, err := d.root.Open(local(name))
	if err != nil {
		return nil, diskError(name, err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return nil, diskError(name, err)
	}
	infos := make([]Info, 0, len(entries))
	for _, entry := range entries {
		infos = append(infos, Info{Name: entry.Name(), Kind: kindOf(entry.Type()), Size: -1})
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].Name < infos[j].Name })
	return infos, nil
}

func infoOf(info fs.FileInfo) Info {
	return Info{Name: info.Name(), Kind: kindOf(info.Mode()), Size: info.Size(), ModTime: info.ModTime()}
}

func kindOf(mode fs.FileMode) Kind {
	switch {
	case mode.IsRegular():
		return File
	case mode.IsDir():
		return Dir
	case mode&fs.ModeSymlink != 0:
		return Link
	}
	return Irregular
}

// diskError drops the absolute path from an error and gives "a file is no folder" the meaning that
// it has for a reader of paths: not there.
func diskError(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), isNotDir(err):
		return notExist(name)
	case strings.Contains(err.Error(), "path escapes"):
		return ErrOutside
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return &fs.PathError{Op: pathError.Op, Path: name, Err: pathError.Err}
	}
	return err
}

func isNotDir(err error) bool {
	return strings.HasSuffix(err.Error(), "not a directory")
}
