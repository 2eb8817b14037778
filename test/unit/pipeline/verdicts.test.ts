import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Access, PatchRequest } from '../../../src/model/cluster';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import { resourceIdOf, resourceKey } from '../../../src/model/resource';
import { withVerdicts } from '../../../src/pipeline/verdicts';
import type { Verdicts } from '../../../src/pipeline/verdicts';
import { never } from '../render/engine';
import { forbidden, memoryCluster, object, served } from './memoryCluster';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

function secret(data: JsonObject, annotations?: JsonObject): KubeObject {
  return object('v1', 'Secret', 'login', {
    data,
    ...(annotations && { metadata: { annotations } }),
  });
}

const settings = object('v1', 'ConfigMap', 'settings', { data: { a: '1' } });

function world(patched: (request: PatchRequest) => Access<KubeObject>) {
  const memory = memoryCluster({ patched });
  const verdicts: Verdicts = new Map();
  const versions = new Map<string, string>();
  const time = { nowMs: 0 };
  const cluster = withVerdicts(memory.cluster, {
    verdicts,
    versions,
    clock: () => time.nowMs,
    digest,
  });
  const ask = (about: KubeObject, body: unknown = {}, version = '1') => {
    const id = resourceIdOf(about);
    versions.set(resourceKey(id), version);
    const kind = served('', 'v1', about.kind);
    const request = { kind, id, type: 'apply' as const, body, fieldManager: 'own', about };
    return cluster.patch({ ...request, dryRun: true }, never);
  };
  return { ask, cluster, verdicts, time, asked: () => memory.patches.length };
}

const ok = (value: KubeObject): Access<KubeObject> => ({ kind: 'ok', value });

describe('dry runs that are remembered', () => {
  it('asks again about another version, another question, and after ten minutes', async () => {
    const { ask, asked, time } = world(() => ok(settings));
    for (const more of [{}, {}, { a: 1 }]) await ask(settings, more);
    expect(asked()).toBe(2);
    await ask(settings, { a: 1 }, '2');
    expect(asked()).toBe(3);
    time.nowMs = 599_999;
    await ask(settings, { a: 1 }, '2');
    expect(asked()).toBe(3);
    time.nowMs = 600_000;
    expect(await ask(settings, { a: 1 }, '2')).toEqual(ok(settings));
    expect(asked()).toBe(4);
  });

  it.each<[string, Access<KubeObject>, number]>([
    ['a refusal by validation', { kind: 'invalid', message: 'no', immutable: false }, 599_999],
    [
      'a refusal by a policy',
      { kind: 'invalid', message: 'no', immutable: false, byPolicy: true },
      59_999,
    ],
    ['a conflict', { kind: 'conflict', message: 'no' }, 599_999],
    [
      'a broken webhook',
      { kind: 'failed', status: 500, message: 'failed calling webhook "x": timeout' },
      59_999,
    ],
    [
      'a webhook without dry runs',
      { kind: 'failed', status: 400, message: 'admission webhook "x" does not support dry run' },
      59_999,
    ],
    ['an error of the server', { kind: 'failed', status: 500, message: 'etcd' }, 0],
    ['a server out of reach', { kind: 'unreachable', message: 'no' }, 0],
    ['a missing right', forbidden('patch', 'configmaps'), 0],
  ])('keeps %s for as long as it stands', async (_name, access, keptMs) => {
    const { ask, asked, time } = world(() => access);
    await ask(settings);
    time.nowMs = keptMs;
    expect(await ask(settings)).toEqual(access);
    expect(asked()).toBe(keptMs === 0 ? 2 : 1);
    time.nowMs = keptMs + 1;
    await ask(settings);
    expect(asked()).toBe(keptMs === 0 ? 3 : 2);
  });

  it('remembers no write', async () => {
    const { cluster, verdicts } = world(() => ok(settings));
    const id = resourceIdOf(settings);
    const kind = served('', 'v1', 'ConfigMap');
    const request = { kind, id, type: 'merge', body: {}, fieldManager: 'x' } as const;
    await cluster.patch({ ...request, dryRun: false }, never);
    expect(verdicts.size).toBe(0);
  });
});

describe('dry runs of Secrets that are remembered', () => {
  const live = secret(
    { kept: base64('canary-live'), gone: base64('canary-gone') },
    { note: 'n-live' },
  );
  const body = { stringData: { token: 'canary-sent' }, data: { more: base64('canary-more') } };
  const answer = secret(
    { kept: base64('canary-live'), token: base64('canary-sent'), more: base64('canary-more') },
    { note: 'n-live' },
  );

  it('are told again in full, and hold no value', async () => {
    const { ask, asked, verdicts } = world(() => ok(answer));
    const first = await ask(live, body);
    expect(await ask(live, body)).toEqual(first);
    expect(asked()).toBe(1);
    const held = JSON.stringify([...verdicts]);
    for (const value of ['canary-live', 'canary-sent', 'canary-more', 'n-live']) {
      expect(held).not.toContain(value);
      expect(held).not.toContain(base64(value));
    }
  });

  it.each<[string, KubeObject]>([
    ['a webhook wrote a value', secret({ kept: base64('canary-webhook') })],
    ['a webhook wrote an annotation', secret({}, { note: 'canary-webhook' })],
    [
      'a value stands in a label as well',
      { ...answer, metadata: { ...answer.metadata, labels: { of: 'canary-sent' } } },
    ],
  ])('are asked again where %s', async (_name, said) => {
    const { ask, asked, verdicts } = world(() => ok(said));
    await ask(live, body);
    expect(await ask(live, body)).toEqual(ok(said));
    expect(asked()).toBe(2);
    expect(verdicts.size).toBe(0);
  });

  it('have no data where the server says none', async () => {
    const bare = object('v1', 'Secret', 'login');
    const { ask, asked } = world(() => ok(bare));
    await ask(bare);
    expect(await ask(bare)).toEqual(ok(bare));
    expect(asked()).toBe(1);
  });
});
