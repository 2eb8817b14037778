package model

// Jsonnet is how a directory of Argo CD evaluates its .jsonnet files; Libs are folders below the root.
type Jsonnet struct {
	ExtVars []JsonnetVar `json:"extVars,omitempty"`
	TLAs    []JsonnetVar `json:"tlas,omitempty"`
	Libs    []string     `json:"libs,omitempty"`
}

// JsonnetVar is a string, or with Code an expression.
type JsonnetVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitempty"`
}

// HelmFileParameter is `--set-file`: the text of a file below the root as a value.
type HelmFileParameter struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// ArgoSource are the fields of Source that only Argo CD's sources have.
type ArgoSource struct {
	Jsonnet              *Jsonnet            `json:"jsonnet,omitempty"`
	FileParameters       []HelmFileParameter `json:"fileParameters,omitempty"`
	SkipSchemaValidation bool                `json:"skipSchemaValidation,omitempty"`
	// KubeVersion and APIVersions stand in for those of the capabilities.
	KubeVersion string   `json:"kubeVersion,omitempty"`
	APIVersions []string `json:"apiVersions,omitempty"`
	// Helm is 3 where charts are rendered by Helm 3, as in Argo CD; else they are by Helm 4.
	Helm int `json:"helm,omitempty"`
	// Build is nil where nothing is known of the options.
	Build *KustomizeBuild `json:"build,omitempty"`
	// Parts are the sources of an Application with several, in order.
	Parts []SourcePart `json:"parts,omitempty"`
}

// SourcePart is a source, or with Missing one that is not at hand.
type SourcePart struct {
	Source  *Source  `json:"source,omitempty"`
	Missing *Missing `json:"missing,omitempty"`
}

// KustomizeBuild are the options of `kustomize build` that an Argo CD instance is set to. Where they are
// not known, a build runs with --enable-helm and says so.
type KustomizeBuild struct {
	EnableHelm bool `json:"enableHelm,omitempty"`
	// LoadRestrictions is "none", or empty for those of the root.
	LoadRestrictions string `json:"loadRestrictions,omitempty"`
	// Reorder is "legacy", "none" or empty.
	Reorder string `json:"reorder,omitempty"`
}

// ArgoKustomize are the overrides that say how `kustomize edit` is called.
type ArgoKustomize struct {
	ForceCommonLabels       bool `json:"forceCommonLabels,omitempty"`
	ForceCommonAnnotations  bool `json:"forceCommonAnnotations,omitempty"`
	LabelWithoutSelector    bool `json:"labelWithoutSelector,omitempty"`
	LabelIncludeTemplates   bool `json:"labelIncludeTemplates,omitempty"`
	IgnoreMissingComponents bool `json:"ignoreMissingComponents,omitempty"`
}
