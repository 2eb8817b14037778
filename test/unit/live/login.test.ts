import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClustersOptions } from '../../../src/live/clusters';
import { createLoginEnvironment } from '../../../src/live/loginEnvironment';
import { isCancellation } from '../../../src/base/userError';
import { silent } from '../render/engine';
import type { Answer, TempFolder, TestServer } from './testServer';
import {
  certificate,
  clustersOf,
  connected,
  failure,
  json,
  kubeconfig,
  never,
  startServer,
  tempFolder,
} from './testServer';

const apiVersion = 'client.authentication.k8s.io/v1';

/** A login plugin in sh; `$0.runs` counts how often it ran. */
function plugin(body: string): string {
  return `#!/bin/sh\necho run >> "$0.runs"\n${body}\n`;
}

function credential(status: object, change: object = {}): string {
  return `cat <<'END'\n${JSON.stringify({ apiVersion, kind: 'ExecCredential', status, ...change })}\nEND`;
}

describe.skipIf(process.platform === 'win32')('login plugins', () => {
  const held: { outside?: TempFolder; workspace?: TempFolder; server?: TestServer } = {};
  beforeEach(async () => {
    held.outside = await tempFolder();
    held.workspace = await tempFolder();
    held.server = await startServer(echo);
  });
  afterEach(async () => {
    await held.server?.close();
    await held.outside?.remove();
    await held.workspace?.remove();
  });
  const outside = (): TempFolder => held.outside ?? raise();
  const workspace = (): TempFolder => held.workspace ?? raise();
  const server = (): TestServer => held.server ?? raise();

  const echo: Answer = (request, response) =>
    request.headers.authorization === undefined
      ? json(response, 401, failure(401, 'Unauthorized', 'Unauthorized'))
      : json(response, 200, { gitVersion: request.headers.authorization });

  async function setUp(exec: object, options: Partial<ClustersOptions> = {}, folder = outside()) {
    const file = await folder.write(
      'config',
      kubeconfig(
        { server: server().url, 'tls-server-name': 'prod' },
        { exec: { apiVersion, ...exec } },
      ),
    );
    const made = clustersOf([file], {
      workspaceFolders: [workspace().path],
      environment: { PATH: `${outside().path}/bin:/usr/bin:/bin` },
      ...options,
    });
    return { ...made, file, cluster: await connected(made.clusters, file) };
  }
  const runs = async (file: string): Promise<number> =>
    (await readFile(`${file}.runs`, 'utf8').catch(() => '')).split('\n').length - 1;

  it('runs the plugin once for many requests, and again when the token ends', async () => {
    const state = { nowMs: Date.parse('2026-11-21T09:00:00Z') };
    const expirationTimestamp = '2026-11-21T10:00:00Z';
    const file = await outside().write(
      'bin/login',
      plugin(credential({ token: 't1', expirationTimestamp })),
      0o755,
    );
    const { cluster } = await setUp({ command: 'login' }, { clock: () => state.nowMs });
    const answers = await Promise.all([1, 2, 3, 4].map(() => cluster.version(never)));
    expect(answers).toEqual(Array.from({ length: 4 }, () => ({ kind: 'ok', value: 'Bearer t1' })));
    expect(await runs(file)).toBe(1);
    state.nowMs = Date.parse('2026-11-21T09:59:55Z');
    await cluster.version(never);
    expect(await runs(file)).toBe(2);
  });

  it('runs it again after a 401, once', async () => {
    await server().close();
    const state = { accepted: 'Bearer t1' };
    held.server = await startServer((request, response) =>
      request.headers.authorization === state.accepted
        ? json(response, 200, { gitVersion: 'v1' })
        : json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')),
    );
    const file = await outside().write(
      'bin/login',
      plugin(
        'N=$(wc -l < "$0.runs" | tr -d " ")\necho "{\\"apiVersion\\":\\"' +
          apiVersion +
          '\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"t$N\\"}}"',
      ),
      0o755,
    );
    const { cluster } = await setUp({ command: 'login' });
    expect((await cluster.version(never)).kind).toBe('ok');
    state.accepted = 'Bearer t2';
    expect((await cluster.version(never)).kind).toBe('ok');
    expect(await runs(file)).toBe(2);
    state.accepted = 'Bearer other';
    expect((await cluster.version(never)).kind).toBe('unauthorised');
    expect(await runs(file)).toBe(3);
  });

  it('does not share a token between two files with a user of the same name', async () => {
    await outside().write('a/login', plugin(credential({ token: 'a' })), 0o755);
    await outside().write('b/login', plugin(credential({ token: 'b' })), 0o755);
    const user = { exec: { apiVersion, command: './login' } };
    const files = await Promise.all(
      ['a', 'b'].map((name) =>
        outside().write(`${name}/config`, kubeconfig({ server: server().url }, user)),
      ),
    );
    const { clusters } = clustersOf(files);
    const tokens = await Promise.all(
      files.map(async (file) => (await connected(clusters, file)).version(never)),
    );
    expect(tokens).toEqual([
      { kind: 'ok', value: 'Bearer a' },
      { kind: 'ok', value: 'Bearer b' },
    ]);
  });

  it('gives arguments and environment as they are, with what client-go tells a plugin', async () => {
    await outside().write(
      'bin/login',
      plugin(
        `printf '%s\\n' "$#" "$@" "$EXTRA" "$KUBERNETES_EXEC_INFO" > "$0.seen"\n${credential({ token: 't' })}`,
      ),
      0o755,
    );
    const args = ['$(touch pwned)', '; touch pwned', '--x=`id`', ''];
    const env = [{ name: 'EXTRA', value: '$(id)' }];
    const { cluster } = await setUp({ command: 'login', args, env, provideClusterInfo: true });
    await cluster.version(never);
    const seen = (await readFile(join(outside().path, 'bin/login.seen'), 'utf8')).split('\n');
    expect(seen.slice(0, 6)).toEqual(['4', ...args, '$(id)']);
    expect(JSON.parse(seen[6] ?? '')).toEqual({
      apiVersion,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: {
          server: server().url,
          'insecure-skip-tls-verify': false,
          'tls-server-name': 'prod',
        },
      },
    });
  });

  it.each([
    [
      'fails',
      'echo "token expired, run sso login" >&2; exit 3',
      'The login plugin "login" failed: token expired, run sso login.',
    ],
    ['says nothing', 'exit 4', 'The login plugin "login" ended with code 4.'],
    [
      'writes junk',
      'echo hello',
      'The login plugin "login" did not answer with an ExecCredential.',
    ],
    [
      'answers empty',
      credential({}),
      'The login plugin "login" answered without a token or a certificate.',
    ],
    [
      'answers in another version',
      credential({ token: 't' }, { apiVersion: 'client.authentication.k8s.io/v1beta1' }),
      'The login plugin "login" answered in another API version than the kubeconfig names.',
    ],
    [
      'leaks a token',
      `echo "bad ${'x'.repeat(60)}" >&2; exit 1`,
      'The login plugin "login" failed: bad ….',
    ],
    ['floods', 'yes', 'The login plugin "login" wrote more than a credential.'],
    ['sends a header', credential({ token: 'a\r\nX-Evil: 1' }), 'unauthorised'],
  ])('says what happened when the plugin %s', async (_, body, message) => {
    await outside().write('bin/login', plugin(body), 0o755);
    const { cluster } = await setUp({ command: 'login' });
    const access = await cluster.version(never);
    expect(access.kind).not.toBe('ok');
    if (message !== 'unauthorised')
      expect(access).toEqual({ kind: 'unauthorised', message, canSignIn: true });
    expect(server().seen.every((it) => it.headers['x-evil'] === undefined)).toBe(true);
  });

  it('ends a plugin that waits for a person, with all it started', async () => {
    const body = 'sleep 60 &\necho $! > "$0.child"\nwait';
    const file = await outside().write('bin/login', plugin(body), 0o755);
    const { cluster } = await setUp({ command: 'login' }, { timeouts: { execMs: 4000 } });
    const access = await cluster.version(never);
    expect(access).toMatchObject({
      kind: 'unauthorised',
      message: expect.stringContaining('did not answer within') as string,
    });
    const child = Number(await readFile(`${file}.child`, 'utf8'));
    await expect.poll(() => isRunning(child), { timeout: 120_000 }).toBe(false);
  });

  it('lets one caller give up without ending the login of the others', async () => {
    await outside().write('bin/login', plugin(`sleep 0.3\n${credential({ token: 't' })}`), 0o755);
    const { cluster } = await setUp({ command: 'login' });
    const controller = new AbortController();
    const gone = cluster.version(controller.signal).catch((error: unknown) => error);
    const stays = cluster.version(never);
    controller.abort();
    expect(isCancellation(await gone)).toBe(true);
    expect(await stays).toEqual({ kind: 'ok', value: 'Bearer t' });
  });

  it('uses the client certificate that a plugin gives', async () => {
    const tls = { requestCert: true, rejectUnauthorized: true, ca: certificate('ca') };
    const secure = await startServer(
      (_, response) => {
        const { subject } = (response.req.socket as TLSSocket).getPeerCertificate();
        json(response, 200, { gitVersion: String(subject.CN) });
      },
      { ...tls, cert: certificate('server'), key: certificate('server.key') },
    );
    const status = {
      clientCertificateData: certificate('client'),
      clientKeyData: certificate('client.key'),
    };
    await outside().write('bin/login', plugin(credential(status)), 0o755);
    const ca = Buffer.from(certificate('ca')).toString('base64');
    const file = await outside().write(
      'secure',
      kubeconfig(
        { server: secure.url, 'certificate-authority-data': ca },
        { exec: { apiVersion, command: './bin/login' } },
      ),
    );
    const { clusters } = clustersOf([file]);
    expect(await (await connected(clusters, file)).version(never)).toEqual({
      kind: 'ok',
      value: 'viewer',
    });
    await secure.close();
  });

  it('needs no run to say that a terminal is needed or the plugin is not there', async () => {
    const file = await outside().write('bin/login', plugin(credential({ token: 't' })), 0o755);
    const always = await setUp({ command: 'login', interactiveMode: 'Always' });
    expect(await always.cluster.version(never)).toEqual({
      kind: 'unauthorised',
      message: 'The login plugin "login" needs a terminal; log in there first.',
    });
    expect(await runs(file)).toBe(0);
    const absent = await setUp({
      command: 'nothing-here',
      installHint: 'Install it from the intranet.',
    });
    expect(await absent.cluster.version(never)).toEqual({
      kind: 'unauthorised',
      message: `The login plugin "nothing-here" was not found (PATH is ${outside().path}/bin:/usr/bin:/bin). Install it from the intranet.`,
    });
  });

  it('never looks a bare name up in the current folder or a relative PATH entry', async () => {
    const name = `plumbline-login-${process.pid}`;
    const { cluster } = await setUp({ command: name }, { environment: { PATH: `.:${''}:bin` } });
    expect(await cluster.version(never)).toMatchObject({
      message: `The login plugin "${name}" was not found (PATH is empty).`,
    });
    const beside = await setUp({ command: `./${name}` });
    expect(await beside.cluster.version(never)).toMatchObject({
      message: `The login plugin "./${name}" is no program at ${outside().path}/${name}.`,
    });
  });

  it('finds the plugin, and what it needs, by the variables that the user adds', async () => {
    await outside().write(
      'tools/corporate-login',
      plugin(
        `TOKEN="$PROFILE-$REGION"\n${credential({ token: '$TOKEN' }).replace("'END'", 'END')}`,
      ),
      0o755,
    );
    const variables: Record<string, string | null> = {};
    const programs = createLoginEnvironment({
      environment: { SHLVL: '1', PATH: '/usr/bin:/bin', REGION: 'eu' },
      variables: () => variables,
      log: silent,
    });
    const { cluster } = await setUp({ command: 'corporate-login' }, { programs });
    expect(await cluster.version(never)).toMatchObject({
      message:
        'The login plugin "corporate-login" was not found (PATH is /usr/bin:/bin); the setting plumbline.environment can add to it.',
    });
    variables['PATH'] = `${outside().path}/tools:\${env:PATH}`;
    variables['PROFILE'] = 'production';
    expect(await cluster.version(never)).toEqual({ kind: 'ok', value: 'Bearer production-eu' });
  });

  it('runs no plugin that the user lets kubectl not run, and says which file says so', async () => {
    const file = await outside().write('bin/login', plugin(credential({ token: 't' })), 0o755);
    const home = outside().path;
    const environment = { PATH: `${home}/bin:/usr/bin:/bin`, HOME: home };
    const { cluster } = await setUp({ command: 'login' }, { environment });
    const kuberc = async (text: string): Promise<unknown> => {
      await outside().write(
        '.kube/kuberc',
        `apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n${text}\n`,
      );
      return await cluster.version(never);
    };
    expect(await kuberc('credentialPluginPolicy: DenyAll')).toEqual({
      kind: 'unauthorised',
      message: `The login plugin "login" is not allowed by ${home}/.kube/kuberc: its credentialPluginPolicy is DenyAll.`,
    });
    expect(await runs(file)).toBe(0);
    const allowed =
      'credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: login}]';
    expect(await kuberc(allowed)).toMatchObject({ kind: 'ok' });
    expect(await runs(file)).toBe(1);
  });

  describe('inside the workspace', () => {
    const consents = (answer: boolean) => {
      const asked: (readonly [string, string])[] = [];
      const allowExec = (file: string, sha256: string): boolean => {
        asked.push([file, sha256]);
        return answer;
      };
      return { asked, allowExec };
    };
    const sha256 = async (file: string): Promise<string> =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex');

    it('a kubeconfig runs nothing without consent', async () => {
      const program = await outside().write('bin/login', plugin(credential({ token: 't' })), 0o755);
      const { asked, allowExec } = consents(false);
      const { cluster, clusters, file } = await setUp(
        { command: 'login' },
        { allowExec },
        workspace(),
      );
      expect((await clusters.contexts())[0]?.exec).toEqual({
        command: 'login',
        insideWorkspace: true,
      });
      expect(await cluster.version(never)).toEqual({
        kind: 'unauthorised',
        message:
          'config lies in the workspace and would run "login" to log in; it needs your consent first.',
        needsConsent: true,
      });
      expect(asked).toEqual([[file, await sha256(file)]]);
      expect(await runs(program)).toBe(0);
      expect(server().seen).toEqual([]);
    });

    it('a plugin of the workspace needs consent though the kubeconfig is elsewhere', async () => {
      const program = await workspace().write('login', plugin(credential({ token: 't' })), 0o755);
      const { asked, allowExec } = consents(false);
      const { cluster, clusters } = await setUp({ command: program }, { allowExec });
      expect((await clusters.contexts())[0]?.exec?.insideWorkspace).toBe(true);
      expect((await cluster.version(never)).kind).toBe('unauthorised');
      expect(asked).toEqual([[program, await sha256(program)]]);
      expect(await runs(program)).toBe(0);
    });

    it('a plugin outside that is a link into the workspace needs consent too', async () => {
      const program = await workspace().write('login', plugin(credential({ token: 't' })), 0o755);
      await outside().write('bin/.keep', '');
      await symlink(program, join(outside().path, 'bin', 'login'));
      const { cluster } = await setUp({ command: 'login' });
      expect((await cluster.version(never)).kind).toBe('unauthorised');
      expect(await runs(join(outside().path, 'bin', 'login'))).toBe(0);
    });

    it('consent holds for the bytes that were seen', async () => {
      const program = await workspace().write('login', plugin(credential({ token: 't' })), 0o755);
      const allowed = new Set([await sha256(program)]);
      const options = { allowExec: (_: string, hash: string) => allowed.has(hash), clock: () => 0 };
      const { cluster } = await setUp({ command: program }, options);
      expect(await cluster.version(never)).toEqual({ kind: 'ok', value: 'Bearer t' });
      await workspace().write('login', plugin(credential({ token: 'evil' })), 0o755);
      const again = await setUp({ command: program, args: ['changed'] }, options);
      expect((await again.cluster.version(never)).kind).toBe('unauthorised');
    });

    it('a kubeconfig does not send files from elsewhere to a server of its choice', async () => {
      await outside().write('secret-token', 'CANARY');
      const user = { tokenFile: join(outside().path, 'secret-token') };
      const file = await workspace().write('config', kubeconfig({ server: server().url }, user));
      const { clusters } = clustersOf([file], { workspaceFolders: [workspace().path] });
      const cluster = await connected(clusters, file);
      expect(await cluster.version(never)).toMatchObject({
        kind: 'unauthorised',
        message: expect.stringContaining('consent') as string,
      });
      expect(server().seen).toEqual([]);
      const { clusters: allowed } = clustersOf([file], {
        workspaceFolders: [workspace().path],
        allowExec: () => true,
      });
      expect(await (await connected(allowed, file)).version(never)).toEqual({
        kind: 'ok',
        value: 'Bearer CANARY',
      });
    });
  });

  it('takes relative file names from the folder of the kubeconfig, and names the one it cannot read', async () => {
    await outside().write('deep/token', ' relative \n');
    const file = await outside().write(
      'deep/config',
      kubeconfig({ server: server().url }, { tokenFile: 'token' }),
    );
    const { clusters } = clustersOf([file]);
    expect(await (await connected(clusters, file)).version(never)).toEqual({
      kind: 'ok',
      value: 'Bearer relative',
    });
    const lost = await outside().write(
      'deep/other',
      kubeconfig({ server: server().url }, { tokenFile: 'gone' }),
    );
    const { clusters: more } = clustersOf([lost]);
    expect(await (await connected(more, lost)).version(never)).toEqual({
      kind: 'unauthorised',
      message: 'The kubeconfig names gone, which cannot be read.',
    });
    expect((await stat(dirname(file))).isDirectory()).toBe(true);
  });

  it('sends an OpenID Connect token that is valid, and says when it cannot be renewed', async () => {
    const part = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = (exp: number): string => `${part({ alg: 'none' })}.${part({ exp })}.sig`;
    const user = (exp: number) => ({
      'auth-provider': { name: 'oidc', config: { 'id-token': token(exp) } },
    });
    const valid = await outside().write('valid', kubeconfig({ server: server().url }, user(4e9)));
    const ended = await outside().write('ended', kubeconfig({ server: server().url }, user(1)));
    const { clusters } = clustersOf([valid, ended]);
    expect(await (await connected(clusters, valid)).version(never)).toEqual({
      kind: 'ok',
      value: `Bearer ${token(4e9)}`,
    });
    expect(await (await connected(clusters, ended)).version(never)).toEqual({
      kind: 'unauthorised',
      message:
        'The OpenID Connect token has expired and cannot be renewed; log in again in a terminal.',
    });
  });
});

/** A killed process whose parent is gone may stay as a zombie where nobody collects it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const status = join('/proc', String(pid), 'stat');
  return !existsSync(status) || !/\) Z /.test(readFileSync(status, 'utf8'));
}

function raise(): never {
  throw new Error('not set up');
}
