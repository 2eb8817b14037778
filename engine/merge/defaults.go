package merge

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// deepest is more than any schema nests that an API server accepts.
const deepest = 64

// withDefaults writes what the schema says of absent fields. Of built-in kinds OpenAPI names few
// defaults, and empty ones that stand for nothing; of custom resources it names all.
func withDefaults(components map[string]*spec.Schema, object *unstructured.Unstructured) {
	for _, component := range components {
		if isOf(component, object) {
			fill(components, component, object.Object, deepest)
			return
		}
	}
}

func isOf(component *spec.Schema, object *unstructured.Unstructured) bool {
	kinds, _ := component.Extensions["x-kubernetes-group-version-kind"].([]any)
	wanted := object.GroupVersionKind()
	for _, kind := range kinds {
		names, _ := kind.(map[string]any)
		if names["group"] == wanted.Group && names["version"] == wanted.Version && names["kind"] == wanted.Kind {
			return true
		}
	}
	return false
}

func fill(components map[string]*spec.Schema, of *spec.Schema, value any, depth int) {
	known := resolved(components, of)
	if known == nil || depth == 0 {
		return
	}
	switch node := value.(type) {
	case map[string]any:
		for name := range known.Properties {
			property := known.Properties[name]
			if _, there := node[name]; !there && says(property.Default) {
				node[name] = runtime.DeepCopyJSONValue(property.Default)
			}
			if child, there := node[name]; there {
				fill(components, &property, child, depth-1)
			}
		}
		if further := known.AdditionalProperties; further != nil && further.Schema != nil {
			for _, child := range node {
				fill(components, further.Schema, child, depth-1)
			}
		}
	case []any:
		if known.Items == nil || known.Items.Schema == nil {
			return
		}
		for _, child := range node {
			fill(components, known.Items.Schema, child, depth-1)
		}
	}
}

// says tells a default of the API from the zero value that generated schemas carry.
func says(value any) bool {
	switch known := value.(type) {
	case nil:
		return false
	case string:
		return known != ""
	case map[string]any:
		return len(known) > 0
	case float64:
		return known != 0
	case bool:
		return known
	}
	return true
}

// resolved follows references, also those in the `allOf` by which a reference gets a default.
func resolved(components map[string]*spec.Schema, of *spec.Schema) *spec.Schema {
	for range deepest {
		reference := of.Ref.String()
		if reference == "" && len(of.AllOf) == 1 && len(of.Properties) == 0 {
			reference = of.AllOf[0].Ref.String()
		}
		if reference == "" {
			return of
		}
		next, there := components[reference[strings.LastIndex(reference, "/")+1:]]
		if !there {
			return nil
		}
		of = next
	}
	return nil
}
