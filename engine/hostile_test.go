package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

const canary = "CANARY-8f3c-OUTSIDE"

// hostile is one attack: a folder below the root, what renders it, and the outcomes that are fine.
type hostile struct {
	name   string
	files  map[string]string
	links  map[string]string
	raw    map[string][]byte
	source model.Source
	want   []string
}

func kustomization(text string) map[string]string {
	return map[string]string{"kustomization.yaml": text}
}

func template(text string) map[string]string {
	return map[string]string{
		"Chart.yaml":          chartFile("evil"),
		"templates/evil.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: evil}\ndata:\n  x: " + text + "\n",
	}
}

func with(texts map[string]string, more map[string]string) map[string]string {
	for name, text := range more {
		texts[name] = text
	}
	return texts
}

// bomb is an archive of a chart that unpacks to more than the limit.
func bomb(t *testing.T) []byte {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	packed := tar.NewWriter(zipped)
	const size = 120 << 20
	if err := packed.WriteHeader(&tar.Header{Name: "bomb/Chart.yaml", Size: size, Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if _, err := packed.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// climber is an archive whose names lead out of it.
func climber(t *testing.T, outside string) []byte {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	packed := tar.NewWriter(zipped)
	for _, name := range []string{"c/Chart.yaml", "c/../../../../../../../.." + outside} {
		text := chartFile("c")
		if err := packed.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := packed.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// attacks know a file outside of the root and an address on which nobody may call.
func attacks(t *testing.T, outside, address string) []hostile {
	url := "http://" + address
	up := strings.Repeat("../", 12) + strings.TrimPrefix(outside, "/")
	helm := func(more model.Source) model.Source {
		more.Kind, more.ReleaseName, more.Namespace, more.IncludeCRDs = "helm", "rel", "space", true
		return more
	}
	kust := model.Source{Kind: "kustomize"}
	plain := model.Source{Kind: "directory", Recurse: true}
	generator := "configMapGenerator:\n- name: x\n  files: [%s]\n"
	function := "apiVersion: example.org/v1\nkind: Evil\nmetadata:\n  name: evil\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: git}\n"
	container := strings.Replace(function, "exec: {path: git}", "container: {image: evil, network: true}", 1)
	return []hostile{
		{name: "values file by absolute path", files: template("{{ .Values.x | toJson }}"), source: helm(model.Source{ValueFiles: []string{outside}}), want: []string{"failed"}},
		{name: "values file by climbing", files: template("a"), source: helm(model.Source{ValueFiles: []string{up}}), want: []string{"failed"}},
		{name: "values file by address", files: template("a"), source: helm(model.Source{ValueFiles: []string{url + "/values.yaml"}}), want: []string{"failed"}},
		{name: "values file by link", files: template("{{ .Values | toJson | quote }}"), links: map[string]string{"v.yaml": outside}, source: helm(model.Source{ValueFiles: []string{"v.yaml"}}), want: []string{"failed"}},
		{name: "template by link", files: template("a"), links: map[string]string{"templates/l.yaml": outside}, source: helm(model.Source{}), want: []string{"failed"}},
		{name: "folder by link", files: template("{{ .Files.Glob \"**\" | toJson | quote }}"), links: map[string]string{"all": filepath.Dir(outside)}, source: helm(model.Source{}), want: []string{"failed"}},
		{name: "file of the chart by climbing", files: template("{{ .Files.Get \"" + up + "\" | quote }}"), source: helm(model.Source{}), want: []string{"rendered"}},
		{name: "schema of a file", files: with(template("a"), map[string]string{"values.schema.json": `{"$ref":"file://` + outside + `"}`}), source: helm(model.Source{}), want: []string{"rendered"}},
		{name: "schema of an address", files: with(template("a"), map[string]string{"values.schema.json": `{"properties":{"a":{"$ref":"` + url + `/s.json"}}}`}), source: helm(model.Source{}), want: []string{"rendered"}},
		{name: "schema of a device", files: with(template("a"), map[string]string{"values.schema.json": `{"$ref":"file:///dev/zero"}`}), source: helm(model.Source{}), want: []string{"rendered"}},
		{name: "schema without end", files: with(template("a"), map[string]string{"values.schema.json": strings.Repeat(`{"not":`, 9000) + "{}" + strings.Repeat("}", 9000)}), source: helm(model.Source{}), want: []string{"rendered", "failed"}},
		{name: "name lookup", files: template("\"{{ getHostByName \"localhost\" }}\""), source: helm(model.Source{}), want: []string{"rendered"}},
		{name: "environment", files: template("{{ env \"HOME\" }}"), source: helm(model.Source{}), want: []string{"failed"}},
		{name: "expanded environment", files: template("{{ expandenv \"$PATH\" }}"), source: helm(model.Source{}), want: []string{"failed"}},
		{name: "cluster", files: template("{{ lookup \"v1\" \"Secret\" \"\" \"\" | toJson | quote }}"), source: helm(model.Source{}), want: []string{"rendered"}},
		{name: "include of itself", files: with(template("{{ include \"me\" . }}"), map[string]string{"templates/_h.tpl": "{{ define \"me\" }}{{ include \"me\" . }}{{ end }}"}), source: helm(model.Source{}), want: []string{"failed"}},
		{name: "template of itself", files: with(template("{{ template \"me\" . }}"), map[string]string{"templates/_h.tpl": "{{ define \"me\" }}{{ template \"me\" . }}{{ end }}"}), source: helm(model.Source{}), want: []string{"failed"}},
		{name: "archive that is a bomb", files: template("a"), raw: map[string][]byte{"charts/bomb-1.tgz": bomb(t)}, source: helm(model.Source{}), want: []string{"failed"}},
		{name: "archive that climbs", files: template("a"), raw: map[string][]byte{"charts/c-1.tgz": climber(t, outside)}, source: helm(model.Source{}), want: []string{"failed"}},
		{name: "dependency of an address", files: with(template("a"), map[string]string{"Chart.yaml": chartFile("evil") + "dependencies:\n- {name: far, version: 1.0.0, repository: \"" + url + "\"}\n"}), source: helm(model.Source{}), want: []string{"failed"}},
		{name: "lock by link", files: template("a"), links: map[string]string{"Chart.lock": outside}, source: helm(model.Source{}), want: []string{"failed"}},

		{name: "generator of a file outside", files: kustomization(strings.Replace(generator, "%s", outside, 1)), source: kust, want: []string{"failed"}},
		{name: "generator by climbing", files: kustomization(strings.Replace(generator, "%s", up, 1)), source: kust, want: []string{"failed"}},
		{name: "generator of an address", files: kustomization("resources: [a.yaml]\n" + strings.Replace(generator, "%s", "k="+url+"/x", 1)), source: kust, want: []string{"failed", "rendered"}},
		{name: "generator by link", files: kustomization(strings.Replace(generator, "%s", "l", 1)), links: map[string]string{"l": outside}, source: kust, want: []string{"failed"}},
		{name: "env file outside", files: kustomization("secretGenerator:\n- name: x\n  envs: [" + up + "]\n"), source: kust, want: []string{"failed"}},
		{name: "remote resource", files: kustomization("resources: [\"" + url + "/x.yaml\", \"git::" + url + "/a/b\", \"file:///tmp/x\"]\n"), source: kust, want: []string{"rendered"}},
		{name: "remote repository", files: kustomization("resources: [\"git@" + address + ":a/b.git\", \"ssh://git@" + address + "/a/b\"]\ncomponents: [\"" + url + "/a/c?ref=x\"]\n"), source: kust, want: []string{"rendered"}},
		{name: "remote everything", files: kustomization("resources: [ok.yaml]\ncrds: [" + url + "/c]\nconfigurations: [" + url + "/d]\npatches: [{path: " + url + "/p}]\npatchesStrategicMerge: [" + url + "/q]\npatchesJson6902: [{path: " + url + "/r, target: {kind: X}}]\nreplacements: [{path: " + url + "/s}]\ngenerators: [" + url + "/g]\ntransformers: [" + url + "/t]\nvalidators: [" + url + "/v]\n"), source: kust, want: []string{"failed", "rendered"}},
		{name: "remote schema", files: kustomization("resources: []\nnamePrefix: a-\nopenapi: {path: " + url + "/o.json}\n"), source: kust, want: []string{"failed", "rendered"}},
		{name: "chart of an address", files: kustomization("helmCharts:\n- {name: a, repo: " + url + ", version: 1.0.0}\n"), source: kust, want: []string{"rendered"}},
		{name: "chart home outside", files: kustomization("helmGlobals: {chartHome: " + up + "}\nhelmCharts:\n- {name: a}\n"), source: kust, want: []string{"rendered"}},
		{name: "exec plugin", files: with(kustomization("generators: [g.yaml]\ntransformers: [g.yaml]\nvalidators: [g.yaml]\n"), map[string]string{"g.yaml": function}), source: kust, want: []string{"rendered"}},
		{name: "container plugin", files: with(kustomization("transformers: [g.yaml]\n"), map[string]string{"g.yaml": container}), source: kust, want: []string{"rendered"}},
		{name: "inline plugin", files: kustomization("generators:\n- |-\n  " + strings.ReplaceAll(function, "\n", "\n  ") + "\n"), source: kust, want: []string{"rendered"}},
		{name: "plugin in a folder", files: with(kustomization("generators: [p]\n"), map[string]string{"p/kustomization.yaml": "resources: [g.yaml]\n", "p/g.yaml": function}), source: kust, want: []string{"rendered"}},
		{name: "chart generator as a plugin", files: with(kustomization("generators: [g.yaml]\n"), map[string]string{"g.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: a\nrepo: " + url + "\n"}), source: kust, want: []string{"failed", "rendered"}},
		{name: "base of itself", files: kustomization("resources: [.]\n"), source: kust, want: []string{"failed"}},
		{name: "bases in a circle", files: map[string]string{"kustomization.yaml": "resources: [a]\n", "a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}, source: kust, want: []string{"failed"}},
		{name: "base outside", files: kustomization("resources: [" + strings.Repeat("../", 12) + "tmp]\n"), source: kust, want: []string{"failed"}},
		{name: "base by link", files: kustomization("resources: [l]\n"), links: map[string]string{"l": filepath.Dir(outside)}, source: kust, want: []string{"failed"}},
		{name: "aliases without end", files: with(kustomization("resources: [b.yaml]\n"), map[string]string{"b.yaml": aliasBomb()}), source: kust, want: []string{"failed"}},

		{name: "manifest by link", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}, links: map[string]string{"l.yaml": outside}, source: plain, want: []string{"failed"}},
		{name: "link to itself", links: map[string]string{"l.yaml": "l.yaml", "d": "."}, source: plain, want: []string{"failed"}},
		{name: "alias manifest", files: map[string]string{"a.yaml": aliasBomb()}, source: plain, want: []string{"failed"}},
		{name: "folder outside", source: model.Source{Kind: "directory", Path: "../../.."}, want: []string{"failed"}},
		{name: "jsonnet", files: map[string]string{"a.jsonnet": "importstr '" + outside + "'"}, source: plain, want: []string{"failed"}},
		{name: "jsonnet climbs", files: map[string]string{"a.jsonnet": "importstr '../../../../../../../../.." + outside + "'"}, source: plain, want: []string{"failed"}},
		{name: "jsonnet without end", files: map[string]string{"a.jsonnet": "local f(n) = [f(n + 1)]; f(0)"}, source: plain, want: []string{"failed"}},
		{name: "ignore file by link", files: with(template("a"), nil), links: map[string]string{".helmignore": outside}, source: helm(model.Source{}), want: []string{"failed", "rendered"}},
		{name: "flux component outside", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}, source: model.Source{Kind: "flux", Kustomization: map[string]any{"spec": map[string]any{"components": []any{up, url}}}}, want: []string{"failed"}},
		{name: "flux patch of a file", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}, source: model.Source{Kind: "flux", Kustomization: map[string]any{"spec": map[string]any{"patches": []any{map[string]any{"patch": outside}}}}}, want: []string{"failed"}},
		{name: "flux generator of a file outside", files: kustomization(strings.Replace(generator, "%s", outside, 1)), source: model.Source{Kind: "flux", Kustomization: map[string]any{"spec": map[string]any{}}}, want: []string{"failed"}},
	}
}

func aliasBomb() string {
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\na0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		name := string(rune('a' + i))
		before := string(rune('a' + i - 1))
		if i == 1 {
			before = "a0"
		}
		text.WriteString(name + ": &" + name + " [" + strings.Repeat("*"+before+",", 8) + "*" + before + "]\n")
	}
	return text.String()
}

func (h hostile) create(t *testing.T) string {
	t.Helper()
	root := testfiles.Tree(t, h.files)
	for name, data := range h.raw {
		testfiles.Write(t, root, map[string]string{name: string(data)})
	}
	testfiles.Link(t, root, h.links)
	return root
}

// TestHostile runs every attack against one process under strace and three canaries: a listener on
// loopback, a program named git on the search path, and a file outside of the root.
func TestHostile(t *testing.T) {
	strace := straceOf(t)
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(outside, []byte("secret: "+canary+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan string, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			called <- conn.RemoteAddr().String()
			_ = conn.Close()
		}
	}()
	programs, ran := canaryPrograms(t)
	t.Setenv("PATH", programs)
	log := filepath.Join(t.TempDir(), "strace.log")
	p := start(t, strace, "-f", "-y", "-o", log, "-e", "trace="+watched)
	p.must("initialize", map[string]any{"memoryLimitBytes": 1 << 30, "timeLimitMs": 20000}, nil)
	roots := []string{}
	for _, attack := range attacks(t, outside, listener.Addr().String()) {
		t.Run(attack.name, func(t *testing.T) {
			root := attack.create(t)
			roots = append(roots, root)
			outcome, raw := p.render(root, attack.source)
			attack.judge(t, outcome, raw)
		})
	}
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("the process ended with code %d", code)
	}
	_ = listener.Close()
	select {
	case from := <-called:
		t.Errorf("the listener on loopback was called from %s", from)
	default:
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program from the search path was run")
	}
	judgeCalls(t, log, roots)
}

func (h hostile) judge(t *testing.T, outcome model.Outcome, raw string) {
	t.Helper()
	ok := false
	for _, kind := range h.want {
		ok = ok || outcome.Kind == kind
	}
	if !ok {
		t.Errorf("want %v, got %s", h.want, raw)
	}
	if strings.Contains(raw, canary) {
		t.Errorf("content from outside of the root: %s", raw)
	}
	for _, line := range []string{"root:x:0:0", os.Getenv("HOME") + "/"} {
		if len(line) > 2 && strings.Contains(raw, line) {
			t.Errorf("%q in %s", line, raw)
		}
	}
	var whole map[string]any
	if err := json.Unmarshal([]byte(raw), &whole); err != nil {
		t.Fatal(err)
	}
	if outcome.Kind == "failed" && (outcome.Inputs == nil || len(*outcome.Inputs) == 0) && h.name != "folder outside" {
		t.Error("a failure without inputs cannot be mended by an edit")
	}
}

// canaryPrograms puts programs that leave a mark where a library would look for them.
func canaryPrograms(t *testing.T) (string, string) {
	t.Helper()
	folder := t.TempDir()
	mark := filepath.Join(folder, "ran")
	for _, name := range []string{"git", "helm", "kustomize", "docker", "ksops", "sh"} {
		script := "#!/bin/sh\necho $0 >> " + mark + "\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder + ":" + os.Getenv("PATH"), mark
}

// watched are the calls that open files, reach the network, start programs or write.
const watched = "open,openat,openat2,creat,socket,connect,bind,sendto,execve,execveat,unlink,unlinkat," +
	"mkdir,mkdirat,rename,renameat,renameat2,symlink,symlinkat,link,linkat,chmod,fchmodat,truncate,mknodat"

// ownFiles are what the binary opens by itself when it starts, and the time zones that the date
// functions of templates know.
var ownFiles = []string{
	"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "/proc/", "/sys/fs/cgroup/", "/etc/localtime",
	"/usr/share/zoneinfo/", "/dev/null",
	// Read by the WebAssembly runtime that Helm's packages link, as it is initialised.
	"/sys/kernel/mm/hugepages",
}

var (
	fileCall = regexp.MustCompile(`^\d+ +(\w+)\((?:(\w+|-?\d+)<([^>]*)>, )?"([^"]*)"(.*)$`)
	anyCall  = regexp.MustCompile(`^\d+ +(\w+)\(`)
	resultFD = regexp.MustCompile(`= \d+<([^>]*)>`)
)

// straceOf is the program by which system calls are watched.
func straceOf(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("strace runs on Linux only")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: system calls cannot be watched")
	}
	return strace
}

// judgeCalls looks at every watched call of the log.
func judgeCalls(t *testing.T, log string, roots []string) {
	t.Helper()
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	allowed := append(append([]string{binary}, ownFiles...), roots...)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	programs, opened := 0, 0
	for lines.Scan() {
		line := lines.Text()
		call := anyCall.FindStringSubmatch(line)
		if call == nil {
			continue
		}
		switch call[1] {
		case "execve":
			if programs++; programs > 1 {
				t.Errorf("a program was started: %s", line)
			}
		case "open", "openat", "openat2":
			opened++
			judgeOpen(t, line, allowed)
		default:
			t.Errorf("a call that the engine has no use for: %s", line)
		}
	}
	if programs != 1 || opened < 100 {
		t.Errorf("the log is not that of a run: %d programs, %d opened files", programs, opened)
	}
}

func judgeOpen(t *testing.T, line string, allowed []string) {
	t.Helper()
	match := fileCall.FindStringSubmatch(line)
	if match == nil {
		if !strings.Contains(line, "unfinished") {
			t.Errorf("a call that is not understood: %s", line)
		}
		return
	}
	path := match[4]
	if !filepath.IsAbs(path) {
		path = filepath.Join(match[3], path)
	}
	places := []string{path}
	if result := resultFD.FindStringSubmatch(match[5]); result != nil {
		places = append(places, result[1])
	}
	for _, place := range places {
		if !isAllowed(place, allowed) {
			t.Errorf("opened outside of the roots: %s", line)
		}
	}
	if strings.Contains(match[5], "O_WRONLY") || strings.Contains(match[5], "O_RDWR") || strings.Contains(match[5], "O_CREAT") {
		t.Errorf("opened for writing: %s", line)
	}
}

func isAllowed(place string, allowed []string) bool {
	for _, prefix := range allowed {
		if place == prefix || strings.HasPrefix(place, strings.TrimSuffix(prefix, "/")+"/") {
			return true
		}
	}
	return false
}
