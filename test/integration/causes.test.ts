import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAt, textAt } from '../../src/model/fields';
import { causesByApp } from '../../src/model/causes';
import type { KubeObject } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createClustersPresenter } from '../../src/views/clusters/present';
import type { ClusterName, LabCluster } from './liveLab';
import { connectTo, describeLab, labState, never, object, remove } from './liveLab';
import { createRepository, openWorkbench, settings } from './pipelineWorld';

const id = `causes-${randomBytes(3).toString('hex')}`;
const space = object('v1', 'Namespace', { name: id });

function conditionMessage(found: KubeObject | undefined, type: string): string | undefined {
  const conditions = listAt(found, 'status', 'conditions');
  const condition = conditions.find((one) => textAt(one, 'type') === type);
  return textAt(condition, 'message');
}

function kustomization(name: string, dependsOn?: string): KubeObject {
  return object(
    'kustomize.toolkit.fluxcd.io/v1',
    'Kustomization',
    { namespace: id, name },
    {
      spec: {
        interval: '1h',
        path: './web',
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'nowhere' },
        ...(dependsOn !== undefined && { dependsOn: [{ name: dependsOn }] }),
      },
    },
  );
}

function application(name: string, repoURL: string): KubeObject {
  return object(
    'argoproj.io/v1alpha1',
    'Application',
    { namespace: 'argocd', name: `${id}-${name}` },
    {
      spec: {
        project: 'default',
        source: { repoURL, targetRevision: 'main', path: name },
        destination: { server: 'https://kubernetes.default.svc', namespace: id },
      },
    },
  );
}

describe.skipIf(labState === undefined)('root causes in the words of the real controllers', () => {
  const held: { workbench?: CoreWorkbench; repository?: ReturnType<typeof createRepository> } = {};
  const made: { readonly cluster: ClusterName; readonly object: KubeObject }[] = [];

  const make = async (
    name: ClusterName,
    on: LabCluster,
    all: readonly KubeObject[],
  ): Promise<void> => {
    for (const one of all) {
      made.push({ cluster: name, object: one });
      await on.apply(one);
    }
  };

  beforeAll(async () => {
    const lab = describeLab();
    const nowhere = `${lab.gitea.url}/${id}/nowhere.git`;
    const [staging, production] = await Promise.all([
      connectTo(lab, 'staging'),
      connectTo(lab, 'production'),
    ]);
    const source = object(
      'source.toolkit.fluxcd.io/v1',
      'GitRepository',
      { namespace: id, name: 'nowhere' },
      { spec: { interval: '1h', url: nowhere, ref: { branch: 'main' } } },
    );
    const flux = [kustomization('base'), kustomization('web', 'base')];
    const argo = [application('a', nowhere), application('b', nowhere)];
    await Promise.all([
      make('staging', staging, [space, source, ...flux]),
      make('production', production, argo),
    ]);
    const hasFailed = (type: string) => (found: KubeObject | undefined) =>
      (conditionMessage(found, type) ?? '') !== '';
    await Promise.all([
      ...argo.map((one) => production.until(one, hasFailed('ComparisonError'))),
      staging.until(source, (found) =>
        /fail|unable|auth|not found/i.test(conditionMessage(found, 'Ready') ?? ''),
      ),
    ]);
    held.repository = createRepository({ 'README.md': 'Nothing.' });
    const contexts = Object.fromEntries(
      ['staging', 'production'].map((name) => [name, { file: lab.kubeconfig, name }]),
    );
    held.workbench = openWorkbench([held.repository.path], {
      settings: { ...settings, kubeconfigs: [lab.kubeconfig], contexts },
    });
    await held.workbench.whenIdle();
    await held.workbench.openCluster('staging', never);
    await held.workbench.openCluster('production', never);
    await held.workbench.whenIdle();
  });

  afterAll(async () => {
    held.workbench?.dispose();
    held.repository?.remove();
    const lab = describeLab();
    await Promise.all(made.reverse().map((one) => remove(lab, one.cluster, one.object)));
  });

  it('one source and one repository explain all their apps, in one row each', () => {
    const state = held.workbench?.state();
    if (state === undefined) throw new Error('no workbench');
    const sources = new Map(state.clusters.map(({ name, sources: all = [] }) => [name, all]));
    const causes = causesByApp({ apps: state.apps, sources });
    const ofTest = state.apps.filter(({ app }) => app.namespace === id || app.name.startsWith(id));
    const words = ofTest.map(({ app }) => {
      const cause = causes.get(app.key);
      return `${app.name.replace(`${id}-`, '')}: ${cause?.kind ?? 'nothing'} ${cause?.apps.length ?? 0}`;
    });
    expect(words.sort()).toEqual([
      'a: message 2',
      'b: message 2',
      'base: source 2',
      'web: source 2',
    ]);
    const messages = ofTest.map(({ app }) => causes.get(app.key)?.message ?? '');
    for (const message of messages) {
      expect(message).toMatch(/auth|not found/i);
      expect(message).not.toMatch(/^rpc error|desc =|^failed to (checkout|generate)/i);
    }

    const rows = createClustersPresenter(() => 0).rows(state);
    const labels = rows.flatMap((row) => row.children?.().map(({ label }) => label) ?? []);
    expect(labels).toContain(`GitRepository ${id}/nowhere`);
    expect(
      labels.filter((label) => label.startsWith('Repository ') && label.includes(id)),
    ).toHaveLength(1);
  });
});
