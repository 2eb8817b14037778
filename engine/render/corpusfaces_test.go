package render

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"
)

// withCRLF copies a case as Git would check it out with core.autocrlf.
func (c corpusCase) withCRLF(t *testing.T) corpusCase {
	t.Helper()
	root := t.TempDir()
	err := filepath.WalkDir(c.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if utf8.Valid(text) && !bytes.Contains(text, []byte{0}) && !bytes.Contains(text, []byte("\r\n")) {
			text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
		}
		relative, err := filepath.Rel(c.root, path)
		if err != nil {
			return err
		}
		copied := filepath.Join(root, relative)
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			return err
		}
		return os.WriteFile(copied, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	c.root = root
	return c
}

// TestCorpusWithCRLF holds the corpus against the programs once more, as it is on a machine whose Git
// ends lines with both characters.
func TestCorpusWithCRLF(t *testing.T) {
	for _, c := range append(corpusCases(t, "helm"), corpusCases(t, "kustomize")...) {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			c = c.withCRLF(t)
			var want []any
			var refused error
			if c.kind == "helm" {
				want, refused = c.helm(t, "PLUMBLINE_HELM")
			} else {
				want, refused = c.kustomize(t)
			}
			if got := outcome(t, c.root, c.source(t), c.given()); refused != nil {
				if got.Kind != "failed" {
					t.Errorf("only the program refuses it: %v", refused)
				}
			} else {
				c.Fails = ""
				c.agrees(t, got, want, nil)
			}
		})
	}
}

// ofTheClock are fields that two renders within one second can have in common.
var ofTheClock = []string{"/stringData/now", "/stringData/unix", "/stringData/ago"}

// TestGeneratedMarksAreExact renders twice with helm: just what differs is marked.
func TestGeneratedMarksAreExact(t *testing.T) {
	cases := corpusCases(t, "helm")
	c := cases[slices.IndexFunc(cases, func(c corpusCase) bool { return c.name == "random" })]
	once, err := c.helm(t, "PLUMBLINE_HELM")
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.helm(t, "PLUMBLINE_HELM")
	if err != nil {
		t.Fatal(err)
	}
	result := rendered(t, c.root, c.source(t))
	for i, object := range result.Objects {
		marked := slices.Clone(object.Generated)
		found := differences(once[i], again[i], "", []string{})
		for _, pointer := range ofTheClock {
			if !slices.Contains(found, pointer) {
				found = append(found, pointer)
			}
		}
		slices.Sort(marked)
		slices.Sort(found)
		if !slices.Equal(marked, found) {
			t.Errorf("marked %v, and helm makes another %v", marked, found)
		}
	}
}
