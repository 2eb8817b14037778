package render

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/provider"
)

// blockWords make lines that a writer of YAML has to take care of.
var blockWords = []string{
	"a", "b c", " ", "  ", "\n", "\n\n", "\n  ", "\t", "#", ": ", "- ", "0", "1e3", "0o17", "1_000", "yes", "null", "~", "'", "\"", "\\",
	"{", "]", ",", "%", "@", "|", ">", "é", "\u2028", "\u0085", "\u00a0", "\r", strings.Repeat("long ", 30),
}

// blockText is a text as a person may write it: plain, quoted, literal or folded, with any end.
func (g *grammar) blockText() string {
	var text strings.Builder
	for range 1 + g.Intn(6) {
		text.WriteString(pick(g, blockWords...))
	}
	lines := strings.ReplaceAll(text.String(), "\n", "\n      ")
	switch pick(g, "plain", "single", "double", "block", "block") {
	case "plain":
		return lines
	case "single":
		return "'" + strings.ReplaceAll(lines, "'", "''") + "'"
	case "double":
		return fmt.Sprintf("%q", text.String())
	}
	return pick(g, "|", ">") + pick(g, "", "-", "+") + pick(g, "", "4") + "\n      " + lines
}

// TestObjectsAreAsTheirText holds the quick conversion against the one of kustomize, which writes an
// object as YAML and reads that: its writer changes some texts, and the cluster gets the changed ones.
func TestObjectsAreAsTheirText(t *testing.T) {
	factory := provider.NewDefaultDepProvider().GetResourceFactory()
	const cases = 20_000
	compared, changed := 0, 0
	for seed := range cases {
		g := newGrammar(seed)
		document := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n" +
			fmt.Sprintf(pick(g, "  k: %s\n  z: end\n", "  - %s\n  - end\n", "  {k: %s, z: end}\n"), g.blockText())
		list, err := factory.SliceFromBytes([]byte(document))
		if err != nil || len(list) != 1 {
			continue
		}
		want, wantErr := list[0].MarshalJSON()
		got, err := jsonOf(list[0])
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, kustomize: %v", document, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(decode(t, got), decode(t, want)) {
			t.Fatalf("%q:\n%s\nkustomize:\n%s", document, got, want)
		}
		compared++
		if changesAsText(list[0].YNode(), false) {
			changed++
		}
	}
	if compared < cases/3 || changed == 0 || changed > compared/2 {
		t.Errorf("%d compared, %d of them by their text", compared, changed)
	}
}
