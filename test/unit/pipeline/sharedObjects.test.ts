import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { AppState } from '../../../src/model/appState';
import type { RenderedObject } from '../../../src/model/render';
import { collectProblems } from '../../../src/pipeline/problems';
import { sharedObjects } from '../../../src/pipeline/sharedObjects';
import { app, state } from './states';

function made(kind: string, name: string, namespace?: string): RenderedObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return {
    object: { apiVersion: 'v1', kind, metadata },
    origin: { path: `${name}.yaml` },
    role: 'resource',
    generated: [],
  };
}

function rendered(
  name: string,
  objects: readonly RenderedObject[],
  part: Partial<App> = {},
): AppState {
  const desired = {
    objects,
    inputs: [],
    problems: [],
    missing: [],
    capabilitiesAssumed: false,
    tookMs: 1,
  };
  const destination = { cluster: { kind: 'control' as const }, namespace: 'shop' };
  return state(name, {
    app: app(name, { destination, destinationCluster: 'production', ...part }),
    working: { kind: 'rendered', desired },
  });
}

const codes = (states: readonly AppState[]): readonly string[] =>
  [...sharedObjects(states).values()].flat().map(({ code }) => code);

describe('an object that two apps make', () => {
  it('is told at the file of each, naming the other', () => {
    const states = [
      rendered('web', [made('ConfigMap', 'settings', 'shop')]),
      rendered('twin', [made('ConfigMap', 'settings')]),
    ];
    expect(
      [...sharedObjects(states)].map(([key, problems]) => [
        key.split('/').at(-1),
        problems.map(({ message }) => message),
      ]),
    ).toEqual([
      [
        'web',
        [
          "ConfigMap shop/settings is made by argocd/twin as well: each sync overwrites the other's.",
        ],
      ],
      [
        'twin',
        ["ConfigMap settings is made by argocd/web as well: each sync overwrites the other's."],
      ],
    ]);
    const roots = [{ root: '/repo', name: 'repo', indexing: false, items: [], problems: [] }];
    const found = collectProblems({ trusted: true, roots, apps: states, clusters: [] });
    expect(found.get('/repo/settings.yaml')).toHaveLength(2);
  });

  it.each<readonly [string, Partial<App>, RenderedObject]>([
    [
      'in another cluster',
      { destinationCluster: 'staging' },
      made('ConfigMap', 'settings', 'shop'),
    ],
    ['in another namespace', {}, made('ConfigMap', 'settings', 'other')],
    [
      'by the namespace of its app',
      { destination: { cluster: { kind: 'control' }, namespace: 'other' } },
      made('ConfigMap', 'settings'),
    ],
    ['of another kind', {}, made('Secret', 'settings', 'shop')],
    ['of an app that a pipeline pushes', { tool: 'push' }, made('ConfigMap', 'settings', 'shop')],
  ])('is not one that is %s', (_, part, object) => {
    const first = rendered('web', [made('ConfigMap', 'settings', 'shop')]);
    expect(codes([first, rendered('twin', [object], part)])).toEqual([]);
  });

  it('is not told of a namespace, of one app alone, or of an unknown cluster', () => {
    const namespace = made('Namespace', 'shop');
    expect(codes([rendered('web', [namespace]), rendered('twin', [namespace])])).toEqual([]);
    const settings = made('ConfigMap', 'settings', 'shop');
    expect(codes([rendered('web', [settings, settings])])).toEqual([]);
    const unknown = state('a', {
      app: app('a'),
      working: rendered('a', [settings]).working,
    });
    expect(codes([unknown, { ...unknown, app: app('b') }])).toEqual([]);
  });
});
