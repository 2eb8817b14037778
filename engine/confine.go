package main

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

const maxStackBytes = 256 << 20

var errNoNetwork = errors.New("the engine has no network")

type refusingTransport struct{}

func (refusingTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNoNetwork }

// confine gives up what the libraries could use beyond the files of a repository: the environment,
// the search path for programs, the network. Their log goes nowhere, because it may hold content.
func confine() {
	os.Clearenv()
	for name, value := range map[string]string{"PATH": "", "TZ": "UTC"} {
		if err := os.Setenv(name, value); err != nil {
			os.Exit(1)
		}
	}
	// Dates in templates are those of the controllers' containers.
	time.Local = time.UTC
	http.DefaultTransport = refusingTransport{}
	http.DefaultClient = &http.Client{Transport: refusingTransport{}}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: refuseDial}
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	klog.SetLogger(logr.Discard())
	debug.SetMaxStack(maxStackBytes)
}

func refuseDial(context.Context, string, string) (net.Conn, error) { return nil, errNoNetwork }
