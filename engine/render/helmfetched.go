package render

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// loadChart reads a chart with its dependencies: those in charts/, and where Chart.yaml names others,
// the local ones at their place and the fetched ones in the cache.
func (r *run) loadChart(folder string) (*loadedChart, error) {
	loaded, err := r.loadFolder(folder)
	if err != nil {
		return nil, err
	}
	fetched := r.fetched(loaded.chart)
	for _, dependency := range loaded.lacking() {
		sub, err := r.dependency(folder, dependency, fetched)
		if err != nil {
			return nil, err
		}
		if sub != nil {
			loaded.attach(sub)
		}
	}
	sortDependencies(loaded.chart)
	return loaded, nil
}

// lacking are the dependencies that are not in charts/, each chart once.
func (c *loadedChart) lacking() []*chart.Dependency {
	present := map[string]bool{}
	for _, dependency := range c.chart.Dependencies() {
		present[dependency.Name()] = true
	}
	lacking := []*chart.Dependency{}
	for _, dependency := range c.chart.Metadata.Dependencies {
		if !present[dependency.Name] {
			lacking = append(lacking, dependency)
		}
	}
	return lacking
}

// attach takes a chart in as Helm does with those in charts/. Several versions of one chart all come,
// and each dependency picks the one in its range.
func (c *loadedChart) attach(sub *loadedChart) {
	for _, present := range c.chart.Dependencies() {
		if present.Name() == sub.chart.Name() && present.Metadata.Version == sub.chart.Metadata.Version {
			return
		}
	}
	c.chart.AddDependency(sub.chart)
	c.parts = append(c.parts, sub.parts...)
}

// fetched gives what the cache has of a chart's dependencies. It was recorded for exactly this list
// and lock.
func (r *run) fetched(c *chart.Chart) []chartcache.Dependency {
	if r.charts == nil || len(c.Metadata.Dependencies) == 0 {
		return nil
	}
	entry, err := r.charts.Lookup(chartcache.DependenciesOf(c.Metadata, c.Lock))
	if err != nil {
		return nil
	}
	r.lookups = append(r.lookups, model.UsedChart{
		Name: c.Metadata.Name, FetchedAt: entry.FetchedAt.Format(timeFormat), Dependency: true,
	})
	return entry.Charts
}

const timeFormat = "2006-01-02T15:04:05.000Z07:00"

func (r *run) dependency(folder string, dependency *chart.Dependency, fetched []chartcache.Dependency) (*loadedChart, error) {
	if place, ok := strings.CutPrefix(dependency.Repository, "file://"); ok {
		return r.localDependency(folder, place, dependency)
	}
	for _, known := range fetched {
		if known.Name == dependency.Name && inRange(known.Resolved, dependency.Version) {
			return r.archived(known.Digest)
		}
	}
	return nil, nil
}

func inRange(version, wanted string) bool {
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return false
	}
	parsed, err := semver.NewVersion(version)
	return err == nil && constraint.Check(parsed)
}

// localDependency reads a chart beside this one, as `helm dependency build` packs it: as it is, with
// only what is in its own charts/. One that is not there, or not in the range, stays lacking.
func (r *run) localDependency(folder, place string, dependency *chart.Dependency) (*loadedChart, error) {
	name, err := files.Clean(path.Join(folder, place))
	if err != nil || strings.HasPrefix(place, "/") {
		return nil, nil
	}
	if info, err := r.layer.Stat(name); err != nil || info.Kind != files.Dir {
		return nil, nil
	}
	sub, err := r.loadFolder(name)
	if err != nil || !inRange(sub.chart.Metadata.Version, dependency.Version) {
		return nil, err
	}
	return sub, nil
}

// archived reads a chart of the cache; nothing where the cache lost it.
func (r *run) archived(digest string) (*loadedChart, error) {
	unpacked, err := r.unpacked(digest)
	if err != nil {
		return nil, nil
	}
	folder := mountOf(digest)
	chart := &collected{paths: map[*byte]string{}}
	for _, file := range unpacked {
		if err := chart.add(file.Name, file.Name, file.Data); err != nil {
			return nil, r.fail(file.Name, "helm-archive", fmt.Sprintf("%s is not a chart archive: %s.", file.Name, err))
		}
	}
	loaded, err := chart.loaded(folder, r.layer.Aside(), func() error { return nil })
	if err != nil {
		return nil, r.chartProblem(folder, err)
	}
	return loaded, nil
}

func (r *run) unpacked(digest string) ([]*archive.BufferedFile, error) {
	data, err := r.charts.Archive(digest)
	if err != nil {
		return nil, err
	}
	unpacked, err := unpack(data)
	if err != nil || len(r.over) == 0 {
		return unpacked, err
	}
	return laidOver(unpacked, mountOf(digest), r.over), nil
}

func mountOf(digest string) string {
	return files.Join(files.Mounts, strings.TrimPrefix(digest, "sha256:"))
}

func laidOver(unpacked []*archive.BufferedFile, folder string, over map[string]string) []*archive.BufferedFile {
	laid := slices.Clone(unpacked)
	for i, file := range laid {
		if text, ok := over[files.Join(folder, file.Name)]; ok {
			laid[i] = &archive.BufferedFile{Name: file.Name, Data: []byte(text), ModTime: file.ModTime}
		}
	}
	return laid
}

// FetchedFiles gives the texts of charts of the cache by their paths below files.Mounts.
func FetchedFiles(cache *chartcache.Cache, digests []string) map[string]string {
	texts := map[string]string{}
	if cache == nil {
		return texts
	}
	r := &run{charts: cache}
	for _, digest := range digests {
		unpacked, err := r.unpacked(digest)
		if err != nil {
			// What the cache lost meanwhile is no place.
			continue
		}
		for _, file := range unpacked {
			texts[files.Join(mountOf(digest), file.Name)] = string(file.Data)
		}
	}
	return texts
}

// cachedChart mounts the chart that a reference names and gives its folder.
func (r *run) cachedChart(wanted model.ChartReference) (string, bool) {
	if r.charts == nil {
		return "", false
	}
	entry := chartcache.Entry{Digest: wanted.Digest, Resolved: wanted.Version}
	if wanted.Digest == "" {
		found, err := r.charts.Lookup(chartcache.Reference{
			Kind: chartcache.KindChart, Repository: wanted.Repository, Name: wanted.Name, Version: wanted.Version,
		})
		if err != nil {
			return "", false
		}
		entry = found
	}
	unpacked, err := r.unpacked(entry.Digest)
	if err != nil {
		return "", false
	}
	texts := make(map[string]string, len(unpacked))
	for _, file := range unpacked {
		texts[file.Name] = string(file.Data)
	}
	used := model.UsedChart{
		Name: wanted.Name, Repository: wanted.Repository, Version: entry.Resolved, Digest: entry.Digest,
	}
	if !entry.FetchedAt.IsZero() {
		used.FetchedAt = entry.FetchedAt.Format(timeFormat)
	}
	r.lookups = append(r.lookups, used)
	return r.layer.Mount(strings.TrimPrefix(entry.Digest, "sha256:"), texts), true
}

// helmFromCache renders a chart that no folder of the repository holds.
func (r *run) helmFromCache(source model.Source) ([]model.RenderedObject, error) {
	folder, ok := r.cachedChart(*source.Chart)
	if !ok {
		folder, ok = r.releasedChart(*source.Chart)
	}
	if ok {
		source.ValueFiles = inChart(folder, source.ValueFiles)
		return r.helm(folder, source)
	}
	reference := strings.Join(strings.Fields(source.Chart.Name+" "+source.Chart.Version+" "+source.Chart.Repository), " ")
	r.missing = append(r.missing, model.Missing{Kind: "chart", Reference: reference, Path: source.Path, Chart: *source.Chart})
	r.problems = append(r.problems, documents.Failure(source.Path, "chart-not-fetched",
		fmt.Sprintf("The chart %s has not been fetched.", reference)))
	return nil, errFailed
}

func isMounted(folder string) bool { return strings.HasPrefix(folder, files.Mounts+"/") }
