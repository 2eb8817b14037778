package render

import (
	"fmt"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

func (h *helmRelease) checkInstallable() error {
	if version := h.chart.Metadata.APIVersion; version != chart.APIVersionV1 && version != chart.APIVersionV2 {
		return h.fail(h.chartFile("Chart.yaml"), "helm-chart", fmt.Sprintf("Charts of apiVersion %s cannot be rendered.", version))
	}
	if kind := h.chart.Metadata.Type; kind != "" && kind != "application" {
		return h.fail(h.chartFile("Chart.yaml"), "helm-library", fmt.Sprintf("Charts of type %s are not installable.", kind))
	}
	return nil
}

// checkDependencies fails, as Helm does, when a dependency of Chart.yaml is not in charts/.
func (h *helmRelease) checkDependencies() error {
	present := map[string]bool{}
	for _, dependency := range h.chart.Dependencies() {
		present[dependency.Name()] = true
	}
	lacking := []string{}
	for _, dependency := range h.chart.Metadata.Dependencies {
		if !present[dependency.Name] {
			lacking = append(lacking, dependency.Name)
			h.reportMissing(dependency)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	problem := documents.Failure(h.chartFile("Chart.yaml"), "helm-dependency-missing",
		fmt.Sprintf("Chart.yaml names dependencies that are not in charts/: %s.", strings.Join(lacking, ", ")))
	problem.Location.Line = h.lineIn(h.chartFile("Chart.yaml"), "name: "+lacking[0])
	h.problems = append(h.problems, problem)
	return errFailed
}

func (h *helmRelease) reportMissing(dependency *chart.Dependency) {
	file := h.chartFile("Chart.yaml")
	h.missing = append(h.missing, model.Missing{
		Dependency: !strings.HasPrefix(dependency.Repository, "file://") && dependency.Repository != "",
		Kind:       "chart", Path: file, Line: h.lineIn(file, "name: "+dependency.Name),
		Reference: strings.TrimSpace(dependency.Name + " " + dependency.Version + " " + dependency.Repository),
	})
}

func (r *run) lineIn(file, wanted string) int {
	text, err := r.layer.Read(file)
	if err != nil {
		return 0
	}
	line := 1
	for candidate := range strings.Lines(string(text)) {
		if strings.Contains(candidate, wanted) {
			return line
		}
		line++
	}
	return 0
}

func (h *helmRelease) checkKubeVersion(capabilities *common.Capabilities) error {
	required := h.chart.Metadata.KubeVersion
	if required == "" {
		return nil
	}
	fits := chartutil.IsCompatibleRange(required, capabilities.KubeVersion.String())
	has := "the cluster has " + capabilities.KubeVersion.Version
	if h.capabilities == nil {
		h.assumed = true
		has = capabilities.KubeVersion.Version + " is assumed of the cluster"
	}
	if fits {
		return nil
	}
	file := h.chartFile("Chart.yaml")
	problem := documents.Failure(file, "kube-version", fmt.Sprintf(
		"The chart requires Kubernetes %s and %s.", required, has))
	problem.Location.Line = h.lineIn(file, "kubeVersion:")
	h.problems = append(h.problems, problem)
	return errFailed
}
