package render

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// refusal is a sentence for an error of Kustomize, by the groups that its pattern finds.
type refusal struct {
	pattern  *regexp.Regexp
	sentence func(groups []string) string
}

func refuses(pattern, format string, of ...func(string) string) refusal {
	return refusal{regexp.MustCompile(pattern), func(groups []string) string {
		arguments := []any{}
		for i, group := range groups {
			if i < len(of) {
				group = of[i](group)
			}
			arguments = append(arguments, group)
		}
		return fmt.Sprintf(format, arguments...)
	}}
}

// resourceID is Kustomize's way to write an object: kind, version and group, name and namespace.
const resourceID = `([\w-]+\.[^/\s]*/[^\s:;,'"]+)`

func asWritten(text string) string { return text }

var refusals = []refusal{
	refuses(`already registered id: `+resourceID, "%s is there twice; Kustomize takes an object once.", objectOfID),
	refuses(`file '([^']*)' is not in or below '([^']*)'`, "%s is outside of %s, the folder of the kustomization, which Kustomize does not allow."),
	refuses(`missing kind in object`, "The file holds an object without a kind."),
	refuses(`missing metadata\.name in object \{\{\S+ (\w*)\}`, "The file holds an object without a name: %s."),
	refuses(`failed to find unique target for patch `+resourceID, "A patch is about %s, which is not among the resources.", objectOfID),
	refuses(`no matches for Id `+resourceID, "%s is not among the resources.", objectOfID),
	refuses(`(\w+) operation does not apply: doc is missing (?:key|path): "?([^\s:"]+)`, "A JSON patch cannot %[1]s at %[2]s, where nothing is."),
	refuses(`testing value (\S+) failed`, "A JSON patch tests %s, which is otherwise."),
	refuses(`nothing selected by `+resourceID+`:(\S+)`, "A replacement takes %[2]s of %[1]s, which is not among the resources.", objectOfID),
	refuses(`multiple matches for selector `+resourceID, "A replacement takes a field of %s, of which there are several.", objectOfID),
	refuses(`unable to find field "?([^"\s]+)"? in replacement target`, "A replacement writes to %s, which its target lacks; options.create would make it."),
	refuses("fieldPath `?([^`]+)`? is missing for replacement source "+resourceID, "A replacement takes %s of %s, which has no such field.", asWritten, objectOfID),
	refuses(`resource with name (\S+) does not match a config`, "replicas names %s, and nothing that has replicas is called so."),
	refuses(`unknown field "([^"]+)`, "The kustomization has a field that Kustomize does not know: %s."),
	refuses(`cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)`, "%[2]s is of the type %[1]s where Kustomize wants %[3]s."),
	refuses(`Found multiple kustomization files under`, "The folder has several kustomization files, and Kustomize wants one."),
	refuses(`Name:"([^"]+)", Namespace:"[^"]*"\} does not exist; cannot merge or replace`, "A generator merges with %s, which no base generates."),
	refuses(`Name:"([^"]+)", Namespace:"[^"]*"\} exists; can not use behavior`, "A generator makes %s, which a base generates already: it must merge with it or replace it."),
	refuses(`namespace transformation produces ID conflict`, "In the namespace of the kustomization, two objects have the same kind and name."),
	refuses(`expected (\w+?)(?:Node)? but got (\w+?)(?:Node)?:`, "A field is a %[2]s where Kustomize expects a %[1]s.", strings.ToLower, strings.ToLower),
	refuses(`unsupported type: map\[interface`, "An object has a key that is no text."),
	refuses(`invalid literal source`, "A literal of a generator is not in the form key=value."),
	refuses(`var '?\{?(\S+) .*cannot be mapped`, "The variable %s takes a field of an object that is not among the resources."),
}

// objectOfID writes an object as people do.
func objectOfID(id string) string {
	head, rest, _ := strings.Cut(id, "/")
	kind, _, _ := strings.Cut(head, ".")
	at := strings.LastIndex(rest, ".")
	if at < 0 || strings.HasPrefix(rest, "[") {
		return kind
	}
	name, namespace := rest[:at], rest[at+1:]
	if strings.HasPrefix(namespace, "[") {
		return kind + " " + name
	}
	return kind + " " + namespace + "/" + name
}

var (
	visitedRoot  = regexp.MustCompile(`recursed (?:accumulation|merging) (?:of|from) path '([^']*)'`)
	circle       = regexp.MustCompile(`cycle detected: candidate root '([^']*)' contains visited root '([^']*)'`)
	fromResource = regexp.MustCompile(`(?:accumulating|merging) resources from '([^']*)'`)
	afterCause   = regexp.MustCompile(`'?: must build at directory: '.*$`)
)

// sentenceOf makes a sentence of an error of Kustomize, its paths made relative.
func sentenceOf(message string) string {
	if groups := circle.FindStringSubmatch(message); groups != nil {
		return circleSentence(message, groups[1], groups[2])
	}
	cause := shorten(message)
	for _, known := range refusals {
		if groups := known.pattern.FindStringSubmatch(cause); groups != nil {
			return known.sentence(groups[1:])
		}
	}
	return "Kustomize: " + oneSentence(withoutContents(cause))
}

// contents are where errors of Kustomize begin to print objects, which may be Secrets.
var contents = regexp.MustCompile(`: value: \{|\[?\{"|node contents|&\{|resid\.ResId|literal source`)

func withoutContents(cause string) string {
	if at := contents.FindStringIndex(cause); at != nil {
		return strings.TrimRight(cause[:at[0]], " :[") + "…"
	}
	return cause
}

func circleSentence(message, candidate, visited string) string {
	if candidate != visited {
		return fmt.Sprintf("The base %s holds the folder %s that includes it.", orRoot(candidate), orRoot(visited))
	}
	folders := []string{}
	for _, groups := range visitedRoot.FindAllStringSubmatch(message, -1) {
		folders = append(folders, groups[1])
	}
	// The root of the build is not among those that it came to.
	around := append([]string{candidate}, folders[slices.Index(folders, candidate)+1:]...)
	return fmt.Sprintf("The kustomizations include each other in a circle: %s.",
		strings.Join(append(around, candidate), ", "))
}

// placeOf is the file that an error is about: a resource, or the kustomization that Kustomize came to.
func (b *build) placeOf(file, message string) string {
	folder, entry := path.Dir(file), ""
	for _, groups := range visitedRoot.FindAllStringSubmatch(message, -1) {
		folder = groups[1]
	}
	if found, _, err := b.kustomizationFile(strings.TrimPrefix(folder, ".")); err == nil {
		file = found
	}
	for _, groups := range fromResource.FindAllStringSubmatch(message, -1) {
		entry = path.Join(path.Dir(file), groups[1])
	}
	if _, err := b.layer.Read(entry); entry != "" && err == nil && !circle.MatchString(message) {
		return entry
	}
	return file
}
