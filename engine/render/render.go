// Package render makes the objects of an app with the libraries that the controllers use.
package render

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// run is one render: what it reads from, and what it found besides objects.
type run struct {
	layer *files.Layer
	// untracked is nil where everything is part of the repository.
	untracked *files.Untracked
	// root is the absolute path of the layer's root, for libraries that work with such paths.
	root         string
	capabilities *model.Capabilities
	// helm3: charts are rendered as by Helm 3.
	helm3     bool
	assumed   bool
	questions questions
	// cluster is nil where nothing is released to one.
	cluster  *model.ClusterFacts
	lookedUp []model.Lookup
	// releaseAsked: a template may ask which action this is.
	releaseAsked bool
	problems     []model.Problem
	missing      []model.Missing
	// charts is nil where there is no cache; lookups are what was taken from it.
	charts  *chartcache.Cache
	over    map[string]string
	lookups []model.UsedChart
	remote  remoteReads
}

// errFailed ends a render whose problems are recorded already.
var errFailed = errors.New("the render failed")

// Input is what a render reads besides its request.
type Input struct {
	Layer *files.Layer
	// Untracked hides what is in the working tree only from the walks of controllers; nil hides nothing.
	Untracked *files.Untracked
	// Commit is the full id of the revision that the layer reads, if it reads one.
	Commit string
	// Charts holds fetched charts; nil where nothing was ever fetched.
	Charts *chartcache.Cache
	// Over stands in for files of fetched charts, by their paths below files.Mounts.
	Over map[string]string
	// Repository gives a commit of another repository; nil where none can be had.
	Repository func(wanted model.GitReference) *RemoteText
	// Mounts stand below files.Trees in the paths of the source.
	Mounts []MountedText
}

// Render makes the objects of a source. Only one render may run at a time in a process: Kustomize
// keeps its OpenAPI schema for the whole process.
func Render(input Input, request model.RenderRequest) model.Outcome {
	layer := input.Layer
	r := &run{layer: layer, untracked: input.Untracked, root: request.Root, capabilities: request.Capabilities, charts: input.Charts, over: input.Over, cluster: request.Cluster}
	r.remote = remoteReads{repository: input.Repository, absent: map[string]model.GitReference{}, edited: map[string]bool{}}
	r.mount(input.Mounts)
	var objects []model.RenderedObject
	err := r.edit(request.Edits)
	if err == nil {
		objects, err = r.render(request.Source)
	}
	if unavailable := layer.Unavailable(); unavailable != nil {
		return model.Unavailable(unavailable.Reason)
	}
	inputs := layer.Inputs()
	missing := sortedMissing(r.missing)
	r.nameRepositories()
	if err != nil {
		if !errors.Is(err, errFailed) {
			r.problems = append(r.problems, r.failure(request.Source.Path, "render", err))
		}
		return model.Outcome{Kind: "failed", Problems: &r.problems, Inputs: &inputs, Missing: &missing, Lookups: r.lookedUp, ReleaseAsked: r.releaseAsked, CapabilitiesAssumed: r.assumed}
	}
	if r.problems == nil {
		r.problems = []model.Problem{}
	}
	if objects == nil {
		objects = []model.RenderedObject{}
	}
	return model.Outcome{Kind: "rendered", Result: &model.RenderResult{
		Objects: objects, Inputs: inputs, Problems: r.problems, Missing: missing,
		CapabilitiesAssumed: r.assumed, Commit: input.Commit, Charts: r.lookups,
		CapabilitiesAsked: r.questions.list(), Lookups: r.lookedUp, ReleaseAsked: r.releaseAsked,
		Repositories: r.usedRepositories(), Files: r.remote.files,
	}}
}

func (r *run) render(source model.Source) ([]model.RenderedObject, error) {
	folder, err := files.Clean(source.Path)
	if err != nil {
		return nil, r.fail(source.Path, "outside-root", "The path leads out of the repository.")
	}
	if absent := r.absentMount(source); absent != nil {
		return nil, r.failAbsent(source, *absent)
	}
	destination := r.capabilities
	r.capabilities = capabilitiesOf(destination, source)
	before := r.helm3
	r.helm3 = source.Helm == 3 || before
	defer func() { r.capabilities, r.helm3 = destination, before }()
	switch source.Kind {
	case "several":
		return r.several(source)
	case "directory":
		return r.directory(folder, source)
	case "kustomize":
		return r.kustomize(folder, source)
	case "helm":
		if source.Chart != nil {
			return r.helmFromCache(source)
		}
		return r.helm(folder, source)
	case "flux":
		return r.flux(folder, source)
	}
	return nil, r.fail(source.Path, "unknown-source", fmt.Sprintf("Nothing renders a source of kind %q.", source.Kind))
}

// fail records why a render failed.
func (r *run) fail(path, code, message string) error {
	r.problems = append(r.problems, documents.Failure(path, code, message))
	return errFailed
}

// failure makes a problem of an error of a library, its absolute paths made relative.
func (r *run) failure(path, code string, err error) model.Problem {
	return documents.Failure(path, code, r.relative(err.Error()))
}

func (r *run) relative(message string) string {
	if r.root == "" || r.root == "/" {
		return message
	}
	message = strings.ReplaceAll(message, r.root+"/", "")
	message = strings.ReplaceAll(message, r.root+`\`, "")
	return strings.ReplaceAll(message, r.root, ".")
}

// readFailure says in one sentence why a file could not be read.
func readFailure(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("%s does not exist.", path)
	case errors.Is(err, files.ErrOutside):
		return fmt.Sprintf("%s leads out of the repository.", path)
	case errors.Is(err, files.ErrTooLarge):
		return fmt.Sprintf("%s is larger than 10 MB.", path)
	}
	return fmt.Sprintf("%s cannot be read.", path)
}

func sortedMissing(missing []model.Missing) []model.Missing {
	seen := map[model.Missing]bool{}
	unique := []model.Missing{}
	for _, entry := range missing {
		if !seen[entry] {
			seen[entry] = true
			unique = append(unique, entry)
		}
	}
	sort.SliceStable(unique, func(i, j int) bool { return unique[i].Path < unique[j].Path })
	return unique
}

// sentence is an error that is shown to the user as it is.
type sentence string

func (s sentence) Error() string { return string(s) }

func sentencef(format string, args ...any) error { return sentence(fmt.Sprintf(format, args...)) }

func sortedKeys[V any](byKey map[string]V) []string {
	keys := make([]string, 0, len(byKey))
	for key := range byKey {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
