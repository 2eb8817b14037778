package fetch

import (
	"encoding/json"
	"sort"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"

	"github.com/plumbline/plumbline/engine/chartcache"
)

// dependencies gets what `helm dependency build` would put into charts/: the versions of the lock
// where it belongs to Chart.yaml, else the newest in each range. Local ones are nothing to fetch.
func (s *session) dependencies(want Want, result Result) Result {
	parent, err := declared(want.Files)
	if err != nil {
		result.Failures = append(result.Failures, failureOf("Chart.yaml", err))
		return result
	}
	wanted, inSync := s.versions(parent)
	result.LockOutOfSync = parent.Lock != nil && !inSync
	entry := chartcache.Entry{
		Reference: chartcache.DependenciesOf(parent.Metadata, parent.Lock), FetchedAt: time.Now().UTC(),
	}
	for _, dependency := range wanted {
		if isLocal(dependency.Repository) {
			continue
		}
		got, err := s.chart(Want{
			ID: want.ID, Repository: dependency.Repository, Name: dependency.Name, Version: dependency.Version,
			Insecure: want.Insecure, MaxAgeMs: want.MaxAgeMs,
		})
		if err != nil {
			failure := *s.failure(dependency.Repository, err)
			failure.Name = dependency.Name
			result.Failures = append(result.Failures, &failure)
			continue
		}
		result.Charts = append(result.Charts, got)
		entry.Charts = append(entry.Charts, chartcache.Dependency{
			Name: got.Name, Repository: got.Repository, Resolved: got.Version, Digest: got.Digest,
		})
	}
	if len(result.Failures) == 0 {
		if err := s.cache.Record(entry); err != nil {
			result.Failures = append(result.Failures, fail(refused, "The cache cannot be written."))
		}
	}
	return result
}

func isLocal(repository string) bool {
	return repository == "" || strings.HasPrefix(repository, "file://")
}

// declared reads the dependencies as Helm does, those of requirements.yaml among them.
func declared(files map[string]string) (*chart.Chart, error) {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	buffered := []*archive.BufferedFile{}
	for _, name := range names {
		switch name {
		case "Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock":
			buffered = append(buffered, &archive.BufferedFile{Name: name, Data: []byte(files[name])})
		}
	}
	parent, err := loader.LoadFiles(buffered)
	if err != nil {
		return nil, fail(refused, "Chart.yaml or its lock cannot be read: %s.", err)
	}
	return parent, nil
}

// versions gives the dependencies to fetch, and whether they are those of the lock.
func (s *session) versions(parent *chart.Chart) ([]*chart.Dependency, bool) {
	if parent.Lock == nil || !s.inSync(parent) {
		return parent.Metadata.Dependencies, false
	}
	return parent.Lock.Dependencies, true
}

// inSync compares the digest in the lock with that of what it was made of: the dependencies, with the
// user's own names for repositories replaced, and what was locked. Locks of Helm 2 hold another one.
func (s *session) inSync(parent *chart.Chart) bool {
	lock := parent.Lock
	resolved := make([]*chart.Dependency, 0, len(parent.Metadata.Dependencies))
	for _, dependency := range parent.Metadata.Dependencies {
		copied := *dependency
		if strings.HasPrefix(copied.Repository, "@") || strings.HasPrefix(copied.Repository, "alias:") {
			if _, entry, err := s.user.repository(copied.Repository); err == nil {
				copied.Repository = entry.URL
			}
		}
		resolved = append(resolved, &copied)
	}
	if lock.Digest == jsonDigest([2][]*chart.Dependency{resolved, lock.Dependencies}) {
		return true
	}
	return parent.Metadata.APIVersion == chart.APIVersionV1 &&
		lock.Digest == jsonDigest(map[string][]*chart.Dependency{"dependencies": parent.Metadata.Dependencies})
}

func jsonDigest(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return chartcache.Digest(text)
}
