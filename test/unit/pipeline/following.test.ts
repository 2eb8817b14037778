import { describe, expect, it } from 'vitest';
import type { AccessRefusal } from '../../../src/model/cluster';
import type { KubeObject } from '../../../src/model/resource';
import type { WatchRequest, WatchSink, WatchState } from '../../../src/model/watch';
import { freshnessOf } from '../../../src/pipeline/freshness';
import { getFollowed } from '../../../src/pipeline/followedFacts';
import { createFollowing, MOST_WATCHES, POLL_MS } from '../../../src/pipeline/following';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import { readLive } from '../../../src/pipeline/liveReader';
import { withVerdicts } from '../../../src/pipeline/verdicts';
import { virtualTime } from '../live/virtualTime';
import { forbidden, idOf, memoryCluster, object, served, servedKinds } from './memoryCluster';

const never = new AbortController().signal;
const watchable = servedKinds.map((kind) => ({ ...kind, verbs: [...kind.verbs, 'watch'] }));
const configMaps = { ...served('', 'v1', 'ConfigMap'), verbs: ['get', 'list', 'watch'] };

interface Opened {
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  isOpen: boolean;
}

/** An API server in memory whose watches the test plays by hand. */
function setUp(
  objects: readonly KubeObject[] = [],
  refusal?: (r: WatchRequest) => AccessRefusal | undefined,
) {
  const time = virtualTime();
  const memory = memoryCluster({ objects });
  const opened: Opened[] = [];
  const told: string[][] = [];
  const counts = { ended: 0, freshness: 0 };
  const cluster = {
    ...memory.cluster,
    watch: (request: WatchRequest, sink: WatchSink) => {
      const one: Opened = { request, sink, isOpen: true };
      opened.push(one);
      queueMicrotask(() => {
        const refused = refusal?.(request);
        if (refused !== undefined) return sink.moved({ kind: 'ended', refusal: refused });
        sink.replaced(
          memory.objects.filter(
            ({ kind, metadata: { namespace = '', name = '' } }) =>
              kind === request.kind.kind &&
              (request.namespace === undefined || request.namespace === namespace) &&
              request.keeps(namespace, name),
          ),
        );
        sink.moved({ kind: 'current' });
      });
      return { dispose: () => void (one.isOpen = false) };
    },
  };
  const following = createFollowing({
    cluster,
    clock: time.clock,
    sleep: time.sleep,
    onMoved: (keys) => told.push([...keys]),
    onEnded: () => counts.ended++,
    onFreshness: () => counts.freshness++,
  });
  if (following === undefined) throw new Error('cannot be followed');
  const session = { ...createClusterSession('eu'), cluster, kinds: watchable, following };
  const open = (): readonly Opened[] => opened.filter(({ isOpen }) => isOpen);
  return { ...memory, memory, time, opened, open, told, counts, following, session };
}

function versioned(name: string, version: number, kind = 'ConfigMap'): KubeObject {
  return object('v1', kind, name, { metadata: { resourceVersion: `${version}`, uid: name } });
}

describe('what is followed of a cluster', () => {
  const request = { kind: configMaps, namespace: 'shop' };
  const wanted = new Set(['/ConfigMap/shop/a', '/ConfigMap/shop/b']);

  it('is listed once, stays true by itself, and tells what moved', async () => {
    const { following, opened, told } = setUp([versioned('a', 1)]);
    await following.list(request, wanted, never);
    const sink = opened[0]?.sink;
    sink?.set(versioned('a', 2));
    sink?.set(versioned('a', 2));
    sink?.set(versioned('b', 3));
    sink?.deleted(versioned('a', 4));
    sink?.deleted(versioned('a', 4));
    expect(told.flat()).toEqual(['/ConfigMap/shop/a', '/ConfigMap/shop/b', '/ConfigMap/shop/a']);
    const again = await following.list(request, wanted, never);
    expect(again).toMatchObject({ kind: 'ok', value: [{ metadata: { name: 'b' } }] });
    expect(opened).toHaveLength(1);
  });

  it('tells what a new list has found otherwise', async () => {
    const { following, opened, told } = setUp([versioned('a', 1), versioned('b', 1)]);
    await following.list(request, wanted, never);
    opened[0]?.sink.replaced([versioned('a', 2)]);
    expect(told.flat()).toEqual(['/ConfigMap/shop/a', '/ConfigMap/shop/b']);
  });

  it('is read anew when somebody asks for that, once for a look, and ends what nobody needs', async () => {
    const { following, opened, open, memory, told, time } = setUp([versioned('a', 1)]);
    const other = { kind: configMaps, namespace: 'other' };
    await following.list(request, wanted, never);
    await following.list(other, wanted, never);
    time.jump(10_000);
    memory.objects = [versioned('a', 2)];
    following.renew();
    await following.list(request, wanted, never);
    await following.list(request, wanted, never);
    expect([opened.length, told.flat()]).toEqual([3, ['/ConfigMap/shop/a']]);
    following.sweep();
    expect(open()).toHaveLength(1);
    following.dispose();
    expect(open()).toHaveLength(0);
  });

  it('is listed again for objects that it was not asked to keep', async () => {
    const { following, opened } = setUp([versioned('a', 1), versioned('c', 1)]);
    await following.list(request, wanted, never);
    const more = await following.list(request, new Set(['/ConfigMap/shop/c']), never);
    expect(more).toMatchObject({ kind: 'ok', value: [{}, {}] });
    expect(opened).toHaveLength(2);
  });

  it('is asked for now and then beyond so many watches, and where a kind has none', async () => {
    const { following, opened } = setUp();
    await following.list({ kind: served('', 'v1', 'Event') }, 'all', never);
    for (let index = 0; index <= MOST_WATCHES; index += 1)
      await following.list({ kind: configMaps, namespace: `n${index}` }, 'all', never);
    const polled = opened.map((one) => one.request.pollMs);
    expect([polled[0], polled.filter(Boolean).length]).toEqual([POLL_MS, 2]);
    expect(following.freshness()).toMatchObject({ kind: 'polling', everyMs: POLL_MS });
  });

  it('passes a refusal on, and asks anew at the next look', async () => {
    const refusal = forbidden('list', 'configmaps', 'shop');
    const { following, opened, counts } = setUp([], () => refusal);
    expect(await following.list(request, wanted, never)).toBe(refusal);
    expect(await following.list(request, wanted, never)).toBe(refusal);
    expect([opened.length, counts.ended]).toEqual([2, 2]);
  });

  it('ends waiting when the look is cancelled', async () => {
    const { following } = setUp();
    const ending = new AbortController();
    const reading = following.list(request, wanted, ending.signal);
    ending.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('reading a followed cluster', () => {
  it('asks nothing the second time', async () => {
    const { session, opened, requests } = setUp([versioned('a', 1), versioned('b', 1)]);
    const ids = [idOf('ConfigMap', 'a'), idOf('ConfigMap', 'b'), idOf('Service', 'web')];
    const first = await readLive(session, ids, never);
    expect([...first.objects.keys()].sort()).toEqual(['/ConfigMap/shop/a', '/ConfigMap/shop/b']);
    expect((await readLive(session, ids, never)).objects.size).toBe(2);
    const asked = opened.map(({ request }) => [request.kind.kind, request.fieldSelector]);
    expect(asked.sort()).toEqual([
      ['ConfigMap', undefined],
      ['Service', 'metadata.name=web'],
    ]);
    expect(requests).toEqual([]);
  });

  it('takes for one app what is followed for all of them', async () => {
    const { session, opened } = setUp([versioned('a', 1), versioned('b', 1)]);
    await readLive(session, [idOf('ConfigMap', 'a'), idOf('ConfigMap', 'b')], never);
    const { objects } = await readLive(session, [idOf('ConfigMap', 'a')], never);
    expect(objects.has('/ConfigMap/shop/a')).toBe(true);
    expect(opened).toHaveLength(1);
    // Another one than those is another list.
    await readLive(session, [idOf('ConfigMap', 'c')], never);
    expect(opened).toHaveLength(2);
  });

  it('follows versions of Secrets, and reads each anew at every look', async () => {
    const { session, opened, requests, told } = setUp([versioned('s', 1, 'Secret')]);
    await readLive(session, [idOf('Secret', 's')], never);
    await readLive(session, [idOf('Secret', 's')], never);
    expect(opened.map(({ request }) => request.metadataOnly)).toEqual([true]);
    expect(requests).toEqual(['get v1/Secret shop/s', 'get v1/Secret shop/s']);
    opened[0]?.sink.set(versioned('s', 2, 'Secret'));
    expect(told).toEqual([['/Secret/shop/s']]);
  });

  it('reads one by one what may not be listed, and is reminded of it', async () => {
    const refuse = (): AccessRefusal => forbidden('list', 'configmaps', 'shop');
    const { session, requests, told, time, following } = setUp([versioned('a', 1)], refuse);
    const { objects } = await readLive(session, [idOf('ConfigMap', 'a')], never);
    expect([objects.size, requests]).toEqual([1, ['get v1/ConfigMap shop/a']]);
    await time.advance(POLL_MS + 1);
    expect(told).toEqual([['/ConfigMap/shop/a']]);
    expect(following.freshness().kind).toBe('polling');
    // Where nobody needs it any more, nothing is as old as that.
    following.renew();
    following.sweep();
    expect(following.freshness().kind).toBe('live');
    await time.advance(10 * POLL_MS);
    expect(told).toHaveLength(1);
    following.remind(['/ConfigMap/shop/aside'], true);
    expect(following.freshness().kind).toBe('live');
    await time.advance(POLL_MS + 1);
    expect(told[1]).toEqual(['/ConfigMap/shop/aside']);
    following.dispose();
    await time.advance(10 * POLL_MS);
    expect(told).toHaveLength(2);
  });

  it('is reminded of nothing that goes on by itself once the cluster is back', async () => {
    const away = (): AccessRefusal => ({ kind: 'unreachable', message: 'Nothing answers.' });
    const { session, following } = setUp([], away);
    const reader = { cluster: session.cluster, following };
    const id = idOf('ConfigMap', 'a');
    expect(await getFollowed(reader, configMaps, id, never)).toMatchObject({ kind: 'not-found' });
    await readLive(session, [id, idOf('Secret', 's')], never);
    expect(following.freshness().kind).not.toBe('polling');
  });

  it('is one object by its name, where that is one, and absent where the list has none', async () => {
    const { session, following, requests, opened } = setUp([versioned('a', 1)]);
    const reader = { cluster: session.cluster, following };
    const get = (name: string) => getFollowed(reader, configMaps, idOf('ConfigMap', name), never);
    expect(await get('a')).toMatchObject({ kind: 'ok', value: { metadata: { name: 'a' } } });
    expect(await get('b')).toEqual({
      kind: 'not-found',
      message: 'configmaps "b" not found',
    });
    expect(opened.map(({ request: { fieldSelector } }) => fieldSelector)).toEqual([
      'metadata.name=a',
      'metadata.name=b',
    ]);
    expect(requests).toEqual([]);
    // What a selector would take for something else is asked for as it is.
    await get('a,metadata.namespace=x');
    expect(requests).toEqual(['get v1/ConfigMap shop/a,metadata.namespace=x']);
  });
});

describe('freshness', () => {
  const at = { startedMs: 5, isReminded: false, pollMs: POLL_MS };
  const refusal: AccessRefusal = { kind: 'unreachable', message: 'gone' };
  const of = (state: WatchState | undefined, heardMs: number, polled = false) => ({
    state,
    heardMs,
    pollMs: polled ? POLL_MS : undefined,
  });
  const current = { kind: 'current' } as const;

  it.each([
    ['nothing yet', [], { kind: 'live', updatedAtMs: 5 }],
    ['the oldest word', [of(current, 40), of(current, 30)], { kind: 'live', updatedAtMs: 30 }],
    ['a poll', [of(current, 40, true)], { kind: 'polling', updatedAtMs: 40, everyMs: POLL_MS }],
    [
      'a break',
      [of(current, 40), of({ kind: 'reconnecting', sinceMs: 20, refusal }, 10)],
      { kind: 'reconnecting', sinceMs: 20, reason: 'gone', updatedAtMs: 10 },
    ],
    [
      'a login that ended',
      [of(current, 40), of({ kind: 'ended', refusal: { kind: 'unauthorised', message: 'no' } }, 1)],
      { kind: 'signed-out', reason: 'no', updatedAtMs: 40 },
    ],
    [
      'a kind that may not be read',
      [of(current, 40), of({ kind: 'ended', refusal: forbidden('watch', 'x') }, 1)],
      { kind: 'live', updatedAtMs: 40 },
    ],
  ])('is as bad as the worst: %s', (_, collections, expected) => {
    expect(freshnessOf(collections, at)).toEqual(expected);
  });
});

describe('verdicts', () => {
  function ask(kind = 'ConfigMap', answer?: AccessRefusal) {
    const time = { nowMs: 0 };
    const memory = memoryCluster({
      objects: [versioned('a', 1, kind)],
      ...(answer && { patched: () => answer }),
    });
    const versions = new Map([[`/${kind}/shop/a`, 'a/1']]);
    const digest = (text: string): string => text;
    const clock = (): number => time.nowMs;
    const cluster = withVerdicts(memory.cluster, { verdicts: new Map(), versions, clock, digest });
    const patch = (body: unknown = {}, dryRun = true) =>
      cluster.patch(
        {
          kind: served('', 'v1', kind),
          id: idOf(kind, 'a'),
          type: 'apply',
          fieldManager: 'm',
          body,
          dryRun,
        },
        never,
      );
    return { patch, versions, time, cluster, patches: memory.patches };
  }

  it('are kept for a question and a version, for a while', async () => {
    const { patch, versions, time, patches, cluster } = ask();
    expect(await patch()).toEqual(await patch());
    expect([patches.length, cluster.requestCount]).toEqual([1, 1]);
    await patch({ data: {} });
    expect(patches).toHaveLength(2);
    await patch();
    expect(patches).toHaveLength(3);
    versions.set('/ConfigMap/shop/a', 'a/2');
    await patch();
    expect(patches).toHaveLength(4);
    time.nowMs = 600_001;
    await patch();
    expect(patches).toHaveLength(5);
  });

  it('are asked for anew where nothing is known of the object, and of real writes', async () => {
    const unknown = ask();
    unknown.versions.clear();
    await unknown.patch();
    await unknown.patch();
    expect(unknown.patches).toHaveLength(2);
    const real = ask();
    await real.patch({}, false);
    await real.patch({}, false);
    expect(real.patches).toHaveLength(2);
  });

  it.each([
    ['invalid', { kind: 'invalid', message: 'x', immutable: true } as const, 1],
    ['conflict', { kind: 'conflict', message: 'x' } as const, 1],
    ['a busy server', { kind: 'failed', status: 500, message: 'x' } as const, 2],
    ['a right that is missing', forbidden('patch', 'configmaps'), 2],
  ])('of %s', async (_, refusal, count) => {
    const { patch, patches } = ask('ConfigMap', refusal);
    await patch();
    await patch();
    expect(patches).toHaveLength(count);
  });
});
