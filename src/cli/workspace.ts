import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { UserError } from '../base/userError';
import type { AppState } from '../model/appState';
import { argoServerOf } from '../model/argo';
import type { ContextRef } from '../model/cluster';
import type { Settings } from '../model/config';
import type { CoreWorkbench } from '../pipeline/workbench';
import type { CommandContext, WorkbenchOptions } from './command';
import { text } from './command';

const MAX_ENGINES = 4;
const RENDER_LIMIT_MS = 60_000;
const RENDER_MEMORY_BYTES = 2 * 1024 ** 3;

export function defaultSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  return {
    contexts: {},
    assignments: {},
    kubeconfigs: kubeconfigs(environment),
    protectedClusters: [],
    maxEngines: Math.min(MAX_ENGINES, availableParallelism()),
    renderTimeoutMs: RENDER_LIMIT_MS,
    renderMemoryLimitBytes: RENDER_MEMORY_BYTES,
    fetchAllowed: true,
  };
}

/** The files of KUBECONFIG, else kubectl's default place. */
function kubeconfigs(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}

/** An absolute path without links, as Git names its top level; a path that is not there stays as it is. */
export function realPath(cwd: string, path: string): string {
  const absolute = resolve(cwd, path);
  try {
    return realpathSync(absolute);
  } catch {
    // Said by whoever looks for it.
    return absolute;
  }
}

/** A folder that is not there must not stand for the repository above it. */
function rootOf(cwd: string, given: string): string {
  const folder = realPath(cwd, given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new UserError(`There is no folder ${given}.`);
}

/** The workspace of `--root`, else of the folder that the command was called in, fully rendered. */
export async function openWorkspace(
  context: CommandContext,
  options: Partial<WorkbenchOptions> = {},
): Promise<CoreWorkbench> {
  const { io, args, tools } = context;
  const settings = options.settings ?? defaultSettings(io.environment);
  const folder = rootOf(io.cwd, text(args, 'root') ?? '.');
  const workbench = tools.workbench({ validates: false, ...options, settings });
  workbench.setFolders([folder]);
  await workbench.whenIdle();
  for (const { name, problems } of workbench.state().roots) {
    for (const problem of problems) {
      if (problem.location === undefined) io.err(`${name}: ${problem.message}`);
    }
  }
  return workbench;
}

export const CONTEXT_HELP = [
  '--context CTX',
  'context of the kubeconfigs, or argocd:HOST (by its API); CLUSTER=CTX for each of several clusters',
] as const;

/**
 * `--context CTX` for the only cluster that the apps go to, or `--context CLUSTER=CTX` for each; a
 * context is looked up by name in the kubeconfigs, in their order. `argocd:HOST` is the cluster of an
 * Argo CD by its API, which says itself which apps go where.
 */
export async function settingsWithContexts(
  workbench: CoreWorkbench,
  base: Settings,
  request: { readonly given: readonly string[]; readonly apps: readonly AppState[] },
): Promise<Settings | string> {
  const known = await workbench.contexts();
  const contexts: Record<string, ContextRef> = {};
  for (const entry of request.given) {
    const [cluster, name] = splitEntry(entry, request.apps);
    const found = known.find(({ ref }) => ref.name === name || ref.file === name);
    const isArgo = argoServerOf(found?.ref ?? { file: name, name }) !== undefined;
    if (cluster === undefined && !isArgo) return unclear(name, request.apps);
    if (found === undefined) return notFound(name);
    // An Argo CD says itself what goes where.
    if (cluster === undefined) continue;
    contexts[cluster] = found.ref;
  }
  return { ...base, contexts };
}

function unclear(name: string, apps: readonly AppState[]): string {
  return clustersOf(apps).size === 0
    ? 'No cluster is assigned to these apps: .plumbline.yaml tells which one they go to.'
    : `The apps go to several clusters: say which one, as --context CLUSTER=${name}.`;
}

function clustersOf(apps: readonly AppState[]): ReadonlySet<string> {
  return new Set(apps.flatMap(({ app }) => app.destinationCluster ?? []));
}

function notFound(name: string): string {
  const server = argoServerOf({ file: name, name });
  return server === undefined
    ? `No kubeconfig has a context ${name}.`
    : `Your argocd is not logged in to ${server}: run "argocd login ${server}".`;
}

/** The Argo CDs among the contexts are asked which apps they have before those are compared. */
export async function openArgo(
  workbench: CoreWorkbench,
  given: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const entry of given) {
    const name = entry.slice(entry.indexOf('=') + 1);
    const cluster = workbench.state().clusters.find(({ context }) => {
      const isNamed = context?.file === name || context?.name === name;
      return isNamed && argoServerOf(context) !== undefined;
    });
    if (cluster !== undefined) await workbench.connectCluster(cluster.name, signal);
  }
}

function splitEntry(
  entry: string,
  apps: readonly AppState[],
): readonly [string | undefined, string] {
  const equals = entry.indexOf('=');
  if (equals > 0) return [entry.slice(0, equals), entry.slice(equals + 1)];
  const clusters = clustersOf(apps);
  return [clusters.size === 1 ? [...clusters][0] : undefined, entry];
}
