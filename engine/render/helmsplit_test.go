package render

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

// TestSplitManifests holds the split against Helm's own on every text that a small grammar makes.
func TestSplitManifests(t *testing.T) {
	pieces := []string{"---", "--- ", "---\t", "\n", "\r\n", "a: b", " ", "  ---", "---x: y", "# c", "...", "----", "é"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		var text strings.Builder
		for range random.IntN(12) {
			text.WriteString(pieces[random.IntN(len(pieces))])
			if random.IntN(2) == 0 {
				text.WriteByte('\n')
			}
		}
		split := releaseutil.SplitManifests(text.String())
		want := []string{}
		for i := range len(split) {
			want = append(want, split[fmt.Sprintf("manifest-%d", i)])
		}
		if got := splitManifests(text.String()); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q\n got %q\nwant %q", text.String(), got, want)
		}
	}
}
