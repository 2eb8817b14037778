import { messageOf } from '../base/userError';
import { textAt } from '../model/fields';
import type { App } from '../model/app';
import type { ParsedFile } from '../model/render';
import type { KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';
import type { DesiredObject } from '../diff/desired';
import { isOutOfRetriesWith } from '../sync/remediation';
import { EngineError } from '../render/engineError';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import { desiredOf } from './desired';
import type { Prepared } from './livePreparation';
import { readReleases, releaseSource } from './releases';
import type { DeployedRelease } from './releases';
import { sameData } from './share';

/** A virtual file that only the request for parsing has. */
const MANIFEST_PATH = '.plumbline-release.yaml';

/**
 * What Helm applied last for an app that is compared with its stored manifest: the newest deployed
 * release in Helm's own Secrets (`owner=helm`, `pkg/storage/driver`). It stands for the applied
 * revision; where it may not be read, applied stays unknown.
 */
export async function withRelease(
  core: Core,
  session: ClusterSession,
  prepared: Prepared,
  signal: AbortSignal,
): Promise<Prepared> {
  const { app } = prepared;
  const render = releaseSource(app);
  if (render === undefined) return prepared;
  const read = await readReleases(session, app, signal);
  const release = read.kind === 'read' ? read.history.deployed : undefined;
  if (release === undefined) return prepared;
  try {
    return await withManifest(core, prepared, release, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    core.deps.log.warn(`release ${render.releaseName}: ${messageOf(error)}`);
    return prepared;
  }
}

async function withManifest(
  core: Core,
  prepared: Prepared,
  { version, manifest, deployed }: DeployedRelease,
  signal: AbortSignal,
): Promise<Prepared> {
  const { app } = prepared;
  if (app.source.kind !== 'local') return prepared;
  const snapshot = { root: app.source.root, overlay: { [MANIFEST_PATH]: manifest } };
  const files = await core.deps.renderer.parse(snapshot, [MANIFEST_PATH], signal);
  if ('kind' in files) return prepared;
  const objects = await desiredOf(core, app, renderedFrom(files));
  const stored = new Map(objects.map((object) => [resourceKey(object.id), object.object]));
  const label = { ref: `release ${version}`, commit: '' };
  const isPartial = prepared.isPartial === true;
  const released = isPartial ? [] : objects.map(({ id }) => id);
  const ids = new Map([...prepared.ids, ...released].map((id) => [resourceKey(id), id]));
  const due =
    upgradesAtOnce(app) && !isPartial
      ? { upgradeDue: !isGivenUp(prepared) && isOther(prepared.desired, stored) }
      : {};
  const release = { ...prepared, release: deployed };
  return { ...release, applied: { label, objects }, stored, ids: [...ids.values()], ...due };
}

/**
 * True where helm-controller upgrades as soon as the rendered objects are others: it looks at the
 * chart's revision only with `reconcileStrategy: Revision`, and the whole result must be known here.
 */
function upgradesAtOnce({ kind, reported, problems }: App): boolean {
  const strategy = textAt(reported, 'spec', 'chart', 'spec', 'reconcileStrategy');
  const unknown = problems.some(({ code }) => UNKNOWN_RESULT.has(code));
  return kind === 'HelmRelease' && !unknown && strategy === 'Revision';
}

/** Tried with just this, and given up. */
function isGivenUp({ app: { reported }, target }: Prepared): boolean {
  if (reported === undefined || target === undefined) return false;
  return isOutOfRetriesWith(reported as unknown as KubeObject, target.label.commit);
}

/** What is deployed was made of other objects than are wanted now. */
export function isDue({ desired, stored, isPartial }: Prepared): boolean {
  return stored !== undefined && isPartial !== true && isOther(desired, stored);
}

const UNKNOWN_RESULT: ReadonlySet<string> = new Set(['unresolved-values', 'unsupported-field']);

function isOther(
  desired: readonly DesiredObject[],
  stored: ReadonlyMap<string, KubeObject>,
): boolean {
  const wanted = desired.filter(({ role }) => role === 'resource');
  if (wanted.length !== stored.size) return true;
  return wanted.some(({ id, object, generated, clusterDependent = [] }) => {
    const before = stored.get(resourceKey(id));
    if (before === undefined) return true;
    return generated.length + clusterDependent.length === 0 && !sameData(before, object);
  });
}

function renderedFrom(files: readonly ParsedFile[]) {
  return files
    .flatMap(({ documents }) => documents)
    .filter(
      ({ value }) => typeof value['kind'] === 'string' && typeof value['metadata'] === 'object',
    )
    .map(({ value }) => ({
      object: value as unknown as KubeObject,
      origin: { path: MANIFEST_PATH },
      role: 'resource' as const,
      generated: [],
    }));
}
