package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func built(path string, build model.KustomizeBuild) model.Source {
	source := model.Source{Kind: "kustomize", Path: path}
	source.Build = &build
	return source
}

func TestBuildWithoutHelm(t *testing.T) {
	root := testdata(t)
	source := model.Source{Kind: "kustomize", Path: "kustomize/charts"}
	told := func(result *model.RenderResult) bool {
		for _, problem := range result.Problems {
			if problem.Code == "kustomize-enable-helm" {
				return true
			}
		}
		return false
	}
	if !told(rendered(t, root, source)) {
		t.Error("nothing is said where the options are not known")
	}
	source.Build = &model.KustomizeBuild{EnableHelm: true}
	if told(rendered(t, root, source)) {
		t.Error("something is said of what is known")
	}
	source.Build = &model.KustomizeBuild{}
	if problems := failed(t, root, source); !strings.Contains(problems[0].Message, "--enable-helm") {
		t.Errorf("problems %s", text(t, problems))
	}
}

// TestBuildOptions compares with the flags of `kustomize build`; files above the root are not reached
// by any of them.
func TestBuildOptions(t *testing.T) {
	object := func(kind, name string) string {
		return "apiVersion: v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\n"
	}
	root := testfiles.Tree(t, map[string]string{
		"app/kustomization.yaml": "resources: [service.yaml, ../other/config.yaml, namespace.yaml]\n",
		"app/service.yaml":       object("Service", "s"), "app/namespace.yaml": object("Namespace", "n"),
		"other/config.yaml":        object("ConfigMap", "c"),
		"order/kustomization.yaml": "resources: [service.yaml, namespace.yaml]\n",
		"order/service.yaml":       object("Service", "s"), "order/namespace.yaml": object("Namespace", "n"),
		"out/kustomization.yaml": "resources: [../../outside.yaml]\n",
	})
	if err := os.WriteFile(filepath.Join(filepath.Dir(root), "outside.yaml"), []byte(object("ConfigMap", "o")), 0o600); err != nil {
		t.Fatal(err)
	}
	failed(t, root, built("app", model.KustomizeBuild{}))
	failed(t, root, built("out", model.KustomizeBuild{LoadRestrictions: "none"}))
	for _, c := range []struct {
		path  string
		build model.KustomizeBuild
		flags []string
	}{
		{"app", model.KustomizeBuild{LoadRestrictions: "none"}, []string{"--load-restrictor", "LoadRestrictionsNone"}},
		{"app", model.KustomizeBuild{LoadRestrictions: "none", Reorder: "none"}, []string{"--load-restrictor=LoadRestrictionsNone", "--reorder=none"}},
		{"order", model.KustomizeBuild{Reorder: "legacy"}, []string{"--reorder", "legacy"}},
		{"order", model.KustomizeBuild{}, nil},
	} {
		args := append([]string{"build", filepath.Join(root, c.path)}, c.flags...)
		want := parsedOutput(t, command(t, "PLUMBLINE_KUSTOMIZE", args...))
		compare(t, objectsOf(t, rendered(t, root, built(c.path, c.build))), want)
	}
}
