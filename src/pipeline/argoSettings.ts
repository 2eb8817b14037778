import { textOfBase64 } from '../base/base64';
import type { ApplicationSetCluster } from '../model/applicationSet';
import type { ArgoSettings } from '../model/config';
import type { Access } from '../model/cluster';
import type { Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';
import {
  asDocument,
  customizationsOf,
  isStructured,
  isTrue,
  valueOfDocument,
} from './argoCustomizations';
import { lastAppliedAnnotation } from '../diff/normalize';
import { servedKind } from './clusterSession';
import type { ClusterSession, TrackingSettings } from './clusterSession';
import type { Core } from './core';
import { followNames, getFollowed } from './followedFacts';
import { sameData } from './share';

const CLUSTER_SECRETS = 'argocd.argoproj.io/secret-type=cluster';

/**
 * How this cluster's Argo CD tracks and compares objects (`argocd-cm`, `argocd-cmd-params-cm`), and
 * the clusters it knows. What may not be read stays at Argo CD's defaults.
 */
export async function readArgoSettings(
  core: Core,
  session: ClusterSession,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const namespace = controllerNamespace(session.reported);
  if (namespace === undefined) return;
  const read = (name: string): Promise<Access<KubeObject> | undefined> =>
    readConfigMap(session, cluster, { namespace, name }, signal);
  const [settings, parameters, secrets] = await Promise.all([
    read('argocd-cm'),
    read('argocd-cmd-params-cm'),
    readClusterSecrets(session, cluster, namespace, signal),
  ]);
  const texts = dataOf(settings);
  session.tracking = trackingOf(texts, namespace);
  session.argoClusters = secrets ?? [];
  session.argoClustersRead = secrets !== undefined;
  session.argoSettings = sameOr(
    session.argoSettings,
    renderingOf(settings, dataOf(parameters), namespace),
  );
  session.argo = customizationsOf({
    values: await structuredValues(core, texts, signal),
    serverSideDiff: isTrue(dataOf(parameters), 'controller.diff.server.side'),
    from: `argocd-cm in ${namespace}`,
  });
  const limits = [...unreadLimits([settings, parameters], namespace), ...session.argo.limits];
  session.limits = [
    ...session.limits.filter((one) => !session.argoLimits.includes(one)),
    ...limits,
  ];
  session.argoLimits = limits;
}

/** `kustomize.buildOptions.v5.3.0`, and the place of the binary, which makes a version registered. */
const VERSION_OPTIONS = 'kustomize.buildOptions.';
const VERSION_PATHS = ['kustomize.path.', 'kustomize.version.'];

/** What decides how apps render (util/settings, `GetKustomizeSettings`, `GetHelmSettings`). */
function renderingOf(
  settings: Access<KubeObject> | undefined,
  parameters: Texts,
  namespace: string,
): ArgoSettings | undefined {
  // An instance without a ConfigMap has the defaults; one that may not be read can have any.
  if (settings?.kind !== 'ok' && settings?.kind !== 'not-found') return undefined;
  const texts = dataOf(settings);
  const versions = Object.keys(texts).flatMap((key) =>
    VERSION_PATHS.flatMap((prefix) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
  );
  const schemes = texts['helm.valuesFileSchemes'];
  return {
    from: `argocd-cm in ${namespace}`,
    ...serverOf(texts['url']),
    kustomizeBuildOptions: texts['kustomize.buildOptions'] ?? '',
    kustomizeVersions: Object.fromEntries(
      versions.map((version) => [version, texts[`${VERSION_OPTIONS}${version}`] ?? '']),
    ),
    ...(schemes === undefined ? {} : { valuesFileSchemes: commaList(schemes) }),
    newFileGlobbing: isTrue(parameters, 'applicationsetcontroller.enable.new.git.file.globbing'),
    ...(parameters['reposerver.enable.git.submodule'] === 'false' && { gitSubmodules: false }),
  };
}

/** `url` is the address that users reach it by. */
function serverOf(url: string | undefined): Pick<ArgoSettings, 'server'> {
  if (url === undefined || !URL.canParse(url)) return {};
  return { server: new URL(url).host };
}

function commaList(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function sameOr<T>(before: T, now: T): T {
  return sameData(before, now) ? before : now;
}

/** Not an error: the comparison goes on with Argo CD's own defaults, and says so. */
function unreadLimits(
  read: readonly (Access<KubeObject> | undefined)[],
  namespace: string,
): readonly string[] {
  const names = ['argocd-cm', 'argocd-cmd-params-cm'].filter((_, index) => {
    const kind = read[index]?.kind ?? 'not-found';
    return kind !== 'ok' && kind !== 'not-found';
  });
  if (names.length === 0) return [];
  return [
    `${names.join(' and ')} in ${namespace} could not be read: Argo CD's defaults are assumed.`,
  ];
}

/** The YAML in the settings, as Kubernetes reads YAML; what is broken is left out, as unset. */
async function structuredValues(
  core: Core,
  settings: Texts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, unknown>> {
  const [root] = core.roots.keys();
  const keys = Object.keys(settings).filter(isStructured).sort();
  if (root === undefined || keys.length === 0) return new Map();
  const paths = keys.map((_, index) => `.plumbline-argocd-${index}.yaml`);
  const overlay = Object.fromEntries(
    keys.map((key, index) => [paths[index] ?? '', asDocument(settings[key] ?? '')]),
  );
  const files = await core.deps.renderer.parse({ root, overlay }, paths, signal);
  if ('kind' in files) return new Map();
  const byPath = new Map(files.map((file) => [file.path, file.documents[0]?.value]));
  return new Map(
    keys.flatMap((key, index) => {
      const document = byPath.get(paths[index] ?? '');
      return document === undefined ? [] : [[key, valueOfDocument(document)]];
    }),
  );
}

/** Argo CD 2.12 and newer write where the controller runs; before, apps live beside it. */
function controllerNamespace(reported: readonly KubeObject[]): string | undefined {
  const app = reported.find((object) => object.kind === 'Application');
  const status = app?.['status'] as { readonly controllerNamespace?: unknown } | undefined;
  const written = status?.controllerNamespace;
  return typeof written === 'string' && written !== '' ? written : app?.metadata.namespace;
}

type Texts = Readonly<Record<string, string>>;

function dataOf(access: Access<KubeObject> | undefined): Texts {
  return access?.kind === 'ok' ? ((access.value['data'] ?? {}) as Texts) : {};
}

async function readConfigMap(
  session: ClusterSession,
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Access<KubeObject> | undefined> {
  const kind = servedKind(session, '', 'ConfigMap');
  if (kind === undefined) return undefined;
  const id = { group: '', kind: 'ConfigMap', namespace, name };
  return await getFollowed({ cluster, following: session.following }, kind, id, signal);
}

const METHODS: Readonly<Record<string, TrackingSettings['method']>> = {
  label: 'label',
  annotation: 'annotation',
  'annotation+label': 'annotation+label',
};

function trackingOf(settings: Texts, controllerNamespace: string): TrackingSettings {
  const { installationID: installationId = '' } = settings;
  const labelKey = settings['application.instanceLabelKey'] ?? '';
  return {
    method: METHODS[settings['application.resourceTrackingMethod'] ?? ''] ?? 'annotation',
    labelKey: labelKey === '' ? 'app.kubernetes.io/instance' : labelKey,
    controllerNamespace,
    ...(installationId === '' ? {} : { installationId }),
  };
}

/** `undefined` where they may not be read, which says nothing of how many there are. */
async function readClusterSecrets(
  session: ClusterSession,
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly ApplicationSetCluster[] | undefined> {
  const kind = servedKind(session, '', 'Secret');
  if (kind === undefined) return undefined;
  const request = { kind, namespace, labelSelector: CLUSTER_SECRETS };
  // What logs in is in them: they are read each time, and only their versions are kept.
  if (session.following !== undefined) await followNames(session.following, request, signal);
  const access = await cluster.list(request, signal);
  return access.kind === 'ok' ? access.value.flatMap(argoCluster) : undefined;
}

/** Never reads `config`, which holds the credentials. */
function argoCluster(secret: KubeObject): readonly ApplicationSetCluster[] {
  const { name, server, project } = (secret['data'] ?? {}) as Texts;
  if (name === undefined || server === undefined) return [];
  const { labels, annotations = {} } = secret.metadata;
  const told = Object.entries(annotations).filter(([key]) => key !== lastAppliedAnnotation);
  return [
    {
      name: decode(name),
      server: decode(server),
      ...(project === undefined ? {} : { project: decode(project) }),
      ...(labels === undefined ? {} : { labels }),
      ...(told.length === 0 ? {} : { annotations: Object.fromEntries(told) }),
    },
  ];
}

function decode(base64: string): string {
  try {
    return textOfBase64(base64);
  } catch {
    // The API server only stores valid base64; anything else names nothing.
    return '';
  }
}
