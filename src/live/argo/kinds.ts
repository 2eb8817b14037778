import type { ServedKind } from '../../model/cluster';
import { listAt, textAt } from '../../model/fields';
import type { KubeObject } from '../../model/resource';
import { resourceOf } from './items';

const READ = ['get'];
const APPLICATION: ServedKind = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  kind: 'Application',
  resource: 'applications',
  namespaced: true,
  verbs: ['get', 'watch', 'patch'],
  preferred: true,
};

/**
 * The kinds of a destination: those that every cluster has and that are asked for anyway, those of which its apps have objects, in the versions that Argo CD
 * compares them in, then those that Argo CD says the cluster serves. None can be listed.
 */
export function kindsOf(
  apps: readonly KubeObject[],
  apiVersions: readonly string[],
): readonly ServedKind[] {
  const kinds = new Map<string, ServedKind>();
  const seen = new Set<string>();
  const add = (kind: ServedKind): void => {
    const { group, version, kind: name } = kind;
    const key = `${group}/${version}/${name}`;
    if (kinds.has(key)) return;
    kinds.set(key, { ...kind, preferred: !seen.has(`${group}/${name}`) });
    seen.add(`${group}/${name}`);
  };
  add(APPLICATION);
  for (const kind of ['ConfigMap', 'Secret']) add(served('', 'v1', kind));
  for (const app of apps) {
    for (const entry of listAt(app, 'status', 'resources')) {
      const id = resourceOf(entry);
      const version = textAt(entry, 'version');
      if (id === undefined || version === undefined) continue;
      add({ ...served(id.group, version, id.kind), namespaced: id.namespace !== '' });
    }
  }
  for (const text of apiVersions) {
    const kind = written(text);
    if (kind !== undefined) add({ ...kind, scopeAssumed: true });
  }
  return withScopes([...kinds.values()]);
}

/** `v1/ConfigMap` and `apps/v1/Deployment`; group versions stand beside them. */
function written(text: string): ServedKind | undefined {
  const [kind = '', version = '', group = '', ...more] = text.split('/').reverse();
  const isKind = more.length === 0 && /^[A-Z]/.test(kind) && /^v\d/.test(version);
  return isKind ? served(group, version, kind) : undefined;
}

function served(group: string, version: string, kind: string): ServedKind {
  const resource = `${kind.toLowerCase()}s`;
  return { group, version, kind, resource, namespaced: true, verbs: READ, preferred: false };
}

/** What is known of one version of a kind holds for the others. */
function withScopes(kinds: readonly ServedKind[]): readonly ServedKind[] {
  const known = new Map(
    kinds.flatMap(({ group, kind, namespaced, scopeAssumed }) =>
      scopeAssumed === true ? [] : [[`${group}/${kind}`, namespaced] as const],
    ),
  );
  return kinds.map((one) => {
    const namespaced = known.get(`${one.group}/${one.kind}`);
    if (one.scopeAssumed !== true || namespaced === undefined) return one;
    const { group, version, kind, resource, verbs, preferred } = one;
    return { group, version, kind, resource, verbs, preferred, namespaced };
  });
}
