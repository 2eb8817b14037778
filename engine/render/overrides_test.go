package render

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// TestOverrides compares with the edits that Argo CD makes by running kustomize.
func TestOverrides(t *testing.T) {
	program := os.Getenv("PLUMBLINE_KUSTOMIZE")
	if program == "" {
		t.Skip("PLUMBLINE_KUSTOMIZE is not set: the oracle cannot run")
	}
	texts := map[string]string{
		"k/kustomization.yaml":    "resources: [x.yaml]\nimages:\n- {name: registry.example/web, newTag: \"2\", newName: mirror.example/web}\n- {name: zeta, newTag: z}\nreplicas:\n- {name: web, count: 2}\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /metadata/labels/first, value: \"1\"}\n",
		"k/x.yaml":                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec: {replicas: 1, template: {spec: {containers: [{name: c, image: \"registry.example/web:1.0\"}, {name: d, image: zeta}, {name: e, image: \"host:5000/alpha\"}]}}}\n",
		"comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {component: \"yes\"}\n",
	}
	for _, c := range []struct {
		name      string
		overrides model.KustomizeOverrides
		edits     [][]string
		patches   string
	}{
		{name: "prefix and suffix", overrides: model.KustomizeOverrides{NamePrefix: "a-", NameSuffix: "-z"}, edits: [][]string{{"set", "nameprefix", "--", "a-"}, {"set", "namesuffix", "--", "-z"}}},
		{name: "namespace", overrides: model.KustomizeOverrides{Namespace: "team"}, edits: [][]string{{"set", "namespace", "--", "team"}}},
		{name: "images", overrides: model.KustomizeOverrides{Images: []string{"registry.example/web:3", "zeta=other.example/zeta@sha256:cccc", "host:5000/alpha=host:5000/beta:1"}}, edits: [][]string{{"set", "image", "registry.example/web:3", "zeta=other.example/zeta@sha256:cccc", "host:5000/alpha=host:5000/beta:1"}}},
		{name: "kept parts of images", overrides: model.KustomizeOverrides{Images: []string{"registry.example/web=*:9", "zeta=*@sha256:dddd"}}, edits: [][]string{{"set", "image", "registry.example/web=*:9", "zeta=*@sha256:dddd"}}},
		{name: "replicas", overrides: model.KustomizeOverrides{Replicas: []model.Replica{{Name: "web", Count: 7}}}, edits: [][]string{{"set", "replicas", "web=7"}}},
		{name: "labels and annotations", overrides: model.KustomizeOverrides{CommonLabels: map[string]string{"l": "1"}, CommonAnnotations: map[string]string{"a": "b"}}, edits: [][]string{{"add", "label", "l:1"}, {"add", "annotation", "a:b"}}},
		{name: "components", overrides: model.KustomizeOverrides{Components: []string{"../comp"}}, edits: [][]string{{"add", "component", "../comp"}}},
		{name: "patches", overrides: model.KustomizeOverrides{Patches: []map[string]any{{"patch": "- {op: add, path: /metadata/labels/second, value: \"2\"}", "target": map[string]any{"kind": "Deployment", "name": "web"}}}}, patches: "- target: {kind: Deployment, name: web}\n  patch: '- {op: add, path: /metadata/labels/second, value: \"2\"}'\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			edited := testfiles.Tree(t, texts)
			for _, edit := range c.edits {
				run := exec.Command(program, append([]string{"edit"}, edit...)...)
				run.Dir = filepath.Join(edited, "k")
				if out, err := run.CombinedOutput(); err != nil {
					t.Fatalf("kustomize edit %v: %s", edit, out)
				}
			}
			if c.patches != "" {
				appendPatches(t, filepath.Join(edited, "k", "kustomization.yaml"), c.patches)
			}
			want := parsedOutput(t, command(t, "PLUMBLINE_KUSTOMIZE", "build", filepath.Join(edited, "k")))
			compare(t, objectsOf(t, rendered(t, testfiles.Tree(t, texts), model.Source{Kind: "kustomize", Path: "k", Overrides: &c.overrides})), want)
		})
	}
	for _, overrides := range []model.KustomizeOverrides{
		{Images: []string{"just-a-name"}},
		{CommonLabels: map[string]string{"l": "2"}},
	} {
		taken := map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\ncommonLabels: {l: \"1\"}\n", "k/x.yaml": configMap}
		if problems := failed(t, testfiles.Tree(t, taken), model.Source{Kind: "kustomize", Path: "k", Overrides: &overrides}); problems[0].Code != "kustomize-overrides" {
			t.Errorf("got %s", text(t, problems))
		}
	}
}

func appendPatches(t *testing.T, file, patches string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kustomization map[string]any
	var added []any
	if err := yaml.Unmarshal(data, &kustomization); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(patches), &added); err != nil {
		t.Fatal(err)
	}
	before, _ := kustomization["patches"].([]any)
	kustomization["patches"] = append(before, added...)
	if data, err = yaml.Marshal(kustomization); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
