// Package origin finds the places of a repository that decide a field of a rendered object. It
// guesses candidates and believes none: a place is named only after a render with the text changed
// at that place has changed the field.
package origin

import (
	"context"
	"errors"
	"path"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

// Request asks for one field of one object of a render.
type Request struct {
	model.RenderRequest
	Object Object `json:"object"`
	// Pointer is the JSON pointer of a scalar.
	Pointer string `json:"pointer"`
}

// Object identifies one of the rendered objects. Where none stands in the namespace, one without a
// namespace is meant.
type Object struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Place is one that decides the field. It is in a file, or, with Source, in the request's source:
// there Line counts within the text at that JSON pointer, 1 being the first of its lines, and is left
// out where the text is one line.
type Place struct {
	Path   string `json:"path,omitempty"`
	Source string `json:"source,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Member is set where Path is a packed chart: the file in it, by its path below the chart's folder.
	Member string `json:"member,omitempty"`
	// Makes says that without the place, or with another text there, there is no object of that name and kind.
	Makes bool `json:"makes,omitempty"`
	// Kind is one of node, patch, generator, transformer, template, value, inline-values, parameter
	// and substitution.
	Kind  string `json:"kind"`
	Label string `json:"label"`
	// Direct says that the field holds the text of the place; else the place only decides it.
	Direct bool `json:"direct"`
}

// Result is the places, the deciding one first. Renders is how many it took to confirm them. Why says
// why there is none: one of the whys, or nothing where none of what was tried changes the field.
type Result struct {
	Places  []Place `json:"places"`
	Renders int     `json:"renders"`
	Why     string  `json:"why,omitempty"`
}

const (
	// whyGenerated: the field is made anew at each render.
	whyGenerated = "generated"
	// whyArchive: a packed chart in the repository holds it.
	whyArchive = "archive"
	// whyWritten: the tool itself writes it, as Kustomize writes the kind of what it generates.
	whyWritten = "written"
	// whyAlone: with the place that holds it changed alone, the app cannot be rendered.
	whyAlone = "alone"
	// whyTime: the time was over before a place was confirmed.
	whyTime = "time"
	// whyAbsent: there is no such field, or it is no scalar.
	whyAbsent = "absent"
)

// findBudget and linesBudget bound one answer; what was confirmed until then is the answer. Variables
// for the tests, which ask what is found and not how fast.
var (
	findBudget  = 4 * time.Second
	linesBudget = 2 * time.Second
)

var errNotRendered = errors.New("the app cannot be rendered")

// Find gives the places that decide a field; none where nothing could be confirmed.
func Find(ctx context.Context, input Input, request Request) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, findBudget)
	defer cancel()
	p := newProbe(ctx, input, request)
	if !p.begin() {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		return Result{Places: []Place{}, Renders: p.renders, Why: whyAbsent}, nil
	}
	s := &search{probe: p}
	s.run()
	result := Result{Places: s.ranked(), Renders: p.renders}
	if len(result.Places) == 0 {
		result.Why = s.why()
	}
	return result, nil
}

func (s *search) why() string {
	object := s.objects[s.at]
	switch {
	case slices.Contains(object.Generated, s.request.Pointer):
		return whyGenerated
	case path.Ext(object.Origin.Path) == ".tgz":
		return whyArchive
	case s.isWritten(object):
		return whyWritten
	case s.ctx.Err() != nil:
		return whyTime
	case s.refused:
		return whyAlone
	}
	return ""
}

// isWritten is true of what no text of the repository holds: marks of buildMetadata, and what a generator
// makes of its entry.
func (s *search) isWritten(object model.RenderedObject) bool {
	last := lastPart(s.request.Pointer)
	for _, mark := range []string{"config.kubernetes.io~1origin", "alpha.config.kubernetes.io~1transformations", "app.kubernetes.io~1managed-by"} {
		if last == mark && !s.ofChart() {
			return true
		}
	}
	return isKustomization(object.Origin.Path) && s.asksForHead()
}

// Input is what renders read from; the layers are made anew over the tree for each of them.
type Input struct {
	Tree   files.Tree
	Render render.Input
}

// strength says how much of the field a place decides.
type strength int

const (
	whole strength = iota // the field is the text of the place
	part                  // the field holds the text of the place
	inner                 // the text of the place holds the field
	other                 // the field changes with the place
)

// confirmed is a candidate that was seen to decide the field.
type confirmed struct {
	place    Place
	strength strength
	// share is how many characters of the field are those of the place.
	share int
	// effects counts the fields of all objects that the change of the place changed.
	effects int
	order   int
}

type search struct {
	*probe
	found []confirmed
	tried map[string]bool
	// refused is set where a place that looks like the field cannot be changed alone.
	refused bool
}

const (
	maxEqual     = 80
	maxHolding   = 80
	maxTemplates = 90
	maxDeciding  = 150
)

func (s *search) run() {
	s.tried = map[string]bool{}
	all := s.candidates()
	s.try(all, maxEqual, func(c candidate) bool { return s.equal(c.scalar.value) })
	if !s.has(whole) {
		s.try(all, maxHolding, func(c candidate) bool { return s.holds(c.scalar.value) || s.holdsSign(c) })
	}
	if s.hasTemplates() {
		s.tryTemplates()
		if !s.has(inner) {
			s.try(s.deciding(all), maxDeciding, func(candidate) bool { return true })
		}
	}
	if len(s.found) == 0 {
		s.tryMakers(all)
	}
}

// holdsSign is true of single characters that are made to be put into fields: of others there are too many.
func (s *search) holdsSign(c candidate) bool {
	isMade := c.kind == kindTransformer || c.kind == kindSubstitution || c.kind == kindParameter
	return isMade && len(c.scalar.value) == 1 && strings.Contains(s.text, c.scalar.value)
}

func (s *search) has(worst strength) bool {
	for _, found := range s.found {
		if found.strength <= worst && found.place.Kind != kindTemplate {
			return true
		}
	}
	return false
}

// try confirms candidates that a filter lets through, and stops once one decides exactly the field.
func (s *search) try(all []candidate, most int, filter func(candidate) bool) {
	for _, c := range all {
		if s.ctx.Err() != nil || most == 0 {
			return
		}
		if s.tried[c.id()] || !filter(c) {
			continue
		}
		s.tried[c.id()] = true
		most--
		if found, ok := s.confirm(c); ok {
			s.found = append(s.found, found)
			if found.strength == whole && found.effects == 1 {
				return
			}
		}
	}
}

// confirm renders with the scalar changed.
func (s *search) confirm(c candidate) (confirmed, bool) {
	for _, changed := range mutations(c.scalar) {
		after, ok := s.with(c.change(changed))
		if !ok {
			s.refused = s.refused || s.equal(c.scalar.value)
			continue
		}
		strength, decides := s.relation(c.scalar.value, changed, after.text)
		if !decides || strength == other && !c.mayDecide() {
			return confirmed{}, false
		}
		place := c.place()
		place.Direct = strength != other
		return confirmed{
			place: place, strength: strength, share: len(c.scalar.value),
			effects: s.effects(after), order: len(s.found),
		}, true
	}
	return confirmed{}, false
}

// relation tells how the field followed a change of text at a place.
func (s *search) relation(before, changed, after string) (strength, bool) {
	if after == s.text {
		return other, false
	}
	for _, of := range []func(string) (string, bool){plain, decoded} {
		field, readable := of(s.text)
		fieldAfter, readableAfter := of(after)
		if !readable || !readableAfter {
			continue
		}
		switch {
		case field == before && fieldAfter == changed || sameNumber(field, before) && sameNumber(fieldAfter, changed):
			return whole, true
		case before != "" && strings.Contains(field, before) && strings.Contains(fieldAfter, changed):
			return part, true
		case field != "" && strings.Contains(before, field) && strings.Contains(changed, fieldAfter):
			return inner, true
		}
	}
	return other, true
}

func (s *search) ranked() []Place {
	sort.SliceStable(s.found, func(i, j int) bool { return before(s.found[i], s.found[j]) })
	places := []Place{}
	seen := map[Place]bool{}
	for _, found := range s.found {
		if !seen[found.place] {
			seen[found.place] = true
			places = append(places, s.placed(found.place))
		}
	}
	return places
}

// before puts what holds more of the field first, and of equals what changes least besides it.
func before(a, b confirmed) bool {
	switch {
	case a.strength != b.strength:
		return a.strength < b.strength
	case isAffix(a.place) != isAffix(b.place):
		return isAffix(b.place)
	case a.strength == part && a.share != b.share:
		return a.share > b.share
	case (a.place.Kind == kindTemplate) != (b.place.Kind == kindTemplate):
		return b.place.Kind == kindTemplate
	case a.effects != b.effects:
		return a.effects < b.effects
	}
	return a.order < b.order
}

// isAffix is true of what is put around every name: the name itself says more.
func isAffix(place Place) bool {
	return strings.HasSuffix(place.Label, "namePrefix") || strings.HasSuffix(place.Label, "nameSuffix")
}
