import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/userError';
import type { KnownCluster } from '../model/clusterFacts';
import { listAt, textAt, valueAt } from '../model/fields';
import type { KnownClusters, Log } from '../model/ports';

/** Clusters that are kept; the oldest go. */
const MOST = 100;
const FORMAT = 1;

/**
 * What clusters could do when they were seen last, a file each in a folder of our own: versions only,
 * nothing of what is in a cluster. Several windows may write at once: a file comes to be by a rename.
 */
export function createKnownClusters(folder: string, log: Log): KnownClusters {
  return {
    async all() {
      const names = await readdir(folder).catch(() => []);
      const read = await Promise.all(names.filter(isOurs).map((name) => readKnown(folder, name)));
      return read.flatMap((one) => one ?? []);
    },
    async remember(known) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await replace(join(folder, fileName(known.server)), { format: FORMAT, ...known });
        await trim(folder);
      } catch (error) {
        // It is only known no more once the window is closed.
        log.warn(`known clusters: ${messageOf(error)}`);
      }
    },
  };
}

function fileName(server: string): string {
  return `${createHash('sha256').update(server).digest('hex').slice(0, 32)}.json`;
}

function isOurs(name: string): boolean {
  return /^[0-9a-f]{32}\.json$/.test(name);
}

async function replace(file: string, value: unknown): Promise<void> {
  const temporary = `${file}.${process.pid}.${Date.now()}`;
  await writeFile(temporary, JSON.stringify(value), { mode: 0o600 });
  await rename(temporary, file);
}

async function trim(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(isOurs);
  if (names.length <= MOST) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const oldest = aged.sort((a, b) => a.at - b.at).slice(0, names.length - MOST);
  await Promise.all(oldest.map(({ name }) => rm(join(folder, name), { force: true })));
}

/** What is broken, or of another version of ours, is not known. */
async function readKnown(folder: string, name: string): Promise<KnownCluster | undefined> {
  const value = await readJson(join(folder, name));
  const server = textAt(value, 'server');
  const kubeVersion = textAt(value, 'capabilities', 'kubeVersion');
  const readAtMs = valueAt(value, 'readAtMs');
  if (valueAt(value, 'format') !== FORMAT || server === undefined || kubeVersion === undefined)
    return undefined;
  if (typeof readAtMs !== 'number' || fileName(server) !== name) return undefined;
  const versions = listAt(value, 'capabilities', 'apiVersions');
  const apiVersions = versions.filter((one): one is string => typeof one === 'string');
  return { server, readAtMs, capabilities: { kubeVersion, apiVersions } };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    // Half a file of a crash, or none any more.
    return undefined;
  }
}
