import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { ResourceChange } from '../../../src/model/change';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createFolder } from '../render/engine';
import { EU, forbidden, memoryCluster, memoryClusters, object } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';
import type { MemoryClusterOptions } from './memoryCluster';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const REMOTE = 'https://git.acme.example/acme/gitops.git';
const SERVER = EU.server;

function application(spec: JsonObject = {}, annotations: JsonObject = {}) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd', annotations },
    spec: {
      project: 'default',
      source: { repoURL: REMOTE, path: 'web' },
      destination: { server: SERVER, namespace: 'shop' },
      ...spec,
    },
  };
}

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replicas: 2, paused: false },
};

function repository(app: object): string {
  const folder = createFolder({
    'apps/shop.json': JSON.stringify(app),
    'web/config.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  a: "1"\n',
    'web/web.json': JSON.stringify(DEPLOYMENT),
  });
  owned.push(folder.remove);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@acme.example', ...args], {
      cwd: folder.path,
    });
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', REMOTE);
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  return folder.path;
}

type Texts = Readonly<Record<string, string>>;

interface Settings {
  readonly cm?: Texts;
  readonly params?: Texts;
  readonly app?: object;
  /** The Application as the cluster has it, where it is not as Git says. */
  readonly reported?: object;
  readonly live?: readonly KubeObject[];
  readonly refuse?: MemoryClusterOptions['refuse'];
}

const tracked = (id: string) => ({ 'argocd.argoproj.io/tracking-id': `shop:${id}` });
const liveConfig = object('v1', 'ConfigMap', 'config', {
  data: { a: '2' },
  metadata: {
    annotations: tracked('/ConfigMap:shop/config'),
    managedFields: [
      { manager: 'flag-controller', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } },
    ],
  },
});
const liveWeb = object('apps/v1', 'Deployment', 'web', {
  spec: { replicas: 3, paused: false },
  metadata: { annotations: tracked('apps/Deployment:shop/web') },
});

async function openShop(settings: Settings) {
  const app = settings.app ?? application();
  const folder = repository(app);
  const inArgo = (kind: string, name: string, data: Texts): KubeObject =>
    object('v1', kind, name, { data, metadata: { namespace: 'argocd' } });
  const memory = memoryCluster({
    objects: [
      ...(settings.live ?? [liveConfig, liveWeb]),
      (settings.reported ?? app) as KubeObject,
      inArgo('ConfigMap', 'argocd-cm', settings.cm ?? {}),
      inArgo('ConfigMap', 'argocd-cmd-params-cm', settings.params ?? {}),
    ],
    ...(settings.refuse ? { refuse: settings.refuse } : {}),
  });
  const workbench = memoryWorkbench({
    clusters: () => memoryClusters(memory.cluster),
    settings: { assignments: { 'argocd/shop': 'eu' } },
  });
  owned.push(() => workbench.dispose());
  workbench.setFolders([folder]);
  await workbench.whenIdle();
  await workbench.openCluster('eu', never);
  return { workbench, ...memory };
}

function changes(workbench: CoreWorkbench): readonly ResourceChange[] {
  const shop = workbench.state().apps.find(({ app }) => app.name === 'shop');
  if (shop?.live.kind !== 'compared') throw new Error(JSON.stringify(shop?.live));
  return shop.live.comparison.changes;
}

/** `ConfigMap: Argo CD leaves it out…`. */
function leftOut(workbench: CoreWorkbench): readonly string[] {
  return changes(workbench).flatMap(({ id, notes }) =>
    notes.filter(({ kind }) => kind === 'excluded').map(({ message }) => `${id.kind}: ${message}`),
  );
}

/** `ConfigMap /data/a ignored by …`. */
function verdicts(workbench: CoreWorkbench): readonly string[] {
  return changes(workbench).flatMap(({ id, fields }) =>
    fields.map(({ pointer, whose, rule }) =>
      [id.kind, pointer, whose, ...(rule === undefined ? [] : [`by ${rule}`])].join(' '),
    ),
  );
}

function limits(workbench: CoreWorkbench): readonly string[] {
  return workbench.state().clusters.find(({ name }) => name === 'eu')?.limits ?? [];
}

const KEY = 'resource.customizations.ignoreDifferences';
const both = ['ConfigMap /data/a differs', 'Deployment /spec/replicas differs'];

describe('the differences that Argo CD is told to ignore', () => {
  it.each<[string, Texts, readonly string[]]>([
    ['none', {}, both],
    [
      'by pointer, of one kind of a group',
      { [`${KEY}.apps_Deployment`]: 'jsonPointers:\n- /spec/replicas\n' },
      [
        'ConfigMap /data/a differs',
        `Deployment /spec/replicas ignored by ${KEY}.apps_Deployment of argocd-cm in argocd`,
      ],
    ],
    [
      'by pointer in JSON, of a kind of the core group',
      { [`${KEY}.ConfigMap`]: '{"jsonPointers": ["/data"]}' },
      [
        `ConfigMap /data/a ignored by ${KEY}.ConfigMap of argocd-cm in argocd`,
        'Deployment /spec/replicas differs',
      ],
    ],
    [
      'by expression, of all kinds',
      { [`${KEY}.all`]: 'jqPathExpressions:\n  - .data.a\n  - .spec.replicas\n' },
      [
        `ConfigMap /data/a ignored by ${KEY}.all of argocd-cm in argocd`,
        `Deployment /spec/replicas ignored by ${KEY}.all of argocd-cm in argocd`,
      ],
    ],
    [
      'by field manager, of all kinds',
      { [`${KEY}.all`]: 'managedFieldsManagers: [flag-controller]' },
      [
        `ConfigMap /data/a ignored by ${KEY}.all of argocd-cm in argocd`,
        'Deployment /spec/replicas differs',
      ],
    ],
    [
      'by field manager of a bare kind, which Argo CD does not find',
      { [`${KEY}.ConfigMap`]: 'managedFieldsManagers: [flag-controller]' },
      both,
    ],
    ['of a kind without its group', { [`${KEY}.Deployment`]: 'jsonPointers: [/spec]' }, both],
    [
      'in one key, though another is broken',
      {
        [`${KEY}.apps_Deployment`]: 'jsonPointers: [/spec/replicas',
        [`${KEY}.ConfigMap`]: 'jsonPointers: [/data/a]',
      },
      [
        `ConfigMap /data/a ignored by ${KEY}.ConfigMap of argocd-cm in argocd`,
        'Deployment /spec/replicas differs',
      ],
    ],
  ])('%s', async (_name, cm, expected) => {
    const { workbench } = await openShop({ cm });
    expect(verdicts(workbench)).toEqual(expected);
  });

  it('are those of the Application in the cluster, not of an edit', async () => {
    const rule = { kind: 'ConfigMap', jsonPointers: ['/data/a'] };
    const app = application({ ignoreDifferences: [rule] });
    const { workbench } = await openShop({ app, reported: application() });
    expect(verdicts(workbench)).toEqual(both);
  });

  it('hide what only the cluster has, without asking it', async () => {
    const live = object('v1', 'ConfigMap', 'config', {
      data: { a: '1', b: 'x' },
      metadata: {
        annotations: tracked('/ConfigMap:shop/config'),
        managedFields: [
          { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:b': {} } } },
        ],
      },
    });
    const cm = { [`${KEY}.ConfigMap`]: 'jqPathExpressions: [.data.b]' };
    const shown = await openShop({ live: [live, liveWeb] });
    expect(verdicts(shown.workbench)).toContain('ConfigMap /data/b differs');
    const { workbench, patches } = await openShop({ cm, live: [live, liveWeb] });
    expect(verdicts(workbench)).toContain(
      `ConfigMap /data/b ignored by ${KEY}.ConfigMap of argocd-cm in argocd`,
    );
    expect(patches).toEqual([]);
  });
});

describe('the objects that Argo CD is told to leave out', () => {
  it.each<[string, Texts, readonly string[]]>([
    [
      'by exclusion',
      { 'resource.exclusions': '- apiGroups: [apps]\n  kinds: [Deployment]\n' },
      ['Deployment: Argo CD leaves it out: resource.exclusions of argocd-cm in argocd.'],
    ],
    [
      'by exclusion of other clusters',
      { 'resource.exclusions': '- kinds: ["*"]\n  clusters: ["https://us.*"]\n' },
      [],
    ],
    [
      'by inclusion of others',
      { 'resource.inclusions': '- apiGroups: [""]\n  clusters: ["https://eu.*"]\n' },
      ['Deployment: Argo CD leaves it out: resource.inclusions of argocd-cm in argocd.'],
    ],
    [
      'by both, where the exclusion wins',
      {
        'resource.inclusions': '- apiGroups: ["*"]\n',
        'resource.exclusions': '- apiGroups: [""]\n',
      },
      ['ConfigMap: Argo CD leaves it out: resource.exclusions of argocd-cm in argocd.'],
    ],
  ])('%s', async (_name, cm, expected) => {
    const { workbench } = await openShop({ cm });
    expect(leftOut(workbench)).toEqual(expected);
    expect(verdicts(workbench)).toHaveLength(2 - expected.length);
  });
});

describe('the objects that Argo CD says it has left out', () => {
  const condition = (message: string, type = 'ExcludedResourceWarning') => ({ type, message });
  const said = (one: JsonObject) => ({ ...application(), status: { conditions: [one] } });
  const word = 'Argo CD leaves it out: its settings exclude such objects, as it says of the app.';

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'of a group',
      condition('Resource apps/Deployment web is excluded in the settings'),
      [`Deployment: ${word}`],
    ],
    [
      'of the core group',
      condition('Resource /ConfigMap config is excluded in the settings'),
      [`ConfigMap: ${word}`],
    ],
    ['of another name', condition('Resource apps/Deployment api is excluded in the settings'), []],
    ['otherwise', condition('Resource apps/Deployment web is not excluded'), []],
    ['as something else', condition('Resource apps/Deployment web is excluded', 'Other'), []],
  ])('%s', async (_name, one, expected) => {
    const { workbench } = await openShop({ reported: said(one) });
    expect(leftOut(workbench)).toEqual(expected);
    expect(verdicts(workbench)).toHaveLength(2 - expected.length);
  });
});

describe('how Argo CD compares', () => {
  const params = { 'controller.diff.server.side': 'true' };
  it('asks the server where its controller does, unless the app says otherwise', async () => {
    expect((await openShop({})).patches).toEqual([]);
    expect((await openShop({ params })).patches.map(({ dryRun }) => dryRun)).toEqual([true, true]);
    const app = application({}, { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=false' });
    expect((await openShop({ params, app })).patches).toEqual([]);
  });

  it('says so where it compares the status', async () => {
    const { workbench } = await openShop({
      cm: { 'resource.compareoptions': 'ignoreResourceStatusField: none\n' },
    });
    expect(limits(workbench)).toEqual([
      'Argo CD compares the status of every kind (resource.compareoptions of argocd-cm in argocd); it is left out here.',
    ]);
  });

  it('goes on with the defaults where the settings may not be read, and says so', async () => {
    const { workbench } = await openShop({
      cm: { [`${KEY}.all`]: 'jsonPointers: [/data, /spec]' },
      refuse: (request) =>
        request.startsWith('get v1/ConfigMap argocd/')
          ? forbidden('get', 'configmaps', 'argocd')
          : undefined,
    });
    expect(verdicts(workbench)).toEqual(both);
    expect(limits(workbench)).toEqual([
      "argocd-cm and argocd-cmd-params-cm in argocd could not be read: Argo CD's defaults are assumed.",
    ]);
  });

  it('tracks by the label that is set, and by the usual one where the setting is empty', async () => {
    const cm = {
      'application.resourceTrackingMethod': 'label',
      'application.instanceLabelKey': '',
    };
    const { workbench } = await openShop({ cm });
    const after = changes(workbench).map((change) => change.after?.metadata);
    expect(after.map((metadata) => metadata?.labels)).toEqual([
      { 'app.kubernetes.io/instance': 'shop' },
      { 'app.kubernetes.io/instance': 'shop' },
    ]);
    expect(verdicts(workbench).filter((one) => one.includes('labels'))).toEqual([
      'ConfigMap /metadata/labels/app.kubernetes.io~1instance differs',
      'Deployment /metadata/labels/app.kubernetes.io~1instance differs',
    ]);
    const shop = workbench.state().apps.find(({ app }) => app.name === 'shop');
    expect(shop?.local).toMatchObject({ kind: 'compared', comparison: { changes: [] } });
  });
});
