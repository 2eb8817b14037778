package render

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/testfiles"
)

// seeds are the numbers of generated inputs: PLUMBLINE_SEEDS=from-to asks for others.
func seeds(t *testing.T, count int) (int, int) {
	t.Helper()
	given := os.Getenv("PLUMBLINE_SEEDS")
	if given == "" {
		return 1, count
	}
	first, last, _ := strings.Cut(given, "-")
	from, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	to, err := strconv.Atoi(last)
	if err != nil {
		t.Fatal(err)
	}
	return from, to
}

// grammar makes random inputs from a seed.
type grammar struct {
	*rand.Rand
	files map[string]string
	// made are the objects and generators of overlays so far.
	made []string
}

func newGrammar(seed int) *grammar {
	return &grammar{Rand: rand.New(rand.NewSource(int64(seed))), files: map[string]string{}}
}

func (g *grammar) chance(percent int) bool { return g.Intn(100) < percent }

func pick[T any](g *grammar, from ...T) T { return from[g.Intn(len(from))] }

// scalars are written as they stand into YAML.
func (g *grammar) scalar() string {
	return pick(g, "1", "0", "-7", "8080", "1.5", "2.0", "1e3", "9007199254740993", "1000000", "true", "false", "null", "~",
		`""`, "plain", `"quoted text"`, `'it''s'`, `"007"`, "007", "0x1F", `"yes"`, "yes", "off", `"1e6"`, `"null"`, `"a: b"`,
		`"#x"`, `"Grüße 世界"`, `"{{ .Release.Name }}-x"`, `"tab\there"`, `"line\nline\n"`, "2024-01-02", `"-"`, `"  spaced "`)
}

func (g *grammar) key() string {
	return pick(g, "a", "b", "c", "enabled", "port", "image", "deep", "name", "list", "x-y", "Upper")
}

// tree is a mapping of values in flow or block style.
func (g *grammar) tree(depth int, indent string) string {
	var text strings.Builder
	seen := map[string]bool{}
	for range 1 + g.Intn(4) {
		key := g.key()
		if seen[key] {
			continue
		}
		seen[key] = true
		text.WriteString(indent + key + ":" + g.value(depth, indent))
	}
	return text.String()
}

func (g *grammar) value(depth int, indent string) string {
	if depth > 0 && g.chance(35) {
		return "\n" + g.tree(depth-1, indent+"  ")
	}
	switch g.Intn(10) {
	case 0:
		return fmt.Sprintf(" [%s, %s]\n", g.scalar(), g.scalar())
	case 1:
		return fmt.Sprintf(" {k: %s}\n", g.scalar())
	case 2:
		return fmt.Sprintf("\n%s  - %s\n%s  - n: %s\n", indent, g.scalar(), indent, g.scalar())
	case 3:
		return pick(g, " {}\n", " []\n", "\n")
	case 4:
		return fmt.Sprintf(" %s\n%s  text %s\n\n%s  more\n", pick(g, "|", "|-", "|+", ">", ">-"), indent, g.key(), indent)
	}
	return " " + g.scalar() + "\n"
}

// template is a file of a chart: documents of random fragments between random separators.
func (g *grammar) template(chart string, at int) string {
	var text strings.Builder
	text.WriteString(pick(g, "", "", "\n\n", "---\n", "# a comment\n", "{{- /* nothing */ -}}\n"))
	for i := range 1 + g.Intn(3) {
		if i > 0 {
			text.WriteString(pick(g, "---\n", "---\n", "--- \n", "---\n# c\n", "---\n---\n", "\n---\n\n", "--- # c\n"))
		}
		name := fmt.Sprintf("%s-%d-%d", chart, at, i)
		annotations := pick(g, "", "", "", "{helm.sh/hook: pre-install}", "{helm.sh/hook: 'post-install,test', helm.sh/hook-weight: '-1'}", "{note: x}")
		fmt.Fprintf(&text, "apiVersion: v1\nkind: %s\nmetadata:\n  name: %s\n", pick(g, "ConfigMap", "Secret", "Service", "Namespace", "Thing"), name)
		if annotations != "" {
			fmt.Fprintf(&text, "  annotations: %s\n", annotations)
		}
		text.WriteString("data:\n")
		for j := range 1 + g.Intn(4) {
			fmt.Fprintf(&text, "  k%d: %s\n", j, g.fragment())
		}
		text.WriteString(pick(g, "", "", "\n", "  \n", "  end: |\n    kept\n\n", "  end: |+\n    kept\n\n", "  end: |\n    kept {{- \" all\" -}}\n", "...\n"))
	}
	return text.String()
}

func (g *grammar) path() string {
	parts := []string{".Values"}
	for range 1 + g.Intn(2) {
		parts = append(parts, strings.ReplaceAll(g.key(), "-", ""))
	}
	return strings.Join(parts, ".")
}

func (g *grammar) fragment() string {
	key, path := g.key(), g.path()
	return pick(g,
		`{{ .Values | toJson | quote }}`,
		`{{- .Values | toYaml | nindent 4 }}`,
		`{{ toYaml .Values | quote }}`,
		fmt.Sprintf(`{{ index .Values %q | quote }}`, key),
		fmt.Sprintf(`{{ index .Values %q | default "none" | toJson | quote }}`, key),
		fmt.Sprintf(`{{ (%s) | quote }}`, strings.Replace(path, ".Values.", "(.Values).", 1)),
		fmt.Sprintf(`{{ if index .Values %q }}yes{{ else }}no{{ end }}`, key),
		fmt.Sprintf(`"{{ range $k, $v := .Values }}{{ $k }}={{ kindOf $v }};{{ end }}"`),
		fmt.Sprintf(`{{ index .Values %q | toString | quote }}`, key),
		fmt.Sprintf(`{{ printf "%%v" (index .Values %q) | quote }}`, key),
		fmt.Sprintf(`{{ tpl (index .Values %q | toString) . | quote }}`, key),
		fmt.Sprintf(`{{ int64 (index .Values %q | default 0) }}`, key),
		fmt.Sprintf(`{{ index .Values %q }}`, key),
		`{{ .Template.Name }} {{ .Release.Name }} {{ .Chart.Name }}`,
		`{{ include "shared" . | quote }}`,
		`{{ .Values.global | toJson | quote }}`,
		`{{ keys .Subcharts | sortAlpha | join "," | quote }}`,
		`{{ .Files.Get "extra.txt" | quote }}`,
		`{{ .Capabilities.KubeVersion.Version }}`,
	)
}

// chart writes a chart and, down to a depth, its dependencies, and gives their names.
func (g *grammar) chart(folder, name string, depth int) {
	dependencies := []string{}
	if depth > 0 {
		for i := range g.Intn(3) {
			below := fmt.Sprintf("%s%d", pick(g, "sub", "dep"), i)
			g.chart(folder+"charts/"+below+"/", below, depth-1)
			if g.chance(70) {
				dependencies = append(dependencies, g.dependency(below))
			}
			if g.chance(15) {
				dependencies = append(dependencies, fmt.Sprintf("  - {name: %s, version: 1.x, alias: nick%d}\n", below, i))
			}
		}
	}
	metadata := fmt.Sprintf("apiVersion: v2\nname: %s\nversion: 1.0.0\n%s", name, pick(g, "", "appVersion: 2.0\n", "description: x\n"))
	if len(dependencies) > 0 {
		metadata += "dependencies:\n" + strings.Join(dependencies, "")
	}
	g.files[folder+"Chart.yaml"] = metadata
	if g.chance(85) {
		g.files[folder+"values.yaml"] = g.values()
	}
	g.files[folder+"templates/_shared.tpl"] = fmt.Sprintf("{{ define \"shared\" }}%s{{ .Chart.Name }}{{ end }}\n", name)
	g.files[folder+"extra.txt"] = pick(g, "", "extra\n", "no newline", "a\r\nb\r\n")
	for i := range 1 + g.Intn(2) {
		g.files[fmt.Sprintf("%stemplates/t%d.yaml", folder, i)] = g.template(name, i)
	}
	if folder == "" && g.chance(20) {
		// The order of those of dependencies is another at each run of helm.
		g.files[folder+"crds/c.yaml"] = fmt.Sprintf("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: %s.example}\n", name)
	}
}

func (g *grammar) dependency(name string) string {
	text := fmt.Sprintf("  - name: %s\n    version: %q\n", name, pick(g, "1.0.0", "^1.0.0", "*", ">=0.5"))
	if g.chance(35) {
		text += "    condition: " + pick(g, "enabled", name+".enabled", "a.b,"+name+".enabled", "global.enabled") + "\n"
	}
	if g.chance(20) {
		text += "    tags: [" + pick(g, "front", "back") + "]\n"
	}
	if g.chance(25) {
		text += "    import-values: " + pick(g, "[data]", "[{child: deep, parent: deep}]", "[{child: exports.data, parent: .}]") + "\n"
	}
	return text
}

// values is a values.yaml with parts for dependencies, globals and exports.
func (g *grammar) values() string {
	text := g.tree(2, "")
	for _, part := range []string{"sub0", "dep0", "sub1", "global", "exports", "tags", "nick0"} {
		if !g.chance(30) {
			continue
		}
		switch part {
		case "tags":
			text += fmt.Sprintf("tags: {front: %t, back: %t}\n", g.chance(50), g.chance(50))
		case "exports":
			text += "exports:\n  data:\n" + g.tree(1, "    ")
		default:
			text += part + ":\n" + g.tree(2, "  ")
		}
	}
	return text
}

// generatedChart is a chart with values files and parameters, as a case.
func generatedChart(t *testing.T, seed int) corpusCase {
	t.Helper()
	g := newGrammar(seed)
	g.chart("", "root", 2)
	// helm template trims the last of the documents that it prints before the hooks; nothing else does.
	g.files["templates/z.yaml"] = "apiVersion: v1\nkind: Zzz\nmetadata: {name: z}\n"
	source := map[string]any{}
	arguments, names, parameters := []string{}, []string{}, []any{}
	for i := range g.Intn(3) {
		name := fmt.Sprintf("over%d.yaml", i)
		g.files[name] = g.values()
		names, arguments = append(names, name), append(arguments, "-f", name)
	}
	for range g.Intn(3) {
		name := pick(g, "a", "sub0.a", "global.x", "list[1]", "deep.new.b", "sub0.enabled", "tags.front", "x-y", `a\.b`)
		value := pick(g, "1", "true", "null", "text", "007", "1e3", "{a,2}", "12345678901", "")
		flag, force := "--set", g.chance(30)
		if force {
			flag = "--set-string"
		}
		parameters = append(parameters, map[string]any{"name": name, "value": value, "forceString": force})
		arguments = append(arguments, flag, name+"="+value)
	}
	source["valueFiles"], source["parameters"] = names, parameters
	text, err := json.Marshal(source)
	if err != nil {
		t.Fatal(err)
	}
	return corpusCase{kind: "helm", name: fmt.Sprint(seed), root: testfiles.Tree(t, g.files), Source: text, Arguments: arguments, Empty: true}
}

// TestGeneratedCharts holds random charts against helm.
func TestGeneratedCharts(t *testing.T) {
	againstHelm(t, "PLUMBLINE_HELM", 0, 80)
}

// TestGeneratedChartsByHelm3 holds other charts against the Helm of Argo CD.
func TestGeneratedChartsByHelm3(t *testing.T) {
	againstHelm(t, "PLUMBLINE_HELM3", 3, 50)
}

func againstHelm(t *testing.T, variable string, version, count int) {
	from, to := seeds(t, count)
	refusals := 0
	for seed := from; seed <= to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := generatedChart(t, seed+1000*version)
			want, refused := c.helm(t, variable)
			source := c.source(t)
			source.Helm = version
			got := outcome(t, c.root, source, c.given())
			if refused != nil {
				refusals++
				if got.Kind != "failed" {
					t.Errorf("only helm refuses it: %v", refused)
				}
				return
			}
			c.agrees(t, got, want, nil)
		})
	}
	if refusals > (to-from+1)/2 {
		t.Errorf("helm refuses %d of %d: the grammar is not worth much", refusals, to-from+1)
	}
}
