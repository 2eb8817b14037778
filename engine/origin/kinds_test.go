package origin

import (
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    team: shop
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.25
          envFrom:
            - configMapRef:
                name: settings
          env:
            - name: HOST
              value: ${host:=localhost}
`

var overlayFiles = map[string]string{
	"base/web.yaml":           web,
	"base/kustomization.yaml": "resources:\n  - web.yaml\n",
	"prod/.env":               "LEVEL=info\nDB_URL=postgres://db\n",
	"prod/app.conf":           "listen 80\nroot /srv\n",
	"prod/labels.yaml":        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: front\n",
	"prod/kustomization.yaml": `resources:
  - ../base
namespace: production
images:
  - name: nginx
    newTag: "1.27"
replicas:
  - name: web
    count: 3
configMapGenerator:
  - name: settings
    envs: [.env]
    files: [app.conf]
    literals:
      - MODE=fast
patches:
  - path: labels.yaml
  - target: { kind: Deployment, name: web }
    patch: |-
      - op: add
        path: /spec/template/spec/priorityClassName
        value: high
`,
}

type question struct {
	object  Object
	pointer string
	// want is kind, path and text of the line of the first place.
	kind, path, line string
}

var (
	deployment = Object{Group: "apps", Kind: "Deployment", Namespace: "production", Name: "web"}
	overlayOf  = model.Source{Kind: "kustomize", Path: "prod"}
)

func ask(t *testing.T, files map[string]string, source model.Source, questions []question) {
	t.Helper()
	a := app{name: "app", root: testfiles.Tree(t, files), source: source}
	for _, q := range questions {
		if q.object.Kind == "ConfigMap" && q.object.Name == "" {
			for _, object := range a.render(t, nil, source).Result.Objects {
				if o := objectOf(object); o.Kind == "ConfigMap" {
					q.object = o
				}
			}
		}
		result := a.origin(t, q.object, q.pointer)
		if q.kind == "" {
			if len(result.Places) > 0 {
				t.Errorf("%s: want no place, got %+v", q.pointer, result.Places)
			}
			continue
		}
		if len(result.Places) == 0 {
			t.Errorf("%s: no place", q.pointer)
			continue
		}
		first := result.Places[0]
		text := files[first.Path]
		line := ""
		if lines := strings.Split(text, "\n"); first.Line > 0 && first.Line <= len(lines) {
			line = strings.TrimSpace(lines[first.Line-1])
		}
		if first.Source != "" {
			line = first.Source
		}
		if first.Kind != q.kind || first.Path != q.path || line != q.line {
			t.Errorf("%s:\n got %+v %q\nwant %s %s %q", q.pointer, first, line, q.kind, q.path, q.line)
		}
	}
}

func TestPlacesOfAnOverlay(t *testing.T) {
	settings := Object{Kind: "ConfigMap"}
	ask(t, overlayFiles, overlayOf, []question{
		{deployment, "/metadata/labels/team", "node", "base/web.yaml", "team: shop"},
		{deployment, "/metadata/labels/tier", "patch", "prod/labels.yaml", "tier: front"},
		{deployment, "/metadata/namespace", "transformer", "prod/kustomization.yaml", "namespace: production"},
		{deployment, "/spec/replicas", "transformer", "prod/kustomization.yaml", "count: 3"},
		{deployment, "/spec/template/spec/containers/0/image", "transformer", "prod/kustomization.yaml", `newTag: "1.27"`},
		{deployment, "/spec/template/spec/priorityClassName", "patch", "prod/kustomization.yaml", "value: high"},
		{settings, "/data/LEVEL", "generator", "prod/.env", "LEVEL=info"},
		{settings, "/data/MODE", "generator", "prod/kustomization.yaml", "- MODE=fast"},
		{settings, "/data/app.conf", "generator", "prod/app.conf", "listen 80"},
		// An overridden value is no place, nor is what does not exist.
		{deployment, "/spec/nothing", "", "", ""},
		{Object{Kind: "Deployment", Group: "apps", Name: "other"}, "/spec/replicas", "", "", ""},
	})
}

func TestPlacesOfFlux(t *testing.T) {
	source := model.Source{Kind: "flux", Path: "base", Variables: map[string]string{"unused": "x"}, Kustomization: map[string]any{
		"spec": map[string]any{
			"targetNamespace": "production",
			"patches": []any{map[string]any{
				"target": map[string]any{"kind": "Deployment"},
				"patch":  "- op: replace\n  path: /spec/replicas\n  value: 7\n",
			}},
			"postBuild": map[string]any{"substitute": map[string]any{"host": "shop.example"}},
		},
	}}
	ask(t, overlayFiles, source, []question{
		{deployment, "/spec/template/spec/containers/0/env/0/value", "substitution", "", "/kustomization/spec/postBuild/substitute/host"},
		{deployment, "/spec/replicas", "patch", "", "/kustomization/spec/patches/0/patch"},
		{deployment, "/metadata/namespace", "transformer", "", "/kustomization/spec/targetNamespace"},
		{deployment, "/metadata/labels/team", "node", "base/web.yaml", "team: shop"},
	})
}

var chartFiles = map[string]string{
	"chart/Chart.yaml":  "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: 9.8.7\n",
	"chart/values.yaml": "image:\n  repository: nginx\n  tag: \"\"\nreplicas: 2\nport: 80\nhost: a.example\ndebug: false\nresources:\n  limits:\n    memory: 64Mi\n",
	"prod.yaml":         "host: b.example\nreplicas: 4\n",
	"last.yaml":         "replicas: 5\n",
	"chart/templates/_helpers.tpl": `{{- define "labels" -}}
app: {{ .Chart.Name }}
team: platform
{{- end }}
`,
	"chart/templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  minReadySeconds: 30
  revisionHistoryLimit: {{ if .Values.debug }}10{{ else }}3{{ end }}
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          env:
            - name: HOST
              value: {{ .Values.host | upper | quote }}
            - name: URL
              value: http://{{ .Values.host }}/
            - name: EXTRA
              value: {{ .Values.extra | quote }}
            - name: DEEP
              value: {{ .Values.deep.er | quote }}
`,
}

func TestPlacesOfAChart(t *testing.T) {
	source := model.Source{
		Kind: "helm", Path: "chart", ReleaseName: "shop", Namespace: "prod", ValueFiles: []string{"prod.yaml", "last.yaml"},
		ValuesText: "deep:\n  er: below\n", Parameters: []model.HelmParameter{{Name: "extra", Value: "given"}},
	}
	object := Object{Group: "apps", Kind: "Deployment", Name: "shop", Namespace: "prod"}
	containers := "/spec/template/spec/containers/0"
	template := "chart/templates/web.yaml"
	ask(t, chartFiles, source, []question{
		{object, "/spec/replicas", "value", "last.yaml", "replicas: 5"},
		{object, "/spec/minReadySeconds", "template", template, "minReadySeconds: 30"},
		{object, "/metadata/labels/team", "template", "chart/templates/_helpers.tpl", "team: platform"},
		{object, "/metadata/labels/app", "value", "chart/Chart.yaml", "name: web"},
		{object, "/metadata/name", "parameter", "", "/releaseName"},
		{object, containers + "/resources/limits/memory", "value", "chart/values.yaml", "memory: 64Mi"},
		{object, containers + "/env/1/value", "value", "prod.yaml", "host: b.example"},
		{object, containers + "/env/2/value", "parameter", "", "/parameters/0/value"},
		{object, containers + "/env/3/value", "inline-values", "", "/valuesText"},
		{object, containers + "/image", "value", "chart/Chart.yaml", "appVersion: 9.8.7"},
	})
}

func TestAConditionIsNamedAfterTheLineThatItChooses(t *testing.T) {
	a := chart("app", testfiles.Tree(t, chartFiles), "chart")
	a.source.ValuesText = "deep: {er: below}\n"
	object := Object{Group: "apps", Kind: "Deployment", Name: "shop"}
	for _, pointer := range []string{"/spec/revisionHistoryLimit", "/spec/template/spec/containers/0/env/0/value"} {
		places := a.origin(t, object, pointer).Places
		kinds := []string{}
		for _, place := range places {
			kinds = append(kinds, place.Kind+" "+place.Label)
		}
		if len(places) < 2 || places[0].Kind != "template" || places[1].Kind != "value" {
			t.Errorf("%s: %v", pointer, kinds)
		}
	}
}

func TestScalarsStandWhereTheySayTheyDo(t *testing.T) {
	text := "a: &x !!str one # c\nb: 'it''s'\nc: [\"q\\\"x\", {d: 2}]\nüé: *x\ne: |\n  f: inner\n  g: 3\nh: >-\n  folded\n  text\n---\ni: true\n"
	for _, s := range scalarsOf(text) {
		token := text[s.start:s.end]
		if s.form == bare && token != s.value {
			t.Errorf("%s: %q stands where %q should", s.pointer, token, s.value)
		}
		changed := written(text, s, "changed")
		if scalarsOf(changed) == nil {
			t.Errorf("%s: a text that is no YAML: %q", s.pointer, changed)
		}
	}
	pointers := []string{}
	for _, s := range scalarsOf(text) {
		pointers = append(pointers, s.pointer)
	}
	if got := strings.Join(pointers, " "); got != "/a /b /c/0 /c/1/d /e /e/f /e/g /h /i" {
		t.Error(got)
	}
}
