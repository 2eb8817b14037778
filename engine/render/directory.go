package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/gobwas/glob"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// skipMarker in a file keeps Argo CD from rendering it (reposerver/repository, getPotentiallyValidManifestFile).
const skipMarker = "+argocd:skip-file-rendering"

// directory reads manifests as Argo CD's directory type does (reposerver/repository, findManifests).
func (r *run) directory(folder string, source model.Source) ([]model.RenderedObject, error) {
	accept := r.directoryFilter(folder, source)
	if info, err := r.layer.Stat(folder); err != nil || info.Kind != files.Dir {
		return nil, r.fail(source.Path, "not-found", fmt.Sprintf("The folder %s does not exist.", source.Path))
	}
	objects := []model.RenderedObject{}
	failed := false
	var skip func(files.Info, string) bool
	if source.Recurse {
		skip = func(_ files.Info, name string) bool { return r.untracked.Hides(r.layer, name, true) }
	}
	err := r.layer.Walk(folder, skip,
		func(name string, info files.Info) error {
			if r.untracked.Hides(r.layer, name, false) || !accept(strings.TrimPrefix(name, folder+"/")) {
				return nil
			}
			found, ok := r.manifests(name, info, jsonnetIn{folder, source.Jsonnet})
			objects = append(objects, found...)
			failed = failed || !ok
			return nil
		})
	if err == nil && failed {
		err = errFailed
	}
	return objects, err
}

// directoryFilter says which names count. Of a pattern that is no glob, Argo CD says that nothing
// matches it.
func (r *run) directoryFilter(folder string, source model.Source) func(string) bool {
	matches := func(pattern string) func(string) bool {
		compiled, err := glob.Compile(pattern)
		if err != nil {
			problem := documents.Failure(folder, "directory-glob", fmt.Sprintf("The pattern %q is not a glob, so it matches nothing.", pattern))
			problem.Severity = model.SeverityWarning
			r.problems = append(r.problems, problem)
			return func(string) bool { return false }
		}
		return compiled.Match
	}
	include, exclude := matches(source.Include), matches(source.Exclude)
	return func(name string) bool {
		switch path.Ext(name) {
		case ".yaml", ".yml", ".json", ".jsonnet":
		default:
			return false
		}
		return (source.Exclude == "" || !exclude(name)) && (source.Include == "" || include(name))
	}
}

// manifests reads one file; false means that Argo CD would fail on it.
func (r *run) manifests(name string, info files.Info, jsonnet jsonnetIn) ([]model.RenderedObject, bool) {
	if info.Kind == files.Link {
		_, err := r.layer.Stat(name)
		r.problems = append(r.problems, documents.Failure(name, "symlink", readFailure(name, err)))
		return nil, false
	}
	if info.Kind != files.File {
		return nil, true
	}
	text, err := r.layer.Read(name)
	if err != nil {
		r.problems = append(r.problems, documents.Failure(name, "unreadable", readFailure(name, err)))
		return nil, false
	}
	if bytes.Contains(text, []byte(skipMarker)) {
		return nil, true
	}
	if strings.HasSuffix(name, ".jsonnet") {
		return r.jsonnet(name, jsonnet)
	}
	return r.objectsOf(name, text)
}

// objectsOf parses the documents of a manifest. A file that does not parse and does not look like a
// manifest is passed over, as Argo CD does.
func (r *run) objectsOf(name string, text []byte) ([]model.RenderedObject, bool) {
	objects := []model.RenderedObject{}
	for _, part := range documents.Split(text) {
		value, fault := cache.parse(part.Text)
		if fault != nil {
			if !fault.Warning && len(objects) == 0 && !looksLikeManifest(text) {
				return nil, true
			}
			r.problems = append(r.problems, fault.Problem(name, part.Line))
			if !fault.Warning {
				return nil, false
			}
		}
		if value == nil {
			continue
		}
		found, flaw := expand(value, model.Origin{Path: name, Line: part.FirstLine()})
		if flaw != nil && flaw.fatal && !looksLikeManifest(text) {
			continue
		}
		objects = append(objects, found...)
		if flaw != nil {
			problem := documents.Failure(name, "not-an-object", flaw.message)
			problem.Location.Line = part.FirstLine()
			r.problems = append(r.problems, problem)
			if flaw.fatal {
				return nil, false
			}
		}
	}
	return objects, true
}

func looksLikeManifest(text []byte) bool {
	return bytes.Contains(text, []byte("apiVersion:")) && bytes.Contains(text, []byte("kind:")) &&
		bytes.Contains(text, []byte("metadata:"))
}

type head struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   *headMetadata     `json:"metadata"`
	Items      []json.RawMessage `json:"items"`
}

type headMetadata struct {
	Name         string         `json:"name"`
	GenerateName string         `json:"generateName"`
	Annotations  map[string]any `json:"annotations"`
}

// flaw is what keeps a value from being an object. A fatal one fails the whole render of a controller.
type flaw struct {
	message string
	fatal   bool
}

// expand takes the objects out of a List.
func expand(value json.RawMessage, origin model.Origin) ([]model.RenderedObject, *flaw) {
	var top head
	if err := json.Unmarshal(value, &top); err != nil {
		return nil, &flaw{headSentence(err), true}
	}
	if top.Kind == "" {
		return nil, &flaw{"The document is not a Kubernetes object: it has no kind.", true}
	}
	if strings.HasSuffix(top.Kind, "List") && top.Items != nil {
		objects := []model.RenderedObject{}
		var first *flaw
		for _, item := range top.Items {
			found, itemFlaw := expand(item, origin)
			objects = append(objects, found...)
			if first == nil || itemFlaw != nil && itemFlaw.fatal {
				first = itemFlaw
			}
		}
		return objects, first
	}
	if top.APIVersion == "" {
		return nil, &flaw{fmt.Sprintf("The %s has no apiVersion.", top.Kind), true}
	}
	if top.Metadata == nil || top.Metadata.Name == "" && top.Metadata.GenerateName == "" {
		return nil, &flaw{fmt.Sprintf("The %s has no name, so no cluster would take it.", top.Kind), false}
	}
	return []model.RenderedObject{{
		Object: value, Origin: origin, Role: model.RoleResource, Generated: []string{},
	}}, nil
}

func headOf(value json.RawMessage) head {
	var top head
	// A value of another shape has no head.
	_ = json.Unmarshal(value, &top)
	return top
}

func (h head) annotation(key string) any {
	if h.Metadata == nil {
		return nil
	}
	return h.Metadata.Annotations[key]
}
