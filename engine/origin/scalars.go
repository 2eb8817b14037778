package origin

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// scalar is one token of a text and where it stands.
type scalar struct {
	value   string
	pointer string
	// document counts from 0; tag is that of YAML.
	document int
	tag      string
	line     int
	column   int
	// start and end are offsets of the token in the text, quotes with it.
	start, end int
	// form says how another value is written in place of the token.
	form form
}

type form int

const (
	bare form = iota
	singleQuoted
	doubleQuoted
	// block is the text of a block scalar, of which only the end of the first line is written to.
	block
	// entry is the value of a line NAME=value.
	entry
)

// maxScalars bounds the candidates of one file.
const maxScalars = 20_000

// scalarsOf gives every scalar of a YAML or JSON text, those of texts inside block scalars too; none of
// a text that is something else.
func scalarsOf(text string) []scalar {
	sc := &scanner{text: text, lines: lineStarts(text)}
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for document := 0; ; document++ {
		var node yaml.Node
		err := decoder.Decode(&node)
		if err == io.EOF {
			return sc.found
		}
		if err != nil {
			return nil
		}
		sc.document = document
		sc.visit(&node, "")
	}
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

type scanner struct {
	text     string
	lines    []int
	document int
	found    []scalar
}

func (sc *scanner) visit(node *yaml.Node, at string) {
	if len(sc.found) >= maxScalars {
		return
	}
	switch node.Kind {
	case yaml.DocumentNode:
		for _, child := range node.Content {
			sc.visit(child, at)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			sc.visit(node.Content[i+1], at+"/"+escapePointer(node.Content[i].Value))
		}
	case yaml.SequenceNode:
		for i, child := range node.Content {
			sc.visit(child, at+"/"+strconv.Itoa(i))
		}
	case yaml.ScalarNode:
		sc.scalar(node, at)
	}
}

// line gives the text of a 1-based line without its break.
func (sc *scanner) line(number int) string {
	if number < 1 || number > len(sc.lines) {
		return ""
	}
	start, end := sc.lines[number-1], len(sc.text)
	if number < len(sc.lines) {
		end = sc.lines[number] - 1
	}
	return strings.TrimSuffix(sc.text[start:end], "\r")
}

func (sc *scanner) scalar(node *yaml.Node, at string) {
	line := sc.line(node.Line)
	offset := columnOffset(line, node.Column)
	// The mark of a node with a tag or an anchor is theirs.
	for offset < len(line) && (line[offset] == '&' || line[offset] == '!') {
		end := strings.IndexByte(line[offset:], ' ')
		if end < 0 {
			return
		}
		offset += end + 1
	}
	found := scalar{
		value: node.Value, pointer: at, document: sc.document, tag: node.ShortTag(),
		line: node.Line, column: utf8.RuneCountInString(line[:offset]) + 1,
	}
	found.start = sc.lines[node.Line-1] + offset
	rest := sc.text[found.start:]
	switch {
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		sc.blockScalar(node, found)
		return
	case strings.HasPrefix(rest, `"`):
		found.form, found.end = doubleQuoted, found.start+quotedEnd(rest, '"')
	case strings.HasPrefix(rest, `'`):
		found.form, found.end = singleQuoted, found.start+quotedEnd(rest, '\'')
	case strings.HasPrefix(rest, node.Value) && node.Value != "":
		found.end = found.start + len(node.Value)
	default:
		// A plain scalar of several lines, or an empty one.
		return
	}
	sc.found = append(sc.found, found)
}

func columnOffset(line string, column int) int {
	offset := 0
	for range column - 1 {
		if offset >= len(line) {
			return len(line)
		}
		_, size := utf8.DecodeRuneInString(line[offset:])
		offset += size
	}
	return offset
}

// quotedEnd is the length of a quoted token.
func quotedEnd(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// blockScalar takes the whole block, and what its text holds where that is YAML or lines NAME=value.
func (sc *scanner) blockScalar(node *yaml.Node, found scalar) {
	first := node.Line + 1
	for first <= len(sc.lines) && strings.TrimSpace(sc.line(first)) == "" {
		first++
	}
	if first > len(sc.lines) {
		return
	}
	content := sc.line(first)
	indent := len(content) - len(strings.TrimLeft(content, " "))
	found.form, found.start = block, sc.lines[first-1]+indent
	found.end = sc.lines[first-1] + len(content)
	found.line, found.column = first, indent+1
	sc.found = append(sc.found, found)
	if node.Style&yaml.LiteralStyle == 0 {
		return
	}
	innerLines := lineStarts(node.Value)
	for _, in := range scalarsWithin(node.Value) {
		if len(innerLines) <= in.line-1 || in.form == block {
			continue
		}
		shift := -innerLines[in.line-1] + indent
		if node.Line+in.line > len(sc.lines) {
			continue
		}
		shift += sc.lines[node.Line+in.line-1]
		in.start, in.end = in.start+shift, in.end+shift
		in.line, in.column = node.Line+in.line, in.column+indent
		in.pointer, in.document = found.pointer+in.pointer, found.document
		if in.end <= len(sc.text) {
			sc.found = append(sc.found, in)
		}
	}
}

// scalarsWithin gives the tokens of a text inside another one.
func scalarsWithin(text string) []scalar {
	all := scalarsOf(text)
	if len(all) > 1 || len(all) == 1 && all[0].pointer != "" {
		return all
	}
	return entriesOf(text)
}

// entriesOf gives the values of lines NAME=value, NAME: value and of other lines as they are.
func entriesOf(text string) []scalar {
	found, offset := []scalar{}, 0
	for i, line := range strings.SplitAfter(text, "\n") {
		token := strings.TrimRight(line, "\r\n")
		name, value, named := strings.Cut(token, "=")
		start := 0
		if named && !strings.ContainsAny(strings.TrimSpace(name), " \t") {
			start = len(name) + 1
			token = value
		} else {
			name = ""
		}
		if strings.TrimSpace(token) != "" && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			pointer := "/" + strconv.Itoa(i)
			if name != "" {
				pointer = "/" + escapePointer(strings.TrimSpace(name))
			}
			found = append(found, scalar{
				value: token, pointer: pointer, tag: "!!str", line: i + 1, column: utf8.RuneCountInString(line[:start]) + 1,
				start: offset + start, end: offset + start + len(token), form: entry,
			})
		}
		offset += len(line)
	}
	return found
}
