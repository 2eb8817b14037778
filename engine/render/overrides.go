package render

import (
	"encoding/json"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/api/pkg/util"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/plumbline/plumbline/engine/model"
)

// applyOverrides makes the edits that Argo CD makes with `kustomize edit` before it builds
// (util/kustomize, Build).
func applyOverrides(top *types.Kustomization, overrides *model.KustomizeOverrides) error {
	top.FixKustomization()
	if overrides.NamePrefix != "" {
		top.NamePrefix = overrides.NamePrefix
	}
	if overrides.NameSuffix != "" {
		top.NameSuffix = overrides.NameSuffix
	}
	if overrides.Namespace != "" {
		top.Namespace = overrides.Namespace
	}
	images, err := setImages(top.Images, overrides.Images)
	if err != nil {
		return err
	}
	top.Images = images
	top.Replicas = setReplicas(top.Replicas, overrides.Replicas)
	if err := addLabels(top, overrides); err != nil {
		return err
	}
	annotations := pairs{"annotation", overrides.CommonAnnotations, overrides.ForceCommonAnnotations}
	if top.CommonAnnotations, err = annotations.addTo(top.CommonAnnotations); err != nil {
		return err
	}
	for _, patch := range overrides.Patches {
		var typed types.Patch
		text, err := json.Marshal(patch)
		if err == nil {
			err = json.Unmarshal(text, &typed)
		}
		if err != nil {
			return sentencef("A patch of the Application is not a Kustomize patch.")
		}
		top.Patches = append(top.Patches, typed)
	}
	for _, component := range overrides.Components {
		if !contains(top.Components, component) {
			top.Components = append(top.Components, component)
		}
	}
	return nil
}

func contains(list []string, wanted string) bool {
	for _, entry := range list {
		if entry == wanted {
			return true
		}
	}
	return false
}

// addLabels is `kustomize edit add label`: common labels, or with --without-selector an entry of
// labels, the first one with the same settings where there is one.
func addLabels(top *types.Kustomization, overrides *model.KustomizeOverrides) error {
	labels := pairs{"label", overrides.CommonLabels, overrides.ForceCommonLabels}
	if len(labels.added) == 0 {
		return nil
	}
	if !overrides.LabelWithoutSelector {
		if overrides.LabelIncludeTemplates {
			return sentencef("labelIncludeTemplates needs labelWithoutSelector; without it, Argo CD fails.")
		}
		all, err := labels.addTo(top.CommonLabels)
		top.CommonLabels = all
		return err
	}
	for i, label := range top.Labels {
		if !label.IncludeSelectors && label.IncludeTemplates == overrides.LabelIncludeTemplates {
			all, err := labels.addTo(label.Pairs)
			top.Labels[i].Pairs = all
			return err
		}
	}
	top.Labels = append(top.Labels, types.Label{
		Pairs: labels.added, IncludeTemplates: overrides.LabelIncludeTemplates,
	})
	return nil
}

// pairs are added as `kustomize edit add` does: without --force, a key that is there already is refused.
type pairs struct {
	kind  string
	added map[string]string
	force bool
}

func (p pairs) addTo(present map[string]string) (map[string]string, error) {
	if len(p.added) == 0 {
		return present, nil
	}
	all := map[string]string{}
	for key, value := range present {
		all[key] = value
	}
	for _, key := range sortedKeys(p.added) {
		if _, exists := all[key]; exists && !p.force {
			return nil, sentencef("The %s %s is in the kustomization file already, where Argo CD does not override it.", p.kind, key)
		}
		all[key] = p.added[key]
	}
	return all, nil
}

const preserve = "*"

// setImages merges by name, later ones winning, in the order of names, as `kustomize edit set image`
// does. An asterisk keeps what the file says.
func setImages(images []types.Image, arguments []string) ([]types.Image, error) {
	if len(arguments) == 0 {
		return images, nil
	}
	byName := map[string]types.Image{}
	for _, argument := range arguments {
		image, err := parseImage(argument)
		if err != nil {
			return nil, err
		}
		byName[image.Name] = image
	}
	for _, image := range images {
		set, ok := byName[image.Name]
		if !ok {
			byName[image.Name] = image
			continue
		}
		set.NewName = kept(set.NewName, image.NewName)
		set.NewTag = kept(set.NewTag, image.NewTag)
		set.Digest = kept(set.Digest, image.Digest)
		byName[image.Name] = set
	}
	merged := make([]types.Image, 0, len(byName))
	for _, image := range byName {
		image.NewName, image.NewTag, image.Digest = kept(image.NewName, ""), kept(image.NewTag, ""), kept(image.Digest, "")
		merged = append(merged, image)
	}
	sort.Slice(merged, func(i, j int) bool { return merged[i].Name < merged[j].Name })
	return merged, nil
}

func kept(value, before string) string {
	if value == preserve {
		return before
	}
	return value
}

func parseImage(argument string) (types.Image, error) {
	key, value, hasKey := strings.Cut(argument, "=")
	if !hasKey {
		value = argument
	}
	name, tag, digest := util.SplitImageName(value)
	if name == argument {
		return types.Image{}, sentencef("The image override %q is not in the form of `kustomize edit set image`.", argument)
	}
	image := types.Image{Name: name, NewTag: tag, Digest: digest}
	if hasKey {
		image.Name, image.NewName = key, name
	}
	return image, nil
}

func setReplicas(replicas []types.Replica, set []model.Replica) []types.Replica {
	if len(set) == 0 {
		return replicas
	}
	byName := map[string]types.Replica{}
	for _, replica := range replicas {
		byName[replica.Name] = replica
	}
	for _, replica := range set {
		byName[replica.Name] = types.Replica{Name: replica.Name, Count: replica.Count}
	}
	merged := make([]types.Replica, 0, len(byName))
	for _, replica := range byName {
		merged = append(merged, replica)
	}
	sort.Slice(merged, func(i, j int) bool { return merged[i].Name < merged[j].Name })
	return merged
}
