package render

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	fluxkustomize "github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/plumbline/plumbline/engine/testfiles"
)

// fluxTree writes a folder of manifests, some in folders below, some of which are kustomizations.
func (g *grammar) fluxTree() {
	if g.chance(40) {
		g.level("k", "")
		return
	}
	for i := range 2 + g.Intn(4) {
		folder := path.Join("k", pick(g, "", "a", "a/b", "c"))
		kind, name := pick(g, kinds...), pick(g, names3...)+fmt.Sprint(i)
		text := pick(g, "", "# first\n---\n", "---\n") + g.resource(kind, name) + pick(g, "", "---\n", "---\n# end\n")
		g.files[path.Join(folder, fmt.Sprintf("f%d.%s", i, pick(g, "yaml", "yaml", "yml")))] = strings.ReplaceAll(text, `"$(VAR)"`, pick(g, `"${VAR}"`, `"${NONE:-x}"`, `"$${VAR}"`, `"a ${NAME^^} b"`))
	}
	if g.chance(40) {
		g.level("k/own", "")
	}
	g.files["k/readme.md"] = "not: a manifest\n"
	g.files["part/kustomization.yaml"] = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {part: \"1\"}}]\n"
}

func (g *grammar) fluxSpec() map[string]any {
	spec := map[string]any{}
	if g.chance(40) {
		spec["targetNamespace"] = "target"
	}
	if g.chance(30) {
		spec["namePrefix"] = "f-"
	}
	if g.chance(30) {
		spec["nameSuffix"] = "-g"
	}
	if g.chance(40) {
		spec["patches"] = []any{map[string]any{
			"patch":  pick(g, "- {op: add, path: /metadata/annotations, value: {patched: \"1\"}}\n", "kind: any\nmetadata: {name: any, labels: {by: flux}}\n"),
			"target": pick(g, map[string]any{"kind": "Deployment"}, map[string]any{"name": "web.*"}, map[string]any{"labelSelector": "app=db"}),
		}}
	}
	if g.chance(30) {
		spec["images"] = []any{map[string]any{"name": pick(g, "nginx", "app", "redis"), "newTag": "7", "newName": pick(g, "", "mirror/x")}}
	}
	if g.chance(20) {
		spec["components"], spec["ignoreMissingComponents"] = []any{"../part"}, true
	}
	if g.chance(60) {
		spec["postBuild"] = map[string]any{"substitute": map[string]any{"VAR": pick(g, "value", "7", "true", "two\nlines", "a: b"), "NAME": "name"}}
	}
	return spec
}

// byFlux builds a copy on disk with Flux's own packages.
func byFlux(t *testing.T, files map[string]string, object unstructured.Unstructured) ([]any, error) {
	t.Helper()
	root := testfiles.Tree(t, files)
	folder := filepath.Join(root, "k")
	if _, err := os.Stat(folder); err != nil {
		return nil, err
	}
	if _, err := fluxkustomize.NewGenerator(root, object).WriteFile(folder); err != nil {
		return nil, err
	}
	result, err := fluxkustomize.SecureBuild(root, folder, false)
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, res := range result.Resources() {
		if _, ok, _ := unstructured.NestedMap(object.Object, "spec", "postBuild"); ok {
			if _, err := fluxkustomize.SubstituteVariables(context.Background(), nil, object, res,
				fluxkustomize.SubstituteWithDryRun(true), fluxkustomize.SubstituteWithStrict(true)); err != nil {
				return nil, err
			}
		}
		data, err := res.MarshalJSON()
		if err != nil {
			return nil, err
		}
		all = append(all, exact(t, data))
	}
	return all, nil
}

// TestGeneratedFluxTrees holds random folders and Kustomizations against Flux's own generator, build
// and substitution.
func TestGeneratedFluxTrees(t *testing.T) {
	from, to := seeds(t, 60)
	refusals := 0
	for seed := from; seed <= to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGrammar(seed)
			g.fluxTree()
			source := fluxOf("k", g.fluxSpec())
			want, refused := byFlux(t, g.files, unstructured.Unstructured{Object: source.Kustomization})
			c := corpusCase{root: testfiles.Tree(t, g.files), Empty: true}
			got := outcome(t, c.root, source, testCapabilities)
			if refused != nil {
				refusals++
				c.refuses(t, got)
				return
			}
			c.agrees(t, got, want, nil)
		})
	}
	if refusals > (to-from+1)/2 {
		t.Errorf("Flux refuses %d of %d: the grammar is not worth much", refusals, to-from+1)
	}
}
