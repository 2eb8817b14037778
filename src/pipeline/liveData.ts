import { textOfBase64 } from '../base/base64';
import { textAt } from '../model/fields';
import type { App } from '../model/app';
import type { Problem } from '../model/problem';
import type {
  FluxSource,
  HelmSource,
  HelmValuesReference,
  RenderSource,
  UnresolvedData,
  UnresolvedVariables,
} from '../model/render';
import type { KubeObject } from '../model/resource';
import { servedKind } from './clusterSession';
import type { ClusterSession, LiveData } from './clusterSession';
import type { Core } from './core';
import { getFollowed } from './followedFacts';
import { sameData } from './share';

/** ConfigMaps and Secrets that definitions refer to and Git does not have, as the source asks for them. */
export function unresolvedOf(source: RenderSource): readonly UnresolvedData[] {
  if (source.kind === 'flux') return source.unresolvedVariables ?? [];
  if (source.kind !== 'helm') return [];
  return (source.valuesFrom ?? []).flatMap(({ unresolved }) => unresolved ?? []);
}

export function dataKey({ kind, namespace, name }: UnresolvedData): string {
  return `${kind} ${namespace}/${name}`;
}

/** Flux reads them in its own cluster, whatever cluster the objects go to. */
export function controlData(core: Core, app: App): ClusterSession['data'] {
  const session =
    app.controlCluster === undefined ? undefined : core.clusters.get(app.controlCluster);
  return session?.data ?? NO_DATA;
}

const NO_DATA: ClusterSession['data'] = new Map();

/**
 * Reads what definitions refer to and Git does not have, of all apps of a control cluster or of one;
 * the keys of those apps for which it is another than before.
 */
export async function readLiveData(
  core: Core,
  session: ClusterSession,
  signal: AbortSignal,
  only?: string,
): Promise<readonly string[]> {
  const all = wantedOf(core, session.name);
  const wanted = only === undefined ? all : new Map([...all].filter(([key]) => key === only));
  const asked = new Map([...wanted.values()].flat().map((one) => [dataKey(one), one]));
  const read = new Map(
    await Promise.all(
      [...asked].map(async ([key, one]) => [key, await readData(session, one, signal)] as const),
    ),
  );
  const before = session.data;
  const isMoved = (key: string): boolean => !sameData(before.get(key), read.get(key));
  const next = only === undefined ? read : new Map([...before, ...read]);
  if (next.size !== before.size || [...read.keys()].some(isMoved)) session.data = next;
  return [...all].flatMap(([key, references]) =>
    references.some((one) => read.has(dataKey(one)) && isMoved(dataKey(one))) ? [key] : [],
  );
}

/** By app: as the working copy, the target and the cluster define it. */
function wantedOf(core: Core, cluster: string): ReadonlyMap<string, readonly UnresolvedData[]> {
  const targets = [...core.roots.values()].flatMap(({ target }) =>
    target?.kind === 'known' ? [target.apps] : [],
  );
  const wanted = new Map<string, readonly UnresolvedData[]>();
  for (const { app } of core.store.state().apps) {
    if (app.controlCluster !== cluster) continue;
    const definitions = [app, ...targets.flatMap((apps) => apps.get(app.key) ?? [])];
    const found = definitions.flatMap(({ source }) =>
      source.kind === 'local' ? unresolvedOf(source.render) : [],
    );
    if (found.length > 0) wanted.set(app.key, found);
  }
  return wanted;
}

async function readData(
  session: ClusterSession,
  { kind, namespace, name }: UnresolvedData,
  signal: AbortSignal,
): Promise<LiveData> {
  const served = servedKind(session, '', kind);
  if (served === undefined || session.cluster === undefined) {
    return { kind: 'unread', reason: `${session.name} is not connected.` };
  }
  const id = { group: '', kind, namespace, name };
  const { cluster, following } = session;
  const access = await getFollowed({ cluster, following }, served, id, signal);
  if (access.kind === 'not-found') return { kind: 'absent' };
  if (access.kind !== 'ok') return { kind: 'unread', reason: access.message };
  return { kind: 'found', values: valuesOf(access.value) };
}

function valuesOf(object: KubeObject): Readonly<Record<string, string>> {
  const data = Object.keys(object['data'] ?? {});
  const entries = data.flatMap((key) => {
    const text = textAt(object, 'data', key);
    if (text === undefined) return [];
    return [[key, object.kind === 'Secret' ? textOfBase64(text) : text] as const];
  });
  return Object.fromEntries(entries);
}

/** The source with what the control cluster says of references that Git leaves open. */
export function withLiveData(source: RenderSource, data: ClusterSession['data']): RenderSource {
  if (data.size === 0 || unresolvedOf(source).length === 0) return source;
  if (source.kind === 'helm') return withValues(source, data);
  return source.kind === 'flux' ? withVariables(source, data) : source;
}

function withValues(source: HelmSource, data: ClusterSession['data']): HelmSource {
  return { ...source, valuesFrom: (source.valuesFrom ?? []).map((one) => filled(one, data)) };
}

/** A key that is not there stays open: it is said, and an optional one adds nothing. */
function filled(reference: HelmValuesReference, data: ClusterSession['data']): HelmValuesReference {
  const { unresolved, ...written } = reference;
  const found = unresolved && data.get(dataKey(unresolved));
  const text = found?.kind === 'found' ? ownValue(found.values, valuesKey(reference)) : undefined;
  return text === undefined ? reference : { ...written, text };
}

function valuesKey({ valuesKey: key = 'values.yaml' }: HelmValuesReference): string {
  return key;
}

function ownValue(values: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

function withVariables(source: FluxSource, data: ClusterSession['data']): FluxSource {
  const { variables = {}, secretVariables = [], unresolvedVariables = [] } = source;
  const known = new Map(Object.entries(variables));
  const secret = new Set(secretVariables);
  for (const one of unresolvedVariables) {
    for (const [name, value] of variablesOf(one, data)) {
      known.set(name, value);
      if (one.kind === 'Secret') secret.add(name);
      else secret.delete(name);
    }
  }
  return {
    ...source,
    variables: Object.fromEntries(known),
    secretVariables: [...secret],
    unresolvedVariables: unresolvedVariables.filter(
      (one) => data.get(dataKey(one))?.kind !== 'found',
    ),
  };
}

/** Those of an entry that no later one of Git sets. */
function variablesOf(
  one: UnresolvedVariables,
  data: ClusterSession['data'],
): readonly (readonly [string, string])[] {
  const found = data.get(dataKey(one));
  if (found?.kind !== 'found') return [];
  return Object.entries(found.values).filter(([name]) => !one.losesTo.includes(name));
}

const UNRESOLVED: ReadonlySet<string> = new Set(['unresolved-values', 'unresolved-substitution']);

/** The app without complaints about what its control cluster answers, and with what it does not have. */
export function toldByCluster(core: Core, app: App): App {
  if (app.source.kind !== 'local') return app;
  const open = unresolvedOf(app.source.render);
  const data = open.length === 0 ? NO_DATA : controlData(core, app);
  if (data.size === 0) return app;
  const problems = app.problems.flatMap((problem) => told(app, problem, { open, data }));
  return { ...app, problems };
}

interface Open {
  readonly open: readonly UnresolvedData[];
  readonly data: ClusterSession['data'];
}

function told(app: App, problem: Problem, { open, data }: Open): readonly Problem[] {
  const one = open.find(({ pointer }) => pointer === problem.pointer);
  const answer = one && data.get(dataKey(one));
  if (!UNRESOLVED.has(problem.code) || one === undefined || answer === undefined) return [problem];
  switch (answer.kind) {
    case 'found':
      return lacksKey(app, one, answer.values).map((message) => ({
        ...problem,
        severity: 'error',
        code: 'missing-values-key',
        message,
      }));
    case 'absent':
      return [{ ...problem, ...absence(app, one) }];
    case 'unread':
      return [{ ...problem, message: `${problem.message} ${answer.reason}` }];
  }
}

function lacksKey(
  { source }: App,
  one: UnresolvedData,
  values: Readonly<Record<string, string>>,
): readonly string[] {
  if (source.kind !== 'local' || source.render.kind !== 'helm' || one.optional === true) return [];
  const reference = source.render.valuesFrom?.find((entry) => entry.unresolved === one);
  if (reference === undefined || ownValue(values, valuesKey(reference)) !== undefined) return [];
  return [
    `${dataKey(one)} has no key ${valuesKey(reference)} in the cluster: helm-controller refuses the release.`,
  ];
}

function absence(
  { kind, controlCluster = '' }: App,
  one: UnresolvedData,
): Pick<Problem, 'severity' | 'message'> {
  const where = `${dataKey(one)} is neither in this repository nor in ${controlCluster}`;
  if (one.optional === true) return { severity: 'info', message: `${where}; it is optional.` };
  const controller = kind === 'HelmRelease' ? 'helm-controller' : 'kustomize-controller';
  return { severity: 'error', message: `${where}: ${controller} refuses the app until it is.` };
}
