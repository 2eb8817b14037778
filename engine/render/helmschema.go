package render

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// refusing is the loader of schemas that a schema refers to. Helm's own reads files and the network.
type refusing struct{}

var errRemoteSchema = errors.New("the schema refers to another file or address")

func (refusing) Load(address string) (any, error) {
	if strings.HasPrefix(address, "urn:") {
		// Helm takes what it cannot resolve for a schema that allows everything.
		return true, nil
	}
	return nil, errRemoteSchema
}

// maxSchemaDepth keeps schemas out that are made to take all time or stack.
const maxSchemaDepth = 500

const schemaName = "values.schema.json"

// checkSchemas validates the values of a chart and of its dependencies, as Helm's
// ValidateAgainstSchema does.
func (h *helmRelease) checkSchemas(values any) error {
	before := len(h.problems)
	if merged, ok := values.(common.Values); ok {
		values = map[string]any(merged)
	}
	h.checkSchema(h.chart, values, nil)
	found := h.problems[before:]
	// The library goes through properties in a random order.
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].Pointer != found[j].Pointer {
			return found[i].Pointer < found[j].Pointer
		}
		return found[i].Message < found[j].Message
	})
	for _, problem := range found {
		if problem.Severity == model.SeverityError {
			return errFailed
		}
	}
	return nil
}

func (h *helmRelease) checkSchema(c *chart.Chart, values any, at []string) {
	table, ok := values.(map[string]any)
	if merged, isValues := values.(common.Values); isValues {
		table, ok = merged, true
	}
	if !ok {
		h.problems = append(h.problems, h.schemaProblem(at, fmt.Sprintf("The values of %s are not a mapping.", c.Name())))
		return
	}
	if c.Schema != nil {
		h.checkOne(c, table, at)
	}
	for _, dependency := range c.Dependencies() {
		if below := table[dependency.Name()]; below != nil {
			h.checkSchema(dependency, below, append(at[:len(at):len(at)], dependency.Name()))
		}
	}
}

func (h *helmRelease) checkOne(c *chart.Chart, values map[string]any, at []string) {
	defer func() {
		if cause := recover(); cause != nil {
			h.problems = append(h.problems, h.schemaFault(c, "The schema cannot be evaluated."))
		}
	}()
	schema, fault, err := h.compiled(c.Schema)
	if fault != "" {
		h.problems = append(h.problems, h.schemaFault(c, fault))
		return
	}
	if err == nil {
		err = schema.Validate(values)
	}
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
	case errors.As(err, &invalid):
		h.violations(invalid, at)
	case errors.Is(err, errRemoteSchema), strings.Contains(err.Error(), errRemoteSchema.Error()):
		problem := h.schemaFault(c, "The values were not checked: the schema refers to another file or address, which is not read.")
		problem.Code, problem.Severity = "helm-schema-remote", model.SeverityWarning
		h.problems = append(h.problems, problem)
	default:
		h.problems = append(h.problems, h.schemaFault(c, "The schema is not a valid JSON schema."))
	}
}

// schemas are compiled once for all apps.
var schemas = newBounded[schemaKey, compiledSchema](32 << 20)

type schemaKey struct {
	digest [sha256.Size]byte
	helm3  bool
}

type compiledSchema struct {
	schema *jsonschema.Schema
	fault  string
	err    error
}

// compiledWeight is about what a compiled schema takes for each byte of its text.
const compiledWeight = 40

// compiled gives the schema, or a fault that the text itself has, or the error of its compiler.
func (h *helmRelease) compiled(text []byte) (*jsonschema.Schema, string, error) {
	key := schemaKey{sha256.Sum256(text), h.helm3}
	known, ok := schemas.get(key)
	if !ok {
		known = h.compile(text)
		schemas.put(key, known, compiledWeight*len(text)+4096)
	}
	return known.schema, known.fault, known.err
}

func (h *helmRelease) compile(text []byte) compiledSchema {
	if documents.Deep(text, maxSchemaDepth) > 0 {
		return compiledSchema{fault: "The schema is nested too deeply to be evaluated."}
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return compiledSchema{fault: "The schema is not JSON."}
	}
	compiler := h.schemaCompiler(document)
	compiler.UseLoader(refusing{})
	const name = "file:///" + schemaName
	if err := compiler.AddResource(name, document); err != nil {
		return compiledSchema{err: err}
	}
	schema, err := compiler.Compile(name)
	return compiledSchema{schema: schema, err: err}
}

// schemaCompiler knows no draft after 7 for Helm 3, which reads later ones as that, and holds texts
// against their format.
func (h *helmRelease) schemaCompiler(document any) *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	if !h.helm3 {
		return compiler
	}
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.AssertFormat()
	if fields, ok := document.(map[string]any); ok {
		if draft, _ := fields["$schema"].(string); !strings.Contains(draft, "draft-0") {
			delete(fields, "$schema")
		}
	}
	return compiler
}

func (h *helmRelease) schemaFault(c *chart.Chart, text string) model.Problem {
	place := h.chartFile(schemaName)
	for _, file := range c.Raw {
		if file.Name == schemaName && h.pathOf(file) != "" {
			place = h.pathOf(file)
		}
	}
	return documents.Failure(place, "helm-schema", text)
}

func (h *helmRelease) violations(err *jsonschema.ValidationError, at []string) {
	if len(err.Causes) > 0 {
		for _, cause := range err.Causes {
			h.violations(cause, at)
		}
		return
	}
	pointer := append(at[:len(at):len(at)], err.InstanceLocation...)
	where := "The values"
	if len(pointer) > 0 {
		where = strings.Join(pointer, ".")
	}
	h.problems = append(h.problems, h.schemaProblem(pointer, where+": "+violation(err.ErrorKind)+"."))
}

// violation leaves out the value itself, which may be a secret.
func violation(cause jsonschema.ErrorKind) string {
	switch cause := cause.(type) {
	case *kind.Pattern:
		return "does not match the pattern " + cause.Want
	case *kind.Format:
		return "is not a valid " + cause.Want
	}
	return cause.LocalizedString(message.NewPrinter(language.English))
}

func (h *helmRelease) schemaProblem(pointer []string, text string) model.Problem {
	file, line := h.valueSource(pointer)
	problem := documents.Failure(file, "helm-schema", text)
	problem.Location.Line = line
	if len(pointer) > 0 {
		problem.Pointer = "/" + strings.Join(escaped(pointer), "/")
	}
	return problem
}

func escaped(pointer []string) []string {
	parts := make([]string, len(pointer))
	for i, part := range pointer {
		parts[i] = escapePointer(part)
	}
	return parts
}

func escapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// valueSource finds the values file that sets a value: the last one wins, then the chart's own.
func (h *helmRelease) valueSource(pointer []string) (string, int) {
	candidates := append([]string{path.Join(h.folder, "values.yaml")}, h.source.ChartValueFiles...)
	candidates = append(candidates, h.source.ValueFiles...)
	for i := len(candidates) - 1; i >= 0; i-- {
		name, err := files.Clean(candidates[i])
		if err != nil {
			continue
		}
		text, err := h.layer.Read(name)
		if err != nil {
			continue
		}
		if line, ok := lineOfPath(text, pointer); ok {
			return name, line
		}
	}
	return candidates[len(candidates)-1], 0
}

func lineOfPath(text []byte, pointer []string) (int, bool) {
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 {
		return 0, false
	}
	node, line := document.Content[0], 0
	for _, part := range pointer {
		var next *yaml.Node
		switch node.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				if node.Content[i].Value == part {
					next, line = node.Content[i+1], node.Content[i].Line
				}
			}
		case yaml.SequenceNode:
			if index, err := strconv.Atoi(part); err == nil && index >= 0 && index < len(node.Content) {
				next, line = node.Content[index], node.Content[index].Line
			}
		}
		if next == nil {
			return 0, false
		}
		node = next
	}
	return line, len(pointer) > 0
}
