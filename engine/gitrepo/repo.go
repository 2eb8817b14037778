package gitrepo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

const objectCacheBytes = 48 << 20

// Repo is one repository, kept open between requests. Its methods may be called concurrently.
type Repo struct {
	Layout
	mutex   sync.Mutex
	storage *filesystem.Storage
	packs   string
	trees   map[plumbing.Hash][]treeEntry
	gitDir  *rootFS
	common  *rootFS
}

// Open opens a repository for reading.
func Open(layout Layout) (*Repo, error) {
	gitDir, err := openRootFS(layout.GitDir)
	if err != nil {
		return nil, err
	}
	common := gitDir
	var whole billy.Filesystem = gitDir
	if layout.CommonDir != layout.GitDir {
		if common, err = openRootFS(layout.CommonDir); err != nil {
			return nil, errors.Join(err, gitDir.root.Close())
		}
		whole = dotgit.NewRepositoryFilesystem(gitDir, common)
	}
	storage := filesystem.NewStorageWithOptions(whole, cache.NewObjectLRU(objectCacheBytes),
		filesystem.Options{MaxOpenDescriptors: 8, LargeObjectThreshold: 32 << 20})
	return &Repo{
		Layout: layout, storage: storage, gitDir: gitDir, common: common,
		trees: map[plumbing.Hash][]treeEntry{},
	}, nil
}

// Close gives the descriptors back.
func (r *Repo) Close() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return errors.Join(r.storage.Close(), r.gitDir.root.Close(), r.common.root.Close())
}

func (r *Repo) settings() settings {
	text, err := readSmall(filepath.Join(r.CommonDir, "config"))
	if err != nil {
		return parseConfig("")
	}
	return parseConfig(text)
}

// refresh makes packs visible that were written since the last request.
func (r *Repo) refresh() {
	names := []string{}
	if entries, err := r.common.ReadDir("objects/pack"); err == nil {
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".idx") {
				names = append(names, entry.Name())
			}
		}
	}
	if packs := strings.Join(names, "\n"); packs != r.packs {
		r.packs = packs
		_ = r.storage.Close()
		r.storage.Reindex()
	}
}

// readable refuses what go-git cannot read, before it says "not found" about things that are there.
func (r *Repo) readable() error {
	config := r.settings()
	switch {
	case strings.EqualFold(config.last("extensions", "", "objectFormat"), "sha256"):
		return files.Unavailable("The repository stores SHA-256 objects, which cannot be read here.")
	case strings.EqualFold(config.last("extensions", "", "refStorage"), "reftable"):
		return files.Unavailable("The repository stores its refs as a reftable, which cannot be read here.")
	}
	return nil
}

// lack explains an object that is not there.
func (r *Repo) lack(hash plumbing.Hash, err error) error {
	if !errors.Is(err, plumbing.ErrObjectNotFound) {
		return files.Unavailable("Git object %s cannot be read.", short(hash))
	}
	switch {
	case r.settings().partial():
		return files.Unavailable("Git object %s was not downloaded: this is a partial clone.", short(hash))
	case r.isShallow():
		return files.Unavailable("Git object %s was not downloaded: this is a shallow clone.", short(hash))
	case exists(filepath.Join(r.CommonDir, "objects", "info", "alternates")):
		return files.Unavailable("Git object %s is in another repository that this clone shares.", short(hash))
	}
	return files.Unavailable("Git object %s is missing from the repository.", short(hash))
}

func (r *Repo) isShallow() bool {
	text, err := readSmall(filepath.Join(r.CommonDir, "shallow"))
	return err == nil && strings.TrimSpace(text) != ""
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func short(hash plumbing.Hash) string { return hash.String()[:10] }

// Resolve finds the commit of a full id, an abbreviated one, HEAD, a full ref name, or a branch, tag
// or remote-tracking ref by its short name, in the order of gitrevisions(7).
func (r *Repo) Resolve(revision string) (*object.Commit, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.readable(); err != nil {
		return nil, err
	}
	r.refresh()
	hash, err := r.hashOf(revision)
	if err != nil {
		return nil, err
	}
	return r.commitOf(hash)
}

func (r *Repo) hashOf(revision string) (plumbing.Hash, error) {
	if plumbing.IsHash(revision) {
		return plumbing.NewHash(revision), nil
	}
	for _, pattern := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		name := plumbing.ReferenceName(fmt.Sprintf(pattern, revision))
		if pattern == "%s" && revision != "HEAD" && !strings.HasPrefix(revision, "refs/") {
			continue
		}
		if hash, ok := r.follow(name); ok {
			return hash, nil
		}
	}
	if len(revision) >= 4 && len(revision) < 40 {
		if prefix, err := hex.DecodeString(revision[:len(revision)/2*2]); err == nil {
			return r.abbreviated(revision, prefix)
		}
	}
	return plumbing.ZeroHash, files.Unavailable("Revision %q is not in the local repository.", revision)
}

func (r *Repo) abbreviated(revision string, prefix []byte) (plumbing.Hash, error) {
	hashes, err := r.storage.HashesWithPrefix(prefix)
	if err != nil {
		return plumbing.ZeroHash, files.Unavailable("Revision %q cannot be looked up.", revision)
	}
	found := map[plumbing.Hash]bool{}
	for _, hash := range hashes {
		if !strings.HasPrefix(hash.String(), strings.ToLower(revision)) {
			continue
		}
		if commit, err := r.commitOf(hash); err == nil {
			found[commit.Hash] = true
		}
	}
	if len(found) == 1 {
		for hash := range found {
			return hash, nil
		}
	}
	if len(found) > 1 {
		return plumbing.ZeroHash, files.Unavailable("Revision %q is ambiguous.", revision)
	}
	return plumbing.ZeroHash, files.Unavailable("Revision %q is not in the local repository.", revision)
}

func (r *Repo) follow(name plumbing.ReferenceName) (plumbing.Hash, bool) {
	for range 10 {
		ref, err := r.storage.Reference(name)
		if err != nil {
			return plumbing.ZeroHash, false
		}
		if ref.Type() == plumbing.HashReference {
			return ref.Hash(), true
		}
		name = ref.Target()
	}
	return plumbing.ZeroHash, false
}

// commitOf peels annotated tags.
func (r *Repo) commitOf(hash plumbing.Hash) (*object.Commit, error) {
	for range 10 {
		encoded, err := r.storage.EncodedObject(plumbing.AnyObject, hash)
		if err != nil {
			return nil, r.lack(hash, err)
		}
		switch encoded.Type() {
		case plumbing.CommitObject:
			return object.DecodeCommit(r.storage, encoded)
		case plumbing.TagObject:
			tag, err := object.DecodeTag(r.storage, encoded)
			if err != nil {
				return nil, r.lack(hash, err)
			}
			hash = tag.Target
		default:
			return nil, files.Unavailable("Git object %s is not a commit.", short(hash))
		}
	}
	return nil, files.Unavailable("Git object %s is a chain of tags.", short(hash))
}

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
