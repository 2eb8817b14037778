import type { App } from '../model/app';
import type { ContextRef } from '../model/cluster';
import { listAt, recordAt, textAt, valueAt } from '../model/fields';
import type { PlanConfirmation } from '../model/plan';
import type { JsonObject, KubeObject, ResourceId } from '../model/resource';
import { groupOf } from '../model/resource';
import type { Refusal } from '../model/workbench';

/** What an action is planned from: the custom resource as just read in its control cluster. */
export interface PlanInput {
  readonly app: App;
  readonly object: KubeObject;
  /** Flux: the objects of `sourceChain` that the cluster has, in that order, just read. */
  readonly sources?: readonly KubeObject[];
  /** Logical name of the control cluster. */
  readonly cluster: string;
  readonly context: ContextRef;
  readonly server: string;
  readonly confirmation: PlanConfirmation;
  /** RFC 3339; the token of the request. */
  readonly nowIso: string;
  /** Who asks, as the controller will show it. */
  readonly user: string;
  /** Argo CD: the full commit that the confirmation was computed from. */
  readonly revision?: string;
  /** Equality of repository URLs over their forms; strict when absent. */
  readonly sameRepository?: (a: string, b: string) => boolean;
}

export function refusal(reason: string): Refusal {
  return { kind: 'refusal', reason };
}

/**
 * Why the object just read is not the app that was shown: an action on another object of the same name
 * would change something that nobody confirmed.
 */
export function mismatch(input: PlanInput): string | undefined {
  const { app, object } = input;
  const label = labelOf(object);
  if (!isNamedLike(app, object))
    return `${label} is not the object of ${app.namespace}/${app.name}.`;
  if (app.controlCluster !== undefined && app.controlCluster !== input.cluster) {
    return `${label} belongs to the cluster ${app.controlCluster}, not to ${input.cluster}.`;
  }
  const reason = otherObject(app, object, label);
  if (reason !== undefined) return reason;
  const isSame = app.definition === undefined || hasSameSource(app.definition, object, input);
  return isSame
    ? undefined
    : `${label} follows another source in the cluster than in the repository; apply its definition first.`;
}

function otherObject(app: App, object: KubeObject, label: string): string | undefined {
  const { uid, deletionTimestamp } = object.metadata;
  if (uid === undefined) return `${label} has no uid, so it cannot be told apart.`;
  if (deletionTimestamp !== undefined) return `${label} is being deleted.`;
  const knownUid = textAt(app.reported, 'metadata', 'uid') ?? uid;
  return knownUid === uid
    ? undefined
    : `${label} was deleted and made again since it was read; refresh first.`;
}

function labelOf(object: KubeObject): string {
  return `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

export function targetOf(object: KubeObject): ResourceId & { readonly uid: string } {
  return { ...idOf(object), uid: object.metadata.uid ?? '' };
}

export function idOf(object: KubeObject): ResourceId {
  return {
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
  };
}

function isNamedLike(app: App, object: KubeObject): boolean {
  const { name, namespace } = object.metadata;
  return object.kind === app.kind && name === app.name && namespace === app.namespace;
}

/** Where an app's object takes its manifests from, in comparable parts. */
interface SourceIdentity {
  readonly repository: string;
  readonly rest: readonly string[];
}

function hasSameSource(definition: unknown, object: KubeObject, input: PlanInput): boolean {
  const same = input.sameRepository ?? ((a: string, b: string) => a === b);
  const inGit = sourcesOf(definition);
  const inCluster = sourcesOf(object);
  return (
    inGit.length === inCluster.length &&
    inGit.every((source, index) => {
      const other = inCluster[index];
      if (other === undefined || !isWithin(source.rest, other.rest)) return false;
      return other.repository === source.repository || same(other.repository, source.repository);
    })
  );
}

function sourcesOf(object: unknown): readonly SourceIdentity[] {
  const argo = argoSources(object);
  return argo.length > 0 ? argo.map(argoIdentity) : [fluxIdentity(object)];
}

/** Argo CD's `sources` win over `source`. */
export function argoSources(application: unknown): readonly unknown[] {
  const several = listAt(application, 'spec', 'sources');
  const one = valueAt(application, 'spec', 'source');
  if (several.length > 0) return several;
  return one === undefined ? [] : [one];
}

function argoIdentity(source: unknown): SourceIdentity {
  const revision = textAt(source, 'targetRevision') ?? '';
  const parts = [
    cleanPath(textAt(source, 'path')),
    textAt(source, 'chart') ?? '',
    revision === '' ? 'HEAD' : revision,
  ];
  return { repository: textAt(source, 'repoURL') ?? '', rest: parts };
}

/** Flux names source objects; which repository those follow is their own matter. */
function fluxIdentity(object: unknown): SourceIdentity {
  const parts = [
    textAt(object, 'spec', 'sourceRef', 'kind'),
    textAt(object, 'spec', 'sourceRef', 'name'),
    cleanPath(textAt(object, 'spec', 'path')),
    textAt(object, 'spec', 'chart', 'spec', 'sourceRef', 'kind'),
    textAt(object, 'spec', 'chart', 'spec', 'sourceRef', 'name'),
    cleanPath(textAt(object, 'spec', 'chart', 'spec', 'chart')),
    textAt(object, 'spec', 'chartRef', 'kind'),
    textAt(object, 'spec', 'chartRef', 'name'),
  ];
  return { repository: '', rest: parts.map((part) => part ?? '') };
}

/**
 * The confirmation with a warning when the object in the cluster says otherwise than the repository
 * how to render: the controller goes by its own object.
 */
export function confirmationFor(input: PlanInput): PlanConfirmation {
  const { app, object, confirmation } = input;
  if (app.definition === undefined || isAsDefined(app.definition, object)) return confirmation;
  const warning = `The ${object.kind} in the cluster has other settings than the repository; this action goes by those in the cluster.`;
  return { ...confirmation, warnings: [...confirmation.warnings, warning] };
}

/** Flux's CRDs fill in defaults, so fields that only the cluster has count for Argo CD's sources alone. */
function isAsDefined(definition: JsonObject, object: KubeObject): boolean {
  return (
    isWithin(definition['spec'], object['spec']) &&
    isWithin(argoSources(object), argoSources(definition))
  );
}

/** True when `actual` has everything of `written`; what Flux substitutes is taken to be right. */
function isWithin(written: unknown, actual: unknown): boolean {
  if (typeof written === 'string' && written.includes('${')) return true;
  const record = recordAt(written);
  if (record !== undefined) {
    return Object.entries(record).every(([key, value]) => isWithin(value, valueAt(actual, key)));
  }
  if (!Array.isArray(written)) return written === actual;
  const items = listAt(actual);
  return (
    written.length === items.length && written.every((item, index) => isWithin(item, items[index]))
  );
}

function cleanPath(path: string | undefined): string {
  return (path ?? '')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}
