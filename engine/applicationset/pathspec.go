package applicationset

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/plumbline/plumbline/engine/files"
)

// matching gives the files that a pattern of a git generator names. Argo CD hands it to
// `git ls-files`, where an asterisk matches slashes too; an option of the controller makes it a
// doublestar pattern (util/git/client.go, LsFiles).
func (r *repository) matching(pattern string, doublestars bool) ([]string, error) {
	if doublestars {
		return r.globbed(path.Join("/", pattern)[1:])
	}
	wildcards, err := pathspecOf(pattern)
	if err != nil {
		return nil, err
	}
	if wildcards.literal() {
		return r.named(wildcards.text)
	}
	names, err := r.below(wildcards.folder())
	matched := []string{}
	for _, name := range names {
		if wildcards.matches(name) {
			matched = append(matched, name)
		}
	}
	return matched, err
}

// named gives a file or a link of that name, or all files of a folder.
func (r *repository) named(text string) ([]string, error) {
	name, onlyFolder := strings.CutSuffix(text, "/")
	real, info, err := r.layer.Resolve(name)
	if err == nil && real == name && info.Kind == files.Dir {
		return r.below(name)
	}
	folder, base := files.Join(path.Dir(name)), path.Base(name)
	if real, _, err := r.layer.Resolve(folder); onlyFolder || err != nil || real != folder || r.untracked.Hides(r.layer, name, false) {
		return nil, nil
	}
	infos, err := r.layer.List(folder)
	known := slices.ContainsFunc(infos, func(info files.Info) bool { return info.Name == base && info.Kind <= files.Link })
	if err != nil || !known {
		return nil, nil
	}
	return []string{name}, nil
}

// globbed fails later on a folder that matches, as Argo CD does when it reads it.
func (r *repository) globbed(pattern string) ([]string, error) {
	if pattern == "" {
		pattern = "."
	}
	shown := &globFS{repo: r}
	names, err := doublestar.Glob(shown, pattern)
	if err != nil {
		return nil, fmt.Errorf("%q is not a pattern of files", pattern)
	}
	if shown.listed > maxListed {
		return nil, limitf("A pattern looks at more than %d folders behind links.", maxListed)
	}
	// Argo CD leaves out what leads out of the repository.
	return slices.DeleteFunc(names, func(name string) bool {
		_, err := r.layer.Stat(local(name))
		return errors.Is(err, files.ErrOutside)
	}), nil
}

// pathspec is a pattern in Git's sense (gitglossary(7)), relative to the top folder.
type pathspec struct {
	text string
	// glob makes an asterisk stop at slashes, as the magic word of that name does.
	glob bool
}

func pathspecOf(pattern string) (pathspec, error) {
	spec := pathspec{text: pattern}
	switch {
	case strings.HasPrefix(pattern, ":(glob)"):
		spec = pathspec{text: strings.TrimPrefix(pattern, ":(glob)"), glob: true}
	case strings.HasPrefix(pattern, ":(top)"), strings.HasPrefix(pattern, ":/"):
		spec.text = strings.TrimPrefix(strings.TrimPrefix(pattern, ":(top)"), ":/")
	case strings.HasPrefix(pattern, ":"):
		return spec, fmt.Errorf("the pattern %q uses pathspec magic that is not supported here", pattern)
	}
	trailing := strings.HasSuffix(spec.text, "/")
	if strings.HasPrefix(spec.text, "/") {
		return spec, fmt.Errorf("the pattern %q is an absolute path, which is outside of the repository for Git", pattern)
	}
	cleaned, err := files.Clean(spec.text)
	if err != nil {
		return spec, fmt.Errorf("the pattern %q leads out of the repository", pattern)
	}
	spec.text = cleaned
	if trailing && cleaned != "" {
		spec.text += "/"
	}
	return spec, nil
}

const wildcardBytes = `*?[\`

func (p pathspec) literal() bool { return !strings.ContainsAny(p.text, wildcardBytes) }

// folder is the deepest one that holds everything that a pattern with wildcards can match.
func (p pathspec) folder() string {
	text := p.text[:strings.IndexAny(p.text, wildcardBytes)]
	return text[:max(0, strings.LastIndexByte(text, '/'))]
}

func (p pathspec) matches(name string) bool {
	if name == p.text || strings.HasPrefix(name, strings.TrimSuffix(p.text, "/")+"/") {
		return true
	}
	if p.glob {
		ok, err := doublestar.Match(p.text, name)
		return err == nil && ok
	}
	return wildmatch(p.text, name)
}

// wildmatch is Git's wildmatch(3) without its flags: an asterisk and a question mark match slashes.
func wildmatch(pattern, name string) bool {
	backPattern, backName := -1, 0
	p, n := 0, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			for p < len(pattern) && pattern[p] == '*' {
				p++
			}
			backPattern, backName = p, n
			continue
		}
		if width, ok := one(pattern[p:], name[n]); ok {
			p, n = p+width, n+1
			continue
		}
		if backPattern < 0 {
			return false
		}
		backName++
		p, n = backPattern, backName
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// one matches a byte with the start of a pattern, and tells how much of the pattern that was.
func one(pattern string, c byte) (int, bool) {
	if pattern == "" {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		return 2, len(pattern) > 1 && pattern[1] == c
	case '[':
		return bracket(pattern, c)
	}
	return 1, pattern[0] == c
}

var classes = map[string]func(c byte) bool{
	"digit": func(c byte) bool { return '0' <= c && c <= '9' },
	"lower": func(c byte) bool { return 'a' <= c && c <= 'z' },
	"upper": func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"alpha": func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' },
	"alnum": func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' },
	"punct": func(c byte) bool {
		return c > ' ' && c < 127 && !('a' <= c|0x20 && c|0x20 <= 'z') && !('0' <= c && c <= '9')
	},
	"space": func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
}

// bracket matches a byte with a set such as [a-z] or [!x].
func bracket(pattern string, c byte) (int, bool) {
	i, negated, matched := 1, false, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		negated = true
		i++
	}
	for first := true; i < len(pattern) && (first || pattern[i] != ']'); first = false {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(pattern[i:], "[:"), ":]"); ok && strings.HasPrefix(pattern[i:], "[:") && classes[name] != nil {
			matched = matched || classes[name](c)
			i = len(pattern) - len(rest)
			continue
		}
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		low, high := pattern[i], pattern[i]
		if i+2 < len(pattern) && pattern[i+1] == '-' && pattern[i+2] != ']' {
			if i += 2; pattern[i] == '\\' && i+1 < len(pattern) {
				i++
			}
			high = pattern[i]
		}
		matched = matched || low <= c && c <= high
		i++
	}
	if i >= len(pattern) {
		return 0, false
	}
	return i + 1, matched != negated
}
