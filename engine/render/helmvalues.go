package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// values merges what stands over the chart's own values, in the precedence that the model gives.
func (r *run) values(source model.Source) (map[string]any, error) {
	merged := map[string]any{}
	for _, name := range source.ValueFiles {
		values, err := r.valueFile(name, source.IgnoreMissingValueFiles)
		if err != nil {
			return nil, err
		}
		merged = loader.MergeMaps(merged, values)
	}
	if source.ValuesText != "" {
		values, err := map[string]any(nil), error(nil)
		if fault := documents.AliasFault([]byte(source.ValuesText)); fault != nil {
			err = fault
		} else {
			values, err = r.loadValues([]byte(source.ValuesText))
		}
		if err != nil {
			return nil, r.fail(source.Path, "helm-values", "The inline values are not a YAML mapping.")
		}
		merged = loader.MergeMaps(merged, values)
	}
	inline := source.Values
	if len(source.ValuesFrom) > 0 {
		var err error
		if inline, err = r.releaseValues(source); err != nil {
			return nil, err
		}
	}
	merged = loader.MergeMaps(merged, inline)
	return merged, r.parameters(merged, source)
}

func (r *run) valueFile(name string, optional bool) (map[string]any, error) {
	text, err := r.layer.Read(name)
	if errors.Is(err, fs.ErrNotExist) && optional {
		return nil, nil
	}
	if err != nil {
		return nil, r.fail(name, "helm-value-file", "The values file "+readFailure(name, err))
	}
	if fault := documents.AliasFault(text); fault != nil {
		r.problems = append(r.problems, fault.Problem(name, 1))
		return nil, errFailed
	}
	values, err := r.loadValues(text)
	if err != nil {
		for _, part := range documents.Split(text) {
			if _, fault := cache.parse(part.Text); fault != nil && !fault.Warning {
				r.problems = append(r.problems, fault.Problem(name, part.Line))
				return nil, errFailed
			}
		}
		return nil, r.fail(name, "helm-values", fmt.Sprintf("The values file %s is not a YAML mapping.", name))
	}
	return values, nil
}

// loadValues reads all documents of a file, or as Helm 3 its first one.
func (r *run) loadValues(text []byte) (map[string]any, error) {
	if !r.helm3 {
		return loader.LoadValues(bytes.NewReader(text))
	}
	values := map[string]any{}
	return values, yaml.Unmarshal(text, &values)
}

// comma is one that --set would take for the end of a value.
var comma = regexp.MustCompile(`([^\\]),`)

// setValue escapes commas as Argo CD does (util/helm, cleanSetParameters): lists keep theirs.
func setValue(value string) string {
	if strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}") {
		return value
	}
	return comma.ReplaceAllString(value, `$1\,`)
}

// parameters applies --set and then --set-string, as Helm does whatever the order of its arguments.
func (r *run) parameters(values map[string]any, source model.Source) error {
	for _, forceString := range []bool{false, true} {
		for _, parameter := range source.Parameters {
			if parameter.ForceString != forceString {
				continue
			}
			parse := strvals.ParseInto
			if forceString {
				parse = strvals.ParseIntoString
			}
			if err := parse(parameter.Name+"="+setValue(parameter.Value), values); err != nil {
				return r.fail(source.Path, "helm-parameter", fmt.Sprintf("The parameter %s cannot be set.", parameter.Name))
			}
		}
	}
	if err := r.fileParameters(values, source); err != nil {
		return err
	}
	return r.arguments(values, source)
}

// chartValues replaces the chart's values.yaml by a merge of other files, as Flux's
// source-controller packs a chart with spec.valuesFiles.
func (r *run) chartValues(target *chart.Chart, folder string, source model.Source) error {
	if len(source.ChartValueFiles) == 0 {
		return nil
	}
	merged := map[string]any{}
	for _, name := range source.ChartValueFiles {
		if source.Chart != nil {
			// Of a chart of a repository, they are its own files.
			name = files.Join(folder, name)
		}
		values, err := r.valueFile(name, source.IgnoreMissingValueFiles)
		if err != nil {
			return err
		}
		merged = loader.MergeMaps(merged, values)
	}
	target.Values = merged
	return nil
}
