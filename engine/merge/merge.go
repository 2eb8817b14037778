// Package merge says what a server-side apply would make of a live object, without asking a server:
// with the field manager that the API server itself uses, typed by the server's OpenAPI.
package merge

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// Question is about objects of one group and version.
type Question struct {
	// Components are the schemas of the server's OpenAPI v3 document, by the names that its references use.
	Components map[string]*spec.Schema `json:"components"`
	Applies    []Apply                 `json:"applies"`
}

// Apply is one server-side apply, forced.
type Apply struct {
	Live    json.RawMessage `json:"live"`
	Desired json.RawMessage `json:"desired"`
	Manager string          `json:"manager"`
	// Adopted are entries of other managers that the controller makes its own before it applies.
	Adopted []Adopted `json:"adopted"`
}

// Answer is the object after the apply, or why the API server would refuse it.
type Answer struct {
	Predicted map[string]any `json:"predicted,omitempty"`
	Refused   string         `json:"refused,omitempty"`
}

// Predict answers all applies of a question.
func Predict(question Question) ([]Answer, error) {
	types, err := managedfields.NewTypeConverter(question.Components, false)
	if err != nil {
		// The library's words repeat the whole schema.
		return nil, errors.New("the cluster's OpenAPI cannot be used")
	}
	answers := make([]Answer, 0, len(question.Applies))
	for _, apply := range question.Applies {
		answers = append(answers, predict(types, question.Components, apply))
	}
	return answers, nil
}

func predict(types managedfields.TypeConverter, components map[string]*spec.Schema, apply Apply) Answer {
	live, desired := &unstructured.Unstructured{}, &unstructured.Unstructured{}
	if live.UnmarshalJSON(apply.Live) != nil || desired.UnmarshalJSON(apply.Desired) != nil {
		return Answer{Refused: "the object has no kind"}
	}
	if err := adopt(live, apply, desired.GetAPIVersion()); err != nil {
		return Answer{Refused: err.Error()}
	}
	desired.SetManagedFields(nil)
	kind := desired.GroupVersionKind()
	live.SetGroupVersionKind(kind)
	// Both versions are that of the document: nothing is converted, and nothing is defaulted there.
	manager, err := managedfields.NewDefaultCRDFieldManager(types, sameVersion{}, noDefaults{}, creator{}, kind,
		kind.GroupVersion(), "", nil)
	if err != nil {
		return Answer{Refused: err.Error()}
	}
	after, err := manager.Apply(live, desired, apply.Manager, true)
	if err != nil {
		return Answer{Refused: err.Error()}
	}
	object, ok := after.(*unstructured.Unstructured)
	if !ok {
		return Answer{Refused: fmt.Sprintf("unexpected %T", after)}
	}
	withDefaults(components, object)
	return Answer{Predicted: object.Object}
}

// sameVersion converts nothing: what other versions of the kind own is counted as if it were this one's.
type sameVersion struct{}

func (sameVersion) Convert(_, _, _ any) error { return errors.New("no conversion") }

func (sameVersion) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}

func (sameVersion) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}

type noDefaults struct{}

func (noDefaults) Default(runtime.Object) {}

type creator struct{}

func (creator) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	made := &unstructured.Unstructured{}
	made.SetGroupVersionKind(kind)
	return made, nil
}
