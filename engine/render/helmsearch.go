package render

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

// anyText is what a field of an unknown object of the cluster holds. It decodes as base64 too.
var anyText = base64.StdEncoding.EncodeToString([]byte(decodedAny))

const decodedAny = "known to the cluster"

func isAny(value any) bool { return value == anyText || value == decodedAny }

// searches are the functions by which templates look through a list of the cluster for an object, here
// with one in it that is whichever they look for: what compares with its fields fits.
func searches() template.FuncMap {
	table := template.FuncMap{
		"eq": func(all ...any) (bool, error) {
			if slices.ContainsFunc(all, isAny) {
				return true, nil
			}
			return builtin("eq", all)
		},
		"ne": func(all ...any) (bool, error) {
			if slices.ContainsFunc(all, isAny) {
				return false, nil
			}
			return builtin("ne", all)
		},
		"has": func(sought any, list any) (bool, error) {
			if texts, ok := list.([]any); ok && slices.ContainsFunc(texts, isAny) || isAny(sought) {
				return true, nil
			}
			return sprigFunctions["mustHas"].(func(any, any) (bool, error))(sought, list)
		},
		"hasKey": func(fields map[string]any, key string) bool {
			_, some := fields[anyText]
			_, has := fields[key]
			return some || has
		},
	}
	for _, name := range []string{"contains", "hasPrefix", "hasSuffix"} {
		compare := sprigFunctions[name].(func(string, string) bool)
		table[name] = func(part, text string) bool { return isAny(part) || isAny(text) || compare(part, text) }
	}
	matches := sprigFunctions["regexMatch"].(func(string, string) bool)
	table["regexMatch"] = func(pattern, text string) bool { return isAny(text) || matches(pattern, text) }
	return table
}

// builtin calls a comparison of text/template, which has no other way to it.
func builtin(name string, arguments []any) (bool, error) {
	call := strings.Builder{}
	for i := range arguments {
		fmt.Fprintf(&call, " (index . %d)", i)
	}
	parsed, err := template.New(name).Parse("{{" + name + call.String() + "}}")
	if err != nil {
		return false, err
	}
	answer := strings.Builder{}
	err = parsed.Execute(&answer, arguments)
	return answer.String() == "true", err
}
