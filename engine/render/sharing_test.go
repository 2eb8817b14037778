package render

import (
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/loader/archive"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// forget makes the process one that has not rendered yet.
func forget() {
	charts.clear()
	archives.clear()
	schemas.clear()
	bases.clear()
	cache.mutex.Lock()
	defer cache.mutex.Unlock()
	clear(cache.entries)
	cache.bytes = 0
}

// sharing is one app of many that one process renders.
type sharing struct {
	name, root   string
	source       model.Source
	capabilities *model.Capabilities
}

func (s sharing) rendered(t *testing.T) string {
	t.Helper()
	return text(t, outcome(t, s.root, s.source, s.capabilities))
}

// sharingApps are the corpus, its charts by both versions of Helm, and generated ones.
func sharingApps(t *testing.T) []sharing {
	t.Helper()
	apps := []sharing{}
	add := func(c corpusCase, helm int) {
		source := c.source(t)
		source.Helm = helm
		apps = append(apps, sharing{fmt.Sprintf("%s/%s by %d", c.kind, c.name, helm), c.root, source, c.given()})
	}
	for _, c := range corpusCases(t, "helm") {
		add(c, 0)
		add(c, 3)
	}
	for _, c := range corpusCases(t, "kustomize") {
		add(c, 0)
	}
	for seed := range 10 {
		add(generatedChart(t, seed), 3*(seed%2))
		add(generatedOverlay(t, seed), 0)
	}
	return apps
}

// TestSharedWorkChangesNothing renders apps in random sequences and holds each result, with its inputs
// and problems, against that of a process that rendered nothing before.
func TestSharedWorkChangesNothing(t *testing.T) {
	apps := sharingApps(t)
	fresh := map[string]string{}
	for _, app := range apps {
		forget()
		fresh[app.name] = app.rendered(t)
	}
	random := rand.New(rand.NewSource(1))
	forget()
	for range 2 {
		random.Shuffle(len(apps), func(i, j int) { apps[i], apps[j] = apps[j], apps[i] })
		for _, app := range apps {
			if got := app.rendered(t); got != fresh[app.name] {
				t.Fatalf("%s after others\n got %s\nwant %s", app.name, got, fresh[app.name])
			}
		}
	}
}

func edit(t *testing.T, root, name, old, with string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(before), old) {
		t.Fatalf("no %q in %s", old, name)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(before), old, with)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEditOfSharedFiles edits files that several apps read: exactly those apps change, to what a new
// process renders, and an edit taken back is as before.
func TestEditOfSharedFiles(t *testing.T) {
	root := testfiles.Tree(t, sharedTree())
	apps := []sharing{}
	for _, name := range []string{"one", "two"} {
		for _, of := range []string{"a", "b"} {
			chart := model.Source{
				Kind: "helm", Path: "charts/" + of, ReleaseName: name, Namespace: name,
				ValueFiles: []string{"values/" + name + ".yaml"},
			}
			apps = append(apps,
				sharing{"chart " + of + " " + name, root, chart, testCapabilities},
				sharing{"base " + of + " " + name, root, model.Source{Kind: "kustomize", Path: "overlays/" + of + "-" + name}, testCapabilities})
		}
	}
	for _, change := range []struct{ file, old, with, apps string }{
		{"charts/a/values.yaml", "color: red", "color: blue", "chart a "},
		{"charts/a/templates/_names.tpl", "full-", "long-", "chart a "},
		{"charts/a/charts/sub/values.yaml", "size: 1", "size: 2", "chart a "},
		{"charts/b/values.schema.json", `"string"`, `"integer"`, "chart b "},
		{"bases/a/deployment.yaml", "replicas: 1", "replicas: 2", "base a "},
		{"bases/a/kustomization.yaml", "namePrefix: base-", "namePrefix: other-", "base a "},
		{"bases/b/settings.env", "LEVEL=info", "LEVEL=debug", "base b "},
		{"values/one.yaml", "replicas: 3", "replicas: 4", "chart one"},
	} {
		before := map[string]string{}
		for _, app := range apps {
			before[app.name] = app.rendered(t)
		}
		edit(t, root, change.file, change.old, change.with)
		after := map[string]string{}
		for _, app := range apps {
			after[app.name] = app.rendered(t)
			uses := strings.HasPrefix(app.name, change.apps) || change.apps == "chart one" && strings.HasPrefix(app.name, "chart") && strings.HasSuffix(app.name, "one")
			if changed := after[app.name] != before[app.name]; changed != uses {
				t.Errorf("%s: %s changed: %v", change.file, app.name, changed)
			}
		}
		for _, app := range apps {
			forget()
			if want := app.rendered(t); after[app.name] != want {
				t.Errorf("%s: %s\n got %s\nwant %s", change.file, app.name, after[app.name], want)
			}
		}
		edit(t, root, change.file, change.with, change.old)
		for _, app := range apps {
			if got := app.rendered(t); got != before[app.name] {
				t.Errorf("%s taken back: %s", change.file, app.name)
			}
		}
	}
}

// sharedTree is a repository of two charts and two bases, each used twice.
func sharedTree() map[string]string {
	texts := map[string]string{"values/one.yaml": "replicas: 3\n", "values/two.yaml": "sub: {other: 9}\n"}
	for _, of := range []string{"a", "b"} {
		chart := "charts/" + of + "/"
		texts[chart+"Chart.yaml"] = "apiVersion: v2\nname: " + of + "\nversion: 1.0.0\ndependencies:\n  - {name: sub, version: 0.1.0, repository: '', alias: sub}\n"
		texts[chart+"values.yaml"] = "replicas: 1\ncolor: red\nlist: [{a: 1}]\n"
		texts[chart+"values.schema.json"] = `{"properties": {"color": {"type": "string"}}}`
		texts[chart+"templates/_names.tpl"] = "{{ define \"name\" }}full-{{ .Release.Name }}{{ end }}"
		texts[chart+"templates/cm.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ include \"name\" . }}}\ndata:\n  color: {{ .Values.color }}\n" +
			"  chart: {{ tpl \"{{ .Chart.Name }}\" . }}\n  all: {{ $_ := set (first .Values.list) \"a\" (add (first .Values.list).a 1) }}{{ toJson .Values | quote }}\n"
		texts[chart+"charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
		texts[chart+"charts/sub/values.yaml"] = "size: 1\n"
		texts[chart+"charts/sub/templates/cm.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ include \"name\" . }}-sub}\ndata: {size: {{ .Values.size | quote }}}\n"
		base := "bases/" + of + "/"
		texts[base+"kustomization.yaml"] = "namePrefix: base-\nresources: [deployment.yaml]\nconfigMapGenerator: [{name: settings, envs: [settings.env]}]\nlabels: [{pairs: {base: " + of + "}, includeSelectors: true}]\n"
		texts[base+"settings.env"] = "LEVEL=info\n"
		texts[base+"deployment.yaml"] = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template: {spec: {containers: [{name: web, image: web, envFrom: [{configMapRef: {name: settings}}]}]}}\n"
		for _, name := range []string{"one", "two"} {
			texts["overlays/"+of+"-"+name+"/kustomization.yaml"] = "namePrefix: " + name + "-\nresources: [../../bases/" + of + "]\nimages: [{name: web, newTag: " + name + "}]\n"
		}
	}
	return texts
}

// TestNothingHalfIsShared lets the loading of a chart fail and panic; the next one is whole.
func TestNothingHalfIsShared(t *testing.T) {
	forget()
	files := func() []*archive.BufferedFile {
		return []*archive.BufferedFile{
			{Name: "Chart.yaml", Data: []byte("apiVersion: v2\nname: whole\nversion: 1.0.0\n")},
			{Name: "templates/a.yaml", Data: []byte("a: {{ .Values.a }}")},
		}
	}
	load := func(check func() error) (loaded *sharedChart, err error) {
		defer func() {
			if recover() != nil {
				err = errors.New("panicked")
			}
		}()
		return loadShared(files(), map[*byte]string{}, check)
	}
	if _, err := load(func() error { panic("half") }); err == nil {
		t.Fatal("the panic got lost")
	}
	if _, err := load(func() error { return errFailed }); err == nil {
		t.Fatal("the failure got lost")
	}
	first, err := load(func() error { return nil })
	if err != nil || first.chart.Name() != "whole" {
		t.Fatalf("%v %v", first, err)
	}
	second, err := load(func() error { panic("it is known") })
	if err != nil || second != first {
		t.Errorf("loaded again: %v", err)
	}
}

func TestBounded(t *testing.T) {
	held := newBounded[string, int](10)
	held.put("a", 1, 4)
	held.put("b", 2, 4)
	held.get("a")
	held.put("c", 3, 4)
	if _, ok := held.get("b"); ok {
		t.Error("b was not asked for longest")
	}
	held.put("huge", 4, 11)
	held.put("c", 5, 6)
	for key, want := range map[string]int{"a": 1, "c": 5} {
		if got, ok := held.get(key); !ok || got != want {
			t.Errorf("%s: %d %v", key, got, ok)
		}
	}
	if held.bytes != 10 || len(held.entries) != 2 || held.order.Len() != 2 {
		t.Errorf("%d bytes of %d", held.bytes, len(held.entries))
	}
}
