package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/chartcache"
)

func TestVersions(t *testing.T) {
	home(t)
	server, archives := shop(t)
	for asked, version := range map[string]string{
		"1.0.0": "1.0.0", "": "1.2.0", "^1.0.0": "1.2.0", "~1.0": "1.0.0", ">=2.0.0-0": "2.0.0-rc.1",
		"1.x": "1.2.0", "2.0.0-rc.1": "2.0.0-rc.1",
	} {
		chart := one(t, cacheFolder(t), Want{Repository: server.URL, Name: "web", Version: asked}).chart(t)
		if chart.Version != version || chart.Digest != chartcache.Digest(archives[version]) || chart.FromCache {
			t.Errorf("%q gives %+v", asked, chart)
		}
		text := read(t, filepath.Join(chart.Folder, "Chart.yaml"))
		if !strings.Contains(string(text), "version: "+version) {
			t.Errorf("%q unpacks %s", asked, text)
		}
	}
}

func TestAbsent(t *testing.T) {
	home(t)
	server, _ := shop(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, c := range map[string]struct {
		want Want
		kind string
	}{
		"no chart":      {Want{Repository: server.URL, Name: "api"}, notFound},
		"no version":    {Want{Repository: server.URL, Name: "web", Version: "3.0.0"}, versionNotFound},
		"no range":      {Want{Repository: server.URL, Name: "web", Version: "^4"}, versionNotFound},
		"no repository": {Want{Repository: server.URL + "/other", Name: "web"}, notFound},
		"no server":     {Want{Repository: gone.URL, Name: "web"}, offline},
		"no registry":   {Want{Repository: "oci://" + strings.TrimPrefix(gone.URL, "http://"), Name: "web", Version: "1.0.0", Insecure: true}, offline},
		"no alias":      {Want{Repository: "@nobody", Name: "web"}, notFound},
		"no address":    {Want{Repository: "stable", Name: "web"}, refused},
		"a file":        {Want{Repository: "file:///etc", Name: "web"}, refused},
	} {
		if failure := one(t, cacheFolder(t), c.want).failure(t); failure.Kind != c.kind {
			t.Errorf("%s: %+v, want %s", name, failure, c.kind)
		}
	}
}

// TestHelmPull holds the bytes against those that Helm itself gets.
func TestHelmPull(t *testing.T) {
	helm := program(t, "PLUMBLINE_HELM")
	home(t)
	server, _ := shop(t)
	for _, version := range []string{"1.0.0", "^1.0.0", ""} {
		folder := t.TempDir()
		args := []string{"pull", "web", "--repo", server.URL}
		if version != "" {
			args = append(args, "--version", version)
		}
		command(t, folder, helm, args...)
		pulled, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
		if err != nil || len(pulled) != 1 {
			t.Fatal(pulled, err)
		}
		chart := one(t, cacheFolder(t), Want{Repository: server.URL, Name: "web", Version: version}).chart(t)
		if chart.Digest != chartcache.Digest(read(t, pulled[0])) {
			t.Errorf("%q: %s is not what helm pulls", version, chart.Version)
		}
	}
}

func repositories(t *testing.T, home string, entries ...string) {
	t.Helper()
	write(t, filepath.Join(home, "helm", "repositories.yaml"),
		"apiVersion: \"\"\nrepositories:\n"+strings.Join(entries, ""))
}

func TestOwnRepositories(t *testing.T) {
	folder := home(t)
	server, archives := shop(t)
	server.user = "reader"
	if failure := one(t, cacheFolder(t), Want{Repository: server.URL, Name: "web"}).failure(t); failure.Kind != unauthorized {
		t.Fatalf("without a login: %+v", failure)
	}
	repositories(t, folder, fmt.Sprintf("- {name: shop, url: %q, username: reader, password: secret-7}\n", server.URL+"/"))
	for _, repository := range []string{server.URL, "@shop", "alias:shop"} {
		chart := one(t, cacheFolder(t), Want{Repository: repository, Name: "web", Version: "1.0.0"}).chart(t)
		if chart.Digest != chartcache.Digest(archives["1.0.0"]) {
			t.Errorf("%s gives %+v", repository, chart)
		}
	}
}

// TestLoginStays serves archives from another server: by the index, and by a redirect.
func TestLoginStays(t *testing.T) {
	folder := home(t)
	archive := plainChart(t, "web", "1.0.0")
	other := serve(t, map[string][]byte{"/web.tgz": archive, "/moved.tgz": archive})
	index := indexOf("web", [3]string{"1.0.0", other.URL + "/web.tgz"}, [3]string{"2.0.0", "moved.tgz"})
	var seen string
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, _, _ = r.BasicAuth()
		if r.URL.Path == "/index.yaml" {
			_, _ = w.Write(index)
			return
		}
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
	}))
	t.Cleanup(first.Close)
	login := fmt.Sprintf("- {name: shop, url: %q, username: reader, password: secret-7", first.URL)
	repositories(t, folder, login+"}\n")
	for version, path := range map[string]string{"1.0.0": "/web.tgz", "2.0.0": "/moved.tgz"} {
		one(t, cacheFolder(t), Want{Repository: first.URL, Name: "web", Version: version}).chart(t)
		if user, came := other.logins[path]; !came || user != "" {
			t.Errorf("%s: the other server saw the login %q", version, user)
		}
	}
	if seen != "reader" {
		t.Errorf("the repository saw the login %q", seen)
	}
	repositories(t, folder, login+", pass_credentials_all: true}\n")
	one(t, cacheFolder(t), Want{Repository: first.URL, Name: "web", Version: "1.0.0"}).chart(t)
	if other.logins["/web.tgz"] != "reader" {
		t.Errorf("pass_credentials_all passes %q", other.logins["/web.tgz"])
	}
}

// TestCertificates reads over TLS with the CA file of the user's entry, and never without it.
func TestCertificates(t *testing.T) {
	folder := home(t)
	plain, _ := shop(t)
	server := httptest.NewTLSServer(plain.Config.Handler)
	t.Cleanup(server.Close)
	if failure := one(t, cacheFolder(t), Want{Repository: server.URL, Name: "web"}).failure(t); failure.Kind != refused ||
		!strings.Contains(failure.Message, "certificate") {
		t.Fatalf("without its CA: %+v", failure)
	}
	var certificate bytes.Buffer
	certificate.WriteString("-----BEGIN CERTIFICATE-----\n")
	encodeLines(&certificate, server.Certificate().Raw)
	certificate.WriteString("-----END CERTIFICATE-----\n")
	write(t, filepath.Join(folder, "ca.crt"), certificate.String())
	repositories(t, folder, fmt.Sprintf("- {name: shop, url: %q, caFile: %q}\n", server.URL, filepath.Join(folder, "ca.crt")))
	one(t, cacheFolder(t), Want{Repository: server.URL, Name: "web"}).chart(t)
}

func TestProxy(t *testing.T) {
	home(t)
	server, _ := shop(t)
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Host
		r.URL.Host = strings.TrimPrefix(server.URL, "http://")
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		_ = response.Write(w)
	}))
	t.Cleanup(proxy.Close)
	// The proxy of the environment is read once in a process, so the program itself runs here.
	result := runProgram(t, cacheFolder(t), Want{ID: "one", Repository: "http://charts.example.com", Name: "web"},
		append(os.Environ(), "HTTP_PROXY="+proxy.URL))
	if asked != "charts.example.com" {
		t.Errorf("the proxy was asked for %q and gave %v", asked, result)
	}
}

func TestOfflineSecondUse(t *testing.T) {
	home(t)
	server, _ := shop(t)
	cache := cacheFolder(t)
	exact := Want{Repository: server.URL, Name: "web", Version: "1.0.0"}
	newest := Want{Repository: server.URL, Name: "web", Version: "^1"}
	one(t, cache, exact).chart(t)
	first := one(t, cache, newest).chart(t)
	if again := one(t, cache, exact).chart(t); !again.FromCache || server.count["/charts/web-1.0.0.tgz"] != 1 {
		t.Errorf("an exact version is fetched once: %+v, %v", again, server.count)
	}
	young := newest
	young.MaxAgeMs = 60_000
	if chart := one(t, cache, young).chart(t); !chart.FromCache || chart.Stale {
		t.Errorf("a young range: %+v", chart)
	}
	server.Close()
	again := one(t, cache, newest).chart(t)
	if !again.Stale || again.Digest != first.Digest || !again.FetchedAt.Equal(first.FetchedAt) {
		t.Errorf("offline: %+v, want %+v, stale", again, first)
	}
	if failure := one(t, cache, Want{Repository: server.URL, Name: "web", Version: "1.2.0"}).failure(t); failure.Kind != offline {
		t.Errorf("what was never fetched: %+v", failure)
	}
}

func TestNewVersionInRange(t *testing.T) {
	home(t)
	server, _ := shop(t)
	cache := cacheFolder(t)
	want := Want{Repository: server.URL, Name: "web", Version: "^1"}
	one(t, cache, want).chart(t)
	newer := plainChart(t, "web", "1.3.0")
	server.mutex.Lock()
	server.files["/n.tgz"] = newer
	server.files["/index.yaml"] = indexOf("web", [3]string{"1.3.0", "n.tgz", hexDigest(newer)})
	server.mutex.Unlock()
	if chart := one(t, cache, want).chart(t); chart.Version != "1.3.0" {
		t.Errorf("the range still gives %s", chart.Version)
	}
	server.mutex.Lock()
	delete(server.files, "/index.yaml")
	server.mutex.Unlock()
	if failure := one(t, cache, want).failure(t); failure.Kind != notFound {
		t.Errorf("a repository that went away is not offline: %+v", failure)
	}
}
