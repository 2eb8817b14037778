import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClusters } from '../../src/live/clusters';
import type { Access, ServedKind } from '../../src/model/cluster';
import { textAt } from '../../src/model/fields';
import type { Cluster, Log } from '../../src/model/ports';
import type { JsonObject, KubeObject, ResourceId } from '../../src/model/resource';
import { groupOf, resourceIdOf } from '../../src/model/resource';

/** The file that describes the running lab; absent when no lab runs. */
export const labState = process.env['PLUMBLINE_LAB_STATE'];

export type ClusterName = 'production' | 'staging';
export type Role = 'admin' | 'viewer' | 'namespaced';

interface LabDescription {
  readonly clusters: Readonly<
    Record<ClusterName, { readonly server: string; readonly caFile: string }>
  >;
  readonly kubeconfig: string;
  readonly kubeconfigViewer: string;
  readonly kubeconfigNamespaced: string;
  readonly namespacedNamespace: string;
  readonly tools: Readonly<Record<string, string>>;
  readonly argocd: { readonly url: string; readonly token: string };
  readonly gitea: {
    readonly url: string;
    readonly token: string;
    readonly cloneUrl: string;
    readonly pushUrl: string;
  };
}

/** One cluster of the lab as one of its users. */
export interface LabCluster {
  readonly cluster: Cluster;
  readonly kinds: readonly ServedKind[];
  kind(apiVersion: string, kind: string): ServedKind;
  get(object: KubeObject): Promise<Access<KubeObject>>;
  /** Server-side apply as `test-setup`; throws when it is refused. */
  apply(object: KubeObject): Promise<KubeObject>;
  /** Reads the object each 250 ms until `isThere` says so. */
  until(object: KubeObject, isThere: (it: KubeObject | undefined) => boolean): Promise<void>;
}

export const never = new AbortController().signal;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function describeLab(): LabDescription {
  return JSON.parse(readFileSync(labState ?? '', 'utf8')) as LabDescription;
}

/** Asks the API of the lab's Gitea; throws when it refuses. */
export function giteaOf(
  lab: { readonly gitea: Pick<LabDescription['gitea'], 'url' | 'token'> } | undefined,
) {
  return async (method: string, path: string, body?: JsonObject): Promise<void> => {
    const response = await fetch(`${lab?.gitea.url ?? ''}/api/v1${path}`, {
      method,
      headers: {
        authorization: `token ${lab?.gitea.token ?? ''}`,
        'content-type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  };
}

/** Asks the API of the lab's Argo CD, as its administrator. */
export function argoOf(lab: Pick<LabDescription, 'argocd'> | undefined) {
  return async (method: string, path: string, body?: unknown): Promise<JsonObject> => {
    const answer = await fetch(`${lab?.argocd.url ?? ''}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${lab?.argocd.token ?? ''}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as JsonObject;
  };
}

/** The file that `argocd login` writes for the lab's Argo CD: with its own token by default. */
export function argoLogin(token?: string): string {
  const { argocd } = describeLab();
  const server = new URL(argocd.url).host;
  return JSON.stringify({
    contexts: [{ name: 'lab', server, user: server }],
    servers: [{ server, 'plain-text': true }],
    users: [{ name: server, 'auth-token': token ?? argocd.token }],
  });
}

export function clustersOfLab(
  files: readonly string[],
  log: Log = silent,
): ReturnType<typeof createClusters> {
  return createClusters({
    kubeconfigFiles: files,
    workspaceFolders: [],
    environment: {},
    log,
    allowExec: () => false,
  });
}

export function kubeconfigOf(lab: LabDescription, role: Role): string {
  const files = {
    admin: lab.kubeconfig,
    viewer: lab.kubeconfigViewer,
    namespaced: lab.kubeconfigNamespaced,
  };
  return files[role];
}

export async function connectTo(
  lab: LabDescription,
  name: ClusterName,
  role: Role = 'admin',
): Promise<LabCluster> {
  const file = kubeconfigOf(lab, role);
  const context = role === 'admin' ? name : `${name}-${role}`;
  return useCluster(valueOf(await clustersOfLab([file]).connect({ file, name: context })));
}

export async function useCluster(cluster: Cluster): Promise<LabCluster> {
  const { kinds } = valueOf(await cluster.kinds(never));
  const kind = (apiVersion: string, name: string): ServedKind => {
    const found = kinds.find(
      (it) =>
        it.kind === name &&
        (it.group === '' ? it.version : `${it.group}/${it.version}`) === apiVersion,
    );
    if (found === undefined) throw new Error(`the lab does not serve ${apiVersion} ${name}`);
    return found;
  };
  const get = (object: KubeObject): Promise<Access<KubeObject>> =>
    cluster.get(kind(object.apiVersion, object.kind), resourceIdOf(object), never);
  return {
    cluster,
    kinds,
    kind,
    get,
    apply: async (object) =>
      valueOf(
        await cluster.patch(
          {
            kind: kind(object.apiVersion, object.kind),
            id: resourceIdOf(object),
            type: 'apply',
            body: object,
            fieldManager: 'test-setup',
            force: true,
            dryRun: false,
          },
          never,
        ),
      ),
    until: (object, isThere) =>
      waitUntil(
        async () => {
          const access = await get(object);
          return isThere(access.kind === 'ok' ? access.value : undefined);
        },
        `${object.kind} ${object.metadata.name ?? ''}`,
      ),
  };
}

export function valueOf<T>(access: Access<T>): T {
  if (access.kind !== 'ok') throw new Error(`${access.kind}: ${access.message}`);
  return access.value;
}

/** The lab has no other client that deletes. */
export async function remove(
  lab: LabDescription,
  name: ClusterName,
  object: KubeObject,
): Promise<void> {
  const { namespace, name: objectName = '' } = object.metadata;
  const type = `${object.kind.toLowerCase()}.${groupOf(object.apiVersion)}`.replace(/\.$/, '');
  const place = namespace === undefined ? [] : ['--namespace', namespace];
  const args = ['--kubeconfig', lab.kubeconfig, '--context', name, ...place];
  await new Promise<void>((resolve, reject) => {
    execFile(
      lab.tools['kubectl'] ?? '',
      [...args, 'delete', type, objectName, '--ignore-not-found', '--wait=true', '--timeout=60s'],
      (error, _stdout, stderr) => (error === null ? resolve() : reject(new Error(stderr))),
    );
  });
}

export async function waitUntil(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${what} did not come to be within 300 s`);
}

export function object(
  apiVersion: string,
  kind: string,
  id: Partial<ResourceId>,
  rest: JsonObject = {},
): KubeObject {
  const namespace = id.namespace === undefined ? {} : { namespace: id.namespace };
  return { apiVersion, kind, ...rest, metadata: { name: id.name ?? '', ...namespace } };
}

/** What the lab's proxy in front of an API server does wrong; see `test/lab/faultProxy.mjs`. */
export interface Fault {
  readonly method?: string;
  readonly path?: RegExp;
  readonly times?: number;
  readonly delayMs?: number;
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cut?: 'half' | 'reset' | 'stall';
  readonly stream?: 'cut' | 'half' | 'garbage' | 'expired' | 'error' | 'silent' | 'bytes';
  readonly passed?: number;
}

export interface FaultProxy {
  faults: readonly Fault[];
  readonly seen: readonly { readonly method: string; readonly path: string }[];
  readonly server: string;
  /** Shows another certificate; without one, that of the API server again. */
  certify(certificate?: { readonly cert: string; readonly key: string }): void;
  drop(): void;
  close(): Promise<void>;
}

export async function proxyInFrontOf(lab: LabDescription, name: ClusterName): Promise<FaultProxy> {
  const url = pathToFileURL(join(import.meta.dirname, '..', 'lab', 'faultProxy.mjs')).href;
  const module = (await import(url)) as {
    readonly FaultProxy: { inFrontOf(cluster: object): Promise<FaultProxy> };
  };
  return module.FaultProxy.inFrontOf(lab.clusters[name]);
}

/** The lab's kubeconfig with another server address. */
export function kubeconfigWith(
  lab: LabDescription,
  change: (cluster: Record<string, unknown>) => void,
): string {
  const config = JSON.parse(readFileSync(lab.kubeconfig, 'utf8')) as {
    readonly clusters: readonly { readonly cluster: Record<string, unknown> }[];
  };
  for (const { cluster } of config.clusters) change(cluster);
  return JSON.stringify(config);
}

export function textOf(value: unknown, ...path: readonly (string | number)[]): string {
  return textAt(value, ...path) ?? '';
}
