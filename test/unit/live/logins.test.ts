import { describe, expect, it } from 'vitest';
import type { ExecOutcome } from '../../../src/live/execPlugin';
import { createLogins } from '../../../src/live/logins';

const never = new AbortController().signal;
const LIMIT_MS = 30_000;

function setUp() {
  const time = { nowMs: 0 };
  const logins = createLogins({ clock: () => time.nowMs, timeLimitMs: LIMIT_MS });
  const runs: { readonly name: string; readonly limitMs: number }[] = [];
  /** A program that takes `tookMs` and then answers. */
  const program =
    (name: string, outcome: ExecOutcome, tookMs = 0) =>
    async (limitMs: number): Promise<ExecOutcome> => {
      runs.push({ name, limitMs });
      await Promise.resolve();
      time.nowMs += tookMs;
      return outcome;
    };
  return { time, logins, runs, program };
}

const ok = (token: string, expiresAtMs?: number): ExecOutcome => ({
  kind: 'ok',
  credential: expiresAtMs === undefined ? { token } : { token, expiresAtMs },
});
const failed: ExecOutcome = { kind: 'failed', message: 'no' };

describe('shared logins', () => {
  it('run a program once for all that share it, until its answer ends', async () => {
    const { time, logins, runs, program } = setUp();
    const run = program('a', ok('t', 100_000));
    const twelve = Array.from({ length: 12 }, () => logins.of('key', '/bin/login'));
    const answers = await Promise.all(twelve.map((login) => login.credential(run)));
    expect(answers.every((answer) => answer.kind === 'ok')).toBe(true);
    expect(runs).toEqual([{ name: 'a', limitMs: LIMIT_MS }]);
    time.nowMs = 89_000;
    await logins.of('key', '/bin/login').credential(run);
    expect(runs).toHaveLength(1);
    time.nowMs = 91_000;
    await logins.of('key', '/bin/login').credential(run);
    expect(runs).toHaveLength(2);
  });

  it('run one program after the other, and none that waits behind one that nobody answered', async () => {
    const { logins, runs, program } = setUp();
    const keys = Array.from({ length: 12 }, (_, index) => `cluster-${index}`);
    const answers = await Promise.all(
      keys.map((key) => logins.of(key, '/bin/sso').credential(program(key, failed, LIMIT_MS))),
    );
    expect(answers.every((answer) => answer === failed)).toBe(true);
    expect(runs.map(({ name }) => name)).toEqual(['cluster-0']);
    await logins.of('other', '/bin/other').credential(program('other', ok('t')));
    expect(runs.map(({ name }) => name)).toEqual(['cluster-0', 'other']);
  });

  it('run the others after one that failed at once', async () => {
    const { logins, runs, program } = setUp();
    const first = logins.of('a', '/bin/aws').credential(program('a', failed));
    const second = logins.of('b', '/bin/aws').credential(program('b', ok('t')));
    expect([(await first).kind, (await second).kind]).toEqual(['failed', 'ok']);
    expect(runs).toHaveLength(2);
  });

  it('leave a program that failed alone for a moment, but not after a person asks', async () => {
    const { time, logins, runs, program } = setUp();
    const login = logins.of('a', '/bin/sso');
    const run = program('a', failed);
    await login.credential(run);
    await login.credential(run);
    expect(runs).toHaveLength(1);
    await login.signIn(program('asked', ok('t')), never);
    expect(runs.at(-1)).toEqual({ name: 'asked', limitMs: 300_000 });
    expect(await login.credential(run)).toEqual(ok('t'));
    login.forget({ token: 'another' });
    expect(await login.credential(run)).toEqual(ok('t'));
    const held = await login.credential(run);
    if (held.kind === 'ok') login.forget(held.credential);
    await login.credential(run);
    expect(runs).toHaveLength(3);
    time.nowMs += 10_001;
    await login.credential(run);
    expect(runs).toHaveLength(4);
  });
});
