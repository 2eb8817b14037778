package applicationset

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/plumbline/plumbline/engine/model"
)

const (
	inClusterServer = "https://kubernetes.default.svc"
	secretTypeLabel = "argocd.argoproj.io/secret-type"
)

// clusters gives the parameters of the clusters that Argo CD knows: those of its cluster secrets, and
// its own where no secret describes it (applicationset/generators/cluster.go).
func (e *expansion) clusters(g *clustersGenerator) ([]map[string]any, error) {
	if e.request.Clusters == nil {
		return nil, &needError{model.ServerNeed{
			Generator: "clusters", Reason: "The clusters generator needs the list of clusters that Argo CD knows.",
		}}
	}
	selected, err := metav1.LabelSelectorAsSelector(&g.Selector)
	if err != nil {
		return nil, fmt.Errorf("the selector of the clusters generator is invalid: %w", err)
	}
	selects := len(g.Selector.MatchLabels)+len(g.Selector.MatchExpressions) > 0
	byName := map[string]model.SetCluster{}
	known, hasOwn := []model.SetCluster{}, false
	for _, cluster := range *e.request.Clusters {
		cluster = asSecret(cluster)
		if selected.Matches(labels.Set(cluster.Labels)) {
			byName[cluster.Name] = cluster
		}
		known = append(known, cluster)
		hasOwn = hasOwn || strings.TrimRight(cluster.Server, "/") == inClusterServer
	}
	if !hasOwn {
		known = append(known, model.SetCluster{Name: "in-cluster", Server: inClusterServer})
	}
	own, remote := []map[string]any{}, []map[string]any{}
	for _, cluster := range known {
		if secret, ok := byName[cluster.Name]; ok {
			remote = append(remote, e.clusterParams(secret))
		} else if !selects {
			own = append(own, map[string]any{
				"name": cluster.Name, "nameNormalized": cluster.Name, "server": cluster.Server, "project": "",
			})
		}
	}
	all := append(own, remote...)
	for _, params := range all {
		if err := e.addValues(g.Values, params); err != nil {
			return nil, err
		}
	}
	if g.FlatList {
		return []map[string]any{{"clusters": all}}, nil
	}
	return all, nil
}

// asSecret adds the label that makes a secret one of a cluster.
func asSecret(cluster model.SetCluster) model.SetCluster {
	all := map[string]string{secretTypeLabel: "cluster"}
	for key, value := range cluster.Labels {
		all[key] = value
	}
	cluster.Labels = all
	return cluster
}

func (e *expansion) clusterParams(cluster model.SetCluster) map[string]any {
	params := map[string]any{
		"name": cluster.Name, "nameNormalized": normalize(cluster.Name),
		"server": cluster.Server, "project": cluster.Project,
	}
	if e.set.Spec.GoTemplate {
		metadata := map[string]any{"labels": cluster.Labels}
		if len(cluster.Annotations) > 0 {
			metadata["annotations"] = cluster.Annotations
		}
		params["metadata"] = metadata
		return params
	}
	for key, value := range cluster.Annotations {
		params["metadata.annotations."+key] = value
	}
	for key, value := range cluster.Labels {
		params["metadata.labels."+key] = value
	}
	return params
}
