package model

import "encoding/json"

// ApplicationSetRequest asks for the Applications of a set. Its JSON mirrors
// src/model/applicationSet.ts.
type ApplicationSetRequest struct {
	ApplicationSet json.RawMessage `json:"applicationSet"`
	Repositories   []SetRepository `json:"repositories"`
	Clusters       *[]SetCluster   `json:"clusters,omitempty"`
	// NewFileGlobbing is the controller's option of that name: doublestar globs in place of Git's.
	NewFileGlobbing bool `json:"newFileGlobbing,omitempty"`
}

// SetRepository says which text stands for a repository at a revision, both as a git generator
// writes them. Without GeneratorRevision it stands for every revision that has no entry of its own.
type SetRepository struct {
	Snapshot
	RepoURL           string  `json:"repoURL"`
	GeneratorRevision *string `json:"generatorRevision,omitempty"`
}

// SetCluster is what a cluster secret of Argo CD says about a cluster.
type SetCluster struct {
	Name        string            `json:"name"`
	Server      string            `json:"server"`
	Project     string            `json:"project,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// GeneratedApplication is an Application with the parameters that made it.
type GeneratedApplication struct {
	Object json.RawMessage `json:"object"`
	Params map[string]any  `json:"params"`
	// Pointer leads to the generator in the set.
	Pointer string `json:"pointer"`
}

// ServerNeed is a generator that cannot be answered here. RepoURL and Revision are set where another
// entry of Repositories would answer it.
type ServerNeed struct {
	Generator string `json:"generator"`
	Reason    string `json:"reason"`
	Pointer   string `json:"pointer"`
	RepoURL   string `json:"repoURL,omitempty"`
	Revision  string `json:"revision,omitempty"`
}

// SetInputs are the paths that were asked for in one of the repositories.
type SetInputs struct {
	Root     string  `json:"root"`
	Revision string  `json:"revision,omitempty"`
	Inputs   []Input `json:"inputs"`
}

type ApplicationSetResult struct {
	Applications []GeneratedApplication `json:"applications"`
	NeedsServer  []ServerNeed           `json:"needsServer"`
	Problems     []Problem              `json:"problems"`
	Inputs       []SetInputs            `json:"inputs"`
	// Blocked is true when Argo CD would leave all Applications of the set as they are.
	Blocked bool `json:"blocked"`
	// Random is true when a template calls a function that gives another value at each call.
	Random bool `json:"random,omitempty"`
}
