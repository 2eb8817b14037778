import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { chartArchive } from '../unit/render/chartArchive';
import { createFolder, never, unseal } from '../unit/render/engine';
import { appNamed, createRepository, openWorkbench, settings } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const digestOf = (data: Buffer): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** An OCI registry without TLS that has the chart `charts/web` 1.4.0 (distribution spec: pull). */
async function serveRegistry(): Promise<string> {
  const archive = chartArchive({
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.4.0\n',
    'web/templates/map.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-{{ .Chart.Version }}\n',
  });
  const config = Buffer.from('{"name":"web","version":"1.4.0","apiVersion":"v2"}');
  const part = (mediaType: string, data: Buffer) => ({
    mediaType,
    digest: digestOf(data),
    size: data.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: part('application/vnd.cncf.helm.config.v1+json', config),
      layers: [part('application/vnd.cncf.helm.chart.content.v1.tar+gzip', archive)],
    }),
  );
  const blobs = new Map([archive, config, manifest].map((data) => [digestOf(data), data]));
  const server = createServer((request, response) => {
    const [, kind = '', reference = ''] =
      /^\/v2\/charts\/web\/(manifests|blobs|tags)\/(.+)$/.exec(request.url ?? '') ?? [];
    if (kind === 'tags') return response.end('{"name":"charts/web","tags":["1.4.0"]}');
    const data = reference === '1.4.0' ? manifest : blobs.get(reference);
    if (data === undefined) return response.writeHead(request.url === '/v2/' ? 200 : 404).end();
    response.setHeader('Docker-Content-Digest', digestOf(data));
    response.setHeader('Content-Length', data.length);
    const type = data === manifest ? 'vnd.oci.image.manifest.v1+json' : 'octet-stream';
    response.setHeader('Content-Type', `application/${type}`);
    return response.end(request.method === 'HEAD' ? undefined : data);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owned.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}/charts`;
}

const source = (kind: string, spec: object): object => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  spec: { interval: '5m', ...spec },
});

const release = (spec: object): object => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { interval: '5m', ...spec },
});

async function open(objects: readonly object[]): Promise<CoreWorkbench> {
  const repository = createRepository({
    'flux/all.yaml': objects.map((object) => JSON.stringify(object)).join('\n---\n'),
  });
  owned.push(repository.remove);
  const home = createFolder();
  owned.push(() => {
    unseal(home.path);
    home.remove();
  });
  const workbench = openWorkbench([repository.path], {
    settings: { ...settings, fetchAllowed: true, fetchMode: 'onDemand' },
    chartsFolder: join(home.path, 'charts'),
    environment: { HOME: home.path },
  });
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return workbench;
}

const ofRepository = {
  chart: {
    spec: { chart: 'web', version: '1.x', sourceRef: { kind: 'HelmRepository', name: 'web' } },
  },
};
const ofArtifact = { chartRef: { kind: 'OCIRepository', name: 'web' } };

describe('spec.insecure of a source of Flux', () => {
  it.each([
    ['HelmRepository', true],
    ['HelmRepository', false],
    ['OCIRepository', true],
    ['OCIRepository', false],
  ] as const)(
    'of a %s decides whether a registry without TLS is asked: %s',
    async (kind, insecure) => {
      const registry = await serveRegistry();
      const isRepository = kind === 'HelmRepository';
      const spec = isRepository
        ? { type: 'oci', url: `oci://${registry}`, insecure }
        : { url: `oci://${registry}/web`, ref: { tag: '1.4.0' }, insecure };
      const workbench = await open([
        source(kind, spec),
        release(isRepository ? ofRepository : ofArtifact),
      ]);
      const { key } = appNamed(workbench, 'shop/web').app;
      const fetched = await workbench.fetchCharts(key, never);
      await workbench.whenIdle();
      const { working } = appNamed(workbench, 'shop/web');
      if (insecure) {
        expect(fetched).toMatchObject({ kind: 'fetched', count: 1, failures: [] });
        const objects = working.kind === 'rendered' ? working.desired.objects : [];
        expect(objects.map(({ object }) => object.metadata.name)).toEqual(['from-1.4.0']);
      } else {
        expect(fetched).toMatchObject({
          kind: 'fetched',
          count: 0,
          failures: [{ kind: 'refused' }],
        });
        expect(working.kind).toBe('invalid');
      }
    },
  );
});
