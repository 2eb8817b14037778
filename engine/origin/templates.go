package origin

import (
	"fmt"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// hasTemplates says whether the object is made by a template of the repository.
func (s *search) hasTemplates() bool {
	return s.ofChart() || isTemplate(s.objects[s.at].Origin.Path)
}

// lineChange is a change to one line of a template.
type lineChange struct {
	path   string
	line   int
	column int
	text   string
	// keyed is true of a line that names the field.
	keyed bool
	score int
}

const mark = "1"

// tryTemplates finds the line of a template that writes the field, by writing more on that line.
func (s *search) tryTemplates() {
	changes := []lineChange{}
	for _, input := range s.inputs {
		if input.Kind != "file" || input.Found == nil || !*input.Found || !isTemplate(input.Path) {
			continue
		}
		own := s.isOwn(input.Path)
		if !own && path.Ext(input.Path) != ".tpl" {
			continue
		}
		if text, ok := s.read(input.Path); ok {
			changes = append(changes, s.lineChanges(input.Path, text, own)...)
		}
	}
	sort.SliceStable(changes, func(i, j int) bool { return changes[i].score > changes[j].score })
	most := maxTemplates
	for _, c := range changes {
		if most == 0 || s.ctx.Err() != nil {
			return
		}
		most--
		after, ok := s.with(change{path: c.path, text: c.text})
		if !ok || after.text == s.text {
			continue
		}
		if !s.isMarked(after.text) && !(strings.Contains(s.text, "\n") && s.effects(after) == 1) {
			continue
		}
		s.found = append(s.found, confirmed{
			place: Place{
				Path: c.path, Line: c.line, Column: c.column, Kind: kindTemplate, Direct: true,
				Label: fmt.Sprintf("%s: line %d", c.path, c.line),
			},
			strength: inner, effects: s.effects(after), order: len(s.found),
		})
		if c.keyed {
			return
		}
	}
}

// hookWords are what Helm takes in place of one another; of other words it makes no object.
var hookWords = map[string]string{
	"pre-install": "post-install", "post-install": "pre-install", "pre-upgrade": "post-upgrade", "post-upgrade": "pre-upgrade",
	"pre-delete": "post-delete", "post-delete": "pre-delete", "pre-rollback": "post-rollback", "post-rollback": "pre-rollback",
	"test": "post-delete", "test-success": "post-delete", "before-hook-creation": "hook-failed",
	"hook-succeeded": "hook-failed", "hook-failed": "hook-succeeded",
}

// other is the text that a changed line is to write in place of the field's.
func (s *search) other() string {
	words := strings.Split(s.text, ",")
	if word, known := hookWords[strings.TrimSpace(words[0])]; known && strings.Contains(s.request.Pointer, "helm.sh~1hook") {
		words[0] = word
		return strings.Join(words, ",")
	}
	return s.text + mark
}

// isMarked says whether a text is the field's with what was written on a line.
func (s *search) isMarked(after string) bool {
	if after == s.other() {
		return true
	}
	if len(after) != len(s.text)+len(mark) {
		return false
	}
	for i := range len(after) {
		if after[i:i+1] == mark && after[:i]+after[i+1:] == s.text {
			return true
		}
	}
	return false
}

var (
	keyLine  = regexp.MustCompile(`^\s*(?:- )*["']?([^\s"':{}]+)["']?:(?:\s+(.*\S))?\s*$`)
	itemLine = regexp.MustCompile(`^\s*- (.*\S)\s*$`)
	// quotes is a line whose last action writes the quotes as well.
	quotes   = regexp.MustCompile(`quote\s*-?\}\}\s*$`)
	action   = regexp.MustCompile(`\{\{-?\s*([^{}\s/-][^{}]*?)\s*(-?\}\})`)
	keywords = regexp.MustCompile(`^(if|else|end|range|with|define|template|block|break|continue)\b`)
)

func (s *search) lineChanges(name, text string, own bool) []lineChange {
	lines := strings.SplitAfter(text, "\n")
	last := lastPart(s.request.Pointer)
	parts := partsOf(s.request.Pointer)
	key := ""
	if len(parts) > 0 {
		key = parts[len(parts)-1]
	}
	changes := []lineChange{}
	for i, line := range lines {
		bare := strings.TrimRight(line, "\r\n")
		for variant, w := range s.writings(lines, i, key, isIndex(last)) {
			score := -variant
			if w.keyed {
				score += 4
			}
			if own {
				score += 2
			}
			if s.text != "" && strings.Contains(bare, s.text) {
				score++
			}
			all := strings.Join(lines[:i], "") + w.text + line[len(bare):] + strings.Join(lines[i+1:], "")
			if strings.HasSuffix(w.text, "\x00") {
				// The mark is on the first line of a block.
				all = strings.Join(lines[:i], "") + strings.TrimSuffix(w.text, "\x00") + strings.Join(lines[i+2:], "")
			}
			changes = append(changes, lineChange{path: name, line: i + 1, column: w.column, text: all, keyed: w.keyed, score: score})
		}
	}
	return changes
}

// writing is a line with more written on it, and where that belongs to.
type writing struct {
	text   string
	column int
	keyed  bool
}

// writings gives the ways to write more on a line, the likeliest first.
func (s *search) writings(lines []string, i int, key string, isItem bool) []writing {
	bare := strings.TrimRight(lines[i], "\r\n")
	all := []writing{}
	add := func(text string, column int, keyed bool) {
		if text != "" && text != bare && len(all) < 2 {
			all = append(all, writing{text, column, keyed})
		}
	}
	found := keyLine.FindStringSubmatchIndex(bare)
	isKey := found != nil && bare[found[2]:found[3]] == key && found[4] >= 0
	isWord := s.other() != s.text+mark
	switch item := itemLine.FindStringSubmatchIndex(bare); {
	case isKey && (isWord || quotes.MatchString(bare)):
		text, column := s.wrapped(bare)
		add(text, column, true)
	case isKey:
		add(marked(bare, found[4], lines, i))
	case item != nil && isItem:
		add(marked(bare, item[2], lines, i))
	}
	add(s.literal(bare, key))
	text, column := s.wrapped(bare)
	add(text, column, isKey)
	add(behindAction(bare, key))
	return all
}

// behindAction writes the mark behind the last action of a line, where that is a part of the field.
func behindAction(line, key string) (string, int, bool) {
	all := action.FindAllStringSubmatchIndex(line, -1)
	if len(all) == 0 {
		return "", 0, false
	}
	last := all[len(all)-1]
	if keywords.MatchString(line[last[2]:last[3]]) || strings.Contains(line[last[2]:last[3]], ":=") {
		return "", 0, false
	}
	return line[:last[1]] + mark + line[last[1]:], utf8.RuneCountInString(line[:last[0]]) + 1, strings.Contains(line, key+":")
}

// marked writes the mark at the end of the value of a line.
func marked(line string, value int, lines []string, i int) (string, int, bool) {
	text := line[value:]
	column := utf8.RuneCountInString(line[:value]) + 1
	switch {
	case strings.HasPrefix(text, "|") || strings.HasPrefix(text, ">"):
		if i+1 >= len(lines) {
			return "", 0, false
		}
		next := strings.TrimRight(lines[i+1], "\r\n")
		return lines[i] + next + mark + lines[i+1][len(next):] + "\x00", column, true
	case strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "{{"):
		return "", 0, false
	case strings.HasSuffix(text, `"`) || strings.HasSuffix(text, `'`):
		return line[:len(line)-1] + mark + line[len(line)-1:], column, true
	case strings.Contains(text, " #"):
		at := value + strings.Index(text, " #")
		return strings.TrimRight(line[:at], " ") + mark + line[at:], column, true
	}
	return line + mark, column, true
}

// wrapped has the first action of a line that writes text replace the field's text in what it writes.
func (s *search) wrapped(line string) (string, int) {
	if s.text == "" || strings.Contains(s.text, "\n") {
		return "", 0
	}
	for _, found := range action.FindAllStringSubmatchIndex(line, -1) {
		text := line[found[2]:found[3]]
		if keywords.MatchString(text) || strings.Contains(text, ":=") || strings.HasPrefix(text, "/*") {
			continue
		}
		replace := fmt.Sprintf(" | toString | replace %s %s ", strconv.Quote(s.text), strconv.Quote(s.other()))
		return line[:found[3]] + replace + line[found[4]:], utf8.RuneCountInString(line[:found[0]]) + 1
	}
	return "", 0
}

// literal writes the mark behind the field's text where a line has it as it is.
func (s *search) literal(line, key string) (string, int, bool) {
	if s.text == "" || strings.Contains(s.text, "\n") {
		return "", 0, false
	}
	from := 0
	if named := strings.Index(line, key+":"); named >= 0 {
		from = named + len(key) + 1
	}
	at := strings.Index(line[from:], s.text)
	if at < 0 || strings.LastIndex(line[:from+at], "{{") > strings.LastIndex(line[:from+at], "}}") {
		return "", 0, false
	}
	at += from
	return line[:at] + s.other() + line[at+len(s.text):], utf8.RuneCountInString(line[:at]) + 1, from > 0
}

var valuesPath = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)

// deciding gives the values that the templates of the object's chart name, those of its own first.
func (s *search) deciding(all []candidate) []candidate {
	named := map[string]int{}
	for _, input := range s.inputs {
		if !isTemplate(input.Path) {
			continue
		}
		text, ok := s.read(input.Path)
		if !ok {
			continue
		}
		score := 1
		if s.isOwn(input.Path) {
			score = 3
		}
		for _, match := range valuesPath.FindAllStringSubmatch(text, -1) {
			at := strings.ReplaceAll(match[1], ".", "/")
			named[at] = max(named[at], score)
		}
	}
	scores := map[string]int{}
	chosen := []candidate{}
	for _, c := range all {
		if !c.mayDecide() {
			continue
		}
		pointer := strings.TrimPrefix(c.source, "/values") + c.scalar.pointer
		for at, score := range named {
			if strings.HasSuffix(pointer, at) || strings.Contains(pointer+"/", at+"/") {
				scores[c.id()] = max(scores[c.id()], score)
			}
		}
		if scores[c.id()] > 0 || c.kind == kindParameter {
			chosen = append(chosen, c)
		}
	}
	sort.SliceStable(chosen, func(i, j int) bool { return scores[chosen[i].id()] > scores[chosen[j].id()] })
	return chosen
}
