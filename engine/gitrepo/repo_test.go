package gitrepo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
	"github.com/plumbline/plumbline/engine/testfiles"
)

// git runs the real git, whose answers are the oracle of this package.
func git(t *testing.T, folder string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: there is nothing to compare with")
	}
	run := exec.Command(program, args...)
	run.Dir = folder
	run.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org",
		"GIT_AUTHOR_DATE=2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2024-01-01T00:00:00Z")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	testfiles.Write(t, folder, map[string]string{name: text})
}

func newRepository(t *testing.T, args ...string) string {
	t.Helper()
	folder := t.TempDir()
	git(t, folder, append([]string{"init", "-q", "-b", "main"}, args...)...)
	write(t, folder, "a.yaml", "a: 1\n")
	write(t, folder, "dir/b.yaml", "b: 1\n")
	write(t, folder, "dir/deep/c.yaml", "c: 1\n")
	commit(t, folder, "first")
	return folder
}

func commit(t *testing.T, folder, message string) string {
	t.Helper()
	git(t, folder, "add", "-A")
	git(t, folder, "commit", "-q", "-m", message)
	return git(t, folder, "rev-parse", "HEAD")
}

func open(t *testing.T, folder string) *Repo {
	t.Helper()
	layout, err := Discover(folder)
	if err != nil {
		t.Fatal(err)
	}
	repo, err := Open(layout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := repo.Close(); err != nil {
			t.Error(err)
		}
	})
	return repo
}

func describe(t *testing.T, repo *Repo) model.Repository {
	t.Helper()
	described, err := repo.Describe()
	if err != nil {
		t.Fatal(err)
	}
	return described
}

func read(t *testing.T, repo *Repo, revision, name string) string {
	t.Helper()
	resolved, err := repo.Resolve(revision)
	if err != nil {
		t.Fatal(err)
	}
	text, err := files.NewLayer(repo.Tree(resolved)).Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func unavailable(t *testing.T, err error) string {
	t.Helper()
	var lacking *files.UnavailableError
	if !errors.As(err, &lacking) {
		t.Fatalf("want unavailable, got %v", err)
	}
	return lacking.Reason
}

func TestDescribe(t *testing.T) {
	folder := newRepository(t)
	git(t, folder, "remote", "add", "origin", "short:acme/gitops.git")
	git(t, folder, "remote", "set-url", "--add", "origin", "ssh://git@b.example/acme/gitops.git")
	git(t, folder, "config", "url.https://git.example/.insteadOf", "short:")
	git(t, folder, "config", "url.https://other.example/x/.insteadOf", "short:other/")
	git(t, folder, "config", "branch.main.remote", "origin")
	git(t, folder, "config", "branch.main.merge", "refs/heads/trunk")
	git(t, folder, "branch", "feature/x")
	git(t, folder, "tag", "light")
	git(t, folder, "tag", "-a", "v1", "-m", "one")
	git(t, folder, "update-ref", "refs/remotes/origin/trunk", "HEAD")
	git(t, folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
	head := git(t, folder, "rev-parse", "HEAD")
	for _, packed := range []bool{false, true} {
		if packed {
			git(t, folder, "pack-refs", "--all")
		}
		got := describe(t, open(t, filepath.Join(folder, "dir", "deep")))
		want := model.Repository{
			TopLevel: folder, GitDir: filepath.Join(folder, ".git"), CommonDir: filepath.Join(folder, ".git"),
			HeadRef: "refs/heads/main", HeadCommit: head,
			Remotes: []model.Remote{{Name: "origin", URLs: []string{
				"https://git.example/acme/gitops.git", "ssh://git@b.example/acme/gitops.git",
			}}},
			Refs: []model.GitRef{
				{Name: "refs/heads/feature/x", Commit: head},
				{Name: "refs/heads/main", Commit: head},
				{Name: "refs/remotes/origin/HEAD", Commit: head, Target: "refs/remotes/origin/trunk"},
				{Name: "refs/remotes/origin/trunk", Commit: head},
				{Name: "refs/tags/light", Commit: head},
				{Name: "refs/tags/v1", Commit: head},
			},
			Upstream: &model.Upstream{Remote: "origin", Ref: "refs/heads/trunk"},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("packed %v\n got %+v\nwant %+v", packed, got, want)
		}
	}
	git(t, folder, "checkout", "-q", "--detach")
	if got := describe(t, open(t, folder)); got.HeadRef != "" || got.HeadCommit != head {
		t.Errorf("detached: %+v", got)
	}
}

func TestEmptyRepository(t *testing.T) {
	folder := t.TempDir()
	git(t, folder, "init", "-q", "-b", "main")
	repo := open(t, folder)
	got := describe(t, repo)
	if got.HeadRef != "refs/heads/main" || got.HeadCommit != "" || len(got.Refs) != 0 {
		t.Errorf("got %+v", got)
	}
	_, err := repo.Resolve("HEAD")
	unavailable(t, err)
}

func TestDiscoverNone(t *testing.T) {
	if _, err := Discover(t.TempDir()); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}

func TestResolve(t *testing.T) {
	folder := newRepository(t)
	first := git(t, folder, "rev-parse", "HEAD")
	git(t, folder, "tag", "-a", "v1", "-m", "one")
	git(t, folder, "tag", "-a", "nested", "v1", "-m", "two")
	git(t, folder, "branch", "same")
	write(t, folder, "a.yaml", "a: 2\n")
	second := commit(t, folder, "second")
	git(t, folder, "tag", "same")
	git(t, folder, "update-ref", "refs/remotes/origin/main", first)
	git(t, folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	repo := open(t, folder)
	for revision, want := range map[string]string{
		"HEAD": second, "main": second, "refs/heads/main": second, "v1": first, "nested": first,
		"same": second, "origin/main": first, "origin": first, first: first,
		first[:10]: first, first[:7]: first, strings.ToUpper(second[:12]): second,
		"HEAD~1": first, "HEAD~": first, "main^": first, "HEAD~0": second, "HEAD^0": second,
		second[:9] + "^1": first, "origin/main~0": first,
	} {
		got, err := repo.Resolve(revision)
		if err != nil {
			t.Errorf("%s: %v", revision, err)
		} else if got.Hash.String() != want {
			t.Errorf("%s: got %s, want %s", revision, got.Hash, want)
		}
	}
	for _, revision := range []string{"none", "", "HEAD~2", "HEAD^2", "HEAD~1^", "~1", "HEAD@{1}", strings.Repeat("0", 40), "../../config", git(t, folder, "rev-parse", "HEAD^{tree}")} {
		_, err := repo.Resolve(revision)
		unavailable(t, err)
	}
	if got := read(t, repo, "v1", "a.yaml"); got != "a: 1\n" {
		t.Errorf("got %q", got)
	}
}

// TestNewCommitsAreSeen keeps one repository open over commits, packs and fetches.
func TestNewCommitsAreSeen(t *testing.T) {
	folder := newRepository(t)
	repo := open(t, folder)
	for i := range 4 {
		text := fmt.Sprintf("a: %d\n", i+10)
		write(t, folder, "a.yaml", text)
		commit(t, folder, "next")
		if i%2 == 1 {
			git(t, folder, "gc", "-q", "--prune=now")
		}
		if got := read(t, repo, "HEAD", "a.yaml"); got != text {
			t.Fatalf("step %d: got %q", i, got)
		}
	}
}

// TestPackedFiles reads files of every size out of packs, whole and as a difference from another one:
// go-git keeps small ones in memory and opens the pack again for the others.
func TestPackedFiles(t *testing.T) {
	folder := newRepository(t)
	random := rand.New(rand.NewPCG(1, 2))
	line := func() string { return fmt.Sprintf("key%d: %x\n", random.IntN(100), random.Uint64()) }
	names, texts := []string{}, map[string]string{}
	for _, size := range []int{1, 1 << 10, 15 << 10, 16<<10 - 1, 16 << 10, 17 << 10, 64 << 10, 300 << 10} {
		text := strings.Builder{}
		for text.Len() < size {
			text.WriteString(line())
		}
		name := fmt.Sprintf("sizes/%d.yaml", size)
		names, texts[name] = append(names, name), text.String()[:size]
	}
	testfiles.Write(t, folder, texts)
	first := commit(t, folder, "sizes")
	edited := map[string]string{}
	for name, text := range texts {
		edited[name] = text + line()
	}
	testfiles.Write(t, folder, edited)
	commit(t, folder, "longer")
	linked := filepath.Join(t.TempDir(), "linked")
	git(t, folder, "worktree", "add", "-q", "-b", "other", linked)
	git(t, folder, "gc", "-q")
	for place, where := range map[string]string{"clone": folder, "worktree": linked} {
		repo := open(t, where)
		for _, name := range names {
			if got := read(t, repo, first, name); got != texts[name] {
				t.Errorf("%s: %s has %d bytes at first", place, name, len(got))
			}
			if got := read(t, repo, "HEAD", name); got != edited[name] {
				t.Errorf("%s: %s has %d bytes at HEAD", place, name, len(got))
			}
		}
	}
}

func TestLinkedWorktree(t *testing.T) {
	folder := newRepository(t)
	linked := filepath.Join(t.TempDir(), "linked")
	git(t, folder, "worktree", "add", "-q", "-b", "other", linked)
	write(t, linked, "a.yaml", "a: linked\n")
	head := commit(t, linked, "there")
	repo := open(t, linked)
	got := describe(t, repo)
	if got.TopLevel != linked || got.CommonDir != filepath.Join(folder, ".git") || got.HeadRef != "refs/heads/other" || got.HeadCommit != head {
		t.Errorf("got %+v", got)
	}
	if text := read(t, repo, "HEAD", "a.yaml"); text != "a: linked\n" {
		t.Errorf("got %q", text)
	}
	if text := read(t, repo, "main", "a.yaml"); text != "a: 1\n" {
		t.Errorf("got %q", text)
	}
}

// TestForeignGitDir keeps a .git file from pointing at a repository that does not know of it.
func TestForeignGitDir(t *testing.T) {
	private := newRepository(t)
	folder := t.TempDir()
	write(t, folder, ".git", "gitdir: "+filepath.Join(private, ".git")+"\n")
	if layout, err := Discover(folder); !errors.Is(err, ErrNone) {
		t.Errorf("got %+v, %v", layout, err)
	}
}

func TestSubmodule(t *testing.T) {
	inner := newRepository(t)
	folder := newRepository(t)
	git(t, folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "sub")
	commit(t, folder, "with a submodule")
	sub := open(t, filepath.Join(folder, "sub", "dir"))
	if got := describe(t, sub); got.TopLevel != filepath.Join(folder, "sub") || got.HeadCommit != git(t, inner, "rev-parse", "HEAD") {
		t.Errorf("got %+v", got)
	}
	if text := read(t, sub, "HEAD", "a.yaml"); text != "a: 1\n" {
		t.Errorf("got %q", text)
	}
	outer := open(t, folder)
	resolved, err := outer.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	all := func(string) bool { return true }
	listed, err := files.Paths(outer.Tree(resolved), "", all)
	if err != nil || strings.Join(listed, " ") != ".gitmodules a.yaml dir/b.yaml dir/deep/c.yaml" {
		t.Errorf("got %v %v", listed, err)
	}
	disk, closer, err := files.OpenDisk(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	if onDisk, err := files.Paths(disk, "", all); err != nil || !slices.Equal(onDisk, listed) {
		t.Errorf("got %v %v", onDisk, err)
	}
	layer := files.NewLayer(outer.Tree(resolved))
	_, err = layer.Read("sub/a.yaml")
	if reason := unavailable(t, err); !strings.Contains(reason, "submodule") || layer.Unavailable() == nil {
		t.Errorf("got %q", reason)
	}
}

func TestClonesThatLackObjects(t *testing.T) {
	origin := newRepository(t)
	first := git(t, origin, "rev-parse", "HEAD")
	write(t, origin, "a.yaml", "a: 2\n")
	commit(t, origin, "second")
	git(t, origin, "config", "uploadpack.allowFilter", "true")
	url := "file://" + origin
	t.Run("shallow", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "c")
		git(t, origin, "clone", "-q", "--depth=1", url, folder)
		repo := open(t, folder)
		if !describe(t, repo).Shallow {
			t.Error("not told to be shallow")
		}
		if got := read(t, repo, "HEAD", "a.yaml"); got != "a: 2\n" {
			t.Errorf("got %q", got)
		}
		_, err := repo.Resolve(first)
		if reason := unavailable(t, err); !strings.Contains(reason, "shallow") {
			t.Errorf("got %q", reason)
		}
	})
	t.Run("partial", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "c")
		git(t, origin, "clone", "-q", "--filter=blob:none", url, folder)
		repo := open(t, folder)
		if !describe(t, repo).Partial {
			t.Error("not told to be partial")
		}
		resolved, err := repo.Resolve(first)
		if err != nil {
			t.Fatal(err)
		}
		_, err = files.NewLayer(repo.Tree(resolved)).Read("a.yaml")
		if reason := unavailable(t, err); !strings.Contains(reason, "partial") {
			t.Errorf("got %q", reason)
		}
	})
	t.Run("shared", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "c")
		git(t, origin, "clone", "-q", "--shared", origin, folder)
		_, err := open(t, folder).Resolve("HEAD")
		if reason := unavailable(t, err); !strings.Contains(reason, "shares") {
			t.Errorf("got %q", reason)
		}
	})
	t.Run("sparse", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "c")
		git(t, origin, "clone", "-q", url, folder)
		git(t, folder, "sparse-checkout", "set", "dir/deep")
		repo := open(t, folder)
		if !describe(t, repo).Sparse {
			t.Error("not told to be sparse")
		}
		if got := read(t, repo, "HEAD", "dir/b.yaml"); got != "b: 1\n" {
			t.Errorf("got %q", got)
		}
		if got := changed(t, folder, repo, nil); len(got) != 0 {
			t.Errorf("what a sparse checkout leaves out is no change: %v", got)
		}
	})
	t.Run("sha256", func(t *testing.T) {
		repo := open(t, newRepository(t, "--object-format=sha256"))
		_, err := repo.Resolve("HEAD")
		if reason := unavailable(t, err); !strings.Contains(reason, "SHA-256") {
			t.Errorf("got %q", reason)
		}
	})
}

func changed(t *testing.T, folder string, repo *Repo, wanted []string) []string {
	t.Helper()
	disk, closer, err := files.OpenDisk(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	resolved, err := repo.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	present, err := files.Paths(disk, repo.Exclude(), files.Tracked(TrackedNames(repo.Index())))
	if err != nil {
		t.Fatal(err)
	}
	got, err := repo.Changed(resolved, disk, present, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func status(t *testing.T, folder string) []string {
	t.Helper()
	names := []string{}
	// The branch comes first, so that no entry's leading blank is trimmed.
	for _, line := range strings.Split(git(t, folder, "status", "--branch", "--porcelain", "-uall", "-z", "--no-renames"), "\x00")[1:] {
		if len(line) > 3 {
			names = append(names, line[3:])
		}
	}
	sort.Strings(names)
	return names
}

// TestChangedEqualsStatus edits at random and compares with git status after each step.
func TestChangedEqualsStatus(t *testing.T) {
	folder := newRepository(t)
	write(t, folder, ".gitignore", "*.log\n/build/\n!keep.log\ndir/*.tmp\n")
	write(t, folder, "tracked.log", "tracked although ignored\n")
	git(t, folder, "add", "-f", "tracked.log")
	write(t, folder, "dir/.gitignore", "local\n")
	commit(t, folder, "ignores")
	repo := open(t, folder)
	names := []string{
		"a.yaml", "dir/b.yaml", "dir/deep/c.yaml", "new.yaml", "x.log", "keep.log", "tracked.log",
		"build/out.yaml", "dir/t.tmp", "dir/local", "other/deep/file.yaml", ".gitignore.bak", "ü.yaml",
	}
	random := rand.New(rand.NewPCG(3, 4))
	for step := range 60 {
		name := names[random.IntN(len(names))]
		switch random.IntN(5) {
		case 0:
			_ = os.Remove(filepath.Join(folder, filepath.FromSlash(name)))
		case 1:
			git(t, folder, "add", "-A")
		case 2:
			git(t, folder, "commit", "-q", "--allow-empty", "-a", "-m", "step")
		default:
			write(t, folder, name, fmt.Sprintf("v: %d\n", random.IntN(3)))
		}
		// Staged and unstaged differences from HEAD are the same thing here.
		if got, want := changed(t, folder, repo, nil), status(t, folder); !reflect.DeepEqual(got, want) && !settled(t, folder, got, want) {
			t.Fatalf("step %d: got %v, want %v", step, got, want)
		}
	}
}

// settled allows a file that is staged with one content and has that of HEAD again: git status lists
// it for its index, which is no part of the working copy.
func settled(t *testing.T, folder string, got, want []string) bool {
	t.Helper()
	seen := map[string]bool{}
	for _, name := range got {
		seen[name] = true
	}
	for _, name := range want {
		if seen[name] {
			delete(seen, name)
			continue
		}
		atHead := exec.Command("git", "show", "HEAD:"+name)
		atHead.Dir = folder
		text, err := atHead.Output()
		now, readErr := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if (err == nil) != (readErr == nil) || string(text) != string(now) {
			return false
		}
	}
	return len(seen) == 0
}

func TestChangedOfGivenPaths(t *testing.T) {
	folder := newRepository(t)
	repo := open(t, folder)
	write(t, folder, "a.yaml", "a: 2\n")
	write(t, folder, "new.yaml", "n: 1\n")
	if err := os.Remove(filepath.Join(folder, "dir", "b.yaml")); err != nil {
		t.Fatal(err)
	}
	got := changed(t, folder, repo, []string{"a.yaml", "dir/b.yaml", "dir/deep/c.yaml", "new.yaml", "none.yaml", "../out"})
	if want := []string{"a.yaml", "dir/b.yaml", "new.yaml"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSameSizeAndTime is an edit that only its content gives away, right after the index was written.
func TestSameSizeAndTime(t *testing.T) {
	folder := newRepository(t)
	repo := open(t, folder)
	file := filepath.Join(folder, "a.yaml")
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.Stat(filepath.Join(folder, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "a.yaml", "a: 7\n")
	if err := os.Chtimes(file, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(folder, ".git", "index"), index.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := changed(t, folder, repo, nil); !reflect.DeepEqual(got, []string{"a.yaml"}) {
		t.Errorf("got %v", got)
	}
}

func TestConvertedText(t *testing.T) {
	folder := newRepository(t)
	git(t, folder, "config", "core.autocrlf", "true")
	write(t, folder, "a.yaml", "a: 1\r\n")
	write(t, folder, "dir/b.yaml", "b: 2\r\n")
	if got := changed(t, folder, open(t, folder), nil); !reflect.DeepEqual(got, []string{"dir/b.yaml"}) {
		t.Errorf("got %v", got)
	}
}

func TestLinksInTrees(t *testing.T) {
	folder := newRepository(t)
	for link, target := range map[string]string{"l.yaml": "dir/b.yaml", "d": "dir/deep", "out": "/etc/passwd", "loop": "loop", "dir/up": ".."} {
		if err := os.Symlink(target, filepath.Join(folder, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, folder, "links")
	repo := open(t, folder)
	for name, want := range map[string]string{"l.yaml": "b: 1\n", "d/c.yaml": "c: 1\n", "dir/up/a.yaml": "a: 1\n"} {
		if got := read(t, repo, "HEAD", name); got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
	resolved, err := repo.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out", "loop"} {
		if _, err := files.NewLayer(repo.Tree(resolved)).Read(name); !errors.Is(err, files.ErrOutside) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := changed(t, folder, repo, nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
