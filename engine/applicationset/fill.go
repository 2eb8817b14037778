package applicationset

import (
	"encoding/json"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

var (
	timeType = reflect.TypeFor[metav1.Time]()
	rawTypes = map[reflect.Type]bool{
		reflect.TypeFor[rawJSON](): true, reflect.TypeFor[runtime.RawExtension](): true,
	}
)

// fill copies a value with every string in it filled as a template, as Argo CD does
// (applicationset/utils, deeplyReplace): keys of maps as well as values, and the values inside raw
// JSON. A null in a map is dropped.
func fill[T any](t *templates, original T, params map[string]any) (T, error) {
	var filled T
	err := filler{t, params}.value(reflect.ValueOf(&filled).Elem(), reflect.ValueOf(&original).Elem())
	return filled, err
}

type filler struct {
	templates *templates
	params    map[string]any
}

func (f filler) value(to, from reflect.Value) error {
	switch from.Kind() {
	case reflect.Pointer:
		if from.IsNil() {
			return nil
		}
		to.Set(reflect.New(from.Type().Elem()))
		return f.value(to.Elem(), from.Elem())
	case reflect.Interface:
		if from.IsNil() {
			return nil
		}
		filled := reflect.New(from.Elem().Type()).Elem()
		if err := f.value(filled, from.Elem()); err != nil {
			return err
		}
		to.Set(filled)
	case reflect.Struct:
		return f.structure(to, from)
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			if err := f.value(to.Index(i), from.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		return f.mapping(to, from)
	case reflect.String:
		text, err := f.templates.replace(from.String(), f.params)
		if err != nil {
			return err
		}
		to.SetString(text)
	default:
		to.Set(from)
	}
	return nil
}

func (f filler) structure(to, from reflect.Value) error {
	switch {
	case from.Type() == timeType:
		to.Set(from)
		return nil
	case rawTypes[from.Type()]:
		raw, err := f.raw(from.FieldByName("Raw").Bytes())
		if err == nil {
			to.FieldByName("Raw").SetBytes(raw)
		}
		return err
	}
	for i := range from.NumField() {
		if err := f.value(to.Field(i), from.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (f filler) mapping(to, from reflect.Value) error {
	to.Set(reflect.MakeMap(from.Type()))
	for _, key := range sortedKeys(from) {
		value := from.MapIndex(key)
		switch value.Kind() {
		case reflect.Map, reflect.Pointer, reflect.Interface, reflect.Slice:
			if value.IsNil() {
				continue
			}
		}
		filled := reflect.New(value.Type()).Elem()
		if err := f.value(filled, value); err != nil {
			return err
		}
		name, err := f.templates.replace(key.String(), f.params)
		if err != nil {
			return err
		}
		to.SetMapIndex(reflect.ValueOf(name), filled)
	}
	return nil
}

// raw fills the values that raw JSON stands for.
func (f filler) raw(text []byte) ([]byte, error) {
	data, err := jsonOf(string(text))
	if err != nil {
		return nil, err
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return nil, err
	}
	var filled any
	if err := f.value(reflect.ValueOf(&filled).Elem(), reflect.ValueOf(&value).Elem()); err != nil {
		return nil, err
	}
	return json.Marshal(filled)
}

// jsonOf leaves what looks like a JSON object as it is and reads everything else as YAML.
func jsonOf(text string) ([]byte, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return []byte(text), nil
	}
	return yaml.YAMLToJSON([]byte(text))
}
