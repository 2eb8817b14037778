// Command fluxdiff says of each object what Flux would say of it: the dry run and the comparison of
// kustomize-controller (fluxcd/pkg/ssa, ResourceManager.Diff), with its owner and its selectors. It
// reads a question from standard input and writes one verdict an object.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/jsondiff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const group = "kustomize.toolkit.fluxcd.io"

// Question names a cluster and the objects as the controller would apply them.
type Question struct {
	Kubeconfig string                      `json:"kubeconfig"`
	Context    string                      `json:"context"`
	Objects    []unstructured.Unstructured `json:"objects"`
	Ignore     []jsondiff.IgnoreRule       `json:"ignore"`
}

// Verdict is the action of the change set and, where something drifted, both sides.
type Verdict struct {
	Action string         `json:"action"`
	Live   map[string]any `json:"live,omitempty"`
	Merged map[string]any `json:"merged,omitempty"`
	Error  string         `json:"error,omitempty"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer() error {
	var question Question
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		return err
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: question.Kubeconfig},
		&clientcmd.ConfigOverrides{CurrentContext: question.Context}).ClientConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	connection, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	manager := ssa.NewResourceManager(connection, nil, ssa.Owner{Field: "kustomize-controller", Group: group})
	verdicts := make([]Verdict, 0, len(question.Objects))
	for index := range question.Objects {
		verdicts = append(verdicts, verdictOf(manager, &question.Objects[index], question.Ignore))
	}
	return json.NewEncoder(os.Stdout).Encode(verdicts)
}

// verdictOf uses the selectors of kustomize-controller's applies.
func verdictOf(manager *ssa.ResourceManager, object *unstructured.Unstructured, ignore []jsondiff.IgnoreRule) Verdict {
	change, live, merged, err := manager.Diff(context.Background(), object, ssa.DiffOptions{
		Exclusions:           map[string]string{group + "/reconcile": "Disabled", group + "/ssa": "Ignore"},
		IfNotPresentSelector: map[string]string{group + "/ssa": "IfNotPresent"},
		ForceSelector:        map[string]string{group + "/force": "Enabled"},
		DriftIgnoreRules:     ignore,
	})
	if err != nil {
		return Verdict{Action: "refused", Error: err.Error()}
	}
	verdict := Verdict{Action: string(change.Action)}
	if live != nil && merged != nil {
		verdict.Live, verdict.Merged = live.Object, merged.Object
	}
	return verdict
}
