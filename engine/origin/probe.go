package origin

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

// probe renders an app again and again with small changes.
type probe struct {
	ctx     context.Context
	input   Input
	request Request
	renders int
	objects []model.RenderedObject
	inputs  []model.Input
	// layer is the one of the last render.
	layer *files.Layer
	// fetched are the files of fetched charts, by their paths below files.Mounts.
	fetched map[string]string
	elsewhere
	// at is the index of the object, value its field and text that as text.
	at    int
	value any
	text  string
}

func newProbe(ctx context.Context, input Input, request Request) *probe {
	input.Tree = newMemory(input.Tree)
	return &probe{ctx: ctx, input: input, request: request}
}

// change is one difference to the app as it is: the text of a file, or another source.
type change struct {
	path   string
	text   string
	source *model.Source
}

func (p *probe) render(with change) (model.Outcome, bool) {
	if p.ctx.Err() != nil {
		return model.Outcome{}, false
	}
	p.renders++
	tree, input, request := p.input.Tree, p.input.Render, p.request.RenderRequest
	_, isPacked := p.packed[with.path]
	_, isFetched := p.fetched[with.path]
	_, isMounted := p.mounted[with.path]
	switch {
	case isFetched:
		input.Over = map[string]string{with.path: with.text}
	case isMounted:
		input = p.over(input, with.path, with.text)
	case isPacked:
		archive, packed, ok := p.repacked(with.path, with.text)
		if !ok {
			return model.Outcome{}, false
		}
		tree = files.WithOverlay(tree, map[string]*string{archive: &packed})
	case with.path != "":
		tree = files.WithOverlay(tree, map[string]*string{with.path: &with.text})
	}
	if with.source != nil {
		request.Source = *with.source
	}
	// Templates and merges may write into what they are given.
	request.Source = copyOf(request.Source)
	if with != (change{}) {
		// A change that a schema refuses shows all the same what the place decides.
		withoutSchemas(&request.Source)
	}
	input.Layer = files.NewLayer(tree)
	outcome := render.Render(input, request)
	p.layer = input.Layer
	return outcome, outcome.Kind == "rendered"
}

func withoutSchemas(source *model.Source) {
	source.SkipSchemaValidation = true
	for _, part := range source.Parts {
		if part.Source != nil {
			withoutSchemas(part.Source)
		}
	}
}

// begin renders the app as it is and finds the field; false where there is no such scalar.
func (p *probe) begin() bool {
	outcome, ok := p.render(change{})
	if !ok {
		return false
	}
	p.objects, p.inputs = outcome.Result.Objects, outcome.Result.Inputs
	p.addFetched(outcome.Result)
	p.addElsewhere(p.layer, outcome.Result)
	p.at = p.indexOf(p.objects)
	if p.at < 0 {
		return false
	}
	p.value, ok = fieldOf(p.objects[p.at].Object, p.request.Pointer)
	if !ok {
		return false
	}
	p.text, ok = scalarText(p.value)
	return ok
}

// addFetched takes the files of fetched charts for inputs as well, which they are not of the repository.
func (p *probe) addFetched(result *model.RenderResult) {
	digests := map[string]bool{}
	for _, used := range result.Charts {
		digests[used.Digest] = true
	}
	for _, object := range result.Objects {
		if below, ok := strings.CutPrefix(object.Origin.Path, files.Mounts+"/"); ok {
			digest, _, _ := strings.Cut(below, "/")
			digests["sha256:"+digest] = true
		}
	}
	delete(digests, "")
	p.fetched = render.FetchedFiles(p.input.Render.Charts, slices.Sorted(maps.Keys(digests)))
	found := true
	for _, name := range slices.Sorted(maps.Keys(p.fetched)) {
		p.inputs = append(p.inputs, model.Input{Kind: "file", Path: name, Found: &found})
	}
}

type head struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

func headOf(object model.RenderedObject) head {
	var h head
	// An object whose head is of other types is none that was asked for.
	_ = json.Unmarshal(object.Object, &h)
	return h
}

func (p *probe) indexOf(objects []model.RenderedObject) int {
	without := -1
	for i, object := range objects {
		h := headOf(object)
		group, _, grouped := strings.Cut(h.APIVersion, "/")
		if !grouped {
			group = ""
		}
		wanted := p.request.Object
		if h.Kind != wanted.Kind || group != wanted.Group || h.Metadata.Name != wanted.Name {
			continue
		}
		if h.Metadata.Namespace == wanted.Namespace {
			return i
		}
		if h.Metadata.Namespace == "" {
			without = i
		}
	}
	return without
}

// changed is the app with a change.
type changed struct {
	objects []model.RenderedObject
	at      int
	text    string
}

// with renders a change; false where the app cannot be rendered with it or the field is no more.
func (p *probe) with(c change) (changed, bool) {
	outcome, ok := p.render(c)
	if !ok {
		return changed{}, false
	}
	objects := outcome.Result.Objects
	at := p.likeIn(objects)
	if at < 0 {
		return changed{}, false
	}
	value, ok := fieldOf(objects[at].Object, p.request.Pointer)
	if !ok {
		return changed{}, false
	}
	text, ok := scalarText(value)
	return changed{objects: objects, at: at, text: text}, ok
}

// likeIn finds the object among those of another render: by its identity, else, where its identity is
// what changed, it is one that was not there before.
func (p *probe) likeIn(objects []model.RenderedObject) int {
	if at := p.indexOf(objects); at >= 0 {
		return at
	}
	known := map[head]bool{}
	for _, object := range p.objects {
		known[headOf(object)] = true
	}
	was := p.objects[p.at]
	best, bestShared := -1, 0
	for i, object := range objects {
		if known[headOf(object)] || object.Origin.Path != was.Origin.Path {
			continue
		}
		shared := 1 + 2*sharedFields(was.Object, object.Object)
		if i == p.at && len(objects) == len(p.objects) {
			shared++
		}
		if shared > bestShared {
			best, bestShared = i, shared
		}
	}
	return best
}

func sharedFields(a, b json.RawMessage) int {
	leavesOfA, leavesOfB := leavesOf(a), leavesOf(b)
	shared := 0
	for pointer, value := range leavesOfA {
		if leavesOfB[pointer] == value {
			shared++
		}
	}
	return shared
}

// effects counts the fields of all objects that differ from the app as it is.
func (p *probe) effects(after changed) int {
	count := 0
	for i := 0; i < len(p.objects) || i < len(after.objects); i++ {
		if i >= len(p.objects) || i >= len(after.objects) {
			count++
			continue
		}
		if bytes.Equal(p.objects[i].Object, after.objects[i].Object) {
			continue
		}
		was, is := leavesOf(p.objects[i].Object), leavesOf(after.objects[i].Object)
		for pointer, value := range was {
			if is[pointer] != value {
				count++
			}
			delete(is, pointer)
		}
		count += len(is)
	}
	return count
}

func leavesOf(object json.RawMessage) map[string]string {
	var value any
	leaves := map[string]string{}
	if json.Unmarshal(object, &value) == nil {
		collectLeaves(value, "", leaves)
	}
	return leaves
}

func collectLeaves(value any, at string, leaves map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, entry := range value {
			collectLeaves(entry, at+"/"+escapePointer(key), leaves)
		}
	case []any:
		for i, entry := range value {
			collectLeaves(entry, at+"/"+strconv.Itoa(i), leaves)
		}
	default:
		leaves[at], _ = scalarText(value)
	}
}

func escapePointer(part string) string {
	return strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1")
}

func partsOf(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return parts
}

func fieldOf(object json.RawMessage, pointer string) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	for _, part := range partsOf(pointer) {
		switch holder := value.(type) {
		case map[string]any:
			entry, ok := holder[part]
			if !ok {
				return nil, false
			}
			value = entry
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(holder) {
				return nil, false
			}
			value = holder[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// scalarText gives a scalar as YAML would have it without quotes.
func scalarText(value any) (string, bool) {
	switch value := value.(type) {
	case nil:
		return "null", true
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64), true
	}
	return "", false
}

func plain(text string) (string, bool) { return text, true }

// decoded gives what a field of a Secret stands for.
func decoded(text string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || !utf8.Valid(data) {
		return "", false
	}
	return string(data), true
}

// equal says whether the field can be the text of a place.
func (p *probe) equal(text string) bool {
	if text == p.text || sameNumber(text, p.text) {
		return true
	}
	clear, ok := decoded(p.text)
	return ok && clear == text
}

// holds says whether the field can be made of the text of a place, or be taken from it.
func (p *probe) holds(text string) bool {
	if len(text) < 2 {
		return false
	}
	if strings.Contains(p.text, text) || len(p.text) > 1 && strings.Contains(text, p.text) {
		return true
	}
	clear, ok := decoded(p.text)
	return ok && strings.Contains(clear, text)
}

func copyOf(source model.Source) model.Source {
	data, err := json.Marshal(source)
	var copied model.Source
	if err != nil || json.Unmarshal(data, &copied) != nil {
		return source
	}
	return copied
}

// memory remembers what a tree answered: many renders read the same files.
type memory struct {
	files.Tree
	infos map[string]answer[files.Info]
	texts map[string]answer[[]byte]
	lists map[string]answer[[]files.Info]
}

type answer[T any] struct {
	value T
	err   error
}

func newMemory(tree files.Tree) files.Tree {
	return &memory{tree, map[string]answer[files.Info]{}, map[string]answer[[]byte]{}, map[string]answer[[]files.Info]{}}
}

func remembered[T any](known map[string]answer[T], name string, ask func(string) (T, error)) (T, error) {
	if kept, ok := known[name]; ok {
		return kept.value, kept.err
	}
	value, err := ask(name)
	known[name] = answer[T]{value, err}
	return value, err
}

func (m *memory) Lstat(name string) (files.Info, error) {
	return remembered(m.infos, name, m.Tree.Lstat)
}

func (m *memory) Read(name string) ([]byte, error) { return remembered(m.texts, name, m.Tree.Read) }

func (m *memory) List(name string) ([]files.Info, error) {
	return remembered(m.lists, name, m.Tree.List)
}

// read gives the text of a file of the app, links followed.
func (p *probe) read(name string) (string, bool) {
	if text, ok := p.fetched[name]; ok {
		return text, utf8.ValidString(text)
	}
	if text, ok := p.mounted[name]; ok {
		return text, utf8.ValidString(text)
	}
	if file, ok := p.packed[name]; ok {
		return file.text, utf8.ValidString(file.text)
	}
	real, info, err := files.NewLayer(p.input.Tree).Resolve(name)
	if err != nil || info.Kind != files.File || info.Size > files.DefaultLimit || real != name {
		// A link is an input beside the file that it leads to.
		return "", false
	}
	text, err := p.input.Tree.Read(name)
	if err != nil || !fs.ValidPath(name) {
		return "", false
	}
	return string(text), true
}
