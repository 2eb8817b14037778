import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClusters } from '../../src/live/clusters';
import type { ServedKind } from '../../src/model/cluster';
import type { Cluster } from '../../src/model/ports';
import type { KubeObject } from '../../src/model/resource';
import type { WatchState } from '../../src/model/watch';
import '../propertySeed';
import type { Fault, FaultProxy, LabCluster } from './liveLab';
import {
  connectTo,
  describeLab,
  kubeconfigWith,
  labState,
  never,
  object,
  proxyInFrontOf,
  remove,
  useCluster,
  valueOf,
} from './liveLab';

const namespace = 'plumbline-watch-test';
const space = object('v1', 'Namespace', { name: namespace });
/** A second of the watches takes so much less here. */
const FASTER = 30;

/** What one watch has told, as a cache would hold it. */
interface Followed {
  readonly held: Map<string, string>;
  readonly states: WatchState[];
  stop(): void;
}

describe.skipIf(labState === undefined)(
  'watches of a real API server (PLUMBLINE_LAB_STATE)',
  () => {
    const lab = labState === undefined ? undefined : describeLab();
    const held: { admin?: LabCluster; folder?: string } = {};
    const ending: (() => unknown)[] = [];
    const description = (): NonNullable<typeof lab> => {
      if (lab === undefined) throw new Error('no lab');
      return lab;
    };
    const admin = (): LabCluster => {
      if (held.admin === undefined) throw new Error('not connected');
      return held.admin;
    };

    beforeAll(async () => {
      held.folder = await mkdtemp(join(tmpdir(), 'plumbline-watch-'));
      held.admin = await connectTo(description(), 'production');
      await admin().apply(space);
    });
    afterEach(async () => {
      for (const end of ending.splice(0).reverse()) await end();
    });
    afterAll(async () => {
      await remove(description(), 'production', space);
      await rm(held.folder ?? '', { recursive: true, force: true });
    });

    /** The lab's cluster behind a proxy, by a client whose time goes faster. */
    async function behindProxy() {
      const proxy: FaultProxy = await proxyInFrontOf(description(), 'production');
      ending.push(() => proxy.close());
      const file = join(held.folder ?? '', `config-${ending.length}`);
      await writeFile(
        file,
        kubeconfigWith(description(), (cluster) => (cluster['server'] = proxy.server)),
      );
      const waits: number[] = [];
      const startedMs = Date.now();
      const clusters = createClusters({
        kubeconfigFiles: [file],
        workspaceFolders: [],
        environment: {},
        log: { debug() {}, info() {}, warn() {}, error: (text) => waits.push(text.length * 1e9) },
        allowExec: () => false,
        clock: () => startedMs + (Date.now() - startedMs) * FASTER,
        sleep: async (ms, signal) => {
          waits.push(ms);
          await delay(ms / FASTER, undefined, { signal });
        },
      });
      ending.push(() => clusters.dispose());
      const cluster = valueOf(await clusters.connect({ file, name: 'production' }));
      return { proxy, waits, ...(await useCluster(cluster)) };
    }

    function follow(cluster: Cluster, kind: ServedKind, place: string | undefined): Followed {
      const known = new Map<string, string>();
      const states: WatchState[] = [];
      const set = ({ metadata }: KubeObject): void =>
        void known.set(metadata.name ?? '', metadata.resourceVersion ?? '');
      const following = cluster.watch?.(
        {
          kind,
          keeps: () => true,
          ...(place === undefined ? {} : { namespace: place }),
        },
        {
          replaced(objects) {
            known.clear();
            for (const one of objects) set(one);
          },
          set,
          deleted: ({ metadata }) => void known.delete(metadata.name ?? ''),
          moved: (state) => states.push(state),
          heard: () => undefined,
        },
      );
      const stop = (): void => following?.dispose();
      ending.push(stop);
      return { held: known, states, stop };
    }

    async function listed(kind: ServedKind): Promise<ReadonlyMap<string, string>> {
      const all = valueOf(await admin().cluster.list({ kind, namespace }, never));
      return new Map(
        all.map(({ metadata }) => [metadata.name ?? '', metadata.resourceVersion ?? '']),
      );
    }

    async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
      for (let attempt = 0; attempt < 1_500; attempt += 1) {
        if (await isTrue()) return;
        await delay(20);
      }
      throw new Error(`${what} did not come to be`);
    }

    const sorted = (map: ReadonlyMap<string, string>) =>
      [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    const isEqual = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
      JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

    function configMap(name: string, text: string): KubeObject {
      return object('v1', 'ConfigMap', { namespace, name }, { data: { text } });
    }

    async function erase(name: string): Promise<void> {
      await remove(description(), 'production', configMap(name, ''));
    }

    const watching = /[?&]watch=true/;
    /** Each for one request, so that a world without further faults is a whole one again. */
    const faults = fc.oneof(
      fc.record({
        path: fc.constant(watching),
        times: fc.constant(1),
        passed: fc.integer({ min: 0, max: 3_000 }),
        stream: fc.constantFrom('cut', 'half', 'garbage', 'expired', 'error', 'silent', 'bytes'),
      }),
      fc.record({
        path: fc.constant(watching),
        times: fc.constant(1),
        status: fc.constantFrom(401, 410, 429, 500, 503),
      }),
      fc.constant({
        path: watching,
        times: 1,
        status: 429,
        headers: { 'retry-after': '3' },
      }),
      fc.record({
        path: fc.constant(/configmaps/),
        times: fc.constant(1),
        cut: fc.constantFrom('reset', 'half'),
      }),
    ) as fc.Arbitrary<Fault>;
    const steps = fc.array(
      fc.record({
        fault: faults,
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
        action: fc.constantFrom('set', 'set', 'set', 'erase', 'drop', 'nothing'),
      }),
      { minLength: 25, maxLength: 25 },
    );

    it('lose and double nothing, whatever happens on the way, and do not storm', async () => {
      const behind = await behindProxy();
      const { proxy, waits, cluster } = behind;
      const maps = behind.kind('v1', 'ConfigMap');
      const followed = follow(cluster, maps, namespace);
      await until('the first list', () => followed.states.length > 0);
      const [course = []] = fc.sample(steps, { numRuns: 1, seed: 20261121 });
      for (const { fault, name, text, action } of course) {
        proxy.faults = [...proxy.faults.filter(({ times }) => times !== 0), fault];
        if (action === 'set') await admin().apply(configMap(name, text));
        if (action === 'erase') await erase(name);
        if (action === 'drop' || action === 'set') proxy.drop();
        await delay(15);
      }
      proxy.faults = [];
      const before = waits.length;
      await until('equality', async () => isEqual(followed.held, await listed(maps))).catch(
        (error: unknown) => {
          const told = JSON.stringify([...followed.states.slice(-3), proxy.seen.slice(-5)]);
          throw new Error(`${String(error)}: ${told}`);
        },
      );
      // After the last fault: one wait of the backoff, or the limit of silence.
      const since = waits.slice(before).filter((ms) => ms !== 10_000);
      expect(since.length).toBeLessThanOrEqual(2);
      expect(Math.max(0, ...waits)).toBeLessThanOrEqual(30_000);

      // Still alive, and not by listing again and again.
      await admin().apply(configMap('last', 'ünï¢ödé'));
      await until('the last one', async () => isEqual(followed.held, await listed(maps)));
      const requests = proxy.seen.filter(({ path }) => path.includes('configmaps'));
      expect(requests.length).toBeLessThan(course.length * 4);
      expect(followed.states.every(({ kind: state }) => state !== 'ended')).toBe(true);
    });

    it('of one kind can be refused while the others go on', async () => {
      const behind = await behindProxy();
      const { proxy, cluster } = behind;
      proxy.faults = [{ path: /services\?.*watch=true/, status: 403, message: 'no' }];
      const services = follow(cluster, behind.kind('v1', 'Service'), namespace);
      const maps = follow(cluster, behind.kind('v1', 'ConfigMap'), namespace);
      await until('the refusal', () => services.states.at(-1)?.kind === 'ended');
      await admin().apply(configMap('other', 'x'));
      await until('the other one', () => maps.held.has('other'));
      const asked = proxy.seen.length;
      await delay(300);
      expect(proxy.seen.length - asked).toBeLessThanOrEqual(2);
    });

    it('end when their definition is deleted, with nothing left of it', async () => {
      const name = 'gauges.watch.plumbline.example';
      const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      const definition = object(
        'apiextensions.k8s.io/v1',
        'CustomResourceDefinition',
        { name },
        {
          spec: {
            group: 'watch.plumbline.example',
            scope: 'Namespaced',
            names: { kind: 'Gauge', plural: 'gauges' },
            versions: [
              { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } },
            ],
          },
        },
      );
      await admin().apply(definition);
      ending.push(() => remove(description(), 'production', definition));
      const gauge = object('watch.plumbline.example/v1', 'Gauge', { namespace, name: 'one' });
      await until('the kind', async () => {
        const fresh = await useCluster(admin().cluster);
        const found = fresh.kinds.find(({ kind }) => kind === 'Gauge');
        return (
          found !== undefined &&
          (await fresh.apply(gauge).then(
            () => true,
            () => false,
          ))
        );
      });
      const { cluster, kinds } = await behindProxy();
      const kind = kinds.find((one) => one.kind === 'Gauge');
      if (kind === undefined) throw new Error('not served');
      const followed = follow(cluster, kind, undefined);
      await until('the object', () => followed.held.has('one'));
      await remove(description(), 'production', definition);
      await until('the end', () => followed.states.at(-1)?.kind === 'ended');
      expect(followed.states.at(-1)).toMatchObject({ refusal: { kind: 'not-found' } });
      expect([...followed.held]).toEqual([]);
    });
  },
);
