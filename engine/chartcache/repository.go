package chartcache

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	// repositories holds bare Git repositories, each with one commit, by the digest of URL and commit.
	repositories = "git"

	// KindFile is a file of an HTTP server, KindGit the commit of a ref of a Git repository.
	KindFile = "file"
	KindGit  = "git"
)

// FileReference names a file by its address.
func FileReference(address string) Reference { return Reference{Kind: KindFile, Repository: address} }

// GitReference names a ref of a repository, both as they were written.
func GitReference(url, ref string) Reference {
	return Reference{Kind: KindGit, Repository: url, Version: ref}
}

func repositoryName(url, commit string) string { return digestOf("git", url, commit) }

// Repository is the absolute folder of the bare repository that has a commit.
func (c *Cache) Repository(url, commit string) (string, error) {
	name := filepath.Join(repositories, repositoryName(url, commit))
	info, err := c.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return "", ErrAbsent
	}
	return filepath.Join(c.folder, name), nil
}

// RepositoryName is the name by which a commit of a repository is kept from a trim.
func RepositoryName(url, commit string) string {
	return repositories + "/" + repositoryName(url, commit)
}

// Pending is the absolute path of something that another program put among what is pending.
func (c *Cache) Pending(name string) (string, error) {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return "", errName
	}
	info, err := c.root.Lstat(filepath.Join(pending, name))
	if err != nil || !info.IsDir() {
		return "", ErrAbsent
	}
	return filepath.Join(c.folder, pending, name), nil
}

// PendingBytes is the size of something pending.
func (c *Cache) PendingBytes(name string) int64 { return c.sizeOf(filepath.Join(pending, name)) }

// Adopt moves a pending bare repository to the place of its commit. What another process put there
// meanwhile is as good.
func (c *Cache) Adopt(name, url, commit string) error {
	if _, err := c.Pending(name); err != nil {
		return err
	}
	source, target := filepath.Join(pending, name), filepath.Join(repositories, repositoryName(url, commit))
	if err := c.root.Rename(source, target); err != nil {
		if _, present := c.Repository(url, commit); present != nil {
			return err
		}
		c.discard(source)
	}
	c.TouchRepository(url, commit)
	return nil
}

// Discard takes something pending away.
func (c *Cache) Discard(name string) {
	if _, err := c.Pending(name); err == nil {
		c.discard(filepath.Join(pending, name))
	}
}

// TouchRepository says that a repository was used, which keeps it longer.
func (c *Cache) TouchRepository(url, commit string) {
	now := time.Now()
	_ = c.root.Chtimes(filepath.Join(repositories, repositoryName(url, commit)), now, now)
}

// sizeOf is the sum of the files of a folder.
func (c *Cache) sizeOf(folder string) int64 {
	total := int64(0)
	_ = c.walk(folder, func(_ string, info os.FileInfo) error {
		if info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	return total
}

var unusual = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// PlainName leaves letters, digits and dots of a name, for use in paths.
func PlainName(name string) string { return strings.Trim(unusual.ReplaceAllString(name, "-"), ".-") }

// FileName is the last part of an address as the name of a file.
func FileName(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "file.yaml"
	}
	if name := PlainName(path.Base(parsed.Path)); name != "" {
		return name
	}
	return "file.yaml"
}
