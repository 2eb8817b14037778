package render

import (
	"encoding/json"
	"reflect"
	"strconv"

	"helm.sh/helm/v4/pkg/chart/common"

	"github.com/plumbline/plumbline/engine/model"
)

// renderTwice marks the fields that functions which are not deterministic make. A second render, with
// their other face, is needed only when the first one called any.
func (h *helmRelease) renderTwice(top common.Values) ([]model.RenderedObject, error) {
	second := common.Values{}
	for key, value := range top {
		second[key] = value
	}
	// Templates can change values with Sprig's set.
	second["Values"] = copied(top["Values"])
	functions := newGenerators(h.source.ReleaseName, h.source.Namespace, 0)
	objects, err := h.render(top, functions)
	if err != nil || !functions.called {
		return objects, err
	}
	problems := h.problems
	others, err := h.render(second, newGenerators(h.source.ReleaseName, h.source.Namespace, 1))
	h.problems = problems
	if err != nil {
		return nil, err
	}
	eachDifference(objects, others, func(object *model.RenderedObject, pointers []string) {
		object.Generated = pointers
	})
	return objects, nil
}

func copied(value any) any {
	switch value := value.(type) {
	case common.Values:
		return common.Values(copied(map[string]any(value)).(map[string]any))
	case map[string]any:
		all := make(map[string]any, len(value))
		for key, entry := range value {
			all[key] = copied(entry)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, entry := range value {
			all[i] = copied(entry)
		}
		return all
	}
	return value
}

// eachDifference compares each object with its like of another render, which stands at the same place
// unless what differs decides whether objects exist, and marks those that differ.
func eachDifference(objects, others []model.RenderedObject, mark func(*model.RenderedObject, []string)) {
	likes := map[string][]model.RenderedObject{}
	if len(objects) != len(others) {
		for _, other := range others {
			key := likeness(other)
			likes[key] = append(likes[key], other)
		}
	}
	for i := range objects {
		var other model.RenderedObject
		if len(objects) == len(others) {
			other = others[i]
		} else if same := likes[likeness(objects[i])]; len(same) > 0 {
			other, likes[likeness(objects[i])] = same[0], same[1:]
		}
		if string(objects[i].Object) == string(other.Object) {
			continue
		}
		var value, otherValue any
		if json.Unmarshal(objects[i].Object, &value) != nil || json.Unmarshal(other.Object, &otherValue) != nil {
			mark(&objects[i], []string{""})
			continue
		}
		mark(&objects[i], differences(value, otherValue, "", []string{}))
	}
}

func likeness(object model.RenderedObject) string {
	return headOf(object.Object).Kind + " " + object.Origin.Path
}

// differences gives the JSON pointers of the fields of value that the other lacks or has otherwise.
func differences(value, other any, at string, found []string) []string {
	switch value := value.(type) {
	case map[string]any:
		otherMap, ok := other.(map[string]any)
		if !ok {
			return append(found, at)
		}
		for _, key := range sortedKeys(value) {
			below := at + "/" + escapePointer(key)
			if otherValue, exists := otherMap[key]; exists {
				found = differences(value[key], otherValue, below, found)
			} else {
				found = append(found, below)
			}
		}
		return found
	case []any:
		otherList, ok := other.([]any)
		if !ok || len(otherList) != len(value) {
			return append(found, at)
		}
		for i := range value {
			found = differences(value[i], otherList[i], at+"/"+strconv.Itoa(i), found)
		}
		return found
	}
	if !reflect.DeepEqual(value, other) {
		return append(found, at)
	}
	return found
}
