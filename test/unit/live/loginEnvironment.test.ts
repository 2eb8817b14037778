import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLoginEnvironment } from '../../../src/live/loginEnvironment';
import type { LoginEnvironmentOptions } from '../../../src/live/loginEnvironment';

const owned: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of owned.splice(0)) await end();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'plumbline-shell-'));
  owned.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

function setUp(options: Partial<LoginEnvironmentOptions>) {
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (text: string) => warnings.push(text) };
  const made = createLoginEnvironment({ environment: {}, variables: () => ({}), log, ...options });
  return { made, warnings };
}

describe('what login programs are started with', () => {
  it.each<[string, Record<string, string | null>, Record<string, string>]>([
    ['adds variables', { AWS_PROFILE: 'a' }, { AWS_PROFILE: 'a' }],
    ['puts others in their place', { PATH: '/own' }, { PATH: '/own' }],
    ['adds to what was there', { PATH: '/own:${env:PATH}' }, { PATH: '/own:/usr/bin' }],
    ['takes what is not there for empty', { A: '<${env:NONE}>' }, { A: '<>' }],
  ])('%s', async (_, variables, expected) => {
    const environment = { PATH: '/usr/bin', SHLVL: '1' };
    const { made } = setUp({ environment, variables: () => variables });
    expect(made.known()).toEqual({ ...environment, ...expected });
    expect(await made.whole()).toEqual(made.known());
  });

  it('takes a variable away', () => {
    const { made } = setUp({
      environment: { SHLVL: '1', NO: 'more' },
      variables: () => ({ NO: null }),
    });
    expect(made.known()).toEqual({ SHLVL: '1' });
  });
});

describe.skipIf(process.platform === 'win32')('a process that no shell has started', () => {
  /** A home whose profile exports, and prints what no program should read. */
  async function home(profile: string): Promise<string> {
    const path = await folder();
    await writeFile(join(path, '.profile'), profile);
    await writeFile(join(path, '.bash_profile'), profile);
    return path;
  }

  it.each(['/bin/bash', '/bin/sh'])('asks %s once for what it exports', async (shell) => {
    const place = await folder();
    const HOME = await home(
      `echo run >> ${place}/runs; echo welcome; export PATH="$PATH:/opt/tools" NOTE='a\nb' ASKED="$VSCODE_RESOLVING_ENVIRONMENT"\n`,
    );
    const { made, warnings } = setUp({ environment: { HOME, PATH: '/usr/bin:/bin' }, shell });
    expect(made.known()).toEqual({ HOME, PATH: '/usr/bin:/bin' });
    const [whole, again] = await Promise.all([made.whole(), made.whole()]);
    expect(whole).toMatchObject({ HOME, NOTE: 'a\nb', ASKED: '1' });
    expect(whole['PATH']).toMatch(/:\/opt\/tools$/);
    expect(whole).not.toHaveProperty('SHLVL');
    expect(whole).not.toHaveProperty('ELECTRON_RUN_AS_NODE');
    expect([again, made.known(), warnings]).toEqual([whole, whole, []]);
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(join(place, 'runs'), 'utf8')).toBe('run\n');
  });

  it('goes on with what it has where the shell waits, fails or is none', async () => {
    const path = await folder();
    const environment = { HOME: path, PATH: '/usr/bin:/bin' };
    const waiting = join(path, 'bash');
    await writeFile(waiting, '#!/bin/sh\nsleep 600\n');
    await chmod(waiting, 0o755);
    const slow = setUp({ environment, shell: waiting, timeLimitMs: 50 });
    expect(await slow.made.whole()).toEqual(environment);
    expect(slow.warnings).toEqual(['the environment of bash: no answer within 0 s']);
    const failing = join(path, 'zsh');
    await writeFile(failing, '#!/bin/sh\nexit 3\n');
    await chmod(failing, 0o755);
    const failed = setUp({ environment, shell: failing });
    expect(await failed.made.whole()).toEqual(environment);
    expect(failed.warnings).toEqual(['the environment of zsh: it did not answer']);
    const absent = setUp({ environment, shell: join(path, 'none', 'bash') });
    expect(await absent.made.whole()).toEqual(environment);
    expect(absent.warnings).toHaveLength(1);
    const unknown = setUp({ environment, shell: '/usr/sbin/nologin' });
    expect([await unknown.made.whole(), unknown.warnings]).toEqual([environment, []]);
  });
});
