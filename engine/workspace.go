package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
)

// workspace keeps repositories open between requests.
type workspace struct {
	mutex sync.Mutex
	repos map[gitrepo.Layout]*gitrepo.Repo
	// charts is the folder of the cache, and its cache once it is there.
	chartsRoot string
	charts     *chartcache.Cache
}

func newWorkspace() *workspace {
	return &workspace{repos: map[gitrepo.Layout]*gitrepo.Repo{}}
}

// cache gives the charts that were fetched. Their folder may come to be at any time.
func (w *workspace) cache() *chartcache.Cache {
	if w.charts == nil && w.chartsRoot != "" {
		if opened, err := chartcache.Open(w.chartsRoot); err == nil {
			w.charts = opened
		}
	}
	return w.charts
}

const maxOpenRepos = 16

// repo gives the repository of a path; gitrepo.ErrNone where there is none.
func (w *workspace) repo(path string) (*gitrepo.Repo, error) {
	layout, err := gitrepo.Discover(path)
	if err != nil {
		return nil, err
	}
	return w.kept(layout)
}

func (w *workspace) kept(layout gitrepo.Layout) (*gitrepo.Repo, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if open, ok := w.repos[layout]; ok {
		return open, nil
	}
	if len(w.repos) >= maxOpenRepos {
		for key := range w.repos {
			delete(w.repos, key)
		}
	}
	open, err := gitrepo.Open(layout)
	if err != nil {
		return nil, files.Unavailable("The Git folder of the repository cannot be read.")
	}
	w.repos[layout] = open
	return open, nil
}

// opened is the text of a snapshot, to be closed after the request.
type opened struct {
	tree   files.Tree
	commit string
	close  func()
}

func (w *workspace) open(snapshot model.Snapshot) (opened, error) {
	if snapshot.Fetched != nil {
		return w.openFetched(*snapshot.Fetched)
	}
	if snapshot.Revision == "" {
		tree, closer, err := files.OpenDisk(snapshot.Root)
		if err != nil {
			return opened{}, files.Unavailable("The folder of the repository cannot be read.")
		}
		return opened{
			tree:  files.WithLineEnds(files.WithOverlay(tree, snapshot.Overlay), w.lineEnds(snapshot.Root)),
			close: func() { _ = closer.Close() },
		}, nil
	}
	repo, err := w.repo(snapshot.Root)
	if errors.Is(err, gitrepo.ErrNone) {
		return opened{}, files.Unavailable("The folder is not in a Git repository, so it has no revisions.")
	}
	if err != nil {
		return opened{}, err
	}
	if !sameFolder(repo.TopLevel, snapshot.Root) {
		return opened{}, files.Unavailable("The folder is not the top level of its Git repository.")
	}
	commit, err := repo.Resolve(snapshot.Revision)
	if err != nil {
		return opened{}, err
	}
	return opened{
		tree:   files.WithOverlay(w.withModules(repo, commit, repo.RemoteURL()), snapshot.Overlay),
		commit: commit.Hash.String(), close: func() {},
	}, nil
}

// lineEnds opens the repository of a folder, if it is its top level, once a file asks for it.
func (w *workspace) lineEnds(root string) func(string, []byte) []byte {
	var convert func(string, []byte) []byte
	return func(name string, data []byte) []byte {
		if convert == nil {
			convert = func(_ string, data []byte) []byte { return data }
			if repo, err := w.repo(root); err == nil && sameFolder(repo.TopLevel, root) {
				convert = repo.LineEnds()
			}
		}
		return convert(name, data)
	}
}

func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// typed makes a method of a function that takes decoded parameters.
func typed[P any](call func(context.Context, P) (any, error)) method {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var params P
		if err := json.Unmarshal(raw, &params); err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: "the parameters are malformed"}
		}
		return call(ctx, params)
	}
}

type unavailable struct {
	Reason string `json:"unavailable"`
}

// orUnavailable makes an answer of an error that says that text is unavailable.
func orUnavailable(result any, err error) (any, error) {
	var lacking *files.UnavailableError
	if errors.As(err, &lacking) {
		return unavailable{lacking.Reason}, nil
	}
	return result, err
}
