package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	fluxtypes "github.com/fluxcd/pkg/apis/kustomize"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/model"
)

// Strategies of spec.postRenderStrategy; combined is the default of helm-controller with Helm 4.
const (
	strategyNoHooks  = "nohooks"
	strategySeparate = "separate"
)

// carrier is the annotation in which Helm keeps the template of each object while post-renderers run,
// so that patches find an object's annotations as they do there.
const carrier = "postrenderer.helm.sh/postrender-filename"

// postRendered runs spec.postRenderers of a HelmRelease over what the chart renders to. Its other
// post-renderers, common metadata and origin labels, come after these and only add metadata.
// Files of crds/ pass by.
func (h *helmRelease) postRendered(objects []model.RenderedObject) ([]model.RenderedObject, error) {
	renderers, err := h.postRenderers()
	if err != nil || len(renderers) == 0 {
		return objects, err
	}
	finished := []model.RenderedObject{}
	streams := [2][]model.RenderedObject{}
	for _, object := range objects {
		isHook := object.Role == model.RoleHook || object.Role == model.RoleTest
		switch {
		case object.Role == model.RoleCRD, isHook && h.source.PostRenderStrategy == strategyNoHooks:
			finished = append(finished, object)
		case isHook && h.source.PostRenderStrategy == strategySeparate:
			streams[1] = append(streams[1], object)
		default:
			streams[0] = append(streams[0], object)
		}
	}
	for _, stream := range streams {
		if len(stream) == 0 {
			continue
		}
		result, err := h.postRenderedStream(stream, renderers)
		if err != nil {
			return nil, err
		}
		finished = append(finished, result...)
	}
	return finished, nil
}

func (h *helmRelease) postRenderers() ([]types.Kustomization, error) {
	renderers := []types.Kustomization{}
	for _, entry := range h.source.PostRenderers {
		if len(entry.Kustomize) == 0 || string(entry.Kustomize) == "null" {
			continue
		}
		var spec struct {
			Patches []fluxtypes.Patch `json:"patches"`
			Images  []fluxtypes.Image `json:"images"`
		}
		if err := json.Unmarshal(entry.Kustomize, &spec); err != nil {
			return nil, h.fail(h.folder, "helm-post-renderer", "spec.postRenderers is malformed: "+oneSentence(err.Error()))
		}
		kustomization := types.Kustomization{
			TypeMeta:  types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
			Resources: []string{"helm-output.yaml"},
		}
		for _, image := range spec.Images {
			kustomization.Images = append(kustomization.Images, types.Image{
				Name: image.Name, NewName: image.NewName, NewTag: image.NewTag, Digest: image.Digest,
			})
		}
		for _, patch := range spec.Patches {
			if documents.AliasFault([]byte(patch.Patch)) != nil {
				return nil, h.fail(h.folder, "helm-post-renderer", "A patch of spec.postRenderers has too many aliases.")
			}
			kustomization.Patches = append(kustomization.Patches, types.Patch{Patch: patch.Patch, Target: selector(patch.Target)})
		}
		renderers = append(renderers, kustomization)
	}
	return renderers, nil
}

func (h *helmRelease) postRenderedStream(objects []model.RenderedObject, renderers []types.Kustomization) ([]model.RenderedObject, error) {
	text, err := annotated(objects)
	if err != nil {
		return nil, err
	}
	var result resmap.ResMap
	for _, renderer := range renderers {
		if result, err = kustomized(renderer, text); err == nil {
			text, err = result.AsYaml()
		}
		if err != nil {
			return nil, h.fail(h.folder, "helm-post-renderer", "The post-renderers fail: "+sentenceOf(err.Error()))
		}
	}
	finished := make([]model.RenderedObject, 0, result.Size())
	for _, res := range result.Resources() {
		object, err := deannotated(res, objects)
		if err != nil {
			return nil, err
		}
		finished = append(finished, object)
	}
	return finished, nil
}

func annotated(objects []model.RenderedObject) ([]byte, error) {
	text := &bytes.Buffer{}
	for i, object := range objects {
		decoder := json.NewDecoder(bytes.NewReader(object.Object))
		decoder.UseNumber()
		value := map[string]any{}
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		annotations := mapIn(mapIn(value, "metadata"), "annotations")
		annotations[carrier] = strconv.Itoa(i)
		line, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(text, "---\n%s\n", line)
	}
	return text.Bytes(), nil
}

// mapIn gives the mapping under a key, made where there is none.
func mapIn(value map[string]any, key string) map[string]any {
	if below, ok := value[key].(map[string]any); ok {
		return below
	}
	below := map[string]any{}
	value[key] = below
	return below
}

// deannotated takes the carrier out. An object whose annotations a patch replaced comes from none of
// the templates any more, as far as anybody can tell. What is a hook is decided after the patches.
func deannotated(res *resource.Resource, objects []model.RenderedObject) (model.RenderedObject, error) {
	object := model.RenderedObject{Generated: []string{}}
	annotations := res.GetAnnotations()
	if index, err := strconv.Atoi(annotations[carrier]); err == nil && index >= 0 && index < len(objects) {
		object.Origin = objects[index].Origin
	}
	delete(annotations, carrier)
	if err := res.SetAnnotations(annotations); err != nil {
		return object, err
	}
	object.Role = roleOf(annotations["helm.sh/hook"])
	var err error
	object.Object, err = jsonOf(res)
	return object, err
}

func roleOf(events string) string {
	role := model.RoleResource
	for _, event := range strings.Split(events, ",") {
		switch strings.ToLower(strings.TrimSpace(event)) {
		case "":
		case "test", "test-success":
			return model.RoleTest
		default:
			role = model.RoleHook
		}
	}
	return role
}

// kustomized builds in memory, as helm-controller does; krusty panics on some malformed objects.
func kustomized(kustomization types.Kustomization, text []byte) (result resmap.ResMap, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("kustomize stopped on a malformed object: %v", cause)
		}
	}()
	definition, err := yaml.Marshal(kustomization)
	if err != nil {
		return nil, err
	}
	memory := filesys.MakeFsInMemory()
	for name, content := range map[string][]byte{"kustomization.yaml": definition, "helm-output.yaml": text} {
		if err := memory.WriteFile(name, content); err != nil {
			return nil, err
		}
	}
	options := &krusty.Options{LoadRestrictions: types.LoadRestrictionsNone, PluginConfig: types.DisabledPluginConfig()}
	return krusty.MakeKustomizer(options).Run(memory, ".")
}
