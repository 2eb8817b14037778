package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	yaml3 "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

const originAnnotation = "config.kubernetes.io/origin"

// build is one run of Kustomize: the folder, the rewritten files, and where objects come from.
type build struct {
	*run
	fs *kustomizeFS
	// chartOrigins are those of virtual files that stand for rendered charts.
	chartOrigins map[string]model.Origin
	// addresses are those of virtual files that stand for remote ones.
	addresses map[string]string
	visited   map[string]bool
	// top is the kustomization that is built, as its file is read; hasOrigins, that it wants its origins
	// in its objects.
	top        *types.Kustomization
	topFile    string
	hasOrigins bool
	// doubts are likely causes, reported when the build fails.
	doubts  []model.Problem
	openAPI bool
	// nestedPlugins: a folder of configurations of plugins is part of it.
	nestedPlugins bool
	// namespace is that of the kustomizations around, which charts take for theirs.
	namespace string
	// prepared are the kustomizations as they are built, by their files; relaxed counts what was left
	// out of them.
	prepared map[string]*types.Kustomization
	relaxed  int
	// settings are nil where nothing is known of the options of the build.
	settings *model.KustomizeBuild
	// sourceIgnore is spec.ignore of a Flux source.
	sourceIgnore string
	// withoutCharts is set where the controller never renders helmCharts.
	withoutCharts bool
	// refused is set by a chart that fails.
	refused bool
	// finish works on each object last; false means that a problem was recorded.
	finish func(*resource.Resource, model.Origin) bool
}

func (r *run) newBuild() *build {
	return &build{
		run: r, chartOrigins: map[string]model.Origin{}, visited: map[string]bool{}, addresses: map[string]string{},
		prepared: map[string]*types.Kustomization{},
		fs: &kustomizeFS{
			layer: r.layer, root: r.root, rewritten: map[string][]byte{}, resources: map[string]bool{}, marks: newMarks(),
		},
	}
}

// kustomize builds a folder as `kustomize build` does.
func (r *run) kustomize(folder string, source model.Source) ([]model.RenderedObject, error) {
	b := r.newBuild()
	file, top, err := b.kustomizationIn(folder)
	if err != nil {
		return nil, err
	}
	if source.Overrides != nil {
		if err := applyOverrides(top, r.withPresentComponents(folder, source.Overrides)); err != nil {
			return nil, r.fail(file, "kustomize-overrides", err.Error())
		}
	}
	b.settings = source.Build
	return b.objects(folder, file, top, buildOptions(source.Build))
}

// buildOptions are those of `kustomize build`, as its flags give them to krusty.
func buildOptions(settings *model.KustomizeBuild) krusty.Options {
	options := krusty.Options{
		Reorder:          krusty.ReorderOptionUnspecified,
		LoadRestrictions: types.LoadRestrictionsRootOnly,
		PluginConfig:     types.DisabledPluginConfig(),
	}
	if settings == nil {
		return options
	}
	if settings.LoadRestrictions == "none" {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	switch settings.Reorder {
	case "legacy":
		options.Reorder = krusty.ReorderOptionLegacy
	case "none":
		options.Reorder = krusty.ReorderOptionNone
	}
	return options
}

// kustomizationIn reads the kustomization of a folder, which must have one.
func (b *build) kustomizationIn(folder string) (string, *types.Kustomization, error) {
	if info, err := b.layer.Stat(folder); err != nil || info.Kind != files.Dir {
		return "", nil, b.fail(folder, "not-found", fmt.Sprintf("The folder %s does not exist.", orRoot(folder)))
	}
	file, text, err := b.kustomizationFile(folder)
	if err != nil {
		return "", nil, b.fail(folder, "kustomize", fmt.Sprintf("The folder %s has no kustomization file.", orRoot(folder)))
	}
	top, err := b.parseKustomization(file, text)
	return file, top, err
}

func orRoot(folder string) string {
	if folder == "" {
		return "of the repository"
	}
	return folder
}

func (b *build) parseKustomization(file string, text []byte) (*types.Kustomization, error) {
	if _, fault := cache.parse(text); fault != nil {
		b.problems = append(b.problems, fault.Problem(file, 1))
		if !fault.Warning {
			return nil, errFailed
		}
	}
	kustomization, err := unmarshalKustomization(text)
	if err != nil {
		b.problems = append(b.problems, malformed(file, text, err))
		return nil, errFailed
	}
	return kustomization, nil
}

// kustomizationFile reads the file that Kustomize would read; all names are asked for.
func (b *build) kustomizationFile(folder string) (string, []byte, error) {
	found, content := "", []byte(nil)
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := files.Join(folder, name)
		if text, err := b.layer.Read(file); err == nil && found == "" {
			found, content = file, text
		}
	}
	if found == "" {
		return "", nil, fs.ErrNotExist
	}
	return found, content, nil
}

// objects runs Kustomize on a folder whose kustomization is top instead of what the file says.
func (b *build) objects(
	folder, file string, top *types.Kustomization, options krusty.Options,
) ([]model.RenderedObject, error) {
	b.top, b.topFile, b.hasOrigins = top, file, slices.Contains(top.BuildMetadata, types.OriginAnnotations)
	if err := top.CheckEmpty(); err != nil {
		return nil, b.fail(file, "kustomize", "The kustomization is empty.")
	}
	b.visited[folder] = true
	b.prepare(folder, file, top)
	if err := b.rewrite(file, top); err != nil {
		return nil, err
	}
	if b.refused {
		return nil, errFailed
	}
	result, err := b.krusty(folder, options)
	for err != nil && b.relax(err) {
		result, err = b.krusty(folder, options)
	}
	if err != nil {
		// The lines in messages are those of the files once nothing is marked.
		b.fs.marks = nil
		if result, err = b.krusty(folder, options); err != nil {
			return nil, b.explain(file, err)
		}
	}
	objects, err := b.convert(folder, result, options)
	if err != nil && !errors.Is(err, errFailed) {
		return nil, b.explain(file, err)
	}
	return objects, err
}

// rewrite puts a changed kustomization in the place of its file.
func (b *build) rewrite(file string, kustomization *types.Kustomization) error {
	text, err := yaml.Marshal(kustomization)
	if err != nil {
		return b.fail(file, "kustomization", "The kustomization cannot be written as YAML.")
	}
	b.fs.rewritten[file] = text
	return nil
}

// krusty calls krusty, which panics on some malformed objects.
func (b *build) krusty(folder string, options krusty.Options) (result resmap.ResMap, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("kustomize stopped on a malformed object: %v", cause)
		}
	}()
	if b.canShare(options) {
		shared := &sharedBuild{build: b, restriction: options.LoadRestrictions}
		if result, err := shared.run(folder, options); err == nil {
			return result, nil
		}
	}
	if b.openAPI {
		defer openapi.ResetOpenAPI()
	}
	return krusty.MakeKustomizer(&options).Run(b.fs, b.fs.absolute(folder))
}

func (b *build) convert(folder string, result resmap.ResMap, options krusty.Options) ([]model.RenderedObject, error) {
	objects := make([]model.RenderedObject, 0, result.Size())
	origins := b.origins(folder, result, options)
	for i, res := range result.Resources() {
		object := model.RenderedObject{Origin: origins[i], Role: model.RoleResource, Generated: []string{}}
		if b.finish != nil && !b.finish(res, object.Origin) {
			continue
		}
		if err := b.annotateRemote(folder, res); err != nil {
			return nil, err
		}
		var err error
		if object.Object, err = jsonOf(res); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// jsonOf converts without the detour over YAML text that Resource.MarshalJSON takes, but where that
// changes a value.
func jsonOf(res *resource.Resource) (json.RawMessage, error) {
	if !changesAsText(res.YNode(), false) {
		if text, err := asRead(res.YNode()); err == nil {
			return text, nil
		}
	}
	return res.MarshalJSON()
}

func asRead(node *yaml3.Node) (json.RawMessage, error) {
	var value map[string]any
	if err := node.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

var quotedStyles = yaml3.DoubleQuotedStyle | yaml3.SingleQuotedStyle | yaml3.LiteralStyle | yaml3.FoldedStyle

// changesAsText looks for what is something else once it is written, because the writer of go-yaml
// does not write it as it was read: a null without a word for it in flow style is an empty text, what a
// patch put in the place of a quoted text gets its quotes, and a block of text may gain empty lines.
func changesAsText(node *yaml3.Node, inFlow bool) bool {
	inFlow = inFlow || node.Style&yaml3.FlowStyle != 0
	if node.Kind == yaml3.ScalarNode {
		if isBlockChanged(node) {
			return true
		}
		if node.Tag != yaml3.NodeTagString && node.Tag != "" {
			return node.Style&quotedStyles != 0 || inFlow && node.Value == ""
		}
	}
	return slices.ContainsFunc(node.Content, func(content *yaml3.Node) bool { return changesAsText(content, inFlow) })
}

// isBlockChanged is true of every folded text with lines (`>`), and of literal ones (`|`) that start or
// end with blanks or have line ends other than a line feed.
func isBlockChanged(node *yaml3.Node) bool {
	if node.Style&(yaml3.LiteralStyle|yaml3.FoldedStyle) == 0 {
		return false
	}
	lines := strings.TrimSuffix(node.Value, "\n")
	return node.Style&yaml3.FoldedStyle != 0 && strings.Contains(lines, "\n") ||
		strings.TrimSpace(lines) != lines || strings.ContainsAny(lines, "\r\u0085\u2028\u2029")
}
