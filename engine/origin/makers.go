package origin

import (
	"path"
	"slices"
	"strings"
)

// tryMakers finds what makes the object at all, for the fields that say which object it is: the entry
// of a generator, or the document itself where other places name it, so that it cannot be changed alone.
// With such a place changed there is no object of that name and kind any more.
func (s *search) tryMakers(all []candidate) {
	if !s.asksForHead() {
		return
	}
	for _, c := range all {
		if s.ctx.Err() != nil || len(s.found) > 0 {
			return
		}
		if s.isDocument(c) || s.isEntry(c) {
			s.confirmMaker(c)
		}
	}
}

// heads are fields that a generator writes by itself, or that make an object another one.
var heads = []string{"/apiVersion", "/kind", "/metadata/name", "/type", "/immutable"}

func (s *search) asksForHead() bool { return slices.Contains(heads, s.request.Pointer) }

// isDocument is true of the field in the document that Kustomize says the object was read from.
func (s *search) isDocument(c candidate) bool {
	own := s.objects[s.at].Origin
	if c.path != own.Path || c.scalar.pointer != s.request.Pointer || !s.equal(c.scalar.value) {
		return false
	}
	if own.Line == 0 {
		return true
	}
	document, known := documentAt(c.text, own.Line)
	return known && document == c.scalar.document
}

// documentAt is the number of the document that a line (1-based) of a text is in.
func documentAt(text string, line int) (int, bool) {
	nearest, document := 0, 0
	for _, one := range scalarsOf(text) {
		if one.line >= line && (nearest == 0 || one.line < nearest) {
			nearest, document = one.line, one.document
		}
	}
	return document, nearest > 0
}

// isEntry is true of the name that a generator gives the object.
func (s *search) isEntry(c candidate) bool {
	h := headOf(s.objects[s.at])
	if c.kind != kindGenerator || c.path == "" || len(c.scalar.value) == 0 || !strings.Contains(h.Metadata.Name, c.scalar.value) {
		return false
	}
	if isKustomization(c.path) {
		parts := partsOf(c.scalar.pointer)
		list := strings.ToLower(h.Kind[:1]) + h.Kind[1:] + "Generator"
		return len(parts) == 3 && parts[0] == list && parts[2] == "name"
	}
	return c.scalar.pointer == "/metadata/name" && slices.Contains([]string{".yaml", ".yml"}, path.Ext(c.path))
}

func (s *search) confirmMaker(c candidate) {
	for _, changed := range mutations(c.scalar) {
		outcome, ok := s.render(c.change(changed))
		if s.ctx.Err() != nil {
			return
		}
		if ok && s.indexOf(outcome.Result.Objects) >= 0 || !ok && c.path != s.objects[s.at].Origin.Path {
			continue
		}
		place := c.place()
		place.Makes = true
		place.Direct = s.isDocument(c)
		s.found = append(s.found, confirmed{place: place, strength: other, order: len(s.found)})
		return
	}
}
