package render

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	fluxtypes "github.com/fluxcd/pkg/apis/kustomize"
	fluxkustomize "github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

// fluxSpec is what kustomize-controller's generator reads of a Kustomization.
type fluxSpec struct {
	TargetNamespace         string                    `json:"targetNamespace"`
	NamePrefix              string                    `json:"namePrefix"`
	NameSuffix              string                    `json:"nameSuffix"`
	Patches                 []fluxtypes.Patch         `json:"patches"`
	PatchesStrategicMerge   []json.RawMessage         `json:"patchesStrategicMerge"`
	PatchesJSON6902         []fluxtypes.JSON6902Patch `json:"patchesJson6902"`
	Components              []string                  `json:"components"`
	IgnoreMissingComponents bool                      `json:"ignoreMissingComponents"`
	Images                  []fluxtypes.Image         `json:"images"`
	BuildMetadata           []string                  `json:"buildMetadata"`
	PostBuild               *struct {
		Substitute         map[string]string `json:"substitute"`
		SubstituteStrategy string            `json:"substituteStrategy"`
	} `json:"postBuild"`
}

// flux builds a folder as kustomize-controller does: its generator, Kustomize without load
// restrictions, and its substitution of variables.
func (r *run) flux(folder string, source model.Source) ([]model.RenderedObject, error) {
	spec, err := r.fluxSpec(folder, source)
	if err != nil {
		return nil, err
	}
	b := r.newBuild()
	b.withoutCharts, b.sourceIgnore = true, source.Ignore
	file, top, err := b.generate(folder, spec)
	if err != nil {
		return nil, err
	}
	substitution := &substitution{build: b, source: source, spec: spec}
	b.finish = substitution.finish
	objects, err := b.objects(folder, file, top, krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	})
	if err == nil && substitution.failed {
		err = errFailed
	}
	return objects, err
}

func (r *run) fluxSpec(folder string, source model.Source) (*fluxSpec, error) {
	text, err := json.Marshal(source.Kustomization["spec"])
	spec := &fluxSpec{}
	if err == nil {
		err = json.Unmarshal(text, spec)
	}
	if err != nil {
		return nil, r.fail(folder, "flux-kustomization", "The spec of the Kustomization is malformed: "+oneSentence(err.Error()))
	}
	return spec, nil
}

// substitution runs on each object after the build.
type substitution struct {
	*build
	source model.Source
	spec   *fluxSpec
	failed bool
}

func (s *substitution) finish(res *resource.Resource, origin model.Origin) bool {
	if res.GetName() == "" || res.GetKind() == "" || res.GetApiVersion() == "" {
		s.refuse(origin, "not-an-object", "An object lacks its apiVersion, kind or name, and Flux refuses it.")
		return false
	}
	if s.spec.PostBuild == nil {
		return true
	}
	_, err := fluxkustomize.SubstituteVariables(context.Background(), nil, s.kustomization(), res,
		fluxkustomize.SubstituteWithDryRun(true),
		fluxkustomize.SubstituteWithStrict(!s.source.LaxSubstitution),
		fluxkustomize.SubstituteWithAlways(s.spec.PostBuild.SubstituteStrategy == "Always"))
	if err != nil {
		s.refuse(origin, "flux-substitution", fmt.Sprintf("%s %s: %s", res.GetKind(), res.GetName(), substitutionCause(err)))
		return false
	}
	return true
}

func (s *substitution) refuse(origin model.Origin, code, message string) {
	s.failed = true
	s.problems = append(s.problems, documents.Failure(origin.Path, code, message))
}

func substitutionCause(err error) string {
	cause := strings.TrimPrefix(err.Error(), "envsubst error: ")
	if strings.HasPrefix(cause, "YAMLToJSON") || strings.HasPrefix(cause, "UnmarshalJSON") {
		// The text around the fault may hold values of variables.
		return "the result of the substitution is not an object in YAML."
	}
	return oneSentence(cause)
}

// kustomization is the object with the variables of substituteFrom under those of substitute.
func (s *substitution) kustomization() unstructured.Unstructured {
	variables := map[string]any{}
	for name, value := range s.source.Variables {
		variables[name] = value
	}
	for name, value := range s.spec.PostBuild.Substitute {
		variables[name] = value
	}
	object := maps.Clone(s.source.Kustomization)
	object["spec"] = map[string]any{"postBuild": map[string]any{"substitute": variables}}
	return unstructured.Unstructured{Object: object}
}
