package applicationset

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/jeremywohl/flatten"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// git gives parameters of the folders or of the files of a repository
// (applicationset/generators/git.go).
func (e *expansion) git(g *gitGenerator) ([]map[string]any, error) {
	if len(g.Directories) == 0 && len(g.Files) == 0 {
		return nil, errors.New("a git generator names neither directories nor files")
	}
	repo, err := e.repository(g.RepoURL, g.Revision)
	if err != nil {
		return nil, err
	}
	if len(g.Directories) > 0 {
		return e.directories(repo, g)
	}
	return e.files(repo, g)
}

func (e *expansion) directories(repo *repository, g *gitGenerator) ([]map[string]any, error) {
	all := []map[string]any{}
	for _, folder := range repo.folders(g.Directories) {
		params := map[string]any{}
		e.addPath(params, g.PathParamPrefix, folder, "")
		if err := e.addValues(g.Values, params); err != nil {
			return nil, err
		}
		all = append(all, params)
	}
	return all, repo.failure()
}

// addPath adds what is said of a folder and, where one is given, of a file in it.
func (e *expansion) addPath(params map[string]any, prefix, folder, file string) {
	about := [][2]string{{"basename", path.Base(folder)}, {"basenameNormalized", normalize(path.Base(folder))}}
	if file != "" {
		about = append(about, [2]string{"filename", file}, [2]string{"filenameNormalized", normalize(file)})
	}
	if e.set.Spec.GoTemplate {
		described := map[string]any{"path": folder, "segments": strings.Split(folder, "/")}
		for _, entry := range about {
			described[entry[0]] = entry[1]
		}
		if prefix != "" {
			params[prefix] = map[string]any{"path": described}
		} else {
			params["path"] = described
		}
		return
	}
	name := "path"
	if prefix != "" {
		name = prefix + ".path"
	}
	params[name] = folder
	for _, entry := range about {
		params[name+"."+entry[0]] = entry[1]
	}
	for i, segment := range strings.Split(folder, "/") {
		if segment != "" {
			params[name+"["+strconv.Itoa(i)+"]"] = segment
		}
	}
}

func (e *expansion) files(repo *repository, g *gitGenerator) ([]map[string]any, error) {
	texts := map[string][]byte{}
	for _, exclude := range []bool{false, true} {
		for _, one := range g.Files {
			if one.Exclude != exclude {
				continue
			}
			names, err := repo.matching(one.Path, e.request.NewFileGlobbing)
			if err != nil {
				return nil, err
			}
			if err := readOrDrop(repo, names, texts, exclude); err != nil {
				return nil, err
			}
		}
	}
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	sort.Strings(names)
	all := []map[string]any{}
	for _, name := range names {
		params, err := e.fileParams(name, texts[name], g)
		if err != nil {
			return nil, fmt.Errorf("the file %s: %w", name, err)
		}
		all = append(all, params...)
	}
	return all, repo.failure()
}

// readOrDrop reads excluded files as well: Argo CD fails on one that cannot be read.
func readOrDrop(repo *repository, names []string, texts map[string][]byte, exclude bool) error {
	for _, name := range names {
		text, err := repo.layer.Read(name)
		var lacking *files.UnavailableError
		switch {
		case errors.As(err, &lacking):
			return err
		case err != nil:
			return fmt.Errorf("the path %s matches and cannot be read as a file", name)
		case exclude:
			delete(texts, name)
		default:
			texts[name] = text
		}
	}
	return nil
}

func (e *expansion) fileParams(name string, text []byte, g *gitGenerator) ([]map[string]any, error) {
	single, objects := map[string]any{}, []map[string]any{}
	if yaml.Unmarshal(text, &single) == nil {
		objects = append(objects, single)
	} else if err := yaml.Unmarshal(text, &objects); err != nil {
		return nil, errors.New("the file is neither an object nor a list of objects")
	}
	all := []map[string]any{}
	for _, object := range objects {
		params := map[string]any{}
		if e.set.Spec.GoTemplate {
			for key, value := range object {
				params[key] = value
			}
		} else {
			flat, err := flatten.Flatten(object, "", flatten.DotStyle)
			if err != nil {
				return nil, fmt.Errorf("the file cannot be flattened: %w", err)
			}
			for key, value := range flat {
				params[key] = fmt.Sprintf("%v", value)
			}
		}
		e.addPath(params, g.PathParamPrefix, path.Dir(name), path.Base(name))
		if err := e.addValues(g.Values, params); err != nil {
			return nil, err
		}
		all = append(all, params)
	}
	return all, nil
}

// repository is one of the opened folders, at one revision.
type repository struct {
	layer     *files.Layer
	untracked *files.Untracked
	snapshot  model.Snapshot
	// walked are the folders below which every name was looked at.
	walked []string
}

func (r *repository) failure() error {
	if lacking := r.layer.Unavailable(); lacking != nil {
		return lacking
	}
	return nil
}

// folders gives the folders that a pattern includes and none excludes, in the order of a walk. Those
// that start with a dot are left out with all that is below them, as are those without files, which
// Git does not know.
func (r *repository) folders(patterns []gitPath) []string {
	found := []string{}
	var into func(folder string)
	into = func(folder string) {
		infos, err := r.layer.List(folder)
		if err != nil {
			return
		}
		for _, info := range infos {
			name := files.Join(folder, info.Name)
			if info.Kind != files.Dir || strings.HasPrefix(info.Name, ".") || !leadsTo(patterns, name) || r.untracked.Hides(r.layer, name, true) {
				continue
			}
			if wanted(patterns, name) && (info.Submodule || r.holdsFile(name)) {
				found = append(found, name)
			}
			if !info.Submodule {
				into(name)
			}
		}
	}
	into("")
	return found
}

func wanted(patterns []gitPath, folder string) bool {
	include := false
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern.Path, folder); err == nil && ok {
			if pattern.Exclude {
				return false
			}
			include = true
		}
	}
	return include
}

// leadsTo is false when no pattern can match the folder or one below it.
func leadsTo(patterns []gitPath, folder string) bool {
	depth := strings.Count(folder, "/") + 1
	return slices.ContainsFunc(patterns, func(pattern gitPath) bool {
		parts := strings.Split(pattern.Path, "/")
		if pattern.Exclude || len(parts) < depth {
			return false
		}
		if strings.ContainsAny(pattern.Path, `[\`) {
			return true
		}
		ok, err := path.Match(strings.Join(parts[:depth], "/"), folder)
		return err == nil && ok
	})
}

func (r *repository) holdsFile(folder string) bool {
	infos, err := r.layer.List(folder)
	if err != nil {
		return false
	}
	for _, info := range infos {
		name := files.Join(folder, info.Name)
		isDir := info.Kind == files.Dir && !info.Submodule
		if info.Kind == files.Irregular || r.untracked.Hides(r.layer, name, isDir) {
			continue
		}
		if !isDir || r.holdsFile(name) {
			return true
		}
	}
	return false
}

// below lists the files below a folder, as `git ls-files` would once they are all added.
func (r *repository) below(folder string) ([]string, error) {
	real, _, err := r.layer.Resolve(folder)
	if err != nil || real != folder {
		// Nothing in a link's folder has a path of its own.
		return nil, nil
	}
	r.walked = append(r.walked, folder)
	found := []string{}
	skip := func(info files.Info, name string) bool {
		if info.Submodule {
			found = append(found, name)
			return true
		}
		infos, err := r.layer.List(name)
		own := err == nil && slices.ContainsFunc(infos, func(info files.Info) bool { return info.Name == ".git" })
		return own || r.untracked.Hides(r.layer, name, true)
	}
	err = r.layer.Walk(folder, skip, func(name string, info files.Info) error {
		if info.Kind != files.Irregular && !r.untracked.Hides(r.layer, name, false) {
			found = append(found, name)
		}
		return nil
	})
	if files.IsNotExist(err) {
		return nil, nil
	}
	return found, err
}

// inputs are those of the layer, where each folder that was walked stands for everything below it.
func (r *repository) inputs() model.SetInputs {
	kept := []model.Input{}
	for _, input := range r.layer.Inputs() {
		inside := slices.ContainsFunc(r.walked, func(folder string) bool { return within(input.Path, folder) })
		if inside && (input.Kind == "listing" || !*input.Found) {
			continue
		}
		kept = append(kept, input)
	}
	everything := true
	slices.Sort(r.walked)
	for _, folder := range slices.Compact(r.walked) {
		kept = append(kept, model.Input{Kind: "listing", Path: folder, Recursive: &everything})
	}
	return model.SetInputs{Root: r.snapshot.Root, Revision: r.snapshot.Revision, Inputs: kept}
}

func within(name, folder string) bool {
	return folder == "" || name == folder || strings.HasPrefix(name, folder+"/")
}
