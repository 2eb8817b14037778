package chartcache

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Recording is the same cache, for one reader, which remembers what that one asks for.
func (c *Cache) Recording() *Cache {
	if c == nil {
		return nil
	}
	recording := *c
	recording.asked = map[string]bool{}
	return &recording
}

// Asked are the names of the files that were asked for, there or not.
func (c *Cache) Asked() []string {
	if c == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.asked))
}

// State is one digest of what files of a cache are now. What an entry means can change at any time; an
// archive is what its name says as long as it is there.
func (c *Cache) State(names []string) string {
	if len(names) == 0 {
		return ""
	}
	sum := sha256.New()
	for _, name := range names {
		sum.Write([]byte(name + "\n" + c.stateOf(name) + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func (c *Cache) stateOf(name string) string {
	if c == nil {
		return "absent"
	}
	if strings.HasPrefix(name, archives+"/") {
		info, err := c.root.Lstat(filepath.FromSlash(name))
		if err == nil && info.Mode().IsRegular() {
			return "there"
		}
		return "absent"
	}
	text, err := c.read(path.Clean(name), maxEntryBytes)
	if err != nil {
		return "absent"
	}
	return Digest(text)
}
