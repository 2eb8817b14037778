package render

import (
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"os"
	"testing"
)

func benchR(b *testing.B, s model.Source) {
	if _, err := os.Stat("/tmp/perf"); err != nil {
		b.Skip()
	}
	disk, c, _ := files.OpenDisk("/tmp/perf")
	defer c.Close()
	for b.Loop() {
		o := Render(files.NewLayer(disk), model.RenderRequest{Snapshot: model.Snapshot{Root: "/tmp/perf"}, Source: s, Capabilities: &model.Capabilities{KubeVersion: "v1.36.0"}}, "")
		if o.Kind != "rendered" {
			b.Fatal(o)
		}
	}
}
func BenchmarkK(b *testing.B) { benchR(b, model.Source{Kind: "kustomize", Path: "k"}) }
func BenchmarkH(b *testing.B) {
	benchR(b, model.Source{Kind: "helm", Path: "c", ReleaseName: "r", Namespace: "n"})
}
