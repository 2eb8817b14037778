package render

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

func chartYAML(more string) string { return "apiVersion: v2\nname: c\nversion: 1.0.0\n" + more }

func helmAt(path string) model.Source {
	return model.Source{Kind: "helm", Path: path, ReleaseName: "rel", Namespace: "space", IncludeCRDs: true}
}

// TestProblems holds code, place and line of what is wrong with a source.
func TestProblems(t *testing.T) {
	kust := model.Source{Kind: "kustomize", Path: "k"}
	flux := model.Source{Kind: "flux", Path: "k", Kustomization: map[string]any{"spec": map[string]any{}}}
	for _, c := range []struct {
		name   string
		files  map[string]string
		source model.Source
		code   string
		path   string
		line   int
		says   string
	}{
		{"template fails", map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": "a: b\nc: {{ fail \"no luck\" }}\n"}, helmAt(""), "helm-template", "templates/x.yaml", 2, "no luck"},
		{"required value", map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": "\n\nc: {{ required \"set .Values.x\" .Values.x }}\n"}, helmAt(""), "helm-template", "templates/x.yaml", 3, "set .Values.x"},
		{"template does not parse", map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": "a: b\n{{ if }}\n"}, helmAt(""), "helm-template", "templates/x.yaml", 2, "missing value for if"},
		{"include fails where it leads", map[string]string{"Chart.yaml": chartYAML(""), "templates/_h.tpl": "{{ define \"h\" }}\n{{ .x.y.z }}\n{{ end }}", "templates/x.yaml": "a: {{ include \"h\" (dict \"x\" 1) }}"}, helmAt(""), "helm-template", "templates/_h.tpl", 2, "can't evaluate field y"},
		{"nil pointer", map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": "a: {{ .Values.a.b }}"}, helmAt(""), "helm-template", "templates/x.yaml", 1, "nil pointer"},
		{"unknown function", map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": "\na: {{ nope }}"}, helmAt(""), "helm-template", "templates/x.yaml", 2, "not defined"},
		{"in a dependency", map[string]string{"Chart.yaml": chartYAML(""), "charts/s/Chart.yaml": "apiVersion: v2\nname: s\nversion: 1.0.0\n", "charts/s/templates/x.yaml": "{{ fail \"deep\" }}"}, helmAt(""), "helm-template", "charts/s/templates/x.yaml", 1, "deep"},
		{"renders what is no YAML", map[string]string{"Chart.yaml": chartYAML(""), "templates/x.yaml": "a: b\n---\nc: d\n c: {{ 1 }}\n"}, helmAt(""), "yaml-syntax", "templates/x.yaml", 0, "line 4"},
		{"broken values", map[string]string{"Chart.yaml": chartYAML(""), "values.yaml": "a: 1\nb: [\n"}, helmAt(""), "yaml-syntax", "values.yaml", 2, ""},
		{"broken values file", map[string]string{"Chart.yaml": chartYAML(""), "v.yaml": "a: 1\n\tb: 2\n"}, model.Source{Kind: "helm", ValueFiles: []string{"v.yaml"}}, "yaml-tab", "v.yaml", 2, "tab"},
		{"absent values file", map[string]string{"Chart.yaml": chartYAML("")}, model.Source{Kind: "helm", ValueFiles: []string{"v.yaml"}}, "helm-value-file", "v.yaml", 0, "does not exist"},
		{"values are a list", map[string]string{"Chart.yaml": chartYAML(""), "v.yaml": "- a\n"}, model.Source{Kind: "helm", ValueFiles: []string{"v.yaml"}}, "helm-values", "v.yaml", 0, "not a YAML mapping"},
		{"broken Chart.yaml", map[string]string{"Chart.yaml": "name: [\n"}, helmAt(""), "yaml-syntax", "Chart.yaml", 1, ""},
		{"no Chart.yaml", map[string]string{"c/x": ""}, helmAt("c"), "helm-chart", "c/Chart.yaml", 0, "Chart.yaml file is missing"},
		{"no folder", map[string]string{"x": ""}, helmAt("c"), "not-found", "c", 0, "does not exist"},
		{"incomplete Chart.yaml", map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\n"}, helmAt(""), "helm-chart", "Chart.yaml", 0, "version"},
		{"chart of another version", map[string]string{"Chart.yaml": strings.Replace(chartYAML(""), "v2", "v3", 1)}, helmAt(""), "helm-chart", "Chart.yaml", 0, "v3"},
		{"library", map[string]string{"Chart.yaml": chartYAML("type: library\n")}, helmAt(""), "helm-library", "Chart.yaml", 0, "not installable"},
		{"Kubernetes too old", map[string]string{"Chart.yaml": chartYAML("kubeVersion: \">=1.99\"\n")}, helmAt(""), "kube-version", "Chart.yaml", 4, ">=1.99"},
		{"absent dependency", map[string]string{"Chart.yaml": chartYAML("dependencies:\n- name: far\n  version: 1.x\n  repository: https://charts.example\n")}, helmAt(""), "helm-dependency-missing", "Chart.yaml", 5, "far"},
		{"broken archive", map[string]string{"Chart.yaml": chartYAML(""), "charts/x-1.tgz": "no archive"}, helmAt(""), "helm-archive", "charts/x-1.tgz", 0, "not a chart archive"},
		{"bad parameter", map[string]string{"Chart.yaml": chartYAML("")}, model.Source{Kind: "helm", Parameters: []model.HelmParameter{{Name: "a[x]", Value: "1"}}}, "helm-parameter", "", 0, "a[x]"},

		{"absent resource", map[string]string{"k/kustomization.yaml": "namePrefix: a-\nresources:\n- x.yaml\n"}, kust, "not-found", "k/kustomization.yaml", 3, "x.yaml does not exist"},
		{"absent base of a base", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources:\n- c.yaml\n- ../d\n", "b/c.yaml": configMap}, kust, "not-found", "b/kustomization.yaml", 3, "../d does not exist"},
		{"broken resource", map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\n", "k/x.yaml": configMap + "---\na: [\n"}, kust, "yaml-syntax", "k/x.yaml", 5, ""},
		{"broken resource of a base", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [x.yaml]\n", "b/x.yaml": "a: b: c\n"}, kust, "yaml-syntax", "b/x.yaml", 1, ""},
		{"conflict in a resource", map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\n", "k/x.yaml": "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> o\n"}, kust, "conflict-marker", "k/x.yaml", 2, "conflict"},
		{"key twice in a resource", map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\n", "k/x.yaml": configMap + "data:\n  a: b\n  a: c\n"}, kust, "duplicate-key", "k/x.yaml", 6, "Kustomize refuses"},
		{"broken kustomization", map[string]string{"k/kustomization.yaml": "resources: [\n"}, kust, "yaml-syntax", "k/kustomization.yaml", 1, ""},
		{"broken kustomization of a base", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yml": "a: b\n c: d\n"}, kust, "yaml-syntax", "b/kustomization.yml", 2, ""},
		{"unknown field", map[string]string{"k/kustomization.yaml": "resources: []\nresuorces: [x]\n"}, kust, "kustomization", "k/kustomization.yaml", 2, "resuorces"},
		{"unknown field of a base", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "namePrefix: b-\nbad: 1\n"}, kust, "kustomization", "b/kustomization.yaml", 2, "bad"},
		{"empty kustomization", map[string]string{"k/kustomization.yaml": ""}, kust, "kustomize", "k/kustomization.yaml", 0, "empty"},
		{"no kustomization", map[string]string{"k/x.yaml": configMap}, kust, "kustomize", "k", 0, "no kustomization file"},
		{"no object for a patch", map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\npatches:\n- path: p.yaml\n", "k/x.yaml": configMap, "k/p.yaml": strings.Replace(configMap, "name: a", "name: b", 1)}, kust, "kustomize", "k/kustomization.yaml", 0, "A patch is about ConfigMap b"},
		{"absent patch", map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\npatches:\n- path: p.yaml\n", "k/x.yaml": configMap}, kust, "not-found", "k/kustomization.yaml", 3, "p.yaml"},
		{"circle", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../k]\n"}, kust, "kustomize-cycle", "b/kustomization.yaml", 0, "circle: k, b, k."},
		{"same object twice", map[string]string{"k/kustomization.yaml": "resources: [x.yaml, y.yaml]\n", "k/x.yaml": configMap, "k/y.yaml": configMap}, kust, "kustomize", "k/y.yaml", 0, "ConfigMap a is there twice"},
		{"object without a name", map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\n", "k/x.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, kust, "kustomize", "k/x.yaml", 0, "without a name: ConfigMap"},
		{"file outside of the kustomization", map[string]string{"k/kustomization.yaml": "configMapGenerator:\n- name: x\n  files: [../out.txt]\n", "out.txt": ""}, kust, "outside-root", "k/kustomization.yaml", 0, "out.txt is outside of k,"},

		{"flux: undefined variable", map[string]string{"k/x.yaml": configMap + "data: {a: \"${NOPE}\"}\n"}, model.Source{Kind: "flux", Path: "k", Kustomization: map[string]any{"spec": map[string]any{"postBuild": map[string]any{"substitute": map[string]any{"a": "b"}}}}}, "flux-substitution", "k/x.yaml", 0, "NOPE"},
		{"flux: bad variable name", map[string]string{"k/x.yaml": configMap}, model.Source{Kind: "flux", Path: "k", Kustomization: map[string]any{"spec": map[string]any{"postBuild": map[string]any{"substitute": map[string]any{"a-b": "b"}}}}}, "flux-substitution", "k/x.yaml", 0, "a-b"},
		{"flux: not a manifest", map[string]string{"k/x.yaml": "just: values\n"}, flux, "not-an-object", "k/x.yaml", 0, ""},
		{"flux: broken manifest", map[string]string{"k/a.yaml": configMap, "k/s/x.yaml": "a: 1\nb: [\n"}, flux, "yaml-syntax", "k/s/x.yaml", 2, ""},

		{"directory: broken manifest", map[string]string{"x.yaml": configMap + "  bad\n"}, model.Source{Kind: "directory"}, "yaml-syntax", "x.yaml", 4, ""},
		{"directory: broken after a good one", map[string]string{"x.yaml": configMap + "---\na: [\n"}, model.Source{Kind: "directory"}, "yaml-syntax", "x.yaml", 5, ""},
		{"directory: name that is no text", map[string]string{"x.yaml": strings.Replace(configMap, "name: a", "name: yes", 1)}, model.Source{Kind: "directory"}, "not-an-object", "x.yaml", 1, "bool"},
		{"directory: no folder", map[string]string{"x.yaml": configMap}, model.Source{Kind: "directory", Path: "none"}, "not-found", "none", 0, "does not exist"},
		{"unknown kind", map[string]string{"x.yaml": configMap}, model.Source{Kind: "magic"}, "unknown-source", "", 0, "magic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := failed(t, testfiles.Tree(t, c.files), c.source)
			problem := problems[0]
			for _, other := range problems {
				if other.Code == c.code {
					problem = other
					break
				}
			}
			if problem.Code != c.code || problem.Location.Path != c.path || problem.Location.Line != c.line && c.line != 0 {
				t.Errorf("got %s", text(t, problems))
			}
			if !strings.Contains(problem.Message, c.says) {
				t.Errorf("%q is not in %q", c.says, problem.Message)
			}
			if strings.Contains(problem.Message, "\n") || len(problem.Message) > 500 {
				t.Errorf("not a sentence: %q", problem.Message)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	root := testdata(t)
	result := rendered(t, root, model.Source{Kind: "kustomize", Path: "kustomize/remote"})
	const file = "kustomize/remote/kustomization.yaml"
	want := []model.Missing{
		{Kind: "chart", Reference: "redis 1.2.3 https://charts.example.invalid", Path: file, Line: 25,
			Chart: model.ChartReference{Repository: "https://charts.example.invalid", Name: "redis", Version: "1.2.3"}},
		{Kind: "base", Reference: "https://example.invalid/acme/base//deploy?ref=v1", Path: file, Line: 2,
			Git: model.GitReference{URL: "https://example.invalid/acme/base", Ref: "v1", Path: "deploy", Submodules: true}},
		{Kind: "base", Reference: "github.com/acme/other", Path: file, Line: 3,
			Git: model.GitReference{URL: "https://github.com/acme/other", Submodules: true}},
		{Kind: "base", Reference: "git@git.example.invalid:acme/third.git", Path: file, Line: 4,
			Git: model.GitReference{URL: "git@git.example.invalid:acme/third.git", Submodules: true}},
		{Kind: "base", Reference: "https://example.invalid/acme/component?ref=main", Path: file, Line: 8,
			Git: model.GitReference{URL: "https://example.invalid/acme/component", Ref: "main", Submodules: true}},
		{Kind: "generator", Reference: "ksops sealed", Path: file, Line: 14},
		{Kind: "generator", Reference: "Mystery m", Path: file, Line: 23},
		{Kind: "file", Reference: "https://example.invalid/patch.yaml", Path: file, Line: 10, URL: "https://example.invalid/patch.yaml"},
		{Kind: "base", Reference: "https://example.invalid/x.yaml", Path: "kustomize/remote/local/kustomization.yaml", Line: 1,
			URL: "https://example.invalid/x.yaml"},
	}
	if !reflect.DeepEqual(result.Missing, want) {
		t.Errorf("got %s", text(t, result.Missing))
	}
	if len(result.Objects) != 4 {
		t.Errorf("what is local must render: %s", text(t, result.Objects))
	}
	dependency := testfiles.Tree(t, map[string]string{"Chart.yaml": chartYAML("dependencies:\n- {name: far, version: 1.x, repository: \"oci://r.example/charts\"}\n")})
	got := outcome(t, dependency, helmAt(""), nil)
	if want := []model.Missing{{Kind: "chart", Reference: "far 1.x oci://r.example/charts", Path: "Chart.yaml", Line: 5, Dependency: true}}; !reflect.DeepEqual(*got.Missing, want) {
		t.Errorf("got %s", text(t, got.Missing))
	}
}

// TestRestOfAnOverlayOfARemoteBase leaves out what is about the objects that are missing.
func TestRestOfAnOverlayOfARemoteBase(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"k/kustomization.yaml": `resources: ["https://example.invalid/base//x?ref=v1", local.yaml, ../nested]
namePrefix: p-
replicas: [{name: web, count: 3}]
images: [{name: web, newTag: "2"}]
patches:
- path: web.yaml
- path: both.yaml
- patch: |-
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a}
    data: {patched: "yes"}
patchesStrategicMerge:
- |-
  apiVersion: v1
  kind: Service
  metadata: {name: far, namespace: ns}
  $patch: delete
configMapGenerator: [{name: far, behavior: merge, literals: [x=y]}, {name: own, literals: [x=y]}]
replacements:
- source: {kind: Service, name: far}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.x]}]
vars:
- {name: FAR, objref: {kind: Service, name: far, apiVersion: v1}}
`,
		"k/local.yaml":              configMap + "data: {own: \"1\"}\n",
		"k/web.yaml":                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 9}\n",
		"k/both.yaml":               "apiVersion: batch/v1\nkind: Job\nmetadata: {name: far}\n",
		"nested/kustomization.yaml": "resources: [n.yaml, \"https://example.invalid/n.yaml\"]\npatches:\n- path: p.yaml\n",
		"nested/n.yaml":             named("n"), "nested/p.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: far}\n",
	})
	result := rendered(t, root, model.Source{Kind: "kustomize", Path: "k"})
	if got := names(result.Objects); !strings.HasPrefix(got, "p-a p-n p-own-") {
		t.Errorf("got %s", got)
	}
	if !strings.Contains(string(result.Objects[0].Object), "patched") {
		t.Errorf("a patch of a local object was left out: %s", result.Objects[0].Object)
	}
	said := []string{}
	for _, problem := range result.Problems {
		if problem.Severity != model.SeverityWarning || problem.Code != "missing-target" {
			t.Errorf("got %+v", problem)
		}
		said = append(said, problem.Message)
	}
	for _, what := range []string{"Deployment web", "Job far", "Service far", "Secret far", "replica count of web", "merge into far", "variable FAR"} {
		if !strings.Contains(strings.Join(said, "\n"), what) {
			t.Errorf("%s is not in %q", what, said)
		}
	}
	if len(result.Missing) != 2 {
		t.Errorf("missing %v", result.Missing)
	}
}

func TestFluxRefusesHelmCharts(t *testing.T) {
	problems := failed(t, testdata(t), fluxOf("kustomize/charts", map[string]any{}))
	if problems[0].Code != "flux-helm-charts" {
		t.Errorf("got %s", text(t, problems))
	}
}

func origins(result *model.RenderResult) map[string]string {
	all := map[string]string{}
	for _, object := range result.Objects {
		top := headOf(object.Object)
		all[top.Kind+" "+top.Metadata.Name] = object.Origin.Path
	}
	return all
}

func TestOrigins(t *testing.T) {
	root := testdata(t)
	for _, c := range []struct {
		source model.Source
		want   map[string]string
	}{
		{model.Source{Kind: "kustomize", Path: "kustomize/components/overlay"}, map[string]string{
			"ConfigMap extra": "kustomize/components/one/extra.yaml",
			"Deployment web":  "kustomize/base/deployment.yaml", "Service web": "kustomize/base/service.yaml",
			"Secret tokens-466mtcbhkk": "kustomize/components/two/kustomization.yaml",
		}},
		{model.Source{Kind: "kustomize", Path: "kustomize/metadata"}, map[string]string{
			"ConfigMap m-empty": "kustomize/metadata/empty.yaml", "Deployment m-web": "kustomize/base/deployment.yaml",
		}},
		{helmAt("charts/dependencies"), map[string]string{
			"ConfigMap rel-parent": "charts/dependencies/templates/all.yaml",
			"ConfigMap rel-cache":  "charts/dependencies/charts/cache/templates/cm.yaml",
			// The same chart under another name.
			"ConfigMap rel-sessions": "charts/dependencies/charts/cache/templates/cm.yaml",
			"ConfigMap rel-leaf":     "charts/dependencies/charts/database/charts/leaf/templates/cm.yaml",
		}},
		{helmAt("charts/archive"), map[string]string{"ConfigMap rel-packed": "charts/archive/charts/packed-1.2.3.tgz"}},
		{helmAt("charts/crds"), map[string]string{
			"CustomResourceDefinition pears.a.example": "charts/crds/crds/two.yaml",
			"CustomResourceDefinition plums.c.example": "charts/crds/charts/sub/crds/sub.yaml",
		}},
	} {
		got := origins(rendered(t, root, c.source))
		for object, path := range c.want {
			if got[object] != path {
				t.Errorf("%s: %s is from %q, want %q (%v)", c.source.Path, object, got[object], path, got)
			}
		}
	}
}

func TestRoles(t *testing.T) {
	root := testdata(t)
	got := map[string]string{}
	for _, path := range []string{"charts/hooks", "charts/crds"} {
		for _, object := range rendered(t, root, helmAt(path)).Objects {
			got[headOf(object.Object).Metadata.Name] = object.Role
		}
	}
	want := map[string]string{
		"rel-late": "hook", "early": "hook", "after": "hook", "hooked": "hook", "check": "test", "old-check": "test",
		"plain": "resource", "gala": "resource", "sub": "resource",
		"apples.a.example": "crd", "pears.a.example": "crd", "figs.b.example": "crd", "plums.c.example": "crd",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestGeneratedFields(t *testing.T) {
	root := testdata(t)
	first, second := rendered(t, root, helmAt("charts/random")), rendered(t, root, helmAt("charts/random"))
	if text(t, first) != text(t, second) {
		t.Error("two renders of a release differ")
	}
	want := map[string][]string{
		"Secret": {
			"/data/ca.crt", "/data/htpasswd", "/data/password", "/data/second", "/data/tls.crt", "/data/tls.key",
			"/metadata/annotations/rolled", "/stringData/coin", "/stringData/digit", "/stringData/id",
		},
		"ConfigMap": {},
		"Pod":       {"/metadata/annotations/rollme", "/spec/containers/0/env/0/value"},
	}
	for _, object := range first.Objects {
		if kind := headOf(object.Object).Kind; !reflect.DeepEqual(object.Generated, want[kind]) {
			t.Errorf("%s: %v", kind, object.Generated)
		}
	}
	other := helmAt("charts/random")
	other.ReleaseName = "another"
	if text(t, rendered(t, root, other).Objects) == text(t, first.Objects) {
		t.Error("another release has the same secrets")
	}
	var secret struct{ Data map[string]string }
	if err := json.Unmarshal(first.Objects[0].Object, &secret); err != nil {
		t.Fatal(err)
	}
	if secret.Data["password"] == secret.Data["second"] {
		t.Error("two calls gave one value")
	}
}

// TestGeneratedControlFlow lets random values decide what exists.
func TestGeneratedControlFlow(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"Chart.yaml": chartYAML(""), "values.yaml": "counter: {n: 0}\n",
		"templates/a.yaml": "{{- $n := randInt 0 2 }}{{ if eq $n 0 }}" + configMap + "data: {only: \"0\"}\n---\n{{ end }}\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {num: \"{{ $n }}\", steady: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n",
		"templates/b.yaml": "{{- $_ := set .Values.counter \"n\" (add1 .Values.counter.n) }}\n" + strings.Replace(configMap, "name: a", "name: n", 1) + "data: {n: \"{{ .Values.counter.n }}\"}\n",
	})
	for _, object := range rendered(t, root, helmAt("")).Objects {
		switch top := headOf(object.Object); top.Kind + " " + top.Metadata.Name {
		case "Secret s":
			if !reflect.DeepEqual(object.Generated, []string{"/stringData/num"}) {
				t.Errorf("secret: %v", object.Generated)
			}
		case "Pod p", "ConfigMap n":
			if len(object.Generated) != 0 {
				t.Errorf("%s: %v", top.Kind, object.Generated)
			}
		}
	}
}

func TestCapabilitiesAssumed(t *testing.T) {
	root := testdata(t)
	for path, want := range map[string]bool{"charts/capabilities": true, "charts/basic": false, "charts/tpl": false} {
		got := outcome(t, root, helmAt(path), nil)
		if got.Kind != "rendered" || got.Result.CapabilitiesAssumed != want {
			t.Errorf("%s: %s", path, text(t, got))
		}
		if given := rendered(t, root, helmAt(path)); given.CapabilitiesAssumed {
			t.Errorf("%s: assumed although given", path)
		}
	}
	exact := outcome(t, root, helmAt("charts/capabilities"), &model.Capabilities{KubeVersion: "v1.30.1", APIVersions: []string{"custom.example/v1"}})
	data := decode(t, exact.Result.Objects[0].Object).(map[string]any)["data"].(map[string]any)
	if data["apps"] != "false" || data["custom"] != "true" || data["version"] != "v1.30.1" {
		t.Errorf("got %v", data)
	}
}

func names(objects []model.RenderedObject) string {
	all := []string{}
	for _, object := range objects {
		all = append(all, headOf(object.Object).Metadata.Name)
	}
	return strings.Join(all, " ")
}

func named(name string) string { return strings.Replace(configMap, "name: a", "name: "+name, 1) }

func TestDirectory(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"d/b.yml": named("b"), "d/a.yaml": named("a1") + "---\n---\n# nothing\n---\n" + named("a2"),
		"d/c.json":    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}`,
		"d/list.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l1}}\n- {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: l2}}]}\n",
		"d/skip.yaml": "# +argocd:skip-file-rendering\n" + named("never"), "d/readme.md": "x",
		"d/values.yaml": "some: values\n", "d/broken.yaml": "not: [yaml\n",
		"d/sub/s.yaml": named("s"), "d/sub/deep/config.json": `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"deep"}}`,
	})
	if err := os.Symlink("b.yml", filepath.Join(root, "d", "z.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("sub", filepath.Join(root, "d", "linked")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source model.Source
		want   string
	}{
		{model.Source{}, "a1 a2 b c l1 l2 b"},
		{model.Source{Recurse: true}, "a1 a2 b c l1 l2 deep s b"},
		{model.Source{Recurse: true, Include: "sub/*"}, "deep s"},
		{model.Source{Recurse: true, Exclude: "{list.yaml,z.yaml,sub/deep/*}"}, "a1 a2 b c s"},
		{model.Source{Recurse: true, Include: "*.json", Exclude: "sub*"}, "c"},
	} {
		source := c.source
		source.Kind, source.Path = "directory", "d"
		if got := names(rendered(t, root, source).Objects); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.source, got, c.want)
		}
	}
	lines := []int{}
	for _, object := range rendered(t, root, model.Source{Kind: "directory", Path: "d"}).Objects {
		lines = append(lines, object.Origin.Line)
	}
	if !reflect.DeepEqual(lines, []int{1, 8, 1, 1, 1, 1, 1}) {
		t.Errorf("lines %v", lines)
	}
}

// TestUntrackedFilesAreNotThere renders a working tree as the controllers would see it once committed.
func TestUntrackedFilesAreNotThere(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		".gitignore": "out/\n*.tmp.yaml\n", "a.yaml": named("a"), "x.tmp.yaml": named("never"), "out/b.yaml": named("never"),
		"out/kept.yaml": named("kept"), "s/.gitignore": "!y.tmp.yaml\n", "s/y.tmp.yaml": named("yes-here"), ".git/c.yaml": named("never"),
		"local/z.yaml": named("never"),
	})
	disk, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	for _, source := range []model.Source{{Kind: "directory", Recurse: true}, fluxOf("", map[string]any{})} {
		layer := files.NewLayer(disk)
		got := Render(Input{Layer: layer, Untracked: files.NewUntracked("/local\n", func() func(string) bool {
			return files.Tracked([]string{"out/kept.yaml", "a.yaml"})
		})}, model.RenderRequest{Snapshot: model.Snapshot{Root: root}, Source: source})
		if got.Kind != "rendered" || names(got.Result.Objects) != "a kept yes-here" {
			t.Errorf("%s: %s", source.Kind, text(t, got))
		}
		if !askedFor(layer.Inputs(), "s/.gitignore") {
			t.Error("an ignore file is no input")
		}
	}
}

func TestDirectoryPatternThatIsNoGlob(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{"a.yaml": configMap})
	for _, c := range []struct {
		include, exclude string
		objects          int
	}{{"[", "", 0}, {"", "[", 1}} {
		result := rendered(t, root, model.Source{Kind: "directory", Include: c.include, Exclude: c.exclude})
		if len(result.Objects) != c.objects || len(result.Problems) != 1 || result.Problems[0].Code != "directory-glob" {
			t.Errorf("got %s", text(t, result))
		}
	}
}

func TestObjectsWithoutName(t *testing.T) {
	for _, source := range []model.Source{{Kind: "directory", Path: "templates"}, helmAt("")} {
		result := rendered(t, testfiles.Tree(t, map[string]string{
			"Chart.yaml":       chartYAML(""),
			"templates/x.yaml": configMap + "---\napiVersion: v1\nkind: Secret\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {generateName: p-}}\n- {apiVersion: v1, kind: Pod, metadata: {labels: {a: b}}}\n",
		}), source)
		if len(result.Objects) != 2 || len(result.Problems) != 2 {
			t.Errorf("got %s", text(t, result))
		}
		for _, problem := range result.Problems {
			if problem.Code != "not-an-object" || !strings.Contains(problem.Message, "no name") {
				t.Errorf("got %+v", problem)
			}
		}
	}
}

// TestEveryReadIsAnInput changes, takes away and adds files one by one: what changes the result must
// have been asked for.
func TestEveryReadIsAnInput(t *testing.T) {
	root := testdata(t)
	sources := []model.Source{
		helmAt("charts/dependencies"), helmAt("charts/files"), helmAt("charts/schema"),
		{Kind: "kustomize", Path: "kustomize/overlay"}, {Kind: "kustomize", Path: "kustomize/components/overlay"},
		{Kind: "kustomize", Path: "kustomize/replacements"}, {Kind: "kustomize", Path: "kustomize/charts"},
		{Kind: "kustomize", Path: "kustomize/remote"}, {Kind: "kustomize", Path: "kustomize/transformers"},
		{Kind: "flux", Path: "kustomize/base2", Kustomization: map[string]any{"spec": map[string]any{}}},
		{Kind: "flux", Path: "charts/crds/crds", Kustomization: map[string]any{"spec": map[string]any{"components": []any{"../../../kustomize/components/none"}, "ignoreMissingComponents": true}}},
		{Kind: "directory", Path: "charts/crds/crds", Recurse: true},
	}
	disk, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	paths, err := files.Paths(disk, "", files.Tracked(nil))
	if err != nil {
		t.Fatal(err)
	}
	added := []string{"values.yaml", "templates/new.yaml", "kustomization.yml", "new.yaml", ".helmignore", "charts/new/Chart.yaml", ".sourceignore"}
	for _, source := range sources {
		render := func(overlay map[string]*string) model.Outcome {
			return Render(Input{Layer: files.NewLayer(files.WithOverlay(disk, overlay))}, model.RenderRequest{
				Snapshot: model.Snapshot{Root: root}, Source: source, Capabilities: testCapabilities,
			})
		}
		before := render(nil)
		base := text(t, objectsAndProblems(before))
		try := func(path string, content *string) {
			after := render(map[string]*string{path: content})
			if text(t, objectsAndProblems(after)) != base && !askedFor(inputsOf(before), path) {
				t.Errorf("%s %s: a change of %s changes the result and was not asked for", source.Kind, source.Path, path)
			}
		}
		for i, path := range paths {
			changed := "changed: yes\n"
			// All that was read, and some of what was not.
			if askedFor(inputsOf(before), path) || i%9 == 0 {
				try(path, &changed)
				try(path, nil)
			}
		}
		for _, name := range added {
			content := configMap
			for _, folder := range []string{source.Path, "kustomize/base", "kustomize/one", "charts/dependencies/charts/cache", ""} {
				try(files.Join(folder, name), &content)
			}
		}
	}
}

func objectsAndProblems(o model.Outcome) any {
	if o.Result != nil {
		return []any{o.Result.Objects, o.Result.Missing, o.Result.Problems}
	}
	return []any{o.Problems, o.Missing}
}

func inputsOf(o model.Outcome) []model.Input {
	if o.Result != nil {
		return o.Result.Inputs
	}
	return *o.Inputs
}

// askedFor is the rule by which the editor decides which apps a change affects.
func askedFor(inputs []model.Input, path string) bool {
	for _, input := range inputs {
		below, isBelow := strings.CutPrefix(path, input.Path+"/")
		if input.Path == "" {
			below, isBelow = path, true
		}
		switch {
		case input.Kind == "file" && input.Path == path:
			return true
		case input.Kind == "listing" && isBelow && (*input.Recursive || !strings.Contains(below, "/")):
			return true
		}
	}
	return false
}
