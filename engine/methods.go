package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/merge"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/objects"
	"github.com/plumbline/plumbline/engine/render"
)

func (w *workspace) methods(s *server) map[string]method {
	return map[string]method{
		"initialize": typed(func(ctx context.Context, p initializeParams) (any, error) {
			w.chartsRoot = p.CacheRoot
			return s.initialize(ctx, p)
		}),
		"applicationSet": s.applicationSet(w),
		"render": typed(func(ctx context.Context, p renderParams) (any, error) {
			return s.turn(ctx, func() any { return w.render(p) }, func() any { return tooLate(s.limits.timeLimit(), p.RenderRequest) })
		}),
		"origin":     s.originOf(w),
		"lines":      s.linesOf(w),
		"list":       typed(w.list),
		"parse":      typed(w.parse),
		"digests":    typed(w.digests),
		"read":       typed(w.read),
		"repository": typed(w.repository),
		"changed":    typed(w.changed),
		"health":     typed(health),
		"jq":         typed(jq),
		"threeWay":   typed(threeWay),
		"apply":      typed(applied),
	}
}

type initializeParams struct {
	MemoryLimitBytes uint64 `json:"memoryLimitBytes"`
	TimeLimitMs      int64  `json:"timeLimitMs"`
	// CacheRoot is the folder of fetched charts, which is only read.
	CacheRoot string `json:"cacheRoot"`
}

func (s *server) initialize(_ context.Context, p initializeParams) (any, error) {
	memory, limit := uint64(defaultMemoryLimitBytes), defaultTimeLimit
	if p.MemoryLimitBytes > 0 {
		memory = p.MemoryLimitBytes
	}
	if p.TimeLimitMs > 0 {
		limit = time.Duration(p.TimeLimitMs) * time.Millisecond
	}
	s.limits.set(memory, limit)
	return describe(), nil
}

func (w *workspace) render(p renderParams) model.Outcome {
	p.Root = filepath.Clean(p.Root)
	snapshot, err := w.open(p.Snapshot)
	if err != nil {
		return unavailableOf(err)
	}
	defer snapshot.close()
	mounts, closeMounts, err := w.mountsOf(p.Remotes)
	if err != nil {
		return unavailableOf(err)
	}
	defer closeMounts()
	return withDigest(render.Input{
		Layer: files.NewLayer(files.SteadyLinks(snapshot.tree)), Untracked: w.untracked(p.Snapshot), Commit: snapshot.commit, Charts: w.cache(),
		Repository: w.repositoriesOf(p.Root, p.Remotes), Mounts: mounts,
	}, p)
}

// tooLate stands for a render that crossed the time limit. What it read is not known: every path may
// have been an input.
func tooLate(limit time.Duration, p model.RenderRequest) model.Outcome {
	problems := []model.Problem{documents.Failure(p.Source.Path, "time-limit",
		fmt.Sprintf("The render did not end within %s.", limit))}
	everything := true
	inputs := []model.Input{{Kind: "listing", Path: "", Recursive: &everything}}
	missing := []model.Missing{}
	return model.Outcome{Kind: "failed", Problems: &problems, Inputs: &inputs, Missing: &missing}
}

func (w *workspace) list(_ context.Context, p model.Snapshot) (any, error) {
	snapshot, err := w.open(p)
	if err != nil {
		return orUnavailable(nil, err)
	}
	defer snapshot.close()
	exclude, tracked := "", files.Tracked(nil)
	if p.Revision != "" || p.Fetched != nil {
		tracked = func(string) bool { return true }
	} else if repo, err := w.repo(p.Root); err == nil {
		exclude, tracked = repo.Exclude(), files.Tracked(gitrepo.TrackedNames(repo.Index()))
	}
	paths, err := files.Paths(snapshot.tree, exclude, tracked)
	return orUnavailable(map[string]any{"paths": paths}, err)
}

type pathsParams struct {
	model.Snapshot
	Paths []string `json:"paths"`
}

func (w *workspace) parse(_ context.Context, p pathsParams) (any, error) {
	snapshot, err := w.open(p.Snapshot)
	if err != nil {
		return orUnavailable(nil, err)
	}
	defer snapshot.close()
	layer := files.NewLayer(snapshot.tree)
	parsed := make([]model.ParsedFile, 0, len(p.Paths))
	for _, path := range p.Paths {
		text, err := layer.Read(path)
		if err != nil {
			parsed = append(parsed, unread(path, err))
			continue
		}
		parsed = append(parsed, documents.ParseFile(path, text))
	}
	if lacking := layer.Unavailable(); lacking != nil {
		return unavailable{lacking.Reason}, nil
	}
	return map[string]any{"files": parsed}, nil
}

func unread(path string, err error) model.ParsedFile {
	code, message := "unreadable", "The file cannot be read."
	switch {
	case files.IsNotExist(err):
		code, message = "not-found", "The file does not exist."
	case errors.Is(err, files.ErrTooLarge):
		code, message = "too-large", "The file is larger than 10 MB."
	case errors.Is(err, files.ErrOutside):
		code, message = "outside-root", "The path leads out of the repository."
	}
	return model.ParsedFile{
		Path: path, Documents: []model.ParsedDocument{},
		Problems: []model.Problem{documents.Failure(path, code, message)},
	}
}

type readParams struct {
	model.Snapshot
	Path string `json:"path"`
}

func (w *workspace) read(_ context.Context, p readParams) (any, error) {
	snapshot, err := w.open(p.Snapshot)
	if err != nil {
		return orUnavailable(nil, err)
	}
	defer snapshot.close()
	text, err := readText(files.NewLayer(snapshot.tree), p.Path)
	var lacking *files.UnavailableError
	switch {
	case err == nil:
		return map[string]string{"text": string(text)}, nil
	case errors.As(err, &lacking):
		return unavailable{lacking.Reason}, nil
	case files.IsNotExist(err):
		return map[string]bool{"missing": true}, nil
	}
	return unavailable{unread(p.Path, err).Problems[0].Message}, nil
}

type repositoryParams struct {
	Path string `json:"path"`
}

func (w *workspace) repository(_ context.Context, p repositoryParams) (any, error) {
	repo, err := w.repo(p.Path)
	if errors.Is(err, gitrepo.ErrNone) {
		return map[string]bool{"none": true}, nil
	}
	if err != nil {
		return orUnavailable(nil, err)
	}
	described, err := repo.Describe()
	var lacking *files.UnavailableError
	if errors.As(err, &lacking) {
		// What needs no object is known nevertheless.
		return described, nil
	}
	return described, err
}

type changedParams struct {
	model.Snapshot
	Paths *[]string `json:"paths"`
}

func (w *workspace) changed(_ context.Context, p changedParams) (any, error) {
	repo, err := w.repo(p.Root)
	if errors.Is(err, gitrepo.ErrNone) {
		return unavailable{"The folder is not in a Git repository, so it has no revisions."}, nil
	}
	if err != nil {
		return orUnavailable(nil, err)
	}
	commit, err := repo.Resolve(p.Revision)
	if err != nil {
		return orUnavailable(nil, err)
	}
	snapshot, err := w.open(model.Snapshot{Root: p.Root, Overlay: p.Overlay})
	if err != nil {
		return orUnavailable(nil, err)
	}
	defer snapshot.close()
	var present, wanted []string
	if p.Paths != nil {
		wanted = append([]string{}, *p.Paths...)
	} else if present, err = files.Paths(snapshot.tree, repo.Exclude(), files.Tracked(gitrepo.TrackedNames(repo.Index()))); err != nil {
		return orUnavailable(nil, err)
	}
	changed, err := repo.Changed(commit, snapshot.tree, present, wanted)
	return orUnavailable(map[string]any{"paths": changed}, err)
}

type healthParams struct {
	Object json.RawMessage `json:"object"`
}

func health(_ context.Context, all []healthParams) (any, error) {
	statuses := make([]objects.Health, 0, len(all))
	for _, entry := range all {
		statuses = append(statuses, objects.HealthOf(entry.Object))
	}
	return statuses, nil
}

type jqParams struct {
	Object      map[string]any `json:"object"`
	Expressions []string       `json:"expressions"`
}

func jq(ctx context.Context, p jqParams) (any, error) {
	return objects.Without(ctx, p.Object, p.Expressions)
}

type threeWayParams struct {
	Original json.RawMessage `json:"original"`
	Modified json.RawMessage `json:"modified"`
	Current  json.RawMessage `json:"current"`
	Argo     bool            `json:"argo"`
}

func threeWay(_ context.Context, p threeWayParams) (any, error) {
	return objects.ThreeWay(objects.Change(p))
}

func applied(_ context.Context, p merge.Question) (any, error) {
	return merge.Predict(p)
}
