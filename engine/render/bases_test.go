package render

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// TestLibrariesAreThoseThatWereRead fails with another version of the two libraries that the engine
// reaches into: their signatures and fields have to be read again first.
func TestLibrariesAreThoseThatWereRead(t *testing.T) {
	modules, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []string{
		"helm.sh/helm/v4 v4.3.1", "helm.sh/helm/v3 " + helm3Version,
		"sigs.k8s.io/kustomize/api v0.21.1", "sigs.k8s.io/kustomize/kyaml v0.21.2",
	} {
		if !strings.Contains(string(modules), "\t"+read+"\n") {
			t.Errorf("no longer %s: hold helmengine.go and kustomizeengine.go against it, then say so here", read)
		}
	}
}

const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n"

// sharedKinds are bases whose parts depend on each other in every way that Kustomize has. Each is built
// below overlays that change names.
var sharedKinds = map[string]map[string]string{
	"rules of its own": {
		"kustomization.yaml": "resources: [thing.yaml, account.yaml]\nconfigurations: [rules.yaml]\n",
		"rules.yaml":         "nameReference:\n  - kind: ServiceAccount\n    version: v1\n    fieldSpecs: [{kind: Thing, path: spec/user}]\nnamePrefix:\n  - {path: spec/other, kind: Thing}\n",
		"thing.yaml":         "apiVersion: acme.example/v1\nkind: Thing\nmetadata: {name: thing}\nspec: {user: robot, other: x}\n",
		"account.yaml":       account,
	},
	"variables": {
		"kustomization.yaml": "resources: [pod.yaml, account.yaml]\nvars:\n  - {name: WHO, objref: {apiVersion: v1, kind: ServiceAccount, name: robot}}\n",
		"pod.yaml":           "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec:\n  serviceAccountName: robot\n  containers: [{name: a, image: web, args: [$(WHO)]}]\n",
		"account.yaml":       account,
	},
	"generators": {
		"kustomization.yaml": "resources: [pod.yaml]\nconfigMapGenerator:\n  - {name: settings, literals: [a=1]}\n  - {name: plain, literals: [a=1], options: {disableNameSuffixHash: true}}\n",
		"pod.yaml":           "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec:\n  containers: [{name: a, image: web, envFrom: [{configMapRef: {name: settings}}, {configMapRef: {name: plain}}]}]\n",
	},
	"components": {
		"kustomization.yaml":          "resources: [inner]\ncomponents: [part]\nnameSuffix: -c\n",
		"inner/kustomization.yaml":    "resources: [account.yaml]\nnamespace: inner\n",
		"inner/account.yaml":          account,
		"part/kustomization.yaml":     "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [../../other]\npatches: [{target: {kind: ServiceAccount}, patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"part\": \"x\"}}]'}]\n",
		"../other/kustomization.yaml": "resources: [account.yaml]\nnamePrefix: other-\n",
		"../other/account.yaml":       account,
	},
	"replacements and local objects": {
		"kustomization.yaml": "resources: [pod.yaml, account.yaml, local.yaml]\nreplacements:\n  - source: {kind: ConfigMap, name: local, fieldPath: data.image}\n    targets: [{select: {kind: Pod}, fieldPaths: ['spec.containers.[name=a].image']}]\n",
		"pod.yaml":           "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {containers: [{name: a, image: web}]}\n---\n# no kind in front\n{apiVersion: v1, kind: Pod, metadata: {name: flow}, spec: {containers: [{name: a, image: web}]}}\n",
		"account.yaml":       account,
		"local.yaml":         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: local, annotations: {config.kubernetes.io/local-config: 'true'}}\ndata: {image: chosen}\n",
	},
	"a schema": {
		"kustomization.yaml": "resources: [account.yaml]\nopenapi: {path: schema.json}\npatches: [{patch: '{apiVersion: acme.example/v1, kind: Thing, metadata: {name: t}, spec: {list: [{id: a, value: 2}]}}'}]\n",
		"schema.json":        `{"definitions": {"v1.Thing": {"x-kubernetes-group-version-kind": [{"group": "acme.example", "kind": "Thing", "version": "v1"}], "properties": {"spec": {"properties": {"list": {"items": {"type": "object"}, "x-kubernetes-patch-merge-key": "id", "x-kubernetes-patch-strategy": "merge", "type": "array"}}}}}}}`,
		"account.yaml":       account + "---\napiVersion: acme.example/v1\nkind: Thing\nmetadata: {name: t}\nspec: {list: [{id: a, value: 1}, {id: b, value: 1}]}\n",
	},
}

// TestBasesOfEachKind builds overlays over one base after each other; each comes out as in a new process,
// and as kustomize builds it.
func TestBasesOfEachKind(t *testing.T) {
	for name, base := range sharedKinds {
		t.Run(name, func(t *testing.T) {
			texts := map[string]string{}
			for file, text := range base {
				texts[path.Join("repo/base", file)] = text
			}
			texts["repo/one/kustomization.yaml"] = "namePrefix: one-\nresources: [../base]\nimages: [{name: web, newTag: one}]\n"
			texts["repo/two/kustomization.yaml"] = "namespace: two\nnameSuffix: -two\nresources: [extra.yaml, ../base]\nlabels: [{pairs: {two: x}, includeSelectors: true}]\n"
			texts["repo/two/extra.yaml"] = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: extra}\n"
			texts["repo/both/kustomization.yaml"] = "resources: [../one, ../two]\n"
			texts["repo/merged/kustomization.yaml"] = "resources: [../base]\nconfigMapGenerator: [{name: settings, behavior: merge, literals: [b=2]}]\n"
			root := testfiles.Tree(t, texts)
			overlays := []string{"one", "two", "both", "merged", "base"}
			fresh := map[string]string{}
			app := func(overlay string) sharing {
				return sharing{overlay, root, model.Source{Kind: "kustomize", Path: "repo/" + overlay}, testCapabilities}
			}
			for _, overlay := range overlays {
				forget()
				fresh[overlay] = app(overlay).rendered(t)
			}
			if !strings.Contains(fresh["one"], `"kind":"rendered"`) {
				t.Fatalf("not a base worth sharing: %s", fresh["one"])
			}
			forget()
			for _, overlay := range append(overlays, "both", "merged", "two", "one") {
				if got := app(overlay).rendered(t); got != fresh[overlay] {
					t.Errorf("%s\n got %s\nwant %s", overlay, got, fresh[overlay])
				}
			}
			if len(bases.entries) == 0 && name != "a schema" {
				t.Error("nothing was shared")
			}
			c := corpusCase{kind: "kustomize", root: root, Path: "repo/both", Empty: true}
			got := outcome(t, root, c.source(t), c.given())
			if want, refused := c.kustomize(t); refused == nil {
				c.agrees(t, got, want, nil)
			} else if got.Kind != "failed" {
				t.Errorf("kustomize refuses it: %v", refused)
			}
		})
	}
}

// TestSharedBaseBelowItself holds that a base is refused below a folder that it leads back to, however
// often it was built below others.
func TestSharedBaseBelowItself(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"around/kustomization.yaml":        "resources: [account.yaml]\n",
		"around/account.yaml":              account,
		"base/kustomization.yaml":          "resources: [../around]\n",
		"around/inside/kustomization.yaml": "resources: [../../base]\n",
		"elsewhere/kustomization.yaml":     "resources: [../base]\n",
	})
	for range 2 {
		rendered(t, root, model.Source{Kind: "kustomize", Path: "elsewhere"})
		problems := failed(t, root, model.Source{Kind: "kustomize", Path: "around/inside"})
		if problems[0].Code != "kustomize-cycle" {
			t.Errorf("%+v", problems)
		}
	}
}

// TestBaseIsReadFromItsFiles shows that a base is asked for in full by each app, whoever accumulated it.
func TestBaseIsReadFromItsFiles(t *testing.T) {
	root := testfiles.Tree(t, sharedTree())
	forget()
	first := rendered(t, root, model.Source{Kind: "kustomize", Path: "overlays/a-one"})
	second := rendered(t, root, model.Source{Kind: "kustomize", Path: "overlays/a-two"})
	own := func(result *model.RenderResult) string {
		return strings.ReplaceAll(text(t, result.Inputs), "overlays/a-one", "overlays/a-two")
	}
	if own(first) != own(second) {
		t.Errorf("inputs\n got %s\nwant %s", own(second), own(first))
	}
}
