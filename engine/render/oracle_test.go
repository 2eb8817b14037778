package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

type helmCase struct {
	name   string
	chart  string
	source model.Source
	args   []string
}

func helmCases() []helmCase {
	custom := []string{"--api-versions", "custom.example/v1", "--api-versions", "custom.example/v1/Thing"}
	return []helmCase{
		{name: "defaults", chart: "basic"},
		{
			name: "values file", chart: "basic",
			source: model.Source{ValueFiles: []string{"charts/basic/values-prod.yaml"}},
			args:   []string{"-f", "charts/basic/values-prod.yaml"},
		},
		{
			name: "upgrade", chart: "basic",
			source: model.Source{IsUpgrade: true}, args: []string{"--is-upgrade"},
		},
		{name: "dependencies", chart: "dependencies"},
		{
			name: "dependencies off", chart: "dependencies",
			source: model.Source{ValueFiles: []string{"charts/dependencies/values-off.yaml"}},
			args:   []string{"-f", "charts/dependencies/values-off.yaml"},
		},
		{name: "hooks", chart: "hooks"},
		{name: "hooks without tests", chart: "hooks", source: model.Source{SkipTests: true}, args: []string{"--skip-tests"}},
		{name: "custom resource definitions", chart: "crds"},
		{name: "tpl", chart: "tpl"},
		{name: "library", chart: "library"},
		{name: "files", chart: "files"},
		{name: "lookup", chart: "lookups"},
		{name: "capabilities", chart: "capabilities", args: custom},
		{name: "schema", chart: "schema"},
		{name: "archived dependencies", chart: "archive"},
		{name: "order", chart: "order"},
		{name: "values", chart: "values"},
		{
			name: "values in layers", chart: "values",
			source: model.Source{
				ValueFiles: []string{"charts/values/one.yaml", "charts/values/two.yaml"},
				ValuesText: "list: [7, 8]\nmap: {x: {y: null}}\n",
				Parameters: []model.HelmParameter{
					{Name: "text", Value: "c,d"}, {Name: "list", Value: "{q,w}"},
					{Name: "map.x.v", Value: "true"}, {Name: "bool", Value: "true", ForceString: true},
					{Name: "added.deep[0].b", Value: "2"}, {Name: "remove.b", Value: "null"},
				},
			},
			args: []string{
				"-f", "charts/values/one.yaml", "-f", "charts/values/two.yaml", "-f", "values-text.yaml",
				"--set", `text=c\,d`, "--set", "list={q,w}", "--set", "map.x.v=true",
				"--set-string", "bool=true", "--set", "added.deep[0].b=2", "--set", "remove.b=null",
			},
		},
	}
}

func TestHelmTemplate(t *testing.T) {
	root := testdata(t)
	for _, c := range helmCases() {
		t.Run(c.name, func(t *testing.T) {
			source := c.source
			source.Kind, source.Path = "helm", "charts/"+c.chart
			source.ReleaseName, source.Namespace, source.IncludeCRDs = "rel", "space", true
			capabilities := *testCapabilities
			args := []string{
				"template", "rel", filepath.Join(root, "charts", c.chart), "--namespace", "space",
				"--include-crds", "--kube-version", testKubeVersion,
			}
			for i, arg := range c.args {
				if arg == "values-text.yaml" {
					arg = filepath.Join(testfiles.Tree(t, map[string]string{"values-text.yaml": source.ValuesText}), arg)
				} else if i > 0 && c.args[i-1] == "-f" {
					arg = filepath.Join(root, arg)
				} else if i > 0 && c.args[i-1] == "--api-versions" {
					capabilities.APIVersions = append(capabilities.APIVersions, arg)
					capabilities.AddToBuiltIn = true
				}
				args = append(args, arg)
			}
			want := parsedOutput(t, command(t, "PLUMBLINE_HELM", args...))
			got := outcome(t, root, source, &capabilities)
			if got.Kind != "rendered" {
				t.Fatalf("not rendered: %s", text(t, got))
			}
			compare(t, objectsOf(t, got.Result), flat(want))
		})
	}
}

// flat takes the items out of Lists, as everything does that applies them.
func flat(objects []any) []any {
	all := []any{}
	for _, object := range objects {
		fields, ok := object.(map[string]any)
		kind, _ := fields["kind"].(string)
		if items, isList := fields["items"].([]any); ok && isList && strings.HasSuffix(kind, "List") {
			all = append(all, flat(items)...)
			continue
		}
		all = append(all, object)
	}
	return all
}

func TestKustomizeBuild(t *testing.T) {
	root := testdata(t)
	for _, name := range []string{
		"base", "overlay", "components/overlay", "generators", "patches", "replacements", "metadata",
		"empties", "vars", "transformers", "openapi", "unmerged",
	} {
		t.Run(name, func(t *testing.T) {
			want := parsedOutput(t, command(t, "PLUMBLINE_KUSTOMIZE", "build", filepath.Join(root, "kustomize", name)))
			result := rendered(t, root, model.Source{Kind: "kustomize", Path: "kustomize/" + name})
			compare(t, objectsOf(t, result), want)
		})
	}
}

// TestKustomizeCharts compares helmCharts of the repository, whose order among generated resources is
// not that of the plugin.
func TestKustomizeCharts(t *testing.T) {
	root := testdata(t)
	helm := os.Getenv("PLUMBLINE_HELM")
	if helm == "" {
		t.Skip("PLUMBLINE_HELM is not set: the oracle cannot run")
	}
	want := parsedOutput(t, command(t, "PLUMBLINE_KUSTOMIZE", "build", "--enable-helm", "--helm-command", helm,
		"--helm-kube-version", testKubeVersion, filepath.Join(root, "kustomize", "charts")))
	result := rendered(t, root, model.Source{Kind: "kustomize", Path: "kustomize/charts"})
	compare(t, objectsOf(t, result), want)
	if origin := result.Objects[0].Origin.Path; origin != "kustomize/charts/charts/local/crds/c.yaml" {
		t.Errorf("origin of the first object: %s", origin)
	}
}
