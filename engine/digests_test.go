package main

import (
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func (p *process) digestsOf(root string, lists ...[]model.Input) []string {
	p.t.Helper()
	var result struct{ Digests []string }
	asked := []inputList{}
	for _, inputs := range lists {
		asked = append(asked, inputList{Inputs: inputs})
	}
	p.must("digests", digestsParams{Snapshot: model.Snapshot{Root: root}, Lists: asked}, &result)
	return result.Digests
}

func (p *process) renderWithDigest(root string, source model.Source) *model.RenderResult {
	p.t.Helper()
	var outcome model.Outcome
	p.must("render", map[string]any{"root": root, "source": source, "digest": true}, &outcome)
	if outcome.Result == nil {
		p.t.Fatal(outcome)
	}
	return outcome.Result
}

func TestRenderIsKnownAgainByItsDigest(t *testing.T) {
	engine := start(t)
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"web/Chart.yaml":          chartFile("web"),
		"web/values.yaml":         "replicas: 1\n",
		"web/templates/site.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {n: '{{ .Values.replicas }}'}\n",
		"flat/a.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
	})
	chart := engine.renderWithDigest(root, helmSource("web"))
	flat := engine.renderWithDigest(root, model.Source{Kind: "directory", Path: "flat", Recurse: true})
	if chart.InputsDigest == "" || chart.InputsDigest == flat.InputsDigest {
		t.Fatalf("%q and %q", chart.InputsDigest, flat.InputsDigest)
	}
	if _, raw := engine.render(root, helmSource("web")); raw == "" || strings.Contains(raw, "inputsDigest") {
		t.Error("a digest that nobody asked for")
	}
	same := engine.digestsOf(root, chart.Inputs, flat.Inputs)
	if same[0] != chart.InputsDigest || same[1] != flat.InputsDigest {
		t.Error("the digests differ and nothing moved")
	}
	testfiles.Write(t, root, map[string]string{"web/values.yaml": "replicas: 2\n"})
	moved := engine.digestsOf(root, chart.Inputs, flat.Inputs)
	if moved[0] == chart.InputsDigest || moved[1] != flat.InputsDigest {
		t.Error("an edit moves its own digest and no other")
	}
}

func TestDigestsOfARevisionThatIsNotThere(t *testing.T) {
	engine := start(t)
	var result struct{ Unavailable string }
	engine.must("digests", map[string]any{"root": t.TempDir(), "revision": "HEAD", "lists": []inputList{{}}}, &result)
	if result.Unavailable == "" {
		t.Error("digests of nothing")
	}
}
