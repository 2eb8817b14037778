package render

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/google/go-jsonnet"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// maxJsonnetStack bounds recursion; time and memory are those of the process. It is jsonnet's default.
const maxJsonnetStack = 500

// jsonnetIn is the folder of a source and how its .jsonnet files are evaluated.
type jsonnetIn struct {
	folder   string
	settings *model.Jsonnet
}

// jsonnet evaluates a file to one object or a list of them, as Argo CD does (reposerver/repository,
// findManifests and makeJsonnetVM).
func (r *run) jsonnet(name string, in jsonnetIn) ([]model.RenderedObject, bool) {
	text, err := r.evaluate(name, in)
	if err != nil {
		r.problems = append(r.problems, r.failure(name, "jsonnet", err))
		return nil, false
	}
	values := []json.RawMessage{}
	if json.Unmarshal([]byte(text), &values) != nil {
		values = []json.RawMessage{json.RawMessage(text)}
	}
	objects := []model.RenderedObject{}
	for _, value := range values {
		found, flaw := expand(value, model.Origin{Path: name})
		objects = append(objects, found...)
		if flaw == nil {
			continue
		}
		r.problems = append(r.problems, documents.Failure(name, "not-an-object", flaw.message))
		if flaw.fatal {
			return nil, false
		}
	}
	return objects, true
}

// evaluate turns what jsonnet panics on, such as a number too large for its parser, into an error.
func (r *run) evaluate(name string, in jsonnetIn) (text string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("jsonnet stopped: %v", cause)
		}
	}()
	vm := jsonnet.MakeVM()
	vm.MaxStack = maxJsonnetStack
	vm.SetTraceOut(io.Discard)
	importer := &jsonnetImporter{run: r, folders: []string{in.folder}, known: map[string]jsonnet.Contents{}}
	if settings := in.settings; settings != nil {
		setVars(settings.TLAs, vm.TLAVar, vm.TLACode)
		setVars(settings.ExtVars, vm.ExtVar, vm.ExtCode)
		importer.folders = append(importer.folders, settings.Libs...)
	}
	vm.Importer(importer)
	return vm.EvaluateFile(name)
}

func setVars(vars []model.JsonnetVar, text, code func(name, value string)) {
	for _, entry := range vars {
		if entry.Code {
			code(entry.Name, entry.Value)
		} else {
			text(entry.Name, entry.Value)
		}
	}
}

// jsonnetImporter is jsonnet's FileImporter for a layer: the folder of the importing file first, then
// the library folders, the last one first. Nothing outside the root is read.
type jsonnetImporter struct {
	run     *run
	folders []string
	known   map[string]jsonnet.Contents
}

func (i *jsonnetImporter) Import(importedFrom, importedPath string) (jsonnet.Contents, string, error) {
	if path.IsAbs(importedPath) {
		return jsonnet.Contents{}, "", sentencef("The import %q leads out of the repository.", importedPath)
	}
	candidates := []string{path.Join(path.Dir(importedFrom), importedPath)}
	if importedFrom == "" {
		candidates = []string{importedPath}
	} else {
		for at := len(i.folders) - 1; at >= 0; at-- {
			candidates = append(candidates, path.Join(i.folders[at], importedPath))
		}
	}
	for _, candidate := range candidates {
		name, err := files.Clean(strings.TrimPrefix(candidate, "./"))
		if err != nil {
			continue
		}
		if known, ok := i.known[name]; ok {
			return known, name, nil
		}
		info, err := i.run.layer.Stat(name)
		if err != nil || info.Kind != files.File {
			continue
		}
		text, err := i.run.layer.Read(name)
		if err != nil {
			return jsonnet.Contents{}, "", sentencef("%s", readFailure(name, err))
		}
		i.known[name] = jsonnet.MakeContentsRaw(text)
		return i.known[name], name, nil
	}
	i.run.missing = append(i.run.missing, model.Missing{Kind: "file", Reference: importedPath, Path: importedFrom})
	return jsonnet.Contents{}, "", sentencef("The import %q is found neither beside the file nor in a library folder.", importedPath)
}
