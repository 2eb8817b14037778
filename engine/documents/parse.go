package documents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/model"
)

const conflictMarker = "<<<<<<< "

// maxDepth is how deeply brackets may be nested; deeper ones are an attack or a mistake.
const maxDepth = 2000

// Fault is why a document could not be parsed, or what is wrong though it could.
type Fault struct {
	Code    string
	Message string
	// Line is 1-based within the text that was parsed; 0 where it is not known.
	Line    int
	Warning bool
}

func (f *Fault) Error() string { return f.Message }

// Problem places a fault in a file, its line counted from firstLine.
func (f *Fault) Problem(path string, firstLine int) model.Problem {
	severity := model.SeverityError
	if f.Warning {
		severity = model.SeverityWarning
	}
	location := &model.Location{Path: path}
	if f.Line > 0 {
		location.Line = f.Line + firstLine - 1
	}
	return model.Problem{Severity: severity, Code: f.Code, Message: f.Message, Location: location}
}

// ToJSON converts one document. A document without a value gives nil. A fault that is a warning
// comes together with the value.
func ToJSON(text []byte) (json.RawMessage, *Fault) {
	if line := Deep(text, maxDepth); line > 0 {
		return nil, &Fault{Code: "yaml-depth", Message: "The document is nested too deeply.", Line: line}
	}
	if fault := aliasFaultOf(text); fault != nil {
		return nil, fault
	}
	value, err := yaml.YAMLToJSONStrict(text)
	if err == nil && (value[0] == '{' || lineOf(text, conflictMarker) == 0) {
		return nonNull(value), nil
	}
	if line := lineOf(text, conflictMarker); line > 0 {
		return nil, &Fault{Code: "conflict-marker", Message: "The file has Git conflict markers.", Line: line}
	}
	fault := faultOf(text, err)
	if fault.Code != "duplicate-key" {
		return nil, fault
	}
	value, err = yaml.YAMLToJSON(text)
	if err != nil {
		return nil, faultOf(text, err)
	}
	return nonNull(value), fault
}

func nonNull(value []byte) json.RawMessage {
	if bytes.Equal(value, []byte("null")) {
		return nil
	}
	return value
}

// Deep finds the line at which brackets nest more than limit deep, or 0, without recursion. Brackets
// in strings count too. Deep block collections are limited by the parser itself.
func Deep(text []byte, limit int) int {
	depth, line := 0, 1
	for _, c := range text {
		switch c {
		case '[', '{':
			if depth++; depth > limit {
				return line
			}
		case ']', '}':
			if depth > 0 {
				depth--
			}
		case '\n':
			line++
		}
	}
	return 0
}

// parserError is an error whose line the YAML library counts from zero, unlike those of its scanner,
// and leaves out when it is the first.
var parserError = regexp.MustCompile(`^(did not find expected|found (undefined tag|duplicate %|incompatible))`)

var (
	yamlLine     = regexp.MustCompile(`(?:yaml: )?line (\d+): ?`)
	duplicateKey = regexp.MustCompile(`line (\d+): key "?(.*?)"? already set in map`)
)

func faultOf(text []byte, err error) *Fault {
	message := err.Error()
	for _, prefix := range []string{"error converting YAML to JSON: ", "yaml: unmarshal errors:\n  ", "yaml: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	if match := duplicateKey.FindStringSubmatch(message); match != nil {
		line, _ := strconv.Atoi(match[1])
		return &Fault{
			Code: "duplicate-key", Line: line, Warning: true,
			Message: fmt.Sprintf("The key %q stands twice; the last one counts.", match[2]),
		}
	}
	line := 0
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		line, _ = strconv.Atoi(match[1])
		message = strings.Replace(message, match[0], "", 1)
		if parserError.MatchString(message) {
			line++
		}
		// What ends too early is missed on the line after the last one.
		line = min(line, bytes.Count(bytes.TrimRight(text, "\r\n"), []byte("\n"))+1)
	}
	if line == 0 && !strings.Contains(message, "map key") && !strings.Contains(message, "anchor") {
		line = 1
	}
	return classify(text, message, line)
}

func classify(text []byte, message string, line int) *Fault {
	switch {
	case strings.Contains(message, "excessive aliasing"):
		return &Fault{Code: "yaml-alias-bomb", Message: "The document expands its aliases beyond reason."}
	case strings.Contains(message, "invalid map key"):
		return &Fault{Code: "yaml-syntax", Message: "YAML: a mapping stands where a key is expected; is this a template?", Line: line}
	case strings.Contains(message, "exceeded max depth"), strings.Contains(message, "exceeded depth"):
		return &Fault{Code: "yaml-depth", Message: "The document is nested too deeply.", Line: line}
	case strings.Contains(message, "cannot start any token"), strings.Contains(message, "tab character"):
		if tab := tabLine(text, line); tab > 0 {
			return &Fault{Code: "yaml-tab", Message: "The line is indented with a tab; YAML allows spaces only.", Line: tab}
		}
	}
	if utf8Fault := strings.Contains(message, "control characters") || strings.Contains(message, "UTF-8"); utf8Fault {
		return &Fault{Code: "yaml-syntax", Message: "The file is not UTF-8 text.", Line: line}
	}
	return &Fault{Code: "yaml-syntax", Message: sentence(firstLineOf(message)), Line: line}
}

func tabLine(text []byte, near int) int {
	for line := near; line <= near+1; line++ {
		source := textOfLine(text, line)
		if strings.Contains(source[:len(source)-len(strings.TrimLeft(source, " \t"))], "\t") {
			return line
		}
	}
	return 0
}

func firstLineOf(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "The YAML cannot be parsed."
	}
	return "YAML: " + strings.TrimSuffix(text, ".") + "."
}

// ParseFile parses every document of a file. Documents that are not objects are problems.
func ParseFile(path string, text []byte) model.ParsedFile {
	file := model.ParsedFile{Path: path, Documents: []model.ParsedDocument{}, Problems: []model.Problem{}}
	if bytes.IndexByte(text, 0) >= 0 {
		file.Problems = append(file.Problems, Failure(path, "yaml-syntax", "The file is binary."))
		return file
	}
	for _, part := range Split(text) {
		line, any := part.firstToken()
		if !any {
			continue
		}
		value, fault := ToJSON(part.Text)
		if fault != nil {
			file.Problems = append(file.Problems, fault.Problem(path, part.Line))
		}
		switch {
		case value == nil:
		case value[0] == '{':
			file.Documents = append(file.Documents, model.ParsedDocument{Value: value, Line: line})
		default:
			problem := Failure(path, "not-an-object", "The document is not an object.")
			problem.Severity, problem.Location.Line = model.SeverityInfo, line
			file.Problems = append(file.Problems, problem)
		}
	}
	return file
}

// Failure is an error about a whole file.
func Failure(path, code, message string) model.Problem {
	return model.Problem{
		Severity: model.SeverityError, Code: code, Message: message,
		Location: &model.Location{Path: path},
	}
}

// AsFault gives the fault in a chain of errors, or nil.
func AsFault(err error) *Fault {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	return nil
}
