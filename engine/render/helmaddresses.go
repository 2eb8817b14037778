package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// withFetchedFiles puts the fetched text in the place of values files and file parameters that an
// address names, as Helm's and Argo CD's downloads do. What was not fetched is missing, all of it at once.
func (r *run) withFetchedFiles(source model.Source) (model.Source, error) {
	if !namesAddresses(source) {
		return source, nil
	}
	lacking := false
	placed := func(name, what string) string {
		if !strings.Contains(name, "://") {
			return name
		}
		file, ok := r.fetchedFile(name)
		if !ok {
			lacking = true
			r.missFile(source.Path, name, what)
		}
		return file
	}
	source.ValueFiles = slices.Clone(source.ValueFiles)
	for i, name := range source.ValueFiles {
		source.ValueFiles[i] = placed(name, "values file")
	}
	source.FileParameters = slices.Clone(source.FileParameters)
	for i, parameter := range source.FileParameters {
		source.FileParameters[i].Path = placed(parameter.Path, "file of the parameter "+parameter.Name)
	}
	if lacking {
		return source, errFailed
	}
	return source, nil
}

func namesAddresses(source model.Source) bool {
	isAddress := func(name string) bool { return strings.Contains(name, "://") }
	return slices.ContainsFunc(source.ValueFiles, isAddress) ||
		slices.ContainsFunc(source.FileParameters, func(one model.HelmFileParameter) bool { return isAddress(one.Path) })
}

func (r *run) missFile(path, name, what string) {
	if !isURL(name) {
		r.problems = append(r.problems, documents.Failure(path, "helm-value-file",
			fmt.Sprintf("The %s %s is remote; only https and http addresses are fetched.", what, name)))
		return
	}
	address := withoutPassword(name)
	r.missing = append(r.missing, model.Missing{Kind: "file", Reference: address, URL: address})
	r.problems = append(r.problems, documents.Failure(path, "file-not-fetched",
		fmt.Sprintf("The %s %s has not been fetched.", what, address)))
}

// fetchedFile mounts a file of the cache and gives its path.
func (r *run) fetchedFile(name string) (string, bool) {
	if r.charts == nil || !isURL(name) {
		return "", false
	}
	address := withoutPassword(name)
	known, err := r.charts.Lookup(chartcache.FileReference(address))
	if err != nil {
		return "", false
	}
	if file, ok := r.remote.placed[known.Digest]; ok {
		r.useFile(address, known)
		return file, true
	}
	text, err := r.charts.Archive(known.Digest)
	if err != nil {
		return "", false
	}
	base := chartcache.FileName(address)
	digest := strings.TrimPrefix(known.Digest, "sha256:")
	file := files.Join(r.layer.Mount(digest, map[string]string{base: string(text)}), base)
	if r.remote.placed == nil {
		r.remote.placed = map[string]string{}
	}
	r.remote.placed[known.Digest] = file
	r.useFile(address, known)
	return file, true
}

// useFile tells once that a render read a file of a server.
func (r *run) useFile(address string, known chartcache.Entry) {
	used := model.UsedFile{URL: address, Digest: known.Digest, FetchedAt: known.FetchedAt.Format(timeFormat)}
	if !slices.Contains(r.remote.files, used) {
		r.remote.files = append(r.remote.files, used)
	}
}
