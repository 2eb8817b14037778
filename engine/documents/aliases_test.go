package documents

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// aliasBomb has levels of lists, each with width aliases of the one before.
func aliasBomb(levels, width int) string {
	text := strings.Builder{}
	text.WriteString("a0: &a0 [x]\n")
	for i := 1; i <= levels; i++ {
		aliases := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), width), ", ")
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i, i, aliases)
	}
	return text.String()
}

// TestAliasFault: whatever is refused early is refused by the reader too.
func TestAliasFault(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"no alias":              {"a: [1, 2]\n", false},
		"aliases":               {"a: &a {b: c}\nd: [*a, *a]\n", false},
		"no YAML aliases":       {"a: \"*/5 * * * *\"\nb: \"x && y\"\n", false},
		"few":                   {aliasBomb(3, 9), false},
		"many, one below limit": {aliasBomb(5, 9), false},
		"a bomb":                {aliasBomb(7, 9), true},
		"an anchor in itself":   {"a: &a [*a]\n", false},
		"broken":                {"a: &a [\nb: *a\n", false},
	} {
		got := AliasFault([]byte(c.text)) != nil
		if got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if _, err := yaml.YAMLToJSON([]byte(c.text)); got && err == nil {
			t.Errorf("%s: the reader takes it", name)
		}
	}
}

func TestAliasFaultIsEarly(t *testing.T) {
	text := []byte("first: document\n---\n" + aliasBomb(60, 60))
	start := time.Now()
	if AliasFault(text) == nil {
		t.Error("not noticed")
	}
	if _, fault := ToJSON([]byte(aliasBomb(60, 60))); fault == nil || fault.Code != "yaml-alias-bomb" {
		t.Errorf("%+v", fault)
	}
	// Expanding would outlast any test; the limit only tells the two apart.
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
