package chartcache

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// abandonedAfter is the age at which something pending belongs to no process any more.
const abandonedAfter = time.Hour

// Trimmed is what a trim left and took away.
type Trimmed struct {
	Bytes   int64 `json:"bytes"`
	Removed int   `json:"removed"`
}

// kept is an archive, or with repository a Git repository.
type kept struct {
	name       string
	bytes      int64
	used       time.Time
	repository bool
}

// Trim removes the archives and repositories used least recently, with their unpacked folders and the
// entries that lead to them, until the rest is within maxBytes. Those to keep (digests of archives,
// names of repositories) stay in any case.
func (c *Cache) Trim(maxBytes int64, keep []string) (Trimmed, error) {
	c.trimPending()
	all, err := c.kept()
	if err != nil {
		return Trimmed{}, err
	}
	protected := map[string]bool{}
	for _, digest := range keep {
		protected[strings.TrimPrefix(digest, "sha256:")] = true
	}
	sort.Slice(all, func(i, j int) bool { return all[i].used.Before(all[j].used) })
	result := Trimmed{}
	for _, archive := range all {
		result.Bytes += archive.bytes
	}
	for _, archive := range all {
		if result.Bytes <= maxBytes {
			break
		}
		if protected[archive.name] {
			continue
		}
		c.remove(archive)
		result.Bytes -= archive.bytes
		result.Removed++
	}
	c.trimFolders()
	return result, c.trimEntries()
}

func (c *Cache) remove(one kept) {
	if one.repository {
		c.discardRenamed(filepath.FromSlash(one.name))
		return
	}
	_ = c.root.Remove(filepath.Join(archives, one.name))
	c.discardRenamed(filepath.Join(charts, one.name))
}

func (c *Cache) kept() ([]kept, error) {
	names, err := c.names(archives)
	if err != nil {
		return nil, err
	}
	all := c.keptRepositories()
	for _, name := range names {
		info, err := c.root.Lstat(filepath.Join(archives, name))
		if err != nil {
			continue
		}
		bytes := info.Size() + c.sizeOf(filepath.Join(charts, name))
		all = append(all, kept{name: name, bytes: bytes, used: info.ModTime()})
	}
	return all, nil
}

func (c *Cache) keptRepositories() []kept {
	names, err := c.names(repositories)
	if err != nil {
		return nil
	}
	all := make([]kept, 0, len(names))
	for _, name := range names {
		folder := filepath.Join(repositories, name)
		if info, err := c.root.Lstat(folder); err == nil {
			all = append(all, kept{
				name: filepath.ToSlash(folder), bytes: c.sizeOf(folder), used: info.ModTime(), repository: true,
			})
		}
	}
	return all
}

func (c *Cache) names(folder string) ([]string, error) {
	opened, err := c.root.Open(folder)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return opened.Readdirnames(-1)
}

// trimFolders removes unpacked folders whose archive is gone.
func (c *Cache) trimFolders() {
	names, err := c.names(charts)
	if err != nil {
		return
	}
	for _, name := range names {
		if _, err := c.root.Lstat(filepath.Join(archives, name)); os.IsNotExist(err) {
			c.discardRenamed(filepath.Join(charts, name))
		}
	}
}

func (c *Cache) trimEntries() error {
	names, err := c.names(entries)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !c.leads(name) {
			_ = c.root.Remove(filepath.Join(entries, name))
		}
	}
	return nil
}

// leads says whether everything that an entry names is there.
func (c *Cache) leads(name string) bool {
	text, err := c.read(path.Join(entries, name), maxEntryBytes)
	if err != nil {
		return false
	}
	var entry Entry
	if json.Unmarshal(text, &entry) != nil {
		return false
	}
	if entry.Kind == KindGit {
		_, err := c.Repository(entry.Repository, entry.Commit)
		return err == nil
	}
	digests := []string{}
	if entry.Kind == KindChart || entry.Kind == KindFile {
		digests = append(digests, entry.Digest)
	}
	for _, dependency := range entry.Charts {
		digests = append(digests, dependency.Digest)
	}
	for _, digest := range digests {
		archive, err := nameOf(digest)
		if err != nil {
			return false
		}
		if _, err := c.root.Lstat(filepath.Join(archives, archive)); err != nil {
			return false
		}
	}
	return true
}

func (c *Cache) trimPending() {
	names, err := c.names(pending)
	if err != nil {
		return
	}
	for _, name := range names {
		info, err := c.root.Lstat(filepath.Join(pending, name))
		if err == nil && time.Since(info.ModTime()) > abandonedAfter {
			c.discard(filepath.Join(pending, name))
		}
	}
}
