package chartcache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func create(t *testing.T) *Cache {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "cache")
	cache, err := Create(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cache.chmodFolders(".", ownDir)
		_ = cache.Close()
	})
	return cache
}

func store(t *testing.T, cache *Cache, name string, data []byte) string {
	t.Helper()
	digest, err := cache.Store(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := cache.Record(Entry{Reference: chartNamed(name), Digest: digest, Resolved: "1.0.0", FetchedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return digest
}

func chartNamed(name string) Reference {
	return Reference{Kind: KindChart, Repository: "https://charts.example.com", Name: name, Version: "^1"}
}

func (c *Cache) placeOf(t *testing.T, digest string) string {
	t.Helper()
	name, err := nameOf(digest)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(c.folder, archives, name)
}

func TestLookup(t *testing.T) {
	cache := create(t)
	digest := store(t, cache, "web", []byte("archive"))
	slash := chartNamed("web")
	slash.Repository += "/"
	entry, err := cache.Lookup(slash)
	if err != nil || entry.Digest != digest || entry.Resolved != "1.0.0" {
		t.Errorf("got %+v, %v", entry, err)
	}
	for _, other := range []Reference{
		{}, chartNamed("api"), {Kind: KindDependencies, Repository: slash.Repository, Name: "web", Version: "^1"},
		{Kind: KindChart, Repository: slash.Repository, Name: "web", Version: "^2"},
		{Kind: KindChart, Repository: "https://charts.example.com/web", Version: "^1"},
	} {
		if entry, err := cache.Lookup(other); !errors.Is(err, ErrAbsent) {
			t.Errorf("%+v gives %+v", other, entry)
		}
	}
}

func TestDamage(t *testing.T) {
	cache := create(t)
	digest := store(t, cache, "web", []byte("archive"))
	place := cache.placeOf(t, digest)
	for name, damage := range map[string]func() error{
		"changed":   func() error { return os.WriteFile(place, []byte("Archive"), 0o600) },
		"cut off":   func() error { return os.Truncate(place, 3) },
		"empty":     func() error { return os.Truncate(place, 0) },
		"gone":      func() error { return os.Remove(place) },
		"a link":    func() error { return errors.Join(os.Remove(place), os.Symlink("/etc/passwd", place)) },
		"too large": func() error { return os.Truncate(place, MaxArchiveBytes+1) },
	} {
		if err := damage(); err != nil {
			t.Fatal(name, err)
		}
		if data, err := cache.Archive(digest); !errors.Is(err, ErrAbsent) {
			t.Errorf("%s: %d bytes are believed", name, len(data))
		}
		store(t, cache, "web", []byte("archive"))
		if data, err := cache.Archive(digest); err != nil || string(data) != "archive" {
			t.Errorf("%s: it is not mended: %v", name, err)
		}
	}
	for _, bad := range []string{"", "sha256:", "sha256:../../etc/passwd", strings.ToUpper(digest), "sha256:" + strings.Repeat("g", 64)} {
		if _, err := cache.Archive(bad); err == nil {
			t.Errorf("%q is a digest", bad)
		}
	}
}

func TestDamagedEntry(t *testing.T) {
	cache := create(t)
	store(t, cache, "web", []byte("archive"))
	place := filepath.Join(cache.folder, entries, chartNamed("web").key()+".json")
	for _, text := range []string{"", "{", "null", `{"kind":"chart","name":"other","digest":"sha256:00"}`} {
		if err := os.WriteFile(place, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if entry, err := cache.Lookup(chartNamed("web")); err == nil {
			t.Errorf("%q gives %+v", text, entry)
		}
	}
}

func TestUnpacked(t *testing.T) {
	cache := create(t)
	digest := store(t, cache, "web", []byte("archive"))
	files := []File{{"Chart.yaml", []byte("name: web\n")}, {"templates/a/b.yaml", []byte("kind: A\n")}, {"empty", nil}}
	folder, err := cache.Unpacked(digest, files)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "templates", "a", "b.yaml")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o222 != 0 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || info.Mode().Perm()&0o222 != 0 {
		t.Errorf("the folder is %v, %v", info, err)
	}
	for name, damage := range map[string]func() error{
		"changed": func() error {
			return errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, []byte("kind: B\n"), 0o600))
		},
		"more":  func() error { return os.WriteFile(filepath.Join(folder, "values.yaml"), []byte("a: 1\n"), 0o600) },
		"fewer": func() error { return os.Remove(file) },
		"a link": func() error {
			return errors.Join(os.Remove(file), os.Symlink("/etc/passwd", file))
		},
	} {
		if err := cache.chmodFolders(filepath.Join(charts, digest[len("sha256:"):]), ownDir); err != nil {
			t.Fatal(err)
		}
		if err := damage(); err != nil {
			t.Fatal(name, err)
		}
		if _, err := cache.Unpacked(digest, files); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		text, err := os.ReadFile(file)
		if names, listed := os.ReadDir(folder); err != nil || string(text) != "kind: A\n" || listed != nil || len(names) != 3 {
			t.Errorf("%s: it is not mended: %q, %v", name, text, err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(cache.folder, pending)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestUnpackedAtOnce(t *testing.T) {
	cache := create(t)
	digest := store(t, cache, "web", []byte("archive"))
	files := []File{}
	for i := range 60 {
		files = append(files, File{fmt.Sprintf("templates/%d/object.yaml", i), []byte("kind: A\n")})
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			other, err := Open(cache.folder)
			if err != nil {
				t.Error(err)
				return
			}
			defer other.Close()
			if _, err := other.Unpacked(digest, files); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if !cache.intact(filepath.Join(charts, digest[len("sha256:"):]), files) {
		t.Error("the folder is not whole")
	}
}

func TestTrim(t *testing.T) {
	cache := create(t)
	digests := []string{}
	for i := range 5 {
		name := fmt.Sprintf("chart-%d", i)
		digest := store(t, cache, name, []byte(strings.Repeat(name, 1000)))
		if _, err := cache.Unpacked(digest, []File{{"Chart.yaml", []byte(name)}}); err != nil {
			t.Fatal(err)
		}
		used := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(cache.placeOf(t, digest), used, used); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	cache.Touch(digests[1])
	set := Entry{Reference: Reference{Kind: KindDependencies, Name: "parent", Version: "x"}, Charts: []Dependency{{Digest: digests[2]}, {Digest: digests[4]}}}
	if err := cache.Record(set); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(cache.folder, pending, "old")
	if err := errors.Join(os.Mkdir(old, 0o700), os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	if trimmed, err := cache.Trim(1<<30, nil); err != nil || trimmed.Removed != 0 {
		t.Fatalf("nothing is too much: %+v, %v", trimmed, err)
	}
	trimmed, err := cache.Trim(25_000, []string{digests[0]})
	if err != nil || trimmed.Removed != 2 || trimmed.Bytes > 25_000 {
		t.Fatalf("got %+v, %v", trimmed, err)
	}
	for i, kept := range []bool{true, true, false, false, true} {
		_, errArchive := cache.Archive(digests[i])
		_, errEntry := cache.Lookup(chartNamed(fmt.Sprintf("chart-%d", i)))
		_, errFolder := os.Stat(filepath.Join(cache.folder, charts, digests[i][len("sha256:"):]))
		if (errArchive == nil) != kept || (errEntry == nil) != kept || (errFolder == nil) != kept {
			t.Errorf("%d: archive %v, entry %v, folder %v", i, errArchive, errEntry, errFolder)
		}
	}
	if _, err := cache.Lookup(set.Reference); err == nil {
		t.Error("an entry leads to what is gone")
	}
	if left, err := os.ReadDir(filepath.Join(cache.folder, pending)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOpenNothing(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a cache that is not there opens")
	}
}
