import { afterEach, describe, expect, it } from 'vitest';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import {
  application,
  appNamed,
  edit,
  openRepository,
  REMOTE,
  remove,
  shopChart,
} from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const open = (files: Readonly<Record<string, string>>) => openRepository(files, owned);

/** `ConfigMap config {"banner":"hello"}`, one line an object with data. */
function dataOf(workbench: CoreWorkbench, name: string): readonly string[] {
  const { working } = appNamed(workbench, name);
  if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
  return working.desired.objects.flatMap(({ object }) =>
    'data' in object ? [`${object.metadata.name ?? ''} ${JSON.stringify(object['data'])}`] : [],
  );
}

const SEVERAL = {
  ...shopChart('charts/shop'),
  'extra/map.yaml': '{apiVersion: v1, kind: ConfigMap, metadata: {name: extra}, data: {a: b}}\n',
  'env/prod.yaml': 'banner: prod\n',
  'apps/shop.json': application(
    'shop',
    {},
    {
      sources: [
        { repoURL: REMOTE, path: 'charts/shop', helm: { valueFiles: ['$env/env/prod.yaml'] } },
        { repoURL: REMOTE, ref: 'env' },
        { repoURL: REMOTE, path: 'extra' },
        { repoURL: 'https://git.acme.example/acme/other.git', path: 'x' },
      ],
    },
  ),
};

describe('an Application with several sources', () => {
  it('shows what is at hand, names what is not, and compares with its target', async () => {
    const { workbench, repository } = await open(SEVERAL);
    expect(dataOf(workbench, 'argocd/shop')).toEqual([
      'config {"banner":"prod"}',
      'extra {"a":"b"}',
    ]);
    const { working, local, app } = appNamed(workbench, 'argocd/shop');
    expect(working).toMatchObject({
      desired: { missing: [{ kind: 'base', path: 'apps/shop.json' }] },
    });
    expect(app.problems.map(({ code }) => code)).toEqual(['incomplete-sources']);
    expect(local).toMatchObject({ kind: 'compared', comparison: { changes: [] } });

    await edit(workbench, repository, { 'env/prod.yaml': 'banner: more\n' });
    expect(dataOf(workbench, 'argocd/shop')[0]).toBe('config {"banner":"more"}');
    expect(appNamed(workbench, 'argocd/shop').local).toMatchObject({
      comparison: { changes: [{ id: { kind: 'ConfigMap', name: 'config' } }] },
    });

    await edit(workbench, repository, {
      'extra/map.yaml':
        '{apiVersion: v1, kind: ConfigMap, metadata: {name: config}, data: {a: c}}\n',
    });
    expect(dataOf(workbench, 'argocd/shop')).toEqual(['config {"a":"c"}']);
    const last = appNamed(workbench, 'argocd/shop').working;
    expect(last).toMatchObject({ desired: { problems: [{ code: 'repeated-resource' }] } });
  });

  it('is not touched by files of none of them', async () => {
    const { workbench, repository } = await open(SEVERAL);
    const before = appNamed(workbench, 'argocd/shop').working;
    await edit(workbench, repository, { 'env/test.yaml': 'banner: test\n' });
    expect(appNamed(workbench, 'argocd/shop').working).toBe(before);
  });
});

describe('override files', () => {
  it('count from the moment they are there until they go', async () => {
    const { workbench, repository } = await open({
      ...shopChart('charts/shop'),
      'apps/shop.json': application('shop', { path: 'charts/shop' }),
    });
    const path = 'charts/shop/.argocd-source-shop.yaml';
    const parameters = 'helm: {parameters: [{name: banner, value: over}]}\n';
    await edit(workbench, repository, { [path]: parameters });
    expect(dataOf(workbench, 'argocd/shop')).toEqual(['config {"banner":"over"}']);
    workbench.setBuffer(repository.file(path), parameters.replace('over', 'typed'));
    await workbench.whenIdle();
    expect(dataOf(workbench, 'argocd/shop')).toEqual(['config {"banner":"typed"}']);
    workbench.setBuffer(repository.file(path), undefined);
    await workbench.whenIdle();
    await remove(workbench, repository, path);
    expect(dataOf(workbench, 'argocd/shop')).toEqual(['config {"banner":"hello"}']);
  });
});
