package fetch

import (
	"time"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/registry"

	"github.com/plumbline/plumbline/engine/chartcache"
)

// found is a chart as a server gave it.
type found struct {
	name, version  string
	archive        []byte
	manifestDigest string
}

func (s *session) chart(want Want) (Chart, error) {
	reference := chartcache.Reference{
		Kind: chartcache.KindChart, Repository: want.Repository, Name: want.Name, Version: want.Version,
	}
	if chart, ok := s.done[reference]; ok {
		return chart, nil
	}
	chart, err := s.obtain(reference, want)
	if err == nil {
		s.done[reference] = chart
	}
	return chart, err
}

func (s *session) obtain(reference chartcache.Reference, want Want) (Chart, error) {
	entry, err := s.cache.Lookup(reference)
	known := err == nil
	if known && (isExact(want.Version) || time.Since(entry.FetchedAt) < time.Duration(want.MaxAgeMs)*time.Millisecond) {
		if chart, err := s.fromCache(entry); err == nil {
			return chart, nil
		}
	}
	got, err := s.download(want)
	if err != nil {
		if failure := s.failure(want.Repository, err); known && mayUseOlder(failure) {
			if chart, lacking := s.fromCache(entry); lacking == nil {
				chart.Stale = true
				return chart, nil
			}
		}
		return Chart{}, err
	}
	return s.keep(reference, got)
}

// isExact says whether a version can mean only one chart.
func isExact(version string) bool {
	if isDigest(version) {
		return true
	}
	_, err := semver.StrictNewVersion(version)
	return err == nil
}

// mayUseOlder holds where nobody said that the chart is not there any more.
func mayUseOlder(failure *Failure) bool { return failure.Kind == offline || failure.Kind == timedOut }

func (s *session) download(want Want) (found, error) {
	address, entry, err := s.user.repository(want.Repository)
	if err != nil {
		return found{}, err
	}
	if registry.IsOCI(address) {
		return s.pull(address, want)
	}
	return s.fromRepository(address, entry, want)
}

func (s *session) fromCache(entry chartcache.Entry) (Chart, error) {
	data, err := s.cache.Archive(entry.Digest)
	if err != nil {
		return Chart{}, err
	}
	files, err := s.unpack(data)
	if err != nil {
		return Chart{}, err
	}
	folder, err := s.cache.Unpacked(entry.Digest, files)
	if err != nil {
		return Chart{}, err
	}
	s.cache.Touch(entry.Digest)
	chart := chartOf(entry, folder)
	chart.FromCache = true
	return chart, nil
}

// keep takes a chart into the cache once it is known to be harmless.
func (s *session) keep(reference chartcache.Reference, got found) (Chart, error) {
	files, err := s.unpack(got.archive)
	if err != nil {
		return Chart{}, err
	}
	metadata, err := metadataOf(files)
	if err != nil {
		return Chart{}, err
	}
	if got.version == "" || isDigest(got.version) {
		got.version = metadata.Version
	}
	digest, err := s.cache.Store(got.archive)
	if err != nil {
		return Chart{}, fail(refused, "The cache cannot be written.")
	}
	folder, err := s.cache.Unpacked(digest, files)
	if err != nil {
		return Chart{}, fail(refused, "The chart cannot be unpacked: two of its files have names that this system does not tell apart or allow.")
	}
	entry := chartcache.Entry{
		Reference: reference, Resolved: got.version, Digest: digest,
		ManifestDigest: got.manifestDigest, FetchedAt: time.Now().UTC(),
	}
	if err := s.cache.Record(entry); err != nil {
		return Chart{}, fail(refused, "The cache cannot be written.")
	}
	return chartOf(entry, folder), nil
}

func chartOf(entry chartcache.Entry, folder string) Chart {
	return Chart{
		Name: entry.Name, Repository: entry.Repository, Version: entry.Resolved, Digest: entry.Digest,
		ManifestDigest: entry.ManifestDigest, Folder: folder, FetchedAt: entry.FetchedAt,
	}
}
