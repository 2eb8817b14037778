package render

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

// place is "chart/templates/x.yaml:12:5" in an error of Helm's engine.
var place = regexp.MustCompile(`\(?([^\s():"]+?):(\d+)(?::(\d+))?\)?(?::|\s|$)`)

// templateProblem places an error of the engine at the template and line where it arose: the last
// place of the chain, where an include led to.
func (h *helmRelease) templateProblem(err error) error {
	text := err.Error()
	problem := documents.Failure(h.folder, "helm-template", "Helm: "+h.templateMessage(text))
	for _, match := range place.FindAllStringSubmatch(text, -1) {
		file, ok := h.templates[match[1]]
		if !ok {
			continue
		}
		problem.Location.Path = file
		problem.Location.Line, _ = strconv.Atoi(match[2])
		problem.Location.Column, _ = strconv.Atoi(match[3])
	}
	h.problems = append(h.problems, problem)
	return errFailed
}

var (
	executionError = regexp.MustCompile(`(?s)^(?:execution|parse) error (?:at|in) \([^)]*\): `)
	renderFailed   = "rendering template failed: "
)

// templateMessage takes the cause out of the chain, which is its last line.
func (h *helmRelease) templateMessage(text string) string {
	switch {
	case strings.Contains(text, "nested reference name"):
		return "a template includes itself without end."
	case strings.HasPrefix(text, renderFailed):
		return "a template function failed."
	}
	if at := executionError.FindString(text); at != "" {
		return oneSentence(text[len(at):])
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return oneSentence(lines[len(lines)-1])
}

const maxMessage = 400

func oneSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxMessage {
		text = text[:maxMessage] + "…"
	}
	return strings.TrimSuffix(text, ".") + "."
}

// chartProblem places an error of the chart loader.
func (r *run) chartProblem(folder string, err error) error {
	message := r.relative(err.Error())
	file := path.Join(folder, "Chart.yaml")
	if match := cannotLoad.FindStringSubmatch(message); match != nil {
		file = path.Join(folder, match[1])
		if text, readErr := r.layer.Read(file); readErr == nil {
			if _, fault := cache.parse(text); fault != nil && !fault.Warning {
				r.problems = append(r.problems, fault.Problem(file, 1))
				return errFailed
			}
		}
	}
	return r.fail(file, "helm-chart", "The chart cannot be loaded: "+oneSentence(message))
}

var cannotLoad = regexp.MustCompile(`^cannot load (Chart\.yaml|Chart\.lock|values\.yaml|requirements\.yaml|requirements\.lock):`)

// manifestProblem tells that a template rendered what is no YAML. The line is that of the rendered
// text, because a template's lines are not those of its output.
func (h *helmRelease) manifestProblem(file, rendered, manifest string, fault *documents.Fault) model.Problem {
	first := 1
	if at := strings.Index(rendered, manifest); at >= 0 {
		first += strings.Count(rendered[:at], "\n")
	}
	problem := fault.Problem(file, first)
	if problem.Location.Line > 0 {
		problem.Message = strings.TrimSuffix(problem.Message, ".") + " (line " + strconv.Itoa(problem.Location.Line) + " of what the template renders)."
	}
	problem.Location.Line = 0
	return problem
}
