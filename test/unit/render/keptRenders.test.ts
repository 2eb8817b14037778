import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createDiskCache } from '../../../src/render/diskCache';
import type { DiskCache, NewRender } from '../../../src/render/diskCache';
import { createInputStates } from '../../../src/render/inputStates';
import { createKeptRenders } from '../../../src/render/keptRenders';
import type { KeptRenders } from '../../../src/render/keptRenders';
import { isRecognisable, isStorable } from '../../../src/render/storable';
import { withholdSteps } from '../../../src/diff/withhold';
import type { RenderedObject, RenderRequest, RenderResult } from '../../../src/model/render';
import { createFolder, helmSource, silent } from './engine';

const owned: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of owned.splice(0)) one.dispose();
});

function emptyFolder(): string {
  const made = createFolder();
  owned.push({ dispose: () => made.remove() });
  return join(made.path, 'renders');
}

function cacheIn(folder: string, maxBytes = 1024 ** 2): DiskCache {
  return createDiskCache({ folder, maxBytes, log: silent });
}

const KEY = 'ab12';

function configMap(name: string): RenderedObject {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { text: 'a\nb' },
  };
  return { object, origin: { path: 'a.yaml', line: 3 }, role: 'resource', generated: ['/data/x'] };
}

interface Made extends NewRender {
  readonly result: Omit<RenderResult, 'inputs'>;
}

function render(digest: string, ...names: readonly string[]): Made {
  return {
    head: {
      digest,
      inputs: [{ kind: 'file', path: 'a.yaml', found: true }],
      cached: ['entries/a.json'],
    },
    result: {
      objects: names.map(configMap),
      problems: [],
      missing: [],
      capabilitiesAssumed: true,
    },
  };
}

async function put(cache: DiskCache, key: string, one: NewRender): Promise<void> {
  cache.put(key, one);
  await cache.written();
}

describe('the cache on disk', () => {
  it('gives another process what was put, word for word', async () => {
    const folder = emptyFolder();
    const kept = render('d1', 'a', 'b', 'ümlaut');
    await put(cacheIn(folder), KEY, kept);
    const [found, ...others] = await cacheIn(folder).open(KEY);
    expect(others).toEqual([]);
    expect(found?.head).toEqual(kept.head);
    expect(await found?.read()).toEqual(kept.result);
  });

  it('keeps a result without objects, and an empty one', async () => {
    const folder = emptyFolder();
    await put(cacheIn(folder), KEY, render('none'));
    expect(await (await cacheIn(folder).open(KEY))[0]?.read()).toEqual(render('none').result);
  });

  it('keeps the last three renders of a request, newest first, each digest once', async () => {
    const cache = cacheIn(emptyFolder());
    for (const digest of ['1', '2', '3', '2', '4']) await put(cache, KEY, render(digest, digest));
    expect((await cache.open(KEY)).map(({ head }) => head.digest)).toEqual(['4', '2', '3']);
  });

  it('may be read and written by nobody else', async () => {
    const folder = emptyFolder();
    await put(cacheIn(folder), KEY, render('d', 'a'));
    const file = join(folder, KEY.slice(0, 2), KEY);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, KEY.slice(0, 2))).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, KEY.slice(0, 2)))).toEqual([KEY]);
  });

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['no line', () => Buffer.from('{"format":1')],
    ['something else', () => Buffer.from('null\n')],
    [
      'another form',
      (text: Buffer) => Buffer.from(text.toString().replace(/"format":\d+/, '"format":0')),
    ],
    ['a part of it', (text: Buffer) => text.subarray(0, text.length - 4)],
    ['more than it', (text: Buffer) => Buffer.concat([text, text])],
    [
      'one letter that is another',
      (text: Buffer) => Buffer.from(text.toString().replace('ConfigMap', 'ConfigMop')),
    ],
  ])('makes nothing of a file that holds %s', async (_, damage) => {
    const folder = emptyFolder();
    await put(cacheIn(folder), KEY, render('d', 'a'));
    const file = join(folder, KEY.slice(0, 2), KEY);
    writeFileSync(file, damage(readFileSync(file)));
    const cache = cacheIn(folder);
    const [found] = await cache.open(KEY);
    expect(await found?.read()).toBeUndefined();
    await put(cache, KEY, render('d', 'a'));
    expect(await (await cache.open(KEY))[0]?.read()).toEqual(render('d', 'a').result);
  });

  it('loses nothing that comes while it is at work', async () => {
    const cache = cacheIn(emptyFolder());
    for (let run = 0; run < 40; run += 1) {
      cache.put(`ff${run}`, render(String(run), 'a'));
      // At every point of the work on what came before.
      for (let turn = 0; turn < run % 7; turn += 1) await nextTurn();
    }
    await cache.written();
    const found = await Promise.all(Array.from({ length: 40 }, (_, run) => cache.open(`ff${run}`)));
    expect(found.map(([one]) => one?.head.digest)).toEqual(found.map((_, run) => String(run)));
  });

  it('is quiet about a folder that cannot be written', async () => {
    const folder = emptyFolder();
    writeFileSync(folder, 'a file is in its place');
    const cache = cacheIn(folder);
    await put(cache, KEY, render('d', 'a'));
    await put(cache, KEY, render('e', 'a'));
    expect(await cache.open(KEY)).toEqual([]);
  });

  it('takes what was used least recently when it grows beyond its size', async () => {
    const folder = emptyFolder();
    mkdirSync(folder);
    const first = cacheIn(folder);
    for (const key of ['aa1', 'bb2', 'cc3', 'dd4']) await put(first, key, render('d', 'a', 'b'));
    const bytes = statSync(join(folder, 'aa', 'aa1')).size;
    for (const [index, key] of ['cc3', 'aa1', 'bb2', 'dd4'].entries()) {
      utimesSync(join(folder, key.slice(0, 2), key), 1000 + index, 1000 + index);
    }
    // The first one was found and read since.
    const later = cacheIn(folder, bytes * 4);
    expect(await (await later.open('cc3'))[0]?.read()).toBeDefined();
    await put(later, 'ee5', render('d', 'a', 'b'));
    const left = ['aa1', 'bb2', 'cc3', 'dd4', 'ee5'].filter((key) =>
      existsSync(join(folder, key.slice(0, 2), key)),
    );
    expect(left).toEqual(['cc3', 'dd4', 'ee5']);
  });

  it('survives two processes that write the same file at once', async () => {
    const folder = emptyFolder();
    const [a, b] = [cacheIn(folder), cacheIn(folder)];
    for (let run = 0; run < 20; run += 1) {
      a.put(KEY, render(`a${run}`, 'a'));
      b.put(KEY, render(`b${run}`, 'b'));
      await Promise.all([a.written(), b.written()]);
      for (const one of await cacheIn(folder).open(KEY)) {
        const result = await one.read();
        expect(result).toEqual(render('', one.head.digest.slice(0, 1)).result);
      }
    }
  });
});

describe('questions about inputs', () => {
  it('are asked together where they are about one snapshot', async () => {
    const asked: unknown[] = [];
    const states = createInputStates((snapshot, lists) => {
      asked.push([snapshot.root, snapshot.revision, lists.length]);
      return Promise.resolve(lists.map((list) => `${snapshot.root} ${list.inputs[0]?.path ?? ''}`));
    });
    const input = (path: string) =>
      ({ inputs: [{ kind: 'file', path, found: true }], cached: [] }) as const;
    const overlay = { 'a.yaml': 'text' };
    const answers = await Promise.all([
      states({ root: '/a' }, input('1')),
      states({ root: '/b' }, input('2')),
      states({ root: '/a' }, input('3')),
      states({ root: '/a', overlay }, input('4')),
      states({ root: '/a', revision: 'main' }, input('5')),
    ]);
    expect(answers).toEqual(['/a 1', '/b 2', '/a 3', '/a 4', '/a 5']);
    expect(asked).toHaveLength(4);
    await states({ root: '/a' }, input('6'));
    expect(asked).toHaveLength(5);
  });

  it('have no answer where the snapshot cannot be read', async () => {
    const states = createInputStates(() =>
      Promise.resolve({ kind: 'unavailable', reason: 'gone' } as const),
    );
    expect(await states({ root: '/a' }, { inputs: [] })).toBe('');
  });
});

describe('kept renders', () => {
  const request: RenderRequest = { root: '/repo', source: helmSource };
  const call = { signal: new AbortController().signal };

  /** An engine of some version, on files in some state. */
  function kept(
    folder: string,
    engineVersion: string | undefined,
    state: { now: string },
  ): KeptRenders {
    return createKeptRenders({
      disk: cacheIn(folder),
      states: () => Promise.resolve(state.now),
      engineVersion: () => engineVersion,
      withhold: withholdSteps,
    });
  }

  async function filled(folder: string): Promise<void> {
    const first = kept(folder, '1+a', { now: 'd1' });
    const { head, result } = render('d1', 'a');
    first.keep(request, { ...result, inputs: head.inputs, inputsDigest: 'd1' });
    await first.written();
  }

  it('are found by the state of their inputs, in this process and in the next', async () => {
    const folder = emptyFolder();
    await filled(folder);
    const state = { now: 'd1' };
    const next = kept(folder, '1+a', state);
    for (const now of ['d1', 'd2', 'd1', '']) {
      state.now = now;
      expect((await next.find(request, call)) !== undefined).toBe(now === 'd1');
    }
  });

  it.each([
    ['another engine', '1+b', request],
    ['an engine that nobody has heard of yet', undefined, request],
    ['another source', '1+a', { ...request, source: { ...helmSource, releaseName: 'other' } }],
    ['what is released to a cluster', '1+a', { ...request, cluster: {} }],
    [
      'what another cluster can do',
      '1+a',
      { ...request, capabilities: { kubeVersion: 'v1.30.0', apiVersions: [] } },
    ],
  ])('are none of %s', async (_, version, asked) => {
    const folder = emptyFolder();
    await filled(folder);
    expect(await kept(folder, version, { now: 'd1' }).find(asked, call)).toBeUndefined();
    expect(await kept(folder, '1+a', { now: 'd1' }).find(request, call)).toBeDefined();
  });

  it('of a working tree are those of a commit with the same files; the other way round not', async () => {
    const revision = 'c'.repeat(40);
    const at = { ...request, revision };
    const folder = emptyFolder();
    await filled(folder);
    const found = await kept(folder, '1+a', { now: 'd1' }).find(at, call);
    expect(found).toMatchObject({ commit: revision });
    expect(await kept(folder, '1+a', { now: 'other' }).find(at, call)).toBeUndefined();

    const other = emptyFolder();
    const first = kept(other, '1+a', { now: 'd1' });
    const { head, result } = render('d1', 'a');
    first.keep(at, { ...result, inputs: head.inputs, inputsDigest: 'd1' });
    await first.written();
    expect(await kept(other, '1+a', { now: 'd1' }).find(at, call)).toBeDefined();
    expect(await kept(other, '1+a', { now: 'd1' }).find(request, call)).toBeUndefined();
  });

  it('are not kept without the state of their inputs', async () => {
    const folder = emptyFolder();
    const first = kept(folder, '1+a', { now: 'd1' });
    const { head, result } = render('d1', 'a');
    first.keep(request, { ...result, inputs: head.inputs });
    await first.written();
    expect(existsSync(folder)).toBe(false);
  });

  it('are not looked for once the caller has gone', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    const one = kept(emptyFolder(), '1+a', { now: 'd1' });
    await expect(one.find(request, { signal: gone })).rejects.toThrow('gone');
  });
});

describe('what may be kept', () => {
  const request: RenderRequest = { root: '/repo', source: helmSource };
  const commit = 'a'.repeat(40);
  const secretValues = {
    ...helmSource,
    valuesFrom: [{ kind: 'Secret', name: 's', text: 'password: x' }],
  } as const;
  const flux = { kind: 'flux', path: 'a', kustomization: {}, variables: { a: 'b' } } as const;

  it.each<[string, RenderRequest, boolean]>([
    ['a working tree', request, true],
    ['a commit', { ...request, revision: commit }, true],
    ['a branch', { ...request, revision: 'main' }, false],
    [
      'capabilities',
      { ...request, capabilities: { kubeVersion: 'v1.30.0', apiVersions: [] } },
      true,
    ],
    ['facts of a cluster', { ...request, cluster: { lookups: [] } }, false],
    ['a field of another version', { ...request, other: 'x' } as RenderRequest, false],
    ['a field without anything in it', { ...request, other: [] } as RenderRequest, true],
    ['values of a Secret', { ...request, source: secretValues }, false],
    [
      'a Secret whose values are not known',
      { ...request, source: { ...helmSource, valuesFrom: [{ kind: 'Secret', name: 's' }] } },
      true,
    ],
    [
      'a source that says that values of Secrets are in it',
      { ...request, source: { ...helmSource, secret: true } },
      false,
    ],
    ['variables', { ...request, source: flux }, true],
    ['variables of a Secret', { ...request, source: { ...flux, secretVariables: ['a'] } }, false],
    [
      'values of a Secret in one of several sources',
      {
        ...request,
        source: {
          kind: 'several',
          path: '',
          namespace: 'a',
          parts: [{ index: 0, source: secretValues }],
        },
      },
      false,
    ],
    [
      'a source of another root',
      {
        ...request,
        source: {
          kind: 'several',
          path: '',
          namespace: 'a',
          parts: [
            { index: 0, source: helmSource, root: '/other' } as {
              index: 0;
              source: typeof helmSource;
            },
          ],
        },
      },
      false,
    ],
  ])('by the request: %s', (_, one, expected) => {
    expect(isRecognisable(one)).toBe(expected);
  });

  const result: RenderResult = { ...render('', 'a').result, inputs: [] };

  it.each<[string, RenderResult, boolean]>([
    ['objects', result, true],
    ['a fetched chart', { ...result, charts: [{ name: 'web', digest: 'sha256:x' }] }, true],
    [
      'something that lacks',
      { ...result, missing: [{ kind: 'base', reference: 'x', path: 'a.yaml' }] },
      false,
    ],
    ['text of elsewhere', { ...result, elsewhere: [{}] } as RenderResult, false],
  ])('by the result: %s', (_, one, expected) => {
    expect(isStorable(request, one)).toBe(expected);
  });

  it('by unsaved text, which is looked up and never kept', () => {
    const unsaved = { ...request, overlay: { 'a.yaml': 'x' } };
    expect([isRecognisable(unsaved), isStorable(unsaved, result)]).toEqual([true, false]);
  });
});
