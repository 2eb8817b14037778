package origin

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// layered is an app whose fields are set again in layers, and the layer that sets each last.
type layered struct {
	files  map[string]string
	source model.Source
	// decides gives the text of the deciding line and its file by pointer.
	decides map[string][2]string
}

// overlays is a base with overlays over it, each of which sets some of the fields.
func overlays(random *rand.Rand) layered {
	l := layered{files: map[string]string{}, decides: map[string][2]string{}}
	set := func(pointer, file, line string) { l.decides[pointer] = [2]string{file, line} }
	image := fmt.Sprintf("image: app:%d.0", random.IntN(90)+10)
	l.files["l0/web.yaml"] = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    own: base-label\nspec:\n" +
		"  replicas: 1\n  minReadySeconds: 11\n  template:\n    spec:\n      containers:\n        - name: web\n          " + image + "\n"
	l.files["l0/kustomization.yaml"] = "resources: [web.yaml]\n"
	set("/spec/replicas", "l0/web.yaml", "replicas: 1")
	set("/spec/minReadySeconds", "l0/web.yaml", "minReadySeconds: 11")
	set("/metadata/labels/own", "l0/web.yaml", "own: base-label")
	set("/spec/template/spec/containers/0/image", "l0/web.yaml", image)
	depth := 1 + random.IntN(4)
	for i := 1; i <= depth; i++ {
		folder := fmt.Sprintf("l%d", i)
		text := &strings.Builder{}
		fmt.Fprintf(text, "resources:\n  - ../l%d\n", i-1)
		file := folder + "/kustomization.yaml"
		if random.IntN(2) == 0 {
			fmt.Fprintf(text, "replicas:\n  - name: web\n    count: %d\n", i+20)
			set("/spec/replicas", file, fmt.Sprintf("count: %d", i+20))
		}
		if random.IntN(2) == 0 {
			fmt.Fprintf(text, "images:\n  - name: app\n    newTag: v%d-tag\n", i)
			set("/spec/template/spec/containers/0/image", file, fmt.Sprintf("newTag: v%d-tag", i))
		}
		switch random.IntN(4) {
		case 0:
			fmt.Fprintf(text, "patches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: replace\n        path: /spec/minReadySeconds\n        value: %d\n", i+40)
			set("/spec/minReadySeconds", file, fmt.Sprintf("value: %d", i+40))
		case 1:
			patch := folder + "/patch.yaml"
			fmt.Fprint(text, "patches:\n  - path: patch.yaml\n")
			l.files[patch] = fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    own: patched-%d\n", i)
			set("/metadata/labels/own", patch, fmt.Sprintf("own: patched-%d", i))
		case 2:
			fmt.Fprintf(text, "labels:\n  - pairs:\n      own: common-%d\n", i)
			set("/metadata/labels/own", file, fmt.Sprintf("own: common-%d", i))
		}
		l.files[file] = text.String()
	}
	l.source = model.Source{Kind: "kustomize", Path: fmt.Sprintf("l%d", depth)}
	return l
}

// chartWithValues is a chart with values files, each of which sets some of the keys.
func chartWithValues(random *rand.Rand) layered {
	l := layered{files: map[string]string{}, decides: map[string][2]string{}}
	keys := []string{"one", "two", "three", "four"}
	template := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  fixed: literal\n"
	wraps := []string{"{{ .Values.%s }}", "{{ .Values.%s | quote }}", "\"{{ .Values.%s }}\"", "pre-{{ .Values.%s }}-post", "{{ printf \"%%s/x\" .Values.%s }}", "{{ .Values.%s | b64enc }}"}
	values := "deep: {}\n"
	for _, key := range keys {
		template += "  " + key + ": " + fmt.Sprintf(wraps[random.IntN(len(wraps))], key) + "\n"
		values += key + ": " + key + "-default\n"
		l.decides["/data/"+key] = [2]string{"chart/values.yaml", key + ": " + key + "-default"}
	}
	l.decides["/data/fixed"] = [2]string{"chart/templates/map.yaml", "fixed: literal"}
	l.files["chart/Chart.yaml"] = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
	l.files["chart/values.yaml"] = values
	l.files["chart/templates/map.yaml"] = template
	l.source = model.Source{Kind: "helm", Path: "chart", ReleaseName: "r", Namespace: "ns"}
	for i := range random.IntN(4) {
		file, text := fmt.Sprintf("values-%d.yaml", i), "other: true\n"
		for _, key := range keys {
			if random.IntN(3) == 0 {
				line := fmt.Sprintf("%s: %s-of-%d", key, key, i)
				text += line + "\n"
				l.decides["/data/"+key] = [2]string{file, line}
			}
		}
		l.files[file] = text
		l.source.ValueFiles = append(l.source.ValueFiles, file)
	}
	return l
}

// The generator knows which layer has the last word; nothing of it is told to what is asked.
func TestTheLastLayerThatSetsAFieldIsNamedFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for i := range 40 {
		made := overlays(random)
		object := Object{Group: "apps", Kind: "Deployment", Name: "web"}
		if i%2 == 1 {
			made = chartWithValues(random)
			object = Object{Kind: "ConfigMap", Name: "web"}
		}
		a := app{name: fmt.Sprint(i), root: testfiles.Tree(t, made.files), source: made.source}
		for pointer, want := range made.decides {
			places := a.origin(t, object, pointer).Places
			if len(places) == 0 {
				t.Errorf("app %d %s: no place, want %v", i, pointer, want)
				continue
			}
			line := strings.TrimSpace(strings.Split(made.files[places[0].Path], "\n")[max(0, places[0].Line-1)])
			if places[0].Path != want[0] || line != want[1] {
				t.Errorf("app %d %s: got %s %q, want %v\n%v", i, pointer, places[0].Path, line, want, made.files)
			}
		}
	}
}
