import type { Access } from '../../model/cluster';
import { recordAt, textAt, valueAt } from '../../model/fields';
import type { KubeObject } from '../../model/resource';
import type { ArgoDestination } from './apps';
import type { ArgoInstance } from './instance';

const CUSTOMIZATION = 'resource.customizations.ignoreDifferences.';

/**
 * `argocd-cm` as far as `GET /api/v1/settings` tells of it (`server/settings/settings.go`): how
 * objects are tracked, what is not compared, how Kustomize is called.
 */
export async function settingsMap(
  instance: ArgoInstance,
  namespace: string,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const access = await instance.ask({ method: 'GET', path: '/api/v1/settings' }, signal);
  if (access.kind !== 'ok') return access;
  const metadata = { name: 'argocd-cm', namespace };
  const data = textsOf(access.value);
  return { kind: 'ok', value: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } };
}

function textsOf(settings: unknown): Readonly<Record<string, string>> {
  const kustomize = valueAt(settings, 'kustomizeOptions');
  const versions = valueAt(settings, 'kustomizeVersions');
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['url', textAt(settings, 'url')],
    ['application.resourceTrackingMethod', textAt(settings, 'trackingMethod')],
    ['application.instanceLabelKey', textAt(settings, 'appLabelKey')],
    ['installationID', textAt(settings, 'installationID')],
    ['kustomize.buildOptions', textAt(kustomize, 'BuildOptions')],
    ...(Array.isArray(versions) ? versions : []).flatMap((version: unknown) =>
      typeof version === 'string' ? [[`kustomize.path.${version}`, ''] as const] : [],
    ),
    ...Object.entries(recordAt(settings, 'resourceOverrides') ?? {}).map(
      ([target, rules]) => [keyOf(target), rulesIn(rules)] as const,
    ),
  ];
  return Object.fromEntries(
    entries.flatMap(([key, text]) => (text === undefined || text === '' ? [] : [[key, text]])),
  );
}

/** `apps/Deployment`, `ConfigMap` of the core group, and `*` for all, as the settings have them. */
function keyOf(target: string): string {
  return `${CUSTOMIZATION}${target === '*/*' ? 'all' : target.replace('/', '_')}`;
}

const STATUS_ONLY = ['/status'];

/** Argo CD adds overrides without a rule, and one for `status`, which is never compared here. */
function rulesIn(override: unknown): string | undefined {
  const text = textAt(override, 'ignoreDifferences') ?? '';
  const rules = text.split('\n').flatMap((line) => /^\s*- (.*)$/.exec(line)?.[1] ?? []);
  const isEmpty = rules.every((rule) => STATUS_ONLY.includes(rule));
  return isEmpty ? undefined : text;
}

/** The clusters of the instance in the form of its cluster secrets, with nothing to log in by. */
export function clusterSecrets(
  destinations: readonly ArgoDestination[],
  labelSelector: string,
): readonly KubeObject[] {
  if (!labelSelector.startsWith('argocd.argoproj.io/secret-type=cluster')) return [];
  return destinations.map(({ name, server, labels }) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    data: { name: encoded(name), server: encoded(server) },
  }));
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
