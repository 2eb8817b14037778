import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Disposable } from '../base/dispose';
import type { Access, ContextRef, KubeContext } from '../model/cluster';
import { definedFields } from '../model/fields';
import type { Clusters, Log } from '../model/ports';
import type { ParseText } from './clientNode';
import { parseKubeconfig } from './clientNode';
import type { AllowExec } from './consent';
import { createConsent } from './consent';
import { loginKey } from './credentials';
import type { ContextEntry } from './kubeconfig';
import type { KubeconfigFile } from './kubeconfigFile';
import { createKubeconfigReader } from './kubeconfigFile';
import { createStamp, kubeconfigFiles } from './kubeconfigFiles';
import { createPluginPolicies } from './kuberc';
import type { LoginEnvironment } from './loginEnvironment';
import { fixedEnvironment } from './loginEnvironment';
import { consentNeeded, namedFiles } from './loginFiles';
import { createLogins } from './logins';
import type { Common, Connected } from './openContext';
import { broken, openContext, sleepFor } from './openContext';
import { printable } from './printable';
import type { Sleep } from './rest';
import type { Timeouts } from './transport';

export interface ClustersOptions {
  /** Paths or patterns, in the user's order; each file is read on its own, never merged. */
  readonly kubeconfigFiles: readonly string[];
  readonly workspaceFolders: readonly string[];
  /** PATH, proxy variables and the rest of the user's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What login programs are given; by default the environment. */
  readonly programs?: LoginEnvironment;
  readonly log: Log;
  /** Consent for a file inside the workspace (kubeconfig or plugin) at exactly these bytes. */
  readonly allowExec: AllowExec;
  readonly timeouts?: Partial<Timeouts> & { readonly execMs?: number };
  readonly clock?: () => number;
  readonly sleep?: Sleep;
  /** In [0, 1); spreads what many clients would do at once. */
  readonly random?: () => number;
  /** Reads the text of kubeconfigs; by default in this thread. */
  readonly parseText?: ParseText;
  /** Requests under way at once, for each cluster. */
  readonly maxParallel?: number;
}

/**
 * A look that needs a dry run of each of 200 objects waits for round trips, not for the server, which
 * takes 2 ms of a core for each; a sixth of what it lets change at once by default
 * (`--max-mutating-requests-inflight`).
 */
const MAX_PARALLEL = 32;

const TIMEOUTS = { connectMs: 10_000, answerMs: 30_000, execMs: 30_000 };

export function createClusters(options: ClustersOptions): Clusters & Disposable {
  const parseText = options.parseText ?? parseKubeconfig;
  const reader = createKubeconfigReader(parseText);
  const common = commonOf(options, parseText);
  const connected = new Map<string, Connected>();

  const isConfigured = async (file: string): Promise<boolean> =>
    options.kubeconfigFiles.includes(file) ||
    (await kubeconfigFiles(options.kubeconfigFiles)).includes(file);
  const connect = async (ref: ContextRef): Promise<Access<Connected>> => {
    if (!(await isConfigured(ref.file))) return broken('That kubeconfig file is not configured.');
    const file = await reader.read(ref.file);
    const key = JSON.stringify([ref.file, ref.name]);
    const known = connected.get(key);
    if (known?.sha256 === file.sha256 && file.sha256 !== '') return { kind: 'ok', value: known };
    // Requests under way end by themselves, and idle connections close.
    connected.delete(key);
    const made = openContext(ref, file, common);
    if (made.kind === 'ok') connected.set(key, made.value);
    return made;
  };

  return {
    async contexts() {
      const paths = await kubeconfigFiles(options.kubeconfigFiles);
      const files = await Promise.all(paths.map((file) => reader.read(file)));
      const lists = await Promise.all(
        files.map((file) =>
          Promise.all(file.contexts.map((entry) => describe(entry, file, common))),
        ),
      );
      return lists.flat();
    },
    async connect(ref) {
      const made = await connect(ref);
      return made.kind === 'ok' ? { kind: 'ok', value: made.value.cluster } : made;
    },
    async signIn(ref, signal) {
      const made = await connect(ref);
      if (made.kind !== 'ok') return made;
      const login = await made.value.credentials.signIn(signal);
      if (login.kind !== 'ok') return login;
      return { kind: 'ok', value: sharing(made.value, await reader.read(ref.file)) };
    },
    async fingerprint(ref) {
      if (!(await isConfigured(ref.file))) return '';
      const file = await reader.read(ref.file);
      const entry = file.contexts.find(({ name }) => name === ref.name);
      return JSON.stringify([file.sha256, await namedDigests(ref.file, entry)]);
    },
    stamp: createStamp(options.kubeconfigFiles),
    dispose() {
      for (const { transport } of connected.values()) transport.dispose();
      connected.clear();
    },
  };
}

function commonOf(options: ClustersOptions, parseText: ParseText): Common {
  const { environment, log, workspaceFolders, allowExec } = options;
  const { execMs, ...timeouts } = { ...TIMEOUTS, ...definedFields(options.timeouts ?? {}) };
  const clock = options.clock ?? Date.now;
  return {
    environment,
    programs: options.programs ?? fixedEnvironment(environment),
    policies: createPluginPolicies(parseText, log),
    log,
    consent: createConsent(workspaceFolders, allowExec),
    logins: createLogins({ clock, timeLimitMs: execMs }),
    timeouts,
    clock,
    sleep: options.sleep ?? sleepFor,
    random: options.random ?? Math.random,
    maxParallel: options.maxParallel ?? MAX_PARALLEL,
  };
}

async function namedDigests(
  file: string,
  entry: ContextEntry | undefined,
): Promise<readonly string[]> {
  if (entry === undefined || entry.kind === 'broken') return [];
  const { cluster, user } = entry;
  return await Promise.all(
    namedFiles({ file, cluster, user }).map(async ({ path, data }) => {
      if (path === undefined || data !== undefined) return '';
      const bytes = await readFile(path).catch(() => undefined);
      return bytes === undefined ? 'none' : createHash('sha256').update(bytes).digest('hex');
    }),
  );
}

/** The contexts of a file that log in by the same program in the same way. */
function sharing({ entry }: Connected, file: KubeconfigFile): readonly ContextRef[] {
  const keyOf = (one: ContextEntry): string | undefined => {
    if (one.kind === 'broken' || one.user.exec === undefined) return undefined;
    return loginKey(file.file, one.cluster, one.user.exec);
  };
  const own = keyOf(entry);
  return file.contexts
    .filter((one) => one.name === entry.name || (own !== undefined && keyOf(one) === own))
    .map(({ name }) => ({ file: file.file, name }));
}

async function describe(
  entry: ContextEntry,
  file: KubeconfigFile,
  { programs, consent }: Pick<Common, 'programs' | 'consent'>,
): Promise<KubeContext> {
  const ref: ContextRef = { file: file.file, name: entry.name };
  if (entry.kind === 'broken')
    return { ref, server: entry.server, problem: printable(entry.problem) };
  const { cluster, user, namespace } = entry;
  const login = { file: file.file, cluster, user, environment: programs.known() };
  const needed = await consentNeeded(login, consent);
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
