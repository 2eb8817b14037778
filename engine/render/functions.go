package render

import "text/template"

// RandomFunctions gives template functions in place of those that give another value at each call;
// the second result tells whether one was called.
func RandomFunctions(name, namespace string) (template.FuncMap, func() bool) {
	g := newGenerators(name, namespace, 0)
	return g.table(), func() bool { return g.called }
}
