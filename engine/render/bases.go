package render

import (
	"bytes"
	"slices"

	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	yaml3 "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/plumbline/plumbline/engine/files"
)

// keptBases bounds what the accumulated bases of a process take.
const keptBases = 64 << 20

// bases are accumulated once for all overlays, apps and revisions that see the same in their files.
var bases = newBounded[baseKey, []*sharedBase](keptBases)

type baseKey struct {
	folder      string
	restriction types.LoadRestrictions
}

// maxVariants is how many states of one folder are kept: the working tree's and the target's.
const maxVariants = 2

// sharedBase is what Kustomize accumulated of a folder, which nobody changes, with all that it saw of
// the file system on the way: whoever sees the same accumulates the same.
type sharedBase struct {
	accumulated *accumulator
	seen        []sight
	// folders are those that were entered.
	folders []string
	// lines are the marks of files in the build that made it, least how far down each has to be.
	lines   map[int]string
	least   map[string]int
	partial bool
	weight  int
}

// sight is one answer of the file system.
type sight struct {
	reads bool
	name  string
	// text is that of a file; it is nil where it could not be read.
	text []byte
	// real and kind are what is at a name.
	real  string
	kind  files.Kind
	fails bool
}

// trace is what is asked of a file system while a base is accumulated.
type trace struct {
	seen   []sight
	known  map[string]bool
	marked map[string]bool
	// listed: a folder was listed, which is not looked at again.
	listed bool
	// partial is set by a document that cannot be marked.
	partial bool
}

func (t *trace) add(one sight) {
	key := one.name
	if one.reads {
		key = "read " + key
	}
	if !t.known[key] {
		t.known[key] = true
		t.seen = append(t.seen, one)
	}
}

// trace begins to follow what is asked.
func (f *kustomizeFS) trace() *trace {
	begun := &trace{known: map[string]bool{}, marked: map[string]bool{}}
	f.traces = append(f.traces, begun)
	return begun
}

func (f *kustomizeFS) endTrace() {
	if len(f.traces) > 0 {
		f.traces = f.traces[:len(f.traces)-1]
	}
}

func (f *kustomizeFS) noteRead(name string, text []byte, err error) {
	for _, t := range f.traces {
		t.add(sight{reads: true, name: name, text: text, fails: err != nil})
	}
}

func (f *kustomizeFS) noteStat(name, real string, info files.Info, err error) {
	for _, t := range f.traces {
		if err != nil {
			real, info.Kind = "", 0
		}
		t.add(sight{name: name, real: real, kind: info.Kind, fails: err != nil})
	}
}

func (f *kustomizeFS) noteMark(name string, partial bool) {
	for _, t := range f.traces {
		t.marked[name] = true
		t.partial = t.partial || partial
	}
}

func (f *kustomizeFS) noteListing() {
	for _, t := range f.traces {
		t.listed = true
	}
}

// shows says whether a file system gives the same answer again.
func (f *kustomizeFS) shows(one sight) bool {
	if one.reads {
		text, err := f.text(one.name)
		return (err != nil) == one.fails && bytes.Equal(text, one.text)
	}
	real, info, err := f.look(one.name)
	if err != nil {
		return one.fails
	}
	return !one.fails && real == one.real && info.Kind == one.kind
}

// knownBase gives a copy of what the folder accumulated before, if this build would see the same; nil
// else. What it asked for becomes part of what this build asks for.
func (s *sharedBuild) knownBase(key baseKey, chain []string) *accumulator {
	variants, _ := bases.get(key)
	for _, known := range variants {
		if slices.ContainsFunc(known.folders, func(folder string) bool { return encloses(folder, chain) }) {
			continue
		}
		aside := *s.fs
		aside.layer, aside.traces = s.layer.Aside(), nil
		if !slices.ContainsFunc(known.seen, func(one sight) bool { return !aside.shows(one) }) {
			s.layer.Adopt(aside.layer)
			return s.reuse(known)
		}
	}
	return nil
}

func (s *sharedBuild) reuse(known *sharedBase) *accumulator {
	lines := make(map[int]int, len(known.lines))
	for line, name := range known.lines {
		lines[line] = s.fs.marks.claim(name, known.least[name])
		s.fs.noteMark(name, known.partial)
	}
	s.fs.marks.partial = s.fs.marks.partial || known.partial
	for _, t := range s.fs.traces {
		for _, one := range known.seen {
			t.add(one)
		}
	}
	fresh := known.accumulated.copied()
	for _, res := range fresh.resMap.Resources() {
		if kind := kindKey(res); kind != nil {
			if line, ok := lines[kind.Line]; ok {
				kind.Line = line
			}
		}
	}
	return fresh
}

// keepBase keeps a copy for the next build.
func (s *sharedBuild) keepBase(key baseKey, seen *trace, all *accumulator) {
	weight := 0
	for _, res := range all.resMap.Resources() {
		nodes := weightOfNode(res.YNode())
		if nodes < 0 {
			return
		}
		weight += nodes
	}
	if seen.listed {
		return
	}
	base := &sharedBase{
		accumulated: all.copied(), seen: seen.seen, partial: seen.partial,
		lines: map[int]string{}, least: map[string]int{}, folders: []string{key.folder},
	}
	for _, one := range seen.seen {
		weight += len(one.text) + 160
		if !one.reads && one.kind == files.Dir && !one.fails {
			base.folders = append(base.folders, one.real)
		}
	}
	for name := range seen.marked {
		base.lines[s.fs.marks.lines[name]], base.least[name] = name, s.fs.marks.least[name]
	}
	base.weight = weight + configWeight
	variants, _ := bases.get(key)
	variants = append([]*sharedBase{base}, variants[:min(len(variants), maxVariants-1)]...)
	total := 0
	for _, variant := range variants {
		total += variant.weight
	}
	bases.put(key, variants, total)
}

const (
	// nodeWeight is the size of a node with its share of its parent's list and of its text.
	nodeWeight = 216
	// configWeight is about what the rules of a base take.
	configWeight = 64 << 10
)

// weightOfNode is negative where a node is an alias, whose target copies would share.
func weightOfNode(node *yaml3.Node) int {
	if node.Alias != nil {
		return -1
	}
	weight := nodeWeight + len(node.Value)
	for _, content := range node.Content {
		below := weightOfNode(content)
		if below < 0 {
			return -1
		}
		weight += below
	}
	return weight
}

// kindKey is the node of the key "kind", whose line is a mark.
func kindKey(res *resource.Resource) *yaml3.Node {
	content := res.YNode().Content
	for i := 0; i+1 < len(content); i += 2 {
		if content[i].Value == "kind" {
			return content[i]
		}
	}
	return nil
}

func isFolder(info files.Info) bool { return info.Kind == files.Dir }
