// Package fetch gets charts and their dependencies from chart repositories and OCI registries with
// the user's own logins, and single files from HTTP servers, into the cache. It is the only part of the
// engine that has a network. What git fetched it only takes in.
package fetch

import (
	"context"
	"time"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/files"
)

// Request is the one message on standard input. Closing standard input cancels.
type Request struct {
	// CacheRoot is the absolute folder of the cache.
	CacheRoot string `json:"cacheRoot"`
	Wanted    []Want `json:"wanted"`
	Limits    Limits `json:"limits"`
	// Trim, where given, is done at the end.
	Trim *Trim `json:"trim,omitempty"`
}

// Want is a chart (Repository, Name, Version), with Files the dependencies of a chart, with URL a file,
// or with Git a commit of a Git repository.
type Want struct {
	ID string `json:"id"`
	// Repository is an address (https, http, oci), or `@name` and `alias:name` of the user's own.
	Repository string `json:"repository,omitempty"`
	// Name is empty where Repository is the whole reference of an OCI chart.
	Name string `json:"name,omitempty"`
	// Version is a version, a range, a digest of an OCI manifest, or empty for the newest.
	Version string `json:"version,omitempty"`
	// Files holds Chart.yaml and its lock, and those of apiVersion v1.
	Files map[string]string `json:"files,omitempty"`
	// URL is the address (https, http) of one file.
	URL string   `json:"url,omitempty"`
	Git *GitWant `json:"git,omitempty"`
	// Insecure allows plain HTTP to a registry.
	Insecure bool `json:"insecure,omitempty"`
	// MaxAgeMs lets a range keep the version that it had this long ago; 0 asks anew.
	MaxAgeMs int64 `json:"maxAgeMs,omitempty"`
}

// GitWant is a ref of a repository. With Tags the answer is the highest of them in the range that Ref
// is, as Argo CD and Flux choose it. Without a Commit the answer is what the ref meant last; with one,
// the ref means it from now on, where the cache has it or Pending is the name of a bare repository,
// among what is pending, that has it.
type GitWant struct {
	URL     string   `json:"url"`
	Ref     string   `json:"ref"`
	Commit  string   `json:"commit,omitempty"`
	Pending string   `json:"pending,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	// Submodules asks for those of the commit, not for theirs.
	Submodules bool `json:"submodules,omitempty"`
}

// Submodule is a repository at a folder of a commit, which `.gitmodules` there gives an address.
type Submodule struct {
	Path   string `json:"path"`
	URL    string `json:"url"`
	Commit string `json:"commit"`
}

// Trim names what stays in any case: digests of archives, and commits of repositories.
type Trim struct {
	MaxBytes     int64     `json:"maxBytes"`
	Keep         []string  `json:"keep,omitempty"`
	Repositories []GitWant `json:"repositories,omitempty"`
}

// Limits that are 0 are the usual ones.
type Limits struct {
	TimeLimitMs      int64 `json:"timeLimitMs,omitempty"`
	IdleLimitMs      int64 `json:"idleLimitMs,omitempty"`
	MaxIndexBytes    int64 `json:"maxIndexBytes,omitempty"`
	MaxArchiveBytes  int64 `json:"maxArchiveBytes,omitempty"`
	MaxUnpackedBytes int64 `json:"maxUnpackedBytes,omitempty"`
	MaxFiles         int   `json:"maxFiles,omitempty"`
	// MaxFileBytes is of one file of an HTTP server, MaxRepositoryBytes of one fetched commit.
	MaxFileBytes       int64 `json:"maxFileBytes,omitempty"`
	MaxRepositoryBytes int64 `json:"maxRepositoryBytes,omitempty"`
}

const maxTimeLimit = 15 * time.Minute

func (l Limits) withDefaults() Limits {
	l.TimeLimitMs = within(l.TimeLimitMs, 120_000, maxTimeLimit.Milliseconds())
	l.IdleLimitMs = within(l.IdleLimitMs, 15_000, l.TimeLimitMs)
	l.MaxIndexBytes = within(l.MaxIndexBytes, 48<<20, 256<<20)
	l.MaxArchiveBytes = within(l.MaxArchiveBytes, chartcache.MaxArchiveBytes, chartcache.MaxArchiveBytes)
	// Helm loads no chart that is larger.
	l.MaxUnpackedBytes = within(l.MaxUnpackedBytes, 100<<20, 100<<20)
	l.MaxFiles = int(within(int64(l.MaxFiles), 10_000, 100_000))
	// A render reads no file that is larger.
	l.MaxFileBytes = within(l.MaxFileBytes, files.DefaultLimit, files.DefaultLimit)
	l.MaxRepositoryBytes = within(l.MaxRepositoryBytes, 512<<20, 2<<30)
	return l
}

func within(value, usual, most int64) int64 {
	if value <= 0 {
		value = usual
	}
	return min(value, most)
}

func (l Limits) idle() time.Duration { return time.Duration(l.IdleLimitMs) * time.Millisecond }

// Progress is a message on the way.
type Progress struct {
	Event string `json:"event"`
	ID    string `json:"id"`
	// Stage is `index`, `versions` or `chart`.
	Stage string `json:"stage"`
	Bytes int64  `json:"bytes"`
}

// Chart is one chart that is now in the cache.
type Chart struct {
	Name           string    `json:"name"`
	Repository     string    `json:"repository"`
	Version        string    `json:"version"`
	Digest         string    `json:"digest"`
	ManifestDigest string    `json:"manifestDigest,omitempty"`
	Folder         string    `json:"folder"`
	FetchedAt      time.Time `json:"fetchedAt"`
	// FromCache says that no server was asked; Stale, that none answered and this is what it had before.
	FromCache bool `json:"fromCache"`
	Stale     bool `json:"stale,omitempty"`
}

// Repository is one commit that is now in the cache.
type Repository struct {
	URL       string    `json:"url"`
	Ref       string    `json:"ref"`
	Commit    string    `json:"commit"`
	FetchedAt time.Time `json:"fetchedAt"`
	// Submodules are there where they were asked for.
	Submodules []Submodule `json:"submodules,omitempty"`
}

// File is one file that is now in the cache.
type File struct {
	URL       string    `json:"url"`
	Digest    string    `json:"digest"`
	FetchedAt time.Time `json:"fetchedAt"`
}

// Result is the answer to one Want.
type Result struct {
	Event        string       `json:"event"`
	ID           string       `json:"id"`
	Charts       []Chart      `json:"charts"`
	Repositories []Repository `json:"repositories,omitempty"`
	Fetched      []File       `json:"files,omitempty"`
	// Tag is the one that was chosen.
	Tag      string     `json:"tag,omitempty"`
	Failures []*Failure `json:"failures"`
	// LockOutOfSync says that a lock was there and not followed: `helm dependency build` refuses it.
	LockOutOfSync bool `json:"lockOutOfSync,omitempty"`
}

// End is the last message.
type End struct {
	Event   string              `json:"event"`
	Trimmed *chartcache.Trimmed `json:"trimmed,omitempty"`
}

// session is one run: what its requests share.
type session struct {
	ctx    context.Context
	cache  *chartcache.Cache
	limits Limits
	user   *user
	// indexes are those of repositories that were read in this run, by address.
	indexes map[string]indexResult
	// done are the charts of this run, so that each is asked for once.
	done map[chartcache.Reference]Chart
	emit func(message any)
}
