// Package files reads the text of a repository: the working tree or a Git revision, with unsaved
// buffers over it, and records every path that was asked for.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

type Kind int

const (
	File Kind = iota
	Dir
	Link
	// Irregular is a device, socket or pipe, whose content is never read.
	Irregular
)

type Info struct {
	Name string
	Kind Kind
	Size int64
	// Submodule is a folder whose files are in another repository.
	Submodule bool
	// ModTime is set by Lstat of a working tree.
	ModTime time.Time
}

// Tree is read-only text. Names are slash-separated below the root, which is "". No method follows
// a symbolic link.
type Tree interface {
	Lstat(name string) (Info, error)
	Read(name string) ([]byte, error)
	Readlink(name string) (string, error)
	// List is in the order of names.
	List(name string) ([]Info, error)
}

// ErrOutside is a path or a link that leads out of the root.
var ErrOutside = errors.New("leads out of the repository")

// ErrTooLarge is a file over the limit of its reader.
var ErrTooLarge = errors.New("is too large to be read")

// UnavailableError tells that a revision exists and its text cannot be had here. It never stands for
// absence.
type UnavailableError struct{ Reason string }

func (e *UnavailableError) Error() string { return e.Reason }

// Unavailable makes an UnavailableError of a format.
func Unavailable(format string, args ...any) error {
	return &UnavailableError{Reason: fmt.Sprintf(format, args...)}
}

func notExist(name string) error {
	return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Clean makes a name relative to the root of any slash-separated path below it.
func Clean(name string) (string, error) {
	if strings.ContainsRune(name, 0) {
		return "", ErrOutside
	}
	cleaned := path.Clean(name)
	switch {
	case cleaned == ".":
		return "", nil
	case cleaned == "..", strings.HasPrefix(cleaned, "../"), strings.HasPrefix(cleaned, "/"):
		return "", ErrOutside
	}
	return cleaned, nil
}

// Join is path.Join where the root is "".
func Join(elements ...string) string {
	joined := path.Join(elements...)
	if joined == "." {
		return ""
	}
	return joined
}

func parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return ""
}
