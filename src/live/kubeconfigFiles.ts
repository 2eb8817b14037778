import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';

const WILD = /[*?[]/;
/** Of files that one pattern stands for; a pattern that means a whole disk is a mistake. */
const MOST_FILES = 1_000;
const DEEPEST = 8;

/**
 * The files that paths and patterns stand for, in their order, each once. `*`, `?` and `[…]` stand for
 * parts of a name, `**` for any folders; names that begin with a dot only match where the pattern says so.
 */
export async function kubeconfigFiles(patterns: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    patterns.map(async (one) => (WILD.test(one) ? await expand(one) : [one])),
  );
  return [...new Set(found.flat())];
}

/** Folders are gone through for a pattern in one of so many looks. */
const LOOKS_PER_WALK = 8;

/** Another text with each change of the files that paths and patterns stand for; none is read. */
export function createStamp(patterns: readonly string[]): () => Promise<string> {
  const state: { looks: number; files: readonly string[] } = { looks: 0, files: [] };
  return async () => {
    const isDue = state.looks % LOOKS_PER_WALK === 0;
    state.looks += 1;
    if (isDue) state.files = await kubeconfigFiles(patterns);
    return JSON.stringify(await Promise.all(state.files.map(stampOf)));
  };
}

async function stampOf(file: string): Promise<readonly (string | number)[]> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? [file] : [file, found.mtimeMs, found.size, found.ino];
}

async function expand(pattern: string): Promise<readonly string[]> {
  const { root } = parse(pattern);
  const parts = pattern.slice(root.length).split(sep === '\\' ? /[\\/]/ : '/');
  const steps = parts.filter((step) => step !== '');
  return (await walk(root, steps, DEEPEST)).slice(0, MOST_FILES);
}

/** Files below a folder that the steps lead to; folders that cannot be read have none. */
async function walk(
  folder: string,
  steps: readonly string[],
  depth: number,
): Promise<readonly string[]> {
  const [step, ...rest] = steps;
  if (step === undefined || depth < 0) return [];
  if (rest.length > 0 && !WILD.test(step)) return walk(join(folder, step), rest, depth);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (step !== '**') return inTurn(sorted, (entry) => below({ folder, entry }, steps, depth));
  const here = await walk(folder, rest, depth);
  const folders = sorted.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const deeper = await inTurn(folders, ({ name }) => walk(join(folder, name), steps, depth - 1));
  return [...here, ...deeper];
}

/** Where steps follow, what is below a folder of that name; else the file of that name. */
async function below(
  { folder, entry }: { readonly folder: string; readonly entry: Dirent },
  [step = '', ...rest]: readonly string[],
  depth: number,
): Promise<readonly string[]> {
  if (!matches(step, entry.name)) return [];
  const path = join(folder, entry.name);
  if (rest.length === 0) return entry.isDirectory() ? [] : [path];
  return entry.isDirectory() ? walk(path, rest, depth) : [];
}

async function inTurn<T>(
  items: readonly T[],
  find: (item: T) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  return (await Promise.all(items.map(find))).flat();
}

function matches(step: string, name: string): boolean {
  if (name.startsWith('.') && !step.startsWith('.')) return false;
  return namePattern(step).test(name);
}

function namePattern(step: string): RegExp {
  const parts = step.match(/\[!?[^\]]+\]|[\s\S]/g) ?? [];
  return new RegExp(`^${parts.map(partPattern).join('')}$`, 's');
}

function partPattern(part: string): string {
  if (part === '*') return '.*';
  if (part === '?') return '.';
  if (part.length === 1) return part.replace(/[.+^${}()|[\]\\]/, '\\$&');
  const set = part.slice(1, -1).replaceAll(/[\\^]/g, '\\$&');
  return set.startsWith('!') ? `[^${set.slice(1)}]` : `[${set}]`;
}
