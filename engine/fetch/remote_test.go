package fetch

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/chartcache"
)

// bare makes a bare repository with one commit among what is pending, and gives the commit.
func bare(t *testing.T, cache, name string) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: there is nothing to take in")
	}
	folder := filepath.Join(cache, "pending", name)
	work := t.TempDir()
	write(t, filepath.Join(work, "a.yaml"), "a: 1\n")
	run := func(args ...string) string {
		command := exec.Command(git, args...)
		command.Dir = work
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=a",
			"GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q", "-b", "main")
	run("add", "-A")
	run("commit", "-q", "-m", "one")
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	run("clone", "-q", "--bare", ".", folder)
	return run("rev-parse", "HEAD")
}

const gitURL = "https://git.example.com/acme/base.git"

func ask(t *testing.T, cache string, want GitWant, limits Limits) Result {
	t.Helper()
	return run(t, Request{CacheRoot: cache, Wanted: []Want{{ID: "0", Git: &want}}, Limits: limits})["0"]
}

func kindOf(result Result) string {
	if len(result.Failures) == 0 {
		return ""
	}
	return result.Failures[0].Kind
}

func TestTakeInACommit(t *testing.T) {
	home(t)
	cache := cacheFolder(t)
	commit := bare(t, cache, "one")
	if kind := kindOf(ask(t, cache, GitWant{URL: gitURL, Ref: "main"}, Limits{})); kind != notFound {
		t.Errorf("before: %s", kind)
	}
	if kind := kindOf(ask(t, cache, GitWant{URL: gitURL, Ref: "main", Commit: commit}, Limits{})); kind != notFound {
		t.Errorf("not there yet: %s", kind)
	}
	taken := ask(t, cache, GitWant{URL: gitURL, Ref: "main", Commit: commit, Pending: "one"}, Limits{})
	if len(taken.Repositories) != 1 || taken.Repositories[0].Commit != commit || taken.Repositories[0].FetchedAt.IsZero() {
		t.Fatalf("got %+v", taken)
	}
	for ref, of := range map[string]string{"main": "", "v1": commit} {
		known := ask(t, cache, GitWant{URL: gitURL, Ref: ref, Commit: of}, Limits{})
		if len(known.Repositories) != 1 || known.Repositories[0].Ref != ref {
			t.Errorf("%s: %+v", ref, known)
		}
	}
}

func TestHighestTag(t *testing.T) {
	tags := []string{"v0.9.0", "v1.0.0", "v1.2.0", "1.10.1", "v2.0.0-rc.1", "v2.0.0", "latest", "2024.03-LTS-RC19", "not a version"}
	for wanted, tag := range map[string]string{
		"1.*": "1.10.1", "v1.x": "1.10.1", "~1.2": "v1.2.0", "^0.1": "", ">=1.0.0 <1.5.0": "v1.2.0", "2.x": "v2.0.0",
		">=2.0.0-0 <3": "v2.0.0", "3.*": "", "latest": "",
	} {
		if got := highest(wanted, tags); got != tag {
			t.Errorf("%q: %q, want %q", wanted, got, tag)
		}
	}
	result := ask(t, cacheFolder(t), GitWant{URL: gitURL, Ref: "~1.2", Tags: tags}, Limits{})
	if result.Tag != "v1.2.0" || len(result.Failures) > 0 {
		t.Errorf("got %+v", result)
	}
	if kind := kindOf(ask(t, cacheFolder(t), GitWant{URL: gitURL, Ref: "^7", Tags: tags}, Limits{})); kind != versionNotFound {
		t.Errorf("got %q", kind)
	}
}

func TestTakeInNothingElse(t *testing.T) {
	home(t)
	cache := cacheFolder(t)
	commit := bare(t, cache, "good")
	bare(t, cache, "large")
	write(t, filepath.Join(cache, "pending", "empty", "HEAD"), "ref: refs/heads/main\n")
	for name, c := range map[string]struct {
		want   GitWant
		limits Limits
		kind   string
	}{
		"another commit": {GitWant{Commit: strings.Repeat("1", 40), Pending: "good"}, Limits{}, refused},
		"no commit":      {GitWant{Commit: "main", Pending: "good"}, Limits{}, refused},
		"no repository":  {GitWant{Commit: commit, Pending: "empty"}, Limits{}, refused},
		"nothing":        {GitWant{Commit: commit, Pending: "none"}, Limits{}, refused},
		"elsewhere":      {GitWant{Commit: commit, Pending: "../archives"}, Limits{}, refused},
		"too large":      {GitWant{Commit: commit, Pending: "large"}, Limits{MaxRepositoryBytes: 10}, tooLarge},
	} {
		c.want.URL, c.want.Ref = gitURL, "main"
		if kind := kindOf(ask(t, cache, c.want, c.limits)); kind != c.kind {
			t.Errorf("%s: %q", name, kind)
		}
	}
	// What was refused is taken away.
	left, err := os.ReadDir(filepath.Join(cache, "pending"))
	if err != nil || len(left) > 0 {
		t.Errorf("%d pending, %v", len(left), err)
	}
	if _, err := os.Stat(filepath.Join(cache, "archives")); err != nil {
		t.Error(err)
	}
}

func TestFilesOfServers(t *testing.T) {
	home(t)
	served := "kind: ConfigMap\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.yaml":
			_, _ = w.Write([]byte(served))
		case "/page":
			_, _ = w.Write([]byte("\n<!doctype HTML><title>Sign in</title>"))
		case "/large":
			_, _ = w.Write(make([]byte, 2000))
		case "/login":
			w.WriteHeader(http.StatusUnauthorized)
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	cache := cacheFolder(t)
	get := func(address string) Result {
		return run(t, Request{CacheRoot: cache, Wanted: []Want{{ID: "0", URL: address}}, Limits: Limits{MaxFileBytes: 1000}})["0"]
	}
	for address, kind := range map[string]string{
		"/page": refused, "/large": tooLarge, "/login": unauthorized, "/busy": offline, "/none": notFound,
	} {
		if got := kindOf(get(server.URL + address)); got != kind {
			t.Errorf("%s: %q", address, got)
		}
	}
	for _, address := range []string{"file:///etc/passwd", "ftp://example.com/a", "https://user:password@example.com/a", "a.yaml", ""} {
		if result := get(address); len(result.Fetched) > 0 {
			t.Errorf("%s was fetched", address)
		}
	}
	first := get(server.URL + "/a.yaml")
	if len(first.Fetched) != 1 || first.Fetched[0].Digest != chartcache.Digest([]byte(served)) {
		t.Fatalf("got %+v", first)
	}
	opened, err := chartcache.Open(cache)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	lookup := func() string {
		entry, err := opened.Lookup(chartcache.FileReference(server.URL + "/a.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := opened.Archive(entry.Digest)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := lookup(); got != served {
		t.Errorf("got %q", got)
	}
	served = "kind: Secret\n"
	get(server.URL + "/a.yaml")
	if got := lookup(); got != served {
		t.Errorf("asked anew: %q", got)
	}
}
