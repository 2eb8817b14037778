import type { Snapshot } from '../model/render';
import { CONFIG_PATH } from '../repo/candidates';
import { pipelineTexts } from '../repo/ciFiles';
import { OWNERS_PATHS } from '../repo/codeOwners';
import type { Core, RootEntry } from './core';

export type Texts = ReadonlyMap<string, string>;

const MOST_ROUNDS = 4;
const LONGEST = 1024 * 1024;

/**
 * The texts that discovery reads as they are: `.plumbline.yaml`, for exact lines, CODEOWNERS, and the
 * pipelines with what they call. `known` are those that need not be read.
 */
export async function readTexts(
  core: Core,
  snapshot: Snapshot,
  paths: readonly string[],
  known: Texts = new Map(),
): Promise<Texts> {
  const read = async (path: string): Promise<readonly [string, string]> => {
    const text = known.get(path);
    return [path, text ?? (await readText(core, snapshot, path))];
  };
  const all = new Map<string, string>();
  if (paths.includes(CONFIG_PATH)) all.set(...(await read(CONFIG_PATH)));
  const owners = OWNERS_PATHS.find((path) => paths.includes(path));
  if (owners !== undefined) all.set(...(await read(owners)));
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const wanted = pipelineTexts(paths, all);
    if (wanted.length === 0) break;
    for (const [path, text] of await Promise.all(wanted.map(read))) all.set(path, text);
  }
  return all;
}

/** Empty for what cannot be read or is beyond reason. */
async function readText(core: Core, snapshot: Snapshot, path: string): Promise<string> {
  const found = await core.deps.renderer.read(snapshot, path, core.lifetime.signal);
  const text = found !== undefined && 'text' in found ? found.text : '';
  return text.length > LONGEST ? '' : text;
}

/** Takes edits into the texts; true when one of them is another now. `moved`: names came or went. */
export async function refreshTexts(
  core: Core,
  entry: RootEntry,
  { edited, moved }: { readonly edited: readonly string[]; readonly moved: boolean },
): Promise<boolean> {
  const before = entry.texts;
  if (!moved && !edited.some((path) => before.has(path))) return false;
  const kept = new Map([...before].filter(([path]) => !edited.includes(path)));
  const snapshot = { root: entry.root, overlay: entry.overlay };
  const next = await readTexts(core, snapshot, entry.paths, kept);
  if (isSame(before, next)) return false;
  entry.texts = next;
  return true;
}

function isSame(a: Texts, b: Texts): boolean {
  return a.size === b.size && [...a].every(([path, text]) => b.get(path) === text);
}
