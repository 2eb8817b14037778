package render

import (
	"encoding/json"
	"fmt"
	"path"

	fluxtypes "github.com/fluxcd/pkg/apis/kustomize"
	fluxkustomize "github.com/fluxcd/pkg/kustomize"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
)

// generate makes the kustomization that kustomize-controller would write to its disk before a build
// (fluxcd/pkg/kustomize, GenerateManifest).
func (b *build) generate(folder string, spec *fluxSpec) (string, *types.Kustomization, error) {
	if info, err := b.layer.Stat(folder); err != nil || info.Kind != files.Dir {
		return "", nil, b.fail(folder, "not-found", fmt.Sprintf("The folder %s does not exist.", orRoot(folder)))
	}
	top := &types.Kustomization{TypeMeta: types.TypeMeta{
		APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind,
	}}
	file, text, err := b.kustomizationFile(folder)
	if err != nil {
		file = path.Join(folder, konfig.DefaultKustomizationFileName())
		if err := b.scan(folder, top); err != nil {
			return "", nil, err
		}
	} else if err := b.read(file, text, top); err != nil {
		return "", nil, err
	}
	return file, top, b.apply(folder, file, spec, top)
}

// read takes unknown fields, which the generator drops.
func (b *build) read(file string, text []byte, top *types.Kustomization) error {
	if _, fault := cache.parse(text); fault != nil {
		b.problems = append(b.problems, fault.Problem(file, 1))
		if !fault.Warning {
			return errFailed
		}
	}
	if err := yaml.Unmarshal(text, top); err != nil {
		b.problems = append(b.problems, malformed(file, text, err))
		return errFailed
	}
	if len(top.Resources) == 0 {
		top.BuildMetadata = []string{types.OriginAnnotations}
	}
	return nil
}

// scan lists every manifest of a folder that has no kustomization. A folder below with one is taken
// as it is. What source-controller leaves out of its artifact is not there for the generator.
func (b *build) scan(folder string, top *types.Kustomization) error {
	ignored := newSourceIgnore(b.layer, b.sourceIgnore)
	factory := provider.NewDefaultDepProvider().GetResourceFactory()
	failed := false
	skip := func(_ files.Info, name string) bool {
		if b.untracked.Hides(b.layer, name, true) {
			return true
		}
		if file, _, err := b.kustomizationFile(name); err != nil || ignored.hides(file) {
			return false
		}
		top.Resources = append(top.Resources, "./"+below(folder, name))
		return true
	}
	err := b.layer.Walk(folder, skip, func(name string, info files.Info) error {
		extension := path.Ext(name)
		isManifest := info.Kind == files.File && (extension == ".yaml" || extension == ".yml")
		if !isManifest || ignored.hides(name) || b.untracked.Hides(b.layer, name, false) {
			return nil
		}
		text, err := b.layer.Read(name)
		if err != nil {
			return b.fail(name, "unreadable", readFailure(name, err))
		}
		if !b.decodes(name, text, func() error { _, err := factory.SliceFromBytes(text); return err }) {
			failed = true
		}
		top.Resources = append(top.Resources, "./"+below(folder, name))
		return nil
	})
	if err == nil && failed {
		err = errFailed
	}
	if len(top.Resources) == 0 {
		// Kustomize refuses a kustomization without anything.
		top.Namespace = "_placeholder"
	}
	return err
}

// decodes records why Kustomize cannot take a manifest, on some of which its parser panics.
func (b *build) decodes(name string, text []byte, decode func() error) (ok bool) {
	defer func() {
		if recover() != nil {
			b.problems = append(b.problems, documents.Failure(name, "not-an-object", "The file holds a malformed object."))
			ok = false
		}
	}()
	if fault := documents.AliasFault(text); fault != nil {
		b.problems = append(b.problems, fault.Problem(name, 1))
		return false
	}
	err := decode()
	if err == nil {
		return true
	}
	for _, part := range documents.Split(text) {
		if _, fault := cache.parse(part.Text); fault != nil && !fault.Warning {
			b.problems = append(b.problems, fault.Problem(name, part.Line))
			return false
		}
	}
	b.problems = append(b.problems, documents.Failure(name, "not-an-object", "The file is no Kubernetes manifest: "+oneSentence(b.relative(err.Error()))))
	return false
}

// apply lays the spec of the Kustomization object over the kustomization.
func (b *build) apply(folder, file string, spec *fluxSpec, top *types.Kustomization) error {
	setUnlessEmpty(&top.Namespace, spec.TargetNamespace)
	setUnlessEmpty(&top.NamePrefix, spec.NamePrefix)
	setUnlessEmpty(&top.NameSuffix, spec.NameSuffix)
	for _, patch := range spec.Patches {
		top.Patches = append(top.Patches, types.Patch{Patch: patch.Patch, Target: selector(patch.Target)})
	}
	for _, component := range spec.Components {
		if !fluxkustomize.IsLocalRelativePath(component) {
			return b.fail(file, "flux-component", fmt.Sprintf("The component %s must be a local, relative path.", component))
		}
		if _, err := b.layer.Stat(files.Join(folder, component)); err != nil && spec.IgnoreMissingComponents {
			continue
		}
		top.Components = append(top.Components, component)
	}
	for _, patch := range spec.PatchesStrategicMerge {
		top.PatchesStrategicMerge = append(top.PatchesStrategicMerge, types.PatchStrategicMerge(patch))
	}
	for _, patch := range spec.PatchesJSON6902 {
		text, err := json.Marshal(patch.Patch)
		if err != nil {
			return err
		}
		top.PatchesJson6902 = append(top.PatchesJson6902, types.Patch{Patch: string(text), Target: selector(&patch.Target)})
	}
	top.Images = mergeImages(top.Images, spec.Images)
	if len(spec.BuildMetadata) > 0 {
		top.BuildMetadata = spec.BuildMetadata
	}
	return nil
}

func setUnlessEmpty(field *string, value string) {
	if value != "" {
		*field = value
	}
}

func selector(target *fluxtypes.Selector) *types.Selector {
	if target == nil {
		return nil
	}
	selected := &types.Selector{
		LabelSelector: target.LabelSelector, AnnotationSelector: target.AnnotationSelector,
	}
	selected.Group, selected.Version, selected.Kind = target.Group, target.Version, target.Kind
	selected.Name, selected.Namespace = target.Name, target.Namespace
	return selected
}

// mergeImages overrides field by field; tag and digest are one choice of a version.
func mergeImages(images []types.Image, set []fluxtypes.Image) []types.Image {
	for _, image := range set {
		at := -1
		for i := range images {
			if at < 0 && images[i].Name == image.Name {
				at = i
			}
		}
		if at < 0 {
			images = append(images, types.Image{
				Name: image.Name, NewName: image.NewName, NewTag: image.NewTag, Digest: image.Digest,
			})
			continue
		}
		setUnlessEmpty(&images[at].NewName, image.NewName)
		if image.NewTag != "" || image.Digest != "" {
			images[at].NewTag, images[at].Digest = image.NewTag, image.Digest
		}
	}
	return images
}
