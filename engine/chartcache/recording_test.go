package chartcache

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStateFollowsWhatWasAsked(t *testing.T) {
	folder := t.TempDir()
	cache, err := Create(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	digest, err := cache.Store([]byte("an archive"))
	if err != nil {
		t.Fatal(err)
	}
	known := Reference{Kind: KindChart, Repository: "https://charts.acme.example", Name: "web", Version: "1.x"}
	unknown := Reference{Kind: KindChart, Repository: "https://charts.acme.example", Name: "db", Version: "1.x"}
	record := func(reference Reference, resolved string) {
		t.Helper()
		if err := cache.Record(Entry{Reference: reference, Resolved: resolved, Digest: digest, FetchedAt: time.Unix(1, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	record(known, "1.0.0")
	recording := cache.Recording()
	if _, err := recording.Lookup(known); err != nil {
		t.Fatal(err)
	}
	if _, err := recording.Lookup(unknown); err == nil {
		t.Fatal("an entry that nobody recorded")
	}
	if _, err := recording.Archive(digest); err != nil {
		t.Fatal(err)
	}
	asked := recording.Asked()
	if len(asked) != 3 || len(cache.Asked()) != 0 {
		t.Fatal(asked)
	}
	states := map[string]string{"": "nothing asked"}
	moved := func(what string) {
		t.Helper()
		state := cache.State(asked)
		if before, ok := states[state]; ok {
			t.Errorf("%s: as %s", what, before)
		}
		states[state] = what
	}
	moved("at first")
	record(Reference{Kind: KindChart, Name: "other"}, "1.0.0")
	if _, ok := states[cache.State(asked)]; !ok {
		t.Error("what nobody asked for is part of the state")
	}
	record(known, "1.1.0")
	moved("a range means another version")
	record(unknown, "1.0.0")
	moved("what was absent is there")
	if err := os.Remove(filepath.Join(folder, archives, digest[len("sha256:"):])); err != nil {
		t.Fatal(err)
	}
	moved("the archive went away")
	if state := (*Cache)(nil).State(asked); state == "" || states[state] != "" {
		t.Error("no cache at all is a state of its own")
	}
	if cache.State(nil) != "" || (*Cache)(nil).Recording() != nil || (*Cache)(nil).Asked() != nil {
		t.Error("nothing asked has a state")
	}
}
