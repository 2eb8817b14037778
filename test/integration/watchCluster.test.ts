import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AppState, LiveState } from '../../src/model/appState';
import type { KubeObject } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import type { FaultProxy, LabCluster } from './liveLab';
import {
  connectTo,
  describeLab,
  kubeconfigWith,
  labState,
  never,
  object,
  proxyInFrontOf,
  remove,
} from './liveLab';
import { certificate } from '../unit/live/testServer';
import { application, appNamed, createRepository, openWorkbench, settings } from './pipelineWorld';

const namespace = 'plumbline-follow-test';
const space = object('v1', 'Namespace', { name: namespace });
const CLUSTER = 'production';

function configMap(name: string, text: string): KubeObject {
  return object('v1', 'ConfigMap', { namespace, name }, { data: { text } });
}

/** An app of two ConfigMaps and a Secret, compared by the server's dry run. */
function files(app: string): Readonly<Record<string, string>> {
  const names = [`${app}-a`, `${app}-b`];
  const secret = object(
    'v1',
    'Secret',
    { namespace, name: `${app}-s` },
    { stringData: { k: 'v' } },
  );
  const objects = [...names.map((name) => configMap(name, 'git')), secret];
  return {
    [`apps/${app}.json`]: application(
      app,
      { path: app },
      { syncPolicy: { syncOptions: ['ServerSideApply=true'] } },
    ),
    ...Object.fromEntries(
      objects.map((one) => [`${app}/${one.metadata.name ?? ''}.json`, JSON.stringify(one)]),
    ),
  };
}

const GROUP = 'follow.plumbline.example';
const definition = object(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  { name: `gauges.${GROUP}` },
  {
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind: 'Gauge', plural: 'gauges' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  },
);
/** A version of Kustomize that the lab's Argo CD gets only in a test, and never uses. */
const VERSION = 'v0.0.1-follow';

/** A chart that a pipeline releases, an app of a kind that nobody serves yet, and one of a Kustomize that Argo CD lacks. */
const others: Readonly<Record<string, string>> = {
  '.plumbline.yaml': JSON.stringify({ clusters: [{ name: CLUSTER, destinations: [CLUSTER] }] }),
  '.github/workflows/deploy.yaml': `on: push
jobs:
  deploy: {runs-on: ubuntu, steps: [{run: helm upgrade --install web charts/web --namespace ${namespace} --kube-context ${CLUSTER}}]}
`,
  'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'charts/web/values.yaml': 'level: git\n',
  'charts/web/templates/map.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  level: {{ .Values.level | quote }}
  site: '{{ dig "data" "text" "none" (lookup "v1" "ConfigMap" "${namespace}" "site") }}'
`,
  'apps/gauges.json': application('gauges', { path: 'gauges' }),
  'gauges/gauge.json': JSON.stringify(
    object(`${GROUP}/v1`, 'Gauge', { namespace, name: 'one' }, { spec: { max: 5 } }),
  ),
  'apps/built.json': application('built', { path: 'built', kustomize: { version: VERSION } }),
  'built/kustomization.yaml': 'resources: [map.yaml]\n',
  'built/map.yaml': JSON.stringify(configMap('built', 'git')),
};

describe.skipIf(labState === undefined)('an open cluster of the lab (PLUMBLINE_LAB_STATE)', () => {
  const owned: (() => unknown)[] = [];
  const held: {
    workbench?: CoreWorkbench;
    admin?: LabCluster;
    proxy?: FaultProxy;
    chart?: string;
    file?: string;
  } = {};
  const workbench = (): CoreWorkbench => held.workbench as CoreWorkbench;
  const admin = (): LabCluster => held.admin as LabCluster;
  const proxy = (): FaultProxy => held.proxy as FaultProxy;

  beforeAll(async () => {
    const lab = describeLab();
    held.admin = await connectTo(lab, CLUSTER);
    await admin().apply(space);
    for (const app of ['one', 'two']) {
      await admin().apply(configMap(`${app}-a`, 'live'));
      await admin().apply(configMap(`${app}-b`, 'git'));
    }
    held.proxy = await proxyInFrontOf(lab, CLUSTER);
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-follow-'));
    const file = join(folder, 'config');
    held.file = file;
    writeKubeconfig();
    const repository = createRepository({ ...files('one'), ...files('two'), ...others });
    held.chart = join(repository.path, 'charts/web');
    held.workbench = openWorkbench([repository.path], {
      settings: {
        ...settings,
        kubeconfigs: [join(folder, 'conf*')],
        contexts: { [CLUSTER]: { file, name: CLUSTER } },
        assignments: Object.fromEntries(
          ['one', 'two', 'gauges', 'built'].map((name) => [`argocd/${name}`, CLUSTER]),
        ),
      },
    });
    owned.push(
      () => remove(lab, CLUSTER, space),
      () => remove(lab, CLUSTER, definition),
      () => proxy().close(),
      repository.remove,
    );
    owned.push(
      () => rmSync(folder, { recursive: true }),
      () => workbench().dispose(),
    );
    await workbench().whenIdle();
  });
  afterAll(async () => {
    for (const end of owned.splice(0).reverse()) await end();
  });

  /** To the proxy, which may show certificates of these authorities as well. */
  function writeKubeconfig(...authorities: readonly string[]): void {
    const text = kubeconfigWith(describeLab(), (cluster) => {
      const own = Buffer.from(cluster['certificate-authority-data'] as string, 'base64').toString();
      cluster['server'] = proxy().server;
      cluster['certificate-authority-data'] = Buffer.from(
        [own, ...authorities].join('\n'),
      ).toString('base64');
    });
    writeFileSync(held.file ?? '', text);
  }

  const app = (name: string): AppState => appNamed(workbench(), `argocd/${name}`);
  /** `one-a changed`, an object a line; that nobody has tracked them yet is left out. */
  function drift(name: string): readonly string[] {
    const { live } = app(name);
    const comparison = comparisonOf(live);
    return (comparison?.changes ?? [])
      .filter(
        ({ action, fields }) =>
          action === 'added' || fields.some(({ pointer }) => pointer.startsWith('/data')),
      )
      .map(({ id, action }) => `${id.name} ${action}`)
      .sort();
  }
  function comparisonOf(live: LiveState) {
    if (live.kind === 'compared') return live.comparison;
    return live.kind === 'unread' ? undefined : live.last;
  }
  async function until(what: string, isTrue: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 1_000; attempt += 1) {
      if (isTrue()) return;
      await delay(20);
    }
    throw new Error(`${what} did not come to be`);
  }
  const state = () =>
    workbench()
      .state()
      .clusters.find(({ name }) => name === CLUSTER);
  const asked = (pattern: RegExp): number =>
    proxy().seen.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;
  const DRY_RUN = /^PATCH .*dryRun=All/;
  /** The proxy counts an answer when it has ended; one that goes on is none yet. */
  const OBJECTS = /^GET .*(configmaps|secrets)(?!.*watch=true)/;

  it('gets no byte before somebody opens it', async () => {
    workbench().follow(new Set([CLUSTER]));
    await delay(50);
    expect(proxy().seen).toEqual([]);
    await workbench().openCluster(CLUSTER, never);
    expect(drift('one')).toEqual(['one-a changed', 'one-s added']);
    expect(drift('two')).toEqual(['two-a changed', 'two-s added']);
    expect(state()).toMatchObject({
      connection: { kind: 'connected' },
      freshness: { kind: 'live' },
    });
  });

  it('takes no dry run when it is refreshed and nothing has moved', async () => {
    const before = asked(DRY_RUN);
    expect(before).toBeGreaterThan(0);
    await workbench().refreshCluster(CLUSTER, never);
    expect(asked(DRY_RUN)).toBe(before);
    expect(drift('one')).toEqual(['one-a changed', 'one-s added']);
  });

  it('shows what somebody changes without being asked, and compares nothing else again', async () => {
    const untouched = app('two').live;
    const [dryRuns, reads] = [asked(DRY_RUN), asked(OBJECTS)];
    await admin().apply(configMap('one-b', 'by hand'));
    await until('the change', () => drift('one').includes('one-b changed'));
    expect(app('two').live).toBe(untouched);
    expect(asked(DRY_RUN) - dryRuns).toBe(1);
    // The Secret is read anew, because it is nowhere kept.
    expect(asked(OBJECTS) - reads).toBeLessThanOrEqual(1);

    await admin().apply(configMap('one-a', 'git'));
    await admin().apply(configMap('one-b', 'git'));
    await until('the end of the drift', () => drift('one').join() === 'one-s added');
    await remove(describeLab(), CLUSTER, configMap('one-b', ''));
    await until('the deletion', () => drift('one').includes('one-b added'));
  });

  it('shows a Secret that comes, and never what is in it', async () => {
    const value = 'CANARY-4c1d';
    const data = { k: Buffer.from(value).toString('base64') };
    await admin().apply(object('v1', 'Secret', { namespace, name: 'two-s' }, { data }));
    await until('the Secret', () => drift('two').includes('two-s changed'));
    const shown = JSON.stringify(workbench().state(), (_, one: unknown) =>
      one instanceof Map ? [...one] : one,
    );
    expect(shown).not.toContain(value);
  });

  it('goes on after the network was away, and says so meanwhile', async () => {
    proxy().faults = [{ cut: 'reset' }];
    proxy().drop();
    await until('the break', () => state()?.freshness?.kind === 'reconnecting');
    await admin().apply(configMap('two-b', 'meanwhile'));
    proxy().faults = [];
    await until('the change', () => drift('two').includes('two-b changed'));
    await until('the connection', () => state()?.freshness?.kind === 'live');
  });

  it('says what is wrong with certificates, and goes on once they are replaced', async () => {
    const shown = (name: string) => ({ cert: certificate(name), key: certificate(`${name}.key`) });
    const reason = (): string => {
      const freshness = state()?.freshness;
      return freshness?.kind === 'reconnecting' ? freshness.reason : '';
    };
    const { host } = new URL(proxy().server);
    // Of another authority, which the kubeconfig gets to know of only then.
    proxy().certify(shown('server'));
    const untrusted = `The certificate of ${host} is not signed by an authority that the kubeconfig trusts.`;
    await until('the break', () => reason() === untrusted);
    await workbench().refreshCluster(CLUSTER, never);
    expect(state()?.connection).toMatchObject({ kind: 'failed', message: untrusted });
    const before = proxy().seen.length;
    writeKubeconfig(certificate('ca'));
    await until('the connection', () => state()?.connection.kind === 'connected');
    await until('the watches', () => state()?.freshness?.kind === 'live');
    expect(proxy().seen.length - before).toBeLessThan(120);

    proxy().certify(shown('expired'));
    await until('the break', () => reason() === `The certificate of ${host} has expired.`);
    await admin().apply(configMap('two-b', 'git'));
    proxy().certify();
    await until('the change', () => !drift('two').includes('two-b changed'));
    await until('the connection', () => state()?.freshness?.kind === 'live');
  });

  /** What a look asks beside the watches, which are counted when they end. */
  const ASKED = /^(GET|PATCH) (?!.*watch=true)/;

  it('shows a release that somebody else makes, and what a template looks up', async () => {
    const { kubeconfig } = describeLab();
    const upgrade = (level: string): void => {
      const where = ['--kubeconfig', kubeconfig, '--kube-context', CLUSTER, '-n', namespace];
      const args = ['upgrade', '--install', 'web', held.chart ?? '', ...where];
      execFileSync(process.env['PLUMBLINE_HELM'] ?? '', [...args, '--set', `level=${level}`]);
    };
    const web = () => comparisonOf(appNamed(workbench(), 'web').live);
    const level = () =>
      web()
        ?.changes.flatMap(({ fields }) => fields)
        .filter(({ pointer }) => pointer.startsWith('/data/'))
        .map(({ pointer, before, after }) =>
          [pointer, ...[before, after].map((one) => JSON.stringify(one))].join(' '),
        );
    expect(web()?.release).toBeUndefined();
    upgrade('first');
    await until('the release', () => web()?.release?.revision === 1);
    await until('its value', () => level()?.join() === '/data/level "first" "git"');
    const reads = asked(ASKED);
    upgrade('second');
    await until('the upgrade', () => web()?.release?.revision === 2);
    await until('its value', () => level()?.join() === '/data/level "second" "git"');
    expect(asked(ASKED) - reads).toBeLessThan(15);

    await admin().apply(configMap('site', 'found'));
    await until('the answer', () => level()?.includes('/data/site "none" "found"') === true);
    await remove(describeLab(), CLUSTER, configMap('site', ''));
    await until('no answer', () => level()?.some((one) => one.includes('site')) === false);
  });

  it('finds what is of a kind that comes to be served, and asks little for it', async () => {
    const gauges = () => comparisonOf(app('gauges').live)?.changes.map(({ action }) => action);
    expect(gauges()).toEqual(['added']);
    const reads = asked(ASKED);
    await admin().apply(definition);
    const servedBy = async (): Promise<LabCluster> => await connectTo(describeLab(), CLUSTER);
    const live = object(`${GROUP}/v1`, 'Gauge', { namespace, name: 'one' }, { spec: { max: 7 } });
    await vi.waitFor(async () => await (await servedBy()).apply(live), { timeout: 30_000 });
    await until('the object', () => gauges()?.join() === 'changed');
    expect(asked(ASKED) - reads).toBeLessThan(20);
    await remove(describeLab(), CLUSTER, definition);
    await until('its end', () => gauges()?.join() === 'added');
  });

  it('takes over the settings of Argo CD as they change', async () => {
    const problems = () =>
      app('built')
        .app.problems.map(({ message }) => message)
        .join();
    expect(problems()).toContain('is not registered');
    const settings = (data: Readonly<Record<string, string>>): KubeObject =>
      object('v1', 'ConfigMap', { namespace: 'argocd', name: 'argocd-cm' }, { data });
    await admin().apply(settings({ [`kustomize.version.${VERSION}`]: '/nowhere' }));
    try {
      await until('the version', () => !problems().includes('is not registered'));
    } finally {
      await admin().apply(settings({}));
    }
    await until('its end', () => problems().includes('is not registered'));
  });
});
