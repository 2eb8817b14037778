package render

import (
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/plumbline/plumbline/engine/files"
)

const transformationsAnnotation = "alpha.config.kubernetes.io/transformations"

// annotateRemote writes origins of what is remote as Kustomize does, which fetched it itself: with the
// repository, its ref and the path in it.
func (b *build) annotateRemote(folder string, res *resource.Resource) error {
	if len(b.remote.repositories) == 0 && len(b.remote.files) == 0 {
		return nil
	}
	annotations := res.GetAnnotations()
	if text := annotations[originAnnotation]; text != "" {
		var origin resource.Origin
		if err := kyaml.Unmarshal([]byte(text), &origin); err != nil {
			return err
		}
		b.asFetched(folder, &origin)
		written, err := origin.String()
		if err != nil {
			return err
		}
		annotations[originAnnotation] = written
	}
	if text := annotations[transformationsAnnotation]; text != "" {
		var all resource.Transformations
		if err := kyaml.Unmarshal([]byte(text), &all); err != nil {
			return err
		}
		for _, origin := range all {
			b.asFetched(folder, origin)
		}
		written, err := all.String()
		if err != nil {
			return err
		}
		annotations[transformationsAnnotation] = written
	}
	return res.SetAnnotations(annotations)
}

// asFetched takes the mounts out of an origin.
func (b *build) asFetched(folder string, origin *resource.Origin) {
	for _, name := range []*string{&origin.Path, &origin.ConfiguredIn} {
		if *name == "" {
			continue
		}
		inRoot := files.Join(folder, filepath.ToSlash(*name))
		address, isFile := b.addresses[inRoot]
		if isFile {
			inRoot = files.Join(inRoot, "..")
		}
		mount := files.MountOf(inRoot)
		for _, used := range b.remote.repositories {
			if used.Mount == mount && mount != "" {
				origin.Repo, origin.Ref = used.Origin, used.Ref
				*name = files.Join(used.Top, strings.TrimPrefix(strings.TrimPrefix(inRoot, mount), "/"))
			}
		}
		if isFile {
			if mount == "" {
				*name = filepath.Join(*name, "..")
			}
			appended := (&resource.Origin{Repo: origin.Repo, Ref: origin.Ref, Path: *name}).Append(address)
			*name, origin.Repo, origin.Ref = appended.Path, appended.Repo, appended.Ref
		}
	}
}
