import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/model/resource';
import { resourceIdOf, resourceKey } from '../../src/model/resource';
import { enginePath } from '../unit/render/engine';

const built = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

/** The built command line; `npm test` builds it first. */
export const cliPath = process.env['PLUMBLINE_CLI'] ?? built;
if (!existsSync(cliPath)) throw new Error('Build the command line first: npm run build');

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CallOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const home = mkdtempSync(join(tmpdir(), 'plumbline-home-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));

/** What a CI job has: a PATH, an empty home, no kubeconfig, no terminal. */
function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: home, PLUMBLINE_ENGINE: enginePath, ...more };
}

/** Runs `plumbline` as a user does; its end is the result, whatever the code. */
export function plumbline(args: readonly string[], { cwd, env }: CallOptions): Promise<Ended> {
  return call(process.execPath, [cliPath, ...args], { cwd, env: environment(env) });
}

export function call(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<Ended> {
  return new Promise((resolve) => {
    const limits = { maxBuffer: 64 * 1024 ** 2, timeout: 500_000 };
    const child = execFile(file, [...args], { ...options, ...limits }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
    child.stdin?.end();
  });
}

export function gitIn(cwd: string): (...args: string[]) => string {
  return (...args) =>
    execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment({ GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' }),
    }).trim();
}

/** Objects of a YAML stream by their key; the same object twice fails. */
export function objectsByKey(yaml: string): ReadonlyMap<string, KubeObject> {
  const objects = parseAllDocuments(yaml)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object): object is KubeObject => object !== null);
  const byKey = new Map(objects.map((object) => [resourceKey(resourceIdOf(object)), object]));
  if (byKey.size !== objects.length) throw new Error('an object is there twice');
  return byKey;
}

/** Real `helm` and `kustomize`: those of the environment, else those that the lab builds. */
export async function oracles(): Promise<{ readonly helm: string; readonly kustomize: string }> {
  const helm = process.env['PLUMBLINE_HELM'];
  const kustomize = process.env['PLUMBLINE_KUSTOMIZE'];
  if (helm !== undefined && kustomize !== undefined) return { helm, kustomize };
  const { ensureTools } = await import('../lab/build.mjs');
  const tools = await ensureTools(['helm', 'kustomize']);
  return { helm: tools['helm'] ?? '', kustomize: tools['kustomize'] ?? '' };
}
