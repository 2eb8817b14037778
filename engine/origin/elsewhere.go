package origin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

// elsewhere are files that a render read and that are none of the tree: those in packed charts of the
// repository, and those of other repositories.
type elsewhere struct {
	// packed are by the path of the archive and the one in it, archives by their own, which can be in another.
	packed   map[string]packedFile
	archives map[string][]*archive.BufferedFile
	// mounted are the texts of other repositories, by their paths below files.Trees.
	mounted      map[string]string
	repositories []model.UsedRepository
}

type packedFile struct {
	archive string
	member  string
	text    string
}

// addElsewhere takes such files for inputs, too. The layer is the one that the render read from.
func (p *probe) addElsewhere(layer *files.Layer, result *model.RenderResult) {
	p.elsewhere = elsewhere{
		packed: map[string]packedFile{}, archives: map[string][]*archive.BufferedFile{}, mounted: map[string]string{},
		repositories: result.Repositories,
	}
	for _, input := range p.inputs {
		if input.Kind == "file" && input.Found != nil && *input.Found && path.Ext(input.Path) == ".tgz" {
			p.unpack(layer, input.Path)
		}
	}
	for _, used := range result.Repositories {
		for _, input := range layer.InputsOf(used.Mount) {
			if input.Kind != "file" || input.Found == nil || !*input.Found {
				continue
			}
			name := files.Join(used.Mount, input.Path)
			if text, err := layer.Read(name); err == nil {
				p.mounted[name] = string(text)
			}
		}
	}
	found := true
	names := slices.AppendSeq(slices.Collect(maps.Keys(p.packed)), maps.Keys(p.mounted))
	slices.Sort(names)
	for _, name := range names {
		p.inputs = append(p.inputs, model.Input{Kind: "file", Path: name, Found: &found})
	}
}

func (p *probe) unpack(layer *files.Layer, name string) {
	if data, err := layer.Read(name); err == nil {
		p.addPacked(name, data)
	}
}

func (e elsewhere) addPacked(name string, data []byte) {
	unpacked, err := archive.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		// The render has said so.
		return
	}
	e.archives[name] = unpacked
	for _, file := range unpacked {
		inside := files.Join(name, file.Name)
		e.packed[inside] = packedFile{archive: name, member: file.Name, text: string(file.Data)}
		if path.Dir(file.Name) == "charts" && path.Ext(file.Name) == ".tgz" {
			e.addPacked(inside, file.Data)
		}
	}
}

// repacked is the archive of the tree with another text in place of one of its files, and its path.
func (e elsewhere) repacked(name, text string) (string, string, bool) {
	changed := e.packed[name]
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archived := tar.NewWriter(zipped)
	for _, file := range e.archives[changed.archive] {
		data := file.Data
		if file.Name == changed.member {
			data = []byte(text)
		}
		header := &tar.Header{Name: "chart/" + file.Name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg}
		if archived.WriteHeader(header) != nil {
			return "", "", false
		}
		if _, err := archived.Write(data); err != nil {
			return "", "", false
		}
	}
	if archived.Close() != nil || zipped.Close() != nil {
		return "", "", false
	}
	if _, nested := e.packed[changed.archive]; nested {
		return e.repacked(changed.archive, packed.String())
	}
	return changed.archive, packed.String(), true
}

// over gives what a render reads from, with the text of another repository changed.
func (e elsewhere) over(input render.Input, name, text string) render.Input {
	mount := files.MountOf(name)
	below := strings.TrimPrefix(name, mount+"/")
	change := map[string]*string{below: &text}
	input.Mounts = slices.Clone(input.Mounts)
	for i, mounted := range input.Mounts {
		if mounted.Tree != nil && files.Join(files.Trees, mounted.Name) == mount {
			input.Mounts[i].Tree = files.WithOverlay(mounted.Tree, change)
		}
	}
	ask := input.Repository
	if ask == nil {
		return input
	}
	input.Repository = func(wanted model.GitReference) *render.RemoteText {
		given := ask(wanted)
		if given == nil || !e.isMountOf(mount, wanted, given.Commit) {
			return given
		}
		changed := *given
		changed.Tree = files.WithOverlay(given.Tree, change)
		return &changed
	}
	return input
}

func (e elsewhere) isMountOf(mount string, wanted model.GitReference, commit string) bool {
	return slices.ContainsFunc(e.repositories, func(used model.UsedRepository) bool {
		return used.Mount == mount && used.URL == wanted.URL && used.Commit == commit && used.Submodules == wanted.Submodules
	})
}

// placed says of a place in a packed chart which file of which archive of the tree it is in.
func (e elsewhere) placed(place Place) Place {
	outermost := e.packed[place.Path].archive
	for e.packed[outermost].archive != "" {
		outermost = e.packed[outermost].archive
	}
	if outermost != "" {
		place.Path, place.Member = outermost, strings.TrimPrefix(place.Path, outermost+"/")
	}
	return place
}

// isOwn is true of the file that makes the object, and of all in the packed chart that does.
func (s *search) isOwn(name string) bool {
	origin := s.objects[s.at].Origin.Path
	return name == origin || path.Ext(origin) == ".tgz" && strings.HasPrefix(name, origin+"/")
}
