package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
)

func TestFilesOfPackedChartsAreRead(t *testing.T) {
	root, err := filepath.Abs("../test/fixtures/corpus/helm/packed")
	if err != nil {
		t.Fatal(err)
	}
	disk, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer.Close() })
	layer := files.NewLayer(disk)
	for name, want := range map[string]string{
		"charts/outer-0.1.0.tgz/Chart.yaml":                        "name: outer",
		"charts/outer-0.1.0.tgz/charts/inner-0.2.0.tgz/Chart.yaml": "name: inner",
		"Chart.yaml": "name: packed",
	} {
		if text, err := readText(layer, name); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	for _, name := range []string{
		"charts/outer-0.1.0.tgz/none.yaml", "charts/none.tgz/Chart.yaml", "charts/outer-0.1.0.tgz/../Chart.yaml",
		"charts/outer-0.1.0.tgz/Chart.yaml/x.tgz/Chart.yaml",
	} {
		if _, err := readText(layer, name); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, files.ErrOutside) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "a.tgz"), []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	disk, closer, err = files.OpenDisk(broken)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer.Close() })
	if _, err := readText(files.NewLayer(disk), "a.tgz/Chart.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
