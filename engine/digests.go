package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/gitrepo"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/render"
)

type digestsParams struct {
	model.Snapshot
	Lists []inputList `json:"lists"`
}

// inputList is what an earlier render asked for: in its root, and in the cache of what was fetched.
type inputList struct {
	Inputs []model.Input `json:"inputs"`
	Cached []string      `json:"cached,omitempty"`
}

// digests tells of each list of inputs what they are now: "" where that cannot be told.
func (w *workspace) digests(_ context.Context, p digestsParams) (any, error) {
	snapshot, err := w.open(p.Snapshot)
	if err != nil {
		return orUnavailable(nil, err)
	}
	defer snapshot.close()
	digests := files.NewDigests(files.NewLayer(snapshot.tree))
	untracked := w.untracked(p.Snapshot)
	told := make([]string, 0, len(p.Lists))
	for _, list := range p.Lists {
		told = append(told, inputsDigest(digests, untracked, list.Inputs, w.cache().State(list.Cached)))
	}
	return map[string]any{"digests": told}, nil
}

// untracked is what the working tree holds beside the repository.
func (w *workspace) untracked(p model.Snapshot) *files.Untracked {
	repo, err := w.repo(p.Root)
	if err != nil || p.Revision != "" {
		return nil
	}
	return files.NewUntracked(repo.Exclude(), func() func(string) bool {
		return files.Tracked(gitrepo.TrackedNames(repo.Index()))
	})
}

// withDigest renders, and tells by what the render can be known again.
func withDigest(input render.Input, p renderParams) model.Outcome {
	if !p.Digest {
		return render.Render(input, p.RenderRequest)
	}
	input.Charts = input.Charts.Recording()
	outcome := render.Render(input, p.RenderRequest)
	result := outcome.Result
	// What is read from elsewhere can mean something else at any time.
	if result != nil && len(result.Repositories)+len(result.Files) == 0 {
		result.CacheInputs = input.Charts.Asked()
		state := input.Charts.State(result.CacheInputs)
		result.InputsDigest = inputsDigest(files.NewDigests(input.Layer), input.Untracked, result.Inputs, state)
	}
	return outcome
}

func inputsDigest(digests *files.Digests, untracked *files.Untracked, inputs []model.Input, cached string) string {
	digest := digests.Of(inputs, cached)
	if digest == "" || !untracked.IsTold() {
		return ""
	}
	if rules := untracked.Rules(); rules != "" {
		sum := sha256.Sum256([]byte(digest + rules))
		digest = hex.EncodeToString(sum[:])
	}
	return digest
}

// renderParams are those of a render; with Digest, the digest of its inputs is told with the result.
type renderParams struct {
	model.RenderRequest
	Digest bool `json:"digest"`
}
