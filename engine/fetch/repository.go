package fetch

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"helm.sh/helm/v4/pkg/repo/v1"

	"github.com/plumbline/plumbline/engine/chartcache"
)

type indexResult struct {
	index *repo.IndexFile
	err   error
}

// fromRepository finds a chart in the index of a repository over HTTP, as Helm chooses it, and gets
// its archive, whose digest the index tells.
func (s *session) fromRepository(address string, entry *repo.Entry, want Want) (found, error) {
	index, err := s.index(address, entry, want.ID)
	if err != nil {
		return found{}, err
	}
	if len(index.Entries[want.Name]) == 0 {
		return found{}, fail(notFound, "%s has no chart %s.", shown(address), want.Name)
	}
	version, err := index.Get(want.Name, want.Version)
	if err != nil {
		return found{}, fail(versionNotFound, "%s has no version of %s that matches %s.",
			shown(address), want.Name, orNewest(want.Version))
	}
	if len(version.URLs) == 0 {
		return found{}, fail(refused, "%s does not say where %s %s is.", shown(address), want.Name, version.Version)
	}
	place, err := repo.ResolveReferenceURL(address, version.URLs[0])
	if err != nil {
		return found{}, fail(refused, "%s gives no usable address for %s %s.", shown(address), want.Name, version.Version)
	}
	return s.archive(address, entry, place, version, want)
}

func orNewest(version string) string {
	if version == "" {
		return "a release"
	}
	return version
}

func (s *session) archive(address string, entry *repo.Entry, place string, version *repo.ChartVersion, want Want) (found, error) {
	got := found{name: want.Name, version: version.Version}
	if strings.HasPrefix(place, "oci://") {
		// An index may lead to registries.
		pulled, err := s.pull(place, Want{ID: want.ID, Insecure: want.Insecure})
		pulled.version = version.Version
		return pulled, err
	}
	data, err := s.get(getting{
		origin: address, address: place, entry: entry, limit: s.limits.MaxArchiveBytes,
		accept: "application/gzip,application/octet-stream", progress: s.progressOf(want.ID, "chart"),
	})
	if err != nil {
		return found{}, err
	}
	if told := strings.TrimPrefix(version.Digest, "sha256:"); told != "" && !strings.EqualFold("sha256:"+told, chartcache.Digest(data)) {
		return found{}, fail(refused, "%s %s is not what the index of %s says: its digest differs.",
			want.Name, version.Version, shown(address))
	}
	got.archive = data
	return got, nil
}

// index reads that of one repository once in a run.
func (s *session) index(address string, entry *repo.Entry, id string) (*repo.IndexFile, error) {
	if known, ok := s.indexes[address]; ok {
		return known.index, known.err
	}
	index, err := s.readIndex(address, entry, id)
	s.indexes[address] = indexResult{index, err}
	return index, err
}

func (s *session) readIndex(address string, entry *repo.Entry, id string) (*repo.IndexFile, error) {
	place, err := repo.ResolveReferenceURL(address, "index.yaml")
	if err != nil {
		return nil, fail(refused, "%s is not the address of a chart repository.", shown(address))
	}
	text, err := s.get(getting{
		origin: address, address: place, entry: entry, limit: s.limits.MaxIndexBytes,
		progress: s.progressOf(id, "index"),
	})
	if err != nil {
		return nil, err
	}
	// Helm reads an index from a file only.
	file, err := os.CreateTemp("", "plumbline-index-")
	if err != nil {
		return nil, fail(refused, "There is no place for temporary files.")
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fail(refused, "There is no place for temporary files.")
	}
	index, err := repo.LoadIndexFile(file.Name())
	if err != nil {
		return nil, fail(refused, "The index of %s is not that of a chart repository.", shown(address))
	}
	return index, nil
}

type getting struct {
	origin, address, accept string
	entry                   *repo.Entry
	limit                   int64
	progress                func(int64)
}

// get reads one address. The login goes only to the server that the user gave it for.
func (s *session) get(g getting) ([]byte, error) {
	origin, errOrigin := url.Parse(g.origin)
	address, errAddress := url.Parse(g.address)
	if errOrigin != nil || errAddress != nil {
		return nil, fail(refused, "The repository gives an address that cannot be read.")
	}
	entry := g.entry
	if entry != nil && !entry.PassCredentialsAll && !sameOrigin(origin, address) {
		entry = nil
	}
	if origin.Scheme == "https" && address.Scheme != "https" || isOwn(address) && !isOwn(origin) {
		return nil, fail(refused, "%s leads to %s, which may not be read from there.", shown(g.origin), shown(g.address))
	}
	client, err := s.client(entry, address.Scheme == "http", g.progress)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, g.address, http.NoBody)
	if err != nil {
		return nil, fail(refused, "The repository gives an address that cannot be read.")
	}
	request.Header.Set("User-Agent", userAgent)
	if g.accept != "" {
		request.Header.Set("Accept", g.accept)
	}
	if entry != nil && entry.Username != "" && entry.Password != "" {
		request.SetBasicAuth(entry.Username, entry.Password)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, failureOf(shown(g.address), err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, statusFailure(shown(g.address), response.StatusCode)
	}
	return readAtMost(response, g)
}

func readAtMost(response *http.Response, g getting) ([]byte, error) {
	over := fail(tooLarge, "%s is larger than %d MB.", shown(g.address), g.limit>>20)
	if response.ContentLength > g.limit {
		return nil, over
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, g.limit+1))
	if err != nil {
		return nil, failureOf(shown(g.address), err)
	}
	if int64(len(data)) > g.limit {
		return nil, over
	}
	return data, nil
}
