package origin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
	"github.com/plumbline/plumbline/engine/testfiles"
)

var releaseFiles = map[string]string{
	"chart/Chart.yaml":          "apiVersion: v2\nname: web\nversion: 1.2.3\n",
	"chart/values.yaml":         "host: default.example\nport: 80\ntoken: none\nmode: slow\n",
	"chart/templates/_head.tpl": "",
	"chart/templates/map.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  host: {{ .Values.host }}
  port: {{ .Values.port | quote }}
  token: {{ .Values.token }}
  mode: {{ .Values.mode }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.25
`,
}

func TestPlacesOfAHelmRelease(t *testing.T) {
	source := model.Source{
		Kind: "helm", Path: "chart", ReleaseName: "shop", Namespace: "prod",
		ValuesFrom: []model.ValuesReference{
			{Kind: "ConfigMap", Name: "values", Text: "# of the team\nhost: team.example\nport: 81\n"},
			{Kind: "ConfigMap", Name: "one", Text: "{port: 82}"},
			{Kind: "Secret", Name: "token", ValuesKey: "token", TargetPath: "token", Text: "given"},
		},
		Values: map[string]any{"mode": "fast"},
		PostRenderers: []model.PostRenderer{{Kustomize: json.RawMessage(
			`{"images": [{"name": "nginx", "newTag": "1.27"}], "patches": [{"target": {"kind": "Deployment"}, "patch": "- op: replace\n  path: /spec/replicas\n  value: 3\n"}]}`,
		)}},
	}
	settings := Object{Kind: "ConfigMap", Name: "settings", Namespace: "prod"}
	web := Object{Group: "apps", Kind: "Deployment", Name: "web", Namespace: "prod"}
	ask(t, releaseFiles, source, []question{
		{settings, "/data/host", "value", "", "/valuesFrom/0/text"},
		{settings, "/data/port", "value", "", "/valuesFrom/1/text"},
		{settings, "/data/token", "value", "", "/valuesFrom/2/text"},
		{settings, "/data/mode", "inline-values", "", "/values/mode"},
		{web, "/spec/replicas", "patch", "", "/postRenderers/0/kustomize/patches/0/patch"},
		{web, "/spec/template/spec/containers/0/image", "transformer", "", "/postRenderers/0/kustomize/images/0/newTag"},
	})
	a := app{name: "release", root: testfiles.Tree(t, releaseFiles), source: source}
	if first := a.origin(t, settings, "/data/host").Places[0]; first.Line != 2 {
		t.Errorf("the line within the text: %+v", first)
	}
}

func TestPlacesOfAPipeline(t *testing.T) {
	source := model.Source{Kind: "helm", Path: "chart", ReleaseName: "shop", PushSource: model.PushSource{
		Arguments: []model.HelmArgument{{Flag: "set", Text: "host=set.example"}, {Flag: "set-string", Text: "port=83"}},
	}}
	settings := Object{Kind: "ConfigMap", Name: "settings"}
	ask(t, releaseFiles, source, []question{
		{settings, "/data/host", "parameter", "", "/arguments/0/text"},
		{settings, "/data/port", "parameter", "", "/arguments/1/text"},
		{settings, "/data/mode", "value", "chart/values.yaml", "mode: slow"},
	})
}

func TestPlacesOfJsonnet(t *testing.T) {
	files := map[string]string{
		"apps/map.jsonnet": `function(host) {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "m"}, data: {host: host, mode: std.extVar("mode"),
  fixed: 'here', "quoted": "there", size: std.toString(12)}}`,
	}
	source := model.Source{Kind: "directory", Path: "apps", ArgoSource: model.ArgoSource{Jsonnet: &model.Jsonnet{
		TLAs: []model.JsonnetVar{{Name: "host", Value: "a.example"}}, ExtVars: []model.JsonnetVar{{Name: "mode", Value: "fast"}},
	}}}
	object := Object{Kind: "ConfigMap", Name: "m"}
	ask(t, files, source, []question{
		{object, "/data/host", "parameter", "", "/jsonnet/tlas/0/value"},
		{object, "/data/mode", "parameter", "", "/jsonnet/extVars/0/value"},
		{object, "/data/fixed", "node", "apps/map.jsonnet", `fixed: 'here', "quoted": "there", size: std.toString(12)}}`},
	})
}

func TestPlacesInFetchedCharts(t *testing.T) {
	cache, err := chartcache.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	digest, err := cache.Store(packed(t, releaseFiles))
	if err != nil {
		t.Fatal(err)
	}
	mount := files.Join(files.Mounts, strings.TrimPrefix(digest, "sha256:"))
	a := app{name: "fetched", root: testfiles.Tree(t, map[string]string{"prod.yaml": "mode: fast\n"}), source: model.Source{
		Kind: "helm", Path: "app.yaml", ReleaseName: "shop", ValueFiles: []string{"prod.yaml"},
		Chart: &model.ChartReference{Name: "web", Version: "1.2.3", Digest: digest},
	}}
	find := func(kind, name, pointer string) Place {
		t.Helper()
		result, err := Find(context.Background(), Input{Tree: a.disk(t), Render: render.Input{Charts: cache}}, Request{
			RenderRequest: model.RenderRequest{Snapshot: model.Snapshot{Root: a.root}, Source: a.source, Capabilities: capabilities},
			Object:        Object{Kind: kind, Name: name}, Pointer: pointer,
		})
		if err != nil || len(result.Places) == 0 {
			t.Fatalf("%s: %v %+v", pointer, err, result)
		}
		return result.Places[0]
	}
	for pointer, want := range map[string]Place{
		"/data/mode": {Path: "prod.yaml", Line: 1, Column: 7, Kind: "value", Label: "prod.yaml: mode", Direct: true},
		"/data/host": {Path: mount + "/values.yaml", Line: 1, Column: 7, Kind: "value", Label: mount + "/values.yaml: host", Direct: true},
		"/metadata/name": {
			Path: mount + "/templates/map.yaml", Line: 4, Column: 9, Kind: "template", Label: mount + "/templates/map.yaml: line 4", Direct: true,
		},
	} {
		if got := find("ConfigMap", "settings", pointer); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", pointer, got, want)
		}
	}
}

// packed is a chart as Helm packs it.
func packed(t *testing.T, texts map[string]string) []byte {
	t.Helper()
	var data bytes.Buffer
	zipped := gzip.NewWriter(&data)
	archive := tar.NewWriter(zipped)
	for name, text := range texts {
		below := "web/" + strings.TrimPrefix(name, "chart/")
		if err := archive.WriteHeader(&tar.Header{Name: below, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}
