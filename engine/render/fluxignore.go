package render

import (
	"path"
	"strings"

	"github.com/fluxcd/pkg/sourceignore"
	"github.com/fluxcd/pkg/sourceignore/gitignore"

	"github.com/plumbline/plumbline/engine/files"
)

// sourceIgnore tells what source-controller leaves out of a repository's artifact: files, one by one,
// that the last matching pattern excludes, so that a file in an excluded folder can be included again
// (fluxcd/pkg/artifact storage, SourceIgnoreFilter). Patterns come from each .sourceignore on the way to
// a file and then from spec.ignore of the source; only where there are none at all do the default ones
// count.
type sourceIgnore struct {
	layer *files.Layer
	given []gitignore.Pattern
	// patterns and matchers are those of a folder.
	patterns map[string][]gitignore.Pattern
	matchers map[string]gitignore.Matcher
	defaults gitignore.Matcher
	anywhere *bool
}

func newSourceIgnore(layer *files.Layer, given string) *sourceIgnore {
	return &sourceIgnore{
		layer: layer, given: readPatterns(given, nil),
		patterns: map[string][]gitignore.Pattern{}, matchers: map[string]gitignore.Matcher{},
		defaults: sourceignore.NewDefaultMatcher(nil, nil),
	}
}

func readPatterns(text string, domain []string) []gitignore.Pattern {
	return sourceignore.ReadPatterns(strings.NewReader(text), domain)
}

func (s *sourceIgnore) hides(name string) bool {
	folder, parts := path.Dir(name), strings.Split(name, "/")
	if s.of(folder).Match(parts, false) {
		return true
	}
	return s.defaults.Match(parts, false) && !s.hasPatterns()
}

func (s *sourceIgnore) of(folder string) gitignore.Matcher {
	matcher := s.matchers[folder]
	if matcher == nil {
		all := append(sourceignore.VCSPatterns(nil), s.read(folder)...)
		matcher = sourceignore.NewMatcher(append(all, s.given...))
		s.matchers[folder] = matcher
	}
	return matcher
}

func (s *sourceIgnore) read(folder string) []gitignore.Pattern {
	if known, ok := s.patterns[folder]; ok {
		return known
	}
	all, domain := []gitignore.Pattern{}, []string(nil)
	if folder != "." {
		all = append(all, s.read(path.Dir(folder))...)
		domain = strings.Split(folder, "/")
	}
	if text, err := s.layer.Read(path.Join(folder, sourceignore.IgnoreFile)); err == nil {
		all = append(all, readPatterns(string(text), domain)...)
	}
	s.patterns[folder] = all
	return all
}

// hasPatterns looks through the whole repository, for a file that only the defaults would leave out.
func (s *sourceIgnore) hasPatterns() bool {
	if len(s.given) > 0 {
		return true
	}
	if s.anywhere == nil {
		found := false
		skip := func(files.Info, string) bool { return found }
		// What cannot be listed holds no patterns that can be known.
		_ = s.layer.Walk("", skip, func(name string, _ files.Info) error {
			if path.Base(name) == sourceignore.IgnoreFile {
				text, err := s.layer.Read(name)
				found = found || err == nil && len(readPatterns(string(text), nil)) > 0
			}
			return nil
		})
		s.anywhere = &found
	}
	return *s.anywhere
}
