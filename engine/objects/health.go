// Package objects answers questions about single Kubernetes objects with the libraries of the
// controllers.
package objects

import (
	"encoding/json"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Health is kstatus' verdict: InProgress, Failed, Current, Terminating, NotFound or Unknown.
type Health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// HealthOf computes the status of an object that was read from a cluster.
func HealthOf(object json.RawMessage) Health {
	read := &unstructured.Unstructured{}
	if err := read.UnmarshalJSON(object); err != nil {
		return Health{Status: string(status.UnknownStatus), Message: "The object has no kind."}
	}
	computed, err := status.Compute(read)
	if err != nil {
		return Health{Status: string(status.UnknownStatus), Message: "The status of the object is malformed."}
	}
	return Health{Status: string(computed.Status), Message: computed.Message}
}
