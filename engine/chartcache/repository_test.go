package chartcache

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	address = "https://git.example.com/acme/base.git"
	commit  = "0123456789abcdef0123456789abcdef01234567"
)

// pend puts a folder among what is pending, as git does.
func pend(t *testing.T, cache *Cache, name string, bytes int) {
	t.Helper()
	folder := filepath.Join(cache.folder, pending, name, "objects")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "pack"), make([]byte, bytes), 0o444); err != nil {
		t.Fatal(err)
	}
}

func TestAdopt(t *testing.T) {
	cache := create(t)
	if _, err := cache.Repository(address, commit); !errors.Is(err, ErrAbsent) {
		t.Errorf("got %v", err)
	}
	pend(t, cache, "one", 10)
	if bytes := cache.PendingBytes("one"); bytes != 10 {
		t.Errorf("%d bytes", bytes)
	}
	if err := cache.Adopt("one", address, commit); err != nil {
		t.Fatal(err)
	}
	folder, err := cache.Repository(address, commit)
	if err != nil || !strings.HasPrefix(folder, cache.folder) {
		t.Fatalf("%q, %v", folder, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "objects", "pack")); err != nil {
		t.Error(err)
	}
	for _, other := range [][2]string{{address, strings.Repeat("1", 40)}, {address + "x", commit}} {
		if _, err := cache.Repository(other[0], other[1]); err == nil {
			t.Errorf("%v is there", other)
		}
	}
}

// TestAdoptAtOnce lets many bring the same commit: one of them stays, and nothing is left over.
func TestAdoptAtOnce(t *testing.T) {
	cache := create(t)
	var group sync.WaitGroup
	for i := range 8 {
		name := string(rune('a' + i))
		pend(t, cache, name, 10)
		group.Go(func() {
			if err := cache.Adopt(name, address, commit); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	left, err := os.ReadDir(filepath.Join(cache.folder, pending))
	if err != nil || len(left) > 0 {
		t.Errorf("%d pending, %v", len(left), err)
	}
	held, err := os.ReadDir(filepath.Join(cache.folder, repositories))
	if err != nil || len(held) != 1 {
		t.Errorf("%d repositories, %v", len(held), err)
	}
}

func TestAdoptNothingElse(t *testing.T) {
	cache := create(t)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.MkdirAll(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(cache.folder, pending, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cache.folder, pending, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "../archives", "none", "link", "file", "a/b", outside} {
		if err := cache.Adopt(name, address, commit); err == nil {
			t.Errorf("%q was taken in", name)
		}
		cache.Discard(name)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error("what a link leads to was taken away")
	}
	if _, err := os.Stat(filepath.Join(cache.folder, archives)); err != nil {
		t.Error("a folder of the cache was taken away")
	}
}

func TestTrimRepositories(t *testing.T) {
	cache := create(t)
	record := func(ref, of string) {
		entry := Entry{Reference: GitReference(address, ref), Commit: of, FetchedAt: time.Now()}
		if err := cache.Record(entry); err != nil {
			t.Fatal(err)
		}
	}
	commits := []string{strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("c", 40)}
	for i, of := range commits {
		pend(t, cache, of, 1000)
		if err := cache.Adopt(of, address, of); err != nil {
			t.Fatal(err)
		}
		record(of[:1], of)
		old := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(cache.folder, repositories, repositoryName(address, of)), old, old); err != nil {
			t.Fatal(err)
		}
	}
	cache.TouchRepository(address, commits[1])
	digest := store(t, cache, "web", make([]byte, 1000))
	trimmed, err := cache.Trim(2500, []string{RepositoryName(address, commits[0])})
	if err != nil || trimmed.Removed != 2 || trimmed.Bytes > 2500 {
		t.Fatalf("%+v, %v", trimmed, err)
	}
	for i, want := range []bool{true, true, false} {
		_, err := cache.Repository(address, commits[i])
		if (err == nil) != want {
			t.Errorf("%s: %v", commits[i][:1], err)
		}
		// A ref that leads nowhere is not believed.
		if _, err := cache.Lookup(GitReference(address, commits[i][:1])); (err == nil) != want {
			t.Errorf("the ref %s: %v", commits[i][:1], err)
		}
	}
	_ = digest
}

func TestFileName(t *testing.T) {
	for place, want := range map[string]string{
		"https://example.com/a/crds.yaml": "crds.yaml", "https://example.com/a/crds.yaml?token=x#y": "crds.yaml",
		"https://example.com": "file.yaml", "https://example.com/..": "file.yaml", "https://example.com/a%2Fb": "b",
		"https://example.com/ü n.yaml": "n.yaml", "::": "file.yaml",
	} {
		if got := FileName(place); got != want {
			t.Errorf("%s: %q", place, got)
		}
	}
}
