package render

import (
	"fmt"

	"github.com/plumbline/plumbline/engine/model"
)

// releasedChart mounts the chart that Helm keeps in the Secret of a release, where it is one that is
// asked for: the user may have no login to where the controller has it from.
func (r *run) releasedChart(wanted model.ChartReference) (string, bool) {
	if r.cluster == nil || r.cluster.Chart == nil || wanted.Digest != "" {
		return "", false
	}
	kept := r.cluster.Chart
	fits := wanted.Version == "" || wanted.Version == kept.Version || inRange(kept.Version, wanted.Version)
	if kept.Name != wanted.Name || !fits {
		return "", false
	}
	texts := make(map[string]string, len(kept.Files))
	for _, file := range kept.Files {
		texts[file.Path] = string(file.Data)
	}
	r.lookups = append(r.lookups, model.UsedChart{
		Name: wanted.Name, Repository: wanted.Repository, Version: kept.Version, Release: kept.Release,
	})
	return r.layer.Mount(fmt.Sprintf("release-%d", kept.Release), texts), true
}
