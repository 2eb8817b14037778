package main

import (
	"errors"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

// repositoriesOf gives other repositories to a render: the open folder whose remote one is, as its
// clone knows the ref, else what was fetched.
func (w *workspace) repositoriesOf(root string, p model.Remotes) func(wanted model.GitReference) *render.RemoteText {
	roots := append([]string{root}, p.OpenRoots...)
	return func(wanted model.GitReference) *render.RemoteText {
		for _, root := range roots {
			repo, err := w.repo(root)
			if err != nil {
				continue
			}
			if commit := repo.RemoteCommit(wanted.URL, wanted.Whole()); commit != nil {
				text := &render.RemoteText{Tree: repo.Tree(commit), Commit: commit.Hash.String(), Root: root}
				if wanted.Submodules {
					text.Tree = w.withModules(repo, commit, wanted.URL)
				}
				return text
			}
		}
		return w.fetched(wanted)
	}
}

// fetched gives a commit of the cache, nil where a submodule that is wanted is not there.
func (w *workspace) fetched(wanted model.GitReference) *render.RemoteText {
	cache := w.cache()
	if cache == nil {
		return nil
	}
	entry, err := cache.Lookup(chartcache.GitReference(wanted.URL, wanted.Whole()))
	if err != nil {
		return nil
	}
	cached := cachedCommit{workspace: w, cache: cache}
	tree, ok := cached.textOf(wanted.URL, entry.Commit, wanted.Submodules, "", 0)
	if !ok {
		return nil
	}
	return &render.RemoteText{Tree: tree, Commit: entry.Commit, FetchedAt: entry.FetchedAt, Modules: cached.modules}
}

// bare opens a repository of the cache.
func (w *workspace) bare(folder string) (*gitrepo.Repo, error) {
	layout := gitrepo.Layout{TopLevel: folder, GitDir: folder, CommonDir: folder}
	return w.kept(layout)
}

// mountsOf opens what a request lets stand below its root, and gives what closes it.
func (w *workspace) mountsOf(p model.Remotes) ([]render.MountedText, func(), error) {
	mounts := make([]render.MountedText, 0, len(p.Mounts))
	closers := []func(){}
	closeAll := func() {
		for _, each := range closers {
			each()
		}
	}
	for _, wanted := range p.Mounts {
		mounted := render.MountedText{Name: wanted.Name}
		if wanted.Git != nil {
			mounted.Git = *wanted.Git
		}
		switch {
		case wanted.Snapshot != nil:
			snapshot, err := w.open(*wanted.Snapshot)
			if err != nil {
				closeAll()
				return nil, nil, err
			}
			closers = append(closers, snapshot.close)
			mounted.Tree, mounted.Commit, mounted.Root = snapshot.tree, snapshot.commit, wanted.Snapshot.Root
			mounted.Edited = wanted.Snapshot.Revision == ""
		case wanted.Git != nil:
			if text := w.fetched(*wanted.Git); text != nil {
				mounted.RemoteText = *text
			}
		}
		mounts = append(mounts, mounted)
	}
	return mounts, closeAll, nil
}

// openFetched is the text of a fetched repository.
func (w *workspace) openFetched(wanted model.GitReference) (opened, error) {
	text := w.fetched(wanted)
	if text == nil {
		return opened{}, files.Unavailable("The repository %s has not been fetched.", wanted.URL)
	}
	return opened{tree: text.Tree, commit: text.Commit, close: func() {}}, nil
}

// unavailableOf is the reason of text that cannot be had.
func unavailableOf(err error) model.Outcome {
	var lacking *files.UnavailableError
	if errors.As(err, &lacking) {
		return model.Unavailable(lacking.Reason)
	}
	return model.Unavailable("The repository cannot be read.")
}
