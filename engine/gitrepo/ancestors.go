package gitrepo

import (
	"regexp"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/plumbline/plumbline/engine/files"
)

// Neither character can stand in the name of a ref (git-check-ref-format(1)).
var ancestry = regexp.MustCompile(`^(.+?)((?:[~^]\d{0,6})*)$`)
var ancestorStep = regexp.MustCompile(`([~^])(\d*)`)

// splitAncestry parts HEAD~2^ into HEAD and its steps.
func splitAncestry(revision string) (string, [][]string) {
	parts := ancestry.FindStringSubmatch(revision)
	if parts == nil {
		return revision, nil
	}
	return parts[1], ancestorStep.FindAllStringSubmatch(parts[2], -1)
}

// ancestor follows the steps of gitrevisions(7): ~n is the n-th first parent, ^n the n-th parent.
func (r *Repo) ancestor(commit *object.Commit, steps [][]string) (*object.Commit, error) {
	for _, step := range steps {
		count, err := strconv.Atoi(step[2])
		if err != nil {
			count = 1
		}
		if step[1] == "^" {
			commit, err = r.parent(commit, count)
		} else {
			commit, err = r.firstParents(commit, count)
		}
		if err != nil {
			return nil, err
		}
	}
	return commit, nil
}

func (r *Repo) firstParents(commit *object.Commit, count int) (*object.Commit, error) {
	for range count {
		next, err := r.parent(commit, 1)
		if err != nil {
			return nil, err
		}
		commit = next
	}
	return commit, nil
}

func (r *Repo) parent(commit *object.Commit, number int) (*object.Commit, error) {
	if number == 0 {
		return commit, nil
	}
	if number > len(commit.ParentHashes) {
		return nil, files.Unavailable("Commit %s has no parent %d.", short(commit.Hash), number)
	}
	return r.commitOf(commit.ParentHashes[number-1])
}
