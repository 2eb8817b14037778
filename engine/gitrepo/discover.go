package gitrepo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Layout is where a repository keeps its parts; all paths are absolute.
type Layout struct {
	TopLevel  string
	GitDir    string
	CommonDir string
}

// ErrNone means that no folder from here upwards belongs to a Git repository.
var ErrNone = errors.New("not in a Git repository")

// Discover finds the repository of a path as git does: upwards to the first .git.
func Discover(start string) (Layout, error) {
	folder, err := filepath.Abs(start)
	if err != nil {
		return Layout{}, err
	}
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	for {
		if layout, ok := layoutAt(folder); ok {
			return layout, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return Layout{}, ErrNone
		}
		folder = above
	}
}

func layoutAt(folder string) (Layout, bool) {
	dotGit := filepath.Join(folder, ".git")
	info, err := os.Stat(dotGit)
	if err != nil {
		return Layout{}, false
	}
	layout := Layout{TopLevel: folder, GitDir: dotGit, CommonDir: dotGit}
	if !info.IsDir() {
		target, ok := linkedGitDir(folder, dotGit)
		if !ok {
			return Layout{}, false
		}
		layout.GitDir, layout.CommonDir = target, commonDirOf(target)
	}
	_, headErr := os.Lstat(filepath.Join(layout.GitDir, "HEAD"))
	_, objectsErr := os.Stat(filepath.Join(layout.CommonDir, "objects"))
	return layout, headErr == nil && objectsErr == nil
}

// linkedGitDir follows the .git file of a linked worktree or a submodule. The Git folder must name
// this working tree in turn, so that a file in a repository cannot point at somebody else's.
func linkedGitDir(folder, dotGit string) (string, bool) {
	text, err := readSmall(dotGit)
	if err != nil {
		return "", false
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(text), "gitdir:")
	if !ok {
		return "", false
	}
	target = absolute(folder, strings.TrimSpace(target))
	if back, err := readSmall(filepath.Join(target, "gitdir")); err == nil {
		return target, samePath(absolute(target, strings.TrimSpace(back)), dotGit)
	}
	config, err := readSmall(filepath.Join(target, "config"))
	if err != nil {
		return "", false
	}
	worktree := parseConfig(config).last("core", "", "worktree")
	return target, worktree != "" && samePath(absolute(target, worktree), folder)
}

func commonDirOf(gitDir string) string {
	text, err := readSmall(filepath.Join(gitDir, "commondir"))
	if err != nil {
		return gitDir
	}
	return absolute(gitDir, strings.TrimSpace(text))
}

func absolute(base, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(base, filepath.FromSlash(name))
}

func samePath(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

const maxSmall = 1 << 20

func readSmall(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSmall {
		return "", errors.New("is not a small file")
	}
	data, err := os.ReadFile(name)
	return string(data), err
}
