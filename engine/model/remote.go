package model

// GitReference is a commit of a repository that is not open: the URL as git takes it, and a branch, a
// tag, a full commit id, or "" for what the repository's HEAD is.
type GitReference struct {
	URL string `json:"url"`
	Ref string `json:"ref"`
	// Path is the folder in it that is asked for.
	Path string `json:"path,omitempty"`
	// Submodules says that its submodules come along, to any depth.
	Submodules bool `json:"submodules,omitempty"`
	// Abbreviated says that the first digits of a commit id name it, as for Argo CD.
	Abbreviated bool `json:"abbreviated,omitempty"`
	// RefKind is `branch` or `tag` where the ref is that and nothing else.
	RefKind string `json:"refKind,omitempty"`
}

// Whole is the ref as git is asked for it.
func (g GitReference) Whole() string {
	switch g.RefKind {
	case "branch":
		return "refs/heads/" + g.Ref
	case "tag":
		return "refs/tags/" + g.Ref
	}
	return g.Ref
}

// UsedSubmodule is a commit that stands at a folder of another one.
type UsedSubmodule struct {
	Path   string `json:"path"`
	URL    string `json:"url"`
	Commit string `json:"commit"`
}

// UsedRepository is a commit of another repository that a render read.
type UsedRepository struct {
	GitReference
	// Mount is the folder that stands for it in paths.
	Mount  string `json:"mount"`
	Commit string `json:"commit,omitempty"`
	// FetchedAt is when the ref meant this commit; Root is the open folder that answered, without a fetch.
	FetchedAt string `json:"fetchedAt,omitempty"`
	Root      string `json:"root,omitempty"`
	// Inputs are those in a working tree of Root, which edits change.
	Inputs []Input `json:"inputs,omitempty"`
	// Modules are its submodules, which came from the cache.
	Modules []UsedSubmodule `json:"modules,omitempty"`
	// Origin and Top are how Kustomize writes its address, and the path of its top folder, in origins.
	Origin string `json:"-"`
	Top    string `json:"-"`
}

// UsedFile is a file of an HTTP server that a render read.
type UsedFile struct {
	URL       string `json:"url"`
	Digest    string `json:"digest"`
	FetchedAt string `json:"fetchedAt,omitempty"`
}

// Mount lets other text stand at a folder below `.plumbline-git` in the paths of a request's source:
// a snapshot of an open folder, or a fetched repository.
type Mount struct {
	// Name is the last part of the folder.
	Name     string        `json:"name"`
	Snapshot *Snapshot     `json:"snapshot,omitempty"`
	Git      *GitReference `json:"git,omitempty"`
}

// Remotes is what a render may read besides its own snapshot.
type Remotes struct {
	Mounts []Mount `json:"mounts,omitempty"`
	// OpenRoots are the other open folders, whose clones answer for the URLs of their remotes.
	OpenRoots []string `json:"openRoots,omitempty"`
}
