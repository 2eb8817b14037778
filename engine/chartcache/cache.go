// Package chartcache keeps what was fetched on disk: charts and single files as archives by the digest
// of their content, commits of Git repositories, and what each reference meant when it was fetched. Any number of processes may use one folder at once: every
// file comes to be by a rename, and nothing that is read is believed before its digest matches.
package chartcache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	chart "helm.sh/helm/v4/pkg/chart/v2"
)

const (
	archives = "archives"
	charts   = "charts"
	entries  = "entries"
	pending  = "pending"

	maxEntryBytes = 1 << 20
	// MaxArchiveBytes is the largest archive that is kept.
	MaxArchiveBytes = 64 << 20
)

const (
	KindChart        = "chart"
	KindDependencies = "dependencies"
)

var (
	// ErrAbsent says that the cache does not have it, or only a damaged copy of it.
	ErrAbsent = errors.New("not in the cache")
	errName   = errors.New("not a name of the cache")
)

// Reference is what somebody asked for, as it was written. For dependencies of a chart, Version is
// the digest of their list and lock.
type Reference struct {
	Kind       string `json:"kind"`
	Repository string `json:"repository,omitempty"`
	Name       string `json:"name,omitempty"`
	Version    string `json:"version,omitempty"`
}

// Entry is what a reference meant at FetchedAt. Digests are `sha256:` and hexadecimal digits.
type Entry struct {
	Reference
	// Resolved is the version that was found; Digest is that of the archive.
	Resolved string `json:"resolved,omitempty"`
	Digest   string `json:"digest,omitempty"`
	// ManifestDigest is that of the manifest in an OCI registry.
	ManifestDigest string    `json:"manifestDigest,omitempty"`
	FetchedAt      time.Time `json:"fetchedAt"`
	// Commit is the full id that a ref meant.
	Commit string `json:"commit,omitempty"`
	// Charts are the dependencies, in the order of Chart.yaml.
	Charts []Dependency `json:"charts,omitempty"`
}

// Dependency is one fetched dependency of a chart.
type Dependency struct {
	Name       string `json:"name"`
	Repository string `json:"repository"`
	Resolved   string `json:"resolved"`
	Digest     string `json:"digest"`
}

// Cache is an open folder.
type Cache struct {
	root   *os.Root
	folder string
	// asked is nil where nobody wants to know.
	asked map[string]bool
}

// Open opens a cache to read from; it makes nothing.
func Open(folder string) (*Cache, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	return &Cache{root: root, folder: folder}, nil
}

// Create opens a cache to write to, making its folders where they are not there.
func Create(folder string) (*Cache, error) {
	for _, name := range []string{archives, charts, entries, pending, repositories} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			return nil, err
		}
	}
	return Open(folder)
}

func (c *Cache) Close() error { return c.root.Close() }

// key holds the version of the layout, so that an older one is simply not found.
func (r Reference) key() string {
	r.Repository = strings.TrimRight(r.Repository, "/")
	return digestOf(1, r)
}

func digestOf(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		// Plain strings and slices of them always marshal.
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// DependenciesOf names the dependencies that a chart declares together with its lock, whose versions
// count where it has one.
func DependenciesOf(metadata *chart.Metadata, lock *chart.Lock) Reference {
	var locked []*chart.Dependency
	if lock != nil {
		locked = lock.Dependencies
	}
	return Reference{Kind: KindDependencies, Name: metadata.Name, Version: digestOf(metadata.Dependencies, locked)}
}

// Lookup gives what a reference meant when it was fetched last.
func (c *Cache) Lookup(reference Reference) (Entry, error) {
	text, err := c.read(path.Join(entries, reference.key()+".json"), maxEntryBytes)
	if err != nil {
		return Entry{}, ErrAbsent
	}
	var entry Entry
	if json.Unmarshal(text, &entry) != nil || entry.Reference.key() != reference.key() {
		return Entry{}, ErrAbsent
	}
	return entry, nil
}

// Archive gives the content of an archive that still has its digest.
func (c *Cache) Archive(digest string) ([]byte, error) {
	name, err := nameOf(digest)
	if err != nil {
		return nil, err
	}
	data, err := c.read(path.Join(archives, name), MaxArchiveBytes)
	if err != nil || Digest(data) != digest {
		return nil, ErrAbsent
	}
	return data, nil
}

// Digest is the digest of an archive as entries hold it.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func nameOf(digest string) (string, error) {
	name, ok := strings.CutPrefix(digest, "sha256:")
	if raw, err := hex.DecodeString(name); !ok || err != nil || len(raw) != sha256.Size || strings.ToLower(name) != name {
		return "", errName
	}
	return name, nil
}

// read refuses whatever is not a regular file of the folder, and more than limit bytes.
func (c *Cache) read(name string, limit int64) ([]byte, error) {
	if c.asked != nil {
		c.asked[name] = true
	}
	info, err := c.root.Lstat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fs.ErrInvalid
	}
	file, err := c.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}
