package applicationset

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/gosimple/slug"
	"sigs.k8s.io/yaml"
)

const (
	maxElements = 100_000
	// maxCount bounds what a function is asked to make by a number.
	maxCount = maxTextBytes
)

// functionTable gives the functions of Argo CD's templates: Sprig without what tells about the
// machine, and Argo CD's own (applicationset/utils). The random ones are handed in.
func functionTable(random template.FuncMap) template.FuncMap {
	table := sprig.GenericFuncMap()
	maps.Copy(table, random)
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(table, name)
	}
	maps.Copy(table, template.FuncMap{
		"normalize": normalize, "slugify": slugify,
		"toYaml": toYaml, "fromYaml": fromYaml, "fromYamlArray": fromYamlArray,
	})
	return table
}

var notInNames = regexp.MustCompile("[^-a-z0-9.]")

// normalize makes a name of at most 253 lower-case letters, digits, dashes and dots.
func normalize(name string) string {
	name = notInNames.ReplaceAllString(strings.ToLower(name), "-")
	return strings.Trim(name[:min(len(name), 253)], "-.")
}

// slugify takes a length and a bool in front of the name; both may be left out.
func slugify(args ...any) string {
	name, length, smart := "", 50, true
	for i, arg := range args {
		switch i {
		case len(args) - 1:
			name = arg.(string)
		case 0:
			length = arg.(int)
		case 1:
			smart = arg.(bool)
		}
	}
	slug.EnableSmartTruncate, slug.MaxLength = smart, length
	return slug.Make(normalize(name))
}

func toYaml(value any) (string, error) {
	data, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(data), "\n"), err
}

func fromYaml(text string) (map[string]any, error) {
	value := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return nil, err
	}
	return value, nil
}

func fromYamlArray(text string) ([]any, error) {
	value := []any{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return nil, err
	}
	return value, nil
}

// builtins of text/template that make text, given by name so that their results are limited too.
var builtins = template.FuncMap{
	"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
	"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
}

// limited wraps each function so that it counts as a step and may not make more than the limits.
func (t *templates) limited(functions template.FuncMap) template.FuncMap {
	all := template.FuncMap{}
	for _, table := range []template.FuncMap{builtins, functions} {
		for name, function := range table {
			all[name] = t.limit(name, reflect.ValueOf(function))
		}
	}
	return all
}

var errorType = reflect.TypeFor[error]()

func (t *templates) limit(name string, function reflect.Value) any {
	typ := function.Type()
	in := make([]reflect.Type, typ.NumIn())
	for i := range in {
		in[i] = typ.In(i)
	}
	out := []reflect.Type{typ.Out(0), errorType}
	none := reflect.Zero(errorType)
	return reflect.MakeFunc(reflect.FuncOf(in, out, typ.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		err := t.step()
		if err == nil {
			err = checkAsked(name, args)
		}
		if err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		results := []reflect.Value{}
		if typ.IsVariadic() {
			results = function.CallSlice(args)
		} else {
			results = function.Call(args)
		}
		if len(results) == 2 && !results[1].IsNil() {
			return results
		}
		if err := checkMade(results[0]); err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		return []reflect.Value{results[0], none}
	}).Interface()
}

// counts says which argument of a function is the number of things that it makes.
var counts = map[string]int{
	"repeat": 0, "until": 0, "indent": 0, "nindent": 0, "randAlphaNum": 0, "randAlpha": 0,
	"randNumeric": 0, "randAscii": 0, "randBytes": 0,
}

// checkAsked refuses calls that would make too much before they do.
func checkAsked(name string, args []reflect.Value) error {
	asked := 0.0
	if i, ok := counts[name]; ok {
		asked = float64(args[i].Int())
	}
	switch name {
	case "repeat":
		asked *= float64(max(1, args[1].Len()))
	case "indent", "nindent":
		asked *= float64(1 + strings.Count(args[1].String(), "\n"))
	case "untilStep":
		if step := args[2].Int(); step != 0 {
			asked = (float64(args[1].Int()) - float64(args[0].Int())) / float64(step)
		}
	case "seq":
		asked = askedOfSeq(args[0])
	case "replace":
		asked = float64(strings.Count(args[2].String(), args[0].String())) * float64(args[1].Len())
	}
	if asked > maxCount {
		return limitf("A template asks the function %s for more than it may make.", name)
	}
	return nil
}

func askedOfSeq(args reflect.Value) float64 {
	numbers := []float64{}
	for i := range args.Len() {
		numbers = append(numbers, float64(args.Index(i).Int()))
	}
	switch len(numbers) {
	case 1:
		return max(numbers[0], -numbers[0])
	case 2:
		return max(numbers[1]-numbers[0], numbers[0]-numbers[1])
	case 3:
		if numbers[1] != 0 {
			return (numbers[2] - numbers[0]) / numbers[1]
		}
	}
	return 0
}

func checkMade(result reflect.Value) error {
	for result.Kind() == reflect.Interface && !result.IsNil() {
		result = result.Elem()
	}
	switch result.Kind() {
	case reflect.String:
		if result.Len() > maxTextBytes {
			return errTooLong
		}
	case reflect.Slice, reflect.Map:
		if result.Len() > maxElements && result.Type().Elem().Kind() != reflect.Uint8 {
			return limitf("A template makes a list of more than %d elements.", maxElements)
		}
	}
	return nil
}

// sortedKeys gives the keys of a map with string keys in their order.
func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	return keys
}
