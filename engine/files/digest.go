package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"

	"github.com/plumbline/plumbline/engine/model"
)

// digestLimit is the largest file whose content is digested: Helm's limit for a whole chart.
const digestLimit = 100 << 20

// Digests tells the states of inputs of one layer, each file read once.
type Digests struct {
	layer *Layer
	texts map[string]string
}

func NewDigests(layer *Layer) *Digests {
	return &Digests{layer: layer, texts: map[string]string{}}
}

// Of gives one digest of everything that the inputs are now: what the files hold, what is not there,
// which names the folders have, and where links lead. Given the layer of a render, it is the digest of
// what that render saw. It is "" where it cannot be told, and where not all that a render read is
// among its inputs. cached is the state of the cache that fetched charts were mounted from.
func (d *Digests) Of(inputs []model.Input, cached string) string {
	for folder := range d.layer.mounted {
		if cached == "" || !strings.HasPrefix(folder, Mounts+"/") {
			return ""
		}
	}
	sum := sha256.New()
	field(sum, cached)
	for _, input := range inputs {
		name, err := Clean(input.Path)
		if err != nil {
			return ""
		}
		field(sum, input.Kind)
		field(sum, name)
		if !d.add(sum, input.Kind, name) {
			return ""
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func field(sum hash.Hash, text string) {
	sum.Write([]byte(strconv.Itoa(len(text)) + ":" + text))
}

func (d *Digests) add(sum hash.Hash, kind, name string) bool {
	if info, err := d.layer.lstat(name); name != "" && err == nil && info.Kind == Link {
		target, err := d.layer.tree.Readlink(name)
		if err != nil {
			return false
		}
		field(sum, "link "+target)
	}
	real, info, err := d.layer.resolve(name)
	switch {
	case errors.Is(err, ErrOutside):
		field(sum, "outside")
		return true
	case IsNotExist(err):
		field(sum, "absent")
		return true
	case err != nil:
		return false
	case info.Kind == File && kind == "file":
		return d.text(sum, real, info)
	case info.Kind == Dir && kind == "listing":
		return d.names(sum, real)
	}
	field(sum, "kind "+strconv.Itoa(int(info.Kind)))
	return true
}

func (d *Digests) text(sum hash.Hash, real string, info Info) bool {
	if known, ok := d.texts[real]; ok {
		field(sum, known)
		return true
	}
	text, ok := d.layer.texts[real]
	if !ok {
		if info.Size > digestLimit {
			return false
		}
		var err error
		if text, err = d.layer.tree.Read(real); err != nil {
			return false
		}
	}
	digest := sha256.Sum256(text)
	d.texts[real] = "text " + hex.EncodeToString(digest[:])
	field(sum, d.texts[real])
	return true
}

func (d *Digests) names(sum hash.Hash, real string) bool {
	infos, ok := d.layer.lists[real]
	if !ok {
		var err error
		if infos, err = d.layer.tree.List(real); err != nil {
			return false
		}
		d.layer.lists[real] = infos
	}
	for _, info := range infos {
		field(sum, strconv.Itoa(int(info.Kind))+info.Name)
	}
	field(sum, "end")
	return true
}

// IsTold says whether everything that was hidden followed from ignore files, without a look into the
// index.
func (u *Untracked) IsTold() bool { return u == nil || u.known == nil }

// Rules is the text of info/exclude where it has any rule.
func (u *Untracked) Rules() string {
	if u == nil || len(ignoreRules(u.exclude, 0)) == 0 {
		return ""
	}
	return u.exclude
}

// SteadyLinks is a tree whose links lead where they led when they were first followed, so that a
// digest after a render is that of what the render saw.
func SteadyLinks(tree Tree) Tree { return steadyLinks{tree, map[string]string{}} }

type steadyLinks struct {
	Tree
	targets map[string]string
}

func (s steadyLinks) Readlink(name string) (string, error) {
	if target, ok := s.targets[name]; ok {
		return target, nil
	}
	target, err := s.Tree.Readlink(name)
	if err == nil {
		s.targets[name] = target
	}
	return target, err
}
