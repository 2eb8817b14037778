package origin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/plumbline/plumbline/engine/model"
)

// LinesRequest asks which lines of one file decide fields that an edit of it has changed.
type LinesRequest struct {
	model.RenderRequest
	Path string `json:"path"`
	// Ranges are of lines, first and last, 1-based.
	Ranges [][2]int `json:"ranges"`
	Fields []Field  `json:"fields"`
}

// Field is one field of one object, or with a pointer to a list, a map or nothing all that is in it.
type Field struct {
	Object  Object `json:"object"`
	Pointer string `json:"pointer"`
}

// DecidingLine is a line with how many of the fields change with what stands there.
type DecidingLine struct {
	Line   int `json:"line"`
	Fields int `json:"fields"`
}

// LinesResult is the lines, top down.
type LinesResult struct {
	Lines   []DecidingLine `json:"lines"`
	Renders int            `json:"renders"`
}

// maxLineRenders bounds what one edit can ask for; what is over it has no line of its own.
const maxLineRenders = 60

// Lines renders with each scalar of the ranges changed, and counts which of the fields change.
func Lines(ctx context.Context, input Input, request LinesRequest) (LinesResult, error) {
	ctx, cancel := context.WithTimeout(ctx, linesBudget)
	defer cancel()
	result := LinesResult{Lines: []DecidingLine{}}
	p := newProbe(ctx, input, Request{RenderRequest: request.RenderRequest})
	outcome, ok := p.render(change{})
	if !ok || len(outcome.Result.Objects) == 0 {
		return result, ctx.Err()
	}
	p.objects, p.inputs = outcome.Result.Objects, outcome.Result.Inputs
	text, ok := p.read(request.Path)
	if !ok || isTemplate(request.Path) {
		return result, nil
	}
	s := &search{probe: p}
	before := s.fieldsOf(p.objects, request.Fields)
	counts := map[int]int{}
	kind := s.kindOf(request.Path, s.kustomizations())
	for _, found := range s.scalarsOfFile(request.Path, text, kind) {
		if ctx.Err() != nil || p.renders > maxLineRenders {
			break
		}
		if !slices.ContainsFunc(request.Ranges, func(lines [2]int) bool { return lines[0] <= found.line && found.line <= lines[1] }) {
			continue
		}
		decides := s.decided(candidate{scalar: found, kind: kind, path: request.Path, text: text}, request.Fields, before)
		counts[found.line] = max(counts[found.line], decides)
	}
	for line, fields := range counts {
		if fields > 0 {
			result.Lines = append(result.Lines, DecidingLine{Line: line, Fields: fields})
		}
	}
	slices.SortFunc(result.Lines, func(a, b DecidingLine) int { return a.Line - b.Line })
	result.Renders = p.renders
	return result, nil
}

// decided counts the fields that change with a scalar.
func (s *search) decided(c candidate, fields []Field, before []string) int {
	for _, changed := range mutations(c.scalar) {
		outcome, ok := s.render(c.change(changed))
		if !ok {
			continue
		}
		count := 0
		for i, after := range s.fieldsOf(outcome.Result.Objects, fields) {
			if after != before[i] {
				count++
			}
		}
		return count
	}
	return 0
}

// fieldsOf gives each field as text, "" for one that is not there.
func (s *search) fieldsOf(objects []model.RenderedObject, fields []Field) []string {
	texts := make([]string, len(fields))
	for i, field := range fields {
		s.request.Object = field.Object
		at := s.indexOf(objects)
		if at < 0 {
			continue
		}
		if value, ok := fieldOf(objects[at].Object, field.Pointer); ok {
			if data, err := json.Marshal(value); err == nil {
				texts[i] = strings.TrimSpace(string(data))
			}
		}
	}
	return texts
}
