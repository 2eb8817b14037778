import { describe, expect, it } from 'vitest';
import type { OriginPlace } from '../../../src/model/origin';
import { presentOrigin } from '../../../src/views/origin/present';

const field = { resource: 'apps/Deployment/shop/web', pointer: '/spec/replicas' };

function place(parts: Partial<OriginPlace> = {}): OriginPlace {
  return {
    root: '/repo',
    path: 'charts/shop/values.yaml',
    line: 3,
    kind: 'value',
    label: 'charts/shop/values.yaml: web.replicas',
    direct: true,
    ...parts,
  };
}

function withoutLine(): OriginPlace {
  const { root, path, kind, label, direct } = place();
  return { root, path, kind, label, direct };
}

describe('the hover on a rendered line', () => {
  it.each([
    ['a value', place(), 'charts/shop/values.yaml:3 · value · web.replicas'],
    [
      'what only steers',
      place({ direct: false }),
      'charts/shop/values.yaml:3 · decides it · web.replicas',
    ],
    [
      'a line of a template, once',
      place({ kind: 'template', path: 't.yaml', label: 't.yaml: line 3' }),
      't.yaml:3 · template',
    ],
    [
      'a fetched chart by its name',
      place({
        path: 'ab12/values.yaml',
        label: 'web 1.2.0: values.yaml: replicas',
        readOnly: true,
      }),
      'web 1.2.0: values.yaml: replicas · value · fetched chart, read-only',
    ],
    [
      'what makes the object',
      place({ direct: false, makes: true, kind: 'generator', label: 'k.yaml: name' }),
      'charts/shop/values.yaml:3 · makes the object · name',
    ],
    [
      'a file of another repository',
      place({
        path: 'base/a.yaml',
        label: 'acme/lib at v1 4f2c1d9: base/a.yaml: data.a',
        readOnly: true,
        document: { kind: 'source', appKey: 'a', path: '.plumbline-git/lib/base/a.yaml' },
      }),
      'acme/lib at v1 4f2c1d9: base/a.yaml: data.a · value · read-only',
    ],
    ['a file without a line', withoutLine(), 'charts/shop/values.yaml · value · web.replicas'],
  ])('names %s', (_, one, text) => {
    expect(presentOrigin({ places: [one], field })?.places[0]?.text).toBe(text);
  });

  it('shows what stands there, three places at most', () => {
    const shown = presentOrigin({
      places: [1, 2, 3, 4].map((line) => place({ line, value: 'a: 1' })),
      field,
    });
    expect(shown?.places).toHaveLength(3);
    expect(shown?.places[0]).toMatchObject({
      value: 'a: 1',
      place: { line: 1, root: '/repo', path: 'charts/shop/values.yaml' },
    });
    expect(shown?.heading).toBe('spec.replicas');
  });

  it('says why there is none, and nothing on a line that is no field', () => {
    expect(presentOrigin({ places: [], why: 'generated', field })?.why).toBe(
      'It is made anew at each render.',
    );
    expect(presentOrigin({ places: [], field })?.why).toMatch(/^No place of the repository/);
    expect(presentOrigin({ places: [] })).toBeUndefined();
    expect(presentOrigin({ places: [], field: { ...field, pointer: '' } })).toBeUndefined();
  });
});
