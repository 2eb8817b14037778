package render

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// maxRelaxed bounds how many directives of one build are left out.
const maxRelaxed = 50

// Errors of Kustomize about directives whose object is not among the resources.
var (
	noPatchTarget  = regexp.MustCompile(`no matches for Id ([\w-]+)\.[^/]*/([^;]+?)\.(?:\[noNs\]|[\w-]+);? failed to find|no matches for Id ([\w-]+)\.[^/]*/([^;]+?)\.(?:\[noNs\]|[\w-]+);`)
	noReplicas     = regexp.MustCompile(`resource with name (\S+) does not match a config`)
	noGenerator    = regexp.MustCompile(`Name:"([^"]+)", Namespace:"[^"]*"\} does not exist; cannot merge or replace`)
	noReplacement  = regexp.MustCompile(`nothing selected by ([\w-]+)\.[^/]*/([^\s]+?)\.(?:\[noNs\]|[\w-]+)`)
	noVariable     = regexp.MustCompile(`var '\{(\S+) `)
	mergeBehaviors = []string{"merge", "replace"}
)

// relax leaves out the directive that a build failed on because its object comes from a base, chart
// or generator that is missing here, so that the rest can be built. It says whether it found one.
func (b *build) relax(err error) bool {
	if len(b.missing) == 0 || b.relaxed >= maxRelaxed {
		return false
	}
	b.relaxed++
	message := err.Error()
	found := false
	each := func(drop func(string, *types.Kustomization) bool, what string) {
		names := make([]string, 0, len(b.prepared))
		for file := range b.prepared {
			names = append(names, file)
		}
		sort.Strings(names)
		for _, file := range names {
			if drop(file, b.prepared[file]) {
				found = b.rewrite(file, b.prepared[file]) == nil
				problem := documents.Failure(file, "missing-target", fmt.Sprintf("%s was left out: its object comes from something that is missing here.", what))
				problem.Severity = model.SeverityWarning
				b.problems = append(b.problems, problem)
			}
		}
	}
	if match := noPatchTarget.FindStringSubmatch(message); match != nil {
		kind, name := match[1]+match[3], match[2]+match[4]
		each(func(file string, k *types.Kustomization) bool { return b.dropPatches(file, k, kind, name) }, "The patch of "+kind+" "+name)
	} else if match := noReplicas.FindStringSubmatch(message); match != nil {
		each(func(_ string, k *types.Kustomization) bool {
			return drop(&k.Replicas, func(r types.Replica) bool { return r.Name == match[1] })
		}, "The replica count of "+match[1])
	} else if match := noGenerator.FindStringSubmatch(message); match != nil {
		each(func(_ string, k *types.Kustomization) bool { return dropGenerators(k, match[1]) }, "The merge into "+match[1])
	} else if match := noReplacement.FindStringSubmatch(message); match != nil {
		each(func(file string, k *types.Kustomization) bool {
			return drop(&k.Replacements, func(r types.ReplacementField) bool {
				return r.Source != nil && r.Source.Kind == match[1] && r.Source.Name == match[2]
			})
		}, "The replacement by "+match[1]+" "+match[2])
	} else if match := noVariable.FindStringSubmatch(message); match != nil {
		each(func(_ string, k *types.Kustomization) bool {
			return drop(&k.Vars, func(v types.Var) bool { return v.Name == match[1] })
		}, "The variable "+match[1])
	}
	return found
}

func drop[T any](list *[]T, unwanted func(T) bool) bool {
	before := len(*list)
	*list = slices.DeleteFunc(slices.Clone(*list), unwanted)
	return len(*list) < before
}

func dropGenerators(k *types.Kustomization, name string) bool {
	configMaps := drop(&k.ConfigMapGenerator, func(g types.ConfigMapArgs) bool {
		return g.Name == name && slices.Contains(mergeBehaviors, g.Behavior)
	})
	secrets := drop(&k.SecretGenerator, func(g types.SecretArgs) bool {
		return g.Name == name && slices.Contains(mergeBehaviors, g.Behavior)
	})
	return configMaps || secrets
}

func (b *build) dropPatches(file string, k *types.Kustomization, kind, name string) bool {
	patches := drop(&k.Patches, func(p types.Patch) bool {
		return p.Target == nil && b.patches(file, p.Path, p.Patch, kind, name)
	})
	merges := drop(&k.PatchesStrategicMerge, func(p types.PatchStrategicMerge) bool {
		return b.patches(file, string(p), string(p), kind, name)
	})
	return patches || merges
}

// patches says whether a strategic merge patch, inline or in a file, is about an object.
func (b *build) patches(file, patchFile, inline, kind, name string) bool {
	text := []byte(inline)
	if read, err := b.layer.Read(files.Join(path.Dir(file), patchFile)); patchFile != "" && err == nil {
		text = read
	}
	for _, part := range documents.Split(text) {
		value, _ := cache.parse(part.Text)
		if value == nil {
			continue
		}
		if top := headOf(value); top.Kind == kind && top.Metadata != nil && top.Metadata.Name == name {
			return true
		}
	}
	return false
}
