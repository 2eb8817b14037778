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
		own := input.Path == s.objects[s.at].Origin.Path
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
		if after.text != s.text+mark && !(strings.Contains(s.text, "\n") && s.effects(after) == 1) {
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

var (
	keyLine  = regexp.MustCompile(`^\s*(?:- )*["']?([^\s"':{}]+)["']?:(?:\s+(.*\S))?\s*$`)
	itemLine = regexp.MustCompile(`^\s*- (.*\S)\s*$`)
	// quotes is a line whose last action writes the quotes as well.
	quotes = regexp.MustCompile(`quote\s*-?\}\}\s*$`)
	action = regexp.MustCompile(`\{\{-?\s*((?:include|toYaml|tpl|toJson|\.Values|\$\.Values|\.|\$|\()[^{}]*?)\s*(-?\}\})`)
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
		written, column, keyed := "", 0, false
		if found := keyLine.FindStringSubmatchIndex(bare); found != nil && bare[found[2]:found[3]] == key && found[4] >= 0 {
			if quotes.MatchString(bare) {
				written, column = s.wrapped(bare)
				keyed = written != ""
			} else {
				written, column, keyed = marked(bare, found[4], lines, i)
			}
		} else if found := itemLine.FindStringSubmatchIndex(bare); found != nil && isIndex(last) {
			written, column, keyed = marked(bare, found[2], lines, i)
		}
		if written == "" {
			written, column, keyed = s.literal(bare, key)
		}
		if written == "" {
			written, column = s.wrapped(bare)
		}
		if written == "" {
			continue
		}
		score := 0
		if keyed {
			score += 4
		}
		if own {
			score += 2
		}
		if s.text != "" && strings.Contains(bare, s.text) {
			score++
		}
		all := strings.Join(lines[:i], "") + written + line[len(bare):] + strings.Join(lines[i+1:], "")
		if strings.HasSuffix(written, "\x00") {
			// The mark is on the first line of a block.
			all = strings.Join(lines[:i], "") + strings.TrimSuffix(written, "\x00") + strings.Join(lines[i+2:], "")
		}
		changes = append(changes, lineChange{path: name, line: i + 1, column: column, text: all, keyed: keyed, score: score})
	}
	return changes
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

// wrapped has every action of a line that writes text replace the field's text in what it writes.
func (s *search) wrapped(line string) (string, int) {
	if s.text == "" || strings.Contains(s.text, "\n") {
		return "", 0
	}
	found := action.FindStringSubmatchIndex(line)
	if found == nil || strings.Contains(line[found[2]:found[3]], ":=") {
		return "", 0
	}
	replace := fmt.Sprintf(" | toString | replace %s %s ", strconv.Quote(s.text), strconv.Quote(s.text+mark))
	return line[:found[3]] + replace + line[found[4]:], utf8.RuneCountInString(line[:found[0]]) + 1
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
	return line[:at+len(s.text)] + mark + line[at+len(s.text):], utf8.RuneCountInString(line[:at]) + 1, from > 0
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
		if input.Path == s.objects[s.at].Origin.Path {
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
