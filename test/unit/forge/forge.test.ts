import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { compareUrl, parseForgeAddress, withoutCredentials } from '../../../src/forge/address';
import { refusalOf } from '../../../src/forge/refusal';
import { createForge, detectForge } from '../../../src/forge/table';
import type { PullRequestPlan } from '../../../src/model/plan';

const signal = new AbortController().signal;

const plan: PullRequestPlan = {
  root: '/repo',
  paths: ['a.yaml'],
  baseRef: 'refs/remotes/origin/main',
  baseCommit: 'a'.repeat(40),
  baseBranch: 'main',
  branch: 'plumbline/a',
  commitMessage: 'Change a',
  title: 'Change a',
  body: 'body',
  pushRemote: 'origin',
  targetUrl: 'https://git.acme.example/acme/gitops.git',
  ridesAlong: [],
  warnings: [],
};

describe('parseForgeAddress', () => {
  it.each([
    ['https://github.com/acme/gitops.git', 'https://github.com', 'acme', 'gitops'],
    ['git@github.com:acme/gitops.git', 'https://github.com', 'acme', 'gitops'],
    ['ssh://git@git.acme.example:2222/acme/gitops', 'https://git.acme.example', 'acme', 'gitops'],
    ['http://127.0.0.1:3000/acme/gitops.git/', 'http://127.0.0.1:3000', 'acme', 'gitops'],
    ['https://u:p@git.acme.example/a/b/c.git', 'https://git.acme.example', 'a/b', 'c'],
    ['ssh://git@ssh.github.com:443/acme/gitops.git', 'https://github.com', 'acme', 'gitops'],
  ])('%s', (url, baseUrl, owner, repository) => {
    expect(parseForgeAddress(url)).toMatchObject({ baseUrl, owner, repository });
  });

  it.each(['/srv/git/gitops.git', 'file:///srv/git/gitops.git', '../gitops', 'https://x/only', ''])(
    '%j is no forge',
    (url) => {
      expect(parseForgeAddress(url)).toBeUndefined();
    },
  );

  it.each([
    ['https://ada:t0ken@git.acme.example/a/b.git', 'https://git.acme.example/a/b.git'],
    ['https://t0ken@git.acme.example/a/b.git', 'https://git.acme.example/a/b.git'],
    ['ssh://git:pw@git.acme.example/a/b.git', 'ssh://git@git.acme.example/a/b.git'],
    ['ssh://git@git.acme.example:22/a/b.git', 'ssh://git@git.acme.example:22/a/b.git'],
    ['git@git.acme.example:a/b.git', 'git@git.acme.example:a/b.git'],
    ['/srv/git/a@b.git', '/srv/git/a@b.git'],
  ])('shows %s without what signs in', (url, shown) => {
    expect(withoutCredentials(url)).toBe(shown);
  });

  it('escapes branch names in the address a person opens', () => {
    const address = parseForgeAddress('https://git.acme.example/acme/gitops.git');
    expect(address && compareUrl(address, 'main', { branch: 'x/a b#c' })).toBe(
      'https://git.acme.example/acme/gitops/compare/main...x/a%20b%23c',
    );
    const fork = { owner: 'ada', branch: 'x' };
    expect(address && compareUrl(address, 'main', fork)).toBe(
      'https://git.acme.example/acme/gitops/compare/main...ada:x',
    );
  });
});

describe('refusalOf', () => {
  it.each([
    [401, 'expired'],
    [403, 'may not open'],
    [404, 'does not show'],
    [409, 'exists already'],
    [0, 'could not be reached'],
    [500, '(500)'],
  ])('%i', (status, part) => {
    expect(refusalOf(status, 'detail', 'Gitea').reason).toContain(part);
  });

  it('knows an open pull request by its words, too, and a token that is of no use', () => {
    const said = 'Validation Failed: A pull request already exists for ada:x.';
    expect(refusalOf(422, said, 'GitHub')).toMatchObject({
      reason: 'A pull request for this branch exists already.',
      tokenRefused: false,
    });
    expect(refusalOf(401, '', 'GitHub').tokenRefused).toBe(true);
  });
});

describe('against a server on loopback', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  interface Reply {
    readonly status: number;
    readonly body: string;
  }

  async function serve(replies: Readonly<Record<string, Reply>>) {
    const seen: { path: string; authorization: string | undefined; body: string }[] = [];
    const server = createServer((request, response) => {
      void readBody(request).then((body) => {
        const path = request.url ?? '';
        seen.push({ path, authorization: request.headers.authorization, body });
        const reply = replies[path] ?? { status: 404, body: '{}' };
        response.writeHead(reply.status, { 'content-type': 'application/json' });
        response.end(reply.body);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const address = parseForgeAddress(`${baseUrl}/acme/gitops.git`);
    if (address === undefined) throw new Error('no address');
    return { address, seen };
  }

  async function readBody(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }

  const pulls = '/api/v1/repos/acme/gitops/pulls';

  it('opens a pull request on Gitea and sends the token in the header only', async () => {
    const body = JSON.stringify({ html_url: 'http://x/pulls/7', number: 7 });
    const { address, seen } = await serve({ [pulls]: { status: 201, body } });
    const forge = createForge('gitea', { address, token: 't0ken' });
    const outcome = await forge?.openPullRequest(plan, { branch: 'plumbline/a' }, signal);
    expect(outcome).toEqual({ kind: 'opened', url: 'http://x/pulls/7', number: 7 });
    expect(seen[0]?.authorization).toBe('token t0ken');
    expect(seen[0]?.path).not.toContain('t0ken');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      title: 'Change a',
      body: 'body',
      base: 'main',
      head: 'plumbline/a',
    });
  });

  it.each([
    [401, '{"message":"token is required"}', 'expired'],
    [409, '{"message":"exists"}', 'exists already'],
    [502, '<html>bad gateway</html>', '(502)'],
    [201, '{"html_url":', '(201)'],
  ])('a refusal with %i leaves the pushed branch and one sentence', async (status, body, part) => {
    const { address } = await serve({ [pulls]: { status, body } });
    const forge = createForge('gitea', { address, token: 't' });
    const outcome = await forge?.openPullRequest(plan, { branch: 'b' }, signal);
    expect(outcome).toMatchObject({ kind: 'pushed' });
    expect(outcome?.kind === 'pushed' ? outcome.reason : '').toContain(part);
  });

  it('opens a pull request on GitHub Enterprise from a fork', async () => {
    const path = '/api/v3/repos/acme/gitops/pulls';
    const body = JSON.stringify({ html_url: 'https://x/pull/3', number: 3 });
    const { address, seen } = await serve({ [path]: { status: 201, body } });
    const forge = createForge('github', { address, token: 't' });
    const outcome = await forge?.openPullRequest(plan, { owner: 'ada', branch: 'b' }, signal);
    expect(outcome).toEqual({ kind: 'opened', url: 'https://x/pull/3', number: 3 });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ head: 'ada:b', base: 'main' });
  });

  it('names the repository of a fork that has the same owner, as GitHub asks for', async () => {
    const path = '/api/v3/repos/acme/gitops/pulls';
    const { address, seen } = await serve({ [path]: { status: 500, body: '{}' } });
    const head = { owner: 'acme', repository: 'gitops-fork', branch: 'b' };
    await createForge('github', { address, token: 't' })?.openPullRequest(plan, head, signal);
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      head: 'acme:b',
      head_repo: 'gitops-fork',
    });
  });

  it.each(['github', 'gitea'] as const)(
    'a %s that redirects elsewhere gets no second request with the token',
    async (name) => {
      const thief = await serve({});
      const server = createServer((_, response) => {
        response.writeHead(307, { location: `${thief.address.baseUrl}/stolen` });
        response.end();
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const port = (server.address() as AddressInfo).port;
      const address = parseForgeAddress(`http://127.0.0.1:${port}/acme/gitops`);
      const forge = address && createForge(name, { address, token: 't0ken' });
      const outcome = await forge?.openPullRequest(plan, { branch: 'b' }, signal);
      expect(outcome?.kind).toBe('pushed');
      expect(thief.seen).toEqual([]);
    },
  );

  it('an expired GitHub token is one sentence', async () => {
    const path = '/api/v3/repos/acme/gitops/pulls';
    const { address } = await serve({ [path]: { status: 401, body: '{"message":"Bad"}' } });
    const forge = createForge('github', { address, token: 't' });
    const outcome = await forge?.openPullRequest(plan, { branch: 'b' }, signal);
    expect(outcome?.kind === 'pushed' ? outcome.reason : '').toContain('expired');
  });

  it('an aborted request is thrown, not told', async () => {
    const { address } = await serve({});
    const forge = createForge('gitea', { address, token: 't' });
    await expect(
      forge?.openPullRequest(plan, { branch: 'b' }, AbortSignal.abort()),
    ).rejects.toThrow();
  });

  it('tells the forges apart by what they answer', async () => {
    const gitea = await serve({ '/api/v1/version': { status: 200, body: '{"version":"1.26"}' } });
    expect(await detectForge(gitea.address, signal)).toBe('gitea');
    const meta = '{"verifiable_password_authentication":true}';
    const github = await serve({ '/api/v3/meta': { status: 200, body: meta } });
    expect(await detectForge(github.address, signal)).toBe('github');
    const other = await serve({ '/api/v1/version': { status: 200, body: '<html>' } });
    expect(await detectForge(other.address, signal)).toBeUndefined();
  });

  it('knows the public host without asking', async () => {
    const address = parseForgeAddress('git@github.com:acme/gitops.git');
    expect(address && (await detectForge(address, signal))).toBe('github');
  });
});
