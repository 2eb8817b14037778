package render

import (
	"bytes"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// marks tell which file an object came from. Kustomize keeps the lines of the nodes that it reads, so
// blank lines in front of each document put its key "kind" on a line that is its file's own. The
// annotations that Kustomize has for origins take as long as all the rest of a build, and patches
// see them.
type marks struct {
	lines map[string]int
	files map[int]string
	// least is how far down the text of a file puts its line at least.
	least map[string]int
	next  int
	// partial is set by documents that cannot be marked.
	partial bool
}

// firstMark is above the lines of what Kustomize makes itself.
const firstMark = 64

func newMarks() *marks {
	return &marks{lines: map[string]int{}, files: map[int]string{}, least: map[string]int{}, next: firstMark}
}

// claim gives the line of a file.
func (m *marks) claim(name string, least int) int {
	line, known := m.lines[name]
	if !known {
		line = max(m.next, least)
		m.next = line + 1
		m.lines[name], m.files[line], m.least[name] = line, name, least
	}
	return line
}

// mark moves the documents of a file of resources down to the line of the file. It says whether one of
// them has no place for a mark.
func (m *marks) mark(name string, text []byte) ([]byte, bool) {
	parts := splitAsKustomize(text)
	least, partial := 0, false
	for _, part := range parts {
		least = max(least, part.kindLine)
		partial = partial || part.kindLine == 0 && !part.blank
	}
	m.partial = m.partial || partial
	line := m.claim(name, least)
	marked := make([]byte, 0, len(text)+len(parts)*line)
	for _, part := range parts {
		marked = append(marked, part.head...)
		if part.kindLine > 0 {
			marked = append(marked, bytes.Repeat([]byte("\n"), line-part.kindLine)...)
		}
		marked = append(marked, part.body...)
	}
	return marked, partial
}

// markedPart is a document with the separator in front of it. The first line of a document that is a
// separator itself belongs to the head, where its line counts.
type markedPart struct {
	head, body []byte
	// kindLine is that of the key "kind", counted from the separator; 0 where it is not found.
	kindLine int
	blank    bool
}

// splitAsKustomize cuts where kio.ByteReader does: at lines that start with "---" and follow another
// line that is not such a cut.
func splitAsKustomize(text []byte) []markedPart {
	parts := []markedPart{{blank: true}}
	line, afterCut := 0, true
	for text := range bytes.Lines(text) {
		part := &parts[len(parts)-1]
		separates := bytes.HasPrefix(text, []byte("---"))
		switch {
		case separates && !afterCut && bytes.HasSuffix(text, []byte("\n")):
			parts = append(parts, markedPart{head: text, blank: true})
			line, afterCut = 0, true
			continue
		case separates && afterCut && string(bytes.TrimSpace(text)) == "---":
			part.head = append(slices.Clip(part.head), text...)
			line++
		default:
			line++
			part.body = append(part.body, text...)
			part.look(text, line)
		}
		afterCut = false
	}
	return parts
}

// look finds the key in block style and in JSON on one line. Lists have the objects' keys elsewhere.
func (p *markedPart) look(text []byte, line int) {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 || trimmed[0] == '#' {
		return
	}
	first := p.blank
	p.blank = false
	oneLine := first && trimmed[0] == '{' && bytes.Contains(trimmed, []byte(`"kind":`)) && trimmed[len(trimmed)-1] == '}'
	isKind := bytes.HasPrefix(text, []byte("kind:")) || oneLine
	if isKind && p.kindLine == 0 && !bytes.HasSuffix(trimmed, []byte("List")) && !bytes.Contains(trimmed, []byte(`List"`)) {
		p.kindLine = line
	}
}

// of gives the file of an object, or "" where its key has no line of a file: what was generated and
// what went through JSON.
func (m *marks) of(res *resource.Resource) string {
	if kind := kindKey(res); kind != nil {
		return m.files[kind.Line]
	}
	return ""
}

// origins gives the origin of each object in the order of a result.
func (b *build) origins(folder string, result resmap.ResMap, options krusty.Options) []model.Origin {
	paths := make([]string, result.Size())
	if b.hasOrigins {
		for i, res := range result.Resources() {
			paths[i] = annotatedOrigin(folder, res)
		}
	} else if !b.markedOrigins(result.Resources(), paths) {
		b.askOrigins(folder, paths, options)
	}
	origins := make([]model.Origin, len(paths))
	for i, name := range paths {
		known, ok := b.chartOrigins[name]
		switch {
		case ok:
			origins[i] = known
		case name == "":
			origins[i] = model.Origin{Path: folder}
		default:
			origins[i] = model.Origin{Path: name}
		}
	}
	return origins
}

// markedOrigins is false where marks do not tell all origins.
func (b *build) markedOrigins(resources []*resource.Resource, paths []string) bool {
	marks := b.fs.marks
	if marks == nil || marks.partial {
		return false
	}
	sought := &lostOrigins{build: b, affixes: map[string][]affix{}}
	lost := []int{}
	for i, res := range resources {
		if paths[i] = marks.of(res); paths[i] == "" {
			lost = append(lost, i)
		}
	}
	if len(lost) == 0 {
		return true
	}
	sought.learn(resources, paths)
	for _, i := range lost {
		if paths[i] = sought.of(resources[i]); paths[i] == "" {
			return false
		}
	}
	return true
}

// askOrigins builds again, with the annotations of Kustomize, for the paths that are not known yet. The
// objects have the same order.
func (b *build) askOrigins(folder string, paths []string, options krusty.Options) {
	b.fs.marks = nil
	b.top.BuildMetadata = append(slices.Clone(b.top.BuildMetadata), types.OriginAnnotations)
	if b.rewrite(b.topFile, b.top) != nil {
		return
	}
	result, err := b.krusty(folder, options)
	if err != nil || result.Size() != len(paths) {
		return
	}
	for i, res := range result.Resources() {
		if paths[i] == "" {
			paths[i] = annotatedOrigin(folder, res)
		}
	}
}

// annotatedOrigin reads config.kubernetes.io/origin, whose paths are relative to the folder of the
// build.
func annotatedOrigin(folder string, res *resource.Resource) string {
	var origin resource.Origin
	text := res.GetAnnotations()[originAnnotation]
	if text == "" || kyaml.Unmarshal([]byte(text), &origin) != nil {
		return ""
	}
	name := origin.Path
	if name == "" {
		name = origin.ConfiguredIn
	}
	return files.Join(folder, filepath.ToSlash(name))
}

// lostOrigins finds the origin of objects by their kinds and names.
type lostOrigins struct {
	*build
	// affixes are those that the names of a folder's objects got.
	affixes map[string][]affix
	known   map[string][]candidate
}

type affix struct{ before, after string }

type candidate struct {
	path, name string
	// merges is a generator that changes what another one or a file made.
	merges bool
}

var hashSuffix = regexp.MustCompile(`-[a-z0-9]{10}$`)

func (c candidate) affix(name string) (affix, bool) {
	before, after, ok := strings.Cut(name, c.name)
	return affix{before, after}, ok
}

// candidates are the objects of a kind in the files and the generators of a build.
func (l *lostOrigins) candidates(kind string) []candidate {
	if known, ok := l.known[kind]; ok {
		return known
	}
	found := []candidate{}
	for _, file := range l.fs.marks.files {
		found = append(found, l.inFile(file, kind)...)
	}
	for file, kustomization := range l.prepared {
		add := func(of string, generator types.GeneratorArgs) {
			if of == kind {
				found = append(found, candidate{file, generator.Name, generator.Behavior == "merge"})
			}
		}
		for _, generator := range kustomization.ConfigMapGenerator {
			add("ConfigMap", generator.GeneratorArgs)
		}
		for _, generator := range kustomization.SecretGenerator {
			add("Secret", generator.GeneratorArgs)
		}
	}
	if l.known == nil {
		l.known = map[string][]candidate{}
	}
	l.known[kind] = found
	return found
}

func (l *lostOrigins) inFile(file, kind string) []candidate {
	text, ok := l.fs.rewritten[file]
	if !ok {
		var err error
		if text, err = l.layer.Read(file); err != nil {
			return nil
		}
	}
	found := []candidate{}
	for _, part := range documents.Split(text) {
		if !bytes.Contains(part.Text, []byte(kind)) {
			continue
		}
		value, _ := cache.parse(part.Text)
		if top := headOf(value); top.Kind == kind && top.Metadata != nil && top.Metadata.Name != "" {
			found = append(found, candidate{path: file, name: top.Metadata.Name})
		}
	}
	return found
}

// learn takes the affixes from the objects whose files are known.
func (l *lostOrigins) learn(resources []*resource.Resource, paths []string) {
	for i, res := range resources {
		folder := path.Dir(paths[i])
		if paths[i] == "" || len(l.affixes[folder]) > 0 {
			continue
		}
		if own := l.inFile(paths[i], res.GetKind()); len(own) == 1 {
			if around, ok := own[0].affix(res.GetName()); ok {
				l.affixes[folder] = append(l.affixes[folder], around)
			}
		}
	}
}

// of gives the only path that fits; "" where there is none or several.
func (l *lostOrigins) of(res *resource.Resource) string {
	name := res.GetName()
	fitting, likely := map[string]bool{}, map[string]bool{}
	for _, one := range l.candidates(res.GetKind()) {
		around, ok := one.affix(name)
		if !ok || one.merges {
			continue
		}
		fitting[one.path] = true
		around.after = hashSuffix.ReplaceAllString(around.after, "")
		if slices.Contains(l.affixes[path.Dir(one.path)], around) {
			likely[one.path] = true
		}
	}
	if len(fitting) > 1 {
		fitting = likely
	}
	if len(fitting) != 1 {
		return ""
	}
	return sortedKeys(fitting)[0]
}
