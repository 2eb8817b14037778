package render

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/ignore"

	"github.com/plumbline/plumbline/engine/files"
)

// maxChartBytes is Helm's own limit for a chart with everything in it.
const maxChartBytes = 100 << 20

// loadedChart is a chart and where the data of its files came from. The data of a file keeps its
// address in the chart that Helm makes of it, also when a dependency is renamed by an alias.
type loadedChart struct {
	chart *chart.Chart
	parts []chartPart
	// aside recorded the files that count only for templates that read .Files.
	aside *files.Layer
}

// chartPart is a folder whose files are in a chart: its own, or that of a dependency elsewhere.
type chartPart struct {
	folder string
	shared *sharedChart
}

func (c *loadedChart) pathOf(file *common.File) string {
	if file == nil || len(file.Data) == 0 {
		return ""
	}
	for _, part := range c.parts {
		if name, ok := part.shared.paths[&file.Data[0]]; ok {
			return files.Join(part.folder, name)
		}
	}
	return ""
}

// template gives what is known of a file of templates.
func (c *loadedChart) template(file *common.File) *sharedTemplate {
	if len(file.Data) > 0 {
		for _, part := range c.parts {
			if known, ok := part.shared.templates[&file.Data[0]]; ok {
				return known
			}
		}
	}
	return newSharedTemplate(file)
}

// collected are the files of a chart before it is loaded.
type collected struct {
	files []*archive.BufferedFile
	paths map[*byte]string
}

// loaded is the chart of a folder, or the error of Helm's loader.
func (c *collected) loaded(folder string, aside *files.Layer, check func() error) (*loadedChart, error) {
	shared, err := loadShared(c.files, c.paths, check)
	if err != nil {
		return nil, err
	}
	return &loadedChart{
		chart: copiedChart(shared.chart), parts: []chartPart{{folder, shared}}, aside: aside,
	}, nil
}

// loadFolder reads the folder of a chart as Helm's directory loader does: .helmignore, no byte order
// marks, links followed, regular files only, within the size limit.
func (r *run) loadFolder(folder string) (*loadedChart, error) {
	if info, err := r.layer.Stat(folder); err != nil || info.Kind != files.Dir {
		return nil, r.fail(folder, "not-found", fmt.Sprintf("The folder %s does not exist.", orRoot(folder)))
	}
	rules, err := r.helmIgnore(folder)
	if err != nil {
		return nil, err
	}
	aside := r.layer.Aside()
	chart := &collected{paths: map[*byte]string{}}
	r.askForParts(folder)
	budget := int64(maxChartBytes)
	skip := func(info files.Info, name string) bool {
		if rules.Ignore(below(folder, name), fileInfo{info}) {
			return true
		}
		r.askForFolder(folder, name)
		return false
	}
	err = aside.WalkLinked(folder, skip, func(name string, info files.Info) error {
		inChart := below(folder, name)
		if rules.Ignore(inChart, fileInfo{info}) {
			return nil
		}
		layer := aside
		if isPart(inChart) || info.Kind != files.File {
			layer = r.layer
		}
		data, err := r.chartFile(layer, name, info, budget)
		if err != nil {
			r.layer.Adopt(aside)
			return err
		}
		budget -= int64(len(data))
		if err := chart.add(inChart, inChart, data); err != nil {
			return r.fail(name, "helm-archive", fmt.Sprintf("%s is not a chart archive: %s.", path.Base(name), err))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	loaded, err := chart.loaded(folder, aside, func() error { return r.checkAliases(folder, chart) })
	if err != nil && !errors.Is(err, errFailed) {
		err = r.chartProblem(folder, err)
	}
	return loaded, err
}

func below(folder, name string) string {
	if folder == "" {
		return name
	}
	return strings.TrimPrefix(name, folder+"/")
}

func (r *run) helmIgnore(folder string) (*ignore.Rules, error) {
	rules := ignore.Empty()
	if isMounted(folder) {
		// Helm ignores nothing of an archive.
		return rules, nil
	}
	name := files.Join(folder, ignore.HelmIgnore)
	if text, err := r.layer.Read(name); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(text)); err != nil {
			return nil, r.fail(name, "helmignore", fmt.Sprintf("The ignore file cannot be parsed: %s.", err))
		}
	}
	rules.AddDefaults()
	return rules, nil
}

func (r *run) chartFile(layer *files.Layer, name string, info files.Info, budget int64) ([]byte, error) {
	if info.Kind != files.File {
		cause := "It is not a regular file, which no chart may hold."
		if info.Kind == files.Link {
			_, err := layer.Stat(name)
			cause = "The link " + readFailure(name, err)
		}
		return nil, r.fail(name, "symlink", cause)
	}
	data, err := layer.ReadLimited(name, budget)
	if errors.Is(err, files.ErrTooLarge) {
		return nil, r.fail(name, "too-large", "The chart is larger than 100 MB.")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, r.fail(name, "not-found", fmt.Sprintf("%s went away while it was read.", name))
	}
	if err != nil {
		return nil, r.fail(name, "unreadable", readFailure(name, err))
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), nil
}

// add takes a file in, the content of archived dependencies instead of the archive itself, which
// Helm would otherwise unpack at each render. The path is below the folder of the chart.
func (c *collected) add(inChart, source string, data []byte) error {
	if path.Dir(inChart) != "charts" && !strings.HasSuffix(path.Dir(inChart), "/charts") ||
		path.Ext(inChart) != ".tgz" || strings.IndexAny(path.Base(inChart), "_.") == 0 {
		if len(data) > 0 {
			c.paths[&data[0]] = source
		}
		c.files = append(c.files, &archive.BufferedFile{Name: inChart, Data: data, ModTime: time.Unix(0, 0)})
		return nil
	}
	unpacked, err := unpack(data)
	if err != nil {
		return err
	}
	for _, file := range unpacked {
		if err := c.add(inChart+".d/"+file.Name, source, file.Data); err != nil {
			return err
		}
	}
	return nil
}

// sortDependencies undoes the random order that Helm's loader gives to dependencies.
func sortDependencies(c *chart.Chart) {
	dependencies := append([]*chart.Chart{}, c.Dependencies()...)
	sort.SliceStable(dependencies, func(i, j int) bool {
		return dependencies[i].Name() < dependencies[j].Name()
	})
	c.SetDependencies(dependencies...)
	for _, dependency := range dependencies {
		sortDependencies(dependency)
	}
}

// archives keeps unpacked dependencies by the digest of their archive.
var archives = newBounded[[sha256.Size]byte, []*archive.BufferedFile](64 << 20)

func unpack(data []byte) ([]*archive.BufferedFile, error) {
	key := sha256.Sum256(data)
	if known, ok := archives.get(key); ok {
		return known, nil
	}
	unpacked, err := archive.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	size := 0
	for _, file := range unpacked {
		size += len(file.Data)
	}
	archives.put(key, unpacked, size)
	return unpacked, nil
}
