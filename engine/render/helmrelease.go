package render

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/fluxcd/pkg/apis/meta"
	fluxchartutil "github.com/fluxcd/pkg/chartutil"
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubeclient "sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

// releaseValues merges spec.valuesFrom and spec.values of a HelmRelease with helm-controller's own
// package, whose result is not always what its documentation says: an inline scalar at the top level
// wins over a targetPath, a nested one does not.
func (r *run) releaseValues(source model.Source) (map[string]any, error) {
	data := &valuesData{objects: map[string]map[string]string{}}
	references := []meta.ValuesReference{}
	for _, reference := range source.ValuesFrom {
		text, err := r.referencedText(source, reference)
		if err != nil {
			return nil, err
		}
		if text == nil {
			continue
		}
		if reference.TargetPath == "" {
			if fault := documents.AliasFault([]byte(*text)); fault != nil {
				return nil, r.fail(source.Path, "helm-values", referenceLabel(reference)+" has too many aliases.")
			}
		}
		known := meta.ValuesReference{
			Kind: reference.Kind, Name: reference.Name, ValuesKey: reference.ValuesKey,
			TargetPath: reference.TargetPath, Optional: reference.Optional, Literal: reference.Literal,
		}
		data.add(known, *text)
		references = append(references, known)
	}
	values, _ := copied(source.Values).(map[string]any)
	merged, err := fluxchartutil.ChartValuesFromReferences(context.Background(), logr.Discard(), data, "", values, references...)
	if err != nil {
		return nil, r.fail(source.Path, "helm-values", valuesSentence(err))
	}
	return merged, nil
}

// referencedText is what a key holds; nil where it is encrypted or not known.
func (r *run) referencedText(source model.Source, reference model.ValuesReference) (*string, error) {
	if reference.Unresolved != nil {
		return nil, nil
	}
	if reference.File == "" {
		return &reference.Text, nil
	}
	data, err := r.layer.Read(reference.File)
	if err != nil {
		return nil, r.fail(reference.File, "helm-value-file", "The file of "+referenceLabel(reference)+" cannot be had: "+readFailure(reference.File, err))
	}
	if encrypted.Match(data) {
		problem := documents.Failure(reference.File, "unresolved-values",
			"The values of "+referenceLabel(reference)+" are encrypted; the result lacks them and is incomplete.")
		problem.Severity = model.SeverityWarning
		r.problems = append(r.problems, problem)
		return nil, nil
	}
	text := string(data)
	return &text, nil
}

// encrypted finds a value of SOPS; in each format the checksum is one.
var encrypted = regexp.MustCompile(`ENC\[AES256_GCM,data:`)

func referenceLabel(reference model.ValuesReference) string {
	key := reference.ValuesKey
	if key == "" {
		key = "values.yaml"
	}
	return fmt.Sprintf("%s %s, key %s", reference.Kind, reference.Name, key)
}

// valuesSentence names the reference and never what it holds, which may be secret.
func valuesSentence(err error) string {
	var failed *fluxchartutil.ErrValuesReference
	if !errors.As(err, &failed) {
		return "The values cannot be merged."
	}
	label := fmt.Sprintf("%s %s, key %s", failed.Kind, failed.Name.Name, failed.Key)
	switch {
	case errors.Is(failed, fluxchartutil.ErrValuesDataRead):
		return "The values of " + label + " are not a YAML mapping."
	case errors.Is(failed, fluxchartutil.ErrValueMerge):
		return "The value of " + label + " cannot be set at its targetPath."
	}
	return "The values of " + label + " cannot be merged."
}

// valuesData answers as the cluster would for the objects that are known. Nothing else of the
// interface is called.
type valuesData struct {
	kubeclient.Client
	objects map[string]map[string]string
}

func (v *valuesData) add(reference meta.ValuesReference, text string) {
	id := reference.Kind + "/" + reference.Name
	if v.objects[id] == nil {
		v.objects[id] = map[string]string{}
	}
	v.objects[id][reference.GetValuesKey()] = text
}

func (v *valuesData) Get(_ context.Context, key kubeclient.ObjectKey, object kubeclient.Object, _ ...kubeclient.GetOption) error {
	switch object := object.(type) {
	case *corev1.ConfigMap:
		if data, ok := v.objects["ConfigMap/"+key.Name]; ok {
			object.Data = data
			return nil
		}
	case *corev1.Secret:
		if data, ok := v.objects["Secret/"+key.Name]; ok {
			object.Data = map[string][]byte{}
			for name, text := range data {
				object.Data[name] = []byte(text)
			}
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}
