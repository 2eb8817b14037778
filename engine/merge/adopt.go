package merge

import (
	"bytes"
	"errors"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Adopted names entries of managed fields: by the beginning of the manager's name, and by operation.
// Those of subresources are never among them.
type Adopted struct {
	Prefix    string `json:"prefix"`
	Operation string `json:"operation"`
}

var errManagedFields = errors.New("its managed fields cannot be read")

// adopt makes the entries that the controller takes over part of its own, as
// fluxcd/pkg/ssa (PatchReplaceFieldsManagers) does before an apply, and counts all as of one version.
func adopt(live *unstructured.Unstructured, apply Apply, version string) error {
	own := fieldpath.NewSet()
	found := false
	kept := make([]metav1.ManagedFieldsEntry, 0, len(live.GetManagedFields()))
	for _, entry := range live.GetManagedFields() {
		entry.APIVersion = version
		if !apply.owns(entry) {
			kept = append(kept, entry)
			continue
		}
		fields, err := setOf(entry)
		if err != nil {
			return errManagedFields
		}
		own, found = own.Union(fields), true
	}
	if found {
		text, err := own.ToJSON()
		if err != nil {
			return errManagedFields
		}
		kept = append(kept, metav1.ManagedFieldsEntry{
			Manager: apply.Manager, Operation: metav1.ManagedFieldsOperationApply, APIVersion: version,
			FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: text},
		})
	}
	live.SetManagedFields(kept)
	return nil
}

func (apply Apply) owns(entry metav1.ManagedFieldsEntry) bool {
	if entry.Subresource != "" {
		return false
	}
	if entry.Manager == apply.Manager && entry.Operation == metav1.ManagedFieldsOperationApply {
		return true
	}
	for _, adopted := range apply.Adopted {
		if strings.HasPrefix(entry.Manager, adopted.Prefix) && string(entry.Operation) == adopted.Operation {
			return true
		}
	}
	return false
}

func setOf(entry metav1.ManagedFieldsEntry) (*fieldpath.Set, error) {
	fields := fieldpath.NewSet()
	if entry.FieldsV1 == nil {
		return fields, nil
	}
	return fields, fields.FromJSON(bytes.NewReader(entry.FieldsV1.Raw))
}
