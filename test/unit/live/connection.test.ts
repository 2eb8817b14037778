import { createServer as createHttpServer } from 'node:http';
import type { Server } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxyFor } from '../../../src/live/proxy';
import type { Answer, TempFolder, TestServer } from './testServer';
import {
  certificate,
  certificatePath,
  clustersOf,
  connected,
  failure,
  json,
  kubeconfig,
  never,
  startServer,
  tempFolder,
} from './testServer';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const version: Answer = (_, response) => json(response, 200, { gitVersion: 'v1.36.3' });
const caData = base64(certificate('ca'));

describe('connections', () => {
  const held: { folder?: TempFolder; closers: (() => Promise<void>)[] } = { closers: [] };
  beforeEach(async () => {
    held.folder = await tempFolder();
  });
  afterEach(async () => {
    for (const close of held.closers.splice(0)) await close();
    await held.folder?.remove();
  });

  async function serve(name: string, answer = version, tls: object = {}): Promise<TestServer> {
    const server = await startServer(answer, {
      cert: certificate(name),
      key: certificate(`${name}.key`),
      ...tls,
    });
    held.closers.push(() => server.close());
    return server;
  }

  async function ask(
    cluster: object,
    user: object = {},
    environment: Record<string, string> = {},
    limitMs = 20_000,
  ) {
    const file = (await held.folder?.write('config', kubeconfig(cluster, user))) ?? '';
    const { clusters } = clustersOf([file], {
      environment,
      timeouts: { connectMs: limitMs, answerMs: limitMs },
    });
    held.closers.push(() => Promise.resolve(clusters.dispose()));
    return (await connected(clusters, file)).version(never);
  }

  const ok = { kind: 'ok', value: 'v1.36.3' };
  const unreachable = (part: string) => ({
    kind: 'unreachable',
    message: expect.stringContaining(part) as string,
  });

  describe('trust', () => {
    it('takes the authority as data or as a file', async () => {
      const { url } = await serve('server');
      expect(await ask({ server: url, 'certificate-authority-data': caData })).toEqual(ok);
      expect(await ask({ server: url, 'certificate-authority': certificatePath('ca') })).toEqual(
        ok,
      );
    });

    it('refuses an authority that the kubeconfig does not name', async () => {
      const { url, seen } = await serve('server');
      expect(await ask({ server: url }, { token: 'CANARY' })).toEqual(
        unreachable('not signed by an authority'),
      );
      expect(seen).toEqual([]);
    });

    it('refuses another name, unless tls-server-name says it', async () => {
      const { url } = await serve('other');
      const cluster = { server: url, 'certificate-authority-data': caData };
      expect(await ask(cluster)).toEqual(unreachable('made for another name'));
      expect(await ask({ ...cluster, 'tls-server-name': 'kubernetes.default.svc' })).toEqual(ok);
    });

    it('refuses an expired certificate, and looks at nothing when told so', async () => {
      const { url } = await serve('expired');
      expect(await ask({ server: url, 'certificate-authority-data': caData })).toEqual(
        unreachable('has expired'),
      );
      expect(await ask({ server: url, 'insecure-skip-tls-verify': true })).toEqual(ok);
    });

    it('says so when the server speaks no TLS', async () => {
      const server = await startServer(version);
      held.closers.push(() => server.close());
      const access = await ask({ server: server.url.replace('http:', 'https:') });
      expect(access).toEqual(unreachable('does not speak TLS'));
    });

    it('says so when the authority is no certificate', async () => {
      const { url } = await serve('server');
      expect((await ask({ server: url, 'certificate-authority-data': base64('junk') })).kind).toBe(
        'unreachable',
      );
    });
  });

  describe('client certificates', () => {
    const tls = { requestCert: true, rejectUnauthorized: true, ca: certificate('ca') };
    const nameOf: Answer = (request, response) => {
      const { subject } = (response.req.socket as TLSSocket).getPeerCertificate();
      json(response, 200, { gitVersion: `${String(subject.CN)} ${request.method}` });
    };

    it('are sent from data or from files', async () => {
      const { url } = await serve('server', nameOf, tls);
      const cluster = { server: url, 'certificate-authority-data': caData };
      const data = {
        'client-certificate-data': base64(certificate('client')),
        'client-key-data': base64(certificate('client.key')),
      };
      const files = {
        'client-certificate': certificatePath('client'),
        'client-key': certificatePath('client.key'),
      };
      expect(await ask(cluster, data)).toEqual({ kind: 'ok', value: 'viewer GET' });
      expect(await ask(cluster, files)).toEqual({ kind: 'ok', value: 'viewer GET' });
    });

    it('that have expired are said to be so where the server only refuses', async () => {
      const { url } = await serve('server', (_, response) =>
        json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')),
      );
      const cluster = { server: url, 'certificate-authority-data': caData };
      const withCertificate = (name: string) => ({
        'client-certificate-data': base64(certificate(name)),
        'client-key-data': base64(certificate(`${name}.key`)),
      });
      expect(await ask(cluster, withCertificate('expired'))).toEqual({
        kind: 'unauthorised',
        message: 'The client certificate of the kubeconfig expired on 2021-01-01.',
      });
      expect(await ask(cluster, withCertificate('client'))).toEqual({
        kind: 'unauthorised',
        message: 'The cluster does not accept the credentials of the kubeconfig.',
      });
    });

    it('and authorities in files are read anew once a certificate does not fit', async () => {
      const { url } = await serve('server');
      const folder = await tempFolder();
      held.closers.push(() => folder.remove());
      const authority = await folder.write('ca.pem', certificate('unrelated'));
      const file = await folder.write(
        'config',
        kubeconfig({ server: url, 'certificate-authority': authority }),
      );
      const cluster = await connected(clustersOf([file]).clusters, file);
      expect(await cluster.version(never)).toEqual(unreachable('not signed by an authority'));
      await folder.write('ca.pem', certificate('ca'));
      expect(await cluster.version(never)).toEqual(ok);
    });

    it('are missed in one sentence', async () => {
      const { url } = await serve('server', nameOf, tls);
      const access = await ask({ server: url, 'certificate-authority-data': caData });
      expect(access.kind).toBe('unreachable');
      const junk = { 'client-certificate-data': base64('junk'), 'client-key-data': base64('junk') };
      const broken = await ask({ server: url, 'certificate-authority-data': caData }, junk);
      expect(broken.kind).toBe('unreachable');
    });
  });

  describe('paths', () => {
    it('go below the path of the server, as behind a gateway', async () => {
      const server = await startServer(version);
      held.closers.push(() => server.close());
      expect(await ask({ server: `${server.url}/k8s/clusters/c-1/` })).toEqual(ok);
      expect(server.seen[0]?.path).toBe('/k8s/clusters/c-1/version');
    });
  });

  it('says so when a server takes the connection and then says nothing', async () => {
    const silent = createServer(() => undefined);
    const port = await listen(silent);
    expect(await ask({ server: `https://127.0.0.1:${port}` }, {}, {}, 500)).toMatchObject({
      kind: 'unreachable',
    });
  });

  it('says so when the name cannot be resolved', async () => {
    const access = await ask({ server: 'https://nowhere.invalid' });
    expect(access).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('nowhere.invalid') as string,
    });
  });

  describe('proxies', () => {
    it('tunnels through the proxy-url of the kubeconfig, with its credentials', async () => {
      const { url } = await serve('server');
      const proxy = await startProxy();
      const cluster = {
        server: url,
        'certificate-authority-data': caData,
        'proxy-url': proxy.url.replace('//', '//ann:pw@'),
      };
      expect(await ask(cluster, { token: 'CANARY' })).toEqual(ok);
      expect(proxy.connects).toEqual([new URL(url).host]);
      expect(proxy.headers.join()).toContain(base64('ann:pw'));
      expect(proxy.headers.join()).not.toContain('CANARY');
    });

    it('says so when the proxy is not there or is none', async () => {
      const { url } = await serve('server');
      const cluster = { server: url, 'certificate-authority-data': caData };
      expect((await ask({ ...cluster, 'proxy-url': 'http://127.0.0.1:1' })).kind).toBe(
        'unreachable',
      );
      const file =
        (await held.folder?.write('config', kubeconfig({ ...cluster, 'proxy-url': 'ftp://x' }))) ??
        '';
      const { clusters } = clustersOf([file]);
      expect(await clusters.connect({ file, name: 'test' })).toEqual({
        kind: 'failed',
        status: 0,
        message: 'The proxy address of the cluster is not usable.',
      });
    });

    it('does not send loopback addresses to the proxy of the environment', async () => {
      const { url } = await serve('server');
      const proxy = await startProxy();
      const environment = { HTTPS_PROXY: proxy.url };
      expect(
        await ask({ server: url, 'certificate-authority-data': caData }, {}, environment),
      ).toEqual(ok);
      expect(proxy.connects).toEqual([]);
    });
  });

  async function listen(server: Server | ReturnType<typeof createServer>): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    held.closers.push(
      () =>
        new Promise((resolve) => {
          for (const socket of sockets) socket.destroy();
          server.close(() => resolve());
        }),
    );
    return (server.address() as AddressInfo).port;
  }

  async function startProxy() {
    const connects: string[] = [];
    const headers: string[] = [];
    const server = createHttpServer();
    server.on('connect', (request, socket: Socket) => {
      connects.push(request.url ?? '');
      headers.push(JSON.stringify(request.headers));
      const { hostname, port } = new URL(`http://${request.url ?? ''}`);
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
      held.closers.push(() => Promise.resolve(void upstream.destroy()));
    });
    const port = await listen(server);
    return { url: `http://127.0.0.1:${port}`, connects, headers };
  }
});

describe('proxyFor', () => {
  const environment = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'plain:8080' };
  const proxy = (server: string, noProxy?: string, proxyUrl?: string): string | undefined =>
    proxyFor(
      new URL(server),
      proxyUrl,
      noProxy === undefined ? environment : { ...environment, NO_PROXY: noProxy },
    );

  it.each([
    ['https://prod.example', undefined, 'http://proxy:3128'],
    ['http://prod.example', undefined, 'http://plain:8080'],
    ['https://localhost:6443', undefined, undefined],
    ['https://127.0.0.1:6443', undefined, undefined],
    ['https://[::1]:6443', undefined, undefined],
    ['https://prod.example', '*', undefined],
    ['https://prod.example', 'prod.example', undefined],
    ['https://api.prod.example', 'prod.example', undefined],
    ['https://api.prod.example', '.prod.example', undefined],
    ['https://api.prod.example', '*.prod.example', undefined],
    ['https://prod.example', '.prod.example', 'http://proxy:3128'],
    ['https://notprod.example', 'prod.example', 'http://proxy:3128'],
    ['https://prod.example', 'PROD.example , other', undefined],
    ['https://prod.example:6443', 'prod.example:6443', undefined],
    ['https://prod.example:6443', 'prod.example:443', 'http://proxy:3128'],
    ['https://prod.example', 'prod.example:443', undefined],
    ['https://10.1.2.3', '10.0.0.0/8', undefined],
    ['https://11.1.2.3', '10.0.0.0/8', 'http://proxy:3128'],
    ['https://10.1.2.3', '10.0.0.0/99', 'http://proxy:3128'],
    ['https://10.1.2.3', '10.1.2.3', undefined],
    ['https://[fd00::7]', 'fd00::/8', undefined],
    ['https://[fd00::7]', 'fd00::7', undefined],
    ['https://prod.example', '10.0.0.0/8,,', 'http://proxy:3128'],
  ])('for %s with NO_PROXY %s', (server, noProxy, expected) => {
    expect(proxy(server, noProxy)).toBe(expected);
  });

  it('prefers the kubeconfig, and reads the environment in lower case too', () => {
    expect(proxy('https://127.0.0.1', '*', 'socks5://s:1080')).toBe('socks5://s:1080');
    expect(proxyFor(new URL('https://a.example'), undefined, { https_proxy: 'http://p' })).toBe(
      'http://p',
    );
    expect(proxyFor(new URL('https://a.example'), undefined, {})).toBeUndefined();
  });
});
