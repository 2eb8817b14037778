package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"

	chart3 "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

// helm renders a chart as `helm template` does: what Helm's install action does around its engine,
// without a cluster.
func (r *run) helm(folder string, source model.Source) ([]model.RenderedObject, error) {
	loaded, err := r.loadChart(folder)
	if err != nil {
		return nil, err
	}
	if source, err = r.withFetchedFiles(source); err != nil {
		return nil, err
	}
	values, err := r.values(source)
	if err != nil {
		return nil, err
	}
	if err := r.chartValues(loaded.chart, folder, source); err != nil {
		return nil, err
	}
	release := &helmRelease{run: r, folder: folder, source: source, loadedChart: loaded}
	return release.objects(values)
}

type helmRelease struct {
	*run
	*loadedChart
	folder string
	source model.Source
	// older is the chart as Helm 3 has it; nil with Helm 4.
	older *chart3.Chart
	// metadata3 are those of Helm 3, by the charts that stand for its own.
	metadata3 map[*chart.Chart]*chart3.Metadata
	// templates gives the file of each template by the name that Helm calls it, parsed what is known of it.
	templates map[string]string
	parsed    map[string]*sharedTemplate
	// lookup answers for the cluster; nil in template mode.
	lookup *lookups
	// assumedVersion is that of the assumed Kubernetes, without the v.
	assumedVersion string
}

func (h *helmRelease) objects(values map[string]any) ([]model.RenderedObject, error) {
	if err := h.checkInstallable(); err != nil {
		return nil, err
	}
	if err := h.checkDependencies(); err != nil {
		return nil, err
	}
	if err := h.processDependencies(values); err != nil {
		return nil, h.fail(h.chartFile("Chart.yaml"), "helm-dependencies", "The dependencies cannot be processed: "+h.relative(err.Error())+".")
	}
	h.templates, h.parsed = map[string]string{}, map[string]*sharedTemplate{}
	h.nameTemplates(h.chart)
	capabilities, given, err := h.capabilitiesFor()
	if err != nil {
		return nil, err
	}
	if err := h.checkKubeVersion(capabilities); err != nil {
		return nil, err
	}
	if h.helm3 {
		if err := h.checkFunctions(h.chart); err != nil {
			return nil, err
		}
	}
	top, err := h.renderValues(values, capabilities)
	if err != nil {
		return nil, h.fail(h.folder, "helm-values", "The values cannot be merged: "+h.relative(err.Error())+".")
	}
	if h.readsFiles(top["Values"]) {
		h.layer.Adopt(h.aside)
	}
	if !h.source.SkipSchemaValidation {
		if err := h.checkSchemas(top["Values"]); err != nil {
			return nil, err
		}
	}
	if !given {
		h.assumedVersion = strings.TrimPrefix(capabilities.KubeVersion.Version, "v")
		top["Capabilities"] = &assumedCapabilities{capabilities: capabilities, run: h.run}
	}
	return h.inCluster(top)
}

func (h *helmRelease) renderValues(values map[string]any, capabilities *common.Capabilities) (common.Values, error) {
	options := common.ReleaseOptions{
		Name: h.source.ReleaseName, Namespace: h.source.Namespace, Revision: h.revision(),
		IsInstall: !h.isUpgrade(), IsUpgrade: h.isUpgrade(),
	}
	if h.helm3 {
		return h.renderValues3(values, options, capabilities)
	}
	return util.ToRenderValuesWithSchemaValidation(h.chart, values, options, capabilities, true)
}

func (h *helmRelease) chartFile(name string) string { return path.Join(h.folder, name) }

// nameTemplates follows the names that Helm gives to templates, aliases included, back to files.
func (h *helmRelease) nameTemplates(c *chart.Chart) {
	for _, template := range c.Templates {
		name := path.Join(c.ChartFullPath(), template.Name)
		h.templates[name], h.parsed[name] = h.pathOf(template), h.template(template)
	}
	for _, dependency := range c.Dependencies() {
		h.nameTemplates(dependency)
	}
}

// render executes the templates once, with one face of the functions that are not deterministic.
func (h *helmRelease) render(top common.Values, functions *generators) ([]model.RenderedObject, error) {
	table := h.functions(functions)
	if h.helm3 {
		table = withoutHelm4(table)
	}
	rendered, err := h.execute(table, top)
	if err != nil {
		return nil, h.templateProblem(err)
	}
	manifests, err := h.parse(rendered)
	if err != nil {
		return nil, err
	}
	sortedHooks, sorted, err := releaseutil.SortManifests(manifests.stubs, nil, h.installOrder())
	if err != nil {
		return nil, err
	}
	objects := []model.RenderedObject{}
	if h.source.IncludeCRDs {
		if objects, err = h.crds(); err != nil {
			return nil, err
		}
	}
	for _, manifest := range sorted {
		objects = append(objects, manifests.take(manifest.Content, model.RoleResource)...)
	}
	for _, hook := range sortedHooks {
		role := model.RoleHook
		if slices.Contains(hook.Events, release.HookTest) {
			role = model.RoleTest
		}
		if h.source.SkipHooks {
			continue
		}
		if role == model.RoleHook || !h.source.SkipTests {
			objects = append(objects, manifests.take(hook.Manifest, role)...)
		}
	}
	return h.postRendered(objects)
}

// manifests are rendered documents. Helm sorts stubs in their place, which hold only what it sorts
// by, because it would parse each document whole. One stub stands for all of a kind that are no hooks:
// among these Helm keeps their order.
type manifests struct {
	stubs map[string]string
	// objects of each stub; a List has several.
	objects [][]model.RenderedObject
	// kinds are the places of those stubs by their kinds.
	kinds map[string]int
}

const stubIndex = "plumbline/index"

func (m *manifests) add(template string, objects []model.RenderedObject, top *releaseutil.SimpleHead) {
	if !isHook(top) {
		if at, ok := m.kinds[top.Kind]; ok {
			m.objects[at] = append(m.objects[at], objects...)
			return
		}
		m.kinds[top.Kind] = len(m.objects)
	}
	annotations := map[string]string{stubIndex: strconv.Itoa(len(m.objects))}
	metadata := map[string]any{"annotations": annotations}
	if top.Metadata != nil {
		metadata["name"] = top.Metadata.Name
		for key, annotation := range top.Metadata.Annotations {
			if strings.HasPrefix(key, "helm.sh/") {
				annotations[key] = annotation
			}
		}
	}
	// A stub holds strings only, which always marshal.
	text, _ := json.Marshal(map[string]any{"apiVersion": top.Version, "kind": top.Kind, "metadata": metadata})
	m.stubs[template] += "\n---\n" + string(text)
	m.objects = append(m.objects, objects)
}

func isHook(top *releaseutil.SimpleHead) bool {
	if top.Metadata == nil {
		return false
	}
	_, ok := top.Metadata.Annotations[release.HookAnnotation]
	return ok
}

func (m *manifests) take(stub, role string) []model.RenderedObject {
	index, err := strconv.Atoi(fmt.Sprint(headOf(json.RawMessage(stub)).annotation(stubIndex)))
	if err != nil {
		return nil
	}
	for i := range m.objects[index] {
		m.objects[index][i].Role = role
	}
	return m.objects[index]
}

func (h *helmRelease) parse(rendered map[string]string) (*manifests, error) {
	names := make([]string, 0, len(rendered))
	for name := range rendered {
		if !strings.HasSuffix(name, "NOTES.txt") && !strings.HasPrefix(path.Base(name), "_") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	all := &manifests{stubs: map[string]string{}, kinds: map[string]int{}}
	failed := false
	for _, name := range names {
		for _, manifest := range splitManifests(rendered[name]) {
			if !h.take(all, name, rendered[name], manifest) {
				failed = true
			}
		}
	}
	if failed {
		return nil, errFailed
	}
	return all, nil
}

// splitManifests is Helm's SplitManifests without its regular expression, which takes longer than the
// templates themselves: a cut at each line that starts with "---", blanks after it dropped.
func splitManifests(text string) []string {
	manifests := []string{}
	add := func(manifest string) {
		if manifest = strings.TrimLeftFunc(manifest, unicode.IsSpace); manifest != "" {
			manifests = append(manifests, manifest)
		}
	}
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	start := 0
	for at := 0; at < len(text); {
		if strings.HasPrefix(text[at:], "---") {
			add(text[start:at])
			start = at + len("---")
			start += len(text[start:]) - len(strings.TrimLeft(text[start:], " \t"))
		}
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	add(text[start:])
	return manifests
}

// take adds one rendered document; false means that Helm would fail on it.
func (h *helmRelease) take(all *manifests, name, rendered, text string) bool {
	file := h.templates[name]
	document := cache.document(h.printed(text))
	if fault := document.fault; fault != nil {
		h.problems = append(h.problems, h.manifestProblem(file, rendered, text, fault))
		if !fault.Warning {
			return false
		}
	}
	if document.value == nil {
		return true
	}
	top, err := document.simpleHead(text)
	if err != nil {
		h.problems = append(h.problems, documents.Failure(file, "not-an-object", headSentence(err)))
		return false
	}
	all.add(name, h.checked(document.value, top, model.Origin{Path: file}), top)
	return true
}

// checked looks closer at what may be no object or several.
func (h *helmRelease) checked(value json.RawMessage, top *releaseutil.SimpleHead, origin model.Origin) []model.RenderedObject {
	if top.Version != "" && top.Kind != "" && !strings.HasSuffix(top.Kind, "List") && top.Metadata != nil && top.Metadata.Name != "" {
		return []model.RenderedObject{{Object: value, Origin: origin, Generated: []string{}}}
	}
	objects, flaw := expand(value, origin)
	if flaw != nil {
		h.problems = append(h.problems, documents.Failure(origin.Path, "not-an-object", flaw.message))
	}
	return objects
}

// headSentence tells which part of a manifest's head has the wrong type.
func headSentence(err error) string {
	var typeError *json.UnmarshalTypeError
	if errors.As(err, &typeError) && typeError.Field != "" {
		return fmt.Sprintf("The object has a %s as its %s, which must be a %s.", typeError.Value, typeError.Field, typeError.Type)
	}
	return "The document is not an object."
}

// crds gives the content of crds/, which Helm does not render.
func (h *helmRelease) crds() ([]model.RenderedObject, error) {
	objects := []model.RenderedObject{}
	for _, crd := range h.chart.CRDObjects() {
		file := h.pathOf(crd.File)
		for _, part := range documents.Split(crd.File.Data) {
			document := cache.document(part.Text)
			if fault := document.fault; fault != nil {
				h.problems = append(h.problems, fault.Problem(file, part.Line))
				if !fault.Warning {
					return nil, errFailed
				}
			}
			if document.value == nil {
				continue
			}
			top, err := document.simpleHead(string(part.Text))
			if err != nil {
				return nil, h.fail(file, "not-an-object", headSentence(err))
			}
			for _, object := range h.checked(document.value, top, model.Origin{Path: file, Line: part.FirstLine()}) {
				object.Role = model.RoleCRD
				objects = append(objects, object)
			}
		}
	}
	return objects, nil
}
