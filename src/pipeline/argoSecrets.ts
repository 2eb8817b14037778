import { textOfBase64 } from '../base/base64';
import { toPointer } from '../base/pointer';
import type { App } from '../model/app';
import type { HiddenKeys, HiddenSecret } from '../model/argo';
import { recordAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';
import type { DesiredObject } from '../diff/desired';
import { toBase64 } from '../diff/json';
import { lastAppliedAnnotation } from '../diff/normalize';
import type { Pair } from '../diff/pair';
import type { Core } from './core';
import type { Prepared } from './livePreparation';
import { sameData } from './share';

interface Hidden {
  readonly pairs: readonly Pair[];
  readonly hidden: ReadonlyMap<string, HiddenSecret>;
}

/**
 * Secrets of which Argo CD only says which values are those of the revision that it compared with.
 * Where that one is rendered here too, its word tells what is equal and what is not; of a value that
 * has changed in Git since, and where it is not, a key is known to be there, and what it holds is for
 * the cluster to say.
 */
export function withHidden(
  core: Core,
  prepared: Prepared,
  { pairs, hidden }: Hidden,
): readonly Pair[] {
  if (hidden.size === 0) return pairs;
  const compared = comparedBy(core, prepared);
  const deployed = byKey(prepared.applied?.objects ?? []);
  return pairs.map((pair) => {
    const key = resourceKey(pair.id);
    const secret = hidden.get(key);
    if (secret === undefined) return pair;
    return filled(pair, secret, {
      compared: valuesOf(compared?.get(key)),
      deployed: valuesOf(deployed.get(key)),
    });
  });
}

/** The objects of the revision that Argo CD compared with; `undefined` where none here is that one. */
function comparedBy(
  core: Core,
  { label, key, desired, applied }: Prepared,
): ReadonlyMap<string, KubeObject> | undefined {
  const state = core.store.app(key);
  if (state === undefined) return undefined;
  const revision = textAt(state.app.reported, 'status', 'sync', 'revision') ?? '';
  if (revision === '') return undefined;
  if (revision === label.commit && isSameSource(core, state.app)) return byKey(desired);
  return revision === applied?.label.commit ? byKey(applied.objects) : undefined;
}

function byKey(objects: readonly DesiredObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(objects.map(({ id, object }) => [resourceKey(id), object]));
}

/** What Git defines is rendered as what the cluster has of the definition, defaults aside. */
function isSameSource(core: Core, app: App): boolean {
  if (app.presence === 'cluster') return true;
  const reported = core.reportedApps.find(
    ({ kind, namespace, name, controlCluster }) =>
      kind === app.kind &&
      namespace === app.namespace &&
      name === app.name &&
      controlCluster === app.controlCluster,
  );
  return sameData(reported?.source, app.source);
}

type Values = ReadonlyMap<string, string>;

interface InGit {
  /** At the revision that Argo CD compared with. */
  readonly compared: Values;
  /** At the revision that was applied last. */
  readonly deployed: Values;
}

function filled({ live, desired, id }: Pair, hidden: HiddenSecret, git: InGit): Pair {
  if (live === undefined) return desired === undefined ? { id } : { id, desired };
  const wanted = valuesOf(desired?.object);
  const isAppliedTold = hidden.applied !== undefined;
  const read = valuesFor(hidden.keys, { wanted, ...git, isAppliedTold });
  const filledLive = withApplied({ ...live, data: dataOf(read) }, hidden, {
    wanted,
    ...git,
    isAppliedTold,
    plain: new Set(Object.keys(recordAt(desired?.object, 'stringData') ?? {})),
  });
  if (desired === undefined) return { id, live: filledLive };
  const unknown = read.filter(({ key, isKnown }) => !isKnown && wanted.has(key));
  const pointers = unknown.map(({ key }) => toPointer(['data', key]));
  return { id, live: filledLive, desired: dependent(desired, pointers) };
}

interface KeyRead {
  readonly key: string;
  /** In base64. */
  readonly value: string;
  /** Whether it is that of Git is told, one way or the other. */
  readonly isKnown: boolean;
}

interface Known extends InGit {
  readonly wanted: Values;
  /** What was applied last is told as well: another value is that of somebody else. */
  readonly isAppliedTold: boolean;
}

function valuesFor(keys: HiddenKeys, known: Known): readonly KeyRead[] {
  return [...keys].map(([key, is]) => {
    const now = known.wanted.get(key);
    const then = known.compared.get(key);
    if (is === 'same') return { key, value: then ?? unlike(now), isKnown: then !== undefined };
    // What Git has changed since it was applied waits for a sync, as far as anybody tells.
    const mayWait = is === 'applied' || !known.isAppliedTold;
    const deployed = mayWait ? known.deployed.get(key) : undefined;
    const value = deployed === now ? undefined : deployed;
    return { key, value: value ?? unlike(now), isKnown: then !== undefined && now === then };
  });
}

function dataOf(read: readonly KeyRead[]): Readonly<Record<string, string>> {
  return Object.fromEntries(read.map(({ key, value }) => [key, value]));
}

interface Around extends Known {
  /** Keys that Git has in plain text: they were applied so. */
  readonly plain: ReadonlySet<string>;
}

/** What a merge takes away is told by what was applied last. */
function withApplied(live: KubeObject, { applied }: HiddenSecret, around: Around): KubeObject {
  if (applied === undefined) return live;
  const { plain } = around;
  const read = valuesFor(applied.keys, around);
  const data = dataOf(read.filter(({ key }) => !plain.has(key)));
  const texts = read.filter(({ key }) => plain.has(key));
  const stringData = Object.fromEntries(texts.map(({ key, value }) => [key, textOfBase64(value)]));
  const part = {
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(texts.length === 0 ? {} : { stringData }),
  };
  const text = JSON.stringify({ ...applied.object, ...part });
  const annotations = { ...live.metadata.annotations, [lastAppliedAnnotation]: text };
  return { ...live, metadata: { ...live.metadata, annotations } };
}

function dependent(desired: DesiredObject, pointers: readonly string[]): DesiredObject {
  if (pointers.length === 0) return desired;
  return { ...desired, clusterDependent: [...(desired.clusterDependent ?? []), ...pointers] };
}

/** In base64, as the API server has them. */
function valuesOf(secret: KubeObject | undefined): Values {
  const texts = (name: string): readonly (readonly [string, string])[] =>
    Object.entries(recordAt(secret, name) ?? {}).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value] as const] : [],
    );
  const plain = texts('stringData').map(([key, value]) => [key, toBase64(value)] as const);
  return new Map([...texts('data'), ...plain]);
}

/** Stands for a value that nobody tells; never that of Git, and always the same. */
function unlike(value: string | undefined): string {
  const some = toBase64('not told by Argo CD');
  return some === value ? toBase64('not told by Argo CD either') : some;
}
