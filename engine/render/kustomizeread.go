package render

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/documents"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// prepare reads a kustomization and what it includes ahead of Kustomize, which stops at the first
// remote reference. Remote ones and those that would run a program are taken out and listed. It says
// whether the kustomization was changed.
func (b *build) prepare(folder, file string, kustomization *types.Kustomization) bool {
	kustomization.FixKustomization()
	b.prepared[file] = kustomization
	text, _ := b.layer.Read(file)
	p := &preparation{build: b, folder: folder, file: file, text: text}
	above := b.namespace
	defer func() { b.namespace = above }()
	setUnlessEmpty(&b.namespace, kustomization.Namespace)
	b.openAPI = b.openAPI || len(kustomization.OpenAPI) > 0
	p.schema(kustomization)
	p.charts(kustomization)
	kustomization.Resources = p.included(kustomization.Resources)
	kustomization.Components = p.included(kustomization.Components)
	kustomization.Crds = p.placed(kustomization.Crds)
	kustomization.Configurations = p.placed(kustomization.Configurations)
	kustomization.Generators = p.runnable(kustomization.Generators)
	kustomization.Transformers = p.runnable(kustomization.Transformers)
	kustomization.Validators = p.runnable(kustomization.Validators)
	kustomization.Patches = p.patches(kustomization.Patches)
	kustomization.PatchesJson6902 = p.patches(kustomization.PatchesJson6902)
	kustomization.PatchesStrategicMerge = p.strategicMerge(kustomization.PatchesStrategicMerge)
	kustomization.Replacements = p.replacements(kustomization.Replacements)
	for i := range kustomization.ConfigMapGenerator {
		p.sources(&kustomization.ConfigMapGenerator[i].KvPairSources)
	}
	for i := range kustomization.SecretGenerator {
		p.sources(&kustomization.SecretGenerator[i].KvPairSources)
	}
	if p.changed && isEmptyOnceWritten(kustomization) {
		// Kustomize refuses an empty file; this one had something in it, and no options change nothing.
		kustomization.GeneratorOptions = &types.GeneratorOptions{}
	}
	return p.changed
}

type preparation struct {
	*build
	folder  string
	file    string
	text    []byte
	changed bool
}

func (p *preparation) line(entry string) int {
	line := 1
	for text := range bytes.Lines(p.text) {
		if bytes.Contains(text, []byte(entry)) {
			return line
		}
		line++
	}
	return 0
}

// leaveOut takes an entry out and lists what it refers to.
func (p *preparation) leaveOut(kind, reference, entry string) {
	p.changed = true
	p.missing = append(p.missing, model.Missing{
		Kind: kind, Reference: reference, Path: p.file, Line: p.line(lastLineOf(entry)),
	})
}

// lastLineOf is the line of an inline entry that tells it from others best.
func lastLineOf(entry string) string {
	lines := strings.Split(strings.TrimSpace(entry), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

func (p *preparation) doubt(entry string) {
	problem := documents.Failure(p.file, "not-found", fmt.Sprintf("%s does not exist.", entry))
	problem.Location.Line = p.line(entry)
	p.doubts = append(p.doubts, problem)
}

func firstLineOf(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

func isURL(entry string) bool {
	lower := strings.ToLower(entry)
	return strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
}

// isRepository asks Kustomize's own parser of repository URLs, by way of the origin of such a path.
func isRepository(entry string) bool {
	return (&resource.Origin{}).Append(entry).Repo != ""
}

// included goes through resources and components: files, folders and remote bases.
func (p *preparation) included(entries []string) []string {
	kept := entries[:0:0]
	for _, entry := range entries {
		name := files.Join(p.folder, entry)
		isLocal := false
		if !isURL(entry) && !p.leavesRepository(entry) {
			if real, info, err := p.layer.Resolve(name); err == nil {
				isLocal = info.Kind == files.File || !isRepository(entry)
				if info.Kind == files.Dir && isLocal {
					p.include(name)
				}
				isFile := info.Kind == files.File
				p.fs.resources[name], p.fs.resources[real] = isFile, isFile
			}
		}
		switch {
		case isLocal:
			kept = append(kept, entry)
		case isURL(entry), isRepository(entry):
			kept = append(kept, p.remoteEntry(entry)...)
		default:
			p.doubt(entry)
			kept = append(kept, entry)
		}
	}
	return kept
}

// remoteEntry gives what stands for a remote resource or component: a fetched file beside the
// kustomization, or a folder of a repository; nothing where it is missing.
func (p *preparation) remoteEntry(entry string) []string {
	if looksLikeFile(entry) {
		if name, ok := p.remoteFile(entry); ok {
			return []string{name}
		}
		p.leaveOutFile("base", entry)
		return nil
	}
	name, ok := p.remoteFolder(entry)
	switch {
	case !ok:
		wanted, _ := gitReference(entry)
		p.leaveOut("base", entry, entry)
		p.missing[len(p.missing)-1].Git = wanted
		return nil
	case name == "":
		return nil
	}
	return []string{name}
}

func (b *build) include(folder string) {
	if b.visited[folder] {
		return
	}
	b.visited[folder] = true
	file, text, err := b.kustomizationFile(folder)
	if err != nil {
		return
	}
	kustomization, err := unmarshalKustomization(text)
	if err != nil {
		problem := malformed(file, text, err)
		if _, fault := cache.parse(text); fault != nil && !fault.Warning {
			problem = fault.Problem(file, 1)
		}
		b.doubts = append(b.doubts, problem)
		return
	}
	if b.prepare(folder, file, kustomization) {
		_ = b.rewrite(file, kustomization)
	}
}

// isEmptyOnceWritten looks through fields that are there but hold nothing.
func isEmptyOnceWritten(kustomization *types.Kustomization) bool {
	text, err := yaml.Marshal(kustomization)
	again := &types.Kustomization{}
	return err == nil && again.Unmarshal(text) == nil && again.CheckEmpty() != nil
}

// unmarshalKustomization refuses what would take long to be refused by Kustomize.
func unmarshalKustomization(text []byte) (*types.Kustomization, error) {
	if fault := documents.AliasFault(text); fault != nil {
		return nil, fault
	}
	kustomization := &types.Kustomization{}
	return kustomization, kustomization.Unmarshal(text)
}

// schema is that of the kinds of its objects, a file that may be remote.
func (p *preparation) schema(kustomization *types.Kustomization) {
	entry, ok := kustomization.OpenAPI["path"]
	if !ok || !isURL(entry) {
		return
	}
	if name, ok := p.readFile(entry); ok {
		kustomization.OpenAPI["path"] = name
		return
	}
	delete(kustomization.OpenAPI, "path")
}

// placed goes through files that are only read.
func (p *preparation) placed(entries []string) []string {
	kept := entries[:0:0]
	for _, entry := range entries {
		if name, ok := p.readFile(entry); ok {
			kept = append(kept, name)
		}
	}
	return kept
}

// readFile gives the name of a file that is only read; false where it is remote and was not fetched.
func (p *preparation) readFile(entry string) (string, bool) {
	if isURL(entry) {
		name, ok := p.remoteFile(entry)
		if !ok {
			p.leaveOutFile("file", entry)
		}
		return name, ok
	}
	if p.leavesRepository(entry) {
		return entry, true
	}
	if _, err := p.layer.Stat(files.Join(p.folder, entry)); err != nil {
		p.doubt(entry)
	}
	return entry, true
}

func (p *preparation) leaveOutFile(kind, entry string) {
	p.leaveOut(kind, entry, entry)
	p.missing[len(p.missing)-1].URL = withoutPassword(entry)
}

func (p *preparation) patches(patches []types.Patch) []types.Patch {
	kept := patches[:0:0]
	for _, patch := range patches {
		p.checkInline(patch.Patch)
		name, ok := patch.Path, true
		if name != "" {
			name, ok = p.readFile(name)
		}
		if ok {
			patch.Path = name
			kept = append(kept, patch)
		}
	}
	return kept
}

// checkInline keeps text that would exhaust memory from Kustomize.
func (p *preparation) checkInline(text string) {
	if fault := documents.AliasFault([]byte(text)); fault != nil {
		p.refused = true
		p.problems = append(p.problems, fault.Problem(p.file, 1))
	}
}

func (p *preparation) strategicMerge(patches []types.PatchStrategicMerge) []types.PatchStrategicMerge {
	kept := patches[:0:0]
	for _, patch := range patches {
		p.checkInline(string(patch))
		isPath := !strings.Contains(string(patch), "\n") && !strings.Contains(string(patch), ": ")
		name, ok := string(patch), true
		if isPath {
			name, ok = p.readFile(name)
		}
		if ok {
			kept = append(kept, types.PatchStrategicMerge(name))
		}
	}
	return kept
}

func (p *preparation) replacements(replacements []types.ReplacementField) []types.ReplacementField {
	kept := replacements[:0:0]
	for _, replacement := range replacements {
		name, ok := replacement.Path, true
		if name != "" {
			name, ok = p.readFile(name)
		}
		if ok {
			replacement.Path = name
			kept = append(kept, replacement)
		}
	}
	return kept
}

// sources are "file", "key=file" and env files of generators.
func (p *preparation) sources(sources *types.KvPairSources) {
	keep := func(entries []string, keyed bool) []string {
		kept := entries[:0:0]
		for _, entry := range entries {
			key, name, ok := strings.Cut(entry, "=")
			if !ok || !keyed {
				key, name = "", entry
			}
			placed, ok := p.readFile(name)
			switch {
			case !ok:
				continue
			case placed != name && keyed && key == "":
				// The key is the last part of what was written.
				entry = path.Base(name) + "=" + placed
			case key != "":
				entry = key + "=" + placed
			default:
				entry = placed
			}
			kept = append(kept, entry)
		}
		return kept
	}
	sources.FileSources = keep(sources.FileSources, true)
	sources.EnvSources = keep(sources.EnvSources, false)
}

// runnable keeps the plugins that are part of Kustomize; all others are programs.
func (p *preparation) runnable(entries []string) []string {
	kept := entries[:0:0]
	for _, entry := range entries {
		p.checkInline(entry)
		if isURL(entry) && !strings.Contains(entry, "\n") {
			kept = append(kept, p.runnable(p.remoteEntry(entry))...)
			continue
		}
		switch kind, isBuiltin := p.plugin(entry, map[string]bool{}); {
		case isRepository(entry) && kind == "":
			kept = append(kept, p.runnable(p.remoteEntry(entry))...)
		case isBuiltin:
			kept = append(kept, entry)
		default:
			p.leaveOut("generator", kind, entry)
		}
	}
	return kept
}

// plugin reads the configuration of plugins, inline, from a file or from a kustomization's files,
// and gives a name for what would run and whether all of it is built in.
func (p *preparation) plugin(entry string, seen map[string]bool) (string, bool) {
	name := files.Join(p.folder, entry)
	if strings.Contains(entry, "\n") {
		return p.pluginText(entry, []byte(entry))
	}
	if text, ok := p.fs.rewritten[name]; ok {
		return p.pluginText(entry, text)
	}
	info, err := p.layer.Stat(name)
	if err != nil || seen[name] {
		return "", true
	}
	seen[name] = true
	if info.Kind != files.Dir {
		text, err := p.layer.Read(name)
		if err != nil {
			return "", true
		}
		return p.pluginText(entry, text)
	}
	p.nestedPlugins = true
	_, text, err := p.kustomizationFile(name)
	if err != nil {
		return "", true
	}
	nested, err := unmarshalKustomization(text)
	if err != nil {
		return "", true
	}
	nested.FixKustomization()
	for _, resource := range nested.Resources {
		if kind, isBuiltin := p.plugin(files.Join(entry, resource), seen); !isBuiltin {
			return kind, false
		}
	}
	return "", true
}

func (p *preparation) pluginText(entry string, text []byte) (string, bool) {
	for _, part := range documents.Split(text) {
		value, fault := cache.parse(part.Text)
		if value == nil || fault != nil {
			continue
		}
		config := headOf(value)
		if config.Kind != "" && config.APIVersion != konfig.BuiltinPluginApiVersion {
			if config.Metadata != nil && config.Metadata.Name != "" {
				return config.Kind + " " + config.Metadata.Name, false
			}
			return config.Kind, false
		}
	}
	return entry, true
}

var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)

func lineOfUnknownField(text []byte, message string) int {
	match := unknownField.FindStringSubmatch(message)
	if match == nil {
		return 0
	}
	line := 1
	for candidate := range bytes.Lines(text) {
		if bytes.HasPrefix(bytes.TrimLeft(candidate, " -"), []byte(match[1]+":")) {
			return line
		}
		line++
	}
	return 0
}
