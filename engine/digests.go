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
	// Lists are inputs of earlier renders.
	Lists [][]model.Input `json:"lists"`
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
	for _, inputs := range p.Lists {
		told = append(told, inputsDigest(digests, untracked, inputs))
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
	outcome := render.Render(input, p.RenderRequest)
	// What is fetched from elsewhere can mean something else at any time.
	if p.Digest && outcome.Result != nil && len(outcome.Result.Repositories)+len(outcome.Result.Files) == 0 {
		outcome.Result.InputsDigest = inputsDigest(files.NewDigests(input.Layer), input.Untracked, outcome.Result.Inputs)
	}
	return outcome
}

func inputsDigest(digests *files.Digests, untracked *files.Untracked, inputs []model.Input) string {
	digest := digests.Of(inputs)
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
