package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func encodeLines(into *bytes.Buffer, data []byte) {
	encoded := base64.StdEncoding.EncodeToString(data)
	for len(encoded) > 64 {
		into.WriteString(encoded[:64] + "\n")
		encoded = encoded[64:]
	}
	into.WriteString(encoded + "\n")
}

func TestHostileArchives(t *testing.T) {
	home(t)
	chart := member{name: "web/Chart.yaml", text: chartYaml("web", "1.0.0")}
	many := []member{chart}
	for range 300 {
		many = append(many, member{name: "web/templates/" + strings.Repeat("a", len(many)%90+1) + "/x.yaml", text: "a: 1\n"})
	}
	bomb := func() []byte {
		var packed bytes.Buffer
		zipped := gzip.NewWriter(&packed)
		_, _ = io.CopyN(zipped, zeros{}, 600<<20)
		_ = zipped.Close()
		return packed.Bytes()
	}
	for name, c := range map[string]struct {
		archive []byte
		kind    string
	}{
		"parent":          {pack(t, chart, member{name: "web/../../evil", text: "x"}), refused},
		"parent only":     {pack(t, chart, member{name: "../evil", text: "x"}), refused},
		"windows parent":  {pack(t, chart, member{name: `web\..\..\evil`, text: "x"}), refused},
		"absolute":        {pack(t, chart, member{name: "/etc/evil", text: "x"}), refused},
		"drive":           {pack(t, chart, member{name: "web/c:/evil", text: "x"}), refused},
		"stream":          {pack(t, chart, member{name: "web/values.yaml:evil", text: "x"}), refused},
		"link out":        {pack(t, chart, member{name: "web/values.yaml", kind: tar.TypeSymlink, link: "../../../etc/passwd"}), refused},
		"absolute link":   {pack(t, chart, member{name: "web/values.yaml", kind: tar.TypeSymlink, link: "/etc/passwd"}), refused},
		"hard link out":   {pack(t, chart, member{name: "web/values.yaml", kind: tar.TypeLink, link: "../passwd"}), refused},
		"device":          {pack(t, chart, member{name: "web/values.yaml", kind: tar.TypeChar}), refused},
		"pipe":            {pack(t, chart, member{name: "web/values.yaml", kind: tar.TypeFifo}), refused},
		"twice":           {pack(t, chart, member{name: "web/a", text: "1"}, member{name: "web/a", text: "2"}), refused},
		"file and folder": {pack(t, chart, member{name: "web/a", text: "1"}, member{name: "web/a/b", text: "2"}), refused},
		"no chart":        {pack(t, member{name: "web/values.yaml", text: "a: 1\n"}), refused},
		"no name":         {pack(t, member{name: "web/Chart.yaml", text: "apiVersion: v2\n"}), refused},
		"not yaml":        {pack(t, member{name: "web/Chart.yaml", text: "a: [\n"}), refused},
		"empty":           {[]byte{}, refused},
		"not compressed":  {[]byte("hello"), refused},
		"cut off":         {plainChart(t, "web", "1.0.0")[:90], refused},
		"large":           {pack(t, chart, member{name: "web/big", size: 101 << 20}), tooLarge},
		"zip bomb":        {bomb(), refused},
		"bomb at the end": {append(plainChart(t, "web", "1.0.0"), bomb()...), tooLarge},
		"many files":      {pack(t, many...), tooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, map[string][]byte{"/web.tgz": c.archive, "/index.yaml": indexOf("web", [3]string{"1.0.0", "web.tgz"})})
			cache := cacheFolder(t)
			result := run(t, Request{
				CacheRoot: cache, Limits: Limits{MaxFiles: 200},
				Wanted: []Want{{ID: "one", Repository: server.URL, Name: "web", Version: "1.0.0"}},
			})["one"]
			if failure := result.failure(t); failure.Kind != c.kind && !(c.kind == refused && failure.Kind == tooLarge && strings.Contains(name, "bomb")) {
				t.Errorf("got %+v, want %s", failure, c.kind)
			}
			for _, folder := range []string{"charts", "entries", "pending"} {
				if left := namesIn(t, filepath.Join(cache, folder)); len(left) > 0 {
					t.Errorf("%s holds %v", folder, left)
				}
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(cache), "evil")); err == nil {
				t.Error("a file came out of the archive")
			}
		})
	}
}

// TestLinkInside keeps a link that stays inside as Helm's loader reads it: an empty file.
func TestLinkInside(t *testing.T) {
	home(t)
	archive := plainChart(t, "web", "1.0.0", member{name: "web/files/link", kind: tar.TypeSymlink, link: "../Chart.yaml"})
	server := serve(t, map[string][]byte{"/web.tgz": archive, "/index.yaml": indexOf("web", [3]string{"1.0.0", "web.tgz"})})
	chart := one(t, cacheFolder(t), Want{Repository: server.URL, Name: "web", Version: "1.0.0"}).chart(t)
	info, err := os.Lstat(filepath.Join(chart.Folder, "files", "link"))
	if err != nil || !info.Mode().IsRegular() || info.Size() != 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
}

func namesIn(t *testing.T, folder string) []string {
	t.Helper()
	names := []string{}
	_ = filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
		if err == nil && name != folder {
			names = append(names, name)
		}
		return nil
	})
	return names
}

func TestHostileServers(t *testing.T) {
	home(t)
	archive := plainChart(t, "web", "1.0.0")
	good := indexOf("web", [3]string{"1.0.0", "web.tgz", hexDigest(archive)})
	chunk := bytes.Repeat([]byte("# comment\n"), 1<<15)
	endless := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drip := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("#"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}
	text := func(data []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data) }
	}
	for name, c := range map[string]struct {
		index, chart http.HandlerFunc
		kind         string
	}{
		"endless index":  {endless, nil, tooLarge},
		"announced 5 GB": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "5368709120") }, nil, tooLarge},
		"silent index":   {silent, nil, timedOut},
		"dripping index": {drip, nil, timedOut},
		"endless chart":  {text(good), endless, tooLarge},
		"silent chart":   {text(good), silent, timedOut},
		"another chart":  {text(good), text(plainChart(t, "web", "1.0.0", member{name: "web/more", text: "x"})), refused},
		"broken":         {text(good), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, offline},
		"forbidden":      {text(good), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, unauthorized},
		"html index":     {text([]byte("<html>Log in</html>")), nil, refused},
		"empty index":    {text(nil), nil, refused},
		"alias bomb":     {text([]byte(aliasBomb())), nil, refused},
		"nested index":   {text([]byte("apiVersion: v1\nentries: " + strings.Repeat("[", 200_000))), nil, refused},
		"file address":   {text(indexOf("web", [3]string{"1.0.0", "file:///etc/passwd"})), nil, refused},
		"ftp address":    {text(indexOf("web", [3]string{"1.0.0", "ftp://charts.example.com/web.tgz"})), nil, refused},
		"redirect loop":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/index.yaml", http.StatusFound) }, nil, refused},
		"redirect to ftp": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "ftp://charts.example.com/", http.StatusFound)
		}, nil, refused},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/index.yaml" {
					c.index(w, r)
				} else {
					c.chart(w, r)
				}
			}))
			t.Cleanup(server.Close)
			within30s(t, func() {
				result := run(t, Request{
					CacheRoot: cacheFolder(t),
					Limits:    Limits{TimeLimitMs: 2000, IdleLimitMs: 700, MaxIndexBytes: 4 << 20, MaxArchiveBytes: 4 << 20},
					Wanted:    []Want{{ID: "one", Repository: server.URL, Name: "web", Version: "1.0.0"}},
				})["one"]
				if len(result.Failures) != 1 || result.Failures[0].Kind != c.kind {
					t.Errorf("got %v, want %s", result.Failures, c.kind)
				}
			})
		})
	}
}

func aliasBomb() string {
	text := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for letter := 'b'; letter <= 'j'; letter++ {
		before := string(letter - 1)
		text += string(letter) + ": &" + string(letter) + " [" + strings.Repeat("*"+before+",", 8) + "*" + before + "]\n"
	}
	return text
}

// TestWayDown keeps a fetch over TLS from going on without it, and from this machine's own network.
func TestWayDown(t *testing.T) {
	request := func(address string) *http.Request {
		made, err := http.NewRequest(http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		made.Header.Set("Authorization", "Basic c2VjcmV0")
		return made
	}
	for name, c := range map[string]struct {
		from, to string
		allowed  bool
		login    bool
	}{
		"same server":        {"https://charts.example.com/a", "https://charts.example.com/b", true, true},
		"other server":       {"https://charts.example.com/a", "https://blobs.example.com/b", true, false},
		"server below":       {"https://example.com/a", "https://charts.example.com/b", true, false},
		"other port":         {"https://charts.example.com/a", "https://charts.example.com:8443/b", true, false},
		"without TLS":        {"https://charts.example.com/a", "http://charts.example.com/a", false, false},
		"this machine":       {"http://charts.example.com/a", "http://127.0.0.1/a", false, false},
		"this machine, v6":   {"http://charts.example.com/a", "http://[::1]/a", false, false},
		"this machine, name": {"http://charts.example.com/a", "http://localhost:8001/a", false, false},
		"metadata":           {"http://charts.example.com/a", "http://169.254.169.254/latest", false, false},
		"own to own":         {"http://127.0.0.1:1/a", "http://127.0.0.1:2/a", true, false},
	} {
		next := request(c.to)
		err := checkRedirect(next, []*http.Request{request(c.from)})
		if (err == nil) != c.allowed {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (next.Header.Get("Authorization") != "") != c.login {
			t.Errorf("%s: the login is %q", name, next.Header.Get("Authorization"))
		}
	}
}

func TestCancelled(t *testing.T) {
	home(t)
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	within30s(t, func() {
		results, _ := runWith(t, Request{
			CacheRoot: cacheFolder(t), Wanted: []Want{{ID: "one", Repository: server.URL, Name: "web"}},
		}, func(closeInput func()) {
			<-arrived
			closeInput()
		})
		if failures := results["one"].Failures; len(failures) != 1 || failures[0].Kind != cancelled {
			t.Errorf("got %v", failures)
		}
	})
}

// TestSecretsStay looks for a password in everything that a fetch says.
func TestSecretsStay(t *testing.T) {
	folder := home(t)
	server := serve(t, map[string][]byte{})
	address := strings.Replace(server.URL, "http://", "http://reader:secret-7@", 1)
	repositories(t, folder, "- {name: shop, url: \""+address+"\", username: reader, password: secret-7}\n")
	for _, repository := range []string{address, "@shop"} {
		_, lines := runWith(t, Request{
			CacheRoot: cacheFolder(t), Wanted: []Want{{ID: "one", Repository: repository, Name: "web"}},
		}, func(func()) {})
		if said := strings.Join(lines, "\n"); strings.Contains(said, "secret-7") || !strings.Contains(said, notFound) {
			t.Errorf("it says %s", said)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	for _, text := range []string{"", "{", "[]\n", "{}\n", `{"cacheRoot":5}` + "\n", "{}"} {
		if err := Run(strings.NewReader(text), io.Discard); err == nil {
			t.Errorf("%q is answered", text)
		}
	}
}
