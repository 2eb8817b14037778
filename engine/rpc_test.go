package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

func codeOf(t *testing.T, err error) int64 {
	t.Helper()
	var rpcError *jsonrpc2.Error
	if !errors.As(err, &rpcError) {
		t.Fatalf("want an RPC error, got %v", err)
	}
	return rpcError.Code
}

func TestInitialize(t *testing.T) {
	p := start(t)
	var got description
	p.must("initialize", map[string]any{"memoryLimitBytes": 1 << 30, "timeLimitMs": 5000}, &got)
	if got.EngineVersion != "test" || got.Versions["helm"] != "v4.3.1" || got.KubeVersion == "v1.20.0" {
		t.Errorf("got %+v", got)
	}
	if code := codeOf(t, p.call("no-such-method", nil, nil)); code != jsonrpc2.CodeMethodNotFound {
		t.Errorf("unknown method: code %d", code)
	}
	if code := codeOf(t, p.call("render", []int{1}, nil)); code != jsonrpc2.CodeInvalidParams {
		t.Errorf("malformed parameters: code %d", code)
	}
}

func TestEndOfInputEndsTheProcess(t *testing.T) {
	p := start(t)
	p.must("initialize", map[string]any{}, nil)
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// endless is a chart whose render takes far longer than any test waits.
func endless(t *testing.T) string {
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"Chart.yaml":         chartFile("endless"),
		"templates/x.yaml":   "{{ range $a := until 40000 }}{{ range $b := until 40000 }}{{ end }}{{ end }}",
		"fine/Chart.yaml":    chartFile("fine"),
		"fine/templates/x":   "",
		".helmignore":        "fine/\n",
		"plain/object.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"plain/readme.md":    "x",
		"plain/sub/not.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
	})
	return root
}

func TestCancelAnswersAtOnce(t *testing.T) {
	p := start(t)
	root := endless(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	call, err := p.conn.DispatchCall(ctx, "render", model.RenderRequest{
		Snapshot: model.Snapshot{Root: root}, Source: helmSource(""),
	}, jsonrpc2.PickID(jsonrpc2.ID{Num: 7}))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.conn.Notify(ctx, "$/cancelRequest", map[string]any{"id": 7}); err != nil {
		t.Fatal(err)
	}
	if code := codeOf(t, call.Wait(ctx, nil)); code != codeCancelled {
		t.Errorf("code %d", code)
	}
	// Everything but a render is answered while the one that was left behind runs on.
	var listed struct{ Paths []string }
	p.must("list", model.Snapshot{Root: root}, &listed)
	if len(listed.Paths) != 8 {
		t.Errorf("listed %v", listed.Paths)
	}
}

func TestCancelInTheQueue(t *testing.T) {
	p := start(t)
	root := endless(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ids := []uint64{8, 9}
	calls := []jsonrpc2.Waiter{}
	for _, id := range ids {
		call, err := p.conn.DispatchCall(ctx, "render", model.RenderRequest{
			Snapshot: model.Snapshot{Root: root}, Source: helmSource(""),
		}, jsonrpc2.PickID(jsonrpc2.ID{Num: id}))
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	for i := len(ids) - 1; i >= 0; i-- {
		if err := p.conn.Notify(ctx, "$/cancelRequest", map[string]any{"id": ids[i]}); err != nil {
			t.Fatal(err)
		}
		if code := codeOf(t, calls[i].Wait(ctx, nil)); code != codeCancelled {
			t.Errorf("call %d: code %d", i, code)
		}
	}
}

func TestTimeLimit(t *testing.T) {
	p := start(t)
	p.must("initialize", map[string]any{"timeLimitMs": 300}, nil)
	outcome, _ := p.render(endless(t), helmSource(""))
	if got := codes(outcome); got != "failed time-limit" {
		t.Errorf("got %s", got)
	}
	if code := p.exit(); code != exitOverLimit {
		t.Errorf("a render without end must cost the process: exit code %d", code)
	}
}

func TestMemoryLimit(t *testing.T) {
	p := start(t)
	p.must("initialize", map[string]any{"memoryLimitBytes": 300 << 20, "timeLimitMs": 60000}, nil)
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"Chart.yaml":       chartFile("hungry"),
		"templates/x.yaml": "{{ range until 1000000000 }}x{{ end }}",
	})
	err := p.call("render", model.RenderRequest{Snapshot: model.Snapshot{Root: root}, Source: helmSource("")}, nil)
	if err == nil {
		t.Error("the render came to an end")
	}
	if code := p.exit(); code != exitOverLimit {
		t.Errorf("exit code %d", code)
	}
}

// TestRecursionWithoutEnd crashes the process, as it does Helm: Go cannot recover from a full stack.
// What matters is that the request gets an error and nothing hangs.
func TestRecursionWithoutEnd(t *testing.T) {
	p := start(t)
	p.must("initialize", map[string]any{"memoryLimitBytes": 400 << 20}, nil)
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"Chart.yaml": chartFile("deep"), "values.yaml": "me: '{{ tpl .Values.me . }}'\n",
		"templates/x.yaml": "{{ tpl .Values.me . }}",
	})
	err := p.call("render", model.RenderRequest{Snapshot: model.Snapshot{Root: root}, Source: helmSource("")}, nil)
	if err == nil {
		t.Error("the render came to an end")
	}
	if code := p.exit(); code == 0 {
		t.Error("the process ended as if nothing had happened")
	}
}

func TestGuardedPanic(t *testing.T) {
	call := func(context.Context, json.RawMessage) (any, error) { panic("content of a file") }
	a := guarded(context.Background(), "render", call, nil)
	if a.err == nil || strings.Contains(a.err.Error(), "content") || !strings.Contains(a.err.Error(), "render") {
		t.Errorf("got %v", a.err)
	}
}

func TestPanicInTurnFreesThePlace(t *testing.T) {
	s := &server{limits: newLimits(), turns: make(chan struct{}, 1), idle: time.NewTimer(time.Hour)}
	for range 2 {
		_, err := s.turn(context.Background(), func() any { panic("boom") }, nil)
		if err == nil || strings.Contains(err.Error(), "boom") {
			t.Fatalf("got %v", err)
		}
	}
	got, err := s.turn(context.Background(), func() any { return 5 }, nil)
	if err != nil || got != 5 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestMethods(t *testing.T) {
	p := start(t)
	root := t.TempDir()
	testfiles.Write(t, root, map[string]string{
		"a.yaml": "a: yes\n---\nb: 0644\n", "big.yaml": strings.Repeat("# filler line\n", 800_000),
		"dir/c.yaml": "<<<<<<< ours\n",
	})
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	unsaved := "a: no\n"
	overlay := map[string]*string{"a.yaml": &unsaved, "new/d.yaml": &unsaved, "dir/c.yaml": nil}
	t.Run("parse", func(t *testing.T) {
		var got struct{ Files []model.ParsedFile }
		p.must("parse", pathsParams{
			Snapshot: model.Snapshot{Root: root},
			Paths:    []string{"a.yaml", "big.yaml", "dir/c.yaml", "none.yaml", "../x", "out"},
		}, &got)
		want := []string{"", "too-large", "conflict-marker", "not-found", "outside-root", "outside-root"}
		for i, code := range want {
			file := got.Files[i]
			if code == "" && len(file.Problems) == 0 {
				continue
			}
			if len(file.Problems) != 1 || file.Problems[0].Code != code {
				t.Errorf("%s: %+v", file.Path, file.Problems)
			}
		}
		if documents := got.Files[0].Documents; string(documents[0].Value) != `{"a":true}` ||
			string(documents[1].Value) != `{"b":420}` || documents[1].Line != 3 {
			t.Errorf("documents %+v", documents)
		}
	})
	t.Run("overlay", func(t *testing.T) {
		var read struct {
			Text    string
			Missing bool
		}
		p.must("read", readParams{Snapshot: model.Snapshot{Root: root, Overlay: overlay}, Path: "a.yaml"}, &read)
		if read.Text != unsaved {
			t.Errorf("got %q", read.Text)
		}
		p.must("read", readParams{Snapshot: model.Snapshot{Root: root, Overlay: overlay}, Path: "dir/c.yaml"}, &read)
		if !read.Missing {
			t.Error("a deleted file was read")
		}
		var listed struct{ Paths []string }
		p.must("list", model.Snapshot{Root: root, Overlay: overlay}, &listed)
		if got := strings.Join(listed.Paths, " "); got != "a.yaml big.yaml new/d.yaml" {
			t.Errorf("listed %s", got)
		}
	})
	t.Run("no repository", func(t *testing.T) {
		var none struct{ None bool }
		p.must("repository", map[string]string{"path": root}, &none)
		if !none.None {
			t.Error("a repository where there is none")
		}
		for _, method := range []string{"list", "read", "parse", "changed"} {
			var got struct{ Unavailable string }
			p.must(method, map[string]any{"root": root, "revision": "HEAD", "paths": []string{}, "path": "a.yaml"}, &got)
			if got.Unavailable == "" {
				t.Errorf("%s of a revision without a repository", method)
			}
		}
	})
	t.Run("health", func(t *testing.T) {
		var got []struct{ Status, Message string }
		p.must("health", []any{
			map[string]any{"object": map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}}},
			map[string]any{"object": map[string]any{
				"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "a", "generation": 2},
				"spec": map[string]any{"replicas": 2}, "status": map[string]any{"observedGeneration": 1},
			}},
		}, &got)
		if len(got) != 2 || got[0].Status != "Current" || got[1].Status != "InProgress" {
			t.Errorf("got %+v", got)
		}
	})
}
