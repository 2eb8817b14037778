package render

import (
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
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
			got := outcome(t, tree(t, files), model.Source{Kind: "kustomize"}, testCapabilities)
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
