import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStamp, kubeconfigFiles } from '../../../src/live/kubeconfigFiles';
import { withArgo } from '../../../src/live/argo/clusters';
import type { ArgoServers } from '../../../src/model/ports';
import { silent } from '../render/engine';
import { virtualTime } from './virtualTime';
import type { TempFolder } from './testServer';
import { clustersOf, kubeconfig, tempFolder } from './testServer';

const NAMES = [
  'config',
  'teams/a/prod.yaml',
  'teams/a/stage.yaml',
  'teams/b/prod.yaml',
  'teams/b/notes.txt',
  'teams/.old/prod.yaml',
  'teams/a/.hidden.yaml',
  'odd/a+b(1).yaml',
];

describe('kubeconfig files', () => {
  const state: { folder?: TempFolder } = {};
  const folder = (): TempFolder => {
    if (state.folder === undefined) throw new Error('no folder');
    return state.folder;
  };
  beforeEach(async () => {
    state.folder = await tempFolder();
    for (const name of NAMES)
      await folder().write(name, kubeconfig({ server: 'https://a.example' }));
    await mkdir(join(folder().path, 'teams/c.yaml'));
  });
  afterEach(() => folder().remove());

  it.each([
    ['config', ['config']],
    ['missing', ['missing']],
    ['teams/*/prod.yaml', ['teams/a/prod.yaml', 'teams/b/prod.yaml']],
    ['teams/*.yaml', []],
    ['teams/[!b]/*.yaml', ['teams/a/prod.yaml', 'teams/a/stage.yaml']],
    ['teams/[ab]/p???.yaml', ['teams/a/prod.yaml', 'teams/b/prod.yaml']],
    ['**/prod.yaml', ['teams/a/prod.yaml', 'teams/b/prod.yaml']],
    [
      'teams/**',
      ['teams/a/prod.yaml', 'teams/a/stage.yaml', 'teams/b/notes.txt', 'teams/b/prod.yaml'],
    ],
    ['teams/.*/*', ['teams/.old/prod.yaml']],
    ['odd/a+b(*).yaml', ['odd/a+b(1).yaml']],
    ['nowhere/*/x', []],
  ])('%s', async (pattern, expected) => {
    // `**` alone ends in no name: it means every file below.
    const asked = pattern.endsWith('**') ? `${pattern}/*` : pattern;
    const found = await kubeconfigFiles([join(folder().path, asked)]);
    expect(found.map((file) => relative(folder().path, file))).toEqual(expected);
  });

  it('come each once, in the order of the patterns, and their contexts can be connected', async () => {
    const path = (name: string): string => join(folder().path, name);
    const patterns = [path('teams/b/*.yaml'), path('teams/*/*.yaml'), path('config')];
    const { clusters } = clustersOf(patterns);
    const refs = (await clusters.contexts()).map(({ ref }) => ref);
    expect(refs.map(({ file }) => relative(folder().path, file))).toEqual([
      'teams/b/prod.yaml',
      'teams/a/prod.yaml',
      'teams/a/stage.yaml',
      'config',
    ]);
    for (const ref of refs) expect((await clusters.connect(ref)).kind).toBe('ok');
    const other = { file: path('teams/.old/prod.yaml'), name: 'test' };
    expect(await clusters.connect(other)).toMatchObject({
      message: 'That kubeconfig file is not configured.',
    });
    clusters.dispose();
  });

  it('have another stamp with each change, and the same without one', async () => {
    const path = (name: string): string => join(folder().path, name);
    const stamp = createStamp([path('config'), path('teams/a/*.yaml'), path('absent')]);
    const first = await stamp();
    expect(await stamp()).toBe(first);
    await folder().write('config', kubeconfig({ server: 'https://other.example' }));
    const second = await stamp();
    expect(second).not.toBe(first);
    await folder().write('absent', kubeconfig({ server: 'https://b.example' }));
    const third = await stamp();
    expect(third).not.toBe(second);
    await rm(path('absent'));
    expect(await stamp()).toBe(second);
    // One that a pattern stands for is found by one of the next looks.
    await folder().write('teams/a/new.yaml', kubeconfig({ server: 'https://c.example' }));
    const stamps = new Set<string>();
    for (let look = 0; look < 8; look += 1) stamps.add(await stamp());
    expect([...stamps].some((one) => one.includes('new.yaml'))).toBe(true);
  });

  it('have the logins to an Argo CD in the stamp beside them', async () => {
    const known = ['argocd.acme.example'];
    const { clusters: kube } = clustersOf([join(folder().path, 'config')]);
    const servers = { known: () => Promise.resolve([...known]) } as unknown as ArgoServers;
    const clusters = withArgo(kube, { ...virtualTime(), servers, log: silent, random: () => 0 });
    const first = await clusters.stamp?.();
    expect(first).toContain('argocd.acme.example');
    known.push('second.acme.example');
    expect(await clusters.stamp?.()).not.toBe(first);
    clusters.dispose();
  });
});
