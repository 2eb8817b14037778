package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/plumbline/plumbline/engine/chartcache"
)

// umbrella is a chart that depends on each kind of place at once.
func umbrella(t *testing.T, shop, registry string) string {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "parent", "Chart.yaml"), chartYaml("parent", "1.0.0")+fmt.Sprintf(`dependencies:
- {name: web, version: ^1.0.0, repository: %q}
- {name: web, version: ~1.0, repository: "@shop", alias: old}
- {name: store, version: 1.x, repository: "oci://%s/charts", condition: store.enabled}
- {name: near, version: "*", repository: "file://../near"}
`, shop, registry))
	write(t, filepath.Join(folder, "near", "Chart.yaml"), chartYaml("near", "0.1.0"))
	return filepath.Join(folder, "parent")
}

func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{"Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock"} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err == nil {
			files[name] = string(text)
		}
	}
	return files
}

// built gives the digests of what Helm put into charts/, but for charts of the repository itself.
func built(t *testing.T, folder string) []string {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(folder, "charts", "*.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	digests := []string{}
	for _, archive := range archives {
		if !strings.HasPrefix(filepath.Base(archive), "near-") {
			digests = append(digests, chartcache.Digest(read(t, archive)))
		}
	}
	sort.Strings(digests)
	return digests
}

func fetched(result Result) []string {
	digests := []string{}
	for _, chart := range result.Charts {
		digests = append(digests, chart.Digest)
	}
	sort.Strings(digests)
	return digests
}

// TestHelmDependencies holds the charts against those of `helm dependency update` without a lock and
// of `helm dependency build` with one.
func TestHelmDependencies(t *testing.T) {
	helm := program(t, "PLUMBLINE_HELM")
	user := home(t)
	server, _ := shop(t)
	registry := startRegistry(t)
	publish(t, helm, registry, "store", "1.0.0", "1.4.0", "2.0.0")
	repositories(t, user, fmt.Sprintf("- {name: shop, url: %q}\n", server.URL))
	folder := umbrella(t, server.URL, registry)
	want := Want{Files: filesOf(t, folder), Insecure: true}
	ranges := one(t, cacheFolder(t), want)
	command(t, folder, helm, "dependency", "update", "--plain-http", ".")
	if got, helms := fetched(ranges), built(t, folder); fmt.Sprint(got) != fmt.Sprint(helms) || len(got) != 3 || ranges.LockOutOfSync {
		t.Fatalf("without a lock %v, helm %v, failures %v", got, helms, ranges.Failures)
	}

	// Newer versions come; the lock stays with what it has.
	newer := plainChart(t, "web", "1.9.0")
	server.mutex.Lock()
	server.files["/n.tgz"] = newer
	server.files["/index.yaml"] = append(server.files["/index.yaml"],
		strings.TrimPrefix(string(indexOf("web", [3]string{"1.9.0", "n.tgz", hexDigest(newer)})), "apiVersion: v1\nentries:\n  web:\n")...)
	server.mutex.Unlock()
	publish(t, helm, registry, "store", "1.5.0")
	want.Files = filesOf(t, folder)
	locked := one(t, cacheFolder(t), want)
	if err := os.RemoveAll(filepath.Join(folder, "charts")); err != nil {
		t.Fatal(err)
	}
	command(t, folder, helm, "dependency", "build", "--plain-http", ".")
	if got, helms := fetched(locked), built(t, folder); fmt.Sprint(got) != fmt.Sprint(helms) || fmt.Sprint(got) != fmt.Sprint(fetched(ranges)) || locked.LockOutOfSync {
		t.Fatalf("with a lock %v, helm %v, failures %v, out of sync %v", got, helms, locked.Failures, locked.LockOutOfSync)
	}

	// An edited range makes the lock that of another chart: Helm refuses it, ranges count here.
	want.Files["Chart.yaml"] = strings.Replace(want.Files["Chart.yaml"], "^1.0.0", "^1.3.0", 1)
	edited := one(t, cacheFolder(t), want)
	if !edited.LockOutOfSync || len(edited.Charts) != 3 || edited.Charts[0].Version != "1.9.0" {
		t.Errorf("out of sync: %+v", edited)
	}
}

// TestLegacyDependencies reads requirements.yaml and its lock of apiVersion v1.
func TestLegacyDependencies(t *testing.T) {
	helm := program(t, "PLUMBLINE_HELM")
	home(t)
	server, _ := shop(t)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "Chart.yaml"), "apiVersion: v1\nname: parent\nversion: 1.0.0\n")
	write(t, filepath.Join(folder, "requirements.yaml"), fmt.Sprintf("dependencies:\n- {name: web, version: ~1.0, repository: %q}\n", server.URL))
	command(t, folder, helm, "dependency", "update", ".")
	files := filesOf(t, folder)
	if files["requirements.lock"] == "" {
		t.Fatal("helm wrote no lock")
	}
	result := one(t, cacheFolder(t), Want{Files: files})
	if got, helms := fetched(result), built(t, folder); fmt.Sprint(got) != fmt.Sprint(helms) || result.LockOutOfSync {
		t.Errorf("got %v, helm %v, %+v", got, helms, result)
	}
}

func TestDependenciesInCache(t *testing.T) {
	home(t)
	server, archives := shop(t)
	cache := cacheFolder(t)
	files := map[string]string{"Chart.yaml": chartYaml("parent", "1.0.0") + fmt.Sprintf(`dependencies:
- {name: web, version: 1.0.0, repository: %q}
- {name: near, version: 1.0.0, repository: ""}
`, server.URL)}
	if result := one(t, cache, Want{Files: files}); len(result.Failures) > 0 || len(result.Charts) != 1 {
		t.Fatalf("%+v", result)
	}
	parent, err := declared(files)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := chartcache.Open(cache)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	entry, err := opened.Lookup(chartcache.DependenciesOf(parent.Metadata, parent.Lock))
	if err != nil || len(entry.Charts) != 1 || entry.Charts[0].Digest != chartcache.Digest(archives["1.0.0"]) {
		t.Errorf("the cache has %+v, %v", entry, err)
	}
	other := *parent.Metadata
	other.Dependencies = []*chart.Dependency{{Name: "web", Version: "1.0.1", Repository: server.URL}}
	if _, err := opened.Lookup(chartcache.DependenciesOf(&other, nil)); err == nil {
		t.Error("another range has the same entry")
	}
	server.Close()
	if result := one(t, cache, Want{Files: files}); len(result.Failures) > 0 || !result.Charts[0].FromCache {
		t.Errorf("offline: %+v", result)
	}
}

// TestSomeDependencies tells which one is lacking and keeps the others.
func TestSomeDependencies(t *testing.T) {
	home(t)
	server, _ := shop(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	files := map[string]string{"Chart.yaml": chartYaml("parent", "1.0.0") + fmt.Sprintf(`dependencies:
- {name: web, version: 1.0.0, repository: %q}
- {name: api, version: 1.0.0, repository: %q}
- {name: db, version: 1.0.0, repository: %q}
`, server.URL, server.URL, closed.URL)}
	result := one(t, cacheFolder(t), Want{Files: files})
	got := []string{}
	for _, failure := range result.Failures {
		got = append(got, failure.Name+" "+failure.Kind)
	}
	if fmt.Sprint(got) != "[api notFound db offline]" || len(result.Charts) != 1 {
		t.Errorf("got %v, %+v", got, result.Charts)
	}
	for _, text := range []string{"", "a: [", "apiVersion: v2\nname: x\n"} {
		if failure := one(t, cacheFolder(t), Want{Files: map[string]string{"Chart.yaml": text}}).failure(t); failure.Kind != refused {
			t.Errorf("%q: %+v", text, failure)
		}
	}
}
