import { recordAt, listAt, textAt, textsAt, valueAt } from '../model/fields';

/** What one context of one kubeconfig file says; paths are as written. */
export type ContextEntry =
  | {
      readonly kind: 'usable';
      readonly name: string;
      readonly namespace?: string;
      readonly cluster: ClusterEntry;
      readonly user: UserEntry;
    }
  | {
      readonly kind: 'broken';
      readonly name: string;
      readonly server: string;
      /** One sentence. */
      readonly problem: string;
    };

export interface ClusterEntry {
  readonly server: string;
  readonly caData?: string;
  readonly caFile?: string;
  readonly insecure: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  readonly disableCompression: boolean;
  /** The entry as written, for an exec plugin that asks for it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly certData?: string;
  readonly certFile?: string;
  readonly keyData?: string;
  readonly keyFile?: string;
  readonly impersonate?: Impersonation;
  readonly exec?: ExecEntry;
  readonly oidc?: Readonly<Record<string, string>>;
}

export interface Impersonation {
  readonly user?: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interactiveMode: string;
  readonly provideClusterInfo: boolean;
  readonly installHint?: string;
}

/** Reads every context on its own: one bad entry spoils no other. The first entry of a name counts. */
export function readContexts(config: unknown): readonly ContextEntry[] {
  const clusters = namedEntries(config, 'clusters', 'cluster');
  const users = namedEntries(config, 'users', 'user');
  return [...namedEntries(config, 'contexts', 'context')].map(([name, context]) =>
    readContext({ name, context, clusters, users }),
  );
}

type Entries = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function namedEntries(config: unknown, list: string, field: string): Entries {
  const entries = new Map<string, Readonly<Record<string, unknown>>>();
  for (const item of listAt(config, list)) {
    const name = textAt(item, 'name');
    if (name !== undefined && !entries.has(name)) entries.set(name, recordAt(item, field) ?? {});
  }
  return entries;
}

function readContext(input: {
  readonly name: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly clusters: Entries;
  readonly users: Entries;
}): ContextEntry {
  const { name, context } = input;
  const cluster = input.clusters.get(textAt(context, 'cluster') ?? '');
  const user = userOf(context, input.users);
  const server = (textAt(cluster, 'server') ?? '').replace(/\/+$/, '');
  if (cluster === undefined || user === undefined || !isHttpUrl(server) || hasLegacyLogin(user)) {
    return { kind: 'broken', name, server, problem: problemOf({ context, cluster, user, server }) };
  }
  return {
    kind: 'usable',
    name,
    ...texts(context, { namespace: 'namespace' }),
    cluster: readCluster(cluster, server),
    user: readUser(user),
  };
}

/** A context without a user is an anonymous one. */
function userOf(
  context: Readonly<Record<string, unknown>>,
  users: Entries,
): Readonly<Record<string, unknown>> | undefined {
  const name = textAt(context, 'user') ?? '';
  return name === '' ? {} : users.get(name);
}

function problemOf(parts: {
  readonly context: Readonly<Record<string, unknown>>;
  readonly cluster: Readonly<Record<string, unknown>> | undefined;
  readonly user: Readonly<Record<string, unknown>> | undefined;
  readonly server: string;
}): string {
  const clusterName = textAt(parts.context, 'cluster') ?? '';
  if (parts.cluster === undefined) {
    return `The context names the cluster "${clusterName}", which is not in its file.`;
  }
  if (!isHttpUrl(parts.server)) return `The cluster "${clusterName}" has no usable server address.`;
  if (parts.user === undefined) {
    return `The context names the user "${textAt(parts.context, 'user') ?? ''}", which is not in its file.`;
  }
  const provider = textAt(parts.user, 'auth-provider', 'name') ?? '';
  return `The login "auth-provider: ${provider}" was removed from Kubernetes; use its exec plugin.`;
}

/** kubectl 1.26 dropped every built-in provider but `oidc`; the others would run shell commands. */
function hasLegacyLogin(user: Readonly<Record<string, unknown>>): boolean {
  const provider = textAt(user, 'auth-provider', 'name');
  return provider !== undefined && provider !== 'oidc';
}

function isHttpUrl(server: string): boolean {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:';
}

function readCluster(raw: Readonly<Record<string, unknown>>, server: string): ClusterEntry {
  return {
    server,
    insecure: valueAt(raw, 'insecure-skip-tls-verify') === true,
    disableCompression: valueAt(raw, 'disable-compression') === true,
    raw,
    ...texts(raw, {
      caData: 'certificate-authority-data',
      caFile: 'certificate-authority',
      tlsServerName: 'tls-server-name',
      proxyUrl: 'proxy-url',
    }),
  };
}

function readUser(raw: Readonly<Record<string, unknown>>): UserEntry {
  const impersonate = readImpersonation(raw);
  const exec = recordAt(raw, 'exec');
  const oidc = recordAt(raw, 'auth-provider', 'config');
  return {
    ...texts(raw, {
      token: 'token',
      tokenFile: 'tokenFile',
      username: 'username',
      password: 'password',
      certData: 'client-certificate-data',
      certFile: 'client-certificate',
      keyData: 'client-key-data',
      keyFile: 'client-key',
    }),
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(exec === undefined ? {} : { exec: readExec(exec) }),
    ...(oidc === undefined ? {} : { oidc: textRecord(oidc) }),
  };
}

function readExec(raw: Readonly<Record<string, unknown>>): ExecEntry {
  const env = listAt(raw, 'env').map((item) => [
    textAt(item, 'name') ?? '',
    textAt(item, 'value') ?? '',
  ]);
  return {
    apiVersion: textAt(raw, 'apiVersion') ?? '',
    command: textAt(raw, 'command') ?? '',
    args: textsAt(raw, 'args'),
    env: Object.fromEntries(env.filter(([name]) => name !== '')) as Record<string, string>,
    interactiveMode: textAt(raw, 'interactiveMode') ?? 'IfAvailable',
    provideClusterInfo: valueAt(raw, 'provideClusterInfo') === true,
    ...texts(raw, { installHint: 'installHint' }),
  };
}

function readImpersonation(raw: Readonly<Record<string, unknown>>): Impersonation | undefined {
  const groups = textsAt(raw, 'as-groups');
  const extra = Object.entries(recordAt(raw, 'as-user-extra') ?? {});
  const names = texts(raw, { user: 'as', uid: 'as-uid' });
  if (Object.keys(names).length === 0 && groups.length === 0 && extra.length === 0)
    return undefined;
  return {
    ...names,
    groups,
    extra: Object.fromEntries(extra.map(([key, list]) => [key, textsAt(list)])),
  };
}

function texts<K extends string>(
  raw: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<K, string>>,
): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const key of Object.keys(fields) as K[]) {
    const value = textAt(raw, fields[key]);
    if (value !== undefined && value !== '') found[key] = value;
  }
  return found;
}

function textRecord(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(raw).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
