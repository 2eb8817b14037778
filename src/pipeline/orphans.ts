import type { App } from '../model/app';
import { argoServerOf } from '../model/argo';
import type { AppState, ClusterState } from '../model/appState';
import type { ServedKind } from '../model/cluster';
import type { Cluster } from '../model/ports';
import type { KubeObject, ResourceId } from '../model/resource';
import { isSecret, resourceIdOf, resourceKey } from '../model/resource';
import { claimKey, idWords } from '../model/stray';
import type { Claim, Stray } from '../model/stray';
import { applicationClaim, claimOf, claimSelector } from '../diff/orphans';
import type { Tracking } from '../diff/tracking';
import { servedKind } from './clusterSession';
import type { Claimant, ClusterSession } from './clusterSession';
import type { Core } from './core';
import { DEFAULT_TRACKING } from './desired';
import { listWhereAllowed } from './listing';
import { RELEASES, storageOf } from './releases';

/** Lists of one search: of a large fleet the first kinds and namespaces alone are looked through. */
const MOST_LISTS = 64;
/** From this many namespaces on, one list over all of them is tried first. */
const ALL_FROM = 4;
/** Releases that are looked up: each is a request. */
const MOST_RELEASES = 32;

/** Objects that carry the marks of an app and are in no list of it. */
interface Orphan {
  readonly id: ResourceId;
  readonly claim: Claim;
}

/**
 * Looks for objects that no list names any more: by one list a kind that the apps of a cluster have,
 * in their namespaces, by the labels of the tool where it has any. Secrets are left out: a list would
 * bring what they hold. Gives the keys of apps whose orphans are others than before.
 */
export async function searchOrphans(
  core: Core,
  session: ClusterSession,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { cluster } = session;
  const states = core.store.state().apps.filter((state) => isComparedIn(state, session.name));
  const claimants = states.flatMap((state) => claimantOf(core, state) ?? []);
  // The API of an Argo CD tells of what apps list, and of nothing else.
  const isWhole = cluster !== undefined && argoServerOf(cluster.context) === undefined;
  const former = formerOf(session, claimants);
  const searched = [...claimants, ...former];
  if (!isWhole || searched.length === 0) return [];
  const known = new Set(states.flatMap((state) => idsOf(state).map(resourceKey)));
  const found = new Map<string, Orphan>();
  await Promise.all(
    listsFor(session, searched)
      .slice(0, MOST_LISTS)
      .map(async (list) => {
        const { objects } = await read(cluster, list, signal);
        for (const object of objects) note(found, object, list);
      }),
  );
  for (const key of known) found.delete(key);
  const orphans = [...found.values()];
  const left = new Set(orphans.map(({ claim }) => claimKey(claim)));
  session.claimants = [...claimants, ...former.filter(({ claim }) => left.has(claimKey(claim)))];
  return await remember(core, session, { claimants, orphans }, signal);
}

/** Apps that were there at the last search: what they leave behind may be where no other app is. */
function formerOf(session: ClusterSession, claimants: readonly Claimant[]): readonly Claimant[] {
  const present = new Set(claimants.map(({ claim }) => claimKey(claim)));
  return session.claimants.filter(({ claim }) => !present.has(claimKey(claim)));
}

function isComparedIn({ app, live }: AppState, name: string): boolean {
  return app.destinationCluster === name && live.kind === 'compared';
}

function idsOf({ app, live }: AppState): readonly ResourceId[] {
  const compared = live.kind === 'compared' ? live.comparison.changes : [];
  // What was found before is looked for again.
  const listed = compared.filter(({ orphan }) => orphan !== true).map(({ id }) => id);
  return [...listed, ...(app.status?.managed ?? [])];
}

function claimantOf(core: Core, state: AppState): Claimant | undefined {
  const { app } = state;
  const control =
    app.controlCluster === undefined ? undefined : core.clusters.get(app.controlCluster);
  const tracking = control?.tracking ?? DEFAULT_TRACKING;
  const claim = claimBy(app, tracking);
  return claim && { key: app.key, claim, tracking, ids: idsOf(state) };
}

function claimBy(app: App, tracking: Tracking): Claim | undefined {
  const { kind, namespace, name } = app;
  if (kind === 'Application') return applicationClaim(app, tracking);
  if (kind === 'Kustomization') return { kind, namespace, name };
  const storage = storageOf(app);
  return storage && { kind: 'release', ...storage };
}

interface List {
  readonly kind: ServedKind;
  readonly claim: Claim['kind'];
  readonly tracking: Tracking;
  readonly namespaces: readonly string[];
}

function listsFor(session: ClusterSession, claimants: readonly Claimant[]): readonly List[] {
  const lists = new Map<string, List & { readonly namespaces: string[] }>();
  for (const { claim, tracking, ids } of claimants) {
    for (const id of ids) {
      const kind = listable(session, id);
      if (kind === undefined) continue;
      const key = `${claim.kind} ${claimSelector(claim.kind, tracking) ?? ''} ${id.group}/${id.kind}`;
      const list = lists.get(key) ?? { kind, claim: claim.kind, tracking, namespaces: [] };
      if (!list.namespaces.includes(id.namespace)) list.namespaces.push(id.namespace);
      lists.set(key, list);
    }
  }
  return [...lists.values()].flatMap(parted);
}

function listable(session: ClusterSession, id: ResourceId): ServedKind | undefined {
  const kind = servedKind(session, id.group, id.kind);
  return kind?.verbs.includes('list') === true && !isSecret(typeOf(kind)) ? kind : undefined;
}

function typeOf({ group, version, kind }: ServedKind) {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind };
}

/** A list for each of a few namespaces, one for many. */
function parted(list: List): readonly List[] {
  if (!list.kind.namespaced || list.namespaces.length >= ALL_FROM) return [list];
  return list.namespaces.map((namespace) => ({ ...list, namespaces: [namespace] }));
}

async function read(
  cluster: Cluster,
  { kind, claim, tracking, namespaces }: List,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly KubeObject[] }> {
  const labelSelector = claimSelector(claim, tracking);
  const wanted = { kind, ...(labelSelector === undefined ? {} : { labelSelector }) };
  const [namespace, ...others] = namespaces;
  if (!kind.namespaced || others.length > 0 || namespace === undefined) {
    return await listWhereAllowed(cluster, { ...wanted, namespaces }, signal);
  }
  const access = await cluster.list({ ...wanted, namespace }, signal);
  return { objects: access.kind === 'ok' ? access.value : [] };
}

function note(
  found: Map<string, Orphan>,
  object: KubeObject,
  { kind, claim, tracking }: List,
): void {
  const typed = { ...object, ...typeOf(kind) };
  const own = claimOf(typed, tracking);
  if (own?.kind !== claim || object.metadata['deletionTimestamp'] !== undefined) return;
  const id = resourceIdOf(typed);
  found.set(resourceKey(id), { id, claim: own });
}

interface Search {
  readonly claimants: readonly Claimant[];
  readonly orphans: readonly Orphan[];
}

async function remember(
  core: Core,
  session: ClusterSession,
  { claimants, orphans }: Search,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const owners = new Map(claimants.map(({ claim, key }) => [claimKey(claim), key]));
  const byApp = new Map<string, ResourceId[]>();
  const others: Orphan[] = [];
  for (const orphan of orphans) {
    const key = owners.get(claimKey(orphan.claim));
    if (key === undefined) others.push(orphan);
    else byApp.set(key, [...(byApp.get(key) ?? []), orphan.id]);
  }
  const changed = claimants
    .map(({ key }) => key)
    .filter((key) => textOf(session.orphans.get(key)) !== textOf(byApp.get(key)));
  session.orphans = byApp;
  const strays = await straysOf(core, session, others, signal);
  core.store.updateCluster(session.name, (state) => withStrays(state, strays));
  return changed;
}

/** The same state where nothing has changed. */
function withStrays(state: ClusterState, strays: readonly Stray[]): ClusterState {
  const known = new Map((state.strays ?? []).map((one) => [claimKey(one.claim), one]));
  const next = strays.map((one) => {
    const old = known.get(claimKey(one.claim));
    return textOf(old?.ids) === textOf(one.ids) && old !== undefined ? old : one;
  });
  const isSame = next.length === known.size && next.every((one, i) => one === state.strays?.[i]);
  return isSame ? state : { ...state, strays: next };
}

function textOf(ids: readonly ResourceId[] = []): string {
  return ids.map(resourceKey).sort().join('\n');
}

/** Of makers that this cluster has no more. */
async function straysOf(
  core: Core,
  session: ClusterSession,
  others: readonly Orphan[],
  signal: AbortSignal,
): Promise<readonly Stray[]> {
  const byClaim = new Map<string, Stray & { readonly ids: ResourceId[] }>();
  for (const { claim, id } of others) {
    const key = claimKey(claim);
    const stray = byClaim.get(key) ?? { claim, ids: [] };
    stray.ids.push(id);
    byClaim.set(key, stray);
  }
  const strays = [...byClaim.values()].map(({ claim, ids }) => ({ claim, ids: ids.sort(inWords) }));
  const releases = strays.filter(({ claim }) => claim.kind === 'release').slice(0, MOST_RELEASES);
  const asked = [...strays.filter(({ claim }) => claim.kind !== 'release'), ...releases];
  const gone = await Promise.all(
    asked.map(async (one) => ((await isGone(core, session, one.claim, signal)) ? [one] : [])),
  );
  return gone.flat().sort((a, b) => (claimKey(a.claim) < claimKey(b.claim) ? -1 : 1));
}

function inWords(a: ResourceId, b: ResourceId): number {
  return idWords(a) < idWords(b) ? -1 : 1;
}

/** Only where the cluster tells of all that it has. */
async function isGone(
  core: Core,
  session: ClusterSession,
  claim: Claim,
  signal: AbortSignal,
): Promise<boolean> {
  if (claim.kind === 'release') return await isReleaseGone(session, claim, signal);
  const group = claim.kind === 'Application' ? 'argoproj.io' : 'kustomize.toolkit.fluxcd.io';
  if (servedKind(session, group, claim.kind) === undefined) return false;
  const tracking = session.tracking ?? DEFAULT_TRACKING;
  const key = claimKey(claim);
  const isClaims = (app: { readonly namespace: string; readonly name: string }): boolean =>
    claimKey(
      claim.kind === 'Application'
        ? applicationClaim(app, tracking)
        : { kind: claim.kind, namespace: app.namespace, name: app.name },
    ) === key;
  const reported = session.reported
    .filter(({ kind }) => kind === claim.kind)
    .map(({ metadata: { namespace = '', name = '' } }) => ({ namespace, name }));
  const elsewhere = core.store.state().apps.filter(({ app }) => app.kind === claim.kind);
  return ![...reported, ...elsewhere.map(({ app }) => app)].some(isClaims);
}

/** Helm keeps releases in Secrets unless its driver is told to use ConfigMaps. */
async function isReleaseGone(
  session: ClusterSession,
  { namespace, name }: Claim,
  signal: AbortSignal,
): Promise<boolean> {
  const { cluster } = session;
  const labelSelector = `${RELEASES},name=${name}`;
  for (const storage of ['Secret', 'ConfigMap']) {
    const kind = servedKind(session, '', storage);
    if (kind === undefined || cluster === undefined) return false;
    const access = await cluster.list({ kind, namespace, labelSelector }, signal);
    if (access.kind !== 'ok' || access.value.length > 0) return false;
  }
  return true;
}
