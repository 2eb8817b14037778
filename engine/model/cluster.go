package model

// ClusterFacts is what only the cluster of a Helm release knows. A request without it is rendered as
// `helm template` does; with it, what stays unknown is marked.
type ClusterFacts struct {
	Release *ReleaseFacts  `json:"release,omitempty"`
	Lookups []LookupAnswer `json:"lookups,omitempty"`
	// Chart stands in for one that is not in the cache.
	Chart *ReleasedChart `json:"chart,omitempty"`
}

// ReleaseFacts are those of the next action.
type ReleaseFacts struct {
	Revision  int  `json:"revision"`
	IsUpgrade bool `json:"isUpgrade"`
}

// Lookup is what the function `lookup` was called with; an empty name asks for a list.
type Lookup struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// LookupAnswer is what `lookup` returns: the object, the list, or nothing. Unserved is why it fails.
type LookupAnswer struct {
	Lookup
	Found    map[string]any `json:"found,omitempty"`
	Unserved string         `json:"unserved,omitempty"`
}

// ReleasedChart is a chart as Helm keeps it in the Secret of a release.
type ReleasedChart struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Release int            `json:"release"`
	Files   []ReleasedFile `json:"files"`
}

type ReleasedFile struct {
	Path string `json:"path"`
	Data []byte `json:"data"`
}

// CapabilityQuestion is what a template asked of capabilities that were assumed: of kind
// "api-version", "kube-version" (without Asked: the version itself was used) or "api-versions".
type CapabilityQuestion struct {
	Kind   string `json:"kind"`
	Asked  string `json:"asked,omitempty"`
	Answer *bool  `json:"answer,omitempty"`
}
