package fetch

import (
	"context"
	"net/url"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"helm.sh/helm/v4/pkg/registry"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

const (
	userAgent     = "Helm/4 plumbline"
	maxLayerCount = 16
)

func isDigest(version string) bool { return strings.HasPrefix(version, "sha256:") }

// pull gets a chart from an OCI registry with Helm's client: its choice of a tag for a range, its
// media types, its logins.
func (s *session) pull(address string, want Want) (found, error) {
	client, err := s.registry(want)
	if err != nil {
		return found{}, err
	}
	reference, err := s.resolve(client, address, want)
	if err != nil {
		return found{}, s.registryFailure(address, want, err)
	}
	s.progressOf(want.ID, "chart")
	pulled, err := client.Generic().PullGeneric(reference, registry.GenericPullOptions{
		AllowedMediaTypes: []string{
			ocispec.MediaTypeImageIndex, ocispec.MediaTypeImageManifest, registry.ConfigMediaType,
			registry.ChartLayerMediaType, registry.LegacyChartLayerMediaType,
		},
		PreCopy: s.bounded(),
	})
	if err != nil {
		return found{}, s.registryFailure(address, want, err)
	}
	for _, layer := range pulled.Descriptors {
		if layer.MediaType != registry.ChartLayerMediaType && layer.MediaType != registry.LegacyChartLayerMediaType {
			continue
		}
		data, err := client.Generic().GetDescriptorData(pulled.MemoryStore, layer)
		if err != nil {
			return found{}, fail(refused, "%s gave an answer that cannot be used.", shown(address))
		}
		name, version := named(reference)
		return found{name: name, version: version, archive: data, manifestDigest: pulled.Manifest.Digest.String()}, nil
	}
	return found{}, fail(refused, "%s is not a Helm chart.", shown(address))
}

// bounded looks at the sizes that a manifest tells before anything of it is read.
func (s *session) bounded() func(context.Context, ocispec.Descriptor) error {
	count := 0
	return func(_ context.Context, descriptor ocispec.Descriptor) error {
		if count++; count > maxLayerCount || descriptor.Size > s.limits.MaxArchiveBytes {
			return fail(tooLarge, "The chart is larger than %d MB.", s.limits.MaxArchiveBytes>>20)
		}
		return nil
	}
}

// resolve gives `host/path:tag` or `host/path@digest`.
func (s *session) resolve(client *registry.Client, address string, want Want) (string, error) {
	if want.Name != "" {
		address += "/" + want.Name
	}
	if isDigest(want.Version) {
		return strings.TrimPrefix(address, "oci://") + "@" + want.Version, nil
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return "", fail(refused, "%s is not the address of a chart.", shown(address))
	}
	if !isExact(want.Version) {
		s.progressOf(want.ID, "versions")
	}
	_, resolved, err := client.ValidateReference(address, want.Version, parsed)
	if err != nil {
		return "", err
	}
	return resolved.Host + "/" + strings.TrimPrefix(resolved.Path, "/"), nil
}

// registryFailure knows the sentences of Helm that say that a range has no match.
func (s *session) registryFailure(address string, want Want, err error) error {
	failure := failureOf(shown(address), err)
	text := err.Error()
	if strings.Contains(text, "could not locate a version") || strings.Contains(text, "unable to locate any tags") ||
		failure.Kind == notFound && isExact(want.Version) {
		return fail(versionNotFound, "%s has no version that matches %s.", shown(address), orNewest(want.Version))
	}
	return failure
}

// named takes a reference apart; a tag writes the `+` of a version as `_`.
func named(reference string) (name, version string) {
	path, tag, ok := strings.Cut(reference[strings.LastIndex(reference, "/")+1:], "@")
	if !ok {
		path, tag, _ = strings.Cut(path, ":")
		tag = strings.ReplaceAll(tag, "_", "+")
	}
	return path, tag
}

// registry gives Helm's client over the guarded transport. The logins are those of Helm's registry
// file and then of Docker's, whose credential helpers are programs that run here.
func (s *session) registry(want Want) (*registry.Client, error) {
	client, err := s.client(nil, want.Insecure, s.progressOf(want.ID, "chart"))
	if err != nil {
		return nil, err
	}
	authorizer := auth.Client{Client: client, Cache: auth.NewCache(), Credential: credentials.Credential(s.user.logins())}
	authorizer.SetUserAgent(userAgent)
	options := []registry.ClientOption{
		registry.ClientOptAuthorizer(authorizer), registry.ClientOptCredentialsFile(s.user.registryConfig),
	}
	if want.Insecure {
		options = append(options, registry.ClientOptPlainHTTP())
	}
	made, err := registry.NewClient(options...)
	if err != nil {
		return nil, fail(unauthorized, "The registry logins of Helm cannot be read.")
	}
	return made, nil
}

// logins are those that Helm's own client reads, in its order.
func (u *user) logins() credentials.Store {
	options := credentials.StoreOptions{DetectDefaultNativeStore: true}
	stores := []credentials.Store{}
	if store, err := credentials.NewStore(u.registryConfig, options); err == nil {
		stores = append(stores, store)
	}
	if store, err := credentials.NewStoreFromDocker(options); err == nil {
		stores = append(stores, store)
	}
	if len(stores) == 0 {
		return credentials.NewMemoryStore()
	}
	return credentials.NewStoreWithFallbacks(stores[0], stores[1:]...)
}
