package render

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	fluxchartutil "github.com/fluxcd/pkg/chartutil"
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubeclient "sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// valuesChart shows its merged values, whatever they are.
var valuesChart = map[string]string{
	"c/Chart.yaml":           "apiVersion: v2\nname: c\nversion: 1.0.0\n",
	"c/values.yaml":          "chart: default\n",
	"c/templates/shown.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shown}\ndata:\n  values: {{ .Values | toJson | quote }}\n",
}

func releaseOf(values string, references ...model.ValuesReference) model.Source {
	source := model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n", ValuesFrom: references}
	if err := json.Unmarshal([]byte(values), &source.Values); err != nil {
		panic(err)
	}
	return source
}

func shownValues(t *testing.T, result *model.RenderResult) map[string]any {
	t.Helper()
	var shown struct {
		Data struct{ Values string }
	}
	if err := json.Unmarshal(result.Objects[0].Object, &shown); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := json.Unmarshal([]byte(shown.Data.Values), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func from(text string) model.ValuesReference {
	return model.ValuesReference{Kind: "ConfigMap", Name: "m", Text: text}
}

func at(path, text string) model.ValuesReference {
	return model.ValuesReference{Kind: "Secret", Name: "s", ValuesKey: "key of " + path, TargetPath: path, Text: text}
}

func TestReleaseValues(t *testing.T) {
	literal := at("a", `x,y={z}`)
	literal.Literal = true
	for _, c := range []struct {
		name, values string
		references   []model.ValuesReference
		want         string
	}{
		{"inline over references", `{"a":{"x":1}}`, []model.ValuesReference{from("a: {x: 2, z: 2}\n")}, `{"a":{"x":1,"z":2}}`},
		{"a target over a nested inline value", `{"a":{"x":1}}`, []model.ValuesReference{at("a.x", "2")}, `{"a":{"x":2}}`},
		{"a scalar at the top stays inline", `{"a":1}`, []model.ValuesReference{at("a", "2")}, `{"a":1}`},
		{"a target that nothing inline has", `{}`, []model.ValuesReference{at("a.b[1]", "2")}, `{"a":{"b":[null,2]}}`},
		{"a number, a truth, null", `{}`, []model.ValuesReference{at("a", "1"), at("b", "true"), at("c", "null")}, `{"a":1,"b":true,"c":null}`},
		{"quotes force a string", `{}`, []model.ValuesReference{at("a", `"1"`), at("b", `'true'`)}, `{"a":"1","b":"true"}`},
		{"--set syntax", `{}`, []model.ValuesReference{at("a", `{x,y}`), at("b", `1,c=2`)}, `{"a":["x","y"],"b":1,"c":2}`},
		{"a path with a dot", `{}`, []model.ValuesReference{at(`a\.b`, "1")}, `{"a.b":1}`},
		{"literal", `{}`, []model.ValuesReference{literal}, `{"a":"x,y={z}"}`},
		{"later references win", `{}`, []model.ValuesReference{from("a: 1\nb: 1\n"), {Kind: "Secret", Name: "m", Text: "b: 2\n"}}, `{"a":1,"b":2}`},
		{"values after a target", `{}`, []model.ValuesReference{at("a", "1"), from("a: 2\n")}, `{"a":2}`},
		{"a nested target in a map of a reference", `{"a":{"y":1}}`, []model.ValuesReference{from("a: {x: 1}\n"), at("a.y", "2")}, `{"a":{"x":1,"y":1}}`},
		{"empty text", `{"a":1}`, []model.ValuesReference{from("")}, `{"a":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := shownValues(t, rendered(t, testfiles.Tree(t, valuesChart), releaseOf(c.values, c.references...)))
			want := map[string]any{}
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			want["chart"] = "default"
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %s", text(t, got), text(t, want))
			}
			for key, value := range mergedByFlux(t, c.values, c.references) {
				if value != nil && !reflect.DeepEqual(got[key], value) {
					t.Errorf("helm-controller has %s at %s", text(t, value), key)
				}
			}
		})
	}
}

// mergedByFlux asks helm-controller's package with objects of a cluster.
func mergedByFlux(t *testing.T, inline string, references []model.ValuesReference) map[string]any {
	t.Helper()
	cluster := objectsOfCluster{}
	refs := []meta.ValuesReference{}
	for _, reference := range references {
		ref := meta.ValuesReference{Kind: reference.Kind, Name: reference.Name, ValuesKey: reference.ValuesKey,
			TargetPath: reference.TargetPath, Literal: reference.Literal}
		cluster[ref.Kind+ref.Name+ref.GetValuesKey()] = reference.Text
		refs = append(refs, ref)
	}
	values := map[string]any{}
	if err := json.Unmarshal([]byte(inline), &values); err != nil {
		t.Fatal(err)
	}
	merged, err := fluxchartutil.ChartValuesFromReferences(context.Background(), logr.Discard(),
		clusterReader{objects: cluster}, "n", values, refs...)
	if err != nil {
		t.Fatal(err)
	}
	plain := map[string]any{}
	if err := json.Unmarshal([]byte(text(t, merged)), &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

type objectsOfCluster map[string]string

type clusterReader struct {
	kubeclient.Client
	objects objectsOfCluster
}

func (c clusterReader) Get(_ context.Context, key kubeclient.ObjectKey, object kubeclient.Object, _ ...kubeclient.GetOption) error {
	kind := "ConfigMap"
	if _, ok := object.(*corev1.Secret); ok {
		kind = "Secret"
	}
	found := false
	for id, text := range c.objects {
		name, ok := strings.CutPrefix(id, kind+key.Name)
		if !ok {
			continue
		}
		found = true
		switch object := object.(type) {
		case *corev1.ConfigMap:
			metav1.SetMetaDataAnnotation(&object.ObjectMeta, "seen", "true")
			if object.Data == nil {
				object.Data = map[string]string{}
			}
			object.Data[name] = text
		case *corev1.Secret:
			if object.Data == nil {
				object.Data = map[string][]byte{}
			}
			object.Data[name] = []byte(text)
		}
	}
	if !found {
		return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	}
	return nil
}

func TestReleaseValuesOfFiles(t *testing.T) {
	files := map[string]string{"env/prod.yaml": "a: 1\n", "env/sealed.yaml": "b: ENC[AES256_GCM,data:abc,iv:x]\n"}
	for name, content := range valuesChart {
		files[name] = content
	}
	root := testfiles.Tree(t, files)
	plain := model.ValuesReference{Kind: "ConfigMap", Name: "m", File: "env/prod.yaml"}
	sealed := model.ValuesReference{Kind: "Secret", Name: "s", File: "env/sealed.yaml"}
	result := rendered(t, root, releaseOf(`{}`, plain, sealed))
	if got := shownValues(t, result); !reflect.DeepEqual(got, map[string]any{"a": 1.0, "chart": "default"}) {
		t.Errorf("got %s", text(t, got))
	}
	if len(result.Problems) != 1 || result.Problems[0].Code != "unresolved-values" || result.Problems[0].Severity != model.SeverityWarning ||
		!strings.Contains(result.Problems[0].Message, "Secret s") {
		t.Errorf("got %s", text(t, result.Problems))
	}
	asked := map[string]bool{}
	for _, input := range result.Inputs {
		asked[input.Path] = true
	}
	if !asked["env/prod.yaml"] || !asked["env/sealed.yaml"] {
		t.Errorf("not among the inputs: %s", text(t, result.Inputs))
	}
}

func TestReleaseValuesFail(t *testing.T) {
	const canary = "CANARY"
	for _, c := range []struct {
		name      string
		reference model.ValuesReference
		says      string
	}{
		{"no mapping", from(canary), "not a YAML mapping"},
		{"broken text", from("a: [" + canary + "\n"), "not a YAML mapping"},
		{"a path that is none", at("a[-1]", canary), "targetPath"},
		{"another kind", model.ValuesReference{Kind: "Pod", Name: "p", Text: canary}, "cannot be merged"},
		{"no file", model.ValuesReference{Kind: "ConfigMap", Name: "m", File: "none.yaml"}, "does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := failed(t, testfiles.Tree(t, valuesChart), releaseOf(`{}`, c.reference))
			if !strings.Contains(problems[0].Message, c.says) || strings.Contains(text(t, problems), canary) {
				t.Errorf("got %s", text(t, problems))
			}
		})
	}
}

var hookChart = map[string]string{
	"c/Chart.yaml":          "apiVersion: v2\nname: c\nversion: 1.0.0\n",
	"c/crds/crd.yaml":       "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.b}\n",
	"c/templates/app.yaml":  "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: \"web:1\"}]\n",
	"c/templates/hook.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: \"web:1\"}]\n",
	"c/templates/made.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {made: {{ randAlpha 5 | quote }}, plain: \"1\"}\n",
}

func postRender(strategy string, renderers ...string) model.Source {
	source := model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n", IncludeCRDs: true, PostRenderStrategy: strategy}
	for _, renderer := range renderers {
		source.PostRenderers = append(source.PostRenderers, model.PostRenderer{Kustomize: json.RawMessage(renderer)})
	}
	return source
}

func byName(t *testing.T, result *model.RenderResult) map[string]model.RenderedObject {
	t.Helper()
	found := map[string]model.RenderedObject{}
	for _, object := range result.Objects {
		found[headOf(object.Object).Metadata.Name] = object
	}
	return found
}

func TestPostRenderers(t *testing.T) {
	const image = `{"images":[{"name":"web","newName":"reg/web","newTag":"2"}]}`
	const label = `{"patches":[{"target":{"kind":"Deployment|Job"},"patch":"- op: add\n  path: /metadata/annotations/team\n  value: shop\n"}]}`
	for strategy, hookImage := range map[string]string{"": "reg/web:2", "combined": "reg/web:2", "separate": "reg/web:2", "nohooks": "web:1"} {
		t.Run("strategy "+strategy, func(t *testing.T) {
			result := rendered(t, testfiles.Tree(t, hookChart), postRender(strategy, image, label))
			found := byName(t, result)
			if len(found) != 4 {
				t.Fatalf("got %s", text(t, result.Objects))
			}
			if app := string(found["web"].Object); !strings.Contains(app, `"reg/web:2"`) || !strings.Contains(app, `"team":"shop"`) || strings.Contains(app, carrier) {
				t.Errorf("got %s", app)
			}
			hook := found["migrate"]
			if !strings.Contains(string(hook.Object), `"`+hookImage+`"`) || hook.Role != model.RoleHook {
				t.Errorf("got %s %s", hook.Role, hook.Object)
			}
			if found["xs.a.b"].Role != model.RoleCRD || found["web"].Origin.Path != "c/templates/app.yaml" {
				t.Errorf("got %s", text(t, result.Objects))
			}
			if generated := found["made"].Generated; !reflect.DeepEqual(generated, []string{"/data/made"}) {
				t.Errorf("got %v", generated)
			}
		})
	}
}

func TestPostRenderersDecideWhatExists(t *testing.T) {
	result := rendered(t, testfiles.Tree(t, hookChart), postRender("",
		`{"patches":[{"patch":"$patch: delete\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: made\n"}]}`,
		`{"patches":[{"target":{"kind":"Job"},"patch":"- op: remove\n  path: /metadata/annotations/helm.sh~1hook\n"}]}`))
	found := byName(t, result)
	if _, ok := found["made"]; ok || len(found) != 3 {
		t.Errorf("got %s", text(t, result.Objects))
	}
	if job := found["migrate"]; job.Role != model.RoleResource || strings.Contains(string(job.Object), "annotations\":{\"") {
		t.Errorf("got %s %s", job.Role, job.Object)
	}
}

func TestPostRenderersFail(t *testing.T) {
	noMatch := `{"patches":[{"patch":"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: absent\ndata: {a: b}\n"}]}`
	twice := map[string]string{"c/templates/account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: made}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: made, annotations: {helm.sh/hook: pre-install}}\n"}
	for name, content := range hookChart {
		twice[name] = content
	}
	for _, c := range []struct {
		name   string
		files  map[string]string
		source model.Source
		says   string
	}{
		{"no object for a patch", hookChart, postRender("", noMatch), "A patch is about ConfigMap absent"},
		{"malformed", hookChart, postRender("", `{"patches":[{"patch":7}]}`), "malformed"},
		{"an object and its hook in one stream", twice, postRender("combined", `{}`), "ServiceAccount made is there twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := failed(t, testfiles.Tree(t, c.files), c.source)
			if problems[0].Code != "helm-post-renderer" || !strings.Contains(problems[0].Message, c.says) {
				t.Errorf("got %s", text(t, problems))
			}
		})
	}
	if result := rendered(t, testfiles.Tree(t, twice), postRender("separate", `{}`)); len(result.Objects) != 6 {
		t.Errorf("got %s", text(t, result.Objects))
	}
}
