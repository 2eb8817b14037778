package gitrepo

import (
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// OpenBare opens the bare repository at a folder for reading.
func OpenBare(folder string) (*Repo, error) {
	return Open(Layout{TopLevel: folder, GitDir: folder, CommonDir: folder})
}

// RemoteCommit gives the commit that a ref of a remote has as far as this clone knows: nil where no
// remote is that repository, or the clone lacks the ref. A tag goes before a branch, as in git-fetch(1);
// no ref is the remote's HEAD.
func (r *Repo) RemoteCommit(url, ref string) *object.Commit {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	wanted := NormaliseURL(url)
	for _, remote := range r.settings().remotes() {
		for _, known := range remote.URLs {
			if NormaliseURL(known) == wanted {
				return r.remoteCommit(remote.Name, ref)
			}
		}
	}
	return nil
}

func (r *Repo) remoteCommit(remote, ref string) *object.Commit {
	if r.readable() != nil {
		return nil
	}
	r.refresh()
	if plumbing.IsHash(ref) {
		return r.treeAt(plumbing.NewHash(ref))
	}
	for _, name := range trackingNames(remote, ref) {
		if hash, ok := r.follow(plumbing.ReferenceName(name)); ok {
			return r.treeAt(hash)
		}
	}
	return nil
}

func trackingNames(remote, ref string) []string {
	branches := "refs/remotes/" + remote + "/"
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return []string{branches + branch}
	}
	switch {
	case ref == "" || ref == "HEAD":
		return []string{branches + "HEAD"}
	case strings.HasPrefix(ref, "refs/"):
		return []string{ref}
	}
	return []string{"refs/tags/" + ref, branches + ref}
}

// treeAt gives a commit whose top folder can be read.
func (r *Repo) treeAt(hash plumbing.Hash) *object.Commit {
	commit, err := r.commitOf(hash)
	if err != nil {
		return nil
	}
	if _, err := r.entries(commit.TreeHash); err != nil {
		return nil
	}
	return commit
}

var (
	fullURL  = regexp.MustCompile(`(?i)^([a-z][a-z0-9+.-]*)://(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)(?::(\d*))?/*(.*)$`)
	shortURL = regexp.MustCompile(`^(?:[^/@:]+@)?([^/@:]{2,}|\[[^\]]*\]):(.*)$`)
	slashes  = regexp.MustCompile(`/{2,}`)
	legacy   = regexp.MustCompile(`^([^.]+)\.visualstudio\.com$`)
)

var defaultPorts = map[string]string{"https": "443", "http": "80", "git": "9418"}

// hostAliases serve the same repositories as another host, for networks that block port 22.
var hostAliases = map[string]string{
	"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com", "altssh.bitbucket.org": "bitbucket.org",
	"ssh.dev.azure.com": "dev.azure.com", "vs-ssh.visualstudio.com": "dev.azure.com",
}

// NormaliseURL gives a form in which all URLs of one repository are equal. It is normaliseGitUrl of
// src/repo/gitUrl.ts, and a test holds both against one table.
func NormaliseURL(url string) string {
	url = strings.TrimSpace(url)
	scheme, host, port, rest := "ssh", "", "", ""
	if full := fullURL.FindStringSubmatch(url); full != nil {
		scheme, host, port, rest = strings.ToLower(full[1]), strings.ToLower(full[2]), full[3], full[4]
	} else if short := shortURL.FindStringSubmatch(url); short != nil && !strings.HasPrefix(short[2], "//") {
		host, rest = strings.ToLower(short[1]), short[2]
	} else {
		return "file:" + trimmedPath(strings.ReplaceAll(url, `\`, "/"))
	}
	if scheme == "file" {
		return "file:" + trimmedPath("/"+rest)
	}
	if alias, ok := hostAliases[host]; ok {
		host = alias
	}
	place, rest := hostSpecific(host, strings.ToLower(strings.TrimLeft(trimmedPath(rest), "/")))
	if port == "" || port == defaultPorts[scheme] || strings.Contains(scheme, "ssh") {
		return place + "/" + rest
	}
	return place + ":" + port + "/" + rest
}

func trimmedPath(path string) string {
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	path = strings.TrimRight(slashes.ReplaceAllString(path, "/"), "/")
	if strings.HasSuffix(strings.ToLower(path), ".git") {
		path = path[:len(path)-len(".git")]
	}
	return strings.TrimRight(path, "/")
}

// hostSpecific knows the forges whose SSH and web paths differ: Azure DevOps and Bitbucket Server.
func hostSpecific(host, path string) (string, string) {
	if match := legacy.FindStringSubmatch(host); match != nil {
		return "dev.azure.com", azurePath(match[1] + "/" + path)
	}
	if host == "dev.azure.com" {
		return host, azurePath(path)
	}
	return host, strings.TrimPrefix(path, "scm/")
}

func azurePath(path string) string {
	parts := []string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "v3/"), "/") {
		if part != "_git" && part != "defaultcollection" {
			parts = append(parts, part)
		}
	}
	// A project's first repository may be addressed without repeating its name.
	if len(parts) == 2 {
		parts = append(parts, parts[1])
	}
	return strings.Join(parts, "/")
}
