import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/model/resource';
import { argoConfig } from '../../../src/repo/argoConfig';

function read(argocd: unknown) {
  const reports: string[] = [];
  const settings = argoConfig({ argocd } as JsonObject, (message, pointer) =>
    reports.push(`${pointer} ${message}`),
  );
  return { settings, reports };
}

describe('argocd of .plumbline.yaml', () => {
  it('says nothing where it is not written', () => {
    expect(argoConfig({ clusters: [] }, () => expect.unreachable())).toBeUndefined();
  });

  it('stands for the settings of the instance', () => {
    const cluster = {
      name: 'eu',
      server: 'https://eu.acme.example',
      project: 'shop',
      labels: { env: 'production' },
      annotations: { region: 'eu-1' },
    };
    const written = {
      server: 'argocd.acme.example',
      kustomizeBuildOptions: '--enable-helm',
      kustomizeVersions: { 'v5.3.0': '', 'v4.5.7': '--enable-helm' },
      valuesFileSchemes: ['https'],
      newFileGlobbing: true,
      clusters: [cluster, { name: 'us', server: 'https://us.acme.example' }],
    };
    expect(read(written)).toEqual({
      settings: { from: '.plumbline.yaml', ...written },
      reports: [],
    });
  });

  it('tells no clusters from none', () => {
    expect(read({}).settings).toEqual({ from: '.plumbline.yaml' });
    expect(read({ clusters: [] }).settings).toEqual({ from: '.plumbline.yaml', clusters: [] });
  });

  it.each<[unknown, readonly string[]]>([
    ['--enable-helm', ['/argocd argocd must be a map.']],
    [
      { kustomizeBuildOptions: ['--enable-helm'] },
      ['/argocd/kustomizeBuildOptions kustomizeBuildOptions must be a text.'],
    ],
    [
      { newFileGlobbing: 'yes' },
      ['/argocd/newFileGlobbing newFileGlobbing must be true or false.'],
    ],
    [
      { kustomizeVersions: { a: 1 } },
      ['/argocd/kustomizeVersions kustomizeVersions must be build options by version.'],
    ],
    [{ clusters: {} }, ['/argocd/clusters clusters must be a list.']],
    [
      { clusters: [{ name: 'eu' }] },
      ['/argocd/clusters/0 A cluster of Argo CD needs a name and a server.'],
    ],
    [
      { clusters: [{ name: 'eu', server: 's', config: '{}', labels: { a: 1 } }] },
      [
        '/argocd/clusters/0/config config is not known here; known are name, server, project, labels, annotations.',
        '/argocd/clusters/0/labels labels must be texts.',
      ],
    ],
    [
      { buildOptions: '' },
      [
        '/argocd/buildOptions buildOptions is not known here; known are server, kustomizeBuildOptions, kustomizeVersions, valuesFileSchemes, newFileGlobbing, gitSubmodules, clusters.',
      ],
    ],
  ])('reports %j', (written, reports) => {
    expect(read(written).reports).toEqual(reports);
  });
});
