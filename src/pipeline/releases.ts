import { definedFields, listAt, recordAt, textAt } from '../model/fields';
import type { App } from '../model/app';
import type { DeployedAt } from '../model/appState';
import type { ReleasedChart } from '../model/clusterFacts';
import type { HelmSource } from '../model/render';
import type { KubeObject } from '../model/resource';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';

/** What Helm keeps of a release in its own Secrets. */
export interface ReleaseHistory {
  /** The number of the newest release, whatever became of it; 0 where there is none. */
  readonly last: number;
  readonly deployed?: DeployedRelease;
}

export interface DeployedRelease {
  readonly version: number;
  readonly manifest: string;
  readonly deployed: DeployedAt;
  readonly chart?: ReleasedChart;
}

export type ReleaseRead =
  | { readonly kind: 'read'; readonly history: ReleaseHistory }
  | { readonly kind: 'unread'; readonly reason: string };

/** An app that Helm releases: of helm-controller, or of a pipeline that calls `helm upgrade`. */
export function releaseSource(app: App): HelmSource | undefined {
  if (app.source.kind !== 'local' || app.source.render.kind !== 'helm') return undefined;
  // `helm template` asks no cluster.
  if (app.pipeline?.rendersOnly === true) return undefined;
  return app.policy.comparison === 'helm-manifest' ? app.source.render : undefined;
}

/** Where Helm keeps a release. */
export interface Storage {
  readonly name: string;
  readonly namespace: string;
}

/** helm-controller keeps releases beside the HelmRelease unless it is told otherwise. */
export function storageOf(app: App): Storage | undefined {
  const source = releaseSource(app);
  if (source === undefined) return undefined;
  const { releaseName, namespace } = source;
  if (app.kind !== 'HelmRelease') return { name: releaseName, namespace };
  const told = textAt(app.reported, 'status', 'storageNamespace');
  const written = textAt(app.definition, 'spec', 'storageNamespace');
  return { name: releaseName, namespace: told ?? written ?? app.namespace };
}

/** Every revision of every release (`pkg/storage/driver`). */
export const RELEASES = 'owner=helm';

/**
 * The releases of an app without those that a later one
 * superseded, which is what most of the history is.
 */
export async function readReleases(
  session: ClusterSession,
  app: App,
  signal: AbortSignal,
): Promise<ReleaseRead> {
  const storage = storageOf(app);
  const kind = servedKind(session, '', 'Secret');
  if (kind === undefined || storage === undefined || session.cluster === undefined) {
    return { kind: 'unread', reason: `${session.name} is not connected.` };
  }
  const { name, namespace } = storage;
  const labelSelector = `${RELEASES},name=${name},status!=superseded`;
  const access = await session.cluster.list({ kind, namespace, labelSelector }, signal);
  if (access.kind !== 'ok') return { kind: 'unread', reason: access.message };
  const versions = [...access.value].sort((a, b) => versionOf(b) - versionOf(a));
  const deployed = versions.find((one) => one.metadata.labels?.['status'] === 'deployed');
  const decoded = deployed && (await decodeRelease(deployed, laterThan(deployed, versions[0])));
  const last = versionOf(versions[0]);
  return { kind: 'read', history: decoded === undefined ? { last } : { last, deployed: decoded } };
}

function versionOf(secret: KubeObject | undefined): number {
  return Number(secret?.metadata.labels?.['version'] ?? 0);
}

/** An attempt that came after what is deployed and did not take its place. */
function laterThan(
  deployed: KubeObject,
  newest: KubeObject | undefined,
): Pick<DeployedAt, 'failed'> {
  if (newest === undefined || newest === deployed) return {};
  const status = newest.metadata.labels?.['status'] ?? 'unknown';
  return { failed: { revision: versionOf(newest), status } };
}

/** `pkg/release/v1`: what Helm tells of a release; nothing of its values. */
function deployedAt(secret: KubeObject, release: unknown): DeployedAt {
  const chart = recordAt(release, 'chart', 'metadata');
  const [name, version] = [textAt(chart, 'name'), textAt(chart, 'version')];
  return {
    name: textAt(release, 'name') ?? '',
    namespace: textAt(release, 'namespace') ?? '',
    revision: versionOf(secret),
    ...definedFields({
      chart: name && version && `${name}-${version}`,
      appVersion: textAt(chart, 'appVersion'),
      at: textAt(release, 'info', 'last_deployed'),
      description: textAt(release, 'info', 'description'),
      by: secret.metadata.managedFields?.[0]?.manager,
    }),
  };
}

/** base64 of the API over Helm's own base64 over gzip over JSON. */
async function decodeRelease(
  secret: KubeObject,
  later: Pick<DeployedAt, 'failed'>,
): Promise<DeployedRelease | undefined> {
  const data = textAt(secret, 'data', 'release');
  if (data === undefined) return undefined;
  try {
    const zipped = bytesOf(atob(atob(data)));
    const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream('gzip'));
    const release = JSON.parse(await new Response(stream).text()) as unknown;
    const manifest = textAt(release, 'manifest');
    const version = versionOf(secret);
    if (manifest === undefined) return undefined;
    const chart = releasedChart(recordAt(release, 'chart'), version);
    const deployed = { ...deployedAt(secret, release), ...later };
    return { version, manifest, deployed, ...(chart === undefined ? {} : { chart }) };
  } catch {
    // Written by something that is not Helm: nothing is known of what was applied.
    return undefined;
  }
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/**
 * The chart of a release as files: Helm keeps metadata, values, schema, templates and other files of
 * it, and nothing of its subcharts (`pkg/chart/v2`: the field is not exported). One that has any
 * cannot be had from there.
 */
function releasedChart(chart: unknown, release: number): ReleasedChart | undefined {
  const metadata = recordAt(chart, 'metadata');
  const name = textAt(metadata, 'name');
  const version = textAt(metadata, 'version');
  if (name === undefined || version === undefined) return undefined;
  if (listAt(metadata, 'dependencies').length > 0) return undefined;
  const schema = textAt(chart, 'schema');
  const files = [
    { path: 'Chart.yaml', data: encoded(metadata) },
    { path: 'values.yaml', data: encoded(recordAt(chart, 'values') ?? {}) },
    ...(schema === undefined ? [] : [{ path: 'values.schema.json', data: schema }]),
    ...[...listAt(chart, 'templates'), ...listAt(chart, 'files')].flatMap(fileOf),
  ];
  return { name, version, release, files };
}

/** `data` of a file is base64 in JSON, as Go writes bytes. */
function fileOf(file: unknown): readonly { readonly path: string; readonly data: string }[] {
  const path = textAt(file, 'name');
  const data = textAt(file, 'data');
  return path === undefined || data === undefined ? [] : [{ path, data }];
}

function encoded(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
