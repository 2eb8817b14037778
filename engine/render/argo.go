package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/strvals"
	k8sversion "k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// several renders the sources of one Application in their order and unites their objects: of those
// with one identity the last one stays (controller, DeduplicateTargetObjects). A source that is not at
// hand is missing and leaves the others; one that fails fails the whole, as in Argo CD.
func (r *run) several(source model.Source) ([]model.RenderedObject, error) {
	objects := []model.RenderedObject{}
	failed := false
	for _, part := range source.Parts {
		if part.Missing != nil {
			r.missing = append(r.missing, *part.Missing)
			continue
		}
		if part.Source == nil {
			continue
		}
		if absent := r.absentMount(*part.Source); absent != nil {
			r.missing = append(r.missing, missingBase(*absent, ""))
			continue
		}
		found, err := r.render(*part.Source)
		if err != nil && err != errFailed {
			r.problems = append(r.problems, r.failure(part.Source.Path, "render", err))
		}
		failed = failed || err != nil
		objects = append(objects, found...)
	}
	if failed {
		return nil, errFailed
	}
	return r.lastOfEach(objects, source.Namespace), nil
}

// lastOfEach keeps the last object of each identity, in the order in which they were made.
func (r *run) lastOfEach(objects []model.RenderedObject, namespace string) []model.RenderedObject {
	keys := make([]string, len(objects))
	counts := map[string]int{}
	for i, object := range objects {
		keys[i] = identity(object, namespace)
		counts[keys[i]]++
	}
	kept := make([]model.RenderedObject, 0, len(objects))
	seen := map[string]int{}
	for i, object := range objects {
		key := keys[i]
		seen[key]++
		if key != "" && seen[key] < counts[key] {
			continue
		}
		if key != "" && counts[key] > 1 {
			problem := documents.Failure(object.Origin.Path, "repeated-resource", fmt.Sprintf(
				"Resource %s appeared %d times among application resources; the last one counts.", key, counts[key]))
			problem.Severity, problem.Location.Line = model.SeverityWarning, object.Origin.Line
			r.problems = append(r.problems, problem)
		}
		kept = append(kept, object)
	}
	return kept
}

// identity is how Argo CD writes a resource key; empty for an object that is named by the cluster.
func identity(object model.RenderedObject, namespace string) string {
	var top struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
	}
	if json.Unmarshal(object.Object, &top) != nil || top.Metadata.Name == "" {
		return ""
	}
	group, _, grouped := strings.Cut(top.APIVersion, "/")
	if !grouped {
		group = ""
	}
	if openapi.IsCertainlyClusterScoped(kyaml.TypeMeta{APIVersion: top.APIVersion, Kind: top.Kind}) {
		namespace = ""
	} else if top.Metadata.Namespace != "" {
		namespace = top.Metadata.Namespace
	}
	return strings.Join([]string{group, top.Kind, namespace, top.Metadata.Name}, "/")
}

// capabilitiesOf puts the versions that a source names in the place of those of its destination
// (GetKubeVersionOrDefault, GetAPIVersionsOrDefault).
func capabilitiesOf(given *model.Capabilities, source model.Source) *model.Capabilities {
	named := namedCapabilities(given, source)
	if source.Helm != 3 || named == nil {
		return named
	}
	plain := *named
	plain.KubeVersion = plainVersion(named.KubeVersion)
	return &plain
}

// plainVersion is a version without what its vendor appends, which Argo CD keeps from Helm
// (parseKubeVersion).
func plainVersion(text string) string {
	if parsed, err := k8sversion.ParseGeneric(text); err == nil {
		return parsed.String()
	}
	return text
}

func namedCapabilities(given *model.Capabilities, source model.Source) *model.Capabilities {
	if source.KubeVersion == "" && len(source.APIVersions) == 0 {
		return given
	}
	named := model.Capabilities{KubeVersion: common.DefaultCapabilities.KubeVersion.Version, AddToBuiltIn: true}
	if given != nil {
		named = *given
	}
	if source.KubeVersion != "" {
		named.KubeVersion = source.KubeVersion
	}
	if len(source.APIVersions) > 0 {
		named.APIVersions, named.AddToBuiltIn = source.APIVersions, true
	}
	return &named
}

// fileParameters applies --set-file, which Helm does last.
func (r *run) fileParameters(values map[string]any, source model.Source) error {
	for _, parameter := range source.FileParameters {
		read := func(_ []rune) (any, error) {
			text, err := r.layer.Read(parameter.Path)
			return string(text), err
		}
		if _, err := r.layer.Read(parameter.Path); err != nil {
			return r.fail(parameter.Path, "helm-parameter", fmt.Sprintf(
				"The file of the parameter %s cannot be had: %s", parameter.Name, readFailure(parameter.Path, err)))
		}
		if err := strvals.ParseIntoFile(parameter.Name+"=file", values, read); err != nil {
			return r.fail(source.Path, "helm-parameter", fmt.Sprintf("The parameter %s cannot be set.", parameter.Name))
		}
	}
	return nil
}

// withPresentComponents leaves out the components that are not there where the Application says so.
func (r *run) withPresentComponents(folder string, overrides *model.KustomizeOverrides) *model.KustomizeOverrides {
	if !overrides.IgnoreMissingComponents {
		return overrides
	}
	present := *overrides
	present.Components = []string{}
	for _, component := range overrides.Components {
		if _, err := r.layer.Stat(files.Join(folder, component)); err == nil {
			present.Components = append(present.Components, component)
		}
	}
	return &present
}

// chartItself is the folder that stands for a fetched chart in the paths of its own values files.
const chartItself = files.Mounts + "/chart/"

func inChart(folder string, names []string) []string {
	placed := make([]string, len(names))
	for i, name := range names {
		placed[i] = name
		if below, ok := strings.CutPrefix(name, chartItself); ok {
			placed[i] = files.Join(folder, below)
		}
	}
	return placed
}
