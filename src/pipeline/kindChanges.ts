import type { ServedKind } from '../model/cluster';
import type { Cluster } from '../model/ports';
import type { ClusterSession } from './clusterSession';
import { isReportingKind, rememberServed } from './connecting';
import { sameData } from './share';

/** Beginnings of the keys of objects whose kinds are served otherwise than before: `group/Kind/`. */
export type ChangedKinds = readonly string[];

/** Takes over what the cluster serves now. */
export async function renewKinds(
  session: ClusterSession,
  signal: AbortSignal,
): Promise<ChangedKinds> {
  const { cluster } = session;
  const read = await cluster?.kinds(signal);
  if (cluster === undefined || read?.kind !== 'ok') return [];
  const { kinds, missingGroups } = read.value;
  const changed = changedKinds(session.kinds, kinds);
  // A definition that is another has other documents, whatever kinds there are.
  session.openApi = new Map();
  session.openApiAsked.clear();
  if (changed.length === 0) return [];
  session.kinds = kinds;
  rememberServed(session, session.served?.version ?? '', missingGroups);
  await renewCapabilities(session, cluster, signal);
  return changed;
}

/** The same object while a cluster can do the same: nothing is rendered again for it. */
async function renewCapabilities(
  session: ClusterSession,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const can = await cluster.capabilities(signal);
  if (can.kind !== 'ok' || sameData(session.capabilities, can.value)) return;
  session.capabilities = can.value;
}

/** Whether objects of these kinds define apps. */
export function defineApps(changed: ChangedKinds): boolean {
  return changed.some((beginning) => {
    const [group = '', kind = ''] = beginning.split('/');
    return isReportingKind(group, kind);
  });
}

function changedKinds(
  before: readonly ServedKind[],
  after: readonly ServedKind[],
): readonly string[] {
  const [old, now] = [byKind(before), byKind(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (key) => !sameData(old.get(key), now.get(key)),
  );
}

function byKind(kinds: readonly ServedKind[]): ReadonlyMap<string, readonly ServedKind[]> {
  const found = new Map<string, readonly ServedKind[]>();
  for (const one of kinds) {
    const key = `${one.group}/${one.kind}/`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}
