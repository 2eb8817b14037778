package render

import (
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/api/resource"

	"github.com/plumbline/plumbline/engine/chartcache"
	"github.com/plumbline/plumbline/engine/files"
	"github.com/plumbline/plumbline/engine/model"
)

// RemoteText is a commit of another repository.
type RemoteText struct {
	Tree   files.Tree
	Commit string
	// FetchedAt is when the cache got it; Root is the open folder that has it instead.
	FetchedAt time.Time
	Root      string
	// Modules are its submodules, where the cache has them.
	Modules []model.UsedSubmodule
}

// MountedText is text of another repository at a folder of its own; without a tree it is one that was
// never fetched.
type MountedText struct {
	RemoteText
	Name string
	// Git is what to fetch.
	Git model.GitReference
	// Edited says that the tree is a working tree.
	Edited bool
}

func (r *run) mount(mounts []MountedText) {
	for _, mounted := range mounts {
		if mounted.Tree == nil {
			r.remote.absent[files.Join(files.Trees, mounted.Name)] = mounted.Git
			continue
		}
		used := model.UsedRepository{
			GitReference: mounted.Git, Mount: r.layer.MountTree(mounted.Name, mounted.Tree),
			Commit: mounted.Commit, Root: mounted.Root, Modules: mounted.Modules,
		}
		if !mounted.FetchedAt.IsZero() {
			used.FetchedAt = mounted.FetchedAt.Format(timeFormat)
		}
		r.remote.edited[used.Mount] = mounted.Edited
		r.remote.repositories = append(r.remote.repositories, used)
	}
}

// usedRepositories are what was read of other repositories, with the paths in their working trees.
func (r *run) usedRepositories() []model.UsedRepository {
	for i, used := range r.remote.repositories {
		if r.remote.edited[used.Mount] {
			r.remote.repositories[i].Inputs = r.layer.InputsOf(used.Mount)
		}
	}
	return r.remote.repositories
}

// absentMount is the repository that a source reads from and that was not fetched.
func (r *run) absentMount(source model.Source) *model.GitReference {
	names := append([]string{source.Path}, source.ValueFiles...)
	names = append(names, source.ChartValueFiles...)
	for _, parameter := range source.FileParameters {
		names = append(names, parameter.Path)
	}
	for _, name := range names {
		mount := files.MountOf(name)
		if absent, ok := r.remote.absent[mount]; ok && mount != "" {
			if mount == files.MountOf(source.Path) {
				absent.Path = strings.TrimPrefix(strings.TrimPrefix(source.Path, mount), "/")
			}
			return &absent
		}
	}
	return nil
}

func (r *run) failAbsent(source model.Source, absent model.GitReference) error {
	missing := missingBase(absent, "")
	r.missing = append(r.missing, missing)
	return r.fail("", "source-not-fetched", fmt.Sprintf("The repository %s has not been fetched.", missing.Reference))
}

// missingBase names a repository as Kustomize writes it.
func missingBase(wanted model.GitReference, file string) model.Missing {
	reference := wanted.URL
	if wanted.Path != "" {
		reference += "//" + wanted.Path
	}
	if wanted.Ref != "" {
		reference += "?ref=" + wanted.Ref
	}
	return model.Missing{Kind: "base", Reference: reference, Path: file, Git: wanted}
}

// remoteReads is what a render took from elsewhere.
type remoteReads struct {
	// absent and edited are by folders of mounts.
	absent map[string]model.GitReference
	edited map[string]bool

	repository   func(wanted model.GitReference) *RemoteText
	repositories []model.UsedRepository
	files        []model.UsedFile
	// placed are the paths of fetched files by digest.
	placed map[string]string
}

// notCloned is what an origin of Kustomize has for the top folder of a repository.
const notCloned = "notCloned"

// gitReference reads an entry as Kustomize does.
func gitReference(entry string) (model.GitReference, bool) {
	wanted, _, ok := remoteOrigin(entry)
	return wanted, ok
}

// remoteOrigin asks the origin of such a path, which it gives as well.
func remoteOrigin(entry string) (model.GitReference, *resource.Origin, bool) {
	origin := (&resource.Origin{}).Append(entry)
	if origin.Repo == "" || strings.HasPrefix(origin.Repo, "file://") {
		return model.GitReference{}, nil, false
	}
	place, _, _ := strings.Cut(entry, "?")
	name := origin.Path
	if name == notCloned && !strings.HasSuffix(place, "/"+notCloned) {
		name = ""
	}
	below, err := files.Clean(filepath.ToSlash(name))
	if err != nil {
		return model.GitReference{}, nil, false
	}
	return model.GitReference{
		URL: withoutPassword(origin.Repo), Ref: origin.Ref, Path: below, Submodules: wantsSubmodules(entry),
	}, origin, true
}

// wantsSubmodules reads `submodules`, which is on where nothing is said (kustomize, git.NewRepoSpecFromURL).
func wantsSubmodules(entry string) bool {
	_, query, _ := strings.Cut(entry, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return true
	}
	said, err := strconv.ParseBool(values.Get("submodules"))
	return said || err != nil
}

var passwords = regexp.MustCompile(`^(https?://)[^/@]*@`)

// withoutPassword leaves the login to git's own helpers.
func withoutPassword(address string) string { return passwords.ReplaceAllString(address, "$1") }

// mountRepository lets a commit of another repository stand below the tree and gives its folder.
func (r *run) mountRepository(wanted model.GitReference) (string, bool) {
	if r.remote.repository == nil {
		return "", false
	}
	text := r.remote.repository(wanted)
	if text == nil {
		return "", false
	}
	folder := r.layer.MountTree(mountName(wanted, text.Commit), text.Tree)
	for _, known := range r.remote.repositories {
		if known.Mount == folder && known.Ref == wanted.Ref && known.URL == wanted.URL {
			return folder, true
		}
	}
	used := model.UsedRepository{
		GitReference: model.GitReference{URL: wanted.URL, Ref: wanted.Ref, Submodules: wanted.Submodules},
		Mount:        folder, Commit: text.Commit, Root: text.Root, Modules: text.Modules,
	}
	if !text.FetchedAt.IsZero() {
		used.FetchedAt = text.FetchedAt.Format(timeFormat)
	}
	r.remote.repositories = append(r.remote.repositories, used)
	return folder, true
}

// mountName is told from others by its digest; the rest is for people.
func mountName(wanted model.GitReference, commit string) string {
	address := wanted.URL
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(address, ":", "/")), ".git")
	told := address + "\n" + commit
	if !wanted.Submodules {
		told += "\nalone"
	}
	digest := strings.TrimPrefix(chartcache.Digest([]byte(told)), "sha256:")
	return chartcache.PlainName(name) + "@" + commit[:min(8, len(commit))] + "-" + digest[:8]
}

// nameRepositories says of problems in other repositories where they are, as people know them.
func (r *run) nameRepositories() {
	for _, used := range r.remote.repositories {
		inMount := regexp.MustCompile(regexp.QuoteMeta(used.Mount) + `(/[^\s'":,()]*)?`)
		for i := range r.problems {
			r.problems[i].Message = inMount.ReplaceAllStringFunc(r.problems[i].Message, func(name string) string {
				below := strings.TrimPrefix(strings.TrimPrefix(name, used.Mount), "/")
				return fmt.Sprintf("%s of %s at %s", orTop(below), used.URL, orHead(used.Ref))
			})
		}
	}
}

// remoteFolder gives the path, relative to the kustomization, of a folder in another repository.
func (p *preparation) remoteFolder(entry string) (string, bool) {
	wanted, origin, ok := remoteOrigin(entry)
	if !ok {
		return "", false
	}
	mount, ok := p.mountRepository(wanted)
	if !ok {
		return "", false
	}
	p.noteOrigin(mount, wanted, origin)
	folder := files.Join(mount, wanted.Path)
	if info, err := p.layer.Stat(folder); err != nil || info.Kind != files.Dir {
		p.refuseEntry(entry, "not-found", fmt.Sprintf("%s of %s at %s is no folder.", orTop(wanted.Path), wanted.URL, orHead(wanted.Ref)))
		return "", true
	}
	if _, _, err := p.kustomizationFile(folder); err != nil {
		p.refuseEntry(entry, "kustomize", fmt.Sprintf("%s of %s at %s has no kustomization file.", orTop(wanted.Path), wanted.URL, orHead(wanted.Ref)))
		return "", true
	}
	p.changed = true
	p.include(folder)
	relative, err := filepath.Rel("/"+p.folder, "/"+folder)
	return filepath.ToSlash(relative), err == nil
}

// noteOrigin keeps how an entry stands in the origins that Kustomize writes into objects.
func (r *run) noteOrigin(mount string, wanted model.GitReference, origin *resource.Origin) {
	for i := range r.remote.repositories {
		if known := &r.remote.repositories[i]; known.Mount == mount && known.Origin == "" {
			known.Origin = origin.Repo
			if wanted.Path == "" {
				known.Top = origin.Path
			}
		}
	}
}

func orTop(name string) string {
	if name == "" {
		return "the top folder"
	}
	return name
}

func orHead(ref string) string {
	if ref == "" {
		return "its HEAD"
	}
	return ref
}

// looksLikeFile tells the address of a file from that of a repository. Kustomize asks the server for
// a file first; what is no address of a repository to it can only be one.
func looksLikeFile(entry string) bool {
	if !isURL(entry) {
		return false
	}
	address, err := url.Parse(entry)
	if err != nil || address.Host == "" {
		return false
	}
	if _, ok := gitReference(entry); !ok {
		return true
	}
	isText := regexp.MustCompile(`(?i)\.(ya?ml|json)$`).MatchString(address.Path)
	query := address.Query()
	return isText && query.Get("ref") == "" && query.Get("version") == "" && !strings.Contains(address.Path, "//")
}

// remoteFile puts a fetched file beside the kustomization and gives its name there.
func (p *preparation) remoteFile(entry string) (string, bool) {
	if p.run.charts == nil {
		return "", false
	}
	address := withoutPassword(entry)
	known, err := p.run.charts.Lookup(chartcache.FileReference(address))
	if err != nil {
		return "", false
	}
	text, err := p.run.charts.Archive(known.Digest)
	if err != nil {
		return "", false
	}
	digest := strings.TrimPrefix(known.Digest, "sha256:")
	base := chartcache.FileName(address)
	name := ".plumbline-file-" + digest[:12] + "-" + base
	file := files.Join(p.folder, name)
	if _, placed := p.fs.rewritten[file]; !placed {
		p.fs.rewritten[file] = text
		p.fs.resources[file] = true
		p.chartOrigins[file] = model.Origin{Path: files.Join(files.Mounts, digest, base)}
		p.addresses[file] = entry
		p.useFile(address, known)
	}
	p.changed = true
	return name, true
}

// leavesRepository says whether an entry leads out of the repository that its kustomization is in: a
// fetched one reaches no files of the open one, nor the other way round.
func (p *preparation) leavesRepository(entry string) bool {
	name, err := files.Clean(files.Join(p.folder, entry))
	if err != nil {
		// What leads out of everything is told as such.
		return false
	}
	if files.MountOf(name) == files.MountOf(p.folder) {
		return false
	}
	p.refuseEntry(entry, "outside-repository", fmt.Sprintf("%s leads out of the repository of this kustomization.", entry))
	return true
}

// refuseEntry keeps a build from passing for complete because of one entry.
func (p *preparation) refuseEntry(entry, code, message string) {
	p.refuse(p.fail(p.file, code, message))
	p.problems[len(p.problems)-1].Location.Line = p.line(entry)
}
