import { describe, expect, it } from 'vitest';
import type { ShowProgress } from '../../../src/commands/preparing';
import { prepare } from '../../../src/commands/preparing';

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, ms, value));
}

/** What is on the screen, as the editor does it: at least 800 ms. */
function screen() {
  const shown = { ever: false, now: false, stop: (): void => undefined };
  const show: ShowProgress = async (until, stop) => {
    Object.assign(shown, { ever: true, now: true, stop });
    void Promise.all([until, after(800, undefined)]).then(() => (shown.now = false));
    await until;
  };
  return { shown, show };
}

describe('work before a question', () => {
  it('shows nothing when it is quick', async () => {
    const { shown, show } = screen();
    expect(await prepare(() => after(5, 'plan'), show)).toBe('plan');
    expect(shown.ever).toBe(false);
  });

  it.each([600, 1700])('has nothing left on the screen after %i ms', async (ms) => {
    const { shown, show } = screen();
    expect(await prepare(() => after(ms, 'plan'), show)).toBe('plan');
    expect(shown.ever).toBe(true);
    expect(shown.now).toBe(false);
  });

  it('can be stopped while it is shown, and fails as the work does', async () => {
    const { shown, show } = screen();
    const work = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    const running = prepare(work, show);
    await expect.poll(() => shown.now).toBe(true);
    shown.stop();
    await expect(running).rejects.toThrow('stopped');
  });

  it('fails at once where the work does', async () => {
    const { shown, show } = screen();
    await expect(prepare(() => Promise.reject(new Error('no')), show)).rejects.toThrow('no');
    expect(shown.ever).toBe(false);
  });
});
