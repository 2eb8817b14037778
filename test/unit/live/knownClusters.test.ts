import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createKnownClusters } from '../../../src/live/knownClusters';
import type { KnownCluster } from '../../../src/model/clusterFacts';
import { createFolder, silent } from '../render/engine';
import type { Folder } from '../render/engine';

const folders: Folder[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function place(): string {
  const folder = createFolder();
  folders.push(folder);
  return join(folder.path, 'clusters');
}

const known = (server: string, kubeVersion = 'v1.36.3'): KnownCluster => ({
  server,
  readAtMs: 1_000,
  capabilities: { kubeVersion, apiVersions: ['v1', 'apps/v1'] },
});

describe('clusters that were seen', () => {
  it('are none where nothing was ever kept', async () => {
    expect(await createKnownClusters(place(), silent).all()).toEqual([]);
  });

  it('are known to the next window, each as it was seen last', async () => {
    const folder = place();
    const first = createKnownClusters(folder, silent);
    await first.remember(known('https://eu.acme.example', 'v1.35.0'));
    await first.remember(known('https://us.acme.example'));
    await first.remember(known('https://eu.acme.example'));
    const all = await createKnownClusters(folder, silent).all();
    expect([...all].sort((a, b) => a.server.localeCompare(b.server))).toEqual([
      known('https://eu.acme.example'),
      known('https://us.acme.example'),
    ]);
  });

  it('are for the user only, and nothing unfinished stays beside them', async () => {
    const folder = place();
    const windows = [1, 2, 3].map(() => createKnownClusters(folder, silent));
    await Promise.all(windows.map((one) => one.remember(known('https://eu.acme.example'))));
    const names = readdirSync(folder);
    expect(names).toHaveLength(1);
    expect(statSync(join(folder, names[0] ?? '')).mode & 0o077).toBe(0);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it.each([
    ['half a file', '{"server": "https://e'],
    ['another format', '{"format": 2, "server": "https://eu.acme.example"}'],
    ['a list', '[]'],
    [
      'a file under the name of another server',
      JSON.stringify({ format: 1, ...known('https://other.acme.example') }),
    ],
  ])('leave out %s', async (_, text) => {
    const folder = place();
    mkdirSync(folder);
    const store = createKnownClusters(folder, silent);
    await store.remember(known('https://eu.acme.example'));
    const [name = ''] = readdirSync(folder);
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    expect(await store.all()).toEqual([]);
  });

  it('are bounded: the oldest go', async () => {
    const folder = place();
    const store = createKnownClusters(folder, silent);
    for (let index = 0; index < 100; index += 1) {
      await store.remember(known(`https://c${index}.acme.example`));
    }
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), 1, 1);
    await store.remember(known('https://new.acme.example'));
    const all = await store.all();
    expect(all).toHaveLength(100);
    expect(all.map(({ server }) => server)).toContain('https://new.acme.example');
  });

  it('are no reason to fail where the folder cannot be written', async () => {
    const folder = place();
    writeFileSync(folder, 'a file is in the way');
    const store = createKnownClusters(folder, silent);
    await store.remember(known('https://eu.acme.example'));
    expect(await store.all()).toEqual([]);
  });
});
