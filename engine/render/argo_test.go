package render

import (
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func mapWith(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {value: \"" + value + "\"}\n"
}

// dataOf gives the data of each ConfigMap by its name.
func dataOf(t *testing.T, result *model.RenderResult) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, object := range result.Objects {
		value := decode(t, object.Object).(map[string]any)
		data, _ := value["data"].(map[string]any)
		all[value["metadata"].(map[string]any)["name"].(string)] = data
	}
	return all
}

func TestJsonnet(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"app/main.jsonnet": `local lib = import 'lib.libsonnet';
local beside = import 'beside.libsonnet';
function(tier, count) [
  lib.map('one', std.extVar('env') + '-' + tier),
  lib.map('two', beside + std.toString(count + std.extVar('n').add)),
]`,
		"app/beside.libsonnet":   "'beside-'",
		"app/single.jsonnet":     "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: std.extVar('env')}}",
		"vendor/a/lib.libsonnet": `{ map(name, value): error 'the last library folder comes first' }`,
		"vendor/b/lib.libsonnet": `{ map(name, value): {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: name}, data: {value: value}} }`,
	})
	source := model.Source{Kind: "directory", Path: "app", ArgoSource: model.ArgoSource{Jsonnet: &model.Jsonnet{
		Libs:    []string{"vendor/a", "vendor/b"},
		ExtVars: []model.JsonnetVar{{Name: "env", Value: "prod"}, {Name: "n", Value: "{add: 1}", Code: true}},
		TLAs:    []model.JsonnetVar{{Name: "tier", Value: "web"}, {Name: "count", Value: "41", Code: true}},
	}}}
	source.Exclude = "single.jsonnet"
	result := rendered(t, root, source)
	got := dataOf(t, result)
	if got["one"]["value"] != "prod-web" || got["two"]["value"] != "beside-42" {
		t.Fatalf("got %v", got)
	}
	asked := text(t, result.Inputs)
	for _, name := range []string{"app/main.jsonnet", "app/beside.libsonnet", "vendor/b/lib.libsonnet", "app/lib.libsonnet"} {
		if !strings.Contains(asked, `"path":"`+name+`"`) {
			t.Errorf("%s was not asked for", name)
		}
	}
	source.Exclude, source.Jsonnet.TLAs = "main.jsonnet", nil
	if got := dataOf(t, rendered(t, root, source)); len(got) != 1 {
		t.Fatalf("a single object gives %v", got)
	}
}

func TestJsonnetFailures(t *testing.T) {
	for name, program := range map[string]string{
		"outside":   "import '../../secret.libsonnet'",
		"absolute":  "importstr '/etc/passwd'",
		"recursion": "local f(x) = f(x + 1) + 1; f(0)",
		"no object": "'text'",
		"no kind":   "[{apiVersion: 'v1'}]",
		"syntax":    "{",
		"undefined": "std.extVar('nobody')",
	} {
		t.Run(name, func(t *testing.T) {
			root := testfiles.Tree(t, map[string]string{"app/main.jsonnet": program})
			problems := failed(t, root, model.Source{Kind: "directory", Path: "app"})
			if problems[0].Location == nil || problems[0].Location.Path != "app/main.jsonnet" {
				t.Errorf("got %s", text(t, problems))
			}
		})
	}
}

func TestKustomizeEditOptions(t *testing.T) {
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}\n"
	root := testfiles.Tree(t, map[string]string{
		"kustomization.yaml":         "resources: [web.yaml]\ncommonAnnotations: {team: a}\nlabels: [{pairs: {old: x}, includeSelectors: true}]\n",
		"web.yaml":                   deployment,
		"present/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: with-\n",
	})
	render := func(overrides model.KustomizeOverrides) map[string]any {
		result := rendered(t, root, model.Source{Kind: "kustomize", Overrides: &overrides})
		return decode(t, result.Objects[0].Object).(map[string]any)
	}
	labels := map[string]string{"tier": "web"}
	plain := text(t, render(model.KustomizeOverrides{CommonLabels: labels}))
	without := text(t, render(model.KustomizeOverrides{CommonLabels: labels, ArgoKustomize: model.ArgoKustomize{LabelWithoutSelector: true}}))
	templates := text(t, render(model.KustomizeOverrides{
		CommonLabels: labels, ArgoKustomize: model.ArgoKustomize{LabelWithoutSelector: true, LabelIncludeTemplates: true},
	}))
	for name, counts := range map[string]struct {
		text string
		want int
	}{"selector": {plain, 3}, "without selector": {without, 1}, "templates": {templates, 2}} {
		if got := strings.Count(counts.text, `"tier":"web"`); got != counts.want {
			t.Errorf("%s: %d labels in %s", name, got, counts.text)
		}
	}
	annotations := map[string]string{"team": "b"}
	problems := failed(t, root, model.Source{Kind: "kustomize", Overrides: &model.KustomizeOverrides{CommonAnnotations: annotations}})
	if problems[0].Code != "kustomize-overrides" {
		t.Errorf("got %s", text(t, problems))
	}
	forced := render(model.KustomizeOverrides{CommonAnnotations: annotations, ArgoKustomize: model.ArgoKustomize{ForceCommonAnnotations: true}})
	if !strings.Contains(text(t, forced), `"team":"b"`) {
		t.Errorf("got %s", text(t, forced))
	}
	failed(t, root, model.Source{Kind: "kustomize", Overrides: &model.KustomizeOverrides{CommonLabels: labels, ArgoKustomize: model.ArgoKustomize{LabelIncludeTemplates: true}}})
	some := render(model.KustomizeOverrides{Components: []string{"absent", "present"}, ArgoKustomize: model.ArgoKustomize{IgnoreMissingComponents: true}})
	if !strings.Contains(text(t, some), `"name":"with-web"`) {
		t.Errorf("got %s", text(t, some))
	}
}

func TestHelmFieldsOfArgo(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"chart/Chart.yaml":         "apiVersion: v2\nname: demo\nversion: 1.0.0\n",
		"chart/values.schema.json": `{"required": ["nobodySetsThis"]}`,
		"chart/templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata:\n" +
			"  file: {{ .Values.text | quote }}\n  version: {{ .Capabilities.KubeVersion.Version }}\n" +
			"  custom: {{ .Capabilities.APIVersions.Has \"acme.example/v1\" | quote }}\n" +
			"  builtIn: {{ .Capabilities.APIVersions.Has \"apps/v1\" | quote }}\n",
		"files/text": "a,b=c\n",
	})
	source := model.Source{Kind: "helm", Path: "chart", ReleaseName: "demo", ArgoSource: model.ArgoSource{
		SkipSchemaValidation: true, KubeVersion: "1.29.3", APIVersions: []string{"acme.example/v1"},
		FileParameters: []model.HelmFileParameter{{Name: "text", Path: "files/text"}},
	}}
	got := dataOf(t, rendered(t, root, source))["demo"]
	want := map[string]any{"file": "a,b=c\n", "version": "v1.29.3", "custom": "true", "builtIn": "true"}
	if text(t, got) != text(t, want) {
		t.Errorf("got %s", text(t, got))
	}
	source.SkipSchemaValidation = false
	failed(t, root, source)
	source.SkipSchemaValidation, source.FileParameters[0].Path = true, "files/absent"
	if problems := failed(t, root, source); problems[0].Code != "helm-parameter" {
		t.Errorf("got %s", text(t, problems))
	}
}

func TestSeveralSources(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"a/one.yaml": mapWith("one", "a"), "a/two.yaml": mapWith("two", "a"),
		"b/two.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two, namespace: shop}\ndata: {value: b}\n",
		"c/bad.yaml": "apiVersion: v1\nkind: [\nmetadata:\n",
	})
	part := func(path string) model.SourcePart {
		return model.SourcePart{Source: &model.Source{Kind: "directory", Path: path}}
	}
	absent := model.SourcePart{Missing: &model.Missing{Kind: "base", Reference: "https://elsewhere.example/x", Path: "apps.yaml"}}
	several := func(parts ...model.SourcePart) model.Source {
		return model.Source{Kind: "several", Namespace: "shop", ArgoSource: model.ArgoSource{Parts: parts}}
	}
	result := rendered(t, root, several(part("a"), absent, part("b")))
	got := dataOf(t, result)
	if len(result.Objects) != 2 || got["one"]["value"] != "a" || got["two"]["value"] != "b" {
		t.Errorf("got %v", got)
	}
	if len(result.Problems) != 1 || !strings.Contains(result.Problems[0].Message, "Resource /ConfigMap/shop/two appeared 2 times") {
		t.Errorf("got %s", text(t, result.Problems))
	}
	if len(result.Missing) != 1 || result.Missing[0].Reference != "https://elsewhere.example/x" {
		t.Errorf("got %s", text(t, result.Missing))
	}
	if problems := failed(t, root, several(part("c"), part("a"))); problems[0].Location.Path != "c/bad.yaml" {
		t.Errorf("got %s", text(t, problems))
	}
}
