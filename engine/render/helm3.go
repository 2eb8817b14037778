package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	chart3 "helm.sh/helm/v3/pkg/chart"
	chartutil3 "helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// helm3Version is the Helm of Argo CD 3.2. What differs to templates from Helm 4: values (its own
// package merges them), the chart's metadata, the version of Kubernetes, a few functions, and how the
// result is cut and sorted.
const helm3Version = "v3.18.4"

// processDependencies puts the dependencies of the chart that count in place, with their values.
func (h *helmRelease) processDependencies(values map[string]any) error {
	if !h.helm3 {
		return chartutil.ProcessDependencies(h.chart, values)
	}
	older, err := asChart3(h.chart)
	if err != nil {
		return err
	}
	if err := chartutil3.ProcessDependenciesWithMerge(older, values); err != nil {
		return err
	}
	h.older = older
	charts := charts4{}
	if err := charts.fill(h.chart, older); err != nil {
		return err
	}
	charts.place()
	h.metadata3 = make(map[*chart.Chart]*chart3.Metadata, len(charts))
	for older, c := range charts {
		h.metadata3[c] = older.Metadata
	}
	return nil
}

func asChart3(c *chart.Chart) (*chart3.Chart, error) {
	older := &chart3.Chart{Metadata: &chart3.Metadata{}, Values: c.Values, Schema: c.Schema}
	if err := converted(c.Metadata, older.Metadata); err != nil {
		return nil, err
	}
	for _, file := range c.Raw {
		if file.Name == chartutil.ValuesfileName && bytes.Contains(file.Data, []byte("\n---")) {
			older.Values = map[string]any{}
			if err := yaml.Unmarshal(file.Data, &older.Values); err != nil {
				return nil, err
			}
		}
	}
	older.Templates, older.Files, older.Raw = files3(c.Templates), files3(c.Files), files3(c.Raw)
	for _, dependency := range c.Dependencies() {
		below, err := asChart3(dependency)
		if err != nil {
			return nil, err
		}
		older.AddDependency(below)
	}
	return older, nil
}

// charts4 are charts of Helm 3 as those of Helm 4. A chart that is there under two aliases shares its
// own dependencies with itself; each of them believes to be below one of the two, or below the chart
// without an alias, so that Helm 3 renders it once.
type charts4 map[*chart3.Chart]*chart.Chart

// fill keeps the address of the data of files, by which their paths are known.
func (m charts4) fill(c *chart.Chart, older *chart3.Chart) error {
	m[older] = c
	c.Metadata, c.Values, c.Schema = &chart.Metadata{}, older.Values, older.Schema
	if err := converted(older.Metadata, c.Metadata); err != nil {
		return err
	}
	c.Templates, c.Files, c.Raw = files4(older.Templates), files4(older.Files), files4(older.Raw)
	dependencies := []*chart.Chart{}
	for _, below := range older.Dependencies() {
		if m[below] == nil {
			if err := m.fill(&chart.Chart{}, below); err != nil {
				return err
			}
		}
		dependencies = append(dependencies, m[below])
	}
	c.SetDependencies(dependencies...)
	return nil
}

// place puts every chart below the one that it believes to be below.
func (m charts4) place() {
	inTree := []*chart3.Chart{}
	for older := range m {
		inTree = append(inTree, older)
	}
	for _, older := range inTree {
		if parent := older.Parent(); parent != nil && m[parent] == nil {
			m.beside(parent)
		}
	}
	for _, older := range inTree {
		if parent := older.Parent(); parent != nil && !slices.Contains(inTree, parent) {
			m[parent].AddDependency(m[older])
		}
	}
	for _, older := range inTree {
		dependencies := []*chart.Chart{}
		for _, below := range older.Dependencies() {
			if below.Parent() == older {
				dependencies = append(dependencies, m[below])
			}
		}
		if len(dependencies) == len(older.Dependencies()) {
			m[older].SetDependencies(dependencies...)
		}
	}
}

// beside makes a chart that others believe to be below, though it is not in the tree itself.
func (m charts4) beside(older *chart3.Chart) {
	m[older] = &chart.Chart{Metadata: &chart.Metadata{Name: older.Name()}}
	parent := older.Parent()
	if parent == nil {
		return
	}
	if m[parent] == nil {
		m.beside(parent)
	}
	m[parent].AddDependency(m[older])
}

func converted(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func files3(files []*common.File) []*chart3.File {
	all := make([]*chart3.File, len(files))
	for i, file := range files {
		all[i] = &chart3.File{Name: file.Name, Data: file.Data}
	}
	return all
}

func files4(files []*chart3.File) []*common.File {
	all := make([]*common.File, len(files))
	for i, file := range files {
		all[i] = &common.File{Name: file.Name, Data: file.Data}
	}
	return all
}

// renderValues3 are all that templates of Helm 3 are given.
func (h *helmRelease) renderValues3(values map[string]any, options common.ReleaseOptions, capabilities *common.Capabilities) (common.Values, error) {
	// Those that are assumed stand in for the older ones.
	capabilities.HelmVersion.Version = helm3Version
	older := &chartutil3.Capabilities{APIVersions: chartutil3.VersionSet(capabilities.APIVersions)}
	older.HelmVersion.Version = helm3Version
	older.KubeVersion = kubeVersion3(capabilities)
	top, err := chartutil3.ToRenderValuesWithSchemaValidation(h.older, values, chartutil3.ReleaseOptions{
		Name: options.Name, Namespace: options.Namespace, Revision: options.Revision,
		IsInstall: options.IsInstall, IsUpgrade: options.IsUpgrade,
	}, older, true)
	if err != nil {
		return nil, err
	}
	merged, _ := top["Values"].(chartutil3.Values)
	top["Values"] = common.Values(merged)
	return common.Values(top), nil
}

// kubeVersion3 fills up a version that is not complete.
func kubeVersion3(capabilities *common.Capabilities) chartutil3.KubeVersion {
	if parsed, err := chartutil3.ParseKubeVersion(capabilities.KubeVersion.Version); err == nil {
		return *parsed
	}
	version := capabilities.KubeVersion
	return chartutil3.KubeVersion{Version: version.Version, Major: version.Major, Minor: version.Minor}
}

// onlyHelm4 are the template functions that came with Helm 4.
var onlyHelm4 = regexp.MustCompile(`\b(mustToToml|mustToYaml|mustToDuration|durationSeconds|durationMilliseconds|` +
	`durationMicroseconds|durationNanoseconds|durationMinutes|durationHours|durationDays|durationWeeks|` +
	`durationRoundTo|durationTruncateTo)\b`)

// checkFunctions refuses templates with functions that Helm 3 does not have, as its parser does.
func (h *helmRelease) checkFunctions(c *chart.Chart) error {
	for _, file := range c.Templates {
		if name := h.template(file).helm4(); name != "" {
			return h.fail(h.pathOf(file), "helm-template", fmt.Sprintf(
				"Helm: function %q not defined: it came with Helm 4, and Argo CD calls Helm 3.", name))
		}
	}
	for _, dependency := range c.Dependencies() {
		if err := h.checkFunctions(dependency); err != nil {
			return err
		}
	}
	return nil
}

// firstHelm4 is the first function of Helm 4 that a template calls.
func firstHelm4(text string) string {
	for _, name := range onlyHelm4.FindAllString(text, -1) {
		if callsFunction(text, name) {
			return name
		}
	}
	return ""
}

// callsFunction tells a call from a field, a text or a comment, as a parser that learns of one function
// after another.
func callsFunction(text, name string) bool {
	known := map[string]any{}
	for {
		missing := undefined(text, known)
		if _, again := known[missing]; missing == name || missing == "" || again {
			return missing == name
		}
		known[missing] = ""
	}
}

var undefinedFunction = regexp.MustCompile(`function "(\w+)" not defined`)

// undefined is the first function of a template that is not among those known.
func undefined(text string, known map[string]any) string {
	_, err := parse.New("template").Parse(text, "", "", map[string]*parse.Tree{}, known)
	if err == nil {
		return ""
	}
	if groups := undefinedFunction.FindStringSubmatch(err.Error()); groups != nil {
		return groups[1]
	}
	return ""
}

// withoutHelm4 takes the functions of Helm 4 from templates that are made while rendering.
func withoutHelm4(functions template.FuncMap) template.FuncMap {
	for _, name := range strings.Split(strings.Trim(onlyHelm4.String(), `\b()`), "|") {
		functions[name] = func(...any) (any, error) {
			return nil, fmt.Errorf("function %q not defined", name)
		}
	}
	return functions
}

// installOrder is the order of kinds; Helm 3 has no place of their own for webhooks.
func (h *helmRelease) installOrder() releaseutil.KindSortOrder {
	if !h.helm3 {
		return releaseutil.InstallOrder
	}
	return slices.DeleteFunc(slices.Clone(releaseutil.InstallOrder), func(kind string) bool {
		return kind == "MutatingWebhookConfiguration" || kind == "ValidatingWebhookConfiguration"
	})
}

// printed is a document as it is read once Helm has printed it: with a line end after it, which block
// scalars at the end of it keep, by Helm 3 trimmed before. Readers of several documents, those of
// kubectl, Helm and Argo CD, end every line with one character.
func (h *helmRelease) printed(text string) []byte {
	if strings.Contains(text, "\r\n") {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if h.helm3 {
		return append([]byte(strings.TrimSpace(text)), '\n')
	}
	if strings.HasSuffix(text, "\n") && !strings.Contains(text, "+\n") {
		return []byte(text)
	}
	return append([]byte(text), '\n')
}
