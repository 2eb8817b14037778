package files

import (
	"path"
	"strings"
)

// rule is one line of a .gitignore, matched against single entries on the way down, so that a rule
// about a folder does not speak about the files in it again (gitignore(5)).
type rule struct {
	segments []string
	// depth is how many folders the file of the rule lies below the root.
	depth    int
	negated  bool
	dirOnly  bool
	anchored bool
}

func ignoreRules(text string, depth int) []rule {
	rules := []rule{}
	for line := range strings.Lines(text) {
		if parsed, ok := ignoreRule(strings.TrimRight(line, "\r\n"), depth); ok {
			rules = append(rules, parsed)
		}
	}
	return rules
}

func ignoreRule(line string, depth int) (rule, bool) {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = strings.TrimSuffix(line, " ")
	}
	if line == "" || strings.HasPrefix(line, "#") {
		return rule{}, false
	}
	parsed := rule{depth: depth}
	line, parsed.negated = strings.CutPrefix(line, "!")
	line, parsed.dirOnly = strings.CutSuffix(line, "/")
	parsed.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return rule{}, false
	}
	parsed.segments = strings.Split(line, "/")
	return parsed, true
}

// matches tests an entry by the parts of its path below the root.
func (r rule) matches(parts []string, isDir bool) bool {
	if r.dirOnly && !isDir {
		return false
	}
	below := parts[r.depth:]
	if !r.anchored {
		return segment(r.segments[0], below[len(below)-1])
	}
	return segments(r.segments, below)
}

func segment(pattern, name string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return ok && err == nil
}

func segments(patterns, parts []string) bool {
	switch {
	case len(patterns) == 0:
		return len(parts) == 0
	case patterns[0] == "**":
		// At the end it stands for everything inside, elsewhere for any number of folders.
		if len(patterns) == 1 {
			return len(parts) > 0
		}
		for i := range parts {
			if segments(patterns[1:], parts[i:]) {
				return true
			}
		}
		return false
	}
	return len(parts) > 0 && segment(patterns[0], parts[0]) && segments(patterns[1:], parts[1:])
}

// ignores lets the last rule that matches decide.
func ignores(rules []rule, parts []string, isDir bool) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].matches(parts, isDir) {
			return !rules[i].negated
		}
	}
	return false
}

// Untracked knows what a working tree holds besides the repository: what ignore files leave out and
// the index does not name. A controller never sees it.
type Untracked struct {
	exclude string
	tracked func() func(string) bool
	known   func(string) bool
	rules   map[string][]rule
	folders map[string]bool
}

// NewUntracked takes the text of info/exclude and a way to read the index, which is used only once an
// ignored path is met.
func NewUntracked(exclude string, tracked func() func(string) bool) *Untracked {
	return &Untracked{exclude: exclude, tracked: tracked, rules: map[string][]rule{}, folders: map[string]bool{}}
}

// Hides says whether an entry is no part of the repository. Every ignore file that decides it is an
// input of the layer.
func (u *Untracked) Hides(layer *Layer, name string, isDir bool) bool {
	if base(name) == ".git" {
		return true
	}
	if u == nil || !u.ignored(layer, name, isDir) {
		return false
	}
	if u.known == nil {
		u.known = u.tracked()
	}
	return !u.known(name)
}

// ignored is true of everything in an ignored folder.
func (u *Untracked) ignored(layer *Layer, name string, isDir bool) bool {
	if known, ok := u.folders[name]; ok && isDir {
		return known
	}
	folder := parent(name)
	ignored := folder != "" && u.ignored(layer, folder, true) ||
		ignores(u.rulesOf(layer, folder), strings.Split(name, "/"), isDir)
	if isDir {
		u.folders[name] = ignored
	}
	return ignored
}

func (u *Untracked) rulesOf(layer *Layer, folder string) []rule {
	if known, ok := u.rules[folder]; ok {
		return known
	}
	rules, depth := ignoreRules(u.exclude, 0), 0
	if folder != "" {
		rules, depth = u.rulesOf(layer, parent(folder)), strings.Count(folder, "/")+1
	}
	if text, err := layer.Read(Join(folder, ".gitignore")); err == nil {
		rules = append(rules[:len(rules):len(rules)], ignoreRules(string(text), depth)...)
	}
	u.rules[folder] = rules
	return rules
}
