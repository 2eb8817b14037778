package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/plumbline/plumbline/engine/applicationset"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
)

// applicationSet takes its turn among the renders: like them it may run into the limits.
func (s *server) applicationSet(w *workspace) method {
	return typed(func(ctx context.Context, p model.ApplicationSetRequest) (any, error) {
		work := func() any {
			// The expansion can be interrupted, so that it ends by itself before its time is over.
			bounded, cancel := context.WithTimeout(ctx, s.limits.timeLimit()*9/10)
			defer cancel()
			return w.expand(bounded, p)
		}
		return s.turn(ctx, work, func() any { return expandedTooLate(s.limits.timeLimit(), p) })
	})
}

func (w *workspace) expand(ctx context.Context, p model.ApplicationSetRequest) model.ApplicationSetResult {
	closers := []func(){}
	defer func() {
		for _, closer := range closers {
			closer()
		}
	}()
	return applicationset.Expand(ctx, p, func(entry model.SetRepository) (applicationset.Opened, error) {
		entry.Root = filepath.Clean(entry.Root)
		snapshot, err := w.open(entry.Snapshot)
		if err != nil {
			return applicationset.Opened{}, err
		}
		closers = append(closers, snapshot.close)
		opened := applicationset.Opened{Layer: files.NewLayer(snapshot.tree)}
		if repo, err := w.repo(entry.Root); err == nil && entry.Revision == "" {
			opened.Untracked = files.NewUntracked(repo.Exclude(), func() func(string) bool {
				return files.Tracked(gitrepo.TrackedNames(repo.Index()))
			})
		}
		return opened, nil
	})
}

// expandedTooLate stands for an expansion that crossed the time limit. What it read is not known:
// every path may have been an input.
func expandedTooLate(limit time.Duration, p model.ApplicationSetRequest) model.ApplicationSetResult {
	everything := true
	result := model.ApplicationSetResult{
		Applications: []model.GeneratedApplication{}, NeedsServer: []model.ServerNeed{}, Inputs: []model.SetInputs{},
		Problems: []model.Problem{{
			Severity: model.SeverityError, Code: "time-limit",
			Message: fmt.Sprintf("The ApplicationSet was not expanded within %s.", limit),
		}},
		Blocked: true,
	}
	for _, entry := range p.Repositories {
		result.Inputs = append(result.Inputs, model.SetInputs{
			Root: entry.Root, Revision: entry.Revision,
			Inputs: []model.Input{{Kind: "listing", Path: "", Recursive: &everything}},
		})
	}
	return result
}
