// Package model holds the data that crosses to the editor. Its JSON mirrors src/model/render.ts,
// problem.ts and resource.ts field for field.
package model

import "encoding/json"

// Location is a place in a source file; lines are 1-based, paths slash-separated below the root.
type Location struct {
	Path      string `json:"path"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

const (
	SeverityError   = "error"
	SeverityWarning = "warning"
	SeverityInfo    = "info"
)

// Problem is one sentence about a source; it never holds an absolute path or a file's content.
type Problem struct {
	Severity string    `json:"severity"`
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Location *Location `json:"location,omitempty"`
	Pointer  string    `json:"pointer,omitempty"`
}

// Snapshot names the text of the files. An overlay value of nil stands for a deleted file.
type Snapshot struct {
	Root     string             `json:"root"`
	Revision string             `json:"revision,omitempty"`
	Overlay  map[string]*string `json:"overlay,omitempty"`
	// Fetched is a repository of the cache in place of a folder.
	Fetched *GitReference `json:"fetched,omitempty"`
}

// Capabilities is what the destination cluster can do.
type Capabilities struct {
	KubeVersion string   `json:"kubeVersion"`
	APIVersions []string `json:"apiVersions"`
	// AddToBuiltIn adds APIVersions to the built-in list, as `helm template --api-versions` does.
	AddToBuiltIn bool `json:"addToBuiltIn,omitempty"`
}

type RenderRequest struct {
	Snapshot
	Remotes
	Source       Source        `json:"source"`
	Capabilities *Capabilities `json:"capabilities,omitempty"`
	Cluster      *ClusterFacts `json:"cluster,omitempty"`
	// Edits are what a pipeline has done to files before.
	Edits []FileEdit `json:"edits,omitempty"`
}

// Source is the union of DirectorySource, KustomizeSource, HelmSource, FluxSource and SeveralSources,
// told apart by Kind.
type Source struct {
	Kind string `json:"kind"`
	Path string `json:"path"`

	Recurse bool   `json:"recurse,omitempty"`
	Include string `json:"include,omitempty"`
	Exclude string `json:"exclude,omitempty"`

	Overrides *KustomizeOverrides `json:"overrides,omitempty"`

	ReleaseName             string          `json:"releaseName,omitempty"`
	Namespace               string          `json:"namespace,omitempty"`
	ValueFiles              []string        `json:"valueFiles,omitempty"`
	IgnoreMissingValueFiles bool            `json:"ignoreMissingValueFiles,omitempty"`
	ValuesText              string          `json:"valuesText,omitempty"`
	Values                  map[string]any  `json:"values,omitempty"`
	Parameters              []HelmParameter `json:"parameters,omitempty"`
	ChartValueFiles         []string        `json:"chartValueFiles,omitempty"`
	IncludeCRDs             bool            `json:"includeCrds,omitempty"`
	SkipTests               bool            `json:"skipTests,omitempty"`
	IsUpgrade               bool            `json:"isUpgrade,omitempty"`
	// ValuesFrom, PostRenderers and PostRenderStrategy are those of a HelmRelease.
	ValuesFrom         []ValuesReference `json:"valuesFrom,omitempty"`
	PostRenderers      []PostRenderer    `json:"postRenderers,omitempty"`
	PostRenderStrategy string            `json:"postRenderStrategy,omitempty"`
	// Chart is one in the cache, in place of the folder at Path.
	Chart *ChartReference `json:"chart,omitempty"`

	ArgoSource
	PushSource

	Kustomization map[string]any    `json:"kustomization,omitempty"`
	Variables     map[string]string `json:"variables,omitempty"`
	// LaxSubstitution turns off kustomize-controller's StrictPostBuildSubstitutions, which is on by
	// default since its version 1.9.
	LaxSubstitution bool `json:"laxSubstitution,omitempty"`
	// Ignore is spec.ignore of a Flux source: patterns of files that are not in its artifact.
	Ignore string `json:"ignore,omitempty"`
}

type KustomizeOverrides struct {
	NamePrefix        string            `json:"namePrefix,omitempty"`
	NameSuffix        string            `json:"nameSuffix,omitempty"`
	Namespace         string            `json:"namespace,omitempty"`
	Images            []string          `json:"images,omitempty"`
	Replicas          []Replica         `json:"replicas,omitempty"`
	CommonLabels      map[string]string `json:"commonLabels,omitempty"`
	CommonAnnotations map[string]string `json:"commonAnnotations,omitempty"`
	Patches           []map[string]any  `json:"patches,omitempty"`
	Components        []string          `json:"components,omitempty"`
	ArgoKustomize
}

type Replica struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

type HelmParameter struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	ForceString bool   `json:"forceString,omitempty"`
}

// ValuesReference is an entry of spec.valuesFrom with what its key holds: Text, or the content of
// File where a generator of Kustomize takes it from there.
type ValuesReference struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	ValuesKey  string `json:"valuesKey,omitempty"`
	TargetPath string `json:"targetPath,omitempty"`
	Optional   bool   `json:"optional,omitempty"`
	Literal    bool   `json:"literal,omitempty"`
	Text       string `json:"text,omitempty"`
	File       string `json:"file,omitempty"`
	// Unresolved is set where nothing is known of what the key holds.
	Unresolved *struct{} `json:"unresolved,omitempty"`
}

// PostRenderer is an entry of spec.postRenderers, as the custom resource has it.
type PostRenderer struct {
	Kustomize json.RawMessage `json:"kustomize,omitempty"`
}

// Input is a path that a render asked for: of kind "file" with Found, or "listing" with Recursive.
type Input struct {
	Kind      string `json:"kind"`
	Path      string `json:"path"`
	Found     *bool  `json:"found,omitempty"`
	Recursive *bool  `json:"recursive,omitempty"`
}

const (
	RoleResource = "resource"
	RoleCRD      = "crd"
	RoleHook     = "hook"
	RoleTest     = "test"
)

type Origin struct {
	Path string `json:"path"`
	Line int    `json:"line,omitempty"`
}

type RenderedObject struct {
	Object    json.RawMessage `json:"object"`
	Origin    Origin          `json:"origin"`
	Role      string          `json:"role"`
	Generated []string        `json:"generated"`
	// ClusterDependent are pointers of fields that depend on what ClusterFacts does not say.
	ClusterDependent []string `json:"clusterDependent,omitempty"`
}

// ChartReference names a chart as it was asked for. Digest, where given, decides alone.
type ChartReference struct {
	Repository string `json:"repository"`
	Name       string `json:"name"`
	Version    string `json:"version"`
	Digest     string `json:"digest,omitempty"`
	// Insecure is for whoever fetches it: the registry is asked over plain HTTP.
	Insecure bool `json:"insecure,omitempty"`
}

// UsedChart is a chart of the cache, or with Dependency the dependencies of the chart Name, that a
// render took.
type UsedChart struct {
	Name       string `json:"name"`
	Repository string `json:"repository,omitempty"`
	Version    string `json:"version,omitempty"`
	Digest     string `json:"digest,omitempty"`
	FetchedAt  string `json:"fetchedAt,omitempty"`
	Dependency bool   `json:"dependency,omitempty"`
	// Release is the number of the release in the cluster that the chart was taken from.
	Release int `json:"release,omitempty"`
}

// Missing is something remote or absent that a render needs and may not fetch. Kind is one of
// chart, base, file and generator.
type Missing struct {
	Kind      string `json:"kind"`
	Reference string `json:"reference"`
	Path      string `json:"path"`
	Line      int    `json:"line,omitempty"`
	// Chart is what to fetch; Dependency says to fetch those of the Chart.yaml at Path. Git is a
	// repository to fetch, URL a file of an HTTP server.
	Chart      ChartReference `json:"chart,omitzero"`
	Dependency bool           `json:"dependency,omitempty"`
	Git        GitReference   `json:"git,omitzero"`
	URL        string         `json:"url,omitempty"`
}

type RenderResult struct {
	Objects             []RenderedObject `json:"objects"`
	Inputs              []Input          `json:"inputs"`
	Problems            []Problem        `json:"problems"`
	Missing             []Missing        `json:"missing"`
	CapabilitiesAssumed bool             `json:"capabilitiesAssumed"`
	Commit              string           `json:"commit,omitempty"`
	// InputsDigest is told where it was asked for and can be told. CacheInputs are what of it is in the
	// cache of fetched charts.
	InputsDigest string   `json:"inputsDigest,omitempty"`
	CacheInputs  []string `json:"cacheInputs,omitempty"`
	// CapabilitiesAsked is what templates asked of assumed capabilities, Lookups what of the cluster.
	CapabilitiesAsked []CapabilityQuestion `json:"capabilitiesAsked,omitempty"`
	Lookups           []Lookup             `json:"lookups,omitempty"`
	// ReleaseAsked: a template may ask whether the release is an upgrade, or for its number.
	ReleaseAsked bool `json:"releaseAsked,omitempty"`
	// Charts are those of the cache that were used.
	Charts []UsedChart `json:"charts,omitempty"`
	// Repositories and Files are those of elsewhere that were read.
	Repositories []UsedRepository `json:"repositories,omitempty"`
	Files        []UsedFile       `json:"files,omitempty"`
}

// Outcome is one of rendered (Result), failed (Problems, Inputs, Missing) and unavailable (Reason).
type Outcome struct {
	Kind     string        `json:"kind"`
	Result   *RenderResult `json:"result,omitempty"`
	Problems *[]Problem    `json:"problems,omitempty"`
	Inputs   *[]Input      `json:"inputs,omitempty"`
	Missing  *[]Missing    `json:"missing,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	// Lookups are those of a failed render: it may have failed for the lack of an answer.
	Lookups      []Lookup `json:"lookups,omitempty"`
	ReleaseAsked bool     `json:"releaseAsked,omitempty"`
	// CapabilitiesAssumed: it may have failed on an assumption.
	CapabilitiesAssumed bool `json:"capabilitiesAssumed,omitempty"`
}

func Unavailable(reason string) Outcome { return Outcome{Kind: "unavailable", Reason: reason} }

type ParsedDocument struct {
	Value json.RawMessage `json:"value"`
	Line  int             `json:"line"`
}

type ParsedFile struct {
	Path      string           `json:"path"`
	Documents []ParsedDocument `json:"documents"`
	Problems  []Problem        `json:"problems"`
}

type Remote struct {
	Name string   `json:"name"`
	URLs []string `json:"urls"`
}

type GitRef struct {
	Name   string `json:"name"`
	Commit string `json:"commit"`
	Target string `json:"target,omitempty"`
}

type Upstream struct {
	Remote string `json:"remote"`
	Ref    string `json:"ref"`
}

type Repository struct {
	TopLevel         string    `json:"topLevel"`
	GitDir           string    `json:"gitDir"`
	CommonDir        string    `json:"commonDir"`
	HeadRef          string    `json:"headRef,omitempty"`
	HeadCommit       string    `json:"headCommit,omitempty"`
	Remotes          []Remote  `json:"remotes"`
	Refs             []GitRef  `json:"refs"`
	Upstream         *Upstream `json:"upstream,omitempty"`
	Shallow          bool      `json:"shallow"`
	Partial          bool      `json:"partial"`
	Sparse           bool      `json:"sparse"`
	FetchedAtSeconds int64     `json:"fetchedAtSeconds,omitempty"`
}
