package render

import (
	"crypto/sha256"
	"encoding/json"
	"sync"

	"sigs.k8s.io/yaml"

	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"

	"github.com/plumbline/plumbline/engine/documents"
)

const maxCacheBytes = 96 << 20

// parseCache keeps documents as JSON by the digest of their text: most documents of a render are
// those of the render before.
type parseCache struct {
	mutex   sync.Mutex
	entries map[[sha256.Size]byte]*parsed
	bytes   int
}

// parsed is one document, with the head that Helm sorts by, which is made once it is asked for.
type parsed struct {
	value   json.RawMessage
	fault   *documents.Fault
	head    *releaseutil.SimpleHead
	headErr error
}

var cache = &parseCache{entries: map[[sha256.Size]byte]*parsed{}}

func (c *parseCache) parse(text []byte) (json.RawMessage, *documents.Fault) {
	document := c.document(text)
	return document.value, document.fault
}

func (c *parseCache) document(text []byte) *parsed {
	key := sha256.Sum256(text)
	c.mutex.Lock()
	known, ok := c.entries[key]
	c.mutex.Unlock()
	if ok {
		return known
	}
	value, fault := documents.ToJSON(text)
	document := &parsed{value: value, fault: fault}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.bytes += len(value) + 256; c.bytes > maxCacheBytes {
		clear(c.entries)
		c.bytes = len(value) + 256
	}
	c.entries[key] = document
	return document
}

// simpleHead is only asked for by a render, of which there is one at a time. Where a value is not a
// string, Helm's YAML library makes one of it as far as it can.
func (p *parsed) simpleHead(text string) (*releaseutil.SimpleHead, error) {
	if p.head == nil {
		p.head = &releaseutil.SimpleHead{}
		if json.Unmarshal(p.value, p.head) != nil {
			p.head = &releaseutil.SimpleHead{}
			p.headErr = yaml.Unmarshal([]byte(text), p.head)
		}
	}
	return p.head, p.headErr
}
