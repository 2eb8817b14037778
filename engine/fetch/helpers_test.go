package fetch

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// home gives this test a user of its own: no login, no repository, no proxy.
func home(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, value := range map[string]string{
		"HOME": folder, "DOCKER_CONFIG": filepath.Join(folder, "docker"),
		"HELM_CONFIG_HOME": filepath.Join(folder, "helm"), "HELM_CACHE_HOME": filepath.Join(folder, "helm-cache"),
		"HELM_DATA_HOME": filepath.Join(folder, "helm-data"), "HTTP_PROXY": "", "HTTPS_PROXY": "", "NO_PROXY": "",
		"http_proxy": "", "https_proxy": "", "no_proxy": "",
	} {
		t.Setenv(name, value)
	}
	return folder
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cacheFolder is one that can be taken away again although its folders are sealed.
func cacheFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "cache")
	t.Cleanup(func() {
		_ = filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				return os.Chmod(name, 0o700)
			}
			return nil
		})
	})
	return folder
}

// run answers a request in this process, as the program does.
func run(t *testing.T, request Request) map[string]Result {
	t.Helper()
	results, _ := runWith(t, request, func(func()) {})
	return results
}

// runWith hands out the way to close standard input, which is otherwise open to the end.
func runWith(t *testing.T, request Request, started func(closeInput func())) (map[string]Result, []string) {
	t.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	input, feed := io.Pipe()
	output, lines := io.Pipe()
	go func() { _, _ = feed.Write(append(text, '\n')) }()
	go started(func() { _ = feed.Close() })
	go func() { _ = lines.CloseWithError(Run(input, lines)) }()
	defer feed.Close()
	results, all := map[string]Result{}, []string{}
	scanner := bufio.NewScanner(output)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		all = append(all, scanner.Text())
		var result Result
		if err := json.Unmarshal(scanner.Bytes(), &result); err != nil {
			t.Fatal(err)
		}
		if result.Event == "result" {
			results[result.ID] = result
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 || !strings.Contains(all[len(all)-1], `"event":"end"`) {
		t.Fatalf("the last message is not the end: %q", all)
	}
	return results, all
}

// one answers a single wish.
func one(t *testing.T, cache string, want Want) Result {
	t.Helper()
	want.ID = "one"
	return run(t, Request{CacheRoot: cache, Wanted: []Want{want}})["one"]
}

func (r Result) chart(t *testing.T) Chart {
	t.Helper()
	if len(r.Failures) > 0 || len(r.Charts) != 1 {
		t.Fatalf("want one chart, got %+v and failures %v", r.Charts, r.Failures)
	}
	return r.Charts[0]
}

func (r Result) failure(t *testing.T) *Failure {
	t.Helper()
	if len(r.Failures) != 1 {
		t.Fatalf("want one failure, got %v and charts %+v", r.Failures, r.Charts)
	}
	return r.Failures[0]
}

type member struct {
	name, text, link string
	kind             byte
	size             int64
}

// pack makes the archive of a chart.
func pack(t *testing.T, members ...member) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, m := range members {
		header := &tar.Header{Name: m.name, Typeflag: m.kind, Linkname: m.link, Mode: 0o644, Size: int64(len(m.text))}
		if m.kind == 0 {
			header.Typeflag = tar.TypeReg
		}
		if m.size > 0 {
			header.Size = m.size
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if m.size > 0 {
			if _, err := io.CopyN(archive, zeros{}, m.size); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, err := archive.Write([]byte(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

func chartYaml(name, version string) string {
	return fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", name, version)
}

// plainChart is the archive of a chart with one template.
func plainChart(t *testing.T, name, version string, more ...member) []byte {
	t.Helper()
	return pack(t, append([]member{
		{name: name + "/Chart.yaml", text: chartYaml(name, version)},
		{name: name + "/templates/object.yaml", text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n"},
	}, more...)...)
}

// repository serves static files, counts requests, and remembers who came with which login.
type repository struct {
	*httptest.Server
	mutex  sync.Mutex
	files  map[string][]byte
	logins map[string]string
	count  map[string]int
	user   string
}

func serve(t *testing.T, files map[string][]byte) *repository {
	t.Helper()
	r := &repository{files: files, logins: map[string]string{}, count: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		user, _, _ := request.BasicAuth()
		r.logins[request.URL.Path] = user
		r.count[request.URL.Path]++
		data, ok := r.files[request.URL.Path]
		switch {
		case r.user != "" && user != r.user:
			w.WriteHeader(http.StatusUnauthorized)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func hexDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// indexOf lists one chart; place and digest by version.
func indexOf(name string, versions ...[3]string) []byte {
	text := "apiVersion: v1\nentries:\n  " + name + ":\n"
	for _, v := range versions {
		text += fmt.Sprintf("  - apiVersion: v2\n    name: %s\n    version: %s\n    urls: [%q]\n", name, v[0], v[1])
		if v[2] != "" {
			text += "    digest: " + v[2] + "\n"
		}
	}
	return []byte(text)
}

// shop is a repository with three versions of one chart.
func shop(t *testing.T) (*repository, map[string][]byte) {
	t.Helper()
	archives := map[string][]byte{}
	files := map[string][]byte{}
	versions := [][3]string{}
	for _, version := range []string{"1.0.0", "1.2.0", "2.0.0-rc.1"} {
		archives[version] = plainChart(t, "web", version)
		files["/charts/web-"+version+".tgz"] = archives[version]
		versions = append(versions, [3]string{version, "charts/web-" + version + ".tgz", hexDigest(archives[version])})
	}
	files["/index.yaml"] = indexOf("web", versions...)
	return serve(t, files), archives
}

func program(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skip(variable + " is not set")
	}
	return path
}

// command runs a program of the lab and fails with what it says.
func command(t *testing.T, folder, path string, args ...string) string {
	t.Helper()
	made := exec.Command(path, args...)
	made.Dir = folder
	output, err := made.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(path), strings.Join(args, " "), err, output)
	}
	return string(output)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func within30s(t *testing.T, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it did not end")
	}
}
