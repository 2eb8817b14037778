package origin

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/loader/archive"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

var capabilities = &model.Capabilities{KubeVersion: "v1.36.3"}

// app is one that tests ask about.
type app struct {
	name   string
	root   string
	source model.Source
	// given is nil for those that most tests use.
	given *model.Capabilities
}

func (a app) capabilities() *model.Capabilities {
	if a.given != nil {
		return a.given
	}
	return capabilities
}

func (a app) disk(t testing.TB) files.Tree {
	t.Helper()
	disk, closer, err := files.OpenDisk(a.root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer.Close() })
	return disk
}

func (a app) render(t testing.TB, overlay map[string]*string, source model.Source) model.Outcome {
	t.Helper()
	return render.Render(
		render.Input{Layer: files.NewLayer(files.WithOverlay(a.disk(t), overlay))},
		model.RenderRequest{Snapshot: model.Snapshot{Root: a.root}, Source: source, Capabilities: a.capabilities()},
	)
}

func (a app) origin(t testing.TB, object Object, pointer string) Result {
	t.Helper()
	result, err := Find(context.Background(), Input{Tree: a.disk(t)}, Request{
		RenderRequest: model.RenderRequest{Snapshot: model.Snapshot{Root: a.root}, Source: a.source, Capabilities: a.capabilities()},
		Object:        object, Pointer: pointer,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func objectOf(object model.RenderedObject) Object {
	h := headOf(object)
	group, _, grouped := strings.Cut(h.APIVersion, "/")
	if !grouped {
		group = ""
	}
	return Object{Group: group, Kind: h.Kind, Namespace: h.Metadata.Namespace, Name: h.Metadata.Name}
}

// edited changes the text at a place by hand, with no help of what found it: as a person would type
// into the value that begins there, or into the field's text where the line has it.
func edited(t *testing.T, root string, place Place, field string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(place.Path)))
	if err != nil {
		t.Fatalf("the place %+v is in no file: %v", place, err)
	}
	if place.Member != "" {
		return editedMember(t, data, place, field)
	}
	return editedText(t, string(data), place, field)
}

// editedMember changes a file of a packed chart and packs it again.
func editedMember(t *testing.T, data []byte, place Place, field string) []string {
	t.Helper()
	e := elsewhere{packed: map[string]packedFile{}, archives: map[string][]*archive.BufferedFile{}}
	e.addPacked(place.Path, data)
	name := place.Path + "/" + place.Member
	file, known := e.packed[name]
	if !known {
		t.Fatalf("%+v is in no file of the archive", place)
	}
	packed := []string{}
	for _, text := range editedText(t, file.text, place, field) {
		_, again, ok := e.repacked(name, text)
		if !ok {
			t.Fatalf("%s cannot be packed again", place.Path)
		}
		packed = append(packed, again)
	}
	return packed
}

func editedText(t *testing.T, data string, place Place, field string) []string {
	t.Helper()
	lines := strings.Split(data, "\n")
	if place.Line < 1 || place.Line > len(lines) {
		t.Fatalf("the place %+v is past the file", place)
	}
	line := lines[place.Line-1]
	runes := []rune(line)
	if place.Column < 1 || place.Column > len(runes) {
		t.Fatalf("the place %+v is past its line %q", place, line)
	}
	head, value := string(runes[:place.Column-1]), string(runes[place.Column-1:])
	texts := []string{}
	for _, other := range otherValues(value) {
		changed := append([]string{}, lines...)
		changed[place.Line-1] = head + other
		texts = append(texts, strings.Join(changed, "\n"))
	}
	for at := range line {
		if len(field) < 2 || !strings.HasPrefix(line[at:], field) {
			continue
		}
		for _, other := range []string{field + "z", "post-install", "pre-install", nextNumberOf(field)} {
			changed := append([]string{}, lines...)
			changed[place.Line-1] = line[:at] + other + line[at+len(field):]
			texts = append(texts, strings.Join(changed, "\n"))
		}
	}
	if value == "|" || value == "|-" || value == ">-" {
		changed := append([]string{}, lines...)
		changed[place.Line] += "1"
		texts = append(texts, strings.Join(changed, "\n"))
	}
	return texts
}

func nextNumberOf(number string) string {
	value, _ := strconv.Atoi(number)
	return strconv.Itoa(value + 1)
}

var digits = regexp.MustCompile(`[0-9]+`)

// knownWords are what the values schema of the sample takes in place of one another.
var knownWords = []string{"warn", "CHF", "NodePort", "Always"}

// otherValues are tries: what a schema or a version refuses says nothing about the place.
func otherValues(value string) []string {
	tries := append(typedValues(value), knownWords...)
	if at := digits.FindStringIndex(value); at != nil && !strings.Contains(value[:at[0]], "{{") {
		number, _ := strconv.Atoi(value[at[0]:at[1]])
		tries = append(tries, value[:at[0]]+strconv.Itoa(number+1)+value[at[1]:], value[:at[0]]+strconv.Itoa(number-1)+value[at[1]:])
	}
	return tries
}

func typedValues(value string) []string {
	trimmed := strings.TrimRight(value, " \r")
	switch {
	case strings.HasPrefix(trimmed, "true"):
		return []string{"false" + trimmed[4:]}
	case strings.HasPrefix(trimmed, "false"):
		return []string{"true" + trimmed[5:]}
	case strings.HasPrefix(trimmed, `"{{`):
		return []string{trimmed[:len(trimmed)-1] + "1" + trimmed[len(trimmed)-1:]}
	case strings.HasPrefix(trimmed, `"`) || strings.HasPrefix(trimmed, `'`):
		if end := strings.Index(trimmed[1:], trimmed[:1]); end >= 0 {
			return []string{
				trimmed[:end+1] + "1" + trimmed[end+1:], trimmed[:end+1] + "z" + trimmed[end+1:],
			}
		}
	case strings.HasPrefix(trimmed, "{{"):
		end := strings.Index(trimmed, "}}") + 2
		return []string{
			trimmed + "1", trimmed[:end] + "1" + trimmed[end:], strings.Replace(trimmed, "}}", `| replace "a" "b" }}`, 1),
			`"changed"` + trimmed[end:], `"pre-upgrade"` + trimmed[end:], `7`,
		}
	}
	end := strings.IndexAny(trimmed, "\"',}] ")
	if end < 0 {
		end = len(trimmed)
	}
	return []string{trimmed[:end] + "1" + trimmed[end:], trimmed[:end] + "z" + trimmed[end:], trimmed + "1"}
}

// proof counts over a corpus what the first-named places are worth.
type proof struct {
	fields, named, right, renders int
	wrong, none                   []string
	// whys counts the reasons of those without a place.
	whys map[string]int
}

func (p *proof) check(t *testing.T, a app, object model.RenderedObject, index int, pointer string) {
	t.Helper()
	p.fields++
	result := a.origin(t, objectOf(object), pointer)
	p.renders += result.Renders
	about := a.name + " " + headOf(object).Kind + "/" + headOf(object).Metadata.Name + " " + pointer
	if len(result.Places) == 0 {
		p.none = append(p.none, about+" "+result.Why)
		p.whys[result.Why]++
		return
	}
	p.named++
	first := result.Places[0]
	before, _ := fieldOf(object.Object, pointer)
	if first.Source != "" {
		if a.changesBySource(t, first, index, pointer, before) {
			p.right++
		} else {
			p.wrong = append(p.wrong, about+" → "+first.Source)
		}
		return
	}
	field, _ := scalarText(before)
	for _, text := range edited(t, a.root, first, field) {
		overlay := map[string]*string{first.Path: &text}
		if a.changes(t, overlay, a.source, index, pointer, before) || first.Makes && a.isGone(t, overlay, objectOf(object)) {
			p.right++
			return
		}
	}
	p.wrong = append(p.wrong, about+" → "+first.Label+":"+strconv.Itoa(first.Line))
}

func (a app) changesBySource(t *testing.T, place Place, index int, pointer string, before any) bool {
	t.Helper()
	data, _ := json.Marshal(a.source)
	value, ok := fieldOf(data, place.Source)
	if !ok {
		return false
	}
	text, _ := scalarText(value)
	if place.Line > 0 {
		lines := strings.Split(text, "\n")
		lines[place.Line-1] += "1"
		return a.changes(t, nil, *withLeaf(&a.source, place.Source, strings.Join(lines, "\n"), true), index, pointer, before)
	}
	_, isText := value.(string)
	if flag, isFlag := value.(bool); isFlag {
		return a.changes(t, nil, *withLeaf(&a.source, place.Source, strconv.FormatBool(!flag), false), index, pointer, before)
	}
	return a.changes(t, nil, *withLeaf(&a.source, place.Source, text+"1", isText), index, pointer, before)
}

// changes says whether the field of the object that stood at an index differs. Where the object has
// another name or kind by now, it is the one that is new.
func (a app) changes(t *testing.T, overlay map[string]*string, source model.Source, index int, pointer string, before any) bool {
	t.Helper()
	after := a.render(t, overlay, source)
	if after.Kind != "rendered" {
		return false
	}
	old := a.render(t, nil, a.source).Result.Objects
	fresh := map[Object]int{}
	for i, object := range after.Result.Objects {
		fresh[objectOf(object)] = i
	}
	at, kept := fresh[objectOf(old[index])]
	for _, object := range old {
		delete(fresh, objectOf(object))
	}
	if !kept {
		if len(fresh) == 0 {
			return false
		}
		for _, i := range fresh {
			if at = i; i == index {
				break
			}
		}
	}
	// A field that is no more is another one as well.
	value, ok := fieldOf(after.Result.Objects[at].Object, pointer)
	return !ok || value != before
}

// isGone says whether an edit leaves no such object, or nothing to apply at all.
func (a app) isGone(t *testing.T, overlay map[string]*string, object Object) bool {
	t.Helper()
	after := a.render(t, overlay, a.source)
	if after.Kind != "rendered" {
		return true
	}
	return !slices.ContainsFunc(after.Result.Objects, func(one model.RenderedObject) bool { return objectOf(one) == object })
}

// pointersOf gives the scalars of an object, those that a user asks about last first: every one.
func pointersOf(object model.RenderedObject) []string {
	pointers := []string{}
	for pointer := range leavesOf(object.Object) {
		if value, ok := fieldOf(object.Object, pointer); ok {
			if text, scalar := scalarText(value); scalar && value != nil && text != "" {
				pointers = append(pointers, pointer)
			}
		}
	}
	sort.Strings(pointers)
	return pointers
}
