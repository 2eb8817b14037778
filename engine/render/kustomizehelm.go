package render

import "sigs.k8s.io/kustomize/api/types"

func (p *preparation) charts(kustomization *types.Kustomization) {
	for _, chart := range kustomization.HelmCharts {
		p.leaveOut("chart", chart.Name+" "+chart.Version+" "+chart.Repo)
	}
	kustomization.HelmCharts = nil
}
