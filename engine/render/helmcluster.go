package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

// lookups answers the template function `lookup` from what was read of the cluster. What was not is
// empty, as in template mode, or with the other face something that is there.
type lookups struct {
	known map[model.Lookup]model.LookupAnswer
	asked []model.Lookup
	// unknown is set by a call that nothing answers.
	unknown bool
	other   bool
	// listed is set by a call for a list that nothing answers; with found, such a list holds what
	// templates look for in it.
	listed bool
	found  bool
	// keys are names of fields that the chart may ask of an object.
	keys []string
}

const maxLookups = 200

func newLookups(facts *model.ClusterFacts) *lookups {
	known := map[model.Lookup]model.LookupAnswer{}
	for _, answer := range facts.Lookups {
		known[answer.Lookup] = answer
	}
	return &lookups{known: known}
}

func (l *lookups) find(apiVersion, kind, namespace, name string) (map[string]any, error) {
	wanted := model.Lookup{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name}
	answer, ok := l.known[wanted]
	if !l.other && !slices.Contains(l.asked, wanted) && len(l.asked) < maxLookups {
		l.asked = append(l.asked, wanted)
	}
	switch {
	case ok && answer.Unserved != "":
		return map[string]any{}, errors.New(answer.Unserved)
	case ok:
		found, _ := copied(answer.Found).(map[string]any)
		if found == nil {
			found = map[string]any{}
		}
		return found, nil
	}
	l.unknown, l.listed = true, l.listed || name == ""
	if !l.other {
		return map[string]any{}, nil
	}
	if name == "" {
		return map[string]any{"apiVersion": apiVersion, "kind": kind + "List", "items": []any{l.present(wanted)}}, nil
	}
	return l.present(wanted), nil
}

// present is an object of which nothing is known but that it is there: whatever field of its data a
// chart asks for holds a text, which decodes as base64 too.
func (l *lookups) present(wanted model.Lookup) map[string]any {
	texts := func() map[string]any {
		all := make(map[string]any, len(l.keys))
		for _, key := range l.keys {
			all[key] = anyText
		}
		return all
	}
	name := wanted.Name
	if name == "" && l.found {
		name = anyText
	}
	return map[string]any{
		"apiVersion": wanted.APIVersion, "kind": wanted.Kind,
		"metadata": map[string]any{
			"name": name, "namespace": wanted.Namespace, "uid": "c1a5e7f0-0000-4000-8000-000000000000",
			"resourceVersion": "1", "generation": int64(1), "creationTimestamp": "2001-02-03T04:05:06Z",
			"labels": texts(), "annotations": texts(),
		},
		"data": texts(), "stringData": texts(), "spec": texts(), "status": texts(),
	}
}

var (
	asksRelease = regexp.MustCompile(`IsUpgrade|IsInstall|Revision|\.Release\s*[|)}]`)
	asksLookup  = regexp.MustCompile(`\blookup\b`)
	quotedNames = regexp.MustCompile(`"([\w.-]+)"|\.([A-Za-z_]\w*)`)
)

// inCluster renders a release with what is known of its cluster, and marks the fields that depend on
// what is not: they are those that differ where the unknown is otherwise.
func (h *helmRelease) inCluster(top common.Values) ([]model.RenderedObject, error) {
	facts := h.cluster
	if facts == nil {
		return h.renderTwice(top)
	}
	texts := h.templateTexts(top["Values"])
	h.lookup = newLookups(facts)
	h.releaseAsked = mentions(texts, asksRelease)
	other := copiedValues(top)
	objects, err := h.renderTwice(top)
	h.lookedUp = h.lookup.asked
	if err != nil {
		h.doubtLookups()
		return nil, err
	}
	releaseUnknown := facts.Release == nil && h.releaseAsked
	if !h.lookup.unknown && !releaseUnknown {
		return objects, nil
	}
	if releaseUnknown {
		other["Release"] = h.otherRelease(other["Release"])
	}
	h.lookup.other, h.lookup.keys = true, fieldNames(texts)
	found := copiedValues(other)
	certain := h.compareWith(objects, other)
	if certain && h.lookup.listed {
		h.lookup.found = true
		certain = h.compareWith(objects, found)
	}
	if !certain {
		markFrom(objects, h.reached(texts, releaseUnknown))
	}
	return objects, nil
}

func copiedValues(top common.Values) common.Values {
	all := common.Values{}
	for key, value := range top {
		all[key] = copied(value)
	}
	return all
}

// compareWith marks the fields that differ where the unknown is otherwise; false where that cannot be
// rendered.
func (h *helmRelease) compareWith(objects []model.RenderedObject, other common.Values) bool {
	problems := h.problems
	others, err := h.render(other, newGenerators(h.source.ReleaseName, h.source.Namespace, 0))
	h.problems = problems
	if err != nil {
		return false
	}
	eachDifference(objects, others, func(object *model.RenderedObject, pointers []string) {
		for _, pointer := range pointers {
			if !slices.Contains(object.ClusterDependent, pointer) {
				object.ClusterDependent = append(object.ClusterDependent, pointer)
			}
		}
		slices.Sort(object.ClusterDependent)
	})
	return true
}

// functions are those that stand in for Helm's own.
func (h *helmRelease) functions(generators *generators) template.FuncMap {
	table := generators.table()
	if h.assumedVersion != "" {
		maps.Copy(table, h.comparisons())
	}
	if h.lookup != nil {
		table["lookup"] = h.lookup.find
		if h.lookup.found {
			maps.Copy(table, searches())
		}
	}
	return table
}

func (h *helmRelease) isUpgrade() bool {
	if h.cluster != nil && h.cluster.Release != nil {
		return h.cluster.Release.IsUpgrade
	}
	return h.source.IsUpgrade
}

func (h *helmRelease) revision() int {
	if h.cluster != nil && h.cluster.Release != nil {
		return h.cluster.Release.Revision
	}
	return 1
}

// doubtLookups tells of a failure that an answer of the cluster may mend.
func (h *helmRelease) doubtLookups() {
	for _, asked := range h.lookedUp {
		if _, known := h.lookup.known[asked]; known {
			continue
		}
		what := asked.Kind + " " + strings.TrimPrefix(asked.Namespace+"/"+asked.Name, "/")
		problem := documents.Failure(h.folder, "lookup-unknown", fmt.Sprintf(
			"The chart looks up %s in the cluster, which is not known here: it may render once the cluster is connected.", what))
		problem.Severity = model.SeverityInfo
		h.problems = append(h.problems, problem)
		return
	}
}

func (h *helmRelease) otherRelease(release any) any {
	fields, ok := release.(map[string]any)
	if !ok {
		return release
	}
	fields["IsUpgrade"], fields["IsInstall"] = fields["IsInstall"], fields["IsUpgrade"]
	fields["Revision"] = 7
	return fields
}

// templateTexts are the texts that templates are made of, by file; values can hold templates too.
func (h *helmRelease) templateTexts(values any) map[string]string {
	texts := map[string]string{}
	if text, err := json.Marshal(values); err == nil {
		texts[""] = string(text)
	}
	var add func(*chart.Chart)
	add = func(c *chart.Chart) {
		for _, template := range c.Templates {
			texts[h.pathOf(template)] += string(template.Data)
		}
		for _, dependency := range c.Dependencies() {
			add(dependency)
		}
	}
	add(h.chart)
	return texts
}

func mentions(texts map[string]string, pattern *regexp.Regexp) bool {
	for _, text := range texts {
		if pattern.MatchString(text) {
			return true
		}
	}
	return false
}

const maxFieldNames = 5000

// fieldNames are all names that a template could take a field by.
func fieldNames(texts map[string]string) []string {
	seen := map[string]bool{}
	names := []string{}
	for _, file := range sortedKeys(texts) {
		for _, match := range quotedNames.FindAllStringSubmatch(texts[file], -1) {
			name := match[1] + match[2]
			if !seen[name] && len(names) < maxFieldNames {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

var (
	definedNames = regexp.MustCompile(`define\s+"([^"]+)"`)
	anyInclude   = regexp.MustCompile(`\b(?:include|template)\s+[^"\s]`)
)

// reached are the files from which a template gets to what the cluster decides, by the names that
// they define and include; a name that is computed can be any.
func (h *helmRelease) reached(texts map[string]string, release bool) map[string]bool {
	files := map[string]bool{}
	names := []string{}
	take := func(file string) {
		files[file] = true
		for _, match := range definedNames.FindAllStringSubmatch(texts[file], -1) {
			names = append(names, `"`+match[1]+`"`)
		}
	}
	reaches := func(text string) bool {
		if asksLookup.MatchString(text) || (release && asksRelease.MatchString(text)) {
			return true
		}
		if len(files) > 0 && anyInclude.MatchString(text) {
			return true
		}
		return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name) })
	}
	for moved := true; moved; {
		moved = false
		for _, file := range sortedKeys(texts) {
			if !files[file] && reaches(texts[file]) {
				take(file)
				moved = true
			}
		}
	}
	return files
}

// markFrom marks whole objects. Where values reach the cluster, each object may.
func markFrom(objects []model.RenderedObject, files map[string]bool) {
	for i := range objects {
		if objects[i].Role != model.RoleCRD && (files[""] || files[objects[i].Origin.Path]) {
			objects[i].ClusterDependent = []string{""}
		}
	}
}
