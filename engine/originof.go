package main

import (
	"context"
	"path/filepath"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/origin"
	"github.com/plumbline/plumbline/engine/render"
)

// originOf takes its turn among the renders: it is many of them.
func (s *server) originOf(w *workspace) method {
	return typed(func(ctx context.Context, p origin.Request) (any, error) {
		none := origin.Result{Places: []origin.Place{}}
		work := func() any {
			result, err := w.origin(ctx, p)
			if err != nil {
				return none
			}
			return result
		}
		return s.turn(ctx, work, func() any { return none })
	})
}

// linesOf is as originOf, for the lines of an edit.
func (s *server) linesOf(w *workspace) method {
	return typed(func(ctx context.Context, p origin.LinesRequest) (any, error) {
		none := origin.LinesResult{Lines: []origin.DecidingLine{}}
		work := func() any {
			input, closeAll, err := w.originInput(&p.RenderRequest)
			if err != nil {
				return none
			}
			defer closeAll()
			result, err := origin.Lines(ctx, input, p)
			if err != nil {
				return none
			}
			return result
		}
		return s.turn(ctx, work, func() any { return none })
	})
}

func (w *workspace) origin(ctx context.Context, p origin.Request) (origin.Result, error) {
	input, closeAll, err := w.originInput(&p.RenderRequest)
	if err != nil {
		return origin.Result{}, err
	}
	defer closeAll()
	return origin.Find(ctx, input, p)
}

func (w *workspace) originInput(p *model.RenderRequest) (origin.Input, func(), error) {
	p.Root = filepath.Clean(p.Root)
	snapshot, err := w.open(p.Snapshot)
	if err != nil {
		return origin.Input{}, nil, err
	}
	mounts, closeMounts, err := w.mountsOf(p.Remotes)
	if err != nil {
		snapshot.close()
		return origin.Input{}, nil, err
	}
	input := origin.Input{Tree: snapshot.tree, Render: render.Input{
		Commit: snapshot.commit, Charts: w.cache(), Repository: w.repositoriesOf(p.Root, p.Remotes), Mounts: mounts,
	}}
	if repo, err := w.repo(p.Root); err == nil && p.Revision == "" {
		input.Render.Untracked = files.NewUntracked(repo.Exclude(), func() func(string) bool {
			return files.Tracked(gitrepo.TrackedNames(repo.Index()))
		})
	}
	return input, func() { closeMounts(); snapshot.close() }, nil
}
