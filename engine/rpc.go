package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

// codeCancelled is the code of the Language Server Protocol for a cancelled request.
const codeCancelled = -32800

// method answers one request.
type method func(ctx context.Context, params json.RawMessage) (any, error)

type server struct {
	methods map[string]method
	limits  *limits
	// turns admits one render at a time.
	turns chan struct{}
	// idle fires once no render has run for a while.
	idle    *time.Timer
	mutex   sync.Mutex
	cancels map[jsonrpc2.ID]context.CancelCauseFunc
}

type stdio struct {
	io.Reader
	io.Writer
}

func (stdio) Close() error { return nil }

var errCancelled = errors.New("the request was cancelled")

// serve answers requests until the input ends.
func serve(in io.Reader, out io.Writer) int {
	// Whatever a library prints must not get between the messages.
	os.Stdout = os.Stderr
	s := &server{
		limits: newLimits(), turns: make(chan struct{}, 1), cancels: map[jsonrpc2.ID]context.CancelCauseFunc{},
		idle: time.AfterFunc(idleAfter, debug.FreeOSMemory),
	}
	s.methods = newWorkspace().methods(s)
	go s.limits.watch()
	stream := jsonrpc2.NewBufferedStream(stdio{in, out}, jsonrpc2.VSCodeObjectCodec{})
	conn := jsonrpc2.NewConn(context.Background(), stream, s)
	<-conn.DisconnectNotify()
	return 0
}

// Handle implements jsonrpc2.Handler. It is called in the order of messages, so that a cancellation
// finds its request.
func (s *server) Handle(ctx context.Context, conn *jsonrpc2.Conn, req *jsonrpc2.Request) {
	if req.Notif {
		if req.Method == "$/cancelRequest" {
			s.cancel(req)
		}
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s.mutex.Lock()
	s.cancels[req.ID] = cancel
	s.mutex.Unlock()
	go func() {
		defer cancel(nil)
		s.answer(ctx, conn, req)
		s.mutex.Lock()
		delete(s.cancels, req.ID)
		s.mutex.Unlock()
	}()
}

func (s *server) cancel(req *jsonrpc2.Request) {
	var params struct {
		ID jsonrpc2.ID `json:"id"`
	}
	if req.Params == nil || json.Unmarshal(*req.Params, &params) != nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if cancel, ok := s.cancels[params.ID]; ok {
		cancel(errCancelled)
	}
}

type answer struct {
	result any
	err    error
}

// answer waits for the method or for a cancellation, whichever comes first. A method that was left
// behind runs on, because no library can be interrupted, and its result is dropped.
func (s *server) answer(ctx context.Context, conn *jsonrpc2.Conn, req *jsonrpc2.Request) {
	call, ok := s.methods[req.Method]
	if !ok {
		s.replyError(ctx, conn, req.ID, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "unknown method"})
		return
	}
	var params json.RawMessage
	if req.Params != nil {
		params = *req.Params
	}
	done := make(chan answer, 1)
	go func() { done <- guarded(ctx, req.Method, call, params) }()
	select {
	case <-ctx.Done():
		s.replyError(ctx, conn, req.ID, &jsonrpc2.Error{Code: codeCancelled, Message: "cancelled"})
	case a := <-done:
		s.reply(ctx, conn, req.ID, a)
	}
}

func (s *server) reply(ctx context.Context, conn *jsonrpc2.Conn, id jsonrpc2.ID, a answer) {
	var rpcError *jsonrpc2.Error
	switch {
	case a.err == nil:
		if err := conn.Reply(ctx, id, a.result); err != nil && !errors.Is(err, jsonrpc2.ErrClosed) {
			s.replyError(ctx, conn, id, &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: "the result could not be sent"})
		}
	case errors.As(a.err, &rpcError):
		s.replyError(ctx, conn, id, rpcError)
	case errors.Is(a.err, context.Canceled):
		s.replyError(ctx, conn, id, &jsonrpc2.Error{Code: codeCancelled, Message: "cancelled"})
	default:
		s.replyError(ctx, conn, id, &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: a.err.Error()})
	}
}

func (s *server) replyError(ctx context.Context, conn *jsonrpc2.Conn, id jsonrpc2.ID, err *jsonrpc2.Error) {
	// The other side is gone when this fails, which ends the process by itself.
	_ = conn.ReplyWithError(context.WithoutCancel(ctx), id, err)
}

// guarded turns a panic into an error that names the place in the code and no content of files.
func guarded(ctx context.Context, name string, call method, params json.RawMessage) (a answer) {
	defer func() {
		if cause := recover(); cause != nil {
			a = answer{err: fmt.Errorf("the engine failed in %s (%T at %s)", name, cause, panicPlace())}
		}
	}()
	result, err := call(ctx, params)
	return answer{result, err}
}

// panicPlace is the first line of the stack below the panic itself, without arguments.
func panicPlace() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+2 < len(lines) {
			name, _, _ := strings.Cut(lines[i+2], "(0x")
			return strings.TrimSuffix(name, "(...)")
		}
	}
	return "unknown"
}

// turn waits until no other render runs, gives the one that asks its time limit, and frees the
// place once the render is really over.
func (s *server) turn(ctx context.Context, work func() any, late func() any) (any, error) {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if ctx.Err() != nil {
		<-s.turns
		return nil, ctx.Err()
	}
	done := make(chan answer, 1)
	go func() {
		defer func() {
			s.idle.Reset(idleAfter)
			<-s.turns
		}()
		done <- guarded(ctx, "render", func(context.Context, json.RawMessage) (any, error) { return work(), nil }, nil)
	}()
	limit := s.limits.timeLimit()
	select {
	case a := <-done:
		return a.result, a.err
	case <-time.After(limit):
		go func() {
			select {
			case <-done:
			case <-time.After(timeLimitGrace):
				os.Exit(exitOverLimit)
			}
		}()
		return late(), nil
	}
}
