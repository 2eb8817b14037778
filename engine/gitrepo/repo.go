package gitrepo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/plumbline/plumbline/engine/files"
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
// or remote-tracking ref by its short name, in the order of gitrevisions(7), and of their ancestors
// (HEAD~2, main^2).
func (r *Repo) Resolve(revision string) (*object.Commit, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.readable(); err != nil {
		return nil, err
	}
	r.refresh()
	base, steps := splitAncestry(revision)
	hash, err := r.hashOf(base)
	if err != nil {
		return nil, err
	}
	commit, err := r.commitOf(hash)
	if err != nil {
		return nil, err
	}
	return r.ancestor(commit, steps)
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
