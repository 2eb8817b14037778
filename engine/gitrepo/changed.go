package gitrepo

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/plumbline/plumbline/engine/files"
)

// Exclude is the text of info/exclude, a .gitignore of this clone.
func (r *Repo) Exclude() string {
	text, err := readSmall(filepath.Join(r.CommonDir, "info", "exclude"))
	if err != nil {
		return ""
	}
	return text
}

// Index reads what is tracked; an index of a form that is not known gives nil.
func (r *Repo) Index() *index.Index {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	file, err := r.gitDir.Open("index")
	if err != nil {
		return nil
	}
	defer file.Close()
	read := &index.Index{}
	if err := index.NewDecoder(file).Decode(read); err != nil {
		return nil
	}
	return read
}

// TrackedNames lists the tracked files.
func TrackedNames(read *index.Index) []string {
	if read == nil {
		return nil
	}
	names := make([]string, 0, len(read.Entries))
	for _, entry := range read.Entries {
		names = append(names, entry.Name)
	}
	return names
}

// Changed says which paths differ between a commit and a tree over the working copy: changed, new or
// gone. Where wanted is nil, every path counts.
func (r *Repo) Changed(commit *object.Commit, worktree files.Tree, present []string, wanted []string) ([]string, error) {
	r.mutex.Lock()
	blobs, err := r.blobs(commit.TreeHash)
	r.mutex.Unlock()
	if err != nil {
		return nil, err
	}
	if wanted == nil {
		wanted = union(blobs, present)
	}
	absent := r.leftOut()
	c := comparison{repo: r, worktree: worktree, known: r.unchangedInIndex(), convert: r.converts()}
	changed := []string{}
	for _, name := range wanted {
		cleaned, err := files.Clean(name)
		if err != nil {
			continue
		}
		hash, committed := blobs[cleaned]
		differs, err := c.differs(cleaned, hash, committed)
		if err != nil {
			return nil, err
		}
		if differs && !(committed && absent(cleaned) && isAbsent(worktree, cleaned)) {
			changed = append(changed, name)
		}
	}
	sort.Strings(changed)
	return changed, nil
}

func union(blobs map[string]plumbing.Hash, present []string) []string {
	all := make([]string, 0, len(present))
	seen := map[string]bool{}
	for _, name := range present {
		seen[name] = true
		all = append(all, name)
	}
	for name := range blobs {
		if !seen[name] {
			all = append(all, name)
		}
	}
	return all
}

func isAbsent(tree files.Tree, name string) bool {
	_, err := tree.Lstat(name)
	return err != nil
}

// leftOut knows the files that a sparse checkout does not write: their absence is no deletion.
func (r *Repo) leftOut() func(string) bool {
	if !r.isSparse(r.settings()) {
		return func(string) bool { return false }
	}
	read := r.Index()
	if read == nil {
		return func(string) bool { return true }
	}
	skipped := map[string]bool{}
	for _, entry := range read.Entries {
		if entry.SkipWorktree {
			skipped[entry.Name] = true
		}
	}
	return func(name string) bool { return skipped[name] }
}

// merged is the stage of an entry without a conflict; go-git's constant of that name is the stage of a
// common ancestor.
const merged = index.Stage(0)

// unchangedInIndex gives the ids of files whose size and time are still those of the index, as git
// status trusts them: only where the file is older than the index itself.
func (r *Repo) unchangedInIndex() map[string]*index.Entry {
	read := r.Index()
	if read == nil {
		return nil
	}
	info, err := r.gitDir.Stat("index")
	if err != nil {
		return nil
	}
	known := make(map[string]*index.Entry, len(read.Entries))
	for _, entry := range read.Entries {
		if entry.Stage == merged && entry.ModifiedAt.Before(info.ModTime()) {
			known[entry.Name] = entry
		}
	}
	return known
}

// converts says whether line ends of the working copy are converted on the way into the repository.
func (r *Repo) converts() bool {
	switch strings.ToLower(r.settings().last("core", "", "autocrlf")) {
	case "true", "input":
		return true
	}
	return exists(filepath.Join(r.TopLevel, ".gitattributes"))
}

type comparison struct {
	repo     *Repo
	worktree files.Tree
	known    map[string]*index.Entry
	convert  bool
}

func (c comparison) differs(name string, hash plumbing.Hash, committed bool) (bool, error) {
	info, err := c.worktree.Lstat(name)
	if err != nil {
		var unavailable *files.UnavailableError
		if errors.As(err, &unavailable) {
			return false, err
		}
		return committed, nil
	}
	if !committed {
		return info.Kind == files.File || info.Kind == files.Link, nil
	}
	if entry := c.known[name]; entry != nil && info.Kind == files.File &&
		info.ModTime.Equal(entry.ModifiedAt) && info.Size == int64(entry.Size) {
		return entry.Hash != hash, nil
	}
	return c.textDiffers(name, info, hash)
}

func (c comparison) textDiffers(name string, info files.Info, hash plumbing.Hash) (bool, error) {
	if info.Kind == files.Link {
		target, err := c.worktree.Readlink(name)
		return err != nil || blobHash([]byte(target)) != hash, nil
	}
	if info.Kind != files.File {
		return true, nil
	}
	data, err := c.worktree.Read(name)
	if err != nil {
		return true, nil
	}
	if blobHash(data) == hash {
		return false, nil
	}
	if c.convert && bytes.Contains(data, []byte("\r\n")) && blobHash(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))) == hash {
		return false, nil
	}
	return !c.isPointerTo(hash, data), nil
}

// isPointerTo says whether a blob is the Git LFS pointer of what the working copy holds.
func (c comparison) isPointerTo(hash plumbing.Hash, data []byte) bool {
	c.repo.mutex.Lock()
	defer c.repo.mutex.Unlock()
	size, err := c.repo.storage.EncodedObjectSize(hash)
	if err != nil || size > 1024 {
		return false
	}
	blob, err := c.repo.blob(hash)
	if err != nil || !bytes.HasPrefix(blob, []byte("version https://git-lfs.github.com/spec/")) {
		return false
	}
	sum := sha256.Sum256(data)
	return bytes.Contains(blob, []byte("oid sha256:"+hex.EncodeToString(sum[:])))
}

func blobHash(data []byte) plumbing.Hash {
	hash := sha1.New()
	fmt.Fprintf(hash, "blob %d\x00", len(data))
	hash.Write(data)
	return plumbing.Hash(hash.Sum(nil))
}
