import { afterEach, describe, expect, it } from 'vitest';
import { appLabel } from '../../src/model/app';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import {
  application,
  appNamed,
  changesOf,
  createRepository,
  edit,
  openWorkbench,
  shopChart,
} from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const VALUES = 'environments/prod/values.yaml';
const SHOP = application('shop', {
  path: 'charts/shop',
  helm: { valueFiles: [`/${VALUES}`] },
});

async function open(): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  const repository = createRepository({
    ...shopChart('charts/shop'),
    'argocd/shop.yaml': SHOP,
    [VALUES]: 'replicas: 2\n',
  });
  owned.push(repository.remove);
  const workbench = openWorkbench([repository.path]);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

/** What the files define. */
const itemsOf = (workbench: CoreWorkbench): unknown => workbench.state().roots[0]?.items;
const names = (workbench: CoreWorkbench): readonly string[] =>
  workbench.state().apps.map(({ app }) => appLabel(app));

describe('values in a folder of their own', () => {
  it('render their app again, and leave what is defined as it was', async () => {
    const { workbench, repository } = await open();
    const before = itemsOf(workbench);
    await edit(workbench, repository, { [VALUES]: 'replicas: 5\n' });
    expect(changesOf(workbench, 'argocd/shop')).not.toEqual([]);
    expect(itemsOf(workbench)).toBe(before);
    await edit(workbench, repository, { [VALUES]: 'replicas: 2\n' });
    expect(changesOf(workbench, 'argocd/shop')).toEqual([]);
  });

  it('that become a definition define its app, until they are values again', async () => {
    const { workbench, repository } = await open();
    const other = application('other', { path: 'charts/shop' });
    await edit(workbench, repository, { [VALUES]: other });
    expect(names(workbench)).toContain('argocd/other');
    await edit(workbench, repository, { [VALUES]: 'replicas: 2\n' });
    expect(names(workbench)).not.toContain('argocd/other');
    expect(appNamed(workbench, 'argocd/shop').working.kind).toBe('rendered');
  });

  it('that are broken while they are typed are a problem of their app, and mend', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { [VALUES]: 'replicas: [\n' });
    expect(appNamed(workbench, 'argocd/shop').working.kind).toBe('invalid');
    await edit(workbench, repository, { [VALUES]: 'replicas: 3\n' });
    expect(appNamed(workbench, 'argocd/shop').working.kind).toBe('rendered');
    const problems = [...workbench.problems().values()].flat();
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
