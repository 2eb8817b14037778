package documents

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// The YAML reader (go.yaml.in/yaml/v2, decode.go) refuses a document once too large a share of what it
// decoded came from aliases; the share that it allows falls between these counts.
const (
	aliasRatioLow, aliasRatioHigh = 0.10, 0.99
	aliasCountLow, aliasCountHigh = 400_000, 4_000_000
)

// AliasFault finds a document of a stream that expands its aliases beyond reason, without expanding
// them: the reader takes seconds to notice, and other libraries have no limit.
func AliasFault(text []byte) *Fault {
	if bytes.IndexByte(text, '&') < 0 || bytes.IndexByte(text, '*') < 0 {
		return nil
	}
	for _, part := range Split(text) {
		if fault := aliasFaultOf(part.Text); fault != nil {
			return fault
		}
	}
	return nil
}

func aliasFaultOf(text []byte) *Fault {
	if bytes.IndexByte(text, '&') < 0 || bytes.IndexByte(text, '*') < 0 || Deep(text, maxDepth) > 0 {
		return nil
	}
	var document yaml.Node
	// What does not parse is told by the reader.
	if yaml.Unmarshal(text, &document) != nil {
		return nil
	}
	counts := expansion{sizes: map[*yaml.Node]float64{}}
	all := counts.size(&document, false)
	if all <= aliasCountLow || counts.aliased/all <= allowedRatio(all) {
		return nil
	}
	return &Fault{Code: "yaml-alias-bomb", Message: "The document expands its aliases beyond reason."}
}

func allowedRatio(decoded float64) float64 {
	if decoded >= aliasCountHigh {
		return aliasRatioLow
	}
	return aliasRatioHigh - (aliasRatioHigh-aliasRatioLow)*(decoded-aliasCountLow)/(aliasCountHigh-aliasCountLow)
}

// expansion counts nodes as if every alias were written out.
type expansion struct {
	sizes   map[*yaml.Node]float64
	aliased float64
}

// size goes once through what an alias stands for; one that holds itself counts as nothing, and the
// reader refuses it.
func (e *expansion) size(node *yaml.Node, inAlias bool) float64 {
	if known, ok := e.sizes[node]; ok {
		return known
	}
	e.sizes[node] = 0
	total := 1.0
	if node.Kind == yaml.AliasNode {
		below := e.size(node.Alias, true)
		total += below
		if !inAlias {
			e.aliased += below
		}
	}
	for _, child := range node.Content {
		total += e.size(child, inAlias)
	}
	e.sizes[node] = total
	return total
}
