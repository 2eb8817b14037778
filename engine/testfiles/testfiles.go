// Package testfiles makes the folders that tests read.
package testfiles

import (
	"os"
	"path/filepath"
	"testing"
)

// Write writes texts by their path below root, with forward slashes.
func Write(t testing.TB, root string, texts map[string]string) {
	t.Helper()
	for name, text := range texts {
		if err := os.WriteFile(place(t, root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Link makes symbolic links by their path below root.
func Link(t testing.TB, root string, targets map[string]string) {
	t.Helper()
	for name, target := range targets {
		if err := os.Symlink(target, place(t, root, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// Tree writes texts by their path into a new folder and gives its path.
func Tree(t testing.TB, texts map[string]string) string {
	t.Helper()
	root := t.TempDir()
	Write(t, root, texts)
	return root
}

func place(t testing.TB, root, name string) string {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}
