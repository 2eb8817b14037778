package render

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fluxkustomize "github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// onDisk builds with Flux's own generator and build on a copy of the tree, as kustomize-controller
// does in its working folder.
func onDisk(t *testing.T, root string, source model.Source) []any {
	t.Helper()
	copied := t.TempDir()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		target := filepath.Join(copied, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(copied, filepath.FromSlash(source.Path))
	object := unstructured.Unstructured{Object: source.Kustomization}
	if _, err := fluxkustomize.NewGenerator(copied, object).WriteFile(folder); err != nil {
		t.Fatal(err)
	}
	result, err := fluxkustomize.SecureBuild(copied, folder, false)
	if err != nil {
		t.Fatal(err)
	}
	all := []any{}
	for _, res := range result.Resources() {
		if _, ok, _ := unstructured.NestedMap(source.Kustomization, "spec", "postBuild"); ok {
			if _, err := fluxkustomize.SubstituteVariables(context.Background(), nil, object, res,
				fluxkustomize.SubstituteWithDryRun(true), fluxkustomize.SubstituteWithStrict(true)); err != nil {
				t.Fatal(err)
			}
		}
		data, err := res.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, decode(t, data))
	}
	return all
}

func fluxOf(path string, spec map[string]any) model.Source {
	return model.Source{Kind: "flux", Path: path, Kustomization: map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
		"metadata": map[string]any{"name": "k", "namespace": "flux-system"}, "spec": spec,
	}}
}

// TestFluxEqualsItsOwnBuild compares with Flux on disk.
func TestFluxEqualsItsOwnBuild(t *testing.T) {
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec: {template: {spec: {containers: [{name: c, image: \"registry.example/web:1.0@sha256:aaaa\"}, {name: d, image: other}]}}}\n"
	trees := map[string]map[string]string{
		"plain": {
			"a/x.yaml": named("x"), "a/deep/y.yml": named("y") + "---\n" + named("y2"), "a/deep/more/z.yaml": deployment,
			"a/readme.md": "# not a manifest", "a/list.yaml": "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(named("l")), "\n", "\n  ") + "\n",
		},
		"folders": {
			"a/x.yaml": named("x"), "a/own/kustomization.yml": "namePrefix: p-\nresources: [y.yaml]\n", "a/own/y.yaml": named("y"),
			"a/own/ignored.yaml": named("ignored"), "a/comp/kustomization.yaml": "namePrefix: q-\nresources: [z.yaml]\n", "a/comp/z.yaml": named("z"),
		},
		"own": {
			"a/kustomization.yaml": "resources: [x.yaml, ../b]\nimages:\n- {name: registry.example/web, newTag: \"2\"}\n- {name: other, digest: \"sha256:bbbb\"}\nunknownField: dropped\n",
			"a/x.yaml":             deployment, "b/kustomization.yaml": "resources: [y.yaml]\nconfigMapGenerator:\n- {name: g, files: [../c/out.txt]}\n", "b/y.yaml": named("y"), "c/out.txt": "outside of the kustomization",
			"comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {component: \"yes\"}\n",
		},
		"only generators": {"a/kustomization.yaml": "configMapGenerator:\n- {name: g, literals: [a=b]}\n"},
		"empty":           {"a/readme.md": "x"},
		"whole":           {"x.yaml": named("x"), "s/y.yaml": named("y")},
	}
	patches := []any{
		map[string]any{"patch": "- {op: add, path: /metadata/labels/patched, value: \"1\"}", "target": map[string]any{"kind": "Deployment", "labelSelector": "app=web"}},
		map[string]any{"patch": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: any}\ndata: {added: \"2\"}", "target": map[string]any{"kind": "ConfigMap", "name": "y"}},
	}
	specs := map[string]map[string]any{
		"nothing":   {},
		"namespace": {"targetNamespace": "team", "namePrefix": "f-", "nameSuffix": "-g"},
		"patches":   {"patches": patches},
		"images": {"images": []any{
			map[string]any{"name": "registry.example/web", "newName": "mirror.example/web", "newTag": "3"},
			map[string]any{"name": "other", "newName": "mirror.example/other"},
		}},
		"metadata": {"buildMetadata": []any{"originAnnotations"}},
	}
	for treeName, texts := range trees {
		for specName, spec := range specs {
			t.Run(treeName+" with "+specName, func(t *testing.T) {
				path := "a"
				if treeName == "whole" {
					path = ""
				}
				root := testfiles.Tree(t, texts)
				source := fluxOf(path, spec)
				if treeName == "own" && specName == "nothing" {
					source = fluxOf(path, map[string]any{"components": []any{"../comp", "../none"}, "ignoreMissingComponents": true})
				}
				got := objectsOf(t, rendered(t, root, source))
				want := onDisk(t, root, source)
				if treeName == "empty" {
					if len(got) != 0 || len(want) != 0 {
						t.Errorf("got %v, want %v", got, want)
					}
					return
				}
				compare(t, got, want)
			})
		}
	}
}

func TestFluxSubstitution(t *testing.T) {
	texts := map[string]string{"a/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"${name}\"}\ndata:\n  plain: ${region}\n  default: ${none:=fallback}\n  upper: ${region^^}\n  number: \"${count}\"\n  bare: ${count}\n  kept: $${region} $region\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: off, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\ndata: {kept: \"${anything}\"}\n"}
	root := testfiles.Tree(t, texts)
	substitute := map[string]any{"name": "n", "region": "eu\n-west", "count": "5"}
	source := fluxOf("a", map[string]any{"postBuild": map[string]any{"substitute": substitute}})
	compare(t, objectsOf(t, rendered(t, root, source)), onDisk(t, root, source))

	partly := fluxOf("a", map[string]any{"postBuild": map[string]any{"substitute": map[string]any{"name": "n"}}})
	partly.Variables = map[string]string{"region": "eu\n-west", "count": "5", "name": "overridden"}
	compare(t, objectsOf(t, rendered(t, root, partly)), onDisk(t, root, source))

	without := rendered(t, root, fluxOf("a", map[string]any{}))
	if data := decode(t, without.Objects[0].Object).(map[string]any)["data"].(map[string]any); data["plain"] != "${region}" {
		t.Errorf("substituted without postBuild: %v", data)
	}
	lax := fluxOf("a", map[string]any{"postBuild": map[string]any{"substitute": map[string]any{"name": "n"}}})
	lax.LaxSubstitution = true
	if data := decode(t, rendered(t, root, lax).Objects[0].Object).(map[string]any)["data"].(map[string]any); data["plain"] != nil && data["plain"] != "" {
		t.Errorf("got %v", data)
	}
	always := fluxOf("a", map[string]any{"postBuild": map[string]any{"substituteStrategy": "Always"}})
	if problems := failed(t, root, always); problems[0].Code != "flux-substitution" {
		t.Errorf("got %s", text(t, problems))
	}
}

// TestFluxSourceIgnore leaves out what source-controller does not pack.
func TestFluxSourceIgnore(t *testing.T) {
	noManifest := "no: manifest\n"
	ofCI := map[string]string{".github/workflows/ci.yaml": "on: push\n", ".gitlab-ci.yml": "stages: []\n", ".sops.yaml": "creation_rules: []\n"}
	with := func(files map[string]string) map[string]string {
		all := maps.Clone(ofCI)
		maps.Copy(all, files)
		return all
	}
	for name, c := range map[string]struct {
		files map[string]string
		given string
		want  string
	}{
		"default patterns": {files: with(map[string]string{"ok.yaml": named("ok")}), want: "ok"},
		"own patterns": {files: map[string]string{
			".sourceignore": "/drafts\n*-local.yaml\n", "drafts/x.yaml": noManifest, "a-local.yaml": noManifest,
			"ok.yaml": named("ok"), "s/ok2.yaml": named("ok2"),
		}, want: "ok ok2"},
		"own patterns in place of the default ones": {files: map[string]string{
			"s/.sourceignore": "none\n", "s/x.yaml": named("x"), ".github/y.yaml": named("y"),
		}, want: "y x"},
		"only comments": {files: with(map[string]string{".sourceignore": "# nothing\n", "ok.yaml": named("ok")}), want: "ok"},
		"patterns of a folder": {files: map[string]string{
			"s/.sourceignore": "/x.yaml\n", "s/x.yaml": noManifest, "s/t/x.yaml": named("deep"), "x.yaml": named("x"),
		}, want: "deep x"},
		"included again": {files: map[string]string{
			".sourceignore": "*\n!*.yaml\n", "a/b/c.yaml": named("c"), "a/b/d.yml": noManifest,
		}, want: "c"},
		"patterns of the source": {files: with(map[string]string{
			"ok.yaml": named("ok"), "out.yaml": noManifest, ".sourceignore": "/ok.yaml\n",
		}), given: "!/ok.yaml\n/out.yaml\n.*\n", want: "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			source := fluxOf("", map[string]any{})
			source.Ignore = c.given
			if got := names(rendered(t, testfiles.Tree(t, c.files), source).Objects); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestFluxRefusesObjectsWithoutName(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{"a/kustomization.yaml": "resources: [x.yaml]\n", "a/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n"})
	problems := failed(t, root, fluxOf("a", map[string]any{}))
	if len(problems) == 0 {
		t.Error("no problem")
	}
}
