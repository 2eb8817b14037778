import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { SourceState } from '../../../src/model/appState';
import { causesByApp, plainMessage } from '../../../src/model/causes';
import { createClustersPresenter } from '../../../src/views/clusters/present';
import { argoStatus } from '../../../src/sync/argoStatus';
import { fluxStatus } from '../../../src/sync/fluxStatus';
import { find, outline, tooltipText } from '../views/rows';
import { app, cluster, CONNECTED, NOW_MS, state, workspace } from '../views/states';

interface Ready {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const FINE: Ready = { status: 'True', reason: 'ReconciliationSucceeded', message: 'Applied' };

function kustomization(name: string, ready: Ready, spec: object = source('shop')): App {
  const reported = { spec, status: { conditions: [{ type: 'Ready', ...ready }] } };
  return app(name, {
    kind: 'Kustomization',
    tool: 'flux',
    namespace: 'flux-system',
    reported: reported as never,
    status: fluxStatus({ apiVersion: 'x/v1', kind: 'Kustomization', metadata: {}, ...reported }),
  });
}

function source(name: string, kind = 'GitRepository'): object {
  return { sourceRef: { kind, name } };
}

function argo(name: string, status: object, repoURL = 'https://git.example.com/shop.git'): App {
  const reported = { spec: { source: { repoURL } }, status };
  return app(name, {
    reported: reported as never,
    status: argoStatus({ apiVersion: 'x/v1', kind: 'Application', metadata: {}, ...reported }),
  });
}

function comparisonError(message: string): object {
  return { sync: { status: 'Unknown' }, conditions: [{ type: 'ComparisonError', message }] };
}

function waiting(dependency: string): Ready {
  return {
    status: 'False',
    reason: 'DependencyNotReady',
    message: `dependency '${dependency}' is not ready`,
  };
}

const FAILED_SOURCE: SourceState = {
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'shop',
  ready: false,
  message:
    "failed to checkout and determine revision: unable to clone 'https://x': authentication required",
};

function causes(apps: readonly App[], sources: readonly SourceState[] = []): readonly string[] {
  const found = causesByApp({
    apps: apps.map((one) => state(one.name, { app: one })),
    sources: new Map([['production', sources]]),
  });
  return apps.map(({ key, name }) => {
    const cause = found.get(key);
    return cause === undefined
      ? name
      : `${name} < ${cause.label}: ${cause.message} (${cause.apps.length})`;
  });
}

describe('root causes', () => {
  it('a failed source holds all its apps back, those that still run what it gave before too', () => {
    const message = 'GitRepository flux-system/shop: authentication required (2)';
    expect(
      causes(
        [kustomization('a', FINE), kustomization('b', FINE), kustomization('c', FINE, source('x'))],
        [FAILED_SOURCE],
      ),
    ).toEqual([`a < ${message}`, `b < ${message}`, 'c']);
  });

  it.each([
    [{ chart: { spec: source('charts', 'HelmRepository') } }, 'HelmRepository'],
    [{ chartRef: { kind: 'OCIRepository', name: 'charts' } }, 'OCIRepository'],
  ])('charts of a release come from %o', (spec, kind) => {
    const failed = { ...FAILED_SOURCE, kind, name: 'charts', message: 'no such host' };
    const [first] = causes(
      [kustomization('a', FINE, spec), kustomization('b', FINE, spec)],
      [failed],
    );
    expect(first).toBe(`a < ${kind} flux-system/charts: no such host (2)`);
  });

  it('a source that is well, unknown or of another cluster explains nothing', () => {
    const apps = [kustomization('a', FINE), kustomization('b', FINE)];
    expect(causes(apps, [{ ...FAILED_SOURCE, ready: true }])).toEqual(['a', 'b']);
    const elsewhere = causesByApp({
      apps: apps.map((one) => state(one.name, { app: one })),
      sources: new Map([['staging', [FAILED_SOURCE]]]),
    });
    expect(elsewhere.size).toBe(0);
  });

  it('dependencies are followed to the app that waits for none', () => {
    const infra = kustomization('infra', {
      status: 'False',
      reason: 'BuildFailed',
      message: 'no such file',
    });
    const apps = [
      infra,
      kustomization('db', waiting('flux-system/infra')),
      kustomization('web', waiting('flux-system/db')),
    ];
    expect(causes(apps)).toEqual([
      'infra',
      'db < Kustomization flux-system/infra: no such file (2)',
      'web < Kustomization flux-system/infra: no such file (2)',
    ]);
  });

  it('and to the source of that app; circles end', () => {
    const apps = [
      kustomization('infra', FINE),
      kustomization('web', waiting('flux-system/infra'), source('other')),
      kustomization('x', waiting('flux-system/y'), {}),
      kustomization('y', waiting('flux-system/x'), {}),
      kustomization('z', waiting('flux-system/gone'), {}),
    ];
    const found = causes(apps, [FAILED_SOURCE]);
    expect(found[1]).toBe('web < GitRepository flux-system/shop: authentication required (2)');
    expect(found[4]).toBe('z');
  });

  it('Argo CD apps of one repository have one reason, those of another have another', () => {
    const wrapped =
      'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = authentication required';
    const other = 'https://git.example.com/other.git';
    const apps = [
      argo('a', comparisonError(wrapped)),
      argo('b', comparisonError(wrapped)),
      argo('c', comparisonError(wrapped), other),
      argo('d', { sync: { status: 'Synced' } }),
    ];
    const cause = 'Repository https://git.example.com/shop.git: authentication required (2)';
    expect(causes(apps)).toEqual([`a < ${cause}`, `b < ${cause}`, 'c', 'd']);
  });

  it('shows no login of an address', () => {
    const status = comparisonError('repository not found');
    const found = causes([
      argo('a', status, 'https://u:p@h/x'),
      argo('b', status, 'https://u:p@h/x'),
    ]);
    expect(found.join()).not.toContain('u:p');
  });

  it.each([
    ['namespaces "shop" not found', 'Namespace shop: not in the cluster'],
    [
      'unable to create new content in namespace shop because it is being terminated',
      'Namespace shop: being deleted',
    ],
    [
      'no matches for kind "Rollout" in version "argoproj.io/v1alpha1"',
      'Kind Rollout (argoproj.io/v1alpha1): not served by the cluster: its CRD is missing',
    ],
  ])('of a failed sync or apply, %s', (message, cause) => {
    const failed = {
      operationState: { phase: 'Failed', message: `one or more failed: ${message}` },
    };
    const flux: Ready = { status: 'False', reason: 'ReconciliationFailed', message };
    expect(causes([argo('a', failed), kustomization('b', flux, {})])).toEqual([
      `a < ${cause} (2)`,
      `b < ${cause} (2)`,
    ]);
  });

  it('a reason that one app has alone is its own', () => {
    expect(causes([argo('a', comparisonError('app path does not exist'))])).toEqual(['a']);
  });
});

describe('the plain message', () => {
  it.each([
    ['', ''],
    ['authentication required', 'authentication required'],
    [
      'rpc error: code = Unknown desc = failed to list refs: repository not found',
      'repository not found',
    ],
    ['error: ', 'error:'],
  ])('of %j is %j', (message, plain) => {
    expect(plainMessage(message)).toBe(plain);
  });
});

describe('in the tree', () => {
  it('fifty apps that wait for one source are one row, on top, each app in it once', () => {
    const apps = Array.from({ length: 50 }, (_, index) => kustomization(`app-${index + 10}`, FINE));
    const rows = createClustersPresenter(() => NOW_MS).rows(
      workspace({
        clusters: [cluster('production', CONNECTED, { sources: [FAILED_SOURCE] })],
        apps: [...apps, kustomization('well', FINE, source('other'))].map((one) =>
          state(one.name, { app: one }),
        ),
      }),
    );
    const lines = outline(rows).split('\n');
    expect(lines.slice(1, 3)).toEqual([
      '  GitRepository flux-system/shop  50 apps wait: authentication required',
      '    app-10  Ready · not compared',
    ]);
    expect(lines.filter((line) => line.includes('app-10'))).toHaveLength(1);
    expect(lines.at(-1)).toBe('  well  Ready · not compared');
    const cause = find(rows, 'GitRepository flux-system/shop');
    expect(cause.first).toBe(true);
    expect(cause.spoken).toBe(
      'GitRepository flux-system/shop, 50 apps wait: authentication required',
    );
    expect(tooltipText(find(rows, 'app-10'))).toContain(
      'Waits, with 49 other apps, for GitRepository flux-system/shop: authentication required',
    );
  });
});
