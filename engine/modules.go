package main

import (
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
)

// maxModuleDepth bounds submodules of submodules, maxModules those of one commit to any depth.
const (
	maxModuleDepth = 8
	maxModules     = 400
)

// cachedCommit is the text of a commit of the cache: whole, or not at all.
type cachedCommit struct {
	workspace *workspace
	cache     *chartcache.Cache
	modules   []model.UsedSubmodule
}

// textOf gives a commit with its submodules where they are wanted, and false where one is lacking.
func (c *cachedCommit) textOf(url, id string, submodules bool, at string, depth int) (files.Tree, bool) {
	folder, err := c.cache.Repository(url, id)
	if err != nil {
		return nil, false
	}
	repo, err := c.workspace.bare(folder)
	if err != nil {
		return nil, false
	}
	commit, err := repo.Resolve(id)
	if err != nil {
		return nil, false
	}
	tree := repo.Tree(commit)
	if !submodules {
		return tree, true
	}
	modules, err := repo.Submodules(commit, url)
	if err != nil || depth > maxModuleDepth || len(c.modules)+len(modules) > maxModules {
		return nil, false
	}
	inside := map[string]files.Tree{}
	for _, module := range modules {
		path := files.Join(at, module.Path)
		c.modules = append(c.modules, model.UsedSubmodule{Path: path, URL: module.URL, Commit: module.Commit})
		text, ok := c.textOf(module.URL, module.Commit, true, path, depth+1)
		if !ok {
			return nil, false
		}
		inside[module.Path] = text
	}
	return gitrepo.AsOneTree(tree, inside), true
}

// withModules is the text of a commit of an open clone with the submodules that the clone or the cache
// has. What neither has says so once it is read.
func (w *workspace) withModules(repo *gitrepo.Repo, commit *object.Commit, url string) files.Tree {
	return w.moduleTree(repo, commit, url, 0)
}

func (w *workspace) moduleTree(repo *gitrepo.Repo, commit *object.Commit, url string, depth int) files.Tree {
	tree := repo.Tree(commit)
	modules, err := repo.Submodules(commit, url)
	if err != nil || depth > maxModuleDepth {
		return tree
	}
	inside := map[string]files.Tree{}
	for _, module := range modules {
		if text := w.moduleText(repo, module, depth); text != nil {
			inside[module.Path] = text
		}
	}
	return gitrepo.WithTrees(tree, inside)
}

// moduleText reads a submodule from the repository that `git submodule` made beside the clone's own,
// else from the cache.
func (w *workspace) moduleText(repo *gitrepo.Repo, module gitrepo.Submodule, depth int) files.Tree {
	if folder := repo.ModuleFolder(module.Name); folder != "" {
		if own, err := w.bare(folder); err == nil {
			if commit, err := own.Resolve(module.Commit); err == nil {
				return w.moduleTree(own, commit, module.URL, depth+1)
			}
		}
	}
	cache := w.cache()
	if cache == nil {
		return nil
	}
	cached := cachedCommit{workspace: w, cache: cache}
	if text, ok := cached.textOf(module.URL, module.Commit, true, "", depth+1); ok {
		return text
	}
	return nil
}
