import type { FollowedRef } from '../model/app';
import type { JsonObject } from '../model/resource';
import type { FluxGitSource, SourceReference } from './definition';
import { mannerOf } from '../model/remote';
import type { GitManner } from '../model/remote';
import { valueAt } from '../model/fields';
import { given, objectAt, textAt } from './fields';
import { withoutUser } from './gitUrl';
import { type Manifest, nameOf, namespaceOf } from './manifests';
import { sharedDepth } from './paths';

type NamespaceOf = (path: string) => string | undefined;

/** Finds a named object as seen from a file: of several with one name, the one in the nearest folder. */
export interface NamedObjects {
  find(namespace: string, name: string, from: string): JsonObject | undefined;
}

export function namedObjects(
  manifests: readonly Manifest[],
  namespaceGiven: NamespaceOf,
): NamedObjects {
  const byName = new Map<string, Manifest[]>();
  for (const manifest of manifests) {
    // A file without a namespace takes it from its kustomization, or could be in any.
    const namespace = namespaceOf(manifest.object) ?? namespaceGiven(manifest.path) ?? '*';
    const key = `${namespace}/${nameOf(manifest.object)}`;
    const known = byName.get(key);
    if (known === undefined) byName.set(key, [manifest]);
    else known.push(manifest);
  }
  return {
    find(namespace, name, from) {
      const exact = byName.get(`${namespace}/${name}`);
      const candidates = exact ?? byName.get(`*/${name}`) ?? [];
      return nearest(candidates, from)?.object;
    },
  };
}

function nearest(candidates: readonly Manifest[], from: string): Manifest | undefined {
  const depth = (manifest: Manifest): number => sharedDepth(manifest.path, from);
  return candidates.reduce<Manifest | undefined>(
    (best, next) => (best === undefined || depth(next) > depth(best) ? next : best),
    undefined,
  );
}

const REF_FIELDS = ['commit', 'name', 'semver', 'tag', 'branch'] as const;

/**
 * What a GitRepository follows. Precedence as source-controller checks out: commit, name, semver,
 * tag, branch; `master` where nothing is written.
 */
export function gitRepositoryFollows(object: JsonObject): FollowedRef | undefined {
  const url = textAt(object, 'spec', 'url');
  if (url === undefined) return undefined;
  const ref = objectAt(object, 'spec', 'ref');
  const written = REF_FIELDS.map((field) => textAt(ref, field)).find(
    (value) => value !== undefined,
  );
  return { repoUrl: withoutUser(url), revision: written ?? 'master' };
}

/** Its ref is a branch or a tag by its field; submodules come along where it says so. */
function gitRepositoryManner(object: JsonObject | undefined): GitManner {
  const written = REF_FIELDS.find((field) => textAt(object, 'spec', 'ref', field) !== undefined);
  const refKind = written === 'tag' || written === 'branch' ? written : undefined;
  const submodules = valueAt(object, 'spec', 'recurseSubmodules') === true;
  return mannerOf({
    refKind: written === undefined ? 'branch' : refKind,
    submodules: submodules ? true : undefined,
  });
}

/**
 * The repository behind a source reference. `flux bootstrap` may keep its own GitRepository out of
 * sight of the Kustomizations beside it (it is in another folder or branch): a source in the
 * namespace `flux-system` that is defined nowhere is taken to be the repository itself.
 */
export function resolveGitSource(
  sources: NamedObjects,
  reference: SourceReference,
  from: string,
): FluxGitSource {
  const found = sources.find(reference.namespace, reference.name, from);
  const follows = found === undefined ? undefined : gitRepositoryFollows(found);
  if (follows !== undefined) {
    const manner = gitRepositoryManner(found);
    return { kind: 'known', follows, manner, ...given('ignore', textAt(found, 'spec', 'ignore')) };
  }
  const bootstrap = reference.namespace === 'flux-system' && found === undefined;
  return bootstrap ? { kind: 'own' } : { kind: 'unknown' };
}
