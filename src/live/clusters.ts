import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../base/dispose';
import type { Access, ContextRef, KubeContext } from '../model/cluster';
import { definedFields } from '../model/fields';
import type { Cluster, Clusters, Log } from '../model/ports';
import { createCluster } from './cluster';
import type { ParseText } from './clientNode';
import { parseKubeconfig } from './clientNode';
import type { AllowExec, Consent } from './consent';
import { createConsent } from './consent';
import { createCredentials } from './credentials';
import type { ContextEntry } from './kubeconfig';
import type { KubeconfigFile } from './kubeconfigFile';
import { createKubeconfigReader } from './kubeconfigFile';
import { consentNeeded } from './loginFiles';
import { printable } from './printable';
import { proxyFor } from './proxy';
import type { Sleep } from './rest';
import { createRest } from './rest';
import type { Timeouts, Transport } from './transport';
import { createTransport } from './transport';

export interface ClustersOptions {
  /** In the user's order; each is read on its own, never merged. */
  readonly kubeconfigFiles: readonly string[];
  readonly workspaceFolders: readonly string[];
  /** Given to login plugins; PATH, proxy variables and the rest of the user's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
  /** Consent for a file inside the workspace (kubeconfig or plugin) at exactly these bytes. */
  readonly allowExec: AllowExec;
  readonly timeouts?: Partial<Timeouts> & { readonly execMs?: number };
  readonly clock?: () => number;
  readonly sleep?: Sleep;
  /** Reads the text of kubeconfigs; by default in this thread. */
  readonly parseText?: ParseText;
  /** Requests under way at once, for each cluster. */
  readonly maxParallel?: number;
}

const defaults = {
  maxParallel: 16,
  clock: Date.now,
  sleep: sleepFor,
  timeouts: { connectMs: 10_000, answerMs: 30_000, execMs: 30_000 },
};

interface Connected {
  readonly sha256: string;
  readonly cluster: Cluster;
  readonly transport: Transport;
}

export function createClusters(options: ClustersOptions): Clusters & Disposable {
  const reader = createKubeconfigReader(options.parseText ?? parseKubeconfig);
  const consent = createConsent(options.workspaceFolders, options.allowExec);
  const connected = new Map<string, Connected>();

  return {
    async contexts() {
      const files = await Promise.all(
        [...new Set(options.kubeconfigFiles)].map((file) => reader.read(file)),
      );
      const lists = await Promise.all(
        files.map((file) =>
          Promise.all(file.contexts.map((entry) => describe(entry, file, options, consent))),
        ),
      );
      return lists.flat();
    },
    async connect(ref) {
      if (!options.kubeconfigFiles.includes(ref.file))
        return broken('That kubeconfig file is not configured.');
      const file = await reader.read(ref.file);
      const key = JSON.stringify([ref.file, ref.name]);
      const known = connected.get(key);
      if (known?.sha256 === file.sha256 && file.sha256 !== '')
        return { kind: 'ok', value: known.cluster };
      // Requests under way end by themselves, and idle connections close.
      connected.delete(key);
      const made = open(ref, file, options, consent);
      if (made.kind !== 'ok') return made;
      connected.set(key, made.value);
      return { kind: 'ok', value: made.value.cluster };
    },
    dispose() {
      for (const { transport } of connected.values()) transport.dispose();
      connected.clear();
    },
  };
}

async function describe(
  entry: ContextEntry,
  file: KubeconfigFile,
  options: ClustersOptions,
  consent: Consent,
): Promise<KubeContext> {
  const ref: ContextRef = { file: file.file, name: entry.name };
  if (entry.kind === 'broken')
    return { ref, server: entry.server, problem: printable(entry.problem) };
  const { cluster, user, namespace } = entry;
  const { environment } = options;
  const needed = await consentNeeded({ file: file.file, cluster, user, environment }, consent);
  const context: KubeContext = {
    ref,
    server: cluster.server,
    ...definedFields({ namespace, consent: needed }),
  };
  const { exec } = user;
  if (exec === undefined) return context;
  const insideWorkspace =
    needed?.program !== undefined || (await consent.isInsideWorkspace(file.file));
  return { ...context, exec: { command: exec.command, insideWorkspace } };
}

function open(
  ref: ContextRef,
  file: KubeconfigFile,
  options: ClustersOptions,
  consent: Consent,
): Access<Connected> {
  const entry = file.contexts.find((it) => it.name === ref.name);
  if (entry === undefined) {
    return broken(`There is no context "${printable(ref.name)}" in its kubeconfig any more.`);
  }
  if (entry.kind === 'broken') return broken(printable(entry.problem));
  const server = new URL(entry.cluster.server);
  const proxy = proxyFor(server, entry.cluster.proxyUrl, options.environment);
  if (proxy !== undefined && !isProxyUrl(proxy)) {
    return broken('The proxy address of the cluster is not usable.');
  }
  const settings = { ...defaults, ...definedFields(options) };
  const timeouts = { ...defaults.timeouts, ...definedFields(options.timeouts ?? {}) };
  const { maxParallel, clock, sleep } = settings;
  const transport = createTransport({
    server,
    insecure: entry.cluster.insecure,
    compression: !entry.cluster.disableCompression,
    connections: maxParallel,
    timeouts,
    ...definedFields({ tlsServerName: entry.cluster.tlsServerName, proxy }),
  });
  const credentials = createCredentials({
    file: file.file,
    cluster: entry.cluster,
    user: entry.user,
    environment: options.environment,
    consent,
    clock,
    execTimeLimitMs: timeouts.execMs,
  });
  const rest = createRest({
    server,
    transport,
    credentials,
    log: options.log,
    maxParallel,
    clock,
    sleep,
  });
  const cluster = createCluster(ref, entry.cluster.server, rest);
  return { kind: 'ok', value: { sha256: file.sha256, cluster, transport } };
}

function isProxyUrl(proxy: string): boolean {
  const protocol = URL.canParse(proxy) ? new URL(proxy).protocol : '';
  return ['http:', 'https:', 'socks5:', 'socks:'].includes(protocol);
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** Status 0: nothing was asked, the configuration is at fault. */
function broken(message: string): Access<never> {
  return { kind: 'failed', status: 0, message };
}
