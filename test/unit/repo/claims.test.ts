import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import { uniteApps } from '../../../src/repo/unite';
import { application, discovered, REPO_URL, repositoryOf, ROOT } from './inMemory';

const manifest = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

const FOLDERS = {
  'chart/Chart.yaml': 'name: chart\nversion: 1.0.0',
  'chart/values.yaml': '',
  'extras/a.yaml': manifest('a'),
  'overlay/kustomization.yaml': 'resources: [../base]',
  'base/kustomization.yaml': 'resources: []',
  'free/b.yaml': manifest('b'),
};

const SEVERAL = application('shop', {
  sources: ['chart', 'extras', 'overlay'].map((path) => ({ repoURL: REPO_URL, path })),
});

function pushed(apps: readonly App[]): readonly string[] {
  return apps.filter(({ tool }) => tool === 'push').map(({ name }) => name);
}

describe('an app of several sources', () => {
  it('leaves none of their folders to be an app of its own', () => {
    const { apps } = discovered({ ...FOLDERS, 'argocd/shop.yaml': SEVERAL });
    expect(apps.find(({ name }) => name === 'shop')?.source).toMatchObject({
      render: { kind: 'several' },
    });
    expect(pushed(apps)).toEqual(['free']);
  });

  it('does so where only a cluster knows it, too', () => {
    const { apps } = discovered(FOLDERS);
    expect(pushed(apps)).toEqual(['chart', 'overlay', 'extras', 'free']);
    const object = { ...(JSON.parse(SEVERAL) as App['reported']), metadata: { name: 'shop' } };
    const united = uniteApps(
      apps,
      [
        {
          cluster: 'hub',
          object: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', ...object },
        },
      ],
      [{ root: ROOT, repository: repositoryOf(), paths: Object.keys(FOLDERS) }],
    );
    expect(pushed(united)).toEqual(['free']);
  });
});
