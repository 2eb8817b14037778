package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/fetch"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// forge serves Git repositories and plain files on loopback, and keeps a cache of what was fetched.
type forge struct {
	t                   *testing.T
	projects, files     string
	url, fileURL, cache string
}

func newForge(t *testing.T) *forge {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: there is nothing to fetch with")
	}
	f := &forge{t: t, projects: t.TempDir(), files: t.TempDir(), cache: filepath.Join(t.TempDir(), "cache")}
	where, err := exec.Command(program, "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(where)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + f.projects, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull},
	})
	plain := httptest.NewServer(http.FileServer(http.Dir(f.files)))
	t.Cleanup(served.Close)
	t.Cleanup(plain.Close)
	f.url, f.fileURL = served.URL, plain.URL
	t.Cleanup(func() {
		if opened, err := chartcache.Create(f.cache); err == nil {
			_, _ = opened.Trim(0, nil)
			_ = opened.Close()
		}
	})
	return f
}

func (f *forge) git(folder string, args ...string) string {
	f.t.Helper()
	command := exec.Command("git", args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := command.CombinedOutput()
	if err != nil {
		f.t.Fatalf("git %v: %s", args, out)
	}
	return strings.TrimSpace(string(out))
}

// publish makes a repository with a branch main, a tag v1 at its first commit, and what is changed after.
func (f *forge) publish(name string, texts, after, links map[string]string) string {
	f.t.Helper()
	folder := filepath.Join(f.projects, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		f.t.Fatal(err)
	}
	f.git(folder, "init", "-q", "-b", "main")
	testfiles.Write(f.t, folder, texts)
	for link, target := range links {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, link)), 0o755); err != nil {
			f.t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			f.t.Fatal(err)
		}
	}
	f.git(folder, "add", "-A")
	f.git(folder, "commit", "-q", "-m", "one")
	f.git(folder, "tag", "-a", "v1", "-m", "one")
	first := f.git(folder, "rev-parse", "HEAD")
	if len(after) > 0 {
		testfiles.Write(f.t, folder, after)
		f.git(folder, "commit", "-q", "-a", "-m", "two")
	}
	return first
}

// run sends one request to the fetching part.
func (f *forge) run(wants ...fetch.Want) []fetch.Result {
	f.t.Helper()
	request, err := json.Marshal(fetch.Request{CacheRoot: f.cache, Wanted: wants})
	if err != nil {
		f.t.Fatal(err)
	}
	var out bytes.Buffer
	// The end of the input would cancel.
	open, end := io.Pipe()
	defer end.Close()
	if err := fetch.Run(io.MultiReader(bytes.NewReader(append(request, '\n')), open), &out); err != nil {
		f.t.Fatal(err)
	}
	results := []fetch.Result{}
	for line := range bytes.Lines(out.Bytes()) {
		var result fetch.Result
		if json.Unmarshal(line, &result) == nil && result.Event == "result" {
			results = append(results, result)
		}
	}
	return results
}

// fetch gets into the cache what a render lacks, with git as the editor calls it.
func (f *forge) fetch(missing model.Missing) bool {
	f.t.Helper()
	if missing.URL != "" {
		results := f.run(fetch.Want{ID: "0", URL: missing.URL})
		if len(results[0].Failures) > 0 {
			f.t.Fatalf("not fetched: %v", results[0].Failures[0])
		}
		return true
	}
	if missing.Git.URL == "" {
		return false
	}
	opened, err := chartcache.Create(f.cache)
	if err != nil {
		f.t.Fatal(err)
	}
	defer opened.Close()
	pending := fmt.Sprintf("test-%x", []byte(missing.Git.URL+missing.Git.Ref))
	folder := filepath.Join(f.cache, "pending", pending[:min(len(pending), 200)])
	f.git(f.cache, "init", "-q", "--bare", "--template=", folder)
	ref := missing.Git.Ref
	if ref == "" {
		ref = "HEAD"
	}
	f.git(folder, "fetch", "-q", "--depth=1", missing.Git.URL, ref)
	results := f.run(fetch.Want{ID: "0", Git: &fetch.GitWant{
		URL: missing.Git.URL, Ref: missing.Git.Ref, Pending: filepath.Base(folder),
		Commit: f.git(folder, "rev-parse", "FETCH_HEAD^{commit}"),
	}})
	if len(results) != 1 || len(results[0].Failures) > 0 {
		f.t.Fatalf("not taken in: %+v", results)
	}
	if missing.Git.Submodules {
		f.fetchModules(missing.Git.URL, missing.Git.Ref)
	}
	return true
}

// workspace is an engine in this process with the cache.
func (f *forge) workspace() *workspace {
	w := newWorkspace()
	w.chartsRoot = f.cache
	return w
}

// render fetches what is missing until nothing more can be had.
func (f *forge) render(root string, source model.Source) model.Outcome {
	f.t.Helper()
	params := renderParams{RenderRequest: model.RenderRequest{
		Snapshot: model.Snapshot{Root: root}, Source: source, Capabilities: &model.Capabilities{KubeVersion: "v1.36.3"},
	}}
	for range 6 {
		outcome := f.workspace().render(params)
		missing := []model.Missing{}
		if outcome.Result != nil {
			missing = outcome.Result.Missing
		} else if outcome.Missing != nil {
			missing = *outcome.Missing
		}
		got := false
		for _, one := range missing {
			got = f.fetch(one) || got
		}
		if !got {
			return outcome
		}
	}
	f.t.Fatal("something is missing again and again")
	return model.Outcome{}
}

func configMap(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  value: " + value + "\n"
}

// library is a repository of bases.
func (f *forge) library() string {
	f.publish("acme/deep.git", map[string]string{
		"kustomization.yaml": "nameSuffix: -deep\nresources: [deep.yaml]\n", "deep.yaml": configMap("leaf", "deep"),
	}, nil, nil)
	return f.publish("acme/base.git", map[string]string{
		"kustomization.yaml":          "resources: [top.yaml]\n",
		"top.yaml":                    configMap("top", "one"),
		"apps/web/kustomization.yaml": "namePrefix: web-\nresources:\n- ../common\n- cm.yaml\n- " + f.url + "/acme/deep.git\nconfigMapGenerator:\n- name: gen\n  files: [data.txt]\n",
		"apps/web/cm.yaml":            configMap("cm", "one"), "apps/web/data.txt": "text",
		"apps/common/kustomization.yaml": "resources: [cm.yaml]\n", "apps/common/cm.yaml": configMap("common", "one"),
		"component/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n    - {op: add, path: /data/component, value: 'yes'}\n",
		"linked/kustomization.yaml":    "resources: [cm.yaml]\n",
		"transform/kustomization.yaml": "resources: [t.yaml]\n",
		"transform/t.yaml":             "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: far-\nfieldSpecs: [{path: metadata/name}]\n",
	}, map[string]string{"apps/web/cm.yaml": configMap("cm", "two"), "top.yaml": configMap("top", "two")},
		map[string]string{"linked/cm.yaml": "../apps/common/cm.yaml"})
}

func (f *forge) serve(name, text string) string {
	f.t.Helper()
	testfiles.Write(f.t, f.files, map[string]string{name: text})
	return f.fileURL + "/" + name
}

// TestRemoteBases holds bases of repositories and files of servers against the real Kustomize, which
// fetches them itself.
func TestRemoteBases(t *testing.T) {
	program := os.Getenv("PLUMBLINE_KUSTOMIZE")
	if program == "" {
		t.Skip("PLUMBLINE_KUSTOMIZE is not set: the oracle cannot run")
	}
	f := newForge(t)
	first := f.library()
	base := f.url + "/acme/base.git"
	file := f.serve("objects.yaml", configMap("remote-file", "x")+"---\n"+configMap("second", "y"))
	patch := f.serve("patch.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: local}\ndata: {patched: 'yes'}\n")
	jsonPatch := f.serve("ops.json", `[{"op":"add","path":"/data/ops","value":"yes"}]`)
	text := f.serve("conf/app.conf", "a=b\n")
	crd := f.serve("crd.json", `{"github.com/acme/v1.Thing":{"Schema":{"description":"x","properties":{"ref":{"x-kubernetes-object-ref-api-version":"v1","x-kubernetes-object-ref-kind":"ConfigMap","$ref":"x"}}}}}`)
	local := map[string]string{"local.yaml": configMap("local", "here")}
	for name, kustomize := range map[string]string{
		"tag":             "resources: ['" + base + "//apps/web?ref=v1']\n",
		"branch":          "resources: ['" + base + "//apps/web?ref=main', local.yaml]\nnamePrefix: x-\n",
		"no ref":          "resources: ['" + base + "//apps/web']\n",
		"commit":          "resources: ['" + base + "//apps/web?ref=" + first + "']\n",
		"version":         "resources: ['" + base + "//apps/web?version=v1&timeout=90s&submodules=false']\n",
		"path after .git": "resources: ['" + base + "/apps/web?ref=v1']\n",
		"forced":          "resources: ['git::" + base + "//apps/web?ref=v1']\n",
		"top folder":      "resources: ['" + base + "?ref=v1']\n",
		"two revisions":   "resources: [one, two]\n",
		"component":       "resources: [local.yaml]\ncomponents: ['" + base + "//component?ref=v1']\n",
		"transformer":     "resources: [local.yaml]\ntransformers: ['" + base + "//transform?ref=v1']\n",
		"link inside":     "resources: ['" + base + "//apps/common?ref=v1']\n",
		"of a base":       "resources: [nested]\nnamespace: space\n",
		"bases":           "bases: ['" + base + "//apps/web?ref=v1']\n",
		"file":            "resources: ['" + file + "', local.yaml]\nnameSuffix: -s\n",
		"patch file":      "resources: [local.yaml]\npatches: [{path: '" + patch + "'}]\n",
		"strategic patch": "resources: [local.yaml]\npatchesStrategicMerge: ['" + patch + "']\n",
		"json patch":      "resources: [local.yaml]\npatches: [{path: '" + jsonPatch + "', target: {kind: ConfigMap}}]\n",
		"generator":       "configMapGenerator:\n- name: gen\n  files: ['" + text + "', 'other.conf=" + text + "']\n",
		"env":             "configMapGenerator:\n- name: gen\n  envs: ['" + text + "']\n",
		"crd":             "resources: [local.yaml]\ncrds: ['" + crd + "']\n",
		"origins":         "resources: ['" + base + "//apps/web?ref=v1', local.yaml, '" + file + "', '" + base + "?ref=main', nested]\nbuildMetadata: [originAnnotations]\n",
		"transformations": "resources: ['" + base + "//apps/web?ref=v1', local.yaml]\nnamePrefix: y-\nbuildMetadata: [transformerAnnotations]\n",
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			testfiles.Write(t, root, local)
			testfiles.Write(t, root, map[string]string{
				"kustomization.yaml":        kustomize,
				"nested/kustomization.yaml": "resources: ['" + base + "//apps/web?ref=v1']\nnamePrefix: n-\n",
				"one/kustomization.yaml":    "resources: ['" + base + "?ref=v1']\nnamePrefix: one-\n",
				"two/kustomization.yaml":    "resources: ['" + base + "?ref=main']\nnamePrefix: two-\n",
			})
			f.t = t
			outcome := f.render(root, model.Source{Kind: "kustomize"})
			if outcome.Kind != "rendered" || len(outcome.Result.Missing) > 0 {
				t.Fatalf("got %s", textOf(t, outcome))
			}
			oracle := exec.Command(program, "build", root)
			oracle.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
			out, err := oracle.Output()
			if err != nil {
				t.Fatalf("the oracle: %v", err)
			}
			got, want := objectsIn(t, outcome), printed(t, out)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %s", textOf(t, got), textOf(t, want))
			}
		})
	}
}

func textOf(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func objectsIn(t *testing.T, outcome model.Outcome) []any {
	t.Helper()
	all := []any{}
	for _, object := range outcome.Result.Objects {
		var value any
		if err := json.Unmarshal(object.Object, &value); err != nil {
			t.Fatal(err)
		}
		all = append(all, value)
	}
	return all
}

func printed(t *testing.T, out []byte) []any {
	t.Helper()
	all := []any{}
	for _, part := range documents.Split(out) {
		text, fault := documents.ToJSON(part.Text)
		if fault != nil || text == nil {
			continue
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		all = append(all, value)
	}
	if len(all) == 0 {
		t.Fatal("the oracle printed nothing, so nothing is compared")
	}
	return all
}

// TestHostileBases renders bases that reach for what is not theirs, in a process that may only read the
// root and the cache.
func TestHostileBases(t *testing.T) {
	f := newForge(t)
	outside := canaryFile(t)
	up := strings.Repeat("../", 12)
	attacks := map[string]struct{ files, links map[string]string }{
		"absolute":      {files: kustomization("configMapGenerator: [{name: x, files: [/etc/passwd]}]\n")},
		"climbing":      {files: kustomization("resources: ['" + up + strings.TrimPrefix(outside, "/") + "']\n")},
		"open root":     {files: kustomization("resources: [../../]\n")},
		"open file":     {files: kustomization("resources: [../../own.yaml]\n")},
		"open folder":   {files: kustomization("resources: [../../own]\n")},
		"open values":   {files: kustomization("configMapGenerator: [{name: x, files: [../../own.yaml]}]\n")},
		"open patch":    {files: with(kustomization("resources: [a.yaml]\npatches: [{path: ../../own.yaml}]\n"), map[string]string{"a.yaml": configMap("a", "a")})},
		"link out":      {files: kustomization("resources: [l.yaml]\n"), links: map[string]string{"l.yaml": outside}},
		"link up":       {files: kustomization("resources: [l]\n"), links: map[string]string{"l": "../../own"}},
		"link to root":  {files: kustomization("resources: [l]\n"), links: map[string]string{"l": up}},
		"itself":        {files: kustomization("resources: [.]\n")},
		"its own URL":   {files: kustomization("resources: ['" + f.url + "/hostile/7.git?ref=v1']\n")},
		"file protocol": {files: kustomization("resources: ['file://" + filepath.Dir(outside) + "']\n")},
		"program":       {files: with(kustomization("generators: [g.yaml]\n"), map[string]string{"g.yaml": "apiVersion: x/v1\nkind: Evil\nmetadata:\n  name: e\n  annotations: {config.kubernetes.io/function: 'exec: {path: git}'}\n"})},
	}
	roots := map[string]string{}
	for name, attack := range attacks {
		project := fmt.Sprintf("hostile/x%d.git", len(roots))
		if name == "its own URL" {
			project = "hostile/7.git"
		}
		f.publish(project, attack.files, nil, attack.links)
		f.fetch(model.Missing{Git: model.GitReference{URL: f.url + "/" + project, Ref: "v1"}})
		roots[name] = rootOf(t, f.url+"/"+project+"?ref=v1")
	}
	renderWatched(t, f.cache, roots, func(name string, outcome model.Outcome) bool {
		// What these ask for is left out of a render that has the rest.
		isDropped := name == "program" || name == "file protocol"
		return outcome.Kind == "failed" || isDropped && outcome.Kind == "rendered"
	})
}

// canaryFile returns a file of the disk that no render may show.
func canaryFile(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	testfiles.Write(t, folder, map[string]string{"secret.yaml": configMap("canary", canary)})
	return filepath.Join(folder, "secret.yaml")
}

// rootOf returns a root that has base, and files that a base must not reach.
func rootOf(t *testing.T, base string) string {
	t.Helper()
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"kustomization.yaml": "resources: ['" + base + "']\n",
		"own.yaml":           configMap("own", canary), "own/kustomization.yaml": "resources: [cm.yaml]\n", "own/cm.yaml": configMap("own", canary),
	})
	return root
}

// renderWatched renders each root in one process whose system calls are judged, and shows no canary.
func renderWatched(t *testing.T, cache string, roots map[string]string, isHarmless func(name string, outcome model.Outcome) bool) {
	t.Helper()
	strace := straceOf(t)
	log := filepath.Join(t.TempDir(), "strace.log")
	p := start(t, strace, "-f", "-y", "-o", log, "-e", "trace="+watched)
	p.must("initialize", map[string]any{"memoryLimitBytes": 1 << 30, "timeLimitMs": 20000, "cacheRoot": cache}, nil)
	readable := []string{cache}
	for name, root := range roots {
		readable = append(readable, root)
		t.Run(name, func(t *testing.T) {
			outcome, raw := p.render(root, model.Source{Kind: "kustomize"})
			if strings.Contains(raw, canary) || strings.Contains(raw, "root:x:0:0") {
				t.Errorf("what is not the base's: %s", raw)
			}
			if !isHarmless(name, outcome) {
				t.Errorf("rendered nevertheless: %s", raw)
			}
		})
	}
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("the process ended with code %d", code)
	}
	judgeCalls(t, log, readable)
}

// TestOwnFilesDoNotReachIntoABase holds the other direction: the mount of a base is no folder of the
// repository.
func TestOwnFilesDoNotReachIntoABase(t *testing.T) {
	f := newForge(t)
	f.library()
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{"kustomization.yaml": "resources: ['" + f.url + "/acme/base.git?ref=v1']\n"})
	first := f.render(root, model.Source{Kind: "kustomize"})
	mount := first.Result.Repositories[0].Mount
	for name, text := range map[string]string{
		"folder": "resources: ['" + f.url + "/acme/base.git?ref=v1', " + mount + "/apps/common]\n",
		"file":   "resources: ['" + f.url + "/acme/base.git?ref=v1', " + mount + "/apps/common/cm.yaml]\n",
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			testfiles.Write(t, root, map[string]string{"kustomization.yaml": text})
			if got := f.render(root, model.Source{Kind: "kustomize"}); got.Kind != "failed" || !strings.Contains(codes(got), "outside-repository") {
				t.Errorf("got %s", textOf(t, got))
			}
		})
	}
}

// TestOpenFolderAnswers asks no cache where an open folder has the repository among its remotes.
func TestOpenFolderAnswers(t *testing.T) {
	f := newForge(t)
	first := f.library()
	clone := filepath.Join(t.TempDir(), "clone")
	f.git(t.TempDir(), "clone", "-q", f.url+"/acme/base.git", clone)
	root := t.TempDir()
	for ref, want := range map[string]string{"v1": "one", "main": "two", "": "two", first: "one"} {
		t.Run("ref "+ref, func(t *testing.T) {
			testfiles.Write(t, root, map[string]string{"kustomization.yaml": "resources: ['" + f.url + "/acme/base.git?ref=" + ref + "']\n"})
			outcome := f.workspace().render(renderParams{RenderRequest: model.RenderRequest{
				Snapshot: model.Snapshot{Root: root}, Source: model.Source{Kind: "kustomize"},
				Remotes: model.Remotes{OpenRoots: []string{clone}},
			}})
			if outcome.Kind != "rendered" || len(outcome.Result.Missing) > 0 || !strings.Contains(textOf(t, outcome), `"value":"`+want) {
				t.Fatalf("got %s", textOf(t, outcome))
			}
			used := outcome.Result.Repositories
			if len(used) != 1 || used[0].Root != clone || used[0].FetchedAt != "" {
				t.Errorf("got %s", textOf(t, used))
			}
		})
	}
	testfiles.Write(t, root, map[string]string{"kustomization.yaml": "resources: ['" + f.url + "/acme/base.git?ref=none']\n"})
	outcome := f.workspace().render(renderParams{RenderRequest: model.RenderRequest{
		Snapshot: model.Snapshot{Root: root}, Source: model.Source{Kind: "kustomize"}, Remotes: model.Remotes{OpenRoots: []string{clone}},
	}})
	if outcome.Kind != "rendered" || len(outcome.Result.Missing) != 1 {
		t.Errorf("a ref that the clone lacks is missing: %s", textOf(t, outcome))
	}
}

// TestMounts renders sources in other open folders and revisions, and tells the paths that edits there
// change.
func TestMounts(t *testing.T) {
	f := newForge(t)
	first := f.library()
	folder := filepath.Join(f.projects, "acme/base.git")
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"chart/Chart.yaml": chartFile("c"), "chart/values.yaml": "name: usual\n",
		"chart/templates/cm.yaml": configMap("{{ .Values.name }}", "x"),
	})
	testfiles.Write(t, folder, map[string]string{"values/prod.yaml": "name: from-there\n"})
	unsaved := "name: unsaved\n"
	source := model.Source{Kind: "several", ArgoSource: model.ArgoSource{Parts: []model.SourcePart{
		{Source: &model.Source{Kind: "helm", Path: "chart", ReleaseName: "r", ValueFiles: []string{".plumbline-git/other/values/prod.yaml"}}},
		{Source: &model.Source{Kind: "kustomize", Path: ".plumbline-git/other/apps/common"}},
		{Source: &model.Source{Kind: "kustomize", Path: ".plumbline-git/old"}},
		{Source: &model.Source{Kind: "directory", Path: ".plumbline-git/absent/x"}},
	}}}
	render := func(overlay map[string]*string) model.Outcome {
		return f.workspace().render(renderParams{RenderRequest: model.RenderRequest{
			Snapshot: model.Snapshot{Root: root}, Source: source,
			Remotes: model.Remotes{Mounts: []model.Mount{
				{Name: "other", Snapshot: &model.Snapshot{Root: folder, Overlay: overlay}},
				{Name: "old", Snapshot: &model.Snapshot{Root: folder, Revision: first}},
				{Name: "absent", Git: &model.GitReference{URL: "https://git.example.com/a/b.git", Ref: "main"}},
			}},
		}})
	}
	outcome := render(nil)
	if outcome.Kind != "rendered" || len(outcome.Result.Objects) != 3 {
		t.Fatalf("got %s", textOf(t, outcome))
	}
	want := []model.Missing{{
		Kind: "base", Reference: "https://git.example.com/a/b.git//x?ref=main",
		Git: model.GitReference{URL: "https://git.example.com/a/b.git", Ref: "main", Path: "x"},
	}}
	if !reflect.DeepEqual(outcome.Result.Missing, want) {
		t.Errorf("missing %s", textOf(t, outcome.Result.Missing))
	}
	if origin := outcome.Result.Objects[1].Origin.Path; origin != ".plumbline-git/other/apps/common/cm.yaml" {
		t.Errorf("origin %s", origin)
	}
	used := outcome.Result.Repositories
	if len(used) != 2 || used[1].Commit != first || len(used[1].Inputs) > 0 {
		t.Fatalf("used %s", textOf(t, used))
	}
	asked := textOf(t, used[0].Inputs)
	for _, path := range []string{`"values/prod.yaml"`, `"apps/common/cm.yaml"`, `"apps/common/kustomization.yaml"`} {
		if !strings.Contains(asked, path) {
			t.Errorf("%s is not among %s", path, asked)
		}
	}
	if strings.Contains(textOf(t, outcome.Result.Inputs), "plumbline-git") {
		t.Errorf("inputs of the root: %s", textOf(t, outcome.Result.Inputs))
	}
	if edited := render(map[string]*string{"values/prod.yaml": &unsaved}); !strings.Contains(textOf(t, edited), `"name":"unsaved"`) {
		t.Errorf("an unsaved text of the other folder: %s", textOf(t, edited))
	}
}
