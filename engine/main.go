// Command plumbline-engine renders and reads GitOps repositories for the Plumbline extension, over
// JSON-RPC on its standard streams. It has no use for a network, other programs or files outside of
// the repositories that it is asked about. As `fetch` it is another program: it gets charts into the
// cache with the user's logins, and reads no repository.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"runtime/debug"

	"helm.sh/helm/v4/pkg/chart/common"

	"github.com/plumbline/plumbline/engine/fetch"
)

// version is set by the build.
var version = "dev"

func main() {
	command := "serve"
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch command {
	case "serve":
		confine()
		os.Exit(serve(os.Stdin, os.Stdout))
	case "fetch":
		os.Exit(runFetch())
	case "version":
		if err := json.NewEncoder(os.Stdout).Encode(describe()); err != nil {
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: plumbline-engine [serve|fetch|version]")
		os.Exit(2)
	}
}

// fetchMemoryBytes is enough for the largest index and chart that may be read.
const fetchMemoryBytes = 2 << 30

func runFetch() int {
	// What the libraries have to say may hold content or addresses with passwords.
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	own := newLimits()
	own.set(fetchMemoryBytes, defaultTimeLimit)
	go own.watch()
	if err := fetch.Run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type description struct {
	EngineVersion string            `json:"engineVersion"`
	Versions      map[string]string `json:"versions"`
	KubeVersion   string            `json:"kubeVersion"`
}

// libraries are the modules whose versions decide what a render gives.
var libraries = map[string]string{
	"helm.sh/helm/v4":                 "helm",
	"sigs.k8s.io/kustomize/api":       "kustomize",
	"github.com/fluxcd/pkg/kustomize": "flux",
	"github.com/fluxcd/pkg/envsubst":  "envsubst",
	"github.com/fluxcd/cli-utils":     "kstatus",
	"github.com/go-git/go-git/v5":     "go-git",
	"github.com/itchyny/gojq":         "gojq",
	"k8s.io/apimachinery":             "apimachinery",
}

func describe() description {
	described := description{
		EngineVersion: version, Versions: map[string]string{},
		KubeVersion: common.DefaultCapabilities.KubeVersion.Version,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		described.Versions["go"] = info.GoVersion
		for _, module := range info.Deps {
			if name, ok := libraries[module.Path]; ok {
				described.Versions[name] = module.Version
			}
		}
	}
	return described
}
