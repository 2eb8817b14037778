package render

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	_ "unsafe" // for go:linkname

	"sigs.k8s.io/kustomize/api/ifc"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/resid"
)

// What follows is Kustomize's own, reached past its packages because krusty.Run accumulates every base at
// each call. With another version of Kustomize, hold these, and the three types below, against
// krusty/kustomizer.go, internal/target/kusttarget.go and internal/accumulator/resaccumulator.go.

//go:linkname newFileLoader sigs.k8s.io/kustomize/api/internal/loader.NewLoader
func newFileLoader(restrict loadRestrictor, folder string, fSys filesys.FileSystem) (ifc.Loader, error)

//go:linkname restrictToRoot sigs.k8s.io/kustomize/api/internal/loader.RestrictionRootOnly
func restrictToRoot(fSys filesys.FileSystem, root filesys.ConfirmedDir, name string) (string, error)

//go:linkname restrictNothing sigs.k8s.io/kustomize/api/internal/loader.RestrictionNone
func restrictNothing(fSys filesys.FileSystem, root filesys.ConfirmedDir, name string) (string, error)

//go:linkname newPluginLoader sigs.k8s.io/kustomize/api/internal/plugins/loader.NewLoader
func newPluginLoader(config *types.PluginConfig, factory *resmap.Factory, fSys filesys.FileSystem) *pluginLoader

//go:linkname newTarget sigs.k8s.io/kustomize/api/internal/target.NewKustTarget
func newTarget(ldr ifc.Loader, validator ifc.Validator, factory *resmap.Factory, plugins *pluginLoader) *kustTarget

//go:linkname loadTarget sigs.k8s.io/kustomize/api/internal/target.(*KustTarget).Load
func loadTarget(t *kustTarget) error

//go:linkname accumulateFile sigs.k8s.io/kustomize/api/internal/target.(*KustTarget).accumulateFile
func accumulateFile(t *kustTarget, into *accumulator, name string) error

//go:linkname accumulateRest sigs.k8s.io/kustomize/api/internal/target.(*KustTarget).accumulateTarget
func accumulateRest(t *kustTarget, into *accumulator) (*accumulator, error)

//go:linkname addHashes sigs.k8s.io/kustomize/api/internal/target.(*KustTarget).addHashesToNames
func addHashes(t *kustTarget, to *accumulator) error

//go:linkname dropLocal sigs.k8s.io/kustomize/api/internal/target.(*KustTarget).IgnoreLocal
func dropLocal(t *kustTarget, of *accumulator) error

//go:linkname newAccumulator sigs.k8s.io/kustomize/api/internal/accumulator.MakeEmptyAccumulator
func newAccumulator() *accumulator

//go:linkname mergeAccumulator sigs.k8s.io/kustomize/api/internal/accumulator.(*ResAccumulator).MergeAccumulator
func mergeAccumulator(into, other *accumulator) error

//go:linkname fixBackReferences sigs.k8s.io/kustomize/api/internal/accumulator.(*ResAccumulator).FixBackReferences
func fixBackReferences(of *accumulator) error

//go:linkname resolveVars sigs.k8s.io/kustomize/api/internal/accumulator.(*ResAccumulator).ResolveVars
func resolveVars(of *accumulator) error

//go:linkname copyConfig sigs.k8s.io/kustomize/api/internal/plugins/builtinconfig.(*TransformerConfig).DeepCopy
func copyConfig(config *transformerConfig) *transformerConfig

//go:linkname applySortOrder sigs.k8s.io/kustomize/api/krusty.(*Kustomizer).applySortOrder
func applySortOrder(k *krusty.Kustomizer, result resmap.ResMap, t *kustTarget) error

type loadRestrictor func(filesys.FileSystem, filesys.ConfirmedDir, string) (string, error)

// pluginLoader and transformerConfig are only handed on.
type (
	pluginLoader      struct{ _ [0]func() }
	transformerConfig struct{ _ [0]func() }
)

// kustTarget has the fields of Kustomize's KustTarget, which alone makes one.
type kustTarget struct {
	kustomization     *types.Kustomization
	kustFileName      string
	ldr               ifc.Loader
	validator         ifc.Validator
	rFactory          *resmap.Factory
	pLdr              *pluginLoader
	origin            *resource.Origin
	helmRootNamespace string
}

// accumulator has the fields of Kustomize's ResAccumulator, which alone makes one: resources whose
// names and references are not final yet, and the rules to make them so.
type accumulator struct {
	resMap  resmap.ResMap
	tConfig *transformerConfig
	varSet  types.VarSet
}

func (a *accumulator) copied() *accumulator {
	fresh := newAccumulator()
	fresh.resMap, fresh.tConfig, fresh.varSet = a.resMap.DeepCopy(), copyConfig(a.tConfig), a.varSet.Copy()
	return fresh
}

// merged takes in what another one accumulated, which is the caller's to give away. Kustomize would
// compare each resource with each other one; there is nothing to find where all are distinct.
func (a *accumulator) merged(other *accumulator, first bool) (*accumulator, error) {
	if first && other.distinct() {
		return other, nil
	}
	return a, mergeAccumulator(a, other)
}

func (a *accumulator) distinct() bool {
	seen := make(map[resid.ResId]bool, a.resMap.Size())
	for _, res := range a.resMap.Resources() {
		id := res.CurId()
		key := resid.ResId{Gvk: resid.Gvk{Group: id.Group, Version: id.Version, Kind: id.Kind}, Name: id.Name, Namespace: id.EffectiveNamespace()}
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

// dropLocal leaves the work to Kustomize only where something is to be dropped.
func (a *accumulator) dropLocal(t *kustTarget) error {
	remaining, err := t.rFactory.RF().DropLocalNodes(a.resMap.ToRNodeSlice())
	if err != nil || len(remaining) == a.resMap.Size() {
		return err
	}
	return dropLocal(t, a)
}

// sharedBuild is a build in which bases are taken from those that were accumulated before.
type sharedBuild struct {
	*build
	restriction types.LoadRestrictions
}

// errNotShared ends a shared build whose bases Kustomize has to go through itself, for one to say what
// is wrong with them.
var errNotShared = sentence("not shared")

// canShare says whether a base is the same below each overlay: origin annotations, which begin at the
// overlay, and schemas, which are one for the whole process, are not.
func (b *build) canShare(options krusty.Options) bool {
	return len(b.top.BuildMetadata) == 0 && !b.openAPI && !b.nestedPlugins && b.fs.marks != nil && !options.AddManagedbyLabel
}

// run does what krusty.Run does. All that is refused or goes wrong is left to krusty.Run.
func (s *sharedBuild) run(folder string, options krusty.Options) (result resmap.ResMap, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.fs.traces = nil
			result, err = nil, fmt.Errorf("kustomize stopped on a malformed object: %v", cause)
		}
	}()
	if err := openapi.SetSchema(nil, nil, true); err != nil {
		return nil, err
	}
	t, err := s.target(folder, options)
	if err != nil {
		return nil, err
	}
	all, err := s.accumulate(t, []string{folder})
	if err != nil {
		return nil, err
	}
	steps := []func() error{
		func() error { return addHashes(t, all) },
		func() error { return fixBackReferences(all) },
		func() error { return resolveVars(all) },
		func() error { return all.dropLocal(t) },
		func() error { return applySortOrder(krusty.MakeKustomizer(&options), all.resMap, t) },
		func() error { all.resMap.RemoveBuildAnnotations(); return nil },
		func() error { return all.resMap.RemoveOriginAnnotations() },
		func() error { return all.resMap.RemoveTransformerAnnotations() },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return all.resMap, nil
}

func (s *sharedBuild) target(folder string, options krusty.Options) (*kustTarget, error) {
	restrict := restrictToRoot
	if options.LoadRestrictions == types.LoadRestrictionsNone {
		restrict = restrictNothing
	}
	ldr, err := newFileLoader(restrict, s.fs.absolute(folder), s.fs)
	if err != nil {
		return nil, err
	}
	of := provider.NewDefaultDepProvider()
	factory := resmap.NewFactory(of.GetResourceFactory())
	t := newTarget(ldr, of.GetFieldValidator(), factory, newPluginLoader(options.PluginConfig, factory, filesys.MakeFsOnDisk()))
	return t, loadTarget(t)
}

// accumulate does what KustTarget.accumulateTarget does, resources that are folders taken from bases.
// chain are the folders of the kustomizations around.
func (s *sharedBuild) accumulate(t *kustTarget, chain []string) (*accumulator, error) {
	all := newAccumulator()
	for i, entry := range t.kustomization.Resources {
		_, info, err := s.fs.stat(filepath.Join(t.ldr.Root(), entry))
		if err != nil {
			return nil, err
		}
		if !isFolder(info) {
			if err := accumulateFile(t, all, entry); err != nil {
				return nil, err
			}
			continue
		}
		below, err := s.base(t, entry, chain)
		if err != nil {
			return nil, err
		}
		if all, err = all.merged(below, i == 0); err != nil {
			return nil, err
		}
	}
	t.kustomization.Resources = nil
	return accumulateRest(t, all)
}

// base gives what a folder accumulates, for the caller to change.
func (s *sharedBuild) base(above *kustTarget, entry string, chain []string) (*accumulator, error) {
	ldr, err := above.ldr.New(entry)
	if err != nil {
		return nil, err
	}
	folder, err := s.fs.relative(ldr.Root())
	if err != nil {
		return nil, err
	}
	key := baseKey{folder, s.restriction}
	if known := s.knownBase(key, chain); known != nil {
		return known, nil
	}
	seen := s.fs.trace()
	defer s.fs.endTrace()
	t := newTarget(ldr, above.validator, above.rFactory, above.pLdr)
	if err := loadTarget(t); err != nil {
		return nil, err
	}
	if t.kustomization.Kind == types.ComponentKind {
		return nil, errNotShared
	}
	t.kustomization.BuildMetadata = above.kustomization.BuildMetadata
	all, err := s.accumulate(t, append(slices.Clip(chain), folder))
	if err != nil {
		return nil, err
	}
	s.keepBase(key, seen, all)
	return all, nil
}

// encloses says whether a folder is another one or around it, which Kustomize refuses as a cycle.
func encloses(folder string, chain []string) bool {
	return slices.ContainsFunc(chain, func(inner string) bool {
		return folder == "" || inner == folder || strings.HasPrefix(inner, folder+"/")
	})
}
