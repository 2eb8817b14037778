package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/plumbline/plumbline/engine/model"
)

// build makes the real binary once for all tests that talk to a process.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "plumbline-engine-test")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "plumbline-engine")
	compile := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=test", "-o", binary, ".")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	compile.Stderr = os.Stderr
	return binary, compile.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// process is a running engine and a client of it.
type process struct {
	t       *testing.T
	command *exec.Cmd
	conn    *jsonrpc2.Conn
	input   io.Closer
	done    chan error
}

type pipes struct {
	io.Reader
	io.WriteCloser
}

// start runs the engine, below the given commands if there are any.
func start(t *testing.T, around ...string) *process {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	args := append(around, binary, "serve")
	command := exec.Command(args[0], args[1:]...)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stream := jsonrpc2.NewBufferedStream(pipes{out, in}, jsonrpc2.VSCodeObjectCodec{})
	nobody := jsonrpc2.HandlerWithError(func(context.Context, *jsonrpc2.Conn, *jsonrpc2.Request) (any, error) { return nil, nil })
	p := &process{
		t: t, command: command, input: in, done: make(chan error, 1),
		conn: jsonrpc2.NewConn(context.Background(), stream, nobody, jsonrpc2.SetLogger(quiet{})),
	}
	go func() { p.done <- command.Wait() }()
	t.Cleanup(func() {
		_ = in.Close()
		select {
		case err := <-p.done:
			p.done <- err
		case <-time.After(10 * time.Second):
			_ = command.Process.Kill()
		}
	})
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

const patience = 60 * time.Second

func (p *process) call(method string, params, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return p.conn.Call(ctx, method, params, result)
}

func (p *process) must(method string, params, result any) {
	p.t.Helper()
	if err := p.call(method, params, result); err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
}

func (p *process) render(root string, source model.Source) (model.Outcome, string) {
	p.t.Helper()
	var raw json.RawMessage
	p.must("render", model.RenderRequest{Snapshot: model.Snapshot{Root: root}, Source: source}, &raw)
	var outcome model.Outcome
	if err := json.Unmarshal(raw, &outcome); err != nil {
		p.t.Fatal(err)
	}
	return outcome, string(raw)
}

// exit waits for the process and gives its code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case err := <-p.done:
		p.done <- err
		return p.command.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("the process did not end")
		return -1
	}
}

func helmSource(path string) model.Source {
	return model.Source{Kind: "helm", Path: path, ReleaseName: "rel", Namespace: "space", IncludeCRDs: true}
}

func chartFile(name string) string {
	return "apiVersion: v2\nname: " + name + "\nversion: 1.0.0\n"
}

func codes(outcome model.Outcome) string {
	problems := []model.Problem{}
	if outcome.Problems != nil {
		problems = *outcome.Problems
	}
	if outcome.Result != nil {
		problems = outcome.Result.Problems
	}
	all := []string{outcome.Kind}
	for _, problem := range problems {
		all = append(all, problem.Code)
	}
	return strings.Join(all, " ")
}
