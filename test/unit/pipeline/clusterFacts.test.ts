import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/model/appState';
import type { KnownCluster } from '../../../src/model/clusterFacts';
import type { KnownClusters } from '../../../src/model/ports';
import type { KubeObject } from '../../../src/model/resource';
import { formOf } from '../../../src/model/withheld';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createFolder } from '../render/engine';
import type { Folder } from '../render/engine';
import { EU, forbidden, memoryCluster, memoryClusters, object } from './memoryCluster';
import type { MemoryCluster, MemoryClusterOptions } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

interface World extends MemoryCluster {
  readonly workbench: CoreWorkbench;
  readonly folder: Folder;
  readonly known: KnownCluster[];
}

async function open(
  files: Readonly<Record<string, string>>,
  options: MemoryClusterOptions = {},
  known: readonly KnownCluster[] = [],
): Promise<World> {
  const folder = createFolder(files);
  owned.push(folder.remove);
  const memory = memoryCluster(options);
  const kept = [...known];
  const knownClusters: KnownClusters = {
    all: () => Promise.resolve(kept),
    remember: (one) => {
      kept.push(one);
      return Promise.resolve();
    },
  };
  const workbench = memoryWorkbench({
    clusters: () => memoryClusters(memory.cluster, [EU]),
    knownClusters,
    settings: { assignments: { chart: 'eu', 'shop/web': 'eu', 'shop/apps': 'eu' } },
  });
  owned.push(() => workbench.dispose());
  workbench.setFolders([folder.path]);
  await workbench.whenIdle();
  return Object.assign(memory, { workbench, folder, known: kept });
}

function only({ workbench }: World, name: string): AppState {
  const found = workbench.state().apps.find(({ app }) => app.name === name);
  if (found === undefined) throw new Error(`no app ${name}`);
  return found;
}

function rendered(world: World, name: string) {
  const { working } = only(world, name);
  if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
  return working.desired;
}

function dataOf(world: World, name: string): unknown {
  return formOf(rendered(world, name).objects).map(({ object: one }) => one['data']);
}

async function opened(world: World): Promise<World> {
  await world.workbench.openCluster('eu', never);
  await world.workbench.whenIdle();
  return world;
}

const configMap = (data: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: shop\ndata:\n${data}\n`;

const chart = (template: string) => ({
  'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
  'chart/templates/a.yaml': template,
});

function release(version: number, status: string, content: object): KubeObject {
  const inner = gzipSync(JSON.stringify({ name: 'chart', version, ...content })).toString('base64');
  return object('v1', 'Secret', `sh.helm.release.v1.chart.v${version}`, {
    metadata: {
      namespace: 'default',
      labels: { version: `${version}`, owner: 'helm', status },
    },
    data: { release: Buffer.from(inner).toString('base64') },
  });
}

describe('capabilities', () => {
  const ASKS = chart(
    configMap(`  has: '{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}'
  new: '{{ semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}'
  version: '{{ .Capabilities.KubeVersion.Version }}'`),
  );
  const eu: KnownCluster = {
    server: 'https://EU.acme.example:443/',
    readAtMs: Date.UTC(2026, 10, 12),
    capabilities: { kubeVersion: 'v1.29.1', apiVersions: ['v1', 'monitoring.coreos.com/v1'] },
  };

  it('are assumed of a cluster that was never seen, which says what was asked', async () => {
    const world = await open(ASKS);
    expect(rendered(world, 'chart').clusterNotes).toEqual([
      'The chart asks whether the cluster has monitoring.coreos.com/v1: assumed not; ' +
        'whether its Kubernetes is >=1.30-0: assumed so.',
    ]);
    expect(world.requests).toEqual([]);
  });

  it('are those that the cluster had when it was seen last, by its address', async () => {
    const world = await open(ASKS, {}, [eu]);
    expect(dataOf(world, 'chart')).toEqual([{ has: 'true', new: 'false', version: 'v1.29.1' }]);
    expect(rendered(world, 'chart').clusterNotes).toEqual([
      'Rendered for what eu could do on 2026-11-12 (v1.29.1).',
    ]);
    expect(world.requests).toEqual([]);
  });

  it('are those of the cluster once it is connected, and are kept', async () => {
    const world = await opened(await open(ASKS, {}, [eu]));
    expect(dataOf(world, 'chart')).toEqual([{ has: 'false', new: 'true', version: 'v1.36.3' }]);
    expect(rendered(world, 'chart').clusterNotes).toBeUndefined();
    expect(world.known.at(-1)).toEqual({
      server: 'https://eu.acme.example',
      readAtMs: 1_000_000,
      capabilities: { kubeVersion: 'v1.36.3', apiVersions: [] },
    });
  });

  it('are told to a chart that fails on the assumed ones', async () => {
    const files = chart(configMap('  a: b'));
    const required = {
      ...files,
      'chart/Chart.yaml': `${files['chart/Chart.yaml']}kubeVersion: <1.30.0-0\n`,
    };
    const world = await open(required);
    const { working } = only(world, 'chart');
    if (working.kind !== 'invalid') throw new Error(JSON.stringify(working));
    expect(working.problems[0]?.message).toContain('is assumed of the cluster');
    expect(dataOf(await open(required, {}, [eu]), 'chart')).toEqual([{ a: 'b' }]);
  });

  it('are told to a chart that asks only after an edit', async () => {
    const world = await opened(await open(chart(configMap('  a: b'))));
    const file = `${world.folder.path}/chart/templates/a.yaml`;
    world.workbench.setBuffer(file, ASKS['chart/templates/a.yaml']);
    await world.workbench.whenIdle();
    expect(rendered(world, 'chart').capabilitiesAssumed).toBe(false);
    expect(dataOf(world, 'chart')).toEqual([{ has: 'false', new: 'true', version: 'v1.36.3' }]);
  });
});

describe('what a chart looks up', () => {
  const LOOKS = chart(
    configMap(
      `  password: '{{ dig "data" "password" "none" (lookup "v1" "Secret" "shop" "creds") }}'`,
    ),
  );
  const creds = object('v1', 'Secret', 'creds', { data: { password: 'bGl2ZQ==' } });

  it('is marked as the business of the cluster while that is not connected', async () => {
    const world = await open(LOOKS, { objects: [creds] });
    const { objects, clusterNotes } = rendered(world, 'chart');
    expect(objects[0]?.clusterDependent).toEqual(['/data/password']);
    expect(clusterNotes).toEqual(['Depends on the cluster: ConfigMap config.']);
    expect(world.requests).toEqual([]);
  });

  it('is read once it is', async () => {
    const world = await opened(await open(LOOKS, { objects: [creds] }));
    expect(dataOf(world, 'chart')).toEqual([{ password: 'bGl2ZQ==' }]);
    expect(rendered(world, 'chart').objects[0]?.clusterDependent).toBeUndefined();
    expect(world.requests).toContain('get v1/Secret shop/creds');
  });

  it('follows the cluster at the next look', async () => {
    const world = await opened(await open(LOOKS, { objects: [creds] }));
    world.objects = [{ ...creds, data: { password: 'bmV3' } }];
    expect(dataOf(await opened(world), 'chart')).toEqual([{ password: 'bmV3' }]);
    world.objects = [];
    expect(dataOf(await opened(world), 'chart')).toEqual([{ password: 'none' }]);
  });

  it('is followed from object to object', async () => {
    const nested = chart(
      configMap(`{{- $first := lookup "v1" "ConfigMap" "shop" "first" }}
  a: '{{ with $first }}{{ (lookup "v1" "ConfigMap" "shop" .data.next).data.a }}{{ end }}'`),
    );
    const first = object('v1', 'ConfigMap', 'first', { data: { next: 'second' } });
    const second = object('v1', 'ConfigMap', 'second', { data: { a: 'found' } });
    const world = await opened(await open(nested, { objects: [first, second] }));
    expect(dataOf(world, 'chart')).toEqual([{ a: 'found' }]);
  });

  it('stays marked where it may not be read, with the reason', async () => {
    const refuse = (request: string) =>
      request.startsWith('get v1/Secret') ? forbidden('get', 'secrets', 'shop') : undefined;
    const world = await opened(await open(LOOKS, { objects: [creds], refuse }));
    const { objects, clusterNotes } = rendered(world, 'chart');
    expect(objects[0]?.clusterDependent).toEqual(['/data/password']);
    expect(clusterNotes).toEqual([
      'Depends on the cluster: ConfigMap config.',
      'You may not get secrets in namespace shop.',
    ]);
  });

  it('is given up with whoever asked, and asked anew at the next look', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const world = await open(LOOKS, {
      objects: [creds],
      refuse: (request) => {
        if (request === 'get v1/Secret shop/creds') controller.abort(reason);
        return undefined;
      },
    });
    await world.workbench.openCluster('eu', controller.signal).catch((error: unknown) => {
      if (error !== reason) throw error;
    });
    await world.workbench.whenIdle();
    expect(only(world, 'chart').live.kind).not.toBe('reading');
    expect(dataOf(await opened(world), 'chart')).toEqual([{ password: 'bGl2ZQ==' }]);
  });

  it('is nothing to a pipeline that only renders, as to helm itself', async () => {
    const workflow = `on: push
jobs:
  check: {runs-on: ubuntu, steps: [{run: helm template chart ./chart}]}
`;
    const files = { ...LOOKS, '.github/workflows/check.yaml': workflow };
    const world = await open(files, { objects: [creds] });
    const { app, working } = world.workbench.state().apps[0] ?? {};
    expect(app?.pipeline?.rendersOnly).toBe(true);
    if (working?.kind !== 'rendered') throw new Error(JSON.stringify(working));
    expect(working.desired.objects[0]?.clusterDependent).toBeUndefined();
    expect(formOf(working.desired.objects)[0]?.object['data']).toEqual({ password: 'none' });
  });

  it('is nobody’s business for an app that asks nothing', async () => {
    const world = await opened(await open(chart(configMap('  a: b')), { objects: [creds] }));
    expect(world.requests.filter((request) => request.includes('Secret'))).toEqual([
      expect.stringContaining('owner=helm'),
    ]);
  });
});

describe('the action of a release', () => {
  const ASKS = chart(
    configMap(`  revision: '{{ .Release.Revision }}'
  upgrade: '{{ .Release.IsUpgrade }}'`),
  );
  const manifest = (revision: number, upgrade: boolean, more = '') => ({
    manifest: `---\n${configMap(`  revision: '${revision}'\n  upgrade: '${upgrade}'`)}${more}`,
  });

  it('depends on the cluster while nobody knows of a release', async () => {
    const world = await open(ASKS);
    expect(rendered(world, 'chart').objects[0]?.clusterDependent).toEqual([
      '/data/revision',
      '/data/upgrade',
    ]);
  });

  it('is the one that made what is deployed, while that is what is wanted', async () => {
    const live = object('v1', 'ConfigMap', 'config', {
      data: { revision: '4', upgrade: 'true' },
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          'meta.helm.sh/release-name': 'chart',
          'meta.helm.sh/release-namespace': 'default',
        },
      },
    });
    const objects = [release(4, 'deployed', manifest(4, true)), live];
    const world = await opened(await open(ASKS, { objects }));
    expect(dataOf(world, 'chart')).toEqual([{ revision: '4', upgrade: 'true' }]);
    const state = only(world, 'chart').live;
    if (state.kind !== 'compared') throw new Error(JSON.stringify(state));
    expect(state.comparison.changes.map(({ action }) => action)).toEqual(['same']);
  });

  it('is the next one once something else differs', async () => {
    const objects = [
      release(5, 'failed', { manifest: '' }),
      release(4, 'deployed', manifest(4, true)),
    ];
    const files = { ...ASKS };
    files['chart/templates/a.yaml'] += "  added: 'here'\n";
    const world = await opened(await open(files, { objects }));
    expect(dataOf(world, 'chart')).toEqual([{ revision: '6', upgrade: 'true', added: 'here' }]);
  });

  it('is an installation where there is no release', async () => {
    const world = await opened(await open(ASKS));
    expect(dataOf(world, 'chart')).toEqual([{ revision: '1', upgrade: 'false' }]);
    expect(rendered(world, 'chart').objects[0]?.clusterDependent).toBeUndefined();
  });

  it('stays unknown where its Secrets may not be read', async () => {
    const refuse = (request: string) =>
      request.startsWith('list v1/Secret') ? forbidden('list', 'secrets', 'default') : undefined;
    const { clusterNotes } = rendered(await opened(await open(ASKS, { refuse })), 'chart');
    expect(clusterNotes).toEqual([
      'Depends on the cluster: ConfigMap config.',
      'The release chart is not known: You may not list secrets in namespace default.',
    ]);
  });
});

const FLUX = (kind: string, name: string, spec: string) => `apiVersion: ${
  kind === 'HelmRelease' ? 'helm.toolkit.fluxcd.io/v2' : 'kustomize.toolkit.fluxcd.io/v1'
}
kind: ${kind}
metadata: {name: ${name}, namespace: shop}
spec:
  interval: 1m
${spec}`;

describe('values that Git does not have', () => {
  const RELEASE = {
    ...chart(configMap(`  a: '{{ .Values.a }}'\n  b: '{{ .Values.b }}'`)),
    'web.yaml': FLUX(
      'HelmRelease',
      'web',
      `  chart: {spec: {chart: chart, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  values: {b: inline}
  valuesFrom:
    - {kind: Secret, name: creds, valuesKey: a, targetPath: a}
`,
    ),
  };
  const creds = object('v1', 'Secret', 'creds', {
    data: { a: Buffer.from('live').toString('base64') },
  });
  const codes = (world: World, name: string) =>
    only(world, name).app.problems.map(({ code, severity }) => `${severity} ${code}`);

  it('are named while the cluster is not connected, and read once it is', async () => {
    const world = await open(RELEASE, { objects: [creds] });
    expect(codes(world, 'web')).toContain('warning unresolved-values');
    expect(dataOf(world, 'web')).toEqual([{ a: '', b: 'inline' }]);
    expect(world.requests).toEqual([]);
    await opened(world);
    expect(dataOf(world, 'web')).toEqual([{ a: 'live', b: 'inline' }]);
    expect(codes(world, 'web')).not.toContain('warning unresolved-values');
    expect(rendered(world, 'web').clusterNotes).toEqual(['Read live from eu: Secret shop/creds.']);
    expect(JSON.stringify(only(world, 'web').app)).not.toContain('live');
  });

  it('that nobody has are told as the controller tells them', async () => {
    const world = await opened(await open(RELEASE));
    const [problem] = only(world, 'web').app.problems.filter(
      ({ code }) => code === 'unresolved-values',
    );
    expect(problem).toMatchObject({
      severity: 'error',
      message:
        'Secret shop/creds is neither in this repository nor in eu: helm-controller refuses the app until it is.',
    });
  });

  it('without the key that is asked for are told so', async () => {
    const other = { ...creds, data: { b: 'eA==' } };
    const world = await opened(await open(RELEASE, { objects: [other] }));
    expect(codes(world, 'web')).toContain('error missing-values-key');
  });

  it('that may not be read keep their complaint, with the reason', async () => {
    const refuse = (request: string) =>
      request === 'get v1/Secret shop/creds' ? forbidden('get', 'secrets', 'shop') : undefined;
    const world = await opened(await open(RELEASE, { refuse }));
    const [problem] = only(world, 'web').app.problems.filter(
      ({ code }) => code === 'unresolved-values',
    );
    expect(problem?.message).toMatch(/incomplete\. You may not get secrets in namespace shop\.$/);
  });

  it('come into the variables of a Kustomization too', async () => {
    const files = {
      'apps/config.yaml': configMap('  region: ${region}\n  tier: ${tier:=none}'),
      'flux.yaml': FLUX(
        'Kustomization',
        'apps',
        `  prune: true
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
  postBuild:
    substituteFrom:
      - {kind: ConfigMap, name: region}
      - {kind: ConfigMap, name: tier, optional: true}
`,
      ),
    };
    const region = object('v1', 'ConfigMap', 'region', { data: { region: 'eu-1' } });
    const world = await opened(await open(files, { objects: [region] }));
    expect(dataOf(world, 'apps')).toEqual([{ region: 'eu-1', tier: 'none' }]);
    const [problem] = only(world, 'apps').app.problems.filter(
      ({ code }) => code === 'unresolved-substitution',
    );
    expect(problem).toMatchObject({
      severity: 'info',
      message: 'ConfigMap shop/tier is neither in this repository nor in eu; it is optional.',
    });
  });
});

describe('variables that nobody sets', () => {
  const FILES = {
    'apps/config.yaml': configMap('  region: "${region}"\n  tier: ${tier}'),
    'flux.yaml': FLUX(
      'Kustomization',
      'apps',
      `  prune: true
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
  postBuild: {substitute: {tier: gold}}
`,
    ),
  };
  const controller = (image: string, ...args: readonly string[]): KubeObject =>
    object('apps/v1', 'Deployment', 'kustomize-controller', {
      metadata: { namespace: 'flux-system' },
      spec: { template: { spec: { containers: [{ name: 'manager', image, args }] } } },
    });
  const image = (version: string) => `registry.acme.example/fluxcd/kustomize-controller:${version}`;
  const gate = (on: boolean) => `--feature-gates=StrictPostBuildSubstitutions=${on}`;

  it.each<[string, readonly KubeObject[], boolean]>([
    ['no controller that could be asked', [], true],
    ['a controller that refuses them', [controller(image('v1.9.2'))], true],
    ['an older one', [controller(image('v1.8.4'))], false],
    ['an older one that is set to refuse them', [controller(image('v1.8.4'), gate(true))], true],
    ['a newer one that is set to take them', [controller(image('v1.9.2'), gate(false))], false],
    [
      'two that differ',
      [controller(image('v1.9.2')), { ...controller(image('v1.8.4')), metadata: { name: 'b' } }],
      true,
    ],
  ])('with %s', async (_, objects, strict) => {
    const world = await opened(await open(FILES, { objects }));
    if (strict) expect(only(world, 'apps').working.kind).toBe('invalid');
    else expect(dataOf(world, 'apps')).toEqual([{ region: null, tier: 'gold' }]);
  });
});

describe('the chart of a release', () => {
  const RELEASE = {
    'repo.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: shop}
spec: {interval: 1h, url: https://charts.acme.example}
`,
    'web.yaml': FLUX(
      'HelmRelease',
      'web',
      `  chart: {spec: {chart: web, version: 1.x, sourceRef: {kind: HelmRepository, name: charts}}}
  values: {a: mine}
`,
    ),
  };
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const stored = (metadata: object) => {
    const secret = release(7, 'deployed', {
      manifest: '',
      chart: {
        metadata: { apiVersion: 'v2', name: 'web', version: '1.2.3', ...metadata },
        values: { a: 'default', b: 'default' },
        templates: [
          {
            name: 'templates/a.yaml',
            data: encoded(configMap(`  a: '{{ .Values.a }}{{ .Values.b }}'`)),
          },
        ],
        files: [],
      },
    });
    return { ...secret, metadata: { ...secret.metadata, namespace: 'shop' } };
  };

  it('is looked for where the HelmRelease keeps its releases', async () => {
    const files = { ...RELEASE };
    files['web.yaml'] += '  storageNamespace: releases\n';
    const world = await opened(await open(files, { objects: [] }));
    const asked = world.requests.filter((request) => request.includes('owner=helm'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every((request) => request.startsWith('list v1/Secret releases '))).toBe(true);
  });

  it('stands in for one that was never fetched, and says which it is', async () => {
    const world = await open(RELEASE, { objects: [stored({})] });
    expect(only(world, 'web').working.kind).toBe('invalid');
    await opened(world);
    expect(dataOf(world, 'web')).toEqual([{ a: 'minedefault' }]);
    expect(rendered(world, 'web').clusterNotes).toEqual([
      'Chart web 1.2.3 is the one of release v7 in eu.',
    ]);
    await opened(world);
    expect(dataOf(world, 'web')).toEqual([{ a: 'minedefault' }]);
  });

  it('is no stand-in where Helm did not keep the whole of it', async () => {
    const dependencies = [
      { name: 'redis', version: '1.0.0', repository: 'https://charts.acme.example' },
    ];
    const world = await opened(await open(RELEASE, { objects: [stored({ dependencies })] }));
    expect(only(world, 'web').working.kind).toBe('invalid');
  });
});
