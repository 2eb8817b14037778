package render

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func TestTemplateReadsFiles(t *testing.T) {
	for text, want := range map[string]bool{
		`{{ .Values.x }} Files`:                                              false,
		`{{/* .Files */}}{{ toYaml .Values }}`:                               false,
		`{{ .Files.Get "x" }}`:                                               true,
		`{{ range $k, $v := $.Files }}{{ end }}`:                             true,
		`{{ with .Values }}{{ ($.Files.Glob "x").AsConfig }}{{ end }}`:       true,
		`{{ if true }}{{ else }}{{ (index .Subcharts "a").Files }}{{ end }}`: true,
		`{{ define "a" }}{{ .context.Files }}{{ end }}`:                      true,
		`{{ index . "Files" }}`:                                              true,
		`{{ index . (printf "%s%s" "Fi" "les") | toYaml }}`:                  true,
		`{{ get $ .Values.name | quote }}`:                                   true,
		`{{ (index . 0).Release.Name }}`:                                     false,
		`{{ toYaml . }}`:                                                     true,
		`{{ . | deepCopy | toJson }}`:                                        true,
		`{{ toYaml (merge (dict) $) }}`:                                      true,
		`{{ $root := . }}{{ with .Values }}{{ toYaml $root }}{{ end }}`:      true,
		`{{ with .Values }}{{ toYaml . }}{{ end }}`:                          false,
		`{{ with . }}{{ toYaml . }}{{ end }}`:                                true,
		`{{ range $k, $v := . }}{{ end }}`:                                   true,
		`{{ range .Values.list }}{{ . | quote }}{{ end }}`:                   false,
		`{{ include "a" . | sha256sum }}{{ include "b" (dict "c" $) }}`:      false,
		`{{ include (print $.Template.BasePath "/x.yaml") . | sha256sum }}`:  false,
		`{{ tpl "{{ .Files.Get \"x\" }}" . }}`:                               true,
		`{{ tpl (toYaml .Values.x) $ }}`:                                     false,
		`{{ template "a" . }}`:                                               false,
		`{{ . }}`:                                                            true,
		`{{ broken`:                                                          true,
	} {
		if got := templateReadsFiles(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestPartsOfCharts(t *testing.T) {
	for name, want := range map[string]bool{
		"Chart.yaml": true, "values.yaml": true, "values-prod.yaml": false, "README.md": false,
		"templates/a/b.yaml": true, "crds/a.yaml": true, "charts/a.tgz": true, "charts/a/values.yaml": true,
		"charts/a/values-prod.yaml": false, "charts/a/charts/b/templates/c.yaml": true, "charts/a/charts/b/c": false,
		"templates": true, "ci/values.yaml": false,
	} {
		if got := isPart(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestChartFilesThatCount asks as the editor does which changes touch an app.
func TestChartFilesThatCount(t *testing.T) {
	const settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: {{ .Values.a | quote }}}\n"
	chart := map[string]string{
		"c/Chart.yaml": chartYAML("dependencies: [{name: sub, version: 1.0.0}]\n"), "c/templates/a.yaml": settings,
		"c/values.yaml": "a: 1\n", "c/values-staging.yaml": "a: 2\n", "c/values-prod.yaml": "a: 3\n",
		"c/conf/a.txt": "text", "c/charts/sub/Chart.yaml": strings.Replace(chartYAML(""), "name: c", "name: sub", 1),
		"c/charts/sub/templates/b.yaml": strings.ReplaceAll(settings, "{name: {", "{name: sub-{"),
		"c/charts/sub/values-prod.yaml": "a: 3\n",
	}
	with := func(name, text string) map[string]string {
		texts := maps.Clone(chart)
		texts[name] = text
		return texts
	}
	always := []string{
		"c/Chart.yaml", "c/values.yaml", "c/values-staging.yaml", "c/templates/a.yaml", "c/templates/new/x.yaml",
		"c/crds/new.yaml", "c/charts/new/Chart.yaml", "c/charts/sub/templates/new.yaml", "c/charts/sub/values.yaml",
		"c/charts/sub/charts/new/Chart.yaml", "c/.helmignore", "c/values.schema.json", "c/Chart.lock",
	}
	whenRead := []string{"c/values-prod.yaml", "c/conf/a.txt", "c/conf/new.txt", "c/new.txt", "c/charts/sub/values-prod.yaml"}
	for name, texts := range map[string]map[string]string{
		"no template reads files": chart,
		"a template reads files":  with("c/templates/f.yaml", "# {{ (.Files.Glob \"conf/*\").AsConfig | len }}\n"),
		"a dependency reads files": with("c/charts/sub/templates/f.yaml",
			"# {{ .Files.Get \"values-prod.yaml\" | fromYaml | len }}\n"),
		"a value reads files": with("c/values-staging.yaml", "a: '{{ .Files.Get \"conf/a.txt\" }}'\n"),
	} {
		source := helmAt("c")
		source.ValueFiles = []string{"c/values-staging.yaml"}
		inputs := rendered(t, testfiles.Tree(t, texts), source).Inputs
		for _, path := range slices.Concat(always, whenRead) {
			want := slices.Contains(always, path) || name != "no template reads files"
			got := askedFor(inputs, path)
			if _, exists := texts[path]; exists {
				// A listing does not tell of a change inside a file.
				got = slices.ContainsFunc(inputs, func(input model.Input) bool {
					return input.Kind == "file" && input.Path == path
				})
			}
			if got != want {
				t.Errorf("%s: %s counts: %v", name, path, got)
			}
		}
	}
}

// TestFilesAreThereUnasked: what is not recorded is in the render all the same.
func TestFilesAreThereUnasked(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"c/Chart.yaml": chartYAML(""), "c/x.txt": "text",
		"c/templates/a.yaml": strings.Replace(configMap, "name: a", "name: {{ (get . (join \"\" (list \"Fi\" \"les\"))).Get \"x.txt\" }}", 1),
	})
	result := rendered(t, root, model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"})
	if names(result.Objects) != "text" {
		t.Errorf("%s", names(result.Objects))
	}
}
