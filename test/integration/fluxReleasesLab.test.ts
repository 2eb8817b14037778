import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { fluxStatus } from '../../src/sync/fluxStatus';
import { isOutOfRetries } from '../../src/sync/remediation';
import { describeLab, giteaOf, labState } from './liveLab';
import { appNamed, createRepository, edit, localOf, openWorkbench } from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const id = `flux-oracle-${randomBytes(3).toString('hex')}`;
const group = `${id}.acme.example`;

function crd(kind: string, description: string): string {
  const plural = `${kind.toLowerCase()}s`;
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', description } },
        },
      ],
    },
  });
}

function shown(look: string): string {
  return [
    'apiVersion: v1',
    'kind: ConfigMap',
    `metadata: {name: shown, labels: {look: ${look}}}`,
    'data:',
    '  values: {{ .Values | toJson | quote }}',
    '  release: {{ .Release.Name }}',
    '',
  ].join('\n');
}

const HOOK = [
  'apiVersion: v1',
  'kind: ConfigMap',
  'metadata: {name: hook, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}',
  'data: {a: b}',
  '',
].join('\n');

const PATCH = [
  '- op: add',
  '  path: /metadata/annotations/patched',
  '  value: "yes"',
  '- op: add',
  '  path: /metadata/labels',
  '  value: {team: patch, look: patched}',
  '',
].join('\n');

/**
 * Each kind of entry of `valuesFrom`. Which wins, a target or an inline value, depends on where the
 * entry stands and on what else has the key.
 */
const VALUES_FROM: readonly JsonObject[] = [
  { kind: 'ConfigMap', name: 'base' },
  { kind: 'ConfigMap', name: 'base', valuesKey: 'number', targetPath: 'own.scalar' },
  { kind: 'Secret', name: 'keys', valuesKey: 'password', targetPath: 'database.password' },
  { kind: 'ConfigMap', name: 'base', valuesKey: 'quoted', targetPath: 'texts.quoted' },
  {
    kind: 'ConfigMap',
    name: 'base',
    valuesKey: 'literal',
    targetPath: 'texts.literal',
    literal: true,
  },
  { kind: 'ConfigMap', name: 'base', valuesKey: 'list', targetPath: 'list' },
  { kind: 'ConfigMap', name: 'base', valuesKey: 'number', targetPath: 'scalar' },
  { kind: 'ConfigMap', name: 'base', valuesKey: 'number', targetPath: 'nested.scalar' },
  { kind: 'ConfigMap', name: 'base', valuesKey: 'absent', targetPath: 'x', optional: true },
];

function files(url: string): Readonly<Record<string, string>> {
  const object = (apiVersion: string, kind: string, name: string, rest: JsonObject): string =>
    JSON.stringify({ apiVersion, kind, metadata: { name, namespace: id }, ...rest });
  return {
    'cluster/base.yaml': object('v1', 'ConfigMap', 'base', {
      data: {
        'values.yaml': 'replicas: 2\ndatabase: {host: db}\nnested: {other: 1}\n',
        quoted: '"17"',
        literal: 'a,b={c}',
        list: '{x,y}',
        number: '17',
      },
    }),
    'cluster/keys.yaml': object('v1', 'Secret', 'keys', { stringData: { password: 's3cret' } }),
    'cluster/source.yaml': object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'chart', {
      spec: { url, interval: '1h', ref: { branch: 'main' } },
    }),
    'cluster/release.yaml': object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'shop', {
      spec: {
        interval: '1h',
        chart: { spec: { chart: './chart', sourceRef: { kind: 'GitRepository', name: 'chart' } } },
        valuesFrom: [...VALUES_FROM],
        values: { replicas: 3, scalar: 1, nested: { scalar: 1 }, own: { scalar: 1 } },
        commonMetadata: { labels: { team: 'common' } },
        postRenderers: [
          { kustomize: { patches: [{ target: { kind: 'ConfigMap' }, patch: PATCH }] } },
        ],
      },
    }),
    'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
    'chart/templates/shown.yaml': shown('first'),
    'chart/templates/hook.yaml': HOOK,
    'chart/crds/old.yaml': crd('Old', 'first'),
  };
}

describe.skipIf(labState === undefined)('HelmReleases against the real helm-controller', () => {
  const lab = labState === undefined ? undefined : describeLab();
  const url = `${lab?.gitea.url ?? ''}/plumbline/${id}.git`;
  let repository: TestRepository;
  let workbench: CoreWorkbench;

  const kubectl = (args: readonly string[], input?: string): string =>
    execFileSync(
      lab?.tools['kubectl'] ?? '',
      ['--kubeconfig', lab?.kubeconfig ?? '', '--context', 'staging', ...args],
      { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] },
    );
  const get = (kind: string, name: string): JsonObject =>
    JSON.parse(kubectl(['get', kind, name, '-n', id, '-o', 'json'])) as JsonObject;
  const gitea = giteaOf(lab);
  const until = async (what: string, isThere: () => boolean): Promise<void> => {
    for (let round = 0; round < 120; round += 1) {
      if (isThere()) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(
      `${what}: ${kubectl(['get', 'helmreleases,helmcharts,gitrepositories', '-n', id, '-o', 'yaml'])}`,
    );
  };
  const push = (): void => {
    const pushUrl = url.replace('://', `://plumbline:${lab?.gitea.token ?? ''}@`);
    repository.git('push', '-q', pushUrl, 'HEAD:refs/heads/main');
  };
  /** Publishes what is written and waits until source-controller has looked for a chart in it. */
  const reconcile = async (): Promise<void> => {
    const commit = repository.publish('next');
    push();
    const now = `reconcile.fluxcd.io/requestedAt=${new Date().toISOString()}`;
    kubectl(['annotate', '--overwrite', 'gitrepository', 'chart', '-n', id, now]);
    await until('the chart is looked at', () => {
      const { status } = get('helmchart', `${id}-shop`) as { status?: JsonObject };
      return JSON.stringify(status?.['observedSourceArtifactRevision'] ?? '').includes(commit);
    });
  };
  /** The target moved: what is edited from here on is compared with it. */
  const reopen = async (): Promise<void> => {
    workbench.dispose();
    workbench = openWorkbench([repository.path]);
    await workbench.whenIdle();
  };
  const released = (): unknown =>
    (get('helmrelease', 'shop') as { status?: { history?: readonly { version: number }[] } }).status
      ?.history?.[0]?.version;
  const crdDescription = (plural: string): unknown => {
    const text = kubectl(['get', 'crd', '-o', 'json']);
    const { items } = JSON.parse(text) as { items: readonly JsonObject[] };
    const found = items.find((item) => JSON.stringify(item).includes(`"${plural}.${group}"`));
    return found === undefined
      ? undefined
      : /"description":"(\w+)"/.exec(JSON.stringify(found))?.[1];
  };

  beforeAll(async () => {
    await gitea('POST', '/user/repos', { name: id, private: false });
    repository = createRepository(files(url));
    repository.git('remote', 'set-url', 'origin', url);
    push();
    kubectl(['create', 'namespace', id]);
    kubectl(['apply', '-f', `${repository.path}/cluster`]);
    workbench = openWorkbench([repository.path]);
    await workbench.whenIdle();
    await until('the first release', () => released() === 1);
  });

  afterAll(async () => {
    workbench.dispose();
    kubectl(['delete', 'helmrelease', 'shop', '-n', id, '--wait=true', '--timeout=60s']);
    kubectl(['delete', 'namespace', id, '--wait=false']);
    kubectl([
      'delete',
      'crd',
      `olds.${group}`,
      `news.${group}`,
      '--ignore-not-found',
      '--wait=false',
    ]);
    await gitea('DELETE', `/repos/plumbline/${id}`);
    repository.remove();
  });

  it('renders what it applies: values, post-renderers, common metadata', () => {
    const { working } = appNamed(workbench, `${id}/shop`);
    const objects = working.kind === 'rendered' ? formOf(working.desired.objects) : [];
    for (const name of ['shown', 'hook']) {
      const ours = objects.find(({ object }) => object.metadata.name === name)?.object;
      const live = get('configmap', name) as { data: JsonObject; metadata: JsonObject };
      expect(ours?.['data'], name).toEqual(live.data);
      const labels = live.metadata['labels'] as JsonObject;
      expect(labels).toMatchObject({ ...ours?.metadata.labels, team: 'common' });
      expect(live.metadata['annotations']).toMatchObject({ ...ours?.metadata.annotations });
      expect(ours?.metadata.annotations).toMatchObject({ patched: 'yes' });
    }
    const { data } = get('configmap', 'shown') as { data: { values: string } };
    expect(JSON.parse(data.values)).toMatchObject({
      replicas: 3,
      database: { host: 'db', password: 's3cret' },
      texts: { quoted: '17', literal: 'a,b={c}' },
      list: ['x', 'y'],
      scalar: 1,
      nested: { other: 1, scalar: 1 },
      own: { scalar: 17 },
    });
  });

  it('makes no release of a chart with the version that it had, as we say', async () => {
    await edit(workbench, repository, {
      'chart/templates/shown.yaml': `${shown('x')}  more: "1"\n`,
    });
    expect(localOf(workbench, `${id}/shop`)).toMatchObject({
      changes: [],
      notes: [{ kind: 'no-release' }],
    });
    await reconcile();
    expect(released()).toBe(1);
    expect(get('configmap', 'shown')['data']).not.toHaveProperty('more');
  });

  it('applies new and changed files of crds/ where nothing is written', async () => {
    await reopen();
    await edit(workbench, repository, {
      'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.1.0\n',
      'chart/crds/old.yaml': crd('Old', 'second'),
      'chart/crds/new.yaml': crd('New', 'first'),
    });
    const { changes, ...rest } = localOf(workbench, `${id}/shop`);
    expect(rest).not.toHaveProperty('notes');
    expect(changes.map((one) => `${one.id.name} ${one.action}`).sort()).toEqual([
      `news.${group} added`,
      `olds.${group} changed`,
    ]);
    await reconcile();
    await until('the second release', () => released() === 2);
    expect(get('configmap', 'shown')['data']).toHaveProperty('more', '1');
    expect(crdDescription('olds')).toBe('second');
    expect(crdDescription('news')).toBe('first');
  });

  it('applies none under Skip', async () => {
    await reopen();
    const definition = JSON.parse(files(url)['cluster/release.yaml'] ?? '') as { spec: JsonObject };
    const spec = { ...definition.spec, upgrade: { crds: 'Skip' } };
    const text = JSON.stringify({ ...definition, spec });
    await edit(workbench, repository, {
      'cluster/release.yaml': text,
      'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.2.0\n',
      'chart/crds/old.yaml': crd('Old', 'third'),
    });
    const { changes, notes } = localOf(workbench, `${id}/shop`);
    expect(changes).toEqual([]);
    expect(notes?.map(({ message }) => message)).toEqual([
      `Not applied: olds.${group} in crds/, since spec.upgrade.crds is Skip.`,
    ]);
    kubectl(['apply', '-f', '-'], text);
    await reconcile();
    await until('the third release', () => released() === 3);
    expect(crdDescription('olds')).toBe('second');
  });

  it('rolls back what fails, as its message says with the reason', async () => {
    const definition = JSON.parse(files(url)['cluster/release.yaml'] ?? '') as { spec: JsonObject };
    const remediation = { retries: 0, remediateLastFailure: true };
    const spec = { ...definition.spec, upgrade: { crds: 'Skip', remediation } };
    const port = '{name: web, port: 99999}';
    await edit(workbench, repository, {
      'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.3.0\n',
      'chart/templates/web.yaml': `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [${port}]}\n`,
    });
    kubectl(['apply', '-f', '-'], JSON.stringify({ ...definition, spec }));
    await reconcile();
    const release = (): KubeObject => get('helmrelease', 'shop') as unknown as KubeObject;
    await until('the end of its tries', () => isOutOfRetries(release()));
    expect(fluxStatus(release()).message).toMatch(
      /^Rolled back to v3 \(shop@1\.2\.0\) because the upgrade to shop@1\.3\.0 failed: .* 99999.* It is not tried again until values, chart \(1\.3\.0\) or definition change\.$/s,
    );
  });
});
