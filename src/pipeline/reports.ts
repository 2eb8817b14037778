import type { Coalescer } from '../base/coalesce';
import type { App } from '../model/app';
import { recordAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import { readReported } from './connecting';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { sameData } from './share';

/** The custom resources of a followed cluster that define apps. */
export interface Reports {
  /** Takes over those that moved; the apps that are to be compared again for it. */
  moved(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

interface ReportsInput {
  readonly core: Core;
  readonly flow: Coalescer<FlowEvent>;
  readonly session: ClusterSession;
  readonly signal: AbortSignal;
}

const NOTHING: ReadonlySet<string> = new Set();

export function createReports({ core, flow, session, signal }: ReportsInput): Reports {
  return {
    async moved(keys) {
      const { cluster, following } = session;
      const touched = new Set(keys);
      const before = byKey(session.reported);
      const isReported = keys.some((key) => before.has(key)) || keys.some(isReport);
      if (!isReported || cluster === undefined || following === undefined) return NOTHING;
      const old = session.reported;
      await readReported(core, session, following.cluster, signal);
      const isOther = [...touched].some((key) => !isAlike(before.get(key), find(session, key)));
      if (!isOther) {
        // A controller has only said that it looked again.
        session.reported = old;
        return NOTHING;
      }
      return await takeOver(core, flow);
    },
  };
}

const REPORTS =
  /^(argoproj\.io\/Application|kustomize\.toolkit\.fluxcd\.io\/Kustomization|helm\.toolkit\.fluxcd\.io\/HelmRelease|source\.toolkit\.fluxcd\.io\/GitRepository)\//;

function isReport(key: string): boolean {
  return REPORTS.test(key);
}

function byKey(objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(objects.map((object) => [resourceKey(resourceIdOf(object)), object]));
}

function find({ reported }: ClusterSession, key: string): KubeObject | undefined {
  return reported.find((object) => resourceKey(resourceIdOf(object)) === key);
}

/** Equal but for the times at which a controller looked, and who wrote what when. */
function isAlike(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  return a !== undefined && b !== undefined && sameData(essence(a), essence(b));
}

/** Of metadata and of a status: they change with every look of a controller. */
const TIMES = ['reconciledAt', 'observedAt', 'lastHandledReconcileAt'];
const VERSIONS = ['resourceVersion', 'managedFields', 'generation'];

function essence(object: KubeObject): unknown {
  return {
    ...object,
    metadata: without(object.metadata, VERSIONS),
    status: without(recordAt(object, 'status') ?? {}, TIMES),
  };
}

function without(fields: object, names: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** The table of apps is put together again; those whose comparison depends on what moved. */
async function takeOver(core: Core, flow: Coalescer<FlowEvent>): Promise<ReadonlySet<string>> {
  const before = facts(core);
  flow.push([{ kind: 'assignment' }]);
  await flow.idle();
  const after = facts(core);
  return new Set(
    [...after].flatMap(([key, fact]) => (isEqual(before.get(key), fact) ? [] : [key])),
  );
}

/** What a comparison is made by: of the app itself, and of its definition as the cluster has it. */
function facts(core: Core): ReadonlyMap<string, readonly unknown[]> {
  const reported = new Map(core.reportedApps.map((app) => [placeOf(app), app]));
  return new Map(
    core.store.state().apps.map(({ app }) => {
      const definition = reported.get(placeOf(app));
      return [app.key, [...factsOf(app), ...(definition === undefined ? [] : factsOf(definition))]];
    }),
  );
}

function placeOf({ kind, namespace, name }: App): string {
  return `${kind} ${namespace}/${name}`;
}

function factsOf({ source, destination, policy, status }: App): readonly unknown[] {
  return [source, destination, policy, status?.appliedRevisions, status?.managed];
}

function isEqual(a: readonly unknown[] | undefined, b: readonly unknown[]): boolean {
  return a !== undefined && sameData(a, b);
}
