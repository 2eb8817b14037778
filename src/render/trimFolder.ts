import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What stays of the limit, so that not every start has something to take away. */
const KEPT_SHARE = 0.75;
const AT_ONCE = 16;

interface Entry {
  readonly file: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** Brings the files two levels below a folder down to a size, those used least recently first. */
export async function trimFolder(folder: string, maxBytes: number): Promise<void> {
  const entries = await entriesBelow(folder);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= maxBytes) return;
  for (const { file, bytes } of entries.sort((a, b) => a.usedMs - b.usedMs)) {
    if (total <= maxBytes * KEPT_SHARE) return;
    await rm(file, { force: true });
    total -= bytes;
  }
}

async function entriesBelow(folder: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const shard of await readdir(folder)) {
    const files = (await namesIn(join(folder, shard))).map((name) => join(folder, shard, name));
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const some = await Promise.all(files.slice(at, at + AT_ONCE).map(entryOf));
      found.push(...some.filter((entry) => entry !== undefined));
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    // Not a folder of ours.
    return [];
  }
}

async function entryOf(file: string): Promise<Entry | undefined> {
  try {
    const { size, mtimeMs } = await stat(file);
    return { file, bytes: size, usedMs: mtimeMs };
  } catch {
    // Another process took it away.
    return undefined;
  }
}
