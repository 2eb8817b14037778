import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import type { WatchRequest, WatchSink, WatchState } from '../../../src/model/watch';
import { createBackoff } from '../../../src/live/backoff';
import { createRateLimit } from '../../../src/live/rateLimit';
import { linesOf, readEvent } from '../../../src/live/watchLines';
import '../../propertySeed';
import type { Seen, TempFolder, TestServer } from './testServer';
import {
  clustersOf,
  configMaps,
  connected,
  failure,
  json,
  kubeconfig,
  secrets,
  startServer,
  tempFolder,
} from './testServer';
import type { VirtualTime } from './virtualTime';
import { virtualTime } from './virtualTime';

const never = new AbortController().signal;

describe('lines of a watch', () => {
  async function linesIn(chunks: readonly Uint8Array[]) {
    async function* stream() {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    }
    const lines: { text: string; isWhole: boolean }[] = [];
    for await (const line of linesOf(stream())) lines.push(line);
    return lines;
  }

  it('are whole wherever the stream was cut, in the middle of a character too', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 }).map((it) => it.replaceAll('\n', ' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        async (texts, sizes) => {
          const bytes = Buffer.from(texts.map((it) => `${it}\n`).join(''), 'utf8');
          const chunks: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const expected = texts.map((it) => ({
            text: Buffer.from(it, 'utf8').toString('utf8'),
            isWhole: true,
          }));
          expect(await linesIn(chunks)).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('tell of one that was not finished', async () => {
    expect(await linesIn([Buffer.from('{"a":1}\n{"b"')])).toEqual([
      { text: '{"a":1}', isWhole: true },
      { text: '{"b"', isWhole: false },
    ]);
  });

  it.each([
    [
      '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}',
      { kind: 'bookmark', version: '7' },
    ],
    ['{"type":"ERROR","object":{"code":410,"message":"too old"}}', { kind: 'error', code: 410 }],
    ['{"type":"ERROR","object":{"reason":"Expired"}}', { kind: 'error', code: 410 }],
    ['{"type":"ERROR","object":{}}', { kind: 'error', code: 500 }],
    ['{"type":"ADDED","object":{"metadata":{}}}', { kind: 'broken' }],
    ['{"type":"toString","object":{"metadata":{"resourceVersion":"1"}}}', { kind: 'broken' }],
    ['{"type":"ADD', { kind: 'broken' }],
    ['<html>', { kind: 'broken' }],
    ['null', { kind: 'broken' }],
  ])('read %s', (line, expected) => {
    expect(readEvent(line, 'v1', 'ConfigMap')).toMatchObject(expected);
  });
});

describe('waits', () => {
  it('double up to half a minute, jittered, and are forgotten after two quiet minutes', () => {
    const time = { nowMs: 0 };
    const waits = (random: number, count: number): readonly number[] => {
      const backoff = createBackoff({ clock: () => time.nowMs, random: () => random });
      return Array.from({ length: count }, () => backoff.nextMs());
    };
    expect(waits(0, 7)).toEqual([800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
    expect(waits(0.999, 7).every((ms) => ms <= 30_000)).toBe(true);
    const backoff = createBackoff({ clock: () => time.nowMs, random: () => 0 });
    backoff.nextMs();
    backoff.nextMs();
    time.nowMs += 100_000;
    expect(backoff.nextMs()).toBe(3200);
    time.nowMs += 130_000;
    expect(backoff.nextMs()).toBe(800);
  });

  it('let a burst through, then so many a second, and nothing while the server asks for a pause', async () => {
    const slept: number[] = [];
    const time = { nowMs: 5_000 };
    const sleep = (ms: number): Promise<void> => {
      slept.push(ms);
      return Promise.resolve();
    };
    const rate = createRateLimit(() => time.nowMs, sleep);
    for (let index = 0; index < 300; index += 1) await rate.pass(never);
    expect(slept).toEqual([]);
    await rate.pass(never);
    await rate.pass(never);
    expect(slept).toEqual([20, 40]);
    time.nowMs += 10_000;
    rate.pause(2_000);
    await rate.pass(never);
    expect(slept).toEqual([20, 40, 2_000]);
    time.nowMs += 2_000;
    await rate.pass(never);
    expect(slept).toHaveLength(3);
  });
});

/** A server that lists what is in `objects` and leaves each watch to the test. */
interface World {
  readonly server: TestServer;
  readonly time: VirtualTime;
  readonly log: readonly string[];
  readonly held: Map<string, KubeObject>;
  readonly states: WatchState[];
  readonly watches: { readonly seen: Seen; readonly response: ServerResponse }[];
  readonly lists: () => number;
  /** Signs of life: the list, the opening of the watch, each line. */
  readonly heard: () => number;
  watch(change?: Partial<WatchRequest>): Promise<void>;
  stop(): void;
}

function configMap(name: string, version: number, data: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name, resourceVersion: String(version) },
    data,
  };
}

function line(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

const bookmark = (version: number): string =>
  line('BOOKMARK', { metadata: { resourceVersion: String(version) } });

describe('a watch', () => {
  const state: { folder?: TempFolder; world?: World; ending: (() => unknown)[] } = { ending: [] };

  beforeEach(async () => {
    state.folder = await tempFolder();
  });
  afterEach(async () => {
    for (const end of state.ending.splice(0).reverse()) await end();
    await state.folder?.remove();
  });

  interface Behaviour {
    /** The answer to the nth list; by default what is there. */
    readonly onList?: (index: number, response: ServerResponse) => boolean;
    readonly onWatch?: (index: number, response: ServerResponse) => boolean;
    readonly objects?: readonly KubeObject[];
  }

  async function setUp({ onList, onWatch, objects = [] }: Behaviour = {}): Promise<World> {
    const time = virtualTime();
    const watches: World['watches'][number][] = [];
    const counts = { lists: 0, watches: 0, heard: 0 };
    const server = await startServer((seen, response) => {
      if (seen.query.get('watch') === 'true') {
        const index = counts.watches++;
        if (onWatch?.(index, response) === true) return;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
        watches.push({ seen, response });
        return;
      }
      const index = counts.lists++;
      if (onList?.(index, response) === true) return;
      json(response, 200, {
        kind: 'ConfigMapList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '100' },
        items: objects,
      });
    });
    state.ending.push(() => server.close());
    const file = (await state.folder?.write('config', kubeconfig({ server: server.url }))) ?? '';
    const { clusters, log } = clustersOf([file], {
      clock: time.clock,
      sleep: time.sleep,
      random: () => 0,
    });
    state.ending.push(() => clusters.dispose());
    const cluster = await connected(clusters, file);
    const held = new Map<string, KubeObject>();
    const states: WatchState[] = [];
    const sink: WatchSink = {
      replaced(all) {
        held.clear();
        for (const one of all) held.set(one.metadata.name ?? '', one);
      },
      set: (one) => held.set(one.metadata.name ?? '', one),
      deleted: (one) => held.delete(one.metadata.name ?? ''),
      moved: (to) => states.push(to),
      heard: () => void counts.heard++,
    };
    const following: { end?: { dispose(): void } | undefined } = {};
    state.ending.push(() => following.end?.dispose());
    return {
      server,
      time,
      log: log.lines,
      held,
      states,
      watches,
      lists: () => counts.lists,
      heard: () => counts.heard,
      async watch(change = {}) {
        following.end = cluster.watch?.(
          { kind: configMaps, namespace: 'shop', keeps: () => true, ...change },
          sink,
        );
        await until(() => states.length > 0);
      },
      stop: () => following.end?.dispose(),
    };
  }

  /** The clock stands still; only what is on its way arrives. */
  async function until(isTrue: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2_000 && !isTrue(); turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(isTrue()).toBe(true);
  }

  async function untilWatched(world: World, count: number): Promise<ServerResponse> {
    await until(() => world.watches.length >= count);
    const watch = world.watches[count - 1];
    if (watch === undefined) throw new Error('no watch');
    return watch.response;
  }

  const kindsOf = (world: World): readonly string[] => world.states.map(({ kind }) => kind);
  const versionOf = (world: World, index: number): string | null | undefined =>
    world.watches[index]?.seen.query.get('resourceVersion');

  it('lists once, then tells of what is added, changed and deleted', async () => {
    const world = await setUp({ objects: [configMap('a', 90)] });
    await world.watch();
    const response = await untilWatched(world, 1);
    const { query } = world.watches[0]?.seen ?? { query: new URLSearchParams() };
    expect(Object.fromEntries(query)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '100',
      timeoutSeconds: '300',
    });
    response.write(line('ADDED', configMap('b', 101)) + line('MODIFIED', configMap('a', 102)));
    response.write(line('DELETED', configMap('b', 103)));
    await until(() => world.held.get('a')?.metadata.resourceVersion === '102');
    await until(() => !world.held.has('b'));
    expect([...world.held.keys()]).toEqual(['a']);
    expect(kindsOf(world)).toEqual(['current']);
    expect(world.lists()).toBe(1);
  });

  it('goes on from the last version after the server has ended it, without a pause or a list', async () => {
    const world = await setUp();
    await world.watch();
    const first = await untilWatched(world, 1);
    first.end(bookmark(140));
    const second = await untilWatched(world, 2);
    expect(versionOf(world, 1)).toBe('140');
    second.end(line('ADDED', configMap('late', 150)));
    await untilWatched(world, 3);
    expect(versionOf(world, 2)).toBe('150');
    expect(world.held.has('late')).toBe(true);
    expect([world.lists(), kindsOf(world)]).toEqual([1, ['current']]);
  });

  it('loses nothing when a line is cut, and waits before it goes on', async () => {
    const world = await setUp();
    await world.watch();
    const first = await untilWatched(world, 1);
    first.write(line('ADDED', configMap('a', 101)));
    await until(() => world.held.has('a'));
    first.write(line('ADDED', configMap('b', 102)).slice(0, 40), () => first.destroy());
    await until(() => world.time.slept.includes(800));
    expect(world.watches).toHaveLength(1);
    await world.time.advance(800);
    await untilWatched(world, 2);
    expect(versionOf(world, 1)).toBe('101');
    expect([world.lists(), kindsOf(world)]).toEqual([1, ['current']]);
  });

  it.each([
    ['half a line of JSON', (response: ServerResponse) => response.end('{"type":"ADDED","obj')],
    ['a line that is no JSON', (response: ServerResponse) => response.write('oops\n')],
    [
      'an error of the server',
      (response: ServerResponse) => response.write(line('ERROR', { code: 500 })),
    ],
    ['a reset', (response: ServerResponse) => response.destroy()],
  ])('goes on from where it was after %s', async (_, breakIt) => {
    const world = await setUp();
    await world.watch();
    const first = await untilWatched(world, 1);
    first.write(bookmark(120));
    await until(() => world.heard() === 3);
    breakIt(first);
    await until(() => world.time.slept.includes(800));
    await world.time.advance(800);
    await untilWatched(world, 2);
    expect(versionOf(world, 1)).toBe('120');
    expect(world.lists()).toBe(1);
  });

  it.each([
    ['an ERROR event', undefined],
    ['the status of the answer', 410],
  ])('lists again when the version is too old for the server, told by %s', async (_, status) => {
    const world = await setUp({
      objects: [configMap('a', 99)],
      onWatch: (index, response) => {
        if (index > 0 || status === undefined) return false;
        json(response, status, failure(status, 'Expired', 'too old resource version'));
        return true;
      },
    });
    await world.watch();
    if (status === undefined) {
      const first = await untilWatched(world, 1);
      first.write(line('ADDED', configMap('ghost', 101)));
      first.write(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
    }
    // The first one came right after a list, so the second list waits.
    await until(() => world.time.slept.includes(800));
    await world.time.advance(800);
    await until(() => world.lists() === 2);
    await untilWatched(world, status === undefined ? 2 : 1);
    expect([...world.held.keys()]).toEqual(['a']);
    expect(kindsOf(world)).toEqual(['current']);
  });

  it.each([
    ['7', 7_000],
    [undefined, 1_000],
  ])('keeps what it has while the server is busy (Retry-After %s)', async (retryAfter, waitMs) => {
    const world = await setUp({
      objects: [configMap('a', 99)],
      onWatch: (index, response) => {
        if (index > 0) return false;
        const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
        json(response, 429, failure(429, 'TooManyRequests', 'busy'), headers);
        return true;
      },
    });
    await world.watch();
    await until(() => world.time.slept.includes(waitMs));
    expect(world.held.has('a')).toBe(true);
    await world.time.advance(waitMs);
    await untilWatched(world, 1);
    expect([versionOf(world, 0), world.lists()]).toEqual(['100', 1]);
  });

  it('notices a server that is silent for longer than its bookmarks allow', async () => {
    const world = await setUp();
    await world.watch();
    const first = await untilWatched(world, 1);
    await world.time.advance(60_000);
    first.write(bookmark(130));
    await until(() => world.heard() === 3);
    await world.time.advance(70_000);
    expect(world.watches).toHaveLength(1);
    await world.time.advance(20_000);
    await untilWatched(world, 2);
    expect([versionOf(world, 1), world.lists()]).toEqual(['130', 1]);
  });

  it('asks at once after a sleep of the machine', async () => {
    const world = await setUp();
    await world.watch();
    await untilWatched(world, 1);
    world.time.jump(3_600_000);
    await world.time.advance(10_000);
    await untilWatched(world, 2);
    expect(kindsOf(world)).toEqual(['current']);
  });

  it.each([
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'not-found'],
  ])('ends where asking again is of no use: %i', async (status, reason, kind) => {
    const world = await setUp({
      onWatch: (_, response) => {
        json(response, status, failure(status, reason, 'no'));
        return true;
      },
    });
    await world.watch();
    await until(() => world.states.length === 2);
    expect(world.states[1]).toMatchObject({ kind: 'ended', refusal: { kind } });
    const asked = world.server.seen.length;
    await world.time.advance(600_000);
    expect(world.server.seen).toHaveLength(asked);
  });

  it('takes one refused login for a blip, and three for the end of the login', async () => {
    const refusals = { left: 1 };
    const world = await setUp({
      onWatch: (_, response) => {
        if (refusals.left-- <= 0) return false;
        json(response, 401, failure(401, 'Unauthorized', 'no'));
        return true;
      },
    });
    await world.watch();
    await until(() => world.time.slept.includes(800));
    await world.time.advance(800);
    const watch = await untilWatched(world, 1);
    expect(kindsOf(world)).toEqual(['current']);
    refusals.left = 3;
    watch.end();
    for (const waitMs of [1600, 3200, 6400]) {
      await until(() => world.time.slept.includes(waitMs));
      await world.time.advance(waitMs);
    }
    await until(() => kindsOf(world).at(-1) === 'ended');
    expect(world.states.at(-1)).toMatchObject({ refusal: { kind: 'unauthorised' } });
  });

  it('counts no other failure as a refused login', async () => {
    const answers = ['cut', 'cut', 'refused', 'cut', 'refused', 'refused'];
    const world = await setUp({
      onWatch: (_, response) => {
        const answer = answers.shift();
        if (answer === undefined) return false;
        if (answer === 'cut') response.destroy();
        else json(response, 401, failure(401, 'Unauthorized', 'no'));
        return true;
      },
    });
    await world.watch();
    for (let step = 0; step < 400 && world.watches.length === 0; step += 1) {
      await world.time.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(answers).toEqual([]);
    expect(world.watches).toHaveLength(1);
    expect(kindsOf(world)).not.toContain('ended');
  });

  it('says that it reconnects once that takes more than one attempt, and lists again after three', async () => {
    const down = { is: true };
    const world = await setUp({
      onWatch: (_, response) => {
        if (down.is) response.destroy();
        return down.is;
      },
    });
    await world.watch();
    await until(() => world.time.slept.includes(800));
    expect(kindsOf(world)).toEqual(['current']);
    await world.time.advance(800);
    await until(() => world.time.slept.includes(1600));
    expect(kindsOf(world)).toEqual(['current', 'reconnecting']);
    await world.time.advance(1600);
    await until(() => world.time.slept.includes(3200));
    down.is = false;
    await world.time.advance(3200);
    await untilWatched(world, 1);
    expect(world.lists()).toBe(2);
    expect(kindsOf(world).at(-1)).toBe('current');
  });

  it('does not hammer a server that ends every watch at once', async () => {
    const world = await setUp({
      onWatch: (_, response) => {
        response.writeHead(200).end();
        return true;
      },
    });
    await world.watch();
    await world.time.advance(0);
    for (let minute = 0; minute < 10; minute += 1) {
      await world.time.advance(6_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(world.server.seen.length).toBeLessThan(20);
  });

  it('asks nothing any more once nobody follows it', async () => {
    const world = await setUp();
    await world.watch();
    const first = await untilWatched(world, 1);
    const closed = new Promise((resolve) => first.on('close', resolve));
    world.stop();
    await closed;
    await world.time.advance(600_000);
    expect(world.server.seen).toHaveLength(2);
    expect(kindsOf(world)).toEqual(['current']);
  });

  it('lists now and then what cannot be watched', async () => {
    const world = await setUp({ objects: [configMap('a', 99)] });
    await world.watch({ pollMs: 60_000 });
    await world.time.advance(59_000);
    expect(world.lists()).toBe(1);
    await world.time.advance(2_000);
    await until(() => world.lists() === 2);
    expect(world.watches).toHaveLength(0);
  });

  it('drops what nobody needs as it arrives', async () => {
    const world = await setUp({ objects: [configMap('a', 99), configMap('b', 99)] });
    await world.watch({ keeps: (_, name) => name !== 'a' });
    const response = await untilWatched(world, 1);
    response.write(line('MODIFIED', configMap('a', 101)) + line('ADDED', configMap('c', 102)));
    await until(() => world.held.has('c'));
    expect([...world.held.keys()]).toEqual(['b', 'c']);
  });

  it('asks for names and versions of Secrets only, and keeps no annotation of them', async () => {
    const secret = {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {
        namespace: 'shop',
        name: 's',
        resourceVersion: '99',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'CANARY' },
      },
    };
    const world = await setUp({ objects: [secret] });
    await world.watch({ kind: secrets, metadataOnly: true });
    const response = await untilWatched(world, 1);
    expect(world.server.seen.map(({ headers }) => headers.accept)).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    ]);
    const changed = { ...secret, metadata: { ...secret.metadata, resourceVersion: '101' } };
    response.write(line('MODIFIED', changed));
    await until(() => world.held.get('s')?.metadata.resourceVersion === '101');
    expect(world.held.get('s')).toMatchObject({ apiVersion: 'v1', kind: 'Secret' });
    expect(JSON.stringify([...world.held.values()])).not.toContain('CANARY');
  });
});
