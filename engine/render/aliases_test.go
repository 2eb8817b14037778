package render

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// aliasBomb is an object whose aliases expand to nine to the power of nine.
func aliasBomb() string {
	text := strings.Builder{}
	text.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\na0: &a0 [x]\n")
	for i := 1; i <= 9; i++ {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	return text.String()
}

// TestAliasBombs puts one wherever YAML is read.
func TestAliasBombs(t *testing.T) {
	bomb := aliasBomb()
	inline := "  " + strings.ReplaceAll(bomb, "\n", "\n  ")
	chart := map[string]string{"c/Chart.yaml": chartYAML(""), "c/templates/a.yaml": configMap}
	helm := model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"}
	withFile, withText := helm, helm
	withFile.ValueFiles, withText.ValuesText = []string{"v.yaml"}, bomb
	kustomize := model.Source{Kind: "kustomize", Path: "k"}
	for name, c := range map[string]struct {
		source model.Source
		texts  map[string]string
	}{
		"a resource":              {kustomize, map[string]string{"k/kustomization.yaml": "resources: [b.yaml]\n", "k/b.yaml": bomb}},
		"a second document":       {kustomize, map[string]string{"k/kustomization.yaml": "resources: [b.yaml]\n", "k/b.yaml": configMap + "---\n" + bomb}},
		"a patch":                 {kustomize, map[string]string{"k/kustomization.yaml": "patches: [{path: b.yaml}]\n", "k/b.yaml": bomb}},
		"a patch in line":         {kustomize, map[string]string{"k/kustomization.yaml": "patchesStrategicMerge:\n- |\n" + inline}},
		"a kustomization":         {kustomize, map[string]string{"k/kustomization.yaml": bomb}},
		"a kustomization below":   {kustomize, map[string]string{"k/kustomization.yaml": "resources: [b]\n", "k/b/kustomization.yaml": bomb}},
		"a component":             {kustomize, map[string]string{"k/kustomization.yaml": "components: [b]\n", "k/b/kustomization.yaml": bomb}},
		"a generator":             {kustomize, map[string]string{"k/kustomization.yaml": "generators: [b.yaml]\n", "k/b.yaml": bomb}},
		"a transformer":           {kustomize, map[string]string{"k/kustomization.yaml": "transformers: [b.yaml]\n", "k/b.yaml": bomb}},
		"a configuration":         {kustomize, map[string]string{"k/kustomization.yaml": "configurations: [b.yaml]\nresources: [a.yaml]\n", "k/a.yaml": configMap, "k/b.yaml": bomb}},
		"a kustomization of Flux": {model.Source{Kind: "flux", Path: "k"}, map[string]string{"k/kustomization.yaml": bomb}},
		"a folder of Flux":        {model.Source{Kind: "flux", Path: "k"}, map[string]string{"k/b.yaml": bomb}},
		"a manifest":              {model.Source{Kind: "directory", Path: "k"}, map[string]string{"k/b.yaml": bomb}},
		"a chart":                 {helm, map[string]string{"c/Chart.yaml": bomb}},
		"values of a chart":       {helm, map[string]string{"c/values.yaml": bomb}},
		"a lock of a chart":       {helm, map[string]string{"c/Chart.lock": bomb}},
		"a file of values":        {withFile, map[string]string{"v.yaml": bomb}},
		"values":                  {withText, map[string]string{}},
		"a template":              {helm, map[string]string{"c/templates/b.yaml": bomb}},
		"a resource definition":   {model.Source{Kind: "helm", Path: "c", ReleaseName: "r", IncludeCRDs: true}, map[string]string{"c/crds/b.yaml": bomb}},
	} {
		t.Run(name, func(t *testing.T) {
			texts := maps.Clone(chart)
			maps.Copy(texts, c.texts)
			start := time.Now()
			failed(t, testfiles.Tree(t, texts), c.source)
			// Each expansion would take seconds even on an idle machine; a refusal takes milliseconds.
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %s", took)
			} else {
				t.Log(took)
			}
		})
	}
}
