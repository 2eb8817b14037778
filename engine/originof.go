package main

import (
	"context"
	"path/filepath"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
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

func (w *workspace) origin(ctx context.Context, p origin.Request) (origin.Result, error) {
	p.Root = filepath.Clean(p.Root)
	snapshot, err := w.open(p.Snapshot)
	if err != nil {
		return origin.Result{}, err
	}
	defer snapshot.close()
	mounts, closeMounts, err := w.mountsOf(p.Remotes)
	if err != nil {
		return origin.Result{}, err
	}
	defer closeMounts()
	input := origin.Input{Tree: snapshot.tree, Render: render.Input{
		Commit: snapshot.commit, Charts: w.cache(), Repository: w.repositoriesOf(p.Root, p.Remotes), Mounts: mounts,
	}}
	if repo, err := w.repo(p.Root); err == nil && p.Revision == "" {
		input.Render.Untracked = files.NewUntracked(repo.Exclude(), func() func(string) bool {
			return files.Tracked(gitrepo.TrackedNames(repo.Index()))
		})
	}
	return origin.Find(ctx, input, p)
}
