package render

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// builtOrigins gives the origins of a folder's objects as marks tell them, "" where they do not, and
// as the annotations of Kustomize tell them.
func builtOrigins(t *testing.T, root, folder string) (marked []string, told bool, annotated []string) {
	t.Helper()
	disk, closer, err := files.OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	r := &run{layer: files.NewLayer(disk), root: root, capabilities: testCapabilities}
	b := r.newBuild()
	file, top, err := b.kustomizationIn(folder)
	if err != nil {
		t.Fatal(err)
	}
	b.top, b.topFile = top, file
	b.visited[folder] = true
	b.prepare(folder, file, top)
	if err := b.rewrite(file, top); err != nil {
		t.Fatal(err)
	}
	options := krusty.Options{LoadRestrictions: types.LoadRestrictionsRootOnly, PluginConfig: types.DisabledPluginConfig()}
	result, err := b.krusty(folder, options)
	if err != nil {
		t.Fatal(err)
	}
	marked, annotated = make([]string, result.Size()), make([]string, result.Size())
	told = b.markedOrigins(result.Resources(), marked)
	b.askOrigins(folder, annotated, options)
	return marked, told, annotated
}

func compareOrigins(t *testing.T, marked, annotated []string) {
	t.Helper()
	if len(annotated) == 0 {
		t.Fatal("nothing was built")
	}
	for i := range annotated {
		if marked[i] != annotated[i] && marked[i] != "" {
			t.Errorf("object %d comes from %q, marks say %q", i, annotated[i], marked[i])
		}
	}
}

// TestMarkedOrigins holds marks to what the annotations of Kustomize say.
func TestMarkedOrigins(t *testing.T) {
	root := testdata(t)
	for name, tells := range map[string]bool{
		"base": true, "overlay": true, "components/overlay": true, "generators": true, "patches": false,
		"replacements": true, "empties": false, "vars": true, "transformers": false, "openapi": true, "unmerged": true,
	} {
		t.Run(name, func(t *testing.T) {
			marked, told, annotated := builtOrigins(t, root, "kustomize/"+name)
			if name == "patches" {
				// A patch takes the annotation away, and Kustomize names the patch's kustomization.
				annotated[0] = "kustomize/base/deployment.yaml"
			}
			compareOrigins(t, marked, annotated)
			if told != tells {
				t.Errorf("told by marks alone: %v, want %v (%q, %q)", told, tells, marked, annotated)
			}
		})
	}
}

func TestMarkedOriginsOfManyShapes(t *testing.T) {
	object := func(kind, name string) string {
		return fmt.Sprintf("apiVersion: v1\nkind: %s\nmetadata:\n  name: %s\n", kind, name)
	}
	patch := func(name string) string {
		return "  - target: {kind: Service, name: ^" + name + "$}\n    patch: |-\n      - {op: add, path: /spec, value: {type: NodePort}}\n"
	}
	cases := map[string]struct {
		texts map[string]string
		told  bool
	}{
		"separators first, twice and with Windows line ends": {map[string]string{
			"k/kustomization.yaml": "resources: [a.yaml, b.yaml, c.yaml]\n",
			"k/a.yaml":             "---\n" + object("Service", "a1") + "---\n---\n" + object("Service", "a2"),
			"k/b.yaml":             strings.ReplaceAll("# one\n"+object("Service", "b1")+"--- # two\n"+object("Service", "b2"), "\n", "\r\n"),
			"k/c.yaml":             strings.Repeat("# a long head\n", 100) + object("Service", "c"),
		}, true},
		"JSON and lists": {map[string]string{
			"k/kustomization.yaml": "resources: [a.json, b.json, c.yaml]\n",
			"k/a.json":             `{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}`,
			"k/b.json":             "{\n \"apiVersion\": \"v1\",\n \"kind\": \"Service\",\n \"metadata\": {\"name\": \"b\"}\n}\n",
			"k/c.yaml": "apiVersion: v1\nkind: List\nitems:\n" +
				"- {apiVersion: v1, kind: Service, metadata: {name: c1}}\n- {apiVersion: v1, kind: Service, metadata: {name: c2}}\n",
		}, false},
		"patches by JSON among names that hold one another": {map[string]string{
			"k/kustomization.yaml": "namePrefix: x-\nresources: [../b]\npatches:\n" + patch("web") + patch("web-1"),
			"b/kustomization.yaml": "resources: [web.yaml, web-1.yaml, web-12.yaml, other.yaml]\n",
			"b/web.yaml":           object("Service", "web"), "b/web-1.yaml": object("Service", "web-1"),
			"b/web-12.yaml": object("Service", "web-12"), "b/other.yaml": object("ConfigMap", "other"),
		}, true},
		"all patched by JSON": {map[string]string{
			"k/kustomization.yaml": "resources: [web.yaml, web-1.yaml]\npatches:\n" + patch(".*"),
			"k/web.yaml":           object("Service", "web"), "k/web-1.yaml": object("Service", "web-1"),
		}, false},
		"generators that merge and replace": {map[string]string{
			"k/kustomization.yaml": "resources: [../b]\nconfigMapGenerator:\n" +
				"- {name: made, behavior: merge, literals: [b=2]}\n- {name: replaced, behavior: replace, literals: [b=2]}\n" +
				"- {name: file, behavior: merge, literals: [b=2]}\n",
			"b/kustomization.yaml": "resources: [file.yaml]\nconfigMapGenerator:\n" +
				"- {name: made, literals: [a=1]}\n- {name: replaced, literals: [a=1]}\n",
			"b/file.yaml": object("ConfigMap", "file"),
		}, false},
		"a generator that merges": {map[string]string{
			"k/kustomization.yaml": "resources: [../b]\nconfigMapGenerator:\n- {name: made, behavior: merge, literals: [b=2]}\n",
			"b/kustomization.yaml": "configMapGenerator:\n- {name: made, literals: [a=1]}\n- {name: made-too, literals: [a=1]}\n",
		}, true},
		"strategic merges, replaced objects and one base twice": {map[string]string{
			"k/kustomization.yaml": "resources: [../m1, ../m2]\n",
			"m1/kustomization.yaml": "namePrefix: one-\nresources: [../b]\npatches:\n" +
				"- patch: '{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: NodePort}}'\n",
			"m2/kustomization.yaml": "namePrefix: two-\nresources: [../b]\npatches:\n" +
				"- patch: '{$patch: replace, apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: NodePort}}'\n",
			"b/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
			"b/a.yaml":             object("Service", "a"), "b/b.yaml": object("Service", "b"),
		}, true},
		"anchors and merge keys": {map[string]string{
			"k/kustomization.yaml": "labels: [{pairs: {a: b}}]\nresources: [a.yaml, b.yaml]\n",
			"k/a.yaml":             "x: &x {apiVersion: v1}\n<<: *x\nkind: Service\nmetadata: {name: a}\n",
			"k/b.yaml":             object("Service", "b"),
		}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			marked, told, annotated := builtOrigins(t, testfiles.Tree(t, c.texts), "k")
			compareOrigins(t, marked, annotated)
			if told != c.told {
				t.Errorf("told by marks alone: %v, want %v (%q, %q)", told, c.told, marked, annotated)
			}
		})
	}
}

// TestPatchesSeeNoOrigins: an annotation that stood for the origin would let this patch pass.
func TestPatchesSeeNoOrigins(t *testing.T) {
	root := testfiles.Tree(t, map[string]string{
		"kustomization.yaml": "resources: [a.yaml]\npatches:\n- target: {kind: Service}\n" +
			"  patch: '[{op: add, path: /metadata/annotations/a, value: b}]'\n",
		"a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
	})
	problems := failed(t, root, model.Source{Kind: "kustomize"})
	if problems[0].Code != "kustomize" {
		t.Errorf("%+v", problems)
	}
}
