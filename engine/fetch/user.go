package fetch

import (
	"net/url"
	"os"
	"path"
	"strings"

	"helm.sh/helm/v4/pkg/helmpath"
	"helm.sh/helm/v4/pkg/repo/v1"
)

// user is what the user told Helm: repositories by name, and where logins for registries are.
type user struct {
	repositories   []*repo.Entry
	registryConfig string
}

// loadUser reads the files that Helm reads, at the places that its variables give.
func loadUser() *user {
	u := &user{registryConfig: placeOf("HELM_REGISTRY_CONFIG", "registry/config.json")}
	file, err := repo.LoadFile(placeOf("HELM_REPOSITORY_CONFIG", "repositories.yaml"))
	if err != nil {
		return u
	}
	for _, entry := range file.Repositories {
		if entry != nil {
			u.repositories = append(u.repositories, entry)
		}
	}
	return u
}

func placeOf(variable, name string) string {
	if value, ok := os.LookupEnv(variable); ok {
		return value
	}
	return helmpath.ConfigPath(name)
}

// repository gives the address behind a reference and, where the user has one for it, the entry with
// the login. `@name` and `alias:name` are Helm's ways to name the user's own repositories.
func (u *user) repository(reference string) (string, *repo.Entry, error) {
	name, named := strings.CutPrefix(reference, "@")
	if !named {
		name, named = strings.CutPrefix(reference, "alias:")
	}
	for _, entry := range u.repositories {
		if named && entry.Name == name || !named && sameAddress(entry.URL, reference) {
			return strings.TrimRight(entry.URL, "/"), entry, nil
		}
	}
	if named {
		return "", nil, fail(notFound, "Helm has no repository named %s here: add it with `helm repo add`.", name)
	}
	parsed, err := url.Parse(reference)
	if err != nil || parsed.Host == "" {
		return "", nil, fail(refused, "%s is not the address of a chart repository.", reference)
	}
	return strings.TrimRight(reference, "/"), nil, nil
}

// sameAddress compares as Helm does: without the end of the path, and the host in any case.
func sameAddress(a, b string) bool {
	first, errFirst := url.Parse(a)
	second, errSecond := url.Parse(b)
	if errFirst != nil || errSecond != nil {
		return a == b
	}
	return first.Scheme == second.Scheme && strings.EqualFold(first.Host, second.Host) &&
		path.Clean("/"+first.Path) == path.Clean("/"+second.Path)
}
