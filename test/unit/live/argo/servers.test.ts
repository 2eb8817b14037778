import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createArgoServers } from '../../../../src/live/argo/servers';
import type { ArgoToken } from '../../../../src/model/ports';
import { yamlValue } from '../../../../src/yaml/value';
import { createFolder, silent } from '../../render/engine';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly body: string;
}

async function serve(
  status = 200,
  answer: unknown = { ok: true },
  headers: Readonly<Record<string, string>> = {},
) {
  const asked: Asked[] = [];
  const textOf = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const piece of request) text += String(piece);
    return text;
  };
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const { method = '', url = '' } = request;
      const authorization = request.headers.authorization ?? '';
      asked.push({ method, url, authorization, body });
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owned.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function config(host: string, part: { readonly server?: string; readonly user?: string } = {}) {
  return `current-context: prod
contexts:
  - {name: other, server: other.acme.example, user: other.acme.example}
  - {name: prod, server: '${host}', user: prod}
servers:
  - {server: '${host}', plain-text: true${part.server ?? ''}}
  - {server: core.acme.example, core: true}
users:
  - {name: prod, auth-token: hunter2${part.user ?? ''}}
  - {name: other.acme.example}
`;
}

function servers(text: string) {
  const folder = createFolder({ config: text });
  owned.push(folder.remove);
  const made = createArgoServers({
    configFiles: [`${folder.path}/absent`, `${folder.path}/config`],
    parse: yamlValue,
    environment: {},
    log: silent,
  });
  owned.push(() => made.dispose());
  return made;
}

describe("the user's own logins to Argo CD", () => {
  it('ask their server, with its token and nothing else', async () => {
    const { host, asked } = await serve();
    const argo = servers(config(host));
    const get = {
      method: 'GET',
      path: '/api/v1/applications/web/manifests?appNamespace=a',
    } as const;
    expect(await argo.ask(host, get, never)).toEqual({ kind: 'ok', value: { ok: true } });
    const body = { applicationSet: { kind: 'ApplicationSet' } };
    await argo.ask(host, { method: 'POST', path: '/api/v1/applicationsets/generate', body }, never);
    expect(asked).toEqual([
      { method: 'GET', url: get.path, authorization: 'Bearer hunter2', body: '' },
      {
        method: 'POST',
        url: '/api/v1/applicationsets/generate',
        authorization: 'Bearer hunter2',
        body: JSON.stringify(body),
      },
    ]);
  });

  it('know the path that a server is served below', async () => {
    const { host, asked } = await serve();
    const argo = servers(config(host, { server: ', grpc-web-root-path: /tools/argo/' }));
    await argo.ask(host, { method: 'GET', path: '/api/version' }, never);
    expect(asked.map(({ url }) => url)).toEqual(['/tools/argo/api/version']);
  });

  it.each([
    ['a server that they do not know', 'nobody.acme.example'],
    ['one without a token', 'other.acme.example'],
    ['one that is no server', 'core.acme.example'],
  ])('say how to get one to %s', async (_, server) => {
    const argo = servers(config('127.0.0.1:1'));
    expect(await argo.ask(server, { method: 'GET', path: '/api/version' }, never)).toEqual({
      kind: 'unauthorised',
      message: `Your argocd is not logged in to ${server}: run "argocd login ${server}".`,
    });
  });

  it('say so when they are not accepted any more', async () => {
    const { host } = await serve(401, { error: 'token has expired', code: 16 });
    const access = await servers(config(host)).ask(host, { method: 'GET', path: '/x' }, never);
    expect(access).toEqual({
      kind: 'unauthorised',
      canSignIn: true,
      command: `argocd login ${host} --plaintext`,
      message: `Your login of argocd to ${host} is not accepted: run "argocd login ${host} --plaintext".`,
    });
  });

  it('are known to have expired without a question, and how they are renewed', async () => {
    const { host, asked } = await serve();
    const tokenOf = (claims: unknown): string =>
      `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
    const get = { method: 'GET', path: '/x' } as const;
    const past = { exp: Date.now() / 1000 - 60 };
    const text = (claims: unknown, more = ''): string =>
      config(host).replace('auth-token: hunter2', `auth-token: ${tokenOf(claims)}${more}`);
    expect(await servers(text(past)).ask(host, get, never)).toEqual({
      kind: 'unauthorised',
      canSignIn: true,
      command: `argocd login ${host} --plaintext`,
      message: `Your login of argocd to ${host} has expired: run "argocd login ${host} --plaintext".`,
    });
    const sso = await servers(text(past, ', refresh-token: r')).ask(host, get, never);
    expect(sso).toMatchObject({ command: `argocd login ${host} --sso --plaintext` });
    const path = { server: ", insecure: true, grpc-web-root-path: '/a;b'" };
    const odd = config(host, path).replace('auth-token: hunter2', `auth-token: ${tokenOf(past)}`);
    const never1 = await servers(odd).stream(host, { path: '/x' }, never);
    expect(never1).toMatchObject({ kind: 'unauthorised' });
    // What a shell would read otherwise is said, and never run.
    expect(never1).not.toHaveProperty('command');
    expect(asked).toEqual([]);
    for (const claims of [{ exp: Date.now() / 1000 + 600 }, {}, 'odd', { exp: 'soon' }]) {
      expect((await servers(text(claims)).ask(host, get, never)).kind).toBe('ok');
    }
  });

  it('stream what their server tells, line by line, until it breaks', async () => {
    const lines = ['{"result":{"type":"ADDED"}}', '', '{"result":{"type":"MODIFIED"}}'];
    const { host, asked } = await serve(200, lines.join('\n'));
    const read = async (server: string): Promise<readonly unknown[]> => {
      const opened = await servers(config(server)).stream(server, { path: '/x' }, never);
      if (opened.kind !== 'ok') throw new Error(opened.message);
      const told: unknown[] = [];
      for await (const one of opened.value) told.push(one);
      return told;
    };
    await expect(read(host)).rejects.toThrow('cut');
    const whole = await serve(200, `${lines.join('\n')}\n`);
    expect(await read(whole.host)).toEqual([{ type: 'ADDED' }, { type: 'MODIFIED' }]);
    expect(asked[0]?.authorization).toBe('Bearer hunter2');
    const broken = await serve(200, '{"error":{"code":14,"message":"the server goes away"}}\n');
    await expect(read(broken.host)).rejects.toThrow('goes away');
    const refused = await serve(401, { code: 16 });
    const access = await servers(config(refused.host)).stream(refused.host, { path: '/x' }, never);
    expect(access).toMatchObject({ kind: 'unauthorised', canSignIn: true });
  });

  it('have a fingerprint that changes with them and tells nothing of them', async () => {
    const first = await servers(config('a.example')).fingerprint();
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await servers(config('a.example')).fingerprint()).toBe(first);
    const other = config('a.example').replace('hunter2', 'hunter3');
    expect(await servers(other).fingerprint()).not.toBe(first);
  });

  it('are listed, the current one first, without those that are none', async () => {
    const { host } = await serve();
    const text = config(host).replace('user: other.acme.example', 'user: prod');
    expect(await servers(text).known()).toEqual([host, 'other.acme.example']);
    expect(await servers('{{').known()).toEqual([]);
  });

  it('of the environment go to the server that it names', async () => {
    const { host, asked } = await serve();
    const environment = { ARGOCD_AUTH_TOKEN: 'from-there', ARGOCD_OPTS: '--plaintext --grpc-web' };
    const made = (more: Readonly<Record<string, string>>) => {
      const argo = createArgoServers({
        configFiles: [],
        parse: yamlValue,
        environment: { ...environment, ...more },
        log: silent,
      });
      owned.push(() => argo.dispose());
      return argo;
    };
    const get = { method: 'GET', path: '/x' } as const;
    expect((await made({}).ask(host, get, never)).kind).toBe('unauthorised');
    const other = made({ ARGOCD_SERVER: 'other.acme.example' });
    expect((await other.ask(host, get, never)).kind).toBe('unauthorised');
    expect(asked).toEqual([]);
    expect((await made({ ARGOCD_SERVER: host }).ask(host, get, never)).kind).toBe('ok');
    const below = '--plaintext=true --grpc-web-root-path /tools';
    await made({ ARGOCD_SERVER: host, ARGOCD_OPTS: below }).ask(host, get, never);
    expect(asked.map(({ url, authorization }) => `${url} ${authorization}`)).toEqual([
      '/x Bearer from-there',
      '/tools/x Bearer from-there',
    ]);
  });

  it('are found whether the usual port is written or not', async () => {
    const text = config('argo.acme.example:443').replace('plain-text: true', 'insecure: true');
    const argo = servers(text);
    const get = { method: 'GET', path: '/x' } as const;
    for (const server of ['argo.acme.example', 'ARGO.acme.example:443']) {
      expect((await argo.ask(server, get, never)).kind).not.toBe('unauthorised');
    }
    for (const server of ['argo.acme.example:8443', 'argo.acme.example.evil.example']) {
      expect((await argo.ask(server, get, never)).kind).toBe('unauthorised');
    }
  });

  describe('as tokens that the user stored here', () => {
    const stored = (tokens: readonly ArgoToken[], text = '') => {
      const folder = createFolder({ config: text });
      owned.push(folder.remove);
      const made = createArgoServers({
        configFiles: [`${folder.path}/config`],
        parse: yamlValue,
        environment: {},
        stored: () => Promise.resolve(tokens),
        log: silent,
      });
      owned.push(() => made.dispose());
      return made;
    };
    const own = (server: string, token = 'given', rootPath = ''): ArgoToken => ({
      server,
      token,
      plainText: true,
      rootPath,
    });
    const get = { method: 'GET', path: '/x' } as const;

    it('go before the login of the command line, below the path of their server', async () => {
      const { host, asked } = await serve();
      const argo = stored([own(host, 'given', '/tools')], config(host));
      expect((await argo.known())[0]).toBe(host);
      await argo.ask(host, get, never);
      expect(asked).toMatchObject([{ url: '/tools/x', authorization: 'Bearer given' }]);
    });

    it('go to their own server, not to another port, name or protocol of it', async () => {
      const [mine, other] = [await serve(), await serve()];
      const argo = stored([own(mine.host)]);
      const port = mine.host.split(':')[1] ?? '';
      for (const server of [other.host, '127.0.0.1', `localhost:${port}`, `${mine.host}.evil`]) {
        expect(await argo.ask(server, get, never)).toEqual({
          kind: 'unauthorised',
          message: `Your argocd is not logged in to ${server}: run "argocd login ${server}" or "Plumbline: Store Argo CD Token…".`,
        });
      }
      const secure = stored([{ ...own(mine.host), plainText: false }]);
      expect((await secure.ask(mine.host, get, never)).kind).toBe('unreachable');
      expect([...mine.asked, ...other.asked]).toEqual([]);
    });

    it('do not follow where a server sends them', async () => {
      const other = await serve();
      const location = `http://${other.host}/x`;
      const mine = await serve(307, {}, { location });
      expect((await stored([own(mine.host)]).ask(mine.host, get, never)).kind).toBe('failed');
      expect(mine.asked).toHaveLength(1);
      expect(other.asked).toEqual([]);
    });

    it('are told to be stored anew when they are not accepted or have expired', async () => {
      const { host } = await serve(401);
      const message = (why: string): unknown => ({
        kind: 'unauthorised',
        message: `Your stored token for the Argo CD at ${host} ${why}: run "Plumbline: Store Argo CD Token…".`,
      });
      expect(await stored([own(host)]).ask(host, get, never)).toEqual(message('is not accepted'));
      const past = Buffer.from('{"exp":1}').toString('base64url');
      const expired = stored([own(host, `e30.${past}.c2ln`)]);
      expect(await expired.ask(host, get, never)).toEqual(message('has expired'));
    });

    it('are never in a message, whatever the server says', async () => {
      const { host } = await serve(400, { message: 'no header "Bearer given" here' });
      const access = await stored([own(host)]).ask(host, get, never);
      expect(access).toMatchObject({ message: 'no header "Bearer <token>" here' });
    });

    it('are none without a token or a server', async () => {
      const argo = stored([own('127.0.0.1:1', ''), own('user:pw@acme.example')]);
      expect(await argo.known()).toEqual([]);
    });
  });

  it('repeat what the server has to say against it', async () => {
    const { host } = await serve(400, { message: 'application web is not there', code: 5 });
    const access = await servers(config(host)).ask(host, { method: 'GET', path: '/x' }, never);
    expect(access).toEqual({
      kind: 'failed',
      status: 400,
      message: 'application web is not there',
    });
  });

  it.each([
    ['no file', undefined],
    ['no YAML', '{{'],
    ['a list', '- a\n'],
    ['an address with a path and a login', config('user:pw@acme.example/path')],
  ])('are none in %s', async (_, text) => {
    const argo = servers(text ?? '');
    for (const server of ['user:pw@acme.example/path', '127.0.0.1:1']) {
      const access = await argo.ask(server, { method: 'GET', path: '/x' }, never);
      expect(access.kind).toBe('unauthorised');
    }
  });

  it('count as soon as they are written', async () => {
    const { host } = await serve();
    const folder = createFolder({ config: config('127.0.0.1:1') });
    owned.push(folder.remove);
    const argo = createArgoServers({
      configFiles: [`${folder.path}/config`],
      parse: yamlValue,
      environment: {},
      log: silent,
    });
    owned.push(() => argo.dispose());
    const ask = () => argo.ask(host, { method: 'GET', path: '/x' }, never);
    expect((await ask()).kind).toBe('unauthorised');
    folder.write({ config: config(host) });
    expect((await ask()).kind).toBe('ok');
  });

  it('end with the signal of whoever asked', async () => {
    const { host } = await serve();
    const reason = new Error('enough');
    const asking = servers(config(host)).ask(
      host,
      { method: 'GET', path: '/x' },
      AbortSignal.abort(reason),
    );
    await expect(asking).rejects.toBe(reason);
  });
});

describe('the file of the command line', () => {
  it('is taken apart once while it stays the same', async () => {
    const folder = createFolder({ config: config('one.acme.example') });
    owned.push(folder.remove);
    const parsed: string[] = [];
    const made = createArgoServers({
      configFiles: [`${folder.path}/config`],
      parse: (text) => {
        parsed.push(text);
        return yamlValue(text);
      },
      environment: {},
      log: silent,
    });
    owned.push(() => made.dispose());
    expect(await made.known()).toEqual(['one.acme.example']);
    const before = await made.fingerprint();
    expect(await made.fingerprint()).toBe(before);
    expect(parsed).toHaveLength(1);
    folder.write({ config: config('two.acme.example') });
    expect(await made.known()).toEqual(['two.acme.example']);
    expect(await made.fingerprint()).not.toBe(before);
    expect(parsed).toHaveLength(2);
  });
});
