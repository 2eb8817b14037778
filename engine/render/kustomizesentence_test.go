package render

import (
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func secretNamed(name, rest string) string {
	return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + "}\n" + rest + "\n"
}

// TestRefusalsPrintNoObject builds what Kustomize refuses with messages that print objects, which may
// hold secrets.
func TestRefusalsPrintNoObject(t *testing.T) {
	const password = "hunter2-very-secret"
	inNamespaces := strings.Replace(secretNamed("s", "stringData: {p: "+password+"}"), "{name: s}", "{name: s, namespace: one}", 1) +
		"---\n" + strings.Replace(secretNamed("s", "stringData: {p: "+password+"}"), "{name: s}", "{name: s, namespace: two}", 1)
	for name, files := range map[string]map[string]string{
		"two in one namespace": {
			"kustomization.yaml": "namespace: three\nresources: [s.yaml]\n", "s.yaml": inNamespaces,
		},
		"data that is a text": {
			"kustomization.yaml": "resources: [s.yaml]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: s}\n    stringData: {p: {deep: x}}\n",
			"s.yaml":             secretNamed("s", "stringData: {p: "+password+"}"),
		},
		"replacement into a text": {
			"kustomization.yaml": "resources: [s.yaml]\nreplacements:\n- source: {kind: Secret, name: s, fieldPath: metadata.name}\n  targets: [{select: {kind: Secret}, fieldPaths: [stringData.p.deep.er], options: {create: true}}]\n",
			"s.yaml":             secretNamed("s", "stringData: {p: "+password+"}"),
		},
		"replacement of a mapping": {
			"kustomization.yaml": "resources: [s.yaml]\nreplacements:\n- source: {kind: Secret, name: s, fieldPath: stringData}\n  targets: [{select: {kind: Secret}, fieldPaths: [metadata.name], options: {delimiter: '-'}}]\n",
			"s.yaml":             secretNamed("s", "stringData: {p: "+password+"}"),
		},
		"labels that are a text": {
			"kustomization.yaml": "commonLabels: {a: b}\nresources: [s.yaml]\n",
			"s.yaml":             strings.Replace(secretNamed("s", "stringData: {p: "+password+"}"), "{name: s}", "{name: s, labels: "+password+"}", 1),
		},
		"test of a JSON patch": {
			"kustomization.yaml": "resources: [s.yaml]\npatches:\n- target: {kind: Secret}\n  patch: '[{\"op\": \"test\", \"path\": \"/stringData/p\", \"value\": \"other\"}]'\n",
			"s.yaml":             secretNamed("s", "stringData: {p: "+password+"}"),
		},
		"broken literal": {
			"kustomization.yaml": "secretGenerator: [{name: s, literals: [" + password + "]}]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := outcome(t, testfiles.Tree(t, files), model.Source{Kind: "kustomize"}, testCapabilities)
			if got.Kind != "failed" {
				t.Fatalf("Kustomize takes it: %s", text(t, got))
			}
			for _, problem := range *got.Problems {
				if strings.Contains(problem.Message, password) {
					t.Errorf("it tells the secret: %s", problem.Message)
				}
			}
		})
	}
}

// TestSentences are those of what people get wrong most.
func TestSentences(t *testing.T) {
	for name, c := range map[string]struct{ kustomization, says string }{
		"text for a list":          {"resources: x.yaml\n", "resources is of the type string where Kustomize wants []string."},
		"list for a mapping":       {"resources: [x.yaml]\ncommonLabels: [a]\n", "commonLabels is of the type array where Kustomize wants"},
		"generated twice":          {"configMapGenerator: [{name: a, literals: [x=1]}, {name: a, literals: [x=2]}]\n", "a, which a base generates already"},
		"merge with nothing":       {"configMapGenerator: [{name: a, behavior: merge, literals: [x=1]}]\n", "A generator merges with a, which no base generates."},
		"field that is not there":  {"resources: [x.yaml]\nreplacements: [{source: {kind: ConfigMap, fieldPath: data.none}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.b]}]}]\n", "A replacement takes data.none of ConfigMap, which has no such field."},
		"target that is not there": {"resources: [x.yaml]\nreplacements: [{source: {kind: ConfigMap, fieldPath: data.a}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.none]}]}]\n", "A replacement writes to data.none, which its target lacks"},
		"test that fails":          {"resources: [x.yaml]\npatches: [{target: {kind: ConfigMap}, patch: '[{\"op\": \"test\", \"path\": \"/data/a\", \"value\": \"2\"}]'}]\n", "A JSON patch tests /data/a, which is otherwise."},
	} {
		t.Run(name, func(t *testing.T) {
			root := testfiles.Tree(t, map[string]string{"kustomization.yaml": c.kustomization, "x.yaml": configMap + "data: {a: \"1\"}\n"})
			if problems := failed(t, root, model.Source{Kind: "kustomize"}); !strings.Contains(problems[0].Message, c.says) {
				t.Errorf("got %q", problems[0].Message)
			}
		})
	}
}

func TestObjectOfID(t *testing.T) {
	for id, want := range map[string]string{
		"Deployment.v1.apps/web.[noNs]":                  "Deployment web",
		"ConfigMap.v1.[noGrp]/a.b.prod":                  "ConfigMap prod/a.b",
		"CustomResourceDefinition.v1.x/t.example.[noNs]": "CustomResourceDefinition t.example",
	} {
		if got := objectOfID(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
