import type { Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { servedKind } from './clusterSession';
import type { ClusterSession, TrackingSettings } from './clusterSession';

const CLUSTER_SECRETS = 'argocd.argoproj.io/secret-type=cluster';

/**
 * How this cluster's Argo CD tracks objects (`argocd-cm`), and the names and addresses of the
 * clusters it knows. What may not be read stays at Argo CD's defaults.
 */
export async function readArgoSettings(
  session: ClusterSession,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const namespace = controllerNamespace(session.reported);
  if (namespace === undefined) return;
  const [settings, secrets] = await Promise.all([
    readConfigMap(session, cluster, namespace, signal),
    readClusterSecrets(session, cluster, namespace, signal),
  ]);
  session.tracking = trackingOf(settings, namespace);
  session.argoClusters = secrets;
}

/** Argo CD 2.12 and newer write where the controller runs; before, apps live beside it. */
function controllerNamespace(reported: readonly KubeObject[]): string | undefined {
  const app = reported.find((object) => object.kind === 'Application');
  const status = app?.['status'] as { readonly controllerNamespace?: unknown } | undefined;
  const written = status?.controllerNamespace;
  return typeof written === 'string' && written !== '' ? written : app?.metadata.namespace;
}

type Texts = Readonly<Record<string, string>>;

function dataOf(object: KubeObject | undefined): Texts {
  return (object?.['data'] ?? {}) as Texts;
}

async function readConfigMap(
  session: ClusterSession,
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<Texts> {
  const kind = servedKind(session, '', 'ConfigMap');
  if (kind === undefined) return {};
  const id = { group: '', kind: 'ConfigMap', namespace, name: 'argocd-cm' };
  const access = await cluster.get(kind, id, signal);
  return access.kind === 'ok' ? dataOf(access.value) : {};
}

const METHODS: Readonly<Record<string, TrackingSettings['method']>> = {
  label: 'label',
  annotation: 'annotation',
  'annotation+label': 'annotation+label',
};

function trackingOf(settings: Texts, controllerNamespace: string): TrackingSettings {
  const installationId = settings['installationID'];
  return {
    method: METHODS[settings['application.resourceTrackingMethod'] ?? ''] ?? 'annotation',
    labelKey: settings['application.instanceLabelKey'] ?? 'app.kubernetes.io/instance',
    controllerNamespace,
    ...(installationId === undefined ? {} : { installationId }),
  };
}

async function readClusterSecrets(
  session: ClusterSession,
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly server: string }[]> {
  const kind = servedKind(session, '', 'Secret');
  if (kind === undefined) return [];
  const request = { kind, namespace, labelSelector: CLUSTER_SECRETS };
  const access = await cluster.list(request, signal);
  if (access.kind !== 'ok') return [];
  return access.value.map(dataOf).flatMap(({ name, server }) => {
    if (name === undefined || server === undefined) return [];
    return [{ name: decode(name), server: decode(server) }];
  });
}

function decode(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch {
    // The API server only stores valid base64; anything else names nothing.
    return '';
  }
}
