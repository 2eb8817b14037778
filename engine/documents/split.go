// Package documents parses YAML and JSON as Kubernetes does: YAML 1.1 scalars, one value a document.
package documents

import (
	"bytes"
	"strings"
)

// Part is the text of one document and the 1-based line at which that text starts.
type Part struct {
	Text []byte
	Line int
}

// Split cuts a stream at every line that starts with "---", as the YAML reader of
// k8s.io/apimachinery does; what follows the dashes on that line is dropped.
func Split(text []byte) []Part {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	parts := []Part{}
	start, startLine, line := 0, 1, 1
	for at := 0; at < len(text); line++ {
		end := bytes.IndexByte(text[at:], '\n')
		next := len(text)
		if end >= 0 {
			next = at + end + 1
		}
		if bytes.HasPrefix(text[at:], []byte("---")) {
			parts = append(parts, Part{Text: text[start:at], Line: startLine})
			start, startLine = next, line+1
		}
		at = next
	}
	return append(parts, Part{Text: text[start:], Line: startLine})
}

// firstToken is the 1-based line of the first line of a part that is neither blank nor a comment or
// a directive, and whether there is one.
func (p Part) firstToken() (int, bool) {
	line := p.Line
	for text := range bytes.Lines(p.Text) {
		trimmed := bytes.TrimSpace(text)
		if len(trimmed) > 0 && trimmed[0] != '#' && trimmed[0] != '%' && string(trimmed) != "..." {
			return line, true
		}
		line++
	}
	return p.Line, false
}

// lineOf is the 1-based line of the first line that has a prefix, or 0.
func lineOf(text []byte, prefix string) int {
	line := 1
	for candidate := range bytes.Lines(text) {
		if bytes.HasPrefix(candidate, []byte(prefix)) {
			return line
		}
		line++
	}
	return 0
}

func textOfLine(text []byte, wanted int) string {
	line := 1
	for candidate := range bytes.Lines(text) {
		if line == wanted {
			return strings.TrimRight(string(candidate), "\r\n")
		}
		line++
	}
	return ""
}

// FirstLine is the 1-based line of the first token of a document.
func (p Part) FirstLine() int {
	line, _ := p.firstToken()
	return line
}
