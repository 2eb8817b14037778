import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConsentDialog } from '../../../src/host/execConsent';
import { createExecConsent } from '../../../src/host/execConsent';
import type { KubeContext } from '../../../src/model/cluster';
import type { Cluster } from '../../../src/model/ports';
import type { TempFolder, TestServer } from '../live/testServer';
import {
  clustersOf,
  connected,
  json,
  kubeconfig,
  never,
  startServer,
  tempFolder,
} from '../live/testServer';

const apiVersion = 'client.authentication.k8s.io/v1';

function program(token: string): string {
  const answer = JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } });
  return `#!/bin/sh\necho '${answer}'\n`;
}

/** What the editor keeps for the extension. */
function memento(): Parameters<typeof createExecConsent>[0] {
  const kept = new Map<string, unknown>();
  return {
    get: <T>(key: string, fallback?: T) => (kept.get(key) as T | undefined) ?? (fallback as T),
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
  };
}

describe.skipIf(process.platform === 'win32')('consent to a login of the workspace', () => {
  const held: { workspace?: TempFolder; outside?: TempFolder; server?: TestServer } = {};
  const questions: string[] = [];
  const person = { answer: true, meanwhile: (): Promise<unknown> => Promise.resolve() };

  beforeEach(async () => {
    questions.length = 0;
    person.answer = true;
    person.meanwhile = () => Promise.resolve();
    held.workspace = await tempFolder();
    held.outside = await tempFolder();
    held.server = await startServer((request, response) =>
      json(response, 200, { gitVersion: request.headers.authorization }),
    );
  });
  afterEach(async () => {
    await held.server?.close();
  });

  const folder = (name: 'workspace' | 'outside'): TempFolder => {
    const found = held[name];
    if (found === undefined) throw new Error('not set up');
    return found;
  };

  /** The question and the login as the extension puts them together, over one kubeconfig. */
  async function desk(where: 'workspace' | 'outside', user: object) {
    const server = held.server?.url ?? '';
    const write = (text: object): Promise<string> =>
      folder(where).write('config', kubeconfig({ server }, text));
    const file = await write(user);
    const dialog: ConsentDialog = {
      async confirm(message, detail) {
        questions.push(`${message}\n\n${detail}`);
        await person.meanwhile();
        return person.answer;
      },
      place: (path) => relative(folder('workspace').path, path),
    };
    const consent = createExecConsent(memento(), dialog);
    const { clusters } = clustersOf([file], {
      workspaceFolders: [folder('workspace').path],
      allowExec: consent.allowExec,
      clock: () => Number.MAX_SAFE_INTEGER,
    });
    const context = async (): Promise<KubeContext> => {
      const [found] = await clusters.contexts();
      if (found === undefined) throw new Error('no context');
      return found;
    };
    const cluster = (): Promise<Cluster> => connected(clusters, file);
    return {
      write,
      ask: async () => consent.ask(await context()),
      login: async () => (await cluster()).version(never),
    };
  }

  const exec = (command: string, args: readonly string[] = []) => ({
    exec: { apiVersion, command, args, interactiveMode: 'Never' },
  });

  it('names the kubeconfig and the program, and a yes is enough for both', async () => {
    await folder('workspace').write('bin/login', program('t'), 0o755);
    const { ask, login } = await desk('workspace', exec('./bin/login', ['--role', 'dev ops']));
    expect(await login()).toMatchObject({ kind: 'unauthorised', needsConsent: true });
    expect(await ask()).toBe(true);
    expect(questions).toHaveLength(1);
    expect(questions[0]).toContain('Run the login program bin/login?');
    expect(questions[0]).toContain('  • config\n  • bin/login\n');
    expect(questions[0]).toContain('bin/login --role "dev ops"');
    expect(await login()).toEqual({ kind: 'ok', value: 'Bearer t' });
    expect(await ask()).toBe(true);
    expect(questions).toHaveLength(1);
  });

  it('asks again after any change of either', async () => {
    await folder('workspace').write('bin/login', program('t'), 0o755);
    const { ask, login, write } = await desk('workspace', exec('./bin/login'));
    await ask();
    expect((await login()).kind).toBe('ok');
    await folder('workspace').write('bin/login', program('evil'), 0o755);
    await write(exec('./bin/login', ['--again']));
    expect(await login()).toMatchObject({ needsConsent: true });
    await ask();
    expect(questions).toHaveLength(2);
    expect(await login()).toEqual({ kind: 'ok', value: 'Bearer evil' });
    await write(exec('./bin/login', ['--more']));
    expect(await login()).toMatchObject({ needsConsent: true });
    person.answer = false;
    expect(await ask()).toBe(false);
    expect(await login()).toMatchObject({ needsConsent: true });
    expect(questions).toHaveLength(3);
  });

  it('allows what was there when the question came, not what came under it', async () => {
    await folder('workspace').write('bin/login', program('t'), 0o755);
    const { ask, login } = await desk('workspace', exec('./bin/login'));
    person.meanwhile = () => folder('workspace').write('bin/login', program('evil'), 0o755);
    await ask();
    expect(await login()).toMatchObject({ needsConsent: true });
  });

  it('asks for a program of the workspace that a kubeconfig elsewhere names', async () => {
    const file = await folder('workspace').write('login', program('t'), 0o755);
    const { ask, login } = await desk('outside', exec(file));
    await ask();
    expect(questions[0]).toContain('  • login\n\n');
    expect(questions[0]).not.toContain('• config');
    expect(await login()).toEqual({ kind: 'ok', value: 'Bearer t' });
  });

  it('asks for a script of the workspace that an interpreter is given', async () => {
    const script = await folder('workspace').write('login.sh', program('t'));
    const { ask, login } = await desk('outside', exec('/bin/sh', [script]));
    expect(await login()).toMatchObject({ needsConsent: true });
    await ask();
    expect(questions[0]).toContain('Run the login program');
    expect(questions[0]).toContain('  • login.sh\n');
    expect(await login()).toEqual({ kind: 'ok', value: 'Bearer t' });
  });

  it('asks before a file from elsewhere is sent to the server of a kubeconfig here', async () => {
    const tokenFile = await folder('outside').write('token', 'mine');
    const { ask, login } = await desk('workspace', { tokenFile });
    expect(await login()).toMatchObject({ needsConsent: true });
    await ask();
    expect(questions[0]).toContain('Send the files that config names?');
    expect(questions[0]).toContain(`sends to the server:\n  • ${tokenFile}`);
    expect(await login()).toEqual({ kind: 'ok', value: 'Bearer mine' });
  });

  it('asks nothing where the workspace has no part in the login', async () => {
    const file = await folder('outside').write('bin/login', program('t'), 0o755);
    const { ask, login } = await desk('outside', exec(`./bin/${basename(file)}`));
    expect(await ask()).toBe(true);
    expect(questions).toEqual([]);
    expect(await login()).toEqual({ kind: 'ok', value: 'Bearer t' });
  });

  it('a hostile kubeconfig adds no lines to the question, and cannot push it out of sight', async () => {
    await folder('workspace').write('bin/login', program('t'), 0o755);
    const args = ['\u202e', 'a\n\nAny change is harmless.', 'x'.repeat(5000)];
    const { ask } = await desk('workspace', exec('./bin/login', args));
    await ask();
    expect(questions[0]?.length).toBeLessThan(1000);
    expect(questions[0]).not.toMatch(/\u202e|\nAny change is harmless/);
  });

  it('says that a file which went meanwhile cannot be read', async () => {
    const { ask } = await desk('workspace', exec('/bin/sh'));
    expect(await ask()).toBe(true);
    const gone = createExecConsent(memento(), {
      confirm: () => Promise.resolve(true),
      place: (path) => path,
    });
    const consent = { files: [join(folder('workspace').path, 'gone')], args: [], reads: [] };
    const context = { ref: { file: 'gone', name: 'a' }, server: '', consent };
    await expect(gone.ask(context)).rejects.toThrow('gone cannot be read.');
  });
});
