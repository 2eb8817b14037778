import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as kubernetes from '@kubernetes/client-node';
import type * as undici from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error The build scripts have no declarations.
import { buildVendored } from '../../../build/build.mjs';

const load = createRequire(import.meta.url);
const shared = { folder: '' };

beforeAll(async () => {
  shared.folder = await mkdtemp(join(tmpdir(), 'plumbline-vendored-'));
  await (buildVendored as (outdir: string) => Promise<void>)(shared.folder);
});

afterAll(async () => {
  await rm(shared.folder, { recursive: true, force: true });
});

/** Answers every request with its path; as a proxy it is asked for whole addresses. */
async function withServer(use: (address: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => response.end(`asked for ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('the bundles of libraries that hold a part of them only', () => {
  it('make requests, straight and by a proxy', async () => {
    const { Agent, ProxyAgent } = load(join(shared.folder, 'vendor/undici.js')) as typeof undici;
    await withServer(async (address) => {
      const agents = [new Agent(), new ProxyAgent({ uri: address, proxyTunnel: false })];
      const texts = agents.map(async (agent) => {
        const origin = agent instanceof Agent ? address : 'http://elsewhere.example';
        const { body } = await agent.request({ origin, path: '/version', method: 'GET' });
        const text = await body.text();
        await agent.destroy();
        return text;
      });
      expect(await Promise.all(texts)).toEqual([
        'asked for /version',
        'asked for http://elsewhere.example/version',
      ]);
    });
  });

  it('read YAML', () => {
    const { loadYaml } = load(join(shared.folder, 'vendor/kubernetes.js')) as typeof kubernetes;
    expect(loadYaml('kind: Config\nusers: [{name: a}]')).toEqual({
      kind: 'Config',
      users: [{ name: 'a' }],
    });
  });
});
