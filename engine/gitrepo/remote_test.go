package gitrepo

import (
	"encoding/json"
	"os"
	"testing"
)

// TestNormaliseURL reads the table of the editor's half, which must tell the same URLs apart.
func TestNormaliseURL(t *testing.T) {
	text, err := os.ReadFile("../../test/fixtures/gitUrls.json")
	if err != nil {
		t.Fatal(err)
	}
	var groups [][]string
	if err := json.Unmarshal(text, &groups); err != nil || len(groups) < 10 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	seen := map[string]int{}
	for i, group := range groups {
		for _, url := range group {
			normal := NormaliseURL(url)
			if normal != NormaliseURL(group[0]) {
				t.Errorf("%q is %q, and %q is %q", url, normal, group[0], NormaliseURL(group[0]))
			}
			if other, known := seen[normal]; known && other != i {
				t.Errorf("%q is like %q", url, groups[other][0])
			}
			seen[normal] = i
		}
	}
}

func TestTrackingNames(t *testing.T) {
	for ref, want := range map[string]string{
		"": "refs/remotes/up/HEAD", "HEAD": "refs/remotes/up/HEAD", "v1": "refs/tags/v1",
		"refs/heads/a/b": "refs/remotes/up/a/b", "refs/tags/v1": "refs/tags/v1",
	} {
		if got := trackingNames("up", ref); got[0] != want {
			t.Errorf("%q: %v", ref, got)
		}
	}
}
