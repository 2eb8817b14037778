package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/model"
)

// corpusCase is the case.yaml of a folder of the corpus; test/fixtures/corpus/README.md tells its fields.
type corpusCase struct {
	About        string              `json:"about"`
	Path         string              `json:"path"`
	Source       json.RawMessage     `json:"source"`
	Arguments    []string            `json:"arguments"`
	Capabilities *model.Capabilities `json:"capabilities"`
	WithoutCRDs  bool                `json:"withoutCrds"`
	Empty        bool                `json:"empty"`
	AnyOrder     bool                `json:"anyOrder"`
	Fails        string              `json:"fails"`
	Skip         string              `json:"skip"`
	Helm3        *corpusCase         `json:"helm3"`

	kind, name, root string
}

func corpusRoot(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs("../../test/fixtures/corpus")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// corpusCases are the folders of one kind, helm or kustomize.
func corpusCases(t testing.TB, kind string) []corpusCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpusRoot(t), kind, "*", "case.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cases := []corpusCase{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		one := corpusCase{kind: kind, root: filepath.Dir(file), name: filepath.Base(filepath.Dir(file))}
		if err := yaml.UnmarshalStrict(text, &one); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if one.About == "" {
			t.Errorf("%s does not say what it is about", file)
		}
		cases = append(cases, one)
	}
	return cases
}

func (c corpusCase) source(t testing.TB) model.Source {
	t.Helper()
	source := model.Source{Kind: c.kind, Path: c.Path}
	if c.kind == "helm" {
		source.ReleaseName, source.Namespace, source.IncludeCRDs = "rel", "space", true
	}
	if c.Source != nil {
		if err := json.Unmarshal(c.Source, &source); err != nil {
			t.Fatal(err)
		}
	}
	return source
}

func (c corpusCase) given() *model.Capabilities {
	if c.Capabilities != nil {
		return c.Capabilities
	}
	return testCapabilities
}

// asked runs an oracle in the folder of the case; the error is the sentence of its refusal.
func (c corpusCase) asked(t testing.TB, variable string, arguments ...string) ([]any, error) {
	t.Helper()
	program := os.Getenv(variable)
	if program == "" {
		t.Skipf("%s is not set: the oracle cannot run", variable)
	}
	for _, argument := range c.Arguments {
		arguments = append(arguments, strings.ReplaceAll(argument, "$HELM", os.Getenv("PLUMBLINE_HELM")))
	}
	run := exec.Command(program, arguments...)
	run.Dir = c.root
	run.Env = append(os.Environ(), "TZ=UTC", "HELM_PLUGINS="+t.TempDir())
	stderr := &bytes.Buffer{}
	run.Stderr = stderr
	out, err := run.Output()
	if err != nil {
		return nil, errors.New(strings.TrimSpace(stderr.String()))
	}
	return printed(t, out), nil
}

// printed reads what a command prints as kubectl would, without any reader of the engine.
func printed(t testing.TB, out []byte) []any {
	t.Helper()
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(out)))
	all := []any{}
	for {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		value, err := yaml.YAMLToJSON(text)
		if err != nil {
			t.Fatalf("the oracle printed what does not parse: %v\n%s", err, text)
		}
		if object := exact(t, value); object != nil {
			if fields, ok := object.(map[string]any); !ok || len(fields) > 0 {
				all = append(all, object)
			}
		}
	}
}

// exact keeps numbers as they are written.
func exact(t testing.TB, data []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func (c corpusCase) helm(t testing.TB, variable string) ([]any, error) {
	t.Helper()
	arguments := []string{
		"template", "rel", "./" + c.Path, "--namespace", "space", "--kube-version", c.given().KubeVersion,
	}
	if !c.WithoutCRDs {
		arguments = append(arguments, "--include-crds")
	}
	found, err := c.asked(t, variable, arguments...)
	return flat(found), err
}

func (c corpusCase) kustomize(t testing.TB) ([]any, error) {
	t.Helper()
	found, err := c.asked(t, "PLUMBLINE_KUSTOMIZE", "build", "./"+c.Path)
	// Only a released binary knows its version.
	return replaced(found, "kustomize-v5.8.1", "kustomize-(devel)"), err
}

// agrees holds an outcome against what an oracle answered: the same objects in the same order, but for
// what is made anew at each render, or a refusal by both.
func (c corpusCase) agrees(t *testing.T, got model.Outcome, want []any, refused error) {
	t.Helper()
	if refused != nil {
		if c.Fails == "" {
			t.Fatalf("the oracle refuses it: %v", refused)
		}
		c.refuses(t, got)
		return
	}
	if c.Fails != "" {
		t.Fatalf("the oracle takes it, and so should the case")
	}
	if got.Kind != "rendered" {
		t.Fatalf("not rendered: %s", text(t, got))
	}
	objects := []any{}
	for i, object := range got.Result.Objects {
		value := exact(t, object.Object)
		for _, pointer := range object.Generated {
			value = cut(t, value, pointer)
			if i < len(want) {
				want[i] = cut(t, want[i], pointer)
			}
		}
		objects = append(objects, value)
	}
	if c.AnyOrder {
		sortTexts(t, objects)
		sortTexts(t, want)
	}
	if c.Empty && len(want) == 0 && len(objects) == 0 {
		return
	}
	compare(t, objects, want)
}

// refuses checks that a failure says in a sentence, and at a place, what the case is about.
func (c corpusCase) refuses(t *testing.T, got model.Outcome) {
	t.Helper()
	if got.Kind != "failed" {
		t.Fatalf("the oracle refuses it and the engine does not: %s", text(t, got))
	}
	messages := []string{}
	for _, problem := range *got.Problems {
		if problem.Severity != model.SeverityError {
			continue
		}
		messages = append(messages, problem.Message)
		if strings.Contains(problem.Message, c.root) || !strings.HasSuffix(problem.Message, ".") {
			t.Errorf("no sentence for a person: %s", problem.Message)
		}
		if problem.Location == nil {
			t.Errorf("without a place: %s", problem.Message)
		}
	}
	if !strings.Contains(strings.Join(messages, "\n"), c.Fails) {
		t.Errorf("want %q in %q", c.Fails, messages)
	}
}

// cut replaces what a JSON pointer leads to, which must be there.
func cut(t *testing.T, value any, pointer string) any {
	t.Helper()
	if pointer == "" {
		return "generated"
	}
	key, rest, more := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if more {
		rest = "/" + rest
	}
	fields, ok := value.(map[string]any)
	key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
	if _, exists := fields[key]; !ok || !exists {
		t.Errorf("nothing at %s of %s", pointer, text(t, value))
		return value
	}
	fields[key] = cut(t, fields[key], rest)
	return fields
}

func sortTexts(t *testing.T, objects []any) {
	t.Helper()
	texts := map[string]any{}
	for _, object := range objects {
		texts[text(t, object)] = object
	}
	for i, key := range sortedKeys(texts) {
		objects[i] = texts[key]
	}
}

func TestCorpusOfCharts(t *testing.T) {
	for _, c := range corpusCases(t, "helm") {
		t.Run(c.name, func(t *testing.T) {
			want, refused := c.helm(t, "PLUMBLINE_HELM")
			c.agrees(t, outcome(t, c.root, c.source(t), c.given()), want, refused)
		})
	}
}

// TestCorpusOfChartsByHelm3 holds the corpus against the Helm of Argo CD.
func TestCorpusOfChartsByHelm3(t *testing.T) {
	for _, c := range corpusCases(t, "helm") {
		t.Run(c.name, func(t *testing.T) {
			if c.Helm3 != nil {
				c.Fails = c.Helm3.Fails
				if c.Helm3.Skip != "" {
					t.Skip(c.Helm3.Skip)
				}
			}
			// As Argo CD calls it.
			given := *c.given()
			given.KubeVersion = plainVersion(given.KubeVersion)
			c.Capabilities = &given
			want, refused := c.helm(t, "PLUMBLINE_HELM3")
			source := c.source(t)
			source.Helm = 3
			c.agrees(t, outcome(t, c.root, source, c.given()), want, refused)
		})
	}
}

func TestCorpusOfKustomizations(t *testing.T) {
	for _, c := range corpusCases(t, "kustomize") {
		t.Run(c.name, func(t *testing.T) {
			want, refused := c.kustomize(t)
			c.agrees(t, outcome(t, c.root, c.source(t), c.given()), want, refused)
		})
	}
}

func replaced(values []any, old, with string) []any {
	for i, value := range values {
		values[i] = replacedIn(value, old, with)
	}
	return values
}

func replacedIn(value any, old, with string) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, old, with)
	case []any:
		return replaced(value, old, with)
	case map[string]any:
		for key, entry := range value {
			value[key] = replacedIn(entry, old, with)
		}
	}
	return value
}
