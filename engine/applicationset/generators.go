package applicationset

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"dario.cat/mergo"
	"github.com/jeremywohl/flatten"
	"sigs.k8s.io/yaml"

	"github.com/plumbline/plumbline/engine/model"
)

// needError is a generator that cannot be answered here.
type needError struct{ need model.ServerNeed }

func (e *needError) Error() string { return e.need.Reason }

// maxParams is how many sets of parameters one generator may give.
const maxParams = 20_000

// made are the parameters of one kind of generator, with the template that they fill.
type made struct {
	params   []map[string]any
	template setTemplate
}

// kind is one of the kinds that an entry of `generators` may name, several at once.
type kind struct {
	name     string
	template setTemplate
	generate func(generator) ([]map[string]any, error)
}

// kinds are those that an entry names, in the order of the fields.
func (e *expansion) kinds(g generator) []kind {
	named := []kind{}
	if g.List != nil {
		named = append(named, kind{"list", g.List.Template, func(g generator) ([]map[string]any, error) { return e.list(g.List) }})
	}
	if g.Clusters != nil {
		named = append(named, kind{"clusters", g.Clusters.Template, func(g generator) ([]map[string]any, error) { return e.clusters(g.Clusters) }})
	}
	if g.Git != nil {
		named = append(named, kind{"git", g.Git.Template, func(g generator) ([]map[string]any, error) { return e.git(g.Git) }})
	}
	for _, one := range []struct {
		name    string
		present bool
	}{
		{"scmProvider", g.SCMProvider != nil},
		{"clusterDecisionResource", g.ClusterDecisionResource != nil},
		{"pullRequest", g.PullRequest != nil},
	} {
		if one.present {
			named = append(named, remoteKind(one.name))
		}
	}
	if g.Matrix != nil {
		named = append(named, kind{"matrix", g.Matrix.Template, func(g generator) ([]map[string]any, error) { return e.matrix(g.Matrix) }})
	}
	if g.Merge != nil {
		named = append(named, kind{"merge", g.Merge.Template, func(g generator) ([]map[string]any, error) { return e.merge(g.Merge) }})
	}
	if g.Plugin != nil {
		named = append(named, remoteKind("plugin"))
	}
	return named
}

var remoteReasons = map[string]string{
	"scmProvider":             "asks a Git hosting service for its repositories",
	"clusterDecisionResource": "reads a resource of the cluster",
	"pullRequest":             "asks a Git hosting service for its pull requests",
	"plugin":                  "calls a plugin",
}

func remoteKind(name string) kind {
	return kind{name: name, generate: func(generator) ([]map[string]any, error) {
		return nil, &needError{model.ServerNeed{
			Generator: name, Reason: fmt.Sprintf("The %s generator %s, which needs the Argo CD server.", name, remoteReasons[name]),
		}}
	}}
}

// transform gives the parameters of an entry, filled before with those of the first generator of a
// matrix, and filtered after by its selector (applicationset/generators, Transform).
func (e *expansion) transform(g generator, base setTemplate, outer map[string]any) ([]made, error) {
	filter, err := newSelector(g.Selector)
	if err != nil {
		return nil, err
	}
	all := []made{}
	var first error
	for _, one := range e.kinds(g) {
		got, err := e.transformOne(g, one, base, outer)
		if err == nil {
			got.params, err = filtered(got.params, filter)
			all = append(all, got)
		}
		if first == nil {
			first = err
		}
	}
	return all, first
}

func (e *expansion) transformOne(g generator, one kind, base setTemplate, outer map[string]any) (made, error) {
	merged, err := copyOf(one.template)
	if err == nil {
		err = mergo.Merge(&merged, base)
	}
	if err != nil {
		return made{}, fmt.Errorf("the template of the %s generator cannot be merged: %w", one.name, err)
	}
	if len(outer) > 0 {
		if g, err = fill(e.templates, g, outer); err != nil {
			return made{}, fmt.Errorf("the %s generator cannot be filled with the parameters of the first one: %w", one.name, err)
		}
	}
	params, err := one.generate(g)
	if err == nil && len(params) > maxParams {
		err = limitf("A generator gives more than %d sets of parameters.", maxParams)
	}
	return made{params, merged}, err
}

func filtered(params []map[string]any, filter selector) ([]map[string]any, error) {
	kept := []map[string]any{}
	var first error
	for _, one := range params {
		flat, err := flatParams(one)
		switch {
		case err != nil && first == nil:
			first = err
		case err == nil && filter.matches(flat):
			kept = append(kept, one)
		}
	}
	return kept, first
}

func flatParams(params map[string]any) (map[string]string, error) {
	flat, err := flatten.Flatten(params, "", flatten.DotStyle)
	if err != nil {
		return nil, fmt.Errorf("the parameters cannot be flattened: %w", err)
	}
	texts := make(map[string]string, len(flat))
	for key, value := range flat {
		texts[key] = fmt.Sprintf("%v", value)
	}
	return texts, nil
}

func copyOf(template setTemplate) (setTemplate, error) {
	var copied setTemplate
	text, err := json.Marshal(template)
	if err == nil {
		err = json.Unmarshal(text, &copied)
	}
	return copied, err
}

func (e *expansion) list(g *listGenerator) ([]map[string]any, error) {
	all := make([]map[string]any, len(g.Elements))
	for i, raw := range g.Elements {
		var element map[string]any
		if err := json.Unmarshal(raw.Raw, &element); err != nil {
			return nil, fmt.Errorf("element %d of the list generator is not an object", i+1)
		}
		if e.set.Spec.GoTemplate {
			all[i] = element
			continue
		}
		params, err := textParams(element)
		if err != nil {
			return nil, fmt.Errorf("element %d of the list generator: %w", i+1, err)
		}
		all[i] = params
	}
	if g.ElementsYaml != "" {
		var elements []map[string]any
		if err := yaml.Unmarshal([]byte(g.ElementsYaml), &elements); err != nil {
			return nil, fmt.Errorf("elementsYaml of the list generator is not a list of objects: %w", err)
		}
		all = append(all, elements...)
	}
	return all, nil
}

// textParams are the parameters of a list element without Go templates: texts only, those of
// `values` one level deeper. An empty element has none at all.
func textParams(element map[string]any) (map[string]any, error) {
	var params map[string]any
	for key, value := range element {
		if params == nil {
			params = map[string]any{}
		}
		values, isMap := value.(map[string]any)
		if key == "values" && !isMap {
			return nil, errors.New("`values` is not an object")
		}
		if key != "values" {
			values = map[string]any{key: value}
		}
		for name, value := range values {
			text, ok := value.(string)
			if !ok {
				return nil, fmt.Errorf("%s is not a text, which it must be without goTemplate", name)
			}
			if key == "values" {
				name = "values." + name
			}
			params[name] = text
		}
	}
	return params, nil
}

func (e *expansion) matrix(g *matrixGenerator) ([]map[string]any, error) {
	if len(g.Generators) != 2 {
		return nil, fmt.Errorf("a matrix generator combines two generators, and this one has %d", len(g.Generators))
	}
	all := []map[string]any{}
	first, err := e.inner(g.Generators[0], nil)
	if err != nil {
		return nil, inGenerator(0, err)
	}
	for _, a := range first {
		second, err := e.inner(g.Generators[1], a)
		if err != nil {
			return nil, inGenerator(1, err)
		}
		if len(all)+len(second) > maxParams {
			return nil, limitf("A matrix generator gives more than %d sets of parameters.", maxParams)
		}
		for _, b := range second {
			combined, err := e.combine(a, b)
			if err != nil {
				return nil, err
			}
			all = append(all, combined)
		}
	}
	return all, nil
}

// combine lets the first generator win over the second; without Go templates a key must not have two
// values.
func (e *expansion) combine(a, b map[string]any) (map[string]any, error) {
	combined := map[string]any{}
	if e.set.Spec.GoTemplate {
		for _, params := range []map[string]any{b, a} {
			if err := mergo.Merge(&combined, params, mergo.WithOverride); err != nil {
				return nil, fmt.Errorf("the parameters of a matrix generator cannot be merged: %w", err)
			}
		}
		return combined, nil
	}
	for key, value := range a {
		combined[key] = fmt.Sprintf("%v", value)
	}
	for key, value := range b {
		text := fmt.Sprintf("%v", value)
		if known, ok := combined[key]; ok && known != text {
			return nil, fmt.Errorf("found duplicate key %s with different value, a: %s, b: %s", key, known, text)
		}
		combined[key] = text
	}
	return combined, nil
}

// nestedError says in which of the generators of a matrix or merge something is wrong.
type nestedError struct {
	index int
	err   error
}

func (e *nestedError) Error() string { return e.err.Error() }
func (e *nestedError) Unwrap() error { return e.err }

func inGenerator(index int, err error) error { return &nestedError{index, err} }

func (e *expansion) inner(n nested, outer map[string]any) ([]map[string]any, error) {
	g := generator{
		List: n.List, Clusters: n.Clusters, Git: n.Git, SCMProvider: n.SCMProvider,
		ClusterDecisionResource: n.ClusterDecisionResource, PullRequest: n.PullRequest,
		Plugin: n.Plugin, Selector: n.Selector,
	}
	if n.Matrix != nil {
		generators, _, err := nestedOf(n.Matrix.Raw)
		if err != nil {
			return nil, fmt.Errorf("the inner matrix generator cannot be read: %w", err)
		}
		g.Matrix = &matrixGenerator{Generators: generators}
	}
	if n.Merge != nil {
		generators, keys, err := nestedOf(n.Merge.Raw)
		if err != nil {
			return nil, fmt.Errorf("the inner merge generator cannot be read: %w", err)
		}
		g.Merge = &mergeGenerator{Generators: generators, MergeKeys: keys}
	}
	all, err := e.transform(g, setTemplate{}, outer)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, errors.New("an inner generator names no kind of generator that is known")
	case len(all) > 1:
		return nil, errors.New("an inner generator names more than one kind of generator")
	}
	return all[0].params, nil
}

func (e *expansion) merge(g *mergeGenerator) ([]map[string]any, error) {
	if len(g.Generators) < 2 {
		return nil, errors.New("a merge generator needs two or more generators")
	}
	sets := [][]map[string]any{}
	for i, one := range g.Generators {
		params, err := e.inner(one, nil)
		if err != nil {
			return nil, inGenerator(i, err)
		}
		sets = append(sets, params)
	}
	merged, order, err := byKey(g.MergeKeys, sets[0])
	if err != nil {
		return nil, inGenerator(0, err)
	}
	for i, params := range sets[1:] {
		overrides, _, err := byKey(g.MergeKeys, params)
		if err != nil {
			return nil, inGenerator(i+1, err)
		}
		for _, key := range order {
			if override, ok := overrides[key]; ok {
				if merged[key], err = e.override(merged[key], override); err != nil {
					return nil, err
				}
			}
		}
	}
	all := make([]map[string]any, 0, len(order))
	for _, key := range order {
		all = append(all, merged[key])
	}
	return all, nil
}

func (e *expansion) override(base, over map[string]any) (map[string]any, error) {
	if e.set.Spec.GoTemplate {
		if err := mergo.Merge(&base, over, mergo.WithOverride); err != nil {
			return nil, fmt.Errorf("the parameters of a merge generator cannot be merged: %w", err)
		}
		return base, nil
	}
	maps.Copy(base, over)
	return base, nil
}

// byKey finds parameters by the JSON of their merge keys, which must be unique.
func byKey(mergeKeys []string, params []map[string]any) (map[string]map[string]any, []string, error) {
	if len(mergeKeys) == 0 {
		return nil, nil, errors.New("no merge keys were specified, Merge requires at least one")
	}
	found, order := map[string]map[string]any{}, []string{}
	for _, one := range params {
		values := map[string]any{}
		for _, key := range mergeKeys {
			values[key] = one[key]
		}
		text, err := json.Marshal(values)
		if err != nil {
			return nil, nil, fmt.Errorf("the merge keys cannot be compared: %w", err)
		}
		key := string(text)
		if _, ok := found[key]; ok {
			return nil, nil, fmt.Errorf("the parameters from a generator were not unique by the given mergeKeys, Merge requires all param sets to be unique. Duplicate key was %s", key)
		}
		found[key] = one
		order = append(order, key)
	}
	return found, order, nil
}

// addValues fills `values` with the parameters, all before the first of them becomes a parameter.
func (e *expansion) addValues(values map[string]string, params map[string]any) error {
	filled := map[string]string{}
	for key, value := range values {
		text, err := e.templates.replace(value, params)
		if err != nil {
			return fmt.Errorf("the value %s cannot be filled: %w", key, err)
		}
		filled[key] = text
	}
	switch {
	case len(filled) == 0:
	case e.set.Spec.GoTemplate:
		params["values"] = filled
	default:
		for key, text := range filled {
			params["values."+key] = text
		}
	}
	return nil
}
