package gitrepo

import (
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// Describe reads everything about the repository that needs no object but tags.
func (r *Repo) Describe() (model.Repository, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	config := r.settings()
	described := model.Repository{
		TopLevel: r.TopLevel, GitDir: r.GitDir, CommonDir: r.CommonDir,
		Remotes: config.remotes(), Refs: []model.GitRef{},
		Shallow: r.isShallow(), Partial: config.partial(), Sparse: r.isSparse(config),
	}
	if info, err := os.Stat(filepath.Join(r.GitDir, "FETCH_HEAD")); err == nil {
		described.FetchedAtSeconds = info.ModTime().Unix()
	}
	if err := r.readable(); err != nil {
		return described, err
	}
	r.refresh()
	if head, err := r.storage.Reference(plumbing.HEAD); err == nil && head.Type() == plumbing.SymbolicReference {
		described.HeadRef = head.Target().String()
	}
	if hash, ok := r.follow(plumbing.HEAD); ok {
		described.HeadCommit = hash.String()
	}
	described.Upstream = config.upstream(described.HeadRef)
	refs, err := r.refs()
	described.Refs = refs
	return described, err
}

func (r *Repo) isSparse(config settings) bool {
	if config.isTrue("core", "sparseCheckout") {
		return true
	}
	text, err := readSmall(filepath.Join(r.GitDir, "config.worktree"))
	return err == nil && parseConfig(text).isTrue("core", "sparseCheckout")
}

func (r *Repo) refs() ([]model.GitRef, error) {
	iter, err := r.storage.IterReferences()
	if err != nil {
		return []model.GitRef{}, files.Unavailable("The refs of the repository cannot be read.")
	}
	peeled := r.peeledRefs()
	refs := []model.GitRef{}
	err = iter.ForEach(func(ref *plumbing.Reference) error {
		if ref.Name() == plumbing.HEAD {
			return nil
		}
		described := model.GitRef{Name: ref.Name().String()}
		hash := ref.Hash()
		if ref.Type() == plumbing.SymbolicReference {
			described.Target = ref.Target().String()
			var ok bool
			if hash, ok = r.follow(ref.Name()); !ok {
				return nil
			}
		}
		described.Commit = hash.String()
		if ref.Name().IsTag() {
			described.Commit = r.peel(hash, peeled[described.Name])
		}
		refs = append(refs, described)
		return nil
	})
	sort.Slice(refs, func(i, j int) bool { return refs[i].Name < refs[j].Name })
	return refs, err
}

func (r *Repo) peel(hash plumbing.Hash, known string) string {
	if known != "" {
		return known
	}
	if commit, err := r.commitOf(hash); err == nil {
		return commit.Hash.String()
	}
	return hash.String()
}

// peeledRefs reads the targets of annotated tags that packed-refs lists below them as "^<id>".
func (r *Repo) peeledRefs() map[string]string {
	peeled := map[string]string{}
	data, err := r.common.root.ReadFile("packed-refs")
	if err != nil {
		return peeled
	}
	name := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if target, ok := strings.CutPrefix(line, "^"); ok {
			if _, err := os.Lstat(filepath.Join(r.CommonDir, filepath.FromSlash(name))); err != nil {
				peeled[name] = target
			}
			continue
		}
		if _, ref, ok := strings.Cut(line, " "); ok {
			name = ref
		}
	}
	return peeled
}
