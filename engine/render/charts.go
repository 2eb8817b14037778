package render

import (
	"bytes"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/template/parse"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// keptCharts bounds what the loaded charts of a process take, by the weight below.
const keptCharts = 48 << 20

// charts are loaded once for all apps, folders and revisions that have the same files. The key only
// finds them: every file is compared.
var (
	charts    = newBounded[uint64, *sharedChart](keptCharts)
	chartSeed = maphash.MakeSeed()
)

// sharedChart is a chart as Helm's loader makes it. Nobody changes it: Helm, which merges values and
// takes dependencies away in place, is given copies.
type sharedChart struct {
	files []*archive.BufferedFile
	chart *chart.Chart
	// paths are those of the files below the folder of the chart, by the addresses of their data, which
	// copies share. A file of an archive has the path of the archive.
	paths     map[*byte]string
	templates map[*byte]*sharedTemplate
}

// loadShared loads the files of a chart, unless they were loaded before. paths are kept with it.
func loadShared(files []*archive.BufferedFile, paths map[*byte]string, check func() error) (*sharedChart, error) {
	key := chartKey(files)
	if known, ok := charts.get(key); ok && known.isOf(files) {
		return known, nil
	}
	if err := check(); err != nil {
		return nil, err
	}
	loaded, err := loader.LoadFiles(files)
	if err != nil {
		return nil, err
	}
	sortDependencies(loaded)
	shared := &sharedChart{files: files, chart: loaded, paths: paths, templates: map[*byte]*sharedTemplate{}}
	shared.addTemplates(loaded)
	charts.put(key, shared, weightOf(files))
	return shared, nil
}

func chartKey(files []*archive.BufferedFile) uint64 {
	var sum maphash.Hash
	sum.SetSeed(chartSeed)
	for _, file := range files {
		maphash.WriteComparable(&sum, len(file.Name))
		_, _ = sum.WriteString(file.Name)
		maphash.WriteComparable(&sum, len(file.Data))
		_, _ = sum.Write(file.Data)
	}
	return sum.Sum64()
}

func (c *sharedChart) isOf(files []*archive.BufferedFile) bool {
	return slices.EqualFunc(c.files, files, func(a, b *archive.BufferedFile) bool {
		return a.Name == b.Name && bytes.Equal(a.Data, b.Data)
	})
}

// parsedWeight is about what a parsed byte of a template or of values takes.
const parsedWeight = 16

// weightOf is about what a loaded chart takes. Custom resource definitions are only text in it.
func weightOf(files []*archive.BufferedFile) int {
	weight := 16 << 10
	for _, file := range files {
		weight += len(file.Data) + 512
		if _, inside := ofChart(file.Name); isPart(file.Name) && !strings.HasPrefix(inside, "crds/") {
			weight += parsedWeight * len(file.Data)
		}
	}
	return weight
}

func (c *sharedChart) addTemplates(of *chart.Chart) {
	for _, file := range of.Templates {
		if len(file.Data) > 0 {
			c.templates[&file.Data[0]] = newSharedTemplate(file)
		}
	}
	for _, dependency := range of.Dependencies() {
		c.addTemplates(dependency)
	}
}

// copiedChart shares the files, which nothing changes.
func copiedChart(c *chart.Chart) *chart.Chart {
	copy := *c
	metadata := *c.Metadata
	metadata.Dependencies = make([]*chart.Dependency, len(c.Metadata.Dependencies))
	for i, dependency := range c.Metadata.Dependencies {
		entry := *dependency
		metadata.Dependencies[i] = &entry
	}
	if c.Metadata.Dependencies == nil {
		metadata.Dependencies = nil
	}
	metadata.Annotations = maps.Clone(c.Metadata.Annotations)
	copy.Metadata = &metadata
	if c.Values != nil {
		copy.Values, _ = copied(c.Values).(map[string]any)
	}
	dependencies := make([]*chart.Chart, len(c.Dependencies()))
	for i, dependency := range c.Dependencies() {
		dependencies[i] = copiedChart(dependency)
	}
	copy.SetDependencies(dependencies...)
	return &copy
}

// sharedTemplate is what is known of a file of templates beside its text, found out once.
type sharedTemplate struct {
	readsFiles func() bool
	// helm4 is the first function that it calls and Helm 3 does not have.
	helm4 func() string
	mutex sync.Mutex
	// trees are the templates of the file by the name that Helm calls the file, which errors tell.
	trees map[string][]*parse.Tree
}

// maxNames is how many names of one file are parsed once: a library has another below each chart.
const maxNames = 4

func newSharedTemplate(file *common.File) *sharedTemplate {
	return &sharedTemplate{
		readsFiles: sync.OnceValue(func() bool { return templateReadsFiles(string(file.Data)) }),
		helm4:      sync.OnceValue(func() string { return firstHelm4(string(file.Data)) }),
		trees:      map[string][]*parse.Tree{},
	}
}

// parsed gives the templates of a file as text/template parses them under a name. The functions that
// may be called are the same in all renders.
func (s *sharedTemplate) parsed(name string, parse func() ([]*parse.Tree, error)) ([]*parse.Tree, error) {
	s.mutex.Lock()
	known, ok := s.trees[name]
	s.mutex.Unlock()
	if ok {
		return known, nil
	}
	trees, err := parse()
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.trees) < maxNames {
		s.trees[name] = trees
	}
	return trees, nil
}
