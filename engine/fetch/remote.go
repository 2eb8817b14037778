package fetch

import (
	"bytes"
	"net/url"
	"regexp"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/gitrepo"
)

// file gets one file that a kustomization names by its address.
func (s *session) file(want Want, result Result) Result {
	entry, err := s.fileOf(want)
	if err != nil {
		result.Failures = append(result.Failures, s.failure(want.URL, err))
		return result
	}
	result.Fetched = append(result.Fetched, File{URL: want.URL, Digest: entry.Digest, FetchedAt: entry.FetchedAt})
	return result
}

func (s *session) fileOf(want Want) (chartcache.Entry, error) {
	address, err := url.Parse(want.URL)
	if err != nil || address.Host == "" || address.User != nil {
		return chartcache.Entry{}, fail(refused, "%s is not the address of a file.", shown(want.URL))
	}
	data, err := s.get(getting{
		origin: want.URL, address: want.URL, limit: s.limits.MaxFileBytes,
		progress: s.progressOf(want.ID, "file"),
	})
	if err != nil {
		return chartcache.Entry{}, err
	}
	if looksLikePage(data) {
		return chartcache.Entry{}, fail(refused, "%s gives a web page, not a file of objects.", shown(want.URL))
	}
	digest, err := s.cache.Store(data)
	if err != nil {
		return chartcache.Entry{}, fail(refused, "The cache cannot be written.")
	}
	if _, err := s.cache.Unpacked(digest, []chartcache.File{{Name: chartcache.FileName(want.URL), Data: data}}); err != nil {
		return chartcache.Entry{}, fail(refused, "The cache cannot be written.")
	}
	entry := chartcache.Entry{
		Reference: chartcache.FileReference(want.URL), Digest: digest, FetchedAt: time.Now().UTC(),
	}
	if err := s.cache.Record(entry); err != nil {
		return chartcache.Entry{}, fail(refused, "The cache cannot be written.")
	}
	return entry, nil
}

// looksLikePage knows what servers send in place of a file that asks for a login or is not there.
func looksLikePage(data []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 512)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// highest is the tag with the highest version in a range; "" where none is in it.
func highest(wanted string, tags []string) string {
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return ""
	}
	var found *semver.Version
	for _, tag := range tags {
		version, err := semver.NewVersion(tag)
		if err == nil && constraint.Check(version) && (found == nil || version.GreaterThan(found)) {
			found = version
		}
	}
	if found == nil {
		return ""
	}
	return found.Original()
}

var fullCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// commit takes in what git fetched, or tells what the cache knows.
func (s *session) commit(want GitWant, result Result) Result {
	if want.Tags != nil {
		if result.Tag = highest(want.Ref, want.Tags); result.Tag == "" {
			result.Failures = append(result.Failures, fail(versionNotFound, "%s has no tag that matches %s.", shown(want.URL), want.Ref))
		}
		return result
	}
	entry, err := s.adopted(want)
	if want.Pending != "" {
		s.cache.Discard(want.Pending)
	}
	if err != nil {
		result.Failures = append(result.Failures, failureOf(shown(want.URL), err))
		return result
	}
	repository := Repository{URL: want.URL, Ref: want.Ref, Commit: entry.Commit, FetchedAt: entry.FetchedAt}
	if want.Submodules {
		if repository.Submodules, err = s.submodules(want.URL, entry.Commit); err != nil {
			result.Failures = append(result.Failures, failureOf(shown(want.URL), err))
			return result
		}
	}
	result.Repositories = append(result.Repositories, repository)
	return result
}

// submodules are those of a commit that the cache has.
func (s *session) submodules(url, id string) ([]Submodule, error) {
	unreadable := fail(refused, "The .gitmodules of %s cannot be read.", shown(url))
	folder, err := s.cache.Repository(url, id)
	if err != nil {
		return nil, unreadable
	}
	repo, err := gitrepo.OpenBare(folder)
	if err != nil {
		return nil, unreadable
	}
	defer repo.Close()
	commit, err := repo.Resolve(id)
	if err != nil {
		return nil, unreadable
	}
	known, err := repo.Submodules(commit, url)
	if err != nil {
		return nil, unreadable
	}
	all := make([]Submodule, 0, len(known))
	for _, one := range known {
		all = append(all, Submodule{Path: one.Path, URL: one.URL, Commit: one.Commit})
	}
	return all, nil
}

func (s *session) adopted(want GitWant) (chartcache.Entry, error) {
	reference := chartcache.GitReference(want.URL, want.Ref)
	if want.Commit == "" {
		entry, err := s.cache.Lookup(reference)
		if err == nil {
			_, err = s.cache.Repository(want.URL, entry.Commit)
		}
		if err != nil {
			return entry, fail(notFound, "%s was never fetched.", shown(want.URL))
		}
		return entry, nil
	}
	if !fullCommit.MatchString(want.Commit) {
		return chartcache.Entry{}, fail(refused, "%s answers with no commit.", shown(want.URL))
	}
	if err := s.place(want); err != nil {
		return chartcache.Entry{}, err
	}
	entry := chartcache.Entry{Reference: reference, Commit: want.Commit, FetchedAt: time.Now().UTC()}
	if err := s.cache.Record(entry); err != nil {
		return entry, fail(refused, "The cache cannot be written.")
	}
	return entry, nil
}

// place makes sure that the cache has a commit.
func (s *session) place(want GitWant) error {
	if _, err := s.cache.Repository(want.URL, want.Commit); err == nil {
		s.cache.TouchRepository(want.URL, want.Commit)
		return nil
	}
	if want.Pending == "" {
		return fail(notFound, "%s was never fetched.", shown(want.URL))
	}
	folder, err := s.cache.Pending(want.Pending)
	if err != nil {
		return fail(refused, "What git fetched is gone.")
	}
	if s.cache.PendingBytes(want.Pending) > s.limits.MaxRepositoryBytes {
		return fail(tooLarge, "%s at %s is larger than %d MB.", shown(want.URL), want.Ref, s.limits.MaxRepositoryBytes>>20)
	}
	if !hasCommit(folder, want.Commit) {
		return fail(refused, "%s gave an answer that cannot be used.", shown(want.URL))
	}
	if err := s.cache.Adopt(want.Pending, want.URL, want.Commit); err != nil {
		return fail(refused, "The cache cannot be written.")
	}
	return nil
}

// hasCommit reads it as renders will.
func hasCommit(folder, commit string) bool {
	repo, err := gitrepo.OpenBare(folder)
	if err != nil {
		return false
	}
	defer repo.Close()
	found, err := repo.Resolve(commit)
	if err != nil {
		return false
	}
	_, err = repo.Tree(found).List("")
	return err == nil
}
