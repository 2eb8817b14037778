package objects

import (
	"encoding/json"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
)

// Patch is a client-side apply: what it would send, and what the object would be then, before the
// API server adds its defaults.
type Patch struct {
	Patch     json.RawMessage `json:"patch"`
	PatchType string          `json:"patchType"`
	Predicted json.RawMessage `json:"predicted"`
}

// Change is the input of a three-way merge. Original is the last applied configuration, or nil.
type Change struct {
	Original json.RawMessage
	Modified json.RawMessage
	Current  json.RawMessage
	// Argo leaves out of the comparison what the API server added inside of lists, as gitops-engine
	// does: of volumeClaimTemplates, and of all fields of kinds that are not built in.
	Argo bool
}

// ThreeWay computes the patch of `kubectl apply`: strategic for built-in kinds, a JSON merge patch for
// others.
func ThreeWay(change Change) (Patch, error) {
	live := &unstructured.Unstructured{}
	if err := live.UnmarshalJSON(change.Current); err != nil {
		return Patch{}, fmt.Errorf("the current object has no kind")
	}
	base := []byte(change.Original)
	if string(base) == "null" {
		base = nil
	}
	typed, err := scheme.Scheme.New(live.GroupVersionKind())
	if err != nil {
		return mergePatch(change, base)
	}
	current := []byte(change.Current)
	if change.Argo && live.GetKind() == "StatefulSet" {
		current = withoutClaimDefaults(change, live)
	}
	meta, err := strategicpatch.NewPatchMetaFromStruct(typed)
	if err != nil {
		return Patch{}, fmt.Errorf("%s has no patch metadata", live.GetKind())
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(base, change.Modified, current, meta, true)
	if err != nil {
		return Patch{}, malformed(live)
	}
	predicted, err := strategicpatch.StrategicMergePatchUsingLookupPatchMeta(change.Current, patch, meta)
	if err != nil {
		return Patch{}, malformed(live)
	}
	return Patch{Patch: patch, PatchType: "strategic", Predicted: predicted}, nil
}

func malformed(live *unstructured.Unstructured) error {
	return fmt.Errorf("%s %s does not fit its kind, so no patch can be computed", live.GetKind(), live.GetName())
}

func mergePatch(change Change, base []byte) (Patch, error) {
	current := []byte(change.Current)
	if change.Argo {
		current = common(change.configured(), change.Current)
	}
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(base, change.Modified, current)
	if err != nil {
		return Patch{}, fmt.Errorf("no merge patch can be computed for the object")
	}
	predicted, err := jsonpatch.MergePatch(change.Current, patch)
	if err != nil {
		return Patch{}, fmt.Errorf("the merge patch cannot be applied to the object")
	}
	return Patch{Patch: patch, PatchType: "merge", Predicted: predicted}, nil
}

// configured is what gitops-engine takes for the configuration that was applied last.
func (c Change) configured() json.RawMessage {
	if len(c.Original) == 0 || string(c.Original) == "null" {
		return c.Modified
	}
	return c.Original
}

// common is live without the fields that are not in config; list elements pair by position.
func common(config, live []byte) []byte {
	var configValue, liveValue any
	if json.Unmarshal(config, &configValue) != nil || json.Unmarshal(live, &liveValue) != nil {
		return live
	}
	text, err := json.Marshal(commonFields(configValue, liveValue))
	if err != nil {
		return live
	}
	return text
}

func commonFields(config, live any) any {
	switch live := live.(type) {
	case map[string]any:
		configMap, ok := config.(map[string]any)
		if !ok {
			return live
		}
		kept := map[string]any{}
		for key, value := range configMap {
			if liveValue, exists := live[key]; exists {
				if liveValue != nil {
					liveValue = commonFields(value, liveValue)
				}
				kept[key] = liveValue
			}
		}
		return kept
	case []any:
		configList, ok := config.([]any)
		if !ok {
			return live
		}
		kept := make([]any, 0, len(live))
		for i, value := range live {
			if i < len(configList) && value != nil {
				value = commonFields(configList[i], value)
			}
			kept = append(kept, value)
		}
		return kept
	}
	return live
}

func withoutClaimDefaults(change Change, live *unstructured.Unstructured) []byte {
	var config struct {
		Spec struct {
			Templates []any `json:"volumeClaimTemplates"`
		} `json:"spec"`
	}
	templates, found, err := unstructured.NestedSlice(live.Object, "spec", "volumeClaimTemplates")
	if json.Unmarshal(change.configured(), &config) != nil || len(config.Spec.Templates) == 0 || !found || err != nil {
		return change.Current
	}
	reduced := live.DeepCopy()
	kept, ok := commonFields(config.Spec.Templates, templates).([]any)
	if !ok || unstructured.SetNestedSlice(reduced.Object, kept, "spec", "volumeClaimTemplates") != nil {
		return change.Current
	}
	text, err := reduced.MarshalJSON()
	if err != nil {
		return change.Current
	}
	return text
}
