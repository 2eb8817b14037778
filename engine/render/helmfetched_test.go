package render

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/fetch"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// world is a chart repository on loopback with what Helm packed, a repository that uses it, and a cache.
type world struct {
	t                *testing.T
	url, root, cache string
	open             *chartcache.Cache
}

const fetchedTemplate = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-{{ .Chart.Name }}-{{ .Values.name }}
  labels:
    version: {{ .Chart.Version | quote }}
    main: {{ .Values.global.main | default "none" | quote }}
data:
  note: {{ .Files.Get "files/note.txt" | quote }}
  subcharts: {{ keys .Subcharts | sortAlpha | join "," | quote }}
`

func fetchedFiles(name, version, more string) map[string]string {
	return map[string]string{
		name + "/Chart.yaml":                "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n" + more,
		name + "/values.yaml":               "name: usual\nglobal: {}\nexports: {data: {given: " + version + "}}\n",
		name + "/files/note.txt":            "note of " + version,
		name + "/templates/object.yaml":     fetchedTemplate,
		name + "/.helmignore":               "# nothing\n",
		name + "/crds/thing.yaml":           "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things." + name + ".example.com}\n",
		name + "/templates/tests/test.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-" + name + "-{{ .Values.name }}-test\n  annotations: {helm.sh/hook: test}\n",
	}
}

// newWorld packs charts with Helm and serves them.
func newWorld(t *testing.T, uses func(url string) map[string]string) *world {
	t.Helper()
	home := t.TempDir()
	for name, folder := range map[string]string{
		"HELM_CONFIG_HOME": "config", "HELM_CACHE_HOME": "cache", "HELM_DATA_HOME": "data", "DOCKER_CONFIG": "docker",
	} {
		t.Setenv(name, filepath.Join(home, folder))
	}
	shop := t.TempDir()
	for _, version := range []string{"1.0.0", "1.2.0"} {
		texts := fetchedFiles("web", version, "")
		maps.Copy(texts, map[string]string{"web/charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 0.1.0\n"})
		command(t, "PLUMBLINE_HELM", "package", filepath.Join(testfiles.Tree(t, texts), "web"), "-d", shop)
	}
	command(t, "PLUMBLINE_HELM", "repo", "index", shop)
	server := httptest.NewServer(http.FileServer(http.Dir(shop)))
	t.Cleanup(server.Close)
	cache := filepath.Join(t.TempDir(), "cache")
	opened, err := chartcache.Create(cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := opened.Trim(0, nil); err != nil {
			t.Error(err)
		}
		_ = opened.Close()
	})
	return &world{t: t, url: server.URL, root: testfiles.Tree(t, uses(server.URL)), cache: cache, open: opened}
}

func (w *world) fetch(want fetch.Want) {
	w.t.Helper()
	request, err := json.Marshal(fetch.Request{CacheRoot: w.cache, Wanted: []fetch.Want{want}})
	if err != nil {
		w.t.Fatal(err)
	}
	input, feed := io.Pipe()
	go func() { _, _ = feed.Write(append(request, '\n')) }()
	defer feed.Close()
	var said strings.Builder
	if err := fetch.Run(input, &said); err != nil || !strings.Contains(said.String(), `"failures":[]`) {
		w.t.Fatalf("%v: %s", err, said.String())
	}
}

func (w *world) render(source model.Source) model.Outcome {
	w.t.Helper()
	disk, closer, err := files.OpenDisk(w.root)
	if err != nil {
		w.t.Fatal(err)
	}
	defer closer.Close()
	return Render(Input{Layer: files.NewLayer(disk), Charts: w.open}, model.RenderRequest{
		Snapshot: model.Snapshot{Root: w.root}, Source: source, Capabilities: testCapabilities,
	})
}

func (w *world) rendered(source model.Source) *model.RenderResult {
	w.t.Helper()
	got := w.render(source)
	if got.Kind != "rendered" {
		w.t.Fatalf("not rendered: %s", text(w.t, got))
	}
	for _, input := range got.Result.Inputs {
		if strings.HasPrefix(input.Path, files.Mounts) {
			w.t.Errorf("the cache counts as the repository: %s", input.Path)
		}
	}
	return got.Result
}

func (w *world) template(args ...string) []any {
	w.t.Helper()
	all := append([]string{"template", "rel"}, args...)
	all = append(all, "--namespace", "space", "--include-crds", "--kube-version", testKubeVersion)
	return flat(parsedOutput(w.t, command(w.t, "PLUMBLINE_HELM", all...)))
}

func fetchedSource(path string) model.Source {
	return model.Source{Kind: "helm", Path: path, ReleaseName: "rel", Namespace: "space", IncludeCRDs: true}
}

func umbrella(url string) map[string]string {
	texts := fetchedFiles("parent", "0.1.0", `dependencies:
- {name: web, version: ^1.1, repository: "`+url+`", alias: main, import-values: [data]}
- {name: web, version: ~1.0, repository: "`+url+`", alias: old, condition: old.enabled}
- {name: near, version: 0.x, repository: "file://../near"}
`)
	maps.Copy(texts, fetchedFiles("near", "0.3.0", ""))
	texts["parent/values.yaml"] = "name: parent\nglobal: {main: everywhere}\nold: {enabled: true, name: elder}\nmain: {name: first}\n"
	texts["values/off.yaml"] = "old: {enabled: false}\nnear: {name: changed}\n"
	return texts
}

// TestFetchedDependencies renders a chart as `helm template` does after `helm dependency build`.
func TestFetchedDependencies(t *testing.T) {
	w := newWorld(t, umbrella)
	before := w.render(fetchedSource("parent"))
	if before.Kind != "failed" || len(*before.Missing) != 2 || !(*before.Missing)[0].Dependency {
		t.Fatalf("before: %s", text(t, before))
	}
	chartYAML, err := os.ReadFile(filepath.Join(w.root, "parent", "Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.fetch(fetch.Want{ID: "one", Files: map[string]string{"Chart.yaml": string(chartYAML)}})
	oracle := filepath.Join(testfiles.Tree(t, umbrella(w.url)), "parent")
	command(t, "PLUMBLINE_HELM", "dependency", "build", oracle)
	for name, valueFiles := range map[string][]string{"all": nil, "off": {"values/off.yaml"}} {
		t.Run(name, func(t *testing.T) {
			source, args := fetchedSource("parent"), []string{oracle}
			for _, file := range valueFiles {
				source.ValueFiles = append(source.ValueFiles, file)
				args = append(args, "-f", filepath.Join(w.root, file))
			}
			// Without its lock, which the oracle has written, the chart is the same.
			result := w.rendered(source)
			compare(t, objectsOf(t, result), w.template(args...))
			if len(result.Charts) != 1 || !result.Charts[0].Dependency || result.Charts[0].FetchedAt == "" {
				t.Errorf("it took %s", text(t, result.Charts))
			}
		})
	}
	for _, object := range w.rendered(fetchedSource("parent")).Objects {
		name := object.Origin.Path
		place := filepath.Join(w.cache, "charts", strings.TrimPrefix(name, files.Mounts+"/"))
		if !strings.HasPrefix(name, files.Mounts) {
			place = filepath.Join(w.root, name)
		}
		if _, err := os.Stat(place); err != nil {
			t.Errorf("the origin %s leads nowhere", name)
		}
	}
}

// TestEditedDependencies does not take what was fetched for another list.
func TestEditedDependencies(t *testing.T) {
	w := newWorld(t, umbrella)
	name := filepath.Join(w.root, "parent", "Chart.yaml")
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	w.fetch(fetch.Want{ID: "one", Files: map[string]string{"Chart.yaml": string(before)}})
	w.rendered(fetchedSource("parent"))
	edited := strings.Replace(string(before), "^1.1", "^1.2", 1)
	if err := os.WriteFile(name, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := w.render(fetchedSource("parent")); got.Kind != "failed" || len(*got.Missing) == 0 {
		t.Errorf("an edited range still renders: %s", text(t, got))
	}
}

// TestFetchedChart renders a chart that no folder holds as `helm template --repo` does.
func TestFetchedChart(t *testing.T) {
	w := newWorld(t, func(string) map[string]string {
		return map[string]string{"values/own.yaml": "name: own\nglobal: {main: \"yes\"}\n"}
	})
	for _, version := range []string{"1.0.0", "^1", ""} {
		source := fetchedSource("")
		// How it is fetched comes along with what is missing, and is no part of which chart it is.
		source.Chart = &model.ChartReference{Repository: w.url, Name: "web", Version: version, Insecure: version == ""}
		source.ValueFiles = []string{"values/own.yaml"}
		absent := w.render(source)
		if absent.Kind != "failed" || len(*absent.Missing) != 1 || (*absent.Missing)[0].Chart != *source.Chart {
			t.Fatalf("before: %s", text(t, absent))
		}
		w.fetch(fetch.Want{ID: "one", Repository: w.url, Name: "web", Version: version})
		result := w.rendered(source)
		args := []string{"web", "--repo", w.url, "-f", filepath.Join(w.root, "values/own.yaml")}
		if version != "" {
			args = append(args, "--version", version)
		}
		compare(t, objectsOf(t, result), w.template(args...))
		pinned := source
		pinned.Chart = &model.ChartReference{Name: "web", Digest: result.Charts[0].Digest}
		compare(t, objectsOf(t, w.rendered(pinned)), objectsOf(t, result))
	}
}

// TestDamagedChart never renders an archive that lost its digest.
// A HelmRelease of a HelmRepository names values files that are in the chart.
func TestValuesFilesOfFetchedChart(t *testing.T) {
	w := newWorld(t, func(string) map[string]string {
		return map[string]string{"values.yaml": "name: of the repository\n", "files/note.txt": "a: b: c\n"}
	})
	reference := model.ChartReference{Repository: w.url, Name: "web", Version: "1.0.0"}
	w.fetch(fetch.Want{ID: "one", Repository: w.url, Name: "web", Version: "1.0.0"})
	source := model.Source{
		Kind: "helm", ReleaseName: "r", Namespace: "n", Chart: &reference,
		ChartValueFiles: []string{"values.yaml", "absent.yaml"}, IgnoreMissingValueFiles: true,
	}
	first := headOf(w.rendered(source).Objects[0].Object).Metadata.Name
	if first != "r-web-usual" {
		t.Errorf("got %s", first)
	}
	source.IgnoreMissingValueFiles = false
	if got := w.render(source); got.Kind != "failed" || (*got.Problems)[0].Code != "helm-value-file" {
		t.Errorf("got %s", text(t, got))
	}
}

func TestDamagedChart(t *testing.T) {
	w := newWorld(t, func(string) map[string]string { return nil })
	w.fetch(fetch.Want{ID: "one", Repository: w.url, Name: "web", Version: "1.0.0"})
	source := fetchedSource("")
	source.Chart = &model.ChartReference{Repository: w.url, Name: "web", Version: "1.0.0"}
	used := w.rendered(source).Charts[0]
	archive := filepath.Join(w.cache, "archives", strings.TrimPrefix(used.Digest, "sha256:"))
	if err := os.Truncate(archive, 100); err != nil {
		t.Fatal(err)
	}
	if got := w.render(source); got.Kind != "failed" || len(*got.Missing) != 1 {
		t.Errorf("got %s", text(t, got))
	}
}

// TestFetchedKustomizeCharts renders helmCharts as `kustomize build --enable-helm` does.
func TestFetchedKustomizeCharts(t *testing.T) {
	kustomization := func(url string) map[string]string {
		return map[string]string{"app/kustomization.yaml": `namespace: space
helmCharts:
- {name: web, repo: "` + url + `", version: 1.0.0, releaseName: rel, valuesInline: {name: inline}}
`}
	}
	w := newWorld(t, kustomization)
	source := model.Source{Kind: "kustomize", Path: "app"}
	absent := w.render(source)
	if absent.Kind != "rendered" || len(absent.Result.Missing) != 1 {
		t.Fatalf("before: %s", text(t, absent))
	}
	wanted := absent.Result.Missing[0].Chart
	w.fetch(fetch.Want{ID: "one", Repository: wanted.Repository, Name: wanted.Name, Version: wanted.Version})
	result := w.rendered(source)
	oracle := filepath.Join(testfiles.Tree(t, kustomization(w.url)), "app")
	want := parsedOutput(t, command(t, "PLUMBLINE_KUSTOMIZE", "build", "--enable-helm", "--helm-command", os.Getenv("PLUMBLINE_HELM"),
		"--helm-kube-version", testKubeVersion, oracle))
	compare(t, objectsOf(t, result), want)
	if len(result.Missing) != 0 {
		t.Errorf("still missing: %s", text(t, result.Missing))
	}
}

func TestLocalDependencies(t *testing.T) {
	for name, c := range map[string]struct {
		repository string
		found      bool
	}{
		"beside":       {"file://../near", true},
		"out":          {"file://../../near", false},
		"absolute":     {"file:///etc", false},
		"not there":    {"file://../far", false},
		"out of range": {"file://../old", false},
	} {
		texts := map[string]string{
			"parent/Chart.yaml": chartYAML("dependencies:\n- {name: near, version: ^0.3, repository: \"" + c.repository + "\"}\n"),
			"near/Chart.yaml":   "apiVersion: v2\nname: near\nversion: 0.3.0\n",
			"old/Chart.yaml":    "apiVersion: v2\nname: near\nversion: 0.2.0\n",
		}
		got := outcome(t, testfiles.Tree(t, texts), fetchedSource("parent"), testCapabilities)
		if (got.Kind == "rendered") != c.found {
			t.Errorf("%s: %s", name, text(t, got))
		}
		if !c.found && (*got.Missing)[0].Dependency {
			t.Errorf("%s: nothing to fetch is offered: %s", name, text(t, got.Missing))
		}
		if c.found && !strings.Contains(text(t, got.Result.Inputs), "near/Chart.yaml") {
			t.Errorf("%s: the local chart is no input: %s", name, text(t, got.Result.Inputs))
		}
	}
}
