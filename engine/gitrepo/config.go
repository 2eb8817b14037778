package gitrepo

import (
	"sort"
	"strings"

	format "github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/plumbline/plumbline/engine/model"
)

// settings is the repository's own configuration, section and option names in any case.
type settings struct{ *format.Config }

func parseConfig(text string) settings {
	parsed := format.New()
	// What stands before a line that cannot be parsed counts, as little as it is.
	_ = format.NewDecoder(strings.NewReader(text)).Decode(parsed)
	return settings{parsed}
}

func (s settings) options(section, subsection string) format.Options {
	for _, candidate := range s.Sections {
		if !candidate.IsName(section) {
			continue
		}
		if subsection == "" {
			return candidate.Options
		}
		for _, sub := range candidate.Subsections {
			if sub.IsName(subsection) {
				return sub.Options
			}
		}
	}
	return nil
}

func (s settings) last(section, subsection, key string) string {
	all := s.options(section, subsection).GetAll(key)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

func (s settings) isTrue(section, key string) bool {
	switch strings.ToLower(s.last(section, "", key)) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

func (s settings) subsections(section string) []*format.Subsection {
	for _, candidate := range s.Sections {
		if candidate.IsName(section) {
			return candidate.Subsections
		}
	}
	return nil
}

func (s settings) remotes() []model.Remote {
	remotes := []model.Remote{}
	for _, sub := range s.subsections("remote") {
		urls := []string{}
		for _, url := range sub.Options.GetAll("url") {
			urls = append(urls, s.rewrite(url))
		}
		remotes = append(remotes, model.Remote{Name: sub.Name, URLs: urls})
	}
	sort.Slice(remotes, func(i, j int) bool { return remotes[i].Name < remotes[j].Name })
	return remotes
}

// rewrite applies url.<base>.insteadOf; the longest match wins, as git-config(1) says.
func (s settings) rewrite(url string) string {
	longest, base := "", ""
	for _, sub := range s.subsections("url") {
		for _, prefix := range sub.Options.GetAll("insteadOf") {
			if strings.HasPrefix(url, prefix) && len(prefix) > len(longest) {
				longest, base = prefix, sub.Name
			}
		}
	}
	if longest == "" {
		return url
	}
	return base + url[len(longest):]
}

func (s settings) partial() bool {
	if s.last("extensions", "", "partialClone") != "" {
		return true
	}
	for _, sub := range s.subsections("remote") {
		if strings.EqualFold(sub.Options.Get("promisor"), "true") {
			return true
		}
	}
	return false
}

func (s settings) upstream(headRef string) *model.Upstream {
	branch, ok := strings.CutPrefix(headRef, "refs/heads/")
	if !ok {
		return nil
	}
	remote, merge := s.last("branch", branch, "remote"), s.last("branch", branch, "merge")
	if remote == "" || merge == "" {
		return nil
	}
	return &model.Upstream{Remote: remote, Ref: merge}
}
