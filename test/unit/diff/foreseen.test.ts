import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bearsOut } from '../../../src/diff/foreseen';
import type { Json, JsonObject, KubeObject } from '../../../src/model/resource';

const object = (spec: JsonObject, metadata: JsonObject = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  spec,
});

const container = (more: JsonObject): JsonObject => ({ containers: [{ name: 'main', ...more }] });

interface Case {
  readonly live: JsonObject;
  readonly made: JsonObject;
  readonly foreseen: JsonObject;
}

describe('what a server that applied the same text foresees', () => {
  it.each<[string, Case]>([
    ['the same value', { live: { replicas: 3 }, made: { replicas: 2 }, foreseen: { replicas: 2 } }],
    [
      'a quantity in its own form',
      {
        live: container({ cpu: '500m', image: 'web:1' }),
        made: container({ cpu: '0.5', image: 'web:2' }),
        foreseen: container({ cpu: '500m', image: 'web:2' }),
      },
    ],
    [
      'defaults of what is new',
      {
        live: { containers: [{ name: 'main' }] },
        made: { containers: [{ name: 'main' }, { name: 'proxy' }] },
        foreseen: { containers: [{ name: 'main' }, { name: 'proxy', policy: 'Always' }] },
      },
    ],
    [
      'the same items in another order',
      {
        live: { env: [{ name: 'a', value: '1' }] },
        made: { env: [{ name: 'a', value: '1' }, { name: 'b' }] },
        foreseen: { env: [{ name: 'b' }, { name: 'a', value: '1' }] },
      },
    ],
    [
      'items that nothing tells apart, with defaults',
      {
        live: { ports: [{ port: 80 }] },
        made: { ports: [{ port: 81 }] },
        foreseen: { ports: [{ port: 81, protocol: 'TCP' }] },
      },
    ],
  ])('bears it out by %s', (_name, { live, made, foreseen }) => {
    expect(bearsOut(object(live), object(made), object(foreseen))).toBe(true);
  });

  it.each<[string, Case]>([
    [
      'keeps what goes',
      { live: { replicas: 3, x: 1 }, made: { replicas: 3 }, foreseen: { replicas: 3, x: 1 } },
    ],
    [
      'keeps an item that goes',
      {
        live: { env: [{ name: 'a' }, { name: 'b' }] },
        made: { env: [{ name: 'a' }] },
        foreseen: { env: [{ name: 'a' }, { name: 'b' }] },
      },
    ],
    [
      'keeps a field of an item that nothing tells apart',
      {
        live: { rules: [{ verb: 'get' }, { verb: 'list', weight: 1 }] },
        made: { rules: [{ verb: 'get' }, { verb: 'list' }] },
        foreseen: { rules: [{ verb: 'get' }, { verb: 'list', weight: 1 }] },
      },
    ],
    [
      'changes what the text leaves alone',
      { live: { replicas: 3 }, made: { replicas: 3 }, foreseen: { replicas: 1 } },
    ],
    [
      'leaves a value as it was',
      { live: { image: 'web:1' }, made: { image: 'web:2' }, foreseen: { image: 'web:1' } },
    ],
    ['lacks what is written', { live: {}, made: { replicas: 2 }, foreseen: {} }],
    [
      'has something of another form',
      { live: { x: 'a' }, made: { x: 'b' }, foreseen: { x: { y: 'b' } } },
    ],
    [
      'has another item',
      { live: { env: [] }, made: { env: [{ name: 'a' }] }, foreseen: { env: [{ name: 'b' }] } },
    ],
    ['has a list where there is none', { live: {}, made: { x: { a: 1 } }, foreseen: { x: [1] } }],
  ])('does not where it %s', (_name, { live, made, foreseen }) => {
    expect(bearsOut(object(live), object(made), object(foreseen))).toBe(false);
  });

  it('looks at nothing that only servers write', () => {
    const live = object({ replicas: 3 }, { resourceVersion: '7', generation: 3 });
    const made = object({ replicas: 2 }, { resourceVersion: '7', generation: 3 });
    const foreseen = { ...object({ replicas: 2 }, { generation: 4 }), status: { replicas: 3 } };
    expect(bearsOut(live, made, foreseen)).toBe(true);
  });

  it('bears out what came to be just so, and no item more or less', () => {
    const spec = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(spec, spec, (live, made) => {
        const [old, now] = [live as JsonObject, made as JsonObject];
        expect(bearsOut(object(old), object(now), object(now))).toBe(true);
        const list = (items: readonly Json[]): KubeObject => object({ ...now, list: items });
        expect(bearsOut(list([1, 2]), list([1]), list([1, 2]))).toBe(false);
      }),
    );
  });
});
