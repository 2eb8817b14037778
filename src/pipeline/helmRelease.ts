import { messageOf } from '../base/userError';
import { textAt } from '../model/fields';
import type { App } from '../model/app';
import type { HelmSource, ParsedFile } from '../model/render';
import type { KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';
import type { DesiredObject } from '../diff/desired';
import { EngineError } from '../render/engineError';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import { desiredOf } from './desired';
import type { Prepared } from './livePreparation';
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
  const render = app.source.kind === 'local' ? app.source.render : undefined;
  if (app.policy.comparison !== 'helm-manifest' || render?.kind !== 'helm') return prepared;
  const release = await latestRelease(session, storageOf(app, render), signal);
  if (release === undefined) return prepared;
  try {
    return await withManifest(core, prepared, release, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    core.deps.log.warn(`release ${render.releaseName}: ${messageOf(error)}`);
    return prepared;
  }
}

interface Storage {
  readonly name: string;
  readonly namespace: string;
}

/** helm-controller keeps releases beside the HelmRelease unless it is told otherwise. */
function storageOf(app: App, { releaseName, namespace }: HelmSource): Storage {
  if (app.kind !== 'HelmRelease') return { name: releaseName, namespace };
  const status = app.reported?.['status'] as { readonly storageNamespace?: unknown } | undefined;
  const told = status?.storageNamespace;
  return { name: releaseName, namespace: typeof told === 'string' ? told : app.namespace };
}

interface Release {
  readonly version: number;
  readonly manifest: string;
}

async function latestRelease(
  session: ClusterSession,
  { name, namespace }: Storage,
  signal: AbortSignal,
): Promise<Release | undefined> {
  const kind = servedKind(session, '', 'Secret');
  if (kind === undefined || session.cluster === undefined) return undefined;
  const labelSelector = `owner=helm,name=${name},status=deployed`;
  const access = await session.cluster.list({ kind, namespace, labelSelector }, signal);
  if (access.kind !== 'ok') return undefined;
  const newest = [...access.value].sort((a, b) => versionOf(b) - versionOf(a))[0];
  return newest === undefined ? undefined : await decodeRelease(newest);
}

function versionOf(secret: KubeObject): number {
  return Number(secret.metadata.labels?.['version'] ?? 0);
}

/** base64 of the API over Helm's own base64 over gzip over JSON. */
async function decodeRelease(secret: KubeObject): Promise<Release | undefined> {
  const data = secret['data'] as { readonly release?: string } | undefined;
  if (data?.release === undefined) return undefined;
  try {
    const zipped = bytesOf(atob(atob(data.release)));
    const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream('gzip'));
    const release = JSON.parse(await new Response(stream).text()) as {
      readonly manifest?: unknown;
    };
    return typeof release.manifest === 'string'
      ? { version: versionOf(secret), manifest: release.manifest }
      : undefined;
  } catch {
    // Written by something that is not Helm: nothing is known of what was applied.
    return undefined;
  }
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

async function withManifest(
  core: Core,
  prepared: Prepared,
  { version, manifest }: Release,
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
    upgradesAtOnce(app) && !isPartial ? { upgradeDue: isOther(prepared.desired, stored) } : {};
  return { ...prepared, applied: { label, objects }, stored, ids: [...ids.values()], ...due };
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

const UNKNOWN_RESULT: ReadonlySet<string> = new Set(['unresolved-values', 'unsupported-field']);

function isOther(
  desired: readonly DesiredObject[],
  stored: ReadonlyMap<string, KubeObject>,
): boolean {
  const wanted = desired.filter(({ role }) => role === 'resource');
  if (wanted.length !== stored.size) return true;
  return wanted.some(({ id, object, generated }) => {
    const before = stored.get(resourceKey(id));
    return before === undefined || (generated.length === 0 && !sameData(before, object));
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
