package origin

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

const (
	kindNode         = "node"
	kindPatch        = "patch"
	kindGenerator    = "generator"
	kindTransformer  = "transformer"
	kindTemplate     = "template"
	kindValue        = "value"
	kindInlineValues = "inline-values"
	kindParameter    = "parameter"
	kindSubstitution = "substitution"
)

// candidate is a scalar that may decide the field.
type candidate struct {
	scalar scalar
	kind   string
	// path and text are of the file; source is the pointer in the request's source in place of a file.
	path   string
	text   string
	source string
	whole  *model.Source
	// nested is true of a token inside the text at the pointer.
	nested bool
}

func (c candidate) id() string {
	return c.path + "\x00" + c.source + "\x00" + strconv.Itoa(c.scalar.start) + "\x00" + strconv.Itoa(c.scalar.end)
}

// mayDecide says whether a field that does not hold the text can be said to come from it: values steer
// conditions of templates, but what else follows names, kinds and targets is no decision about a field.
func (c candidate) mayDecide() bool {
	return c.kind == kindValue || c.kind == kindInlineValues || c.kind == kindParameter
}

func (c candidate) place() Place {
	place := Place{Path: c.path, Source: c.source, Kind: c.kind, Label: c.label()}
	if c.source == "" || c.nested {
		place.Line = c.scalar.line
	}
	if c.source == "" {
		place.Column = c.scalar.column
	}
	return place
}

// label names keys only, never what they hold.
func (c candidate) label() string {
	field := dotted(c.scalar.pointer)
	if c.source != "" {
		field = dotted(c.source + c.scalar.pointer)
		for _, holder := range []string{"values.", "valuesText.", "kustomization.spec.", "overrides.", "variables."} {
			field = strings.TrimPrefix(field, holder)
		}
		return field
	}
	return fmt.Sprintf("%s: %s", c.path, field)
}

// dotted writes a pointer as people write fields: patches[0].patch.
func dotted(pointer string) string {
	text := strings.Builder{}
	for _, part := range partsOf(pointer) {
		switch {
		case isIndex(part):
			text.WriteString("[" + part + "]")
		case text.Len() == 0:
			text.WriteString(part)
		default:
			text.WriteString("." + part)
		}
	}
	return text.String()
}

func isIndex(part string) bool {
	_, err := strconv.Atoi(part)
	return err == nil
}

func (c candidate) change(value string) change {
	if c.source == "" {
		return change{path: c.path, text: written(c.text, c.scalar, value)}
	}
	if c.nested {
		value = written(c.text, c.scalar, value)
	}
	return change{source: withLeaf(c.whole, c.source, value, c.nested || c.scalar.tag == "!!str")}
}

// candidates gives the scalars of everything that the app is made of, likely ones first.
func (s *search) candidates() []candidate {
	all := s.inSource()
	kustomizations := s.kustomizations()
	for _, input := range s.inputs {
		if input.Kind != "file" || input.Found == nil || !*input.Found || isTemplate(input.Path) {
			continue
		}
		text, ok := s.read(input.Path)
		if !ok || s.ctx.Err() != nil {
			continue
		}
		kind := s.kindOf(input.Path, kustomizations)
		for _, found := range s.scalarsOfFile(input.Path, text, kind) {
			all = append(all, candidate{
				scalar: found, kind: kindOfEntry(input.Path, found.pointer, kind), path: input.Path, text: text,
			})
		}
	}
	own := s.ownDocuments(all)
	all = slices.DeleteFunc(all, func(c candidate) bool { return s.isHead(c) })
	likeness := func(c candidate) int {
		if own[c.document()] {
			return s.likeness(c) + 6
		}
		return s.likeness(c)
	}
	sort.SliceStable(all, func(i, j int) bool { return likeness(all[i]) > likeness(all[j]) })
	return all
}

func (c candidate) document() string { return c.path + "#" + strconv.Itoa(c.scalar.document) }

// ownDocuments are those that name the object: of equal texts in several, theirs are likely meant.
func (s *search) ownDocuments(all []candidate) map[string]bool {
	name := headOf(s.objects[s.at]).Metadata.Name
	own := map[string]bool{}
	for _, c := range all {
		if c.path != "" && c.scalar.pointer == "/metadata/name" && c.scalar.value == name {
			own[c.document()] = true
		}
	}
	return own
}

// isHead is true of what makes an object another one.
func (s *search) isHead(c candidate) bool {
	last := lastPart(c.scalar.pointer)
	return c.source == "" && (last == "kind" || last == "apiVersion") && lastPart(s.request.Pointer) != last
}

func lastPart(pointer string) string {
	return pointer[strings.LastIndexByte(pointer, '/')+1:]
}

// likeness orders candidates by how much they look like the field.
func (s *search) likeness(c candidate) int {
	score := 0
	if strings.HasSuffix(c.scalar.pointer, s.request.Pointer) {
		score += 8
	}
	if lastPart(c.scalar.pointer+c.source) == lastPart(s.request.Pointer) {
		score += 4
	}
	if s.isOwn(c.path) {
		score += 2
	}
	if c.kind != kindNode {
		score++
	}
	if s.holds(c.scalar.value) {
		score += min(len(c.scalar.value), 60) / 4
	}
	return score
}

func isTemplate(name string) bool {
	return strings.Contains("/"+name, "/templates/")
}

func isKustomization(name string) bool {
	switch path.Base(name) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// scalarsOfFile reads files that are YAML as such; generators also take files of other forms.
func (s *search) scalarsOfFile(name, text, kind string) []scalar {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json", "":
		if found := scalarsOf(text); len(found) > 0 && (path.Ext(name) != "" || isKustomization(name)) {
			if kind == kindGenerator {
				return append(wholeFile(text), found...)
			}
			return append(found, literalsOf(text, found)...)
		}
	}
	if ext := path.Ext(name); ext == ".jsonnet" || ext == ".libsonnet" {
		return jsonnetScalars(text)
	}
	if kind != kindGenerator || !utf8.ValidString(text) {
		return nil
	}
	return append(wholeFile(text), entriesOf(text)...)
}

var jsonnetToken = regexp.MustCompile(`(?:\b([A-Za-z_]\w*)['"]?\s*:{1,3}\s*)?("[^"\\\n]*"|'[^'\\\n]*'|\b(?:true|false|[0-9]+(?:\.[0-9]+)?)\b)`)

// jsonnetScalars gives the plain texts, numbers and flags of a program, by the field that each follows.
func jsonnetScalars(text string) []scalar {
	found, lines := []scalar{}, lineStarts(text)
	for _, at := range jsonnetToken.FindAllStringSubmatchIndex(text, maxScalars) {
		line, _ := slices.BinarySearch(lines, at[4]+1)
		one := scalar{start: at[4], end: at[5], line: line, tag: "!!str"}
		one.column = utf8.RuneCountInString(text[lines[line-1]:at[4]]) + 1
		if at[2] >= 0 {
			one.pointer = "/" + text[at[2]:at[3]]
		}
		switch token := text[at[4]:at[5]]; token[0] {
		case '"':
			one.form, one.value = doubleQuoted, token[1:len(token)-1]
		case '\'':
			one.form, one.value = singleQuoted, token[1:len(token)-1]
		default:
			one.value, one.tag = token, "!!int"
			if token == "true" || token == "false" {
				one.tag = "!!bool"
			} else if strings.Contains(token, ".") {
				one.tag = "!!float"
			}
		}
		found = append(found, one)
	}
	return found
}

// literalsOf gives the values within the NAME=value entries of generators.
func literalsOf(text string, all []scalar) []scalar {
	found := []scalar{}
	for _, s := range all {
		name, value, named := strings.Cut(s.value, "=")
		if !named || value == "" || !strings.Contains(s.pointer, "/literals/") || s.form == block {
			continue
		}
		at := strings.Index(text[s.start:s.end], s.value)
		if at < 0 {
			continue
		}
		within := s
		within.value, within.tag, within.form = value, "!!str", entry
		within.start += at + len(name) + 1
		within.end = within.start + len(value)
		within.pointer += "/" + escapePointer(name)
		found = append(found, within)
	}
	return found
}

// wholeFile is a file that a generator takes as one value.
func wholeFile(text string) []scalar {
	first, _, _ := strings.Cut(text, "\n")
	if strings.TrimSpace(first) == "" {
		return nil
	}
	return []scalar{{value: text, tag: "!!str", line: 1, column: 1, end: len(strings.TrimRight(first, "\r")), form: block}}
}

// kustomizations gives what the kustomizations of the app call the files that they name.
func (s *search) kustomizations() map[string]string {
	kinds := map[string]string{}
	for _, input := range s.inputs {
		if input.Kind != "file" || !isKustomization(input.Path) {
			continue
		}
		text, ok := s.read(input.Path)
		if !ok {
			continue
		}
		for _, found := range scalarsOf(text) {
			kind := kindOfEntry(input.Path, found.pointer, "")
			if kind == "" || strings.Contains(found.value, "\n") {
				continue
			}
			_, file, keyed := strings.Cut(found.value, "=")
			if !keyed {
				file = found.value
			}
			if cleaned, err := files.Clean(path.Join(path.Dir(input.Path), file)); err == nil {
				kinds[cleaned] = kind
			}
		}
	}
	return kinds
}

// kindOfEntry says what an entry of a kustomization does; of other files it is what the file does.
func kindOfEntry(name, pointer, kindOfFile string) string {
	if !isKustomization(name) {
		return kindOfFile
	}
	parts := append(partsOf(pointer), "")
	switch parts[0] {
	case "patches", "patchesStrategicMerge", "patchesJson6902":
		return kindPatch
	case "configMapGenerator", "secretGenerator", "generators", "generatorOptions":
		return kindGenerator
	case "helmCharts", "helmGlobals":
		if parts[0] == "helmCharts" && slices.Contains(parts, "valuesInline") {
			return kindInlineValues
		}
		return kindGenerator
	case "resources", "bases", "components", "crds":
		return ""
	}
	return kindTransformer
}

func (s *search) kindOf(name string, named map[string]string) string {
	if kind, ok := named[name]; ok && kind != "" {
		return kind
	}
	isValue := s.ofChart()
	for _, input := range s.inputs {
		isValue = isValue || path.Base(input.Path) == "Chart.yaml" && input.Found != nil && *input.Found &&
			strings.HasPrefix(name, path.Dir(input.Path)+"/")
	}
	switch {
	case !isValue:
		return kindNode
	case slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) && !s.isCRD(name):
		return kindValue
	case s.isCRD(name):
		return kindNode
	}
	// What templates take with .Files.
	return kindGenerator
}

// ofChart says whether the sources are charts; what else is one is known by its Chart.yaml.
func (s *search) ofChart() bool {
	source := s.request.Source
	charts := source.Kind == "helm"
	for _, part := range source.Parts {
		charts = charts || part.Source != nil && part.Source.Kind == "helm"
	}
	return charts
}

func (s *search) isCRD(name string) bool {
	return strings.Contains("/"+name, "/crds/") && name == s.objects[s.at].Origin.Path
}

// inSource gives what the request itself says: inline values, parameters, overrides, variables.
func (s *search) inSource() []candidate {
	source := s.request.Source
	data, err := json.Marshal(source)
	if err != nil {
		return nil
	}
	all := []candidate{}
	for _, leaf := range scalarsOf(string(data)) {
		kind := kindOfSource(source, leaf.pointer)
		if kind == "" {
			continue
		}
		within := candidate{kind: kind, source: leaf.pointer, whole: &source, text: leaf.value, nested: true}
		for _, inside := range insideOf(source, leaf) {
			one := within
			one.scalar = inside
			all = append(all, one)
		}
		if leaf.pointer == "/valuesText" || strings.HasSuffix(leaf.pointer, "/source/valuesText") {
			continue
		}
		one := candidate{scalar: leaf, kind: kind, source: leaf.pointer, whole: &source}
		one.scalar.pointer, one.scalar.form = "", bare
		all = append(all, one)
	}
	return all
}

// insideOf gives the tokens of a text in the request: values as text, patches, an argument NAME=value.
func insideOf(source model.Source, leaf scalar) []scalar {
	switch parts := partsOf(leaf.pointer); {
	case len(parts) > 2 && parts[0] == "arguments":
		name, value, named := strings.Cut(leaf.value, "=")
		if !named || value == "" || strings.Contains(value, "\n") {
			return nil
		}
		inside := leaf
		inside.value, inside.tag, inside.form, inside.line, inside.column = value, "!!str", entry, 1, len(name)+2
		inside.pointer, inside.start, inside.end = "/"+escapePointer(name), len(name)+1, len(leaf.value)
		return []scalar{inside}
	case strings.Contains(leaf.value, "\n"):
		return scalarsWithin(leaf.value)
	case strings.HasSuffix(leaf.pointer, "/valuesText"), isValuesText(source, parts):
		if found := scalarsOf(leaf.value); len(found) > 1 || len(found) == 1 && found[0].pointer != "" {
			return found
		}
	}
	return nil
}

// isValuesText is true of what an entry of valuesFrom holds where that is values, and not one value.
func isValuesText(source model.Source, parts []string) bool {
	if len(parts) != 3 || parts[0] != "valuesFrom" || parts[2] != "text" {
		return false
	}
	i, err := strconv.Atoi(parts[1])
	return err == nil && i < len(source.ValuesFrom) && source.ValuesFrom[i].TargetPath == ""
}

func kindOfSource(source model.Source, pointer string) string {
	parts := partsOf(pointer)
	if len(parts) > 3 && parts[0] == "parts" && parts[2] == "source" {
		// One of several sources.
		if i, err := strconv.Atoi(parts[1]); err == nil && i < len(source.Parts) && source.Parts[i].Source != nil {
			return kindOfSource(*source.Parts[i].Source, "/"+strings.Join(strings.Split(pointer, "/")[4:], "/"))
		}
		return ""
	}
	parts = append(parts, "", "", "", "")
	switch parts[0] {
	case "values", "valuesText":
		return kindInlineValues
	case "valuesFrom":
		if parts[2] == "text" {
			return kindValue
		}
	case "parameters":
		if parts[2] == "value" {
			return kindParameter
		}
	case "arguments":
		if parts[2] == "text" {
			return kindParameter
		}
	case "jsonnet":
		if parts[3] == "value" {
			return kindParameter
		}
	case "postRenderers":
		if strings.Contains(pointer, "/kustomize/images/") {
			return kindTransformer
		}
		return kindPatch
	case "releaseName", "namespace":
		if source.Kind == "helm" {
			return kindParameter
		}
	case "overrides":
		if parts[1] == "patches" {
			return kindPatch
		}
		return kindTransformer
	case "variables":
		return kindSubstitution
	case "kustomization":
		if parts[1] == "spec" {
			return kindOfFluxField(parts[2], pointer)
		}
	}
	return ""
}

func kindOfFluxField(field, pointer string) string {
	switch field {
	case "patches", "patchesStrategicMerge", "patchesJson6902":
		return kindPatch
	case "postBuild":
		if strings.Contains(pointer, "/substitute/") {
			return kindSubstitution
		}
	case "images", "targetNamespace", "namePrefix", "nameSuffix", "commonMetadata":
		return kindTransformer
	}
	return ""
}

// withLeaf gives the source with another value at a pointer.
func withLeaf(source *model.Source, pointer, value string, isText bool) *model.Source {
	data, err := json.Marshal(source)
	var whole any
	if err != nil || json.Unmarshal(data, &whole) != nil {
		return source
	}
	parts := partsOf(pointer)
	holder := whole
	for _, part := range parts[:len(parts)-1] {
		holder = childOf(holder, part)
	}
	var leaf any = value
	if !isText {
		var parsed any
		if json.Unmarshal([]byte(value), &parsed) == nil {
			leaf = parsed
		}
	}
	switch holder := holder.(type) {
	case map[string]any:
		holder[parts[len(parts)-1]] = leaf
	case []any:
		if i, err := strconv.Atoi(parts[len(parts)-1]); err == nil && i < len(holder) {
			holder[i] = leaf
		}
	}
	changed := &model.Source{}
	if data, err = json.Marshal(whole); err != nil || json.Unmarshal(data, changed) != nil {
		return source
	}
	return changed
}

func childOf(holder any, part string) any {
	switch holder := holder.(type) {
	case map[string]any:
		return holder[part]
	case []any:
		if i, err := strconv.Atoi(part); err == nil && i < len(holder) {
			return holder[i]
		}
	}
	return nil
}
