package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// charts puts rendered resources in the place of helmCharts, as Kustomize does with --enable-helm by
// running a helm program. A chart that is not in the repository is missing.
func (p *preparation) charts(kustomization *types.Kustomization) {
	if len(kustomization.HelmCharts) == 0 {
		return
	}
	if p.withoutCharts {
		p.refuse(p.fail(p.file, "flux-helm-charts", "Flux does not render the helmCharts of a kustomization."))
		return
	}
	if p.settings != nil && !p.settings.EnableHelm {
		p.refuse(p.fail(p.file, "kustomize-enable-helm",
			"The build does not run with --enable-helm, so it fails on helmCharts (kustomize.buildOptions of Argo CD)."))
		return
	}
	if p.settings == nil {
		problem := documents.Failure(p.file, "kustomize-enable-helm", "The helmCharts are part of a build only where it runs with --enable-helm.")
		problem.Severity, problem.Location.Line = model.SeverityInfo, p.line("helmCharts:")
		p.problems = append(p.problems, problem)
	}
	home := types.HelmDefaultHome
	if globals := kustomization.HelmGlobals; globals != nil && globals.ChartHome != "" {
		home = globals.ChartHome
	}
	for i, chart := range kustomization.HelmCharts {
		p.changed = true
		chartHome := home
		if chart.Version != "" && chart.Repo != "" {
			chartHome = path.Join(home, chart.Name+"-"+chart.Version)
		}
		folder := files.Join(p.folder, chartHome, chart.Name)
		if info, err := p.layer.Stat(folder); err != nil || info.Kind != files.Dir {
			wanted := helmChartReference(chart)
			if mounted, ok := p.cachedChart(wanted); ok {
				for _, name := range p.chart(mounted, i, chart) {
					kustomization.Resources = append(kustomization.Resources, name)
				}
				continue
			}
			p.missing = append(p.missing, model.Missing{
				Kind: "chart", Path: p.file, Line: p.line("name: " + chart.Name), Chart: wanted,
				Reference: strings.Join(strings.Fields(chart.Name+" "+chart.Version+" "+chart.Repo), " "),
			})
			continue
		}
		for _, name := range p.chart(folder, i, chart) {
			kustomization.Resources = append(kustomization.Resources, name)
		}
	}
	kustomization.HelmCharts, kustomization.HelmGlobals = nil, nil
}

// helmChartReference names a chart as Kustomize pulls it: with `helm pull`, from a registry by the
// address with the name at its end.
func helmChartReference(chart types.HelmChart) model.ChartReference {
	return model.ChartReference{Repository: chart.Repo, Name: chart.Name, Version: chart.Version}
}

// chart renders one chart into virtual files, one for each object, and gives their names.
func (p *preparation) chart(folder string, at int, chart types.HelmChart) []string {
	source, err := p.chartSource(folder, chart)
	if err != nil {
		p.refuse(err)
		return nil
	}
	before := p.capabilities
	if chart.KubeVersion != "" {
		p.capabilities = &model.Capabilities{KubeVersion: chart.KubeVersion, APIVersions: chart.ApiVersions, AddToBuiltIn: true}
	}
	objects, err := p.helm(folder, source)
	p.capabilities = before
	if err != nil {
		p.refuse(err)
		return nil
	}
	names := []string{}
	for i, object := range objects {
		if chart.SkipHooks && (object.Role == model.RoleHook || object.Role == model.RoleTest) {
			continue
		}
		name := fmt.Sprintf(".plumbline-chart-%d-%d.yaml", at, i)
		file := files.Join(p.folder, name)
		p.fs.rewritten[file] = marked(object.Object)
		p.fs.resources[file] = true
		p.chartOrigins[file] = object.Origin
		names = append(names, name)
	}
	return names
}

// refuse keeps the whole build from passing for complete.
func (p *preparation) refuse(err error) {
	p.refused = true
	if err != errFailed {
		p.problems = append(p.problems, p.failure(p.file, "helm-values", err))
	}
}

// marked tells Kustomize that Helm made an object, whose namespace it then leaves alone.
func marked(object json.RawMessage) []byte {
	decoder := json.NewDecoder(bytes.NewReader(object))
	// No number loses digits.
	decoder.UseNumber()
	var value map[string]any
	if decoder.Decode(&value) != nil {
		return object
	}
	metadata, ok := value["metadata"].(map[string]any)
	if !ok {
		return object
	}
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
	}
	annotations[konfig.HelmGeneratedAnnotation] = "true"
	metadata["annotations"] = annotations
	text, err := json.Marshal(value)
	if err != nil {
		return object
	}
	return text
}

func (p *preparation) chartSource(folder string, chart types.HelmChart) (model.Source, error) {
	source := model.Source{
		Kind: "helm", Path: folder, ReleaseName: chart.ReleaseName, Namespace: chart.Namespace,
		IncludeCRDs: chart.IncludeCRDs, SkipTests: chart.SkipTests,
	}
	if source.ReleaseName == "" {
		source.ReleaseName = "release-name"
	}
	if source.Namespace == "" {
		source.Namespace = "default"
		setUnlessEmpty(&source.Namespace, p.namespace)
	}
	values := files.Join(folder, "values.yaml")
	if chart.ValuesFile != "" {
		values = files.Join(p.folder, chart.ValuesFile)
	}
	for _, name := range chart.AdditionalValuesFiles {
		source.ValueFiles = append(source.ValueFiles, files.Join(p.folder, name))
	}
	if len(chart.ValuesInline) == 0 {
		source.ValueFiles = append([]string{values}, source.ValueFiles...)
		return source, nil
	}
	merged, err := p.mergeInline(values, chart)
	if err != nil {
		return source, err
	}
	text, err := json.Marshal(merged)
	if err != nil {
		return source, err
	}
	// The merged values stand below the additional files: they take a virtual file's place.
	file := files.Join(p.folder, ".plumbline-values-"+chart.Name+"-"+source.ReleaseName+".yaml")
	p.layer.Put(file, text)
	source.ValueFiles = append([]string{file}, source.ValueFiles...)
	return source, nil
}

// mergeInline merges as the Kustomize plugin does: override puts valuesInline over the file, merge
// the file over valuesInline, replace leaves the file out.
func (p *preparation) mergeInline(file string, chart types.HelmChart) (map[string]any, error) {
	if chart.ValuesMerge == "replace" {
		return chart.ValuesInline, nil
	}
	text, err := p.layer.Read(file)
	if err != nil {
		return nil, sentence("The values file " + readFailure(file, err))
	}
	fileValues, err := kyaml.Parse(string(text))
	if err != nil {
		return nil, sentencef("The values file %s is not a YAML mapping.", file)
	}
	inline, err := kyaml.FromMap(chart.ValuesInline)
	if err != nil {
		return nil, sentencef("The inline values of chart %s are malformed.", chart.Name)
	}
	var merged *kyaml.RNode
	if chart.ValuesMerge == "merge" {
		merged, err = merge2.Merge(fileValues, inline, kyaml.MergeOptions{})
	} else {
		merged, err = merge2.Merge(inline, fileValues, kyaml.MergeOptions{})
	}
	if err != nil {
		return nil, sentencef("The inline values of chart %s cannot be merged.", chart.Name)
	}
	return merged.Map()
}
