package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// setOf is an ApplicationSet with one generator.
func setOf(t *testing.T, generator map[string]any, name string) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{"name": "s"}, "spec": map[string]any{
		"goTemplate": true, "generators": []any{generator},
		"template": map[string]any{"metadata": map[string]any{"name": name}, "spec": map[string]any{"project": "p", "destination": map[string]any{}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func oneElement() map[string]any {
	return map[string]any{"list": map[string]any{"elements": []any{map[string]any{"name": "a"}}}}
}

func filesOf(url, pattern string) map[string]any {
	return map[string]any{"git": map[string]any{"repoURL": url, "revision": "HEAD", "files": []any{map[string]any{"path": pattern}}}}
}

func (p *process) expand(root string, set json.RawMessage) (model.ApplicationSetResult, string) {
	p.t.Helper()
	var raw json.RawMessage
	p.must("applicationSet", model.ApplicationSetRequest{
		ApplicationSet: set, Repositories: []model.SetRepository{{Snapshot: model.Snapshot{Root: root}, RepoURL: "r"}},
	}, &raw)
	var result model.ApplicationSetResult
	if err := json.Unmarshal(raw, &result); err != nil {
		p.t.Fatal(err)
	}
	return result, string(raw)
}

func TestApplicationSet(t *testing.T) {
	p, root := start(t), t.TempDir()
	testfiles.Write(t, root, map[string]string{"apps/a.yaml": "name: a\n", "apps/b.yaml": "name: b\n"})
	result, raw := p.expand(root, setOf(t, filesOf("r", "apps/*.yaml"), "{{.name}}"))
	if len(result.Applications) != 2 || result.Blocked || len(result.Inputs) != 1 || len(result.Problems) > 0 {
		t.Errorf("got %s", raw)
	}
	unsaved := "name: c\n"
	var got model.ApplicationSetResult
	p.must("applicationSet", model.ApplicationSetRequest{
		ApplicationSet: setOf(t, filesOf("r", "apps/*.yaml"), "{{.name}}"),
		Repositories: []model.SetRepository{{
			Snapshot: model.Snapshot{Root: root, Overlay: map[string]*string{"apps/a.yaml": nil, "apps/c.yaml": &unsaved}}, RepoURL: "r",
		}},
	}, &got)
	if len(got.Applications) != 2 || !strings.Contains(string(got.Applications[1].Object), `"name":"c"`) {
		t.Errorf("got %+v", got)
	}
}

func TestApplicationSetOverItsTime(t *testing.T) {
	p := start(t)
	p.must("initialize", map[string]any{"timeLimitMs": 400}, nil)
	elements := []any{}
	for range 2000 {
		elements = append(elements, map[string]any{"name": "a"})
	}
	many := map[string]any{"list": map[string]any{"elements": elements}}
	slow := setOf(t, many, "{{range until 300}}{{range until 300}}{{end}}{{end}}")
	result, raw := p.expand(t.TempDir(), slow)
	if !result.Blocked || len(result.Problems) == 0 {
		t.Errorf("got %s", raw[:min(len(raw), 500)])
	}
	if result, raw := p.expand(t.TempDir(), setOf(t, oneElement(), "{{.name}}")); len(result.Applications) != 1 {
		t.Errorf("the engine is not usable afterwards: %s", raw)
	}
}

// TestHostileApplicationSets expands sets that reach out, under strace, with a listener, programs on
// the search path and a file outside of the root.
func TestHostileApplicationSets(t *testing.T) {
	strace := straceOf(t)
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(outside, []byte("secret: "+canary+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	url := "http://" + listener.Addr().String() + "/r.git"
	programs, ran := canaryPrograms(t)
	t.Setenv("PATH", programs)
	t.Setenv("PLUMBLINE_CANARY", canary)
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{"a.yaml": "name: a\n", "bomb.yaml": aliasBomb(), "big.yaml": strings.Repeat("# filler line\n", 800_000)})
	for name, target := range map[string]string{"out.yaml": outside, "up": "../..", "loop": "."} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	log := filepath.Join(t.TempDir(), "strace.log")
	p := start(t, strace, "-f", "-y", "-o", log, "-e", "trace="+watched)
	p.must("initialize", map[string]any{"memoryLimitBytes": 1 << 30, "timeLimitMs": 20000}, nil)
	for name, set := range map[string]json.RawMessage{
		"environment":        setOf(t, oneElement(), `{{env "PLUMBLINE_CANARY"}}`),
		"expanded":           setOf(t, oneElement(), `{{expandenv "$PLUMBLINE_CANARY"}}`),
		"host name":          setOf(t, oneElement(), `{{getHostByName "localhost"}}`),
		"file outside":       setOf(t, filesOf("r", outside), "{{.secret}}"),
		"file above":         setOf(t, filesOf("r", "../*"), "{{.secret}}"),
		"link outside":       setOf(t, filesOf("r", "out.yaml"), "{{.secret}}"),
		"link above":         setOf(t, filesOf("r", "up/**"), "{{.secret}}"),
		"alias bomb":         setOf(t, filesOf("r", "bomb.yaml"), "{{toJson .}}"),
		"big file":           setOf(t, filesOf("r", "big.yaml"), "{{.name}}"),
		"repository on http": setOf(t, filesOf(url, "a.yaml"), "{{.name}}"),
		"repository on disk": setOf(t, filesOf("file://"+filepath.Dir(outside), "*"), "{{.secret}}"),
		"command as URL":     setOf(t, filesOf("ext::sh -c true", "*"), "{{.name}}"),
		"plugin":             setOf(t, map[string]any{"plugin": map[string]any{"configMapRef": map[string]any{"name": "x"}}}, "{{.name}}"),
		"provider":           setOf(t, map[string]any{"scmProvider": map[string]any{"gitea": map[string]any{"api": url}}}, "{{.name}}"),
		"huge loop":          setOf(t, oneElement(), "{{range 1000000000000}}{{end}}"),
		"laughs":             setOf(t, oneElement(), `{{$x := "ha"}}{{range until 64}}{{$x = printf "%s%s" $x $x}}{{end}}{{$x}}`),
		"unknown functions":  setOf(t, oneElement(), `{{include "x" .}}{{lookup "v1" "Secret" "" ""}}{{tpl "x" .}}`),
		"deep template":      setOf(t, oneElement(), strings.Repeat("{{if true}}", 20000)+strings.Repeat("{{end}}", 20000)),
	} {
		t.Run(name, func(t *testing.T) {
			result, raw := p.expand(root, set)
			if strings.Contains(raw, canary) || strings.Contains(raw, "root:x:0:0") {
				t.Errorf("content from outside of the root: %s", raw)
			}
			if len(result.Problems)+len(result.NeedsServer) == 0 && !strings.HasPrefix(name, "link above") && name != "deep template" && name != "big file" {
				t.Errorf("nothing is said: %s", raw[:min(len(raw), 500)])
			}
		})
	}
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("the process ended with code %d", code)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program from the search path was run")
	}
	judgeSetCalls(t, log, root)
}

// judgeSetCalls looks for calls that an expansion has no use for.
func judgeSetCalls(t *testing.T, log, root string) {
	t.Helper()
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	allowed := append(append([]string{binary}, ownFiles...), root)
	programs, opened := 0, 0
	for line := range strings.Lines(string(data)) {
		call := anyCall.FindStringSubmatch(line)
		switch {
		case call == nil:
		case call[1] == "execve":
			programs++
		case strings.HasPrefix(call[1], "open"):
			opened++
			judgeOpen(t, strings.TrimSuffix(line, "\n"), allowed)
		default:
			t.Errorf("a call that the engine has no use for: %s", line)
		}
	}
	if programs != 1 || opened < 10 {
		t.Errorf("%d programs, %d opened files", programs, opened)
	}
}
