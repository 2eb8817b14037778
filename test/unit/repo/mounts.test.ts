import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RenderSource, SingleSource } from '../../../src/model/render';
import {
  belowFolder,
  followsInRoot,
  gitReference,
  mountName,
  placedBelow,
  singleBelow,
} from '../../../src/repo/mounts';
import { app } from '../views/states';

const repoUrl = 'https://git.example.com/acme/Base.git';

describe('what git is asked for', () => {
  it.each([
    ['HEAD', ''],
    ['main', 'main'],
    ['refs/heads/main', 'refs/heads/main'],
  ])('at %s is %j', (revision, ref) => {
    expect(gitReference({ repoUrl, revision })).toEqual({ url: repoUrl, ref });
  });

  it.each([
    ['https://me:hunter2@git.example.com/a/b', 'https://git.example.com/a/b'],
    ['https://token@git.example.com/a/b', 'https://git.example.com/a/b'],
    ['ssh://git@git.example.com:22/a/b', 'ssh://git@git.example.com:22/a/b'],
    ['ssh://git:hunter2@git.example.com/a/b', 'ssh://git@git.example.com/a/b'],
    ['git@git.example.com:a/b', 'git@git.example.com:a/b'],
  ])('leaves the login of %s to git', (url, shown) => {
    expect(gitReference({ repoUrl: url, revision: 'main' }).url).toBe(shown);
  });
});

describe('the name of a mount', () => {
  it('is one for all spellings of a repository, and another for each revision', () => {
    const name = mountName({ repoUrl, revision: 'v1' });
    expect(name).toMatch(/^base@v1-[0-9a-f]{8}$/);
    expect(mountName({ repoUrl: 'git@git.example.com:acme/base', revision: 'v1' })).toBe(name);
    expect(mountName({ repoUrl, revision: 'v2' })).not.toBe(name);
  });

  it('is a plain name, whatever the revision is', () => {
    fc.assert(
      fc.property(fc.string(), (revision) => {
        expect(mountName({ repoUrl, revision })).toMatch(/^[A-Za-z0-9][A-Za-z0-9@._-]*$/);
      }),
    );
  });
});

describe('paths of another repository', () => {
  it('never lead out of their folder', () => {
    const segment = fc.constantFrom('..', '.', '', 'a', 'b.yaml', '...');
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const path = belowFolder('.plumbline-git/x', segments.join('/'));
        expect(path === '.plumbline-git/x' || path.startsWith('.plumbline-git/x/')).toBe(true);
      }),
    );
  });

  const folder = '.plumbline-git/x';
  const helm = {
    kind: 'helm',
    path: 'chart',
    releaseName: 'r',
    namespace: 'n',
    valueFiles: [
      'values.yaml',
      'https://example.com/v.yaml',
      '.plumbline-git/other/v.yaml',
      '.plumbline-charts/chart/v.yaml',
    ],
    chartValueFiles: ['chart/prod.yaml'],
    fileParameters: [{ name: 'p', path: 'text' }],
    includeCrds: true,
  } as const satisfies SingleSource;

  it('stand below the folder in every kind of source', () => {
    expect(singleBelow(folder, helm)).toEqual({
      ...helm,
      path: `${folder}/chart`,
      valueFiles: [`${folder}/values.yaml`, ...helm.valueFiles.slice(1)],
      chartValueFiles: [`${folder}/chart/prod.yaml`],
      fileParameters: [{ name: 'p', path: `${folder}/text` }],
    });
    const directory = { kind: 'directory', path: '', recurse: true, jsonnet: { libs: ['lib'] } };
    expect(singleBelow(folder, directory as SingleSource)).toEqual({
      ...directory,
      path: folder,
      jsonnet: { libs: [`${folder}/lib`] },
    });
    for (const kind of ['kustomize', 'flux'] as const) {
      const source = { kind, path: 'a', kustomization: {} } as SingleSource;
      expect(singleBelow(folder, source)).toEqual({ ...source, path: `${folder}/a` });
    }
  });

  it('stand there in each of several sources', () => {
    const missing = { kind: 'file', reference: 'r', path: '' } as const;
    const several: RenderSource = {
      kind: 'several',
      path: 'chart',
      namespace: 'n',
      parts: [
        { index: 0, source: helm },
        { index: 1, missing },
      ],
    };
    expect(placedBelow(folder, several)).toMatchObject({
      path: `${folder}/chart`,
      parts: [{ source: { path: `${folder}/chart` } }, { missing }],
    });
  });
});

describe('what an app follows in the repository of its root', () => {
  const follows = { repoUrl, revision: 'v1' };
  it.each([
    ['overlay', follows],
    ['.plumbline-git/base@v1-01234567/overlay', undefined],
  ])('of a source at %s', (path, expected) => {
    const source = { kind: 'local', root: '/r', render: { kind: 'kustomize', path } } as const;
    expect(followsInRoot(app('a', { source, follows }))).toEqual(expected);
  });
});
