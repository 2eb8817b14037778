package render

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/testfiles"
)

var names3 = []string{"web", "api", "db"}

// resource is one object with references to others, in flow or block style, and its kind.
func (g *grammar) resource(kind, name string) string {
	meta := fmt.Sprintf("{name: %s%s%s}", name, pick(g, "", "", ", namespace: apps"), pick(g, "", ", labels: {app: "+name+"}", ", annotations: {note: \"x: y\"}"))
	head := func(version string) string {
		return fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: %s\n", version, kind, meta)
	}
	image := pick(g, "nginx", "nginx:1.2", "registry.example:5000/app:v1", "app@sha256:aaaa", "redis:7@sha256:bbbb")
	switch kind {
	case "Deployment", "StatefulSet":
		return head("apps/v1") + fmt.Sprintf(`spec:
  replicas: %d
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: %s}}
    spec:
      serviceAccountName: %s
      containers:
        - name: main
          image: %q
          args: ["$(VAR)", %q]
          env:
            - name: A
              value: %s
            - {name: B, valueFrom: {configMapKeyRef: {name: %s, key: a}}}
        - {name: side, image: nginx, ports: [{containerPort: 80}], resources: %s}
      volumes: [{name: v, secret: {secretName: %s}}]
`, g.Intn(4), name, name, pick(g, names3...), image, g.key(), pick(g, `"x"`, `"1"`, "|-\n                two\n                lines"), pick(g, names3...),
			pick(g, "{}", "", "{limits: {cpu: 1}}"), pick(g, names3...))
	case "Service":
		return head("v1") + fmt.Sprintf("spec: {selector: {app: %s}, ports: [{port: %d, name: http}]}\n", name, 80+g.Intn(3))
	case "ConfigMap":
		return head("v1") + "data:\n" + pick(g, "  a: \"1\"\n", "  a: |\n    x\n    y\n  b: 'c'\n", "  a: >-\n    f\n    g\n", "  a: >-\n    f(\n      g\n    )\n  b: >+\n    x\n\n", "  a: |2\n      x\n    y\n", "  a: \"007\"\n  \"on\": \"off\"\n")
	case "Secret":
		return head("v1") + pick(g, "stringData: {a: b}\n", "data: {a: Yg==}\ntype: Opaque\n")
	case "ServiceAccount", "Namespace":
		return head("v1")
	case "Ingress":
		return head("networking.k8s.io/v1") + fmt.Sprintf("spec: {tls: [{secretName: %s, hosts: [a.example]}], rules: [{host: a.example, http: {paths: [{path: /, backend: {service: {name: %s, port: {number: 80}}}}]}}]}\n", pick(g, names3...), pick(g, names3...))
	case "RoleBinding":
		return head("rbac.authorization.k8s.io/v1") + fmt.Sprintf("roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: %s%s}]\n", pick(g, names3...), pick(g, "", ", namespace: apps"))
	}
	return head("example.com/v1") + "spec:\n" + g.tree(2, "  ")
}

var kinds = []string{"Deployment", "StatefulSet", "Service", "ConfigMap", "Secret", "ServiceAccount", "Ingress", "RoleBinding", "Thing", "Namespace"}

// level writes a kustomization in a folder over the one below it, and gives what later ones may name.
func (g *grammar) level(folder, below string) {
	text := strings.Builder{}
	entries := []string{}
	if below != "" {
		entries = append(entries, below)
	}
	for i := range 1 + g.Intn(3) {
		file := fmt.Sprintf("r%d.yaml", i)
		documents := []string{}
		for range 1 + g.Intn(3) {
			kind, name := pick(g, kinds...), pick(g, names3...)+pick(g, "", "", "-"+path.Base(folder), fmt.Sprint(g.Intn(9)))
			if !slices.Contains(g.made, kind+" "+name) || g.chance(2) {
				g.made = append(g.made, kind+" "+name)
				documents = append(documents, g.resource(kind, name))
			}
		}
		g.files[path.Join(folder, file)] = strings.Join(documents, pick(g, "---\n", "---\n# c\n", "\n---\n\n"))
		entries = append(entries, file)
	}
	fmt.Fprintf(&text, "resources: [%s]\n", strings.Join(entries, ", "))
	for _, directive := range []func(string) string{
		g.affixes, g.metadata, g.generators, g.patches, g.counts, g.replacements, g.components,
	} {
		if g.chance(45) {
			text.WriteString(directive(folder))
		}
	}
	g.files[path.Join(folder, pick(g, "kustomization.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"))] = text.String()
}

func (g *grammar) affixes(string) string {
	return pick(g, "namePrefix: p-\n", "nameSuffix: -s\n", "namePrefix: q-\nnameSuffix: -t\n", "namespace: target\n", "namespace: apps\nnamePrefix: n-\n")
}

func (g *grammar) metadata(string) string {
	return pick(g, "commonLabels: {team: a}\n", "labels: [{pairs: {team: b}}]\n", "labels: [{pairs: {team: c}, includeSelectors: true}, {pairs: {x: \"1\"}}]\n",
		"labels: [{pairs: {t: d}, includeTemplates: true}]\n", "commonAnnotations: {owner: \"a: b\", n: \"1\"}\n", "sortOptions: {order: legacy}\n",
		"buildMetadata: [originAnnotations]\n", "sortOptions: {order: fifo}\n")
}

func (g *grammar) generators(folder string) string {
	g.files[path.Join(folder, "in.txt")] = pick(g, "one\n", "two\nlines\n", "crlf\r\n", "")
	g.files[path.Join(folder, "in.env")] = "K=v\nL='q'\n"
	name := pick(g, "one", "two", "one", "two", pick(g, names3...))
	options := pick(g, "", "", ", options: {disableNameSuffixHash: true}", ", options: {labels: {o: p}, immutable: true}")
	kind := pick(g, "configMapGenerator", "secretGenerator")
	made, behavior := kind+" "+name, pick(g, "", ", behavior: create")
	if slices.Contains(g.made, made) {
		behavior = pick(g, ", behavior: merge", ", behavior: replace")
	}
	g.made = append(g.made, made)
	source := pick(g, "literals: [a=1, b=two]", "files: [in.txt]", "files: [k=in.txt]", "envs: [in.env]")
	return fmt.Sprintf("%s: [{name: %s, %s%s%s}]\n", kind, name, source, behavior, options) +
		pick(g, "", "", "generatorOptions: {annotations: {made: here}}\n", "generatorOptions: {disableNameSuffixHash: true}\n")
}

func (g *grammar) patches(folder string) string {
	kind, name := pick(g, kinds...), pick(g, names3...)
	target := pick(g, "{kind: "+kind+"}", "{name: "+name+"}", "{kind: Deployment, name: \".*\"}", "{labelSelector: \"app="+name+"\"}", "{namespace: apps}")
	switch g.Intn(4) {
	case 0:
		g.files[path.Join(folder, "patch.yaml")] = "- op: add\n  path: /metadata/annotations\n  value: {patched: \"yes\"}\n"
		return fmt.Sprintf("patches: [{target: %s, path: patch.yaml}]\n", target)
	case 1:
		return fmt.Sprintf("patches:\n  - target: %s\n    patch: |-\n      kind: any\n      metadata: {name: any, labels: {by: patch}}\n", target)
	case 2:
		g.files[path.Join(folder, "merge.yaml")] = fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec:\n  template:\n    spec:\n      containers:\n        - {name: side, %s}\n        - {name: new, image: x}\n", name, pick(g, "image: side:2", "$patch: delete", "env: [{name: Z, value: z}]"))
		return fmt.Sprintf("patches:\n  - target: {kind: Deployment}\n    path: merge.yaml\n")
	}
	return fmt.Sprintf("patches:\n  - target: {kind: Thing}\n    patch: |-\n      kind: any\n      metadata: {name: any}\n      spec: {a: %s, deep: null, added: {b: [1]}}\n", g.scalarInFlow())
}

func (g *grammar) scalarInFlow() string {
	return pick(g, "1", "null", `"x"`, "{k: v}", "[1, 2]", "1e3", "true", `"2"`)
}

func (g *grammar) counts(string) string {
	if slices.Contains(g.made, "Deployment web") && g.chance(50) {
		return "replicas: [{name: web, count: 5}]\n"
	}
	return pick(g, "images: [{name: nginx, newTag: \"9\"}]\n", "images: [{name: app, newName: other/app, digest: sha256:cccc}, {name: redis, newTag: \"8\"}]\n",
		"images: [{name: registry.example:5000/app, newTag: v2}]\n")
}

func (g *grammar) replacements(string) string {
	made := pick(g, g.made...)
	kind, name, _ := strings.Cut(strings.NewReplacer("configMapGenerator", "ConfigMap", "secretGenerator", "Secret").Replace(made), " ")
	return fmt.Sprintf("replacements:\n  - source: {kind: %s, name: %s, fieldPath: %s}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [%q]\n        options: {create: %t}\n",
		kind, name, pick(g, "metadata.name", "metadata.name", "kind", "data.a"), pick(g, "metadata.annotations.from", "spec.template.spec.containers.0.image", "spec.template.spec.containers.[name=main].env.[name=A].value"), g.chance(70))
}

func (g *grammar) components(folder string) string {
	g.files[path.Join(folder, "component/kustomization.yaml")] = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" +
		pick(g, "resources: [extra.yaml]\n", "namePrefix: c-\n", "patches: [{target: {kind: ConfigMap}, patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"c\": \"1\"}}]'}]\n")
	g.files[path.Join(folder, "component/extra.yaml")] = g.resource("ConfigMap", "extra-"+path.Base(folder))
	return "components: [component]\n"
}

func generatedOverlay(t *testing.T, seed int) corpusCase {
	g := newGrammar(seed)
	below := ""
	for _, folder := range []string{"base", "middle", "top"}[g.Intn(3):] {
		g.level(folder, below)
		below = "../" + folder
	}
	return corpusCase{kind: "kustomize", name: fmt.Sprint(seed), root: testfiles.Tree(t, g.files), Path: "top", Empty: true}
}

// TestGeneratedOverlays holds random overlays, up to three levels over each other, against kustomize.
func TestGeneratedOverlays(t *testing.T) {
	from, to := seeds(t, 120)
	refusals := 0
	for seed := from; seed <= to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := generatedOverlay(t, seed)
			want, refused := c.kustomize(t)
			got := outcome(t, c.root, c.source(t), c.given())
			if refused != nil {
				refusals++
				c.refuses(t, got)
				return
			}
			c.agrees(t, got, want, nil)
		})
	}
	if refusals > (to-from+1)/2 {
		t.Errorf("kustomize refuses %d of %d: the grammar is not worth much", refusals, to-from+1)
	}
}
