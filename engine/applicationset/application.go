package applicationset

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The types below have the fields, in their order, and the tags of Argo CD 3.2's Application
// (pkg/apis/application/v1alpha1/types.go). Merging generator templates, filling them and patching
// the result go by reflection over exactly these, so that another shape would give another result.

type application struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              applicationSpec `json:"spec"`
	Operation         *operation      `json:"operation,omitempty"`
}

type applicationSpec struct {
	Source               *source             `json:"source,omitempty"`
	Destination          destination         `json:"destination"`
	Project              string              `json:"project"`
	SyncPolicy           *syncPolicy         `json:"syncPolicy,omitempty"`
	IgnoreDifferences    []ignoreDifferences `json:"ignoreDifferences,omitempty"`
	Info                 []info              `json:"info,omitempty"`
	RevisionHistoryLimit *int64              `json:"revisionHistoryLimit,omitempty"`
	Sources              []source            `json:"sources,omitempty"`
	SourceHydrator       *sourceHydrator     `json:"sourceHydrator,omitempty"`
}

type ignoreDifferences struct {
	Group                 string   `json:"group,omitempty"`
	Kind                  string   `json:"kind"`
	Name                  string   `json:"name,omitempty"`
	Namespace             string   `json:"namespace,omitempty"`
	JSONPointers          []string `json:"jsonPointers,omitempty"`
	JQPathExpressions     []string `json:"jqPathExpressions,omitempty"`
	ManagedFieldsManagers []string `json:"managedFieldsManagers,omitempty"`
}

type source struct {
	RepoURL        string           `json:"repoURL"`
	Path           string           `json:"path,omitempty"`
	TargetRevision string           `json:"targetRevision,omitempty"`
	Helm           *sourceHelm      `json:"helm,omitempty"`
	Kustomize      *sourceKustomize `json:"kustomize,omitempty"`
	Directory      *sourceDirectory `json:"directory,omitempty"`
	Plugin         *sourcePlugin    `json:"plugin,omitempty"`
	Chart          string           `json:"chart,omitempty"`
	Ref            string           `json:"ref,omitempty"`
	Name           string           `json:"name,omitempty"`
}

type sourceHydrator struct {
	DrySource  drySource  `json:"drySource"`
	SyncSource syncSource `json:"syncSource"`
	HydrateTo  *hydrateTo `json:"hydrateTo,omitempty"`
}

type drySource struct {
	RepoURL        string `json:"repoURL"`
	TargetRevision string `json:"targetRevision"`
	Path           string `json:"path"`
}

type syncSource struct {
	TargetBranch string `json:"targetBranch"`
	Path         string `json:"path"`
}

type hydrateTo struct {
	TargetBranch string `json:"targetBranch"`
}

type sourceHelm struct {
	ValueFiles              []string              `json:"valueFiles,omitempty"`
	Parameters              []helmParameter       `json:"parameters,omitempty"`
	ReleaseName             string                `json:"releaseName,omitempty"`
	Values                  string                `json:"values,omitempty" patchStrategy:"replace"`
	FileParameters          []helmFileParameter   `json:"fileParameters,omitempty"`
	Version                 string                `json:"version,omitempty"`
	PassCredentials         bool                  `json:"passCredentials,omitempty"`
	IgnoreMissingValueFiles bool                  `json:"ignoreMissingValueFiles,omitempty"`
	SkipCrds                bool                  `json:"skipCrds,omitempty"`
	ValuesObject            *runtime.RawExtension `json:"valuesObject,omitempty"`
	Namespace               string                `json:"namespace,omitempty"`
	KubeVersion             string                `json:"kubeVersion,omitempty"`
	APIVersions             []string              `json:"apiVersions,omitempty"`
	SkipTests               bool                  `json:"skipTests,omitempty"`
	SkipSchemaValidation    bool                  `json:"skipSchemaValidation,omitempty"`
}

type helmParameter struct {
	Name        string `json:"name,omitempty"`
	Value       string `json:"value,omitempty"`
	ForceString bool   `json:"forceString,omitempty"`
}

type helmFileParameter struct {
	Name string `json:"name,omitempty"`
	Path string `json:"path,omitempty"`
}

type sourceKustomize struct {
	NamePrefix                string             `json:"namePrefix,omitempty"`
	NameSuffix                string             `json:"nameSuffix,omitempty"`
	Images                    []string           `json:"images,omitempty"`
	CommonLabels              map[string]string  `json:"commonLabels,omitempty"`
	Version                   string             `json:"version,omitempty"`
	CommonAnnotations         map[string]string  `json:"commonAnnotations,omitempty"`
	ForceCommonLabels         bool               `json:"forceCommonLabels,omitempty"`
	ForceCommonAnnotations    bool               `json:"forceCommonAnnotations,omitempty"`
	Namespace                 string             `json:"namespace,omitempty"`
	CommonAnnotationsEnvsubst bool               `json:"commonAnnotationsEnvsubst,omitempty"`
	Replicas                  []kustomizeReplica `json:"replicas,omitempty"`
	Patches                   []kustomizePatch   `json:"patches,omitempty"`
	Components                []string           `json:"components,omitempty"`
	IgnoreMissingComponents   bool               `json:"ignoreMissingComponents,omitempty"`
	LabelWithoutSelector      bool               `json:"labelWithoutSelector,omitempty"`
	KubeVersion               string             `json:"kubeVersion,omitempty"`
	APIVersions               []string           `json:"apiVersions,omitempty"`
	LabelIncludeTemplates     bool               `json:"labelIncludeTemplates,omitempty"`
}

type kustomizeReplica struct {
	Name  string             `json:"name"`
	Count intstr.IntOrString `json:"count"`
}

type kustomizePatch struct {
	Path    string             `json:"path,omitempty"`
	Patch   string             `json:"patch,omitempty"`
	Target  *kustomizeSelector `json:"target,omitempty"`
	Options map[string]bool    `json:"options,omitempty"`
}

type kustomizeSelector struct {
	Group              string `json:"group,omitempty"`
	Version            string `json:"version,omitempty"`
	Kind               string `json:"kind,omitempty"`
	Name               string `json:"name,omitempty"`
	Namespace          string `json:"namespace,omitempty"`
	AnnotationSelector string `json:"annotationSelector,omitempty"`
	LabelSelector      string `json:"labelSelector,omitempty"`
}

type sourceDirectory struct {
	Recurse bool    `json:"recurse,omitempty"`
	Jsonnet jsonnet `json:"jsonnet,omitempty"`
	Exclude string  `json:"exclude,omitempty"`
	Include string  `json:"include,omitempty"`
}

type jsonnet struct {
	ExtVars []jsonnetVar `json:"extVars,omitempty"`
	TLAs    []jsonnetVar `json:"tlas,omitempty"`
	Libs    []string     `json:"libs,omitempty"`
}

type jsonnetVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitempty"`
}

type sourcePlugin struct {
	Name       string            `json:"name,omitempty"`
	Env        []*envEntry       `json:"env,omitempty"`
	Parameters []pluginParameter `json:"parameters,omitempty"`
}

type envEntry struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type pluginParameter struct {
	Name   string             `json:"name,omitempty"`
	String *string            `json:"string,omitempty"`
	Map    *map[string]string `json:"map,omitempty"`
	Array  *[]string          `json:"array,omitempty"`
}

// MarshalJSON always tells the name, and tells an empty map or array from an absent one.
func (p pluginParameter) MarshalJSON() ([]byte, error) {
	out := map[string]any{"name": p.Name}
	if p.String != nil {
		out["string"] = *p.String
	}
	if p.Map != nil {
		out["map"] = map[string]string{}
		if *p.Map != nil {
			out["map"] = *p.Map
		}
	}
	if p.Array != nil {
		out["array"] = []string{}
		if *p.Array != nil {
			out["array"] = *p.Array
		}
	}
	return json.Marshal(out)
}

type destination struct {
	Server    string `json:"server,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

type info struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type syncPolicy struct {
	Automated                *automated         `json:"automated,omitempty"`
	SyncOptions              []string           `json:"syncOptions,omitempty"`
	Retry                    *retryStrategy     `json:"retry,omitempty"`
	ManagedNamespaceMetadata *namespaceMetadata `json:"managedNamespaceMetadata,omitempty"`
}

type automated struct {
	Prune      bool  `json:"prune,omitempty"`
	SelfHeal   bool  `json:"selfHeal,omitempty"`
	AllowEmpty bool  `json:"allowEmpty,omitempty"`
	Enabled    *bool `json:"enabled,omitempty"`
}

type retryStrategy struct {
	Limit   int64    `json:"limit,omitempty"`
	Backoff *backoff `json:"backoff,omitempty"`
	Refresh bool     `json:"refresh,omitempty"`
}

type backoff struct {
	Duration    string `json:"duration,omitempty"`
	Factor      *int64 `json:"factor,omitempty"`
	MaxDuration string `json:"maxDuration,omitempty"`
}

type namespaceMetadata struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type operation struct {
	Sync        *syncOperation `json:"sync,omitempty"`
	InitiatedBy initiator      `json:"initiatedBy,omitempty"`
	Info        []*info        `json:"info,omitempty"`
	Retry       retryStrategy  `json:"retry,omitempty"`
}

type initiator struct {
	Username  string `json:"username,omitempty"`
	Automated bool   `json:"automated,omitempty"`
}

type syncOperation struct {
	Revision              string         `json:"revision,omitempty"`
	Prune                 bool           `json:"prune,omitempty"`
	DryRun                bool           `json:"dryRun,omitempty"`
	SyncStrategy          *syncStrategy  `json:"syncStrategy,omitempty"`
	Resources             []syncResource `json:"resources,omitempty"`
	Source                *source        `json:"source,omitempty"`
	Manifests             []string       `json:"manifests,omitempty"`
	SyncOptions           []string       `json:"syncOptions,omitempty"`
	Sources               []source       `json:"sources,omitempty"`
	Revisions             []string       `json:"revisions,omitempty"`
	SelfHealAttemptsCount int64          `json:"autoHealAttemptsCount,omitempty"`
}

type syncResource struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

type syncStrategy struct {
	Apply *syncStrategyApply `json:"apply,omitempty"`
	Hook  *syncStrategyApply `json:"hook,omitempty"`
}

type syncStrategyApply struct {
	Force bool `json:"force,omitempty"`
}
