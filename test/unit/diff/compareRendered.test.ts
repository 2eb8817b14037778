import { describe, expect, it } from 'vitest';
import { compareRendered } from '../../../src/diff/compareRendered';
import type { DesiredObject } from '../../../src/diff/desired';
import type { ResourceChange } from '../../../src/model/change';
import { argoPolicy, desired, digest } from './builders';

function deployment(replicas: number, image = 'web:1'): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

function configMap(name: string, data: object): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
}

function secret(body: object): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' }, ...body };
}

function compare(
  before: readonly DesiredObject[],
  after: readonly DesiredObject[],
): readonly ResourceChange[] {
  return compareRendered({ before, after, policy: argoPolicy, digest });
}

describe('comparison of two renders', () => {
  it('lists only what differs: added, changed, removed', () => {
    const changes = compare(
      [
        desired(configMap('gone', { a: '1' })),
        desired(deployment(3)),
        desired(configMap('same', { a: '1' })),
      ],
      [
        desired(configMap('same', { a: '1' })),
        desired(deployment(5, 'web:2')),
        desired(configMap('new', { a: '1' })),
      ],
    );
    expect(changes.map((change) => `${change.action} ${change.id.name}`)).toEqual([
      'changed web',
      'added new',
      'removed gone',
    ]);
    expect(changes[0]?.fields).toEqual([
      { pointer: '/spec/replicas', before: 3, after: 5, whose: 'mine' },
      {
        pointer: '/spec/template/spec/containers/0/image',
        before: 'web:1',
        after: 'web:2',
        whose: 'mine',
      },
    ]);
    expect(changes[1]?.fields).toEqual([{ pointer: '', whose: 'mine' }]);
    expect(changes[1]?.after).toEqual(configMap('new', { a: '1' }));
    expect(changes[1]?.before).toBeUndefined();
    expect(changes[2]?.before).toEqual(configMap('gone', { a: '1' }));
    expect(changes[0]?.origin).toEqual({ path: 'apps/web/web.yaml', line: 1 });
  });

  it('takes an object under another API version for the same object', () => {
    const hpa = (version: string): object => ({
      apiVersion: `autoscaling/${version}`,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
    });
    const [change] = compare([desired(hpa('v1'))], [desired(hpa('v2'))]);
    expect(change?.action).toBe('changed');
    expect(change?.fields.map((field) => field.pointer)).toEqual(['/apiVersion']);
  });

  it('does not count what means the same to the API server', () => {
    const limited = (cpu: string): object => ({
      ...deployment(1),
      spec: {
        template: { spec: { containers: [{ name: 'web', resources: { limits: { cpu } } }] } },
      },
    });
    expect(compare([desired(limited('1000m'))], [desired(limited('1'))])).toEqual([]);
    expect(compare([desired({ ...deployment(1), status: {} })], [desired(deployment(1))])).toEqual(
      [],
    );
  });

  it('shows what only the cluster decides as such, and alone it is no change', () => {
    const marks = { generated: ['/data/token'], clusterDependent: ['/data/token'] };
    const before = desired(configMap('a', { token: 'x', size: '1' }), marks);
    const after = (size: string) => desired(configMap('a', { token: 'y', size }), marks);
    expect(compare([before], [after('1')])).toEqual([]);
    const [change] = compare([before], [after('2')]);
    expect(change?.fields.map(({ pointer, whose }) => [pointer, whose])).toEqual([
      ['/data/token', 'cluster'],
      ['/data/size', 'mine'],
    ]);
    expect(change?.after?.['data']).toEqual({ token: '<depends on the cluster>', size: '2' });
  });

  it('shows generated values as such, and alone they are no change', () => {
    const generated = ['/data/token'];
    const before = desired(configMap('a', { token: 'x', size: '1' }), { generated });
    const after = (size: string): DesiredObject =>
      desired(configMap('a', { token: 'y', size }), { generated });
    expect(compare([before], [after('1')])).toEqual([]);
    const [change] = compare([before], [after('2')]);
    expect(change?.fields.map((field) => [field.pointer, field.whose])).toEqual([
      ['/data/token', 'generated'],
      ['/data/size', 'mine'],
    ]);
    expect(change?.before?.['data']).toEqual({ token: '<generated at each render>', size: '1' });
    expect(change?.after?.['data']).toEqual({ token: '<generated at each render>', size: '2' });
  });

  it('notes immutable fields, hooks, encryption and duplicates', () => {
    const other = deployment(3) as { spec: { selector: object } };
    other.spec.selector = { matchLabels: { app: 'other' } };
    const [immutable] = compare([desired(deployment(3))], [desired(other)]);
    expect(immutable?.notes).toEqual([
      { kind: 'immutable', message: 'Will be refused: spec.selector is immutable.' },
    ]);
    const [hook] = compare([], [desired(configMap('h', {}), { role: 'hook' })]);
    expect(hook?.notes.map((note) => note.kind)).toEqual(['hook']);
    const sealed = secret({ data: { a: 'ENC[AES256_GCM,data:x]' }, sops: { mac: 'x' } });
    expect(compare([], [desired(sealed)])[0]?.notes.map((note) => note.kind)).toEqual([
      'encrypted',
    ]);
    const twice = desired(configMap('d', {}), { notes: [{ kind: 'duplicate', message: 'x' }] });
    expect(compare([], [twice])[0]?.notes.map((note) => note.kind)).toEqual(['duplicate']);
  });
});

describe('Secrets between two renders', () => {
  it('are masked and keep the words of Git', () => {
    const [change] = compare(
      [desired(secret({ stringData: { password: 'CANARY-old', user: 'app' } }))],
      [desired(secret({ stringData: { password: 'CANARY-new', user: 'app' } }))],
    );
    expect(JSON.stringify(change)).not.toContain('CANARY');
    expect(change?.fields.map((field) => field.pointer)).toEqual(['/stringData/password']);
    expect(change?.fields[0]?.before).toMatch(/^<secret [0-9a-f]{4} · changed>$/);
    expect(change?.fields[0]?.after).not.toBe(change?.fields[0]?.before);
  });

  it('are equal when stringData becomes data of the same value', () => {
    const plain = desired(secret({ stringData: { password: 'one' } }));
    const encoded = desired(secret({ data: { password: 'b25l' } }));
    expect(compare([plain], [encoded])).toEqual([]);
    const folded = desired(secret({ data: { password: 'b2\n5l' } }));
    expect(compare([plain], [folded])).toEqual([]);
    const other = desired(secret({ data: { password: 'dHdv' } }));
    expect(compare([plain], [other])[0]?.fields.map((field) => field.pointer)).toEqual([
      '/data/password',
    ]);
  });

  it('show a new ciphertext as a change of mine, and the sops block never', () => {
    const sealed = (text: string, mac: string): DesiredObject =>
      desired(secret({ stringData: { a: `ENC[AES256_GCM,data:${text}]` }, sops: { mac } }));
    expect(compare([sealed('x', '1')], [sealed('x', '2')])).toEqual([]);
    const [change] = compare([sealed('x', '1')], [sealed('y', '2')]);
    expect(change?.fields.map((field) => [field.pointer, field.whose])).toEqual([
      ['/stringData/a', 'mine'],
    ]);
    expect(change?.fields[0]?.before).toMatch(/^<encrypted [0-9a-f]{4} · changed>$/);
  });

  it('are masked when added or removed', () => {
    const one = desired(secret({ stringData: { password: 'CANARY-new' } }));
    expect(JSON.stringify([compare([], [one]), compare([one], [])])).not.toContain('CANARY');
  });
});
