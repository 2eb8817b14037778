package origin

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func TestPlacesInPackedCharts(t *testing.T) {
	root := folder(t, "../../test/fixtures/corpus/helm/packed")
	packed, err := filepath.Glob(filepath.Join(root, "charts", "*.tgz"))
	if err != nil || len(packed) == 0 {
		t.Fatal("no packed chart", err)
	}
	a := chart("packed", root, "")
	for _, object := range a.render(t, nil, a.source).Result.Objects {
		if !strings.HasSuffix(object.Origin.Path, ".tgz") {
			continue
		}
		for _, pointer := range pointersOf(object) {
			places := a.origin(t, objectOf(object), pointer).Places
			if len(places) == 0 {
				t.Errorf("%s: no place", pointer)
				continue
			}
			first := places[0]
			if _, err := os.Stat(filepath.Join(root, first.Path)); err != nil {
				t.Errorf("%s: %+v is in no file", pointer, first)
			}
			if pointer == "/kind" && (first.Member == "" || !strings.Contains(first.Member, "templates/") || first.Line == 0) {
				t.Errorf("%s: %+v", pointer, first)
			}
		}
	}
}

const base = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  level: info\n  other: x\n"

// inRepository asks about a field of a kustomization over a base of another repository.
func inRepository(t *testing.T, pointer string) (Result, map[string]string) {
	t.Helper()
	other := map[string]string{"lib/a.yaml": base, "lib/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: lib-\n"}
	own := map[string]string{"kustomization.yaml": "resources: [\"https://git.acme.example/lib.git//lib?ref=v1&submodules=false\"]\n"}
	disk := func(texts map[string]string) files.Tree {
		opened, closer, err := files.OpenDisk(testfiles.Tree(t, texts))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = closer.Close() })
		return opened
	}
	text := &render.RemoteText{Tree: disk(other), Commit: strings.Repeat("a", 40)}
	input := Input{Tree: disk(own), Render: render.Input{
		Repository: func(wanted model.GitReference) *render.RemoteText { return text },
	}}
	result, err := Find(context.Background(), input, Request{
		RenderRequest: model.RenderRequest{Snapshot: model.Snapshot{Root: "/repository"}, Source: model.Source{Kind: "kustomize"}, Capabilities: capabilities},
		Object:        Object{Kind: "ConfigMap", Name: "lib-config"}, Pointer: pointer,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, other
}

func TestPlacesInOtherRepositories(t *testing.T) {
	for pointer, line := range map[string]string{"/data/level": "level: info", "/metadata/name": "metadata: {name: config}"} {
		result, other := inRepository(t, pointer)
		if len(result.Places) == 0 {
			t.Fatalf("%s: no place, %s", pointer, result.Why)
		}
		first := result.Places[0]
		mount := files.MountOf(first.Path)
		text, known := other[strings.TrimPrefix(first.Path, mount+"/")]
		if mount == "" || !known {
			t.Fatalf("%s: %+v", pointer, first)
		}
		if got := strings.TrimSpace(strings.Split(text, "\n")[first.Line-1]); got != line {
			t.Errorf("%s: %q", pointer, got)
		}
	}
}

func TestPlacesInMountedSources(t *testing.T) {
	own, closer, err := files.OpenDisk(testfiles.Tree(t, map[string]string{"README.md": "# Nothing\n"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer.Close() })
	a := app{root: testfiles.Tree(t, map[string]string{"web/a.yaml": base})}
	mounted := render.MountedText{Name: "lib", RemoteText: render.RemoteText{Tree: a.disk(t), Commit: strings.Repeat("b", 40)}}
	result, err := Find(context.Background(), Input{Tree: own, Render: render.Input{Mounts: []render.MountedText{mounted}}}, Request{
		RenderRequest: model.RenderRequest{Source: model.Source{Kind: "directory", Path: files.Join(files.Trees, "lib/web")}, Capabilities: capabilities},
		Object:        Object{Kind: "ConfigMap", Name: "config"}, Pointer: "/data/level",
	})
	if err != nil || len(result.Places) == 0 {
		t.Fatal(result.Why, err)
	}
	if first := result.Places[0]; first.Path != files.Join(files.Trees, "lib/web/a.yaml") || first.Line != 5 {
		t.Errorf("%+v", first)
	}
}

func TestWhatMakesAnObject(t *testing.T) {
	files := map[string]string{
		"kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator:\n  - name: made\n    literals: [a=b]\nsecretGenerator:\n  - name: hidden\n    literals: [a=b]\npatches:\n  - path: p.yaml\n",
		"a.yaml":             "apiVersion: v1\nkind: Service\nmetadata: {name: first}\n---\n" + base,
		"p.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {more: y}\n",
	}
	a := app{root: testfiles.Tree(t, files), source: model.Source{Kind: "kustomize"}}
	want := map[string]string{
		"ConfigMap/made /kind": "- name: made", "ConfigMap/made /apiVersion": "- name: made",
		"Secret/hidden /kind": "- name: hidden", "Secret/hidden /type": "- name: hidden",
		// The patch names it, so that it cannot be changed alone.
		"ConfigMap/config /kind": "kind: ConfigMap", "ConfigMap/config /apiVersion": "apiVersion: v1", "ConfigMap/config /metadata/name": "metadata: {name: config}",
	}
	for _, object := range a.render(t, nil, a.source).Result.Objects {
		id := objectOf(object)
		name, _, _ := strings.Cut(id.Name, "-")
		for _, pointer := range []string{"/kind", "/apiVersion", "/type", "/metadata/name"} {
			line, asked := want[id.Kind+"/"+name+" "+pointer]
			if !asked {
				continue
			}
			delete(want, id.Kind+"/"+name+" "+pointer)
			result := a.origin(t, id, pointer)
			if len(result.Places) == 0 {
				t.Errorf("%s %s: no place, %s", id.Name, pointer, result.Why)
				continue
			}
			first := result.Places[0]
			lines := strings.Split(files[first.Path], "\n")
			if got := strings.TrimSpace(lines[first.Line-1]); got != line || !first.Makes {
				t.Errorf("%s %s: %+v %q", id.Name, pointer, first, got)
			}
		}
	}
	for left := range want {
		t.Error("not asked about: ", left)
	}
}

func TestNumbersThatAreWrittenOtherwise(t *testing.T) {
	files := map[string]string{
		"kustomization.yaml": "resources: [a.yaml]\n",
		"a.yaml":             "apiVersion: x/v1\nkind: X\nmetadata: {name: x}\nspec:\n  oct: 0o17\n  hex: 0x1F\n  exp: 1e3\n  old: 0755\n  bin: 0b11\n",
	}
	a := app{root: testfiles.Tree(t, files), source: model.Source{Kind: "kustomize"}}
	object := Object{Group: "x", Kind: "X", Name: "x"}
	for _, name := range []string{"oct", "hex", "exp", "old", "bin"} {
		result := a.origin(t, object, "/spec/"+name)
		if len(result.Places) == 0 || !strings.Contains(strings.Split(files["a.yaml"], "\n")[result.Places[0].Line-1], name) {
			t.Errorf("%s: %+v", name, result)
		}
	}
}
