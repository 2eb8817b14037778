import { setTimeout as delay } from 'node:timers/promises';
import type { Access, ContextRef } from '../model/cluster';
import { definedFields } from '../model/fields';
import type { Cluster, Log } from '../model/ports';
import { createCluster } from './cluster';
import type { Consent } from './consent';
import { createCredentials } from './credentials';
import type { Credentials } from './credentials';
import type { ContextEntry } from './kubeconfig';
import type { KubeconfigFile } from './kubeconfigFile';
import type { PluginPolicies } from './kuberc';
import type { LoginEnvironment } from './loginEnvironment';
import type { Logins } from './logins';
import { printable } from './printable';
import { proxyFor } from './proxy';
import { createPulse } from './pulse';
import { createReflect } from './reflector';
import { createRest } from './rest';
import type { Sleep } from './rest';
import { createTransport } from './transport';
import type { Timeouts, Transport } from './transport';

/** What all clusters of one window have in common. */
export interface Common {
  /** For proxies. */
  readonly environment: Readonly<Record<string, string>>;
  readonly programs: LoginEnvironment;
  readonly policies: PluginPolicies;
  readonly log: Log;
  readonly consent: Consent;
  readonly logins: Logins;
  readonly timeouts: Timeouts;
  readonly clock: () => number;
  readonly sleep: Sleep;
  /** In [0, 1). */
  readonly random: () => number;
  /** Requests under way at once, for each cluster. */
  readonly maxParallel: number;
}

/** A cluster through one context of a file as it was read. */
export interface Connected {
  readonly sha256: string;
  readonly entry: UsableEntry;
  readonly cluster: Cluster;
  readonly credentials: Credentials;
  readonly transport: Transport;
}

export type UsableEntry = Extract<ContextEntry, { readonly kind: 'usable' }>;

/** Asks nobody: the first request does. */
export function openContext(
  ref: ContextRef,
  file: KubeconfigFile,
  common: Common,
): Access<Connected> {
  const entry = file.contexts.find((it) => it.name === ref.name);
  if (entry === undefined) {
    return broken(`There is no context "${printable(ref.name)}" in its kubeconfig any more.`);
  }
  if (entry.kind === 'broken') return broken(printable(entry.problem));
  const server = new URL(entry.cluster.server);
  const proxy = proxyFor(server, entry.cluster.proxyUrl, common.environment);
  if (proxy !== undefined && !isProxyUrl(proxy)) {
    return broken('The proxy address of the cluster is not usable.');
  }
  const { sha256 } = file;
  return { kind: 'ok', value: { sha256, entry, ...wire(ref, { server, proxy, entry }, common) } };
}

function wire(
  ref: ContextRef,
  { server, proxy, entry }: { server: URL; proxy: string | undefined; entry: UsableEntry },
  common: Common,
): Pick<Connected, 'cluster' | 'credentials' | 'transport'> {
  const { clock, sleep, log, random, maxParallel } = common;
  const transport = createTransport({
    server,
    insecure: entry.cluster.insecure,
    compression: !entry.cluster.disableCompression,
    connections: maxParallel,
    timeouts: common.timeouts,
    ...definedFields({ tlsServerName: entry.cluster.tlsServerName, proxy }),
  });
  const credentials = createCredentials({
    file: ref.file,
    cluster: entry.cluster,
    user: entry.user,
    programs: common.programs,
    policies: common.policies,
    consent: common.consent,
    clock,
    logins: common.logins,
  });
  const rest = createRest({ server, transport, credentials, log, maxParallel, clock, sleep });
  const pulse = createPulse(clock, sleep);
  const reflect = createReflect({ server, rest, pulse, log, clock, sleep, random });
  return {
    cluster: createCluster(ref, entry.cluster.server, { rest, reflect }),
    credentials,
    transport,
  };
}

function isProxyUrl(proxy: string): boolean {
  const protocol = URL.canParse(proxy) ? new URL(proxy).protocol : '';
  return ['http:', 'https:', 'socks5:', 'socks:'].includes(protocol);
}

export async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** Status 0: nothing was asked, the configuration is at fault. */
export function broken(message: string): Access<never> {
  return { kind: 'failed', status: 0, message };
}
