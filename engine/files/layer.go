package files

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"sort"
	"strings"

	"github.com/plumbline/plumbline/engine/model"
)

const maxLinks = 40

// DefaultLimit is the largest file that is read as text.
const DefaultLimit = 10 << 20

// Layer reads a tree for one request. It follows links inside the root, remembers what it read, and
// records every path that it was asked for. It is not safe for concurrent use.
type Layer struct {
	tree    Tree
	stats   map[string]lstat
	texts   map[string][]byte
	lists   map[string][]Info
	found   map[string]bool
	listed  map[string]bool
	made    map[string][]byte
	mounted map[string]bool
	failure *error
}

type lstat struct {
	info Info
	err  error
}

func NewLayer(tree Tree) *Layer {
	return &Layer{
		tree:    tree,
		stats:   map[string]lstat{},
		texts:   map[string][]byte{},
		lists:   map[string][]Info{},
		found:   map[string]bool{},
		listed:  map[string]bool{},
		made:    map[string][]byte{},
		mounted: map[string]bool{},
		// Aside too, text that is unavailable is.
		failure: new(error),
	}
}

// Aside gives a layer with what this one read, which records on its own.
func (l *Layer) Aside() *Layer {
	aside := *l
	aside.found, aside.listed = map[string]bool{}, map[string]bool{}
	return &aside
}

// Adopt makes what was asked of a layer aside part of what was asked of this one.
func (l *Layer) Adopt(aside *Layer) {
	maps.Copy(l.found, aside.found)
	for name, recursive := range aside.listed {
		l.recordListing(name, recursive)
	}
}

// Unavailable is the first error that made text unavailable, as opposed to absent.
func (l *Layer) Unavailable() *UnavailableError {
	var unavailable *UnavailableError
	if errors.As(*l.failure, &unavailable) {
		return unavailable
	}
	return nil
}

func (l *Layer) note(err error) error {
	var unavailable *UnavailableError
	if *l.failure == nil && errors.As(err, &unavailable) {
		*l.failure = err
	}
	return err
}

func (l *Layer) lstat(name string) (Info, error) {
	if known, ok := l.stats[name]; ok {
		return known.info, known.err
	}
	info, err := l.tree.Lstat(name)
	l.stats[name] = lstat{info, l.note(err)}
	return info, err
}

// resolve follows every link on the way, each of which is an input of its own.
func (l *Layer) resolve(name string) (string, Info, error) {
	rest, done, links := strings.Split(name, "/"), "", 0
	if name == "" {
		rest = nil
	}
	for len(rest) > 0 {
		next := Join(done, rest[0])
		rest = rest[1:]
		info, err := l.lstat(next)
		if err != nil {
			return next, Info{}, err
		}
		if info.Kind != Link {
			done = next
			continue
		}
		l.found[next] = true
		if links++; links > maxLinks {
			return next, Info{}, ErrOutside
		}
		target, err := l.tree.Readlink(next)
		if err != nil {
			return next, Info{}, l.note(err)
		}
		if path.IsAbs(target) || strings.Contains(target, ":") {
			return next, Info{}, ErrOutside
		}
		whole, err := Clean(path.Join(append([]string{parent(next), target}, rest...)...))
		if err != nil {
			return next, Info{}, err
		}
		if MountOf(whole) != MountOf(next) {
			return next, Info{}, ErrOutside
		}
		done, rest = "", strings.Split(whole, "/")
		if whole == "" {
			rest = nil
		}
	}
	info, err := l.lstat(done)
	return done, info, err
}

// Resolve gives the real name of a path, links followed, and what is there.
func (l *Layer) Resolve(name string) (string, Info, error) {
	cleaned, err := Clean(name)
	if err != nil {
		return "", Info{}, err
	}
	real, info, err := l.resolve(cleaned)
	l.record(cleaned, real, err)
	if err != nil && cleaned != "" {
		// A folder of that name would come to be with any file below it.
		l.recordListing(cleaned, true)
	}
	return real, info, err
}

// Stat is Resolve for callers that keep the name they asked for.
func (l *Layer) Stat(name string) (Info, error) {
	_, info, err := l.Resolve(name)
	return info, err
}

// Read gives the text of a file of at most DefaultLimit bytes.
func (l *Layer) Read(name string) ([]byte, error) { return l.ReadLimited(name, DefaultLimit) }

// ReadLimited gives the content of a file of at most limit bytes.
func (l *Layer) ReadLimited(name string, limit int64) ([]byte, error) {
	cleaned, err := Clean(name)
	if err != nil {
		return nil, err
	}
	if text, ok := l.made[cleaned]; ok {
		return text, nil
	}
	real, info, err := l.resolve(cleaned)
	l.record(cleaned, real, err)
	switch {
	case err != nil:
		return nil, err
	case info.Kind != File:
		return nil, &fs.PathError{Op: "read", Path: cleaned, Err: errors.New("is not a file")}
	case info.Size > limit:
		return nil, &fs.PathError{Op: "read", Path: cleaned, Err: ErrTooLarge}
	}
	if text, ok := l.texts[real]; ok {
		return text, nil
	}
	text, err := l.tree.Read(real)
	if err != nil {
		// The file went away between the two calls.
		l.found[real] = false
		return nil, l.note(err)
	}
	l.texts[real] = text
	return text, nil
}

// Put lets a made-up text be read like a file; it is no input.
func (l *Layer) Put(name string, text []byte) { l.made[name] = text }

// List gives the names directly below a folder; links are not followed.
func (l *Layer) List(name string) ([]Info, error) {
	cleaned, err := Clean(name)
	if err != nil {
		return nil, err
	}
	real, info, err := l.resolve(cleaned)
	if err != nil {
		l.record(cleaned, real, err)
		l.recordListing(cleaned, true)
		return nil, err
	}
	l.recordListing(cleaned, false)
	l.recordListing(real, false)
	if info.Kind != Dir {
		return nil, &fs.PathError{Op: "list", Path: cleaned, Err: errors.New("is not a folder")}
	}
	if infos, ok := l.lists[real]; ok {
		return infos, nil
	}
	infos, err := l.tree.List(real)
	if err != nil {
		return nil, l.note(err)
	}
	l.lists[real] = infos
	return infos, nil
}

// ListDeep is List for callers that look into every folder below.
func (l *Layer) ListDeep(name string) ([]Info, error) {
	infos, err := l.List(name)
	if cleaned, cleanErr := Clean(name); cleanErr == nil {
		l.recordListing(cleaned, true)
	}
	return infos, err
}

func (l *Layer) record(asked, real string, err error) {
	l.found[asked] = err == nil
	if real != "" && real != asked {
		l.found[real] = err == nil
	}
}

func (l *Layer) recordListing(name string, recursive bool) {
	l.listed[name] = l.listed[name] || recursive
}

// Inputs gives everything asked for, in the order of paths.
func (l *Layer) Inputs() []model.Input { return sorted(withoutMounts(l.allInputs())) }

func (l *Layer) allInputs() []model.Input {
	inputs := make([]model.Input, 0, len(l.found)+len(l.listed))
	for name, found := range l.found {
		inputs = append(inputs, model.Input{Kind: "file", Path: name, Found: &found})
	}
	for name, recursive := range l.listed {
		inputs = append(inputs, model.Input{Kind: "listing", Path: name, Recursive: &recursive})
	}
	return inputs
}

func sorted(inputs []model.Input) []model.Input {
	sort.Slice(inputs, func(i, j int) bool {
		if inputs[i].Path != inputs[j].Path {
			return inputs[i].Path < inputs[j].Path
		}
		return inputs[i].Kind < inputs[j].Kind
	})
	return inputs
}

// Walk visits every file below a folder in the order of names; skip says which folders not to
// enter, nil that none is. Links are not entered, and are visited with the kind of what they lead to.
func (l *Layer) Walk(name string, skip func(Info, string) bool, visit func(string, Info) error) error {
	return walk{l, skip, visit, nil}.into(name)
}

// WalkLinked is Walk that also enters links to folders, a loop of them once.
func (l *Layer) WalkLinked(name string, skip func(Info, string) bool, visit func(string, Info) error) error {
	return walk{l, skip, visit, map[string]bool{}}.into(name)
}

type walk struct {
	layer *Layer
	skip  func(Info, string) bool
	visit func(string, Info) error
	// above holds the folders around the present one when links are entered.
	above map[string]bool
}

func (w walk) into(name string) error {
	if w.above != nil {
		real, _, err := w.layer.Resolve(name)
		if err != nil || w.above[real] {
			return err
		}
		w.above[real] = true
		defer delete(w.above, real)
	}
	list := w.layer.List
	if w.skip != nil {
		// A new folder would be entered.
		list = w.layer.ListDeep
	}
	infos, err := list(name)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if err := w.entry(Join(name, info.Name), info); err != nil {
			return err
		}
	}
	return nil
}

func (w walk) entry(name string, info Info) error {
	enter := info.Kind == Dir
	if info.Kind == Link {
		if target, err := w.layer.Stat(name); err == nil {
			info.Kind = target.Kind
		}
		enter = info.Kind == Dir && w.above != nil
	}
	if !enter {
		return w.visit(name, info)
	}
	if w.skip == nil || w.skip(info, name) {
		return nil
	}
	return w.into(name)
}
