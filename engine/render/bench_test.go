package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// unit is a Deployment with its Service, as in test/bench/inputs.ts.
const unit = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: unit-#
  labels:
    app.kubernetes.io/name: unit-#
    app.kubernetes.io/part-of: bench
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: unit-#
      app.kubernetes.io/part-of: bench
  template:
    metadata:
      labels:
        app.kubernetes.io/name: unit-#
        app.kubernetes.io/part-of: bench
    spec:
      containers:
        - name: app
          image: registry.acme.example/bench/unit-#:1.0.0
          ports:
            - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: unit-#
spec:
  selector:
    app.kubernetes.io/name: unit-#
    app.kubernetes.io/part-of: bench
  ports:
    - port: 80
      targetPort: 8080
`

const overlayOfUnits = `namespace: bench
namePrefix: prod-
resources:
  - ../base
labels:
  - pairs: { environment: production }
images:
  - name: registry.acme.example/bench/unit-0
    newTag: "2.0.0"
replicas:
  - name: unit-0
    count: 3
configMapGenerator:
  - name: settings
    literals: [LOG_LEVEL=info]
patches:
  - target: { kind: Deployment, name: unit-1 }
    patch: |-
      - op: add
        path: /spec/template/spec/priorityClassName
        value: high
`

func unitsTree(units int) map[string]string {
	texts := map[string]string{"overlay/kustomization.yaml": overlayOfUnits}
	names := strings.Builder{}
	for i := range units {
		texts[fmt.Sprintf("base/unit-%d.yaml", i)] = strings.ReplaceAll(unit, "#", fmt.Sprint(i))
		fmt.Fprintf(&names, "  - unit-%d.yaml\n", i)
	}
	texts["base/kustomization.yaml"] = "resources:\n" + names.String()
	return texts
}

func BenchmarkKustomize(b *testing.B) {
	for _, units := range []int{5, 50, 200} {
		b.Run(fmt.Sprint(units), func(b *testing.B) {
			root := testfiles.Tree(b, unitsTree(units))
			disk, closer, err := files.OpenDisk(root)
			if err != nil {
				b.Fatal(err)
			}
			defer closer.Close()
			request := model.RenderRequest{
				Snapshot: model.Snapshot{Root: root}, Source: model.Source{Kind: "kustomize", Path: "overlay"},
			}
			for b.Loop() {
				if got := Render(Input{Layer: files.NewLayer(disk)}, request); got.Kind != "rendered" {
					b.Fatal(got.Kind)
				}
			}
		})
	}
}
