package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/fetch"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// fetchModules gets the submodules of a commit of the cache, as the editor does.
func (f *forge) fetchModules(url, ref string) {
	f.t.Helper()
	results := f.run(fetch.Want{ID: "0", Git: &fetch.GitWant{URL: url, Ref: ref, Submodules: true}})
	if len(results) != 1 || len(results[0].Failures) > 0 {
		f.t.Fatalf("no submodules told: %+v", results)
	}
	for _, module := range results[0].Repositories[0].Submodules {
		f.fetch(model.Missing{Git: model.GitReference{URL: module.URL, Ref: module.Commit, Submodules: true}})
	}
}

// link lets a commit stand at a folder of a repository that is published, with an address for it.
func (f *forge) link(name, path, url, commit string) string {
	f.t.Helper()
	folder := filepath.Join(f.projects, name)
	text, _ := os.ReadFile(filepath.Join(folder, ".gitmodules"))
	entry := "[submodule \"" + path + "\"]\n\tpath = " + path + "\n\turl = " + url + "\n"
	testfiles.Write(f.t, folder, map[string]string{".gitmodules": string(text) + entry})
	f.git(folder, "add", ".gitmodules")
	f.git(folder, "update-index", "--add", "--cacheinfo", "160000,"+commit+","+path)
	f.git(folder, "commit", "-q", "-m", "link")
	return f.git(folder, "rev-parse", "HEAD")
}

// modular is a repository with a submodule that has one itself.
func (f *forge) modular() string {
	deep := f.publish("acme/deep.git", map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap("deep", "one")}, nil, nil)
	f.publish("acme/lib.git", map[string]string{
		"app/kustomization.yaml": "namePrefix: lib-\nresources: [cm.yaml, ../third/deep]\n", "app/cm.yaml": configMap("cm", "one"),
	}, nil, map[string]string{"app/up.yaml": "../../../top.yaml"})
	lib := f.link("acme/lib.git", "third/deep", "../deep.git", deep)
	// What comes after is not what the submodule stands at.
	f.git(filepath.Join(f.projects, "acme/lib.git"), "commit", "-q", "--allow-empty", "-m", "later")
	f.publish("acme/base.git", map[string]string{
		"kustomization.yaml":       "resources: [top.yaml, vendor/lib/app]\n",
		"top.yaml":                 configMap("top", "one"),
		"alone/kustomization.yaml": "resources: [cm.yaml]\n", "alone/cm.yaml": configMap("alone", "one"),
		"linked/kustomization.yaml": "resources: [cm.yaml]\n",
	}, nil, map[string]string{"linked/cm.yaml": "../vendor/lib/app/cm.yaml"})
	return f.link("acme/base.git", "vendor/lib", "../lib.git", lib)
}

// TestSubmodulesOfBases holds bases with submodules against the real Kustomize, whose git fetches them.
func TestSubmodulesOfBases(t *testing.T) {
	program := os.Getenv("PLUMBLINE_KUSTOMIZE")
	if program == "" {
		t.Skip("PLUMBLINE_KUSTOMIZE is not set: the oracle cannot run")
	}
	f := newForge(t)
	commit := f.modular()
	base := f.url + "/acme/base.git"
	for name, one := range map[string]struct {
		entry  string
		failed bool
	}{
		"whole":             {entry: base},
		"branch":            {entry: base + "?ref=main"},
		"commit":            {entry: base + "?ref=" + commit},
		"said":              {entry: base + "?submodules=true"},
		"no word for it":    {entry: base + "?submodules=perhaps"},
		"inside":            {entry: base + "//vendor/lib/app"},
		"deep inside":       {entry: base + "//vendor/lib/third/deep"},
		"link into one":     {entry: base + "//linked", failed: true},
		"without":           {entry: base + "//alone?submodules=false"},
		"without, and used": {entry: base + "?submodules=false", failed: true},
		"without, inside":   {entry: base + "//vendor/lib/app?submodules=false", failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			root := t.TempDir()
			testfiles.Write(t, root, map[string]string{"kustomization.yaml": "resources: ['" + one.entry + "']\n"})
			outcome := f.render(root, model.Source{Kind: "kustomize"})
			oracle := exec.Command(program, "build", root)
			oracle.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
			out, err := oracle.Output()
			if (err != nil) != one.failed {
				t.Fatalf("the oracle: %v", err)
			}
			if one.failed {
				if outcome.Kind == "rendered" {
					t.Fatalf("got %s", textOf(t, outcome))
				}
				return
			}
			if outcome.Kind != "rendered" || len(outcome.Result.Missing) > 0 {
				t.Fatalf("got %s", textOf(t, outcome))
			}
			if got, want := objectsIn(t, outcome), printed(t, out); !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %s", textOf(t, got), textOf(t, want))
			}
		})
	}
}

// TestSubmodulesAreAllThereOrMissing renders nothing without a submodule that Kustomize would fail for.
func TestSubmodulesAreAllThereOrMissing(t *testing.T) {
	f := newForge(t)
	f.modular()
	base := f.url + "/acme/base.git"
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{"kustomization.yaml": "resources: ['" + base + "//alone']\n"})
	render := func() model.Outcome {
		return f.workspace().render(renderParams{RenderRequest: model.RenderRequest{
			Snapshot: model.Snapshot{Root: root}, Source: model.Source{Kind: "kustomize"},
		}})
	}
	f.fetch(model.Missing{Git: model.GitReference{URL: base}})
	outcome := render()
	if len(outcome.Result.Missing) != 1 || !outcome.Result.Missing[0].Git.Submodules {
		t.Fatalf("got %s", textOf(t, outcome))
	}
	f.fetch(outcome.Result.Missing[0])
	outcome = render()
	if len(outcome.Result.Missing) != 0 || len(outcome.Result.Repositories) != 1 {
		t.Fatalf("got %s", textOf(t, outcome))
	}
	modules := outcome.Result.Repositories[0].Modules
	if len(modules) != 2 || modules[0].Path != "vendor/lib" || modules[1].Path != "vendor/lib/third/deep" ||
		modules[1].URL != f.url+"/acme/deep.git" {
		t.Errorf("modules %+v", modules)
	}
}

// TestSubmodulesOfClones reads them from where `git submodule` keeps them, at any commit of the clone.
func TestSubmodulesOfClones(t *testing.T) {
	f := newForge(t)
	f.modular()
	clone := filepath.Join(t.TempDir(), "clone")
	f.git(t.TempDir(), "clone", "-q", "--recurse-submodules", f.url+"/acme/base.git", clone)
	render := func(root string, w *workspace) model.Outcome {
		return w.render(renderParams{RenderRequest: model.RenderRequest{
			Snapshot: model.Snapshot{Root: root, Revision: "HEAD"}, Source: model.Source{Kind: "kustomize"},
		}})
	}
	f.cache = filepath.Join(t.TempDir(), "none")
	working := f.workspace().render(renderParams{RenderRequest: model.RenderRequest{
		Snapshot: model.Snapshot{Root: clone}, Source: model.Source{Kind: "kustomize"},
	}})
	committed := render(clone, f.workspace())
	if committed.Kind != "rendered" || len(committed.Result.Objects) != 3 || !reflect.DeepEqual(objectsIn(t, committed), objectsIn(t, working)) {
		t.Errorf("got %s\nin the working tree %s", textOf(t, committed), textOf(t, working))
	}
	bare := filepath.Join(t.TempDir(), "bare")
	f.git(t.TempDir(), "clone", "-q", f.url+"/acme/base.git", bare)
	lacking := render(bare, f.workspace())
	if lacking.Kind != "unavailable" || !strings.Contains(lacking.Reason, "submodule") {
		t.Errorf("got %s", textOf(t, lacking))
	}
}

// TestHostileSubmodules renders bases whose submodules reach for what is not theirs, in a process that
// may only read the root and the cache.
func TestHostileSubmodules(t *testing.T) {
	f := newForge(t)
	outside := canaryFile(t)
	up := strings.Repeat("../", 12)
	f.publish("hostile/inner.git", map[string]string{
		"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap("cm", "one"),
		"out/kustomization.yaml": "resources: [l.yaml]\n", "up/kustomization.yaml": "resources: [../../../own]\n",
		"own/kustomization.yaml": "configMapGenerator: [{name: x, files: [../../../own.yaml]}]\n",
	}, nil, map[string]string{"out/l.yaml": up + strings.TrimPrefix(outside, "/"), "linked": "../../../own"})
	inner := f.git(filepath.Join(f.projects, "hostile/inner.git"), "rev-parse", "HEAD")
	attacks := map[string]struct{ base, path, url, commit string }{
		"a folder of the disk":  {"vendor/x", "vendor/x", "file://" + filepath.Dir(outside), inner},
		"a path of the disk":    {"vendor/x", "vendor/x", filepath.Dir(outside), inner},
		"an option":             {"vendor/x", "vendor/x", "--upload-pack=touch " + outside, inner},
		"a program":             {"vendor/x", "vendor/x", "ext::sh -c cat% " + outside, inner},
		"a relative way out":    {"vendor/x", "vendor/x", up + "etc", inner},
		"a commit that is none": {"vendor/x", "vendor/x", "../inner.git", someOtherCommit},
		"a link out":            {"vendor/x/out", "vendor/x", "../inner.git", inner},
		"a link to a folder":    {"vendor/x/linked", "vendor/x", "../inner.git", inner},
		"a folder of the root":  {"vendor/x/up", "vendor/x", "../inner.git", inner},
		"a file of the root":    {"vendor/x/own", "vendor/x", "../inner.git", inner},
	}
	roots := map[string]string{}
	for name, attack := range attacks {
		project := "hostile/" + strings.ReplaceAll(name, " ", "-") + ".git"
		f.publish(project, kustomization("resources: ["+attack.base+"]\n"), nil, nil)
		f.link(project, attack.path, attack.url, attack.commit)
		whole := attack.url == "../inner.git" && attack.commit == inner
		f.fetch(model.Missing{Git: model.GitReference{URL: f.url + "/" + project, Ref: "main", Submodules: whole}})
		roots[name] = rootOf(t, f.url+"/"+project+"?ref=main")
	}
	renderWatched(t, f.cache, roots, func(name string, outcome model.Outcome) bool {
		lacks := outcome.Kind == "rendered" && len(outcome.Result.Missing) == 1 && len(outcome.Result.Objects) == 0
		return outcome.Kind == "failed" || lacks
	})
}

const someOtherCommit = "2222222222222222222222222222222222222222"
