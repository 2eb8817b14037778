package applicationset

import (
	"bytes"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The types below are Argo CD 3.2's ApplicationSet (applicationset_types.go), with the fields in
// their order: a matrix fills its second generator by reflection over them.

type applicationSet struct {
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec setSpec `json:"spec"`
}

type setSpec struct {
	GoTemplate        bool           `json:"goTemplate,omitempty"`
	Generators        []generator    `json:"generators"`
	Template          setTemplate    `json:"template"`
	SyncPolicy        *setSyncPolicy `json:"syncPolicy,omitempty"`
	GoTemplateOptions []string       `json:"goTemplateOptions,omitempty"`
	TemplatePatch     *string        `json:"templatePatch,omitempty"`
}

type setSyncPolicy struct {
	PreserveResourcesOnDeletion bool `json:"preserveResourcesOnDeletion,omitempty"`
}

type setTemplate struct {
	Metadata templateMeta    `json:"metadata"`
	Spec     applicationSpec `json:"spec"`
}

type templateMeta struct {
	Name        string            `json:"name,omitempty"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Finalizers  []string          `json:"finalizers,omitempty"`
}

type generator struct {
	List                    *listGenerator        `json:"list,omitempty"`
	Clusters                *clustersGenerator    `json:"clusters,omitempty"`
	Git                     *gitGenerator         `json:"git,omitempty"`
	SCMProvider             *remoteGenerator      `json:"scmProvider,omitempty"`
	ClusterDecisionResource *remoteGenerator      `json:"clusterDecisionResource,omitempty"`
	PullRequest             *remoteGenerator      `json:"pullRequest,omitempty"`
	Matrix                  *matrixGenerator      `json:"matrix,omitempty"`
	Merge                   *mergeGenerator       `json:"merge,omitempty"`
	Selector                *metav1.LabelSelector `json:"selector,omitempty"`
	Plugin                  *remoteGenerator      `json:"plugin,omitempty"`
}

// nested is a generator inside a matrix or a merge. A matrix or merge inside it may hold terminal
// generators only.
type nested struct {
	List                    *listGenerator        `json:"list,omitempty"`
	Clusters                *clustersGenerator    `json:"clusters,omitempty"`
	Git                     *gitGenerator         `json:"git,omitempty"`
	SCMProvider             *remoteGenerator      `json:"scmProvider,omitempty"`
	ClusterDecisionResource *remoteGenerator      `json:"clusterDecisionResource,omitempty"`
	PullRequest             *remoteGenerator      `json:"pullRequest,omitempty"`
	Matrix                  *rawJSON              `json:"matrix,omitempty"`
	Merge                   *rawJSON              `json:"merge,omitempty"`
	Selector                *metav1.LabelSelector `json:"selector,omitempty"`
	Plugin                  *remoteGenerator      `json:"plugin,omitempty"`
}

type terminal struct {
	List                    *listGenerator        `json:"list,omitempty"`
	Clusters                *clustersGenerator    `json:"clusters,omitempty"`
	Git                     *gitGenerator         `json:"git,omitempty"`
	SCMProvider             *remoteGenerator      `json:"scmProvider,omitempty"`
	ClusterDecisionResource *remoteGenerator      `json:"clusterDecisionResource,omitempty"`
	PullRequest             *remoteGenerator      `json:"pullRequest,omitempty"`
	Plugin                  *remoteGenerator      `json:"plugin,omitempty"`
	Selector                *metav1.LabelSelector `json:"selector,omitempty"`
}

type listGenerator struct {
	Elements     []rawJSON   `json:"elements"`
	Template     setTemplate `json:"template,omitempty"`
	ElementsYaml string      `json:"elementsYaml,omitempty"`
}

type matrixGenerator struct {
	Generators []nested    `json:"generators"`
	Template   setTemplate `json:"template,omitempty"`
}

type mergeGenerator struct {
	Generators []nested    `json:"generators"`
	MergeKeys  []string    `json:"mergeKeys"`
	Template   setTemplate `json:"template,omitempty"`
}

type clustersGenerator struct {
	Selector metav1.LabelSelector `json:"selector,omitempty"`
	Template setTemplate          `json:"template,omitempty"`
	Values   map[string]string    `json:"values,omitempty"`
	FlatList bool                 `json:"flatList,omitempty"`
}

type gitGenerator struct {
	RepoURL         string            `json:"repoURL"`
	Directories     []gitPath         `json:"directories,omitempty"`
	Files           []gitPath         `json:"files,omitempty"`
	Revision        string            `json:"revision"`
	Template        setTemplate       `json:"template,omitempty"`
	PathParamPrefix string            `json:"pathParamPrefix,omitempty"`
	Values          map[string]string `json:"values,omitempty"`
}

type gitPath struct {
	Path    string `json:"path"`
	Exclude bool   `json:"exclude,omitempty"`
}

// remoteGenerator stands for one that asks something outside of the repository.
type remoteGenerator struct{}

// rawJSON is JSON as it was written; filling it goes into the values that it stands for.
type rawJSON struct{ Raw []byte }

func (r *rawJSON) UnmarshalJSON(data []byte) error {
	if !bytes.Equal(data, []byte("null")) {
		r.Raw = bytes.Clone(data)
	}
	return nil
}

// nestedOf makes nested generators of the terminal ones in the JSON of an inner matrix or merge.
func nestedOf(raw []byte) ([]nested, []string, error) {
	var inner struct {
		Generators []terminal `json:"generators"`
		MergeKeys  []string   `json:"mergeKeys"`
	}
	if err := json.Unmarshal(raw, &inner); err != nil {
		return nil, nil, err
	}
	all := make([]nested, 0, len(inner.Generators))
	for _, t := range inner.Generators {
		all = append(all, nested{
			List: t.List, Clusters: t.Clusters, Git: t.Git, SCMProvider: t.SCMProvider,
			ClusterDecisionResource: t.ClusterDecisionResource, PullRequest: t.PullRequest,
			Plugin: t.Plugin, Selector: t.Selector,
		})
	}
	return all, inner.MergeKeys, nil
}
