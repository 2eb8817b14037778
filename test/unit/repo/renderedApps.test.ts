import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { JsonObject } from '../../../src/model/resource';
import { assignClusters } from '../../../src/repo/assignClusters';
import { discover, type Discovery } from '../../../src/repo/discover';
import {
  definesTheSame,
  definitionsAmong,
  type DefinitionsOf,
  isDefinition,
  type RenderedDefinition,
} from '../../../src/repo/renderedApps';
import { application, appNamed, inputOf, ROOT, settingsOf } from './inMemory';

function parsed(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

function definition(
  name: string,
  path: string,
  parts: Partial<RenderedDefinition> = {},
): RenderedDefinition {
  return { object: parsed(application(name, { source: { path: 'x' } })), path, ...parts };
}

function parent(name: string, parts: Partial<App> = {}): DefinitionsOf['parent'] {
  return {
    key: `${ROOT}#${name}.yaml#Application/argocd/${name}`,
    kind: 'Application',
    namespace: 'argocd',
    name,
    source: { kind: 'unsupported', reason: '' },
    destination: { cluster: { kind: 'control' }, namespace: 'argocd' },
    ...parts,
  };
}

function withRendered(
  files: Readonly<Record<string, string>>,
  rendered: readonly DefinitionsOf[],
): Discovery {
  return discover({ ...inputOf(files), rendered });
}

function tree({ apps }: Discovery): readonly string[] {
  return apps.map(({ name, renderedBy: by }) =>
    by === undefined ? name : `${name} < ${by.name} ${by.depth}${by.changed ? ' *' : ''}`,
  );
}

const rootFile = { 'root.yaml': application('root', { source: { path: 'apps' } }) };

describe('definitions that an app renders', () => {
  it.each([
    ['argoproj.io/v1alpha1', 'Application', true],
    ['argoproj.io/v1alpha1', 'ApplicationSet', true],
    ['argoproj.io/v1alpha1', 'AppProject', false],
    ['argoproj.io/v1alpha1', 'Rollout', false],
    ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization', true],
    ['source.toolkit.fluxcd.io/v1', 'GitRepository', true],
    ['notification.toolkit.fluxcd.io/v1', 'Alert', false],
    ['kustomize.config.k8s.io/v1beta1', 'Kustomization', false],
    ['v1', 'ConfigMap', false],
  ])('%s %s: %s', (apiVersion, kind, expected) => {
    expect(isDefinition({ apiVersion, kind })).toBe(expected);
    const objects = [
      {
        object: { apiVersion, kind, metadata: {} },
        origin: { path: 'a', line: 2 },
        role: 'resource' as const,
        generated: [],
      },
    ];
    expect(definitionsAmong(objects)).toHaveLength(expected ? 1 : 0);
  });

  it('are the same whatever is added to their metadata, and others with another word', () => {
    const one = parsed(application('a', { source: { path: 'x' } }));
    const metadata = { name: 'a', namespace: 'elsewhere', labels: { a: 'b' } };
    expect(definesTheSame(one, { ...one, metadata, status: { x: 1 } })).toBe(true);
    expect(definesTheSame(one, { ...one, metadata: { name: 'b' } })).toBe(false);
    expect(definesTheSame(one, parsed(application('a', { source: { path: 'y' } })))).toBe(false);
    expect(definesTheSame({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
    expect(definesTheSame({ a: [1, 2] }, { a: [1] })).toBe(false);
  });
});

describe('apps that apps render', () => {
  const template = definition('shop', 'charts/apps/templates/app.yaml', { line: 3 });

  it('stand at their template, with a key of their own for each app above', () => {
    const made = withRendered(rootFile, [
      { parent: parent('root'), definitions: [template], bases: [] },
      { parent: parent('other'), definitions: [template], bases: [] },
    ]);
    expect(tree(made)).toEqual(['root', 'shop < other 1 *', 'shop < root 1 *']);
    const keys = made.apps.map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
    const again = withRendered(rootFile, [
      { parent: parent('root'), definitions: [template], bases: [] },
    ]);
    expect(keys).toContain(appNamed(again, 'shop').key);
    expect(appNamed(again, 'shop').definedIn).toEqual({
      root: ROOT,
      path: 'charts/apps/templates/app.yaml',
      line: 3,
    });
  });

  it('go to the namespace of the app above where they name none', () => {
    const object = { ...template.object, metadata: { name: 'shop' } };
    const [, app] = withRendered(rootFile, [
      {
        parent: parent('root', {
          destination: { cluster: { kind: 'control' }, namespace: 'team' },
        }),
        definitions: [{ ...template, object }],
        bases: [],
      },
    ]).apps;
    expect(app?.namespace).toBe('team');
    expect(app?.definition).toMatchObject({ metadata: { namespace: 'team' } });
  });

  it('keep the key of the file that only the name is changed of', () => {
    const files = { ...rootFile, 'base/app.yaml': application('shop', { source: { path: 'x' } }) };
    const plain = appNamed(withRendered(files, []), 'shop').key;
    const definitions = [definition('dev-shop', 'base/app.yaml', { line: 1 })];
    const made = withRendered(files, [
      { parent: parent('root'), definitions, bases: ['base/app.yaml'] },
    ]);
    expect(tree(made)).toEqual(['dev-shop < root 1 *', 'root']);
    expect(appNamed(made, 'dev-shop').key).toBe(plain);
  });

  it('are none where a kustomization reads a file and makes nothing of it', () => {
    const files = { ...rootFile, 'base/app.yaml': application('gone', { source: { path: 'x' } }) };
    const rendered = { parent: parent('root'), definitions: [template] };
    expect(tree(withRendered(files, [{ ...rendered, bases: [] }]))).toContain('gone');
    expect(tree(withRendered(files, [{ ...rendered, bases: ['base/app.yaml'] }]))).not.toContain(
      'gone',
    );
  });

  it('go with the object of a file that they come out of as written', () => {
    const files = { ...rootFile, 'apps/shop.yaml': application('shop', { source: { path: 'x' } }) };
    const definitions = ['shop', 'blog'].map((name) =>
      definition(name, 'apps/shop.yaml', { line: 1, asWritten: true }),
    );
    const made = withRendered(files, [{ parent: parent('root'), definitions, bases: [] }]);
    expect(tree(made)).toEqual(['shop < root 1', 'root']);
    const fileless = [definition('blog', 'apps/blog.yaml', { asWritten: true })];
    const without = [{ parent: parent('root'), definitions: fileless, bases: [] }];
    expect(tree(withRendered(rootFile, without))).toEqual(['root']);
  });

  it('vanish with an app above that nothing stands for', () => {
    const a = parent('a', { key: 'a' });
    const made = withRendered(rootFile, [
      { parent: a, definitions: [definition('b', 'b.yaml')], bases: [] },
    ]);
    const b = appNamed(made, 'b');
    const circle = withRendered(rootFile, [
      {
        parent: { ...a, key: b.key, name: 'b' },
        definitions: [definition('b', 'b.yaml')],
        bases: [],
      },
    ]);
    // What only renders itself was rendered by somebody once.
    expect(tree(circle)).toEqual(['root']);
  });

  it('are kept by nobody where values of Secrets went into them', () => {
    const source = {
      kind: 'local',
      root: ROOT,
      render: { kind: 'flux', path: 'apps', kustomization: {}, secretVariables: ['token'] },
    } as const;
    const files = { ...rootFile, 'charts/x/Chart.yaml': 'name: x\n', 'x/a.yaml': 'a: b\n' };
    const object = parsed(
      application('shop', {
        source: { repoURL: 'https://git.acme.example/acme/gitops.git', path: 'x' },
      }),
    );
    const definitions = [{ ...template, object }];
    const secret = withRendered(files, [
      { parent: parent('root', { source }), definitions, bases: [] },
    ]);
    expect(appNamed(secret, 'shop').source).toMatchObject({ render: { secret: true } });
    const open = withRendered(files, [{ parent: parent('root'), definitions, bases: [] }]);
    expect(appNamed(open, 'shop').source).not.toMatchObject({ render: { secret: true } });
  });

  it('are in the cluster that the app above sends them to', () => {
    const made = withRendered(
      {
        ...rootFile,
        '.plumbline.yaml': 'clusters: [{name: hub, folders: [root.yaml]}]\n',
      },
      [{ parent: parent('root'), definitions: [template], bases: [] }],
    );
    const apps = assignClusters(made.apps, {
      configs: new Map([[ROOT, made.config]]),
      settings: settingsOf(),
      contexts: [],
      argoClusters: [],
    });
    expect(apps.map(({ name, controlCluster }) => [name, controlCluster])).toEqual([
      ['root', 'hub'],
      ['shop', 'hub'],
    ]);
  });

  it('come to an end in whatever order they arrive, each once', () => {
    const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 12 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const files = Object.fromEntries(
          [0, 1, 2, 3, 4, 5].map((n) => [
            `a${n}.yaml`,
            application(`a${n}`, { source: { path: 'x' } }),
          ]),
        );
        const rendered = [0, 1, 2, 3, 4, 5].map((n) => ({
          parent: parent(`a${n}`),
          definitions: pairs
            .filter(([from]) => from === n)
            .map(([, to]) => definition(`a${to}`, `a${to}.yaml`, { line: 1 })),
          bases: [],
        }));
        const once = withRendered(files, rendered);
        const turned = withRendered(files, rendered.toReversed());
        expect(tree(turned)).toEqual(tree(once));
        const keys = once.apps.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { renderedBy } of once.apps) expect(renderedBy?.depth ?? 0).toBeLessThan(7);
      }),
    );
  });
});
