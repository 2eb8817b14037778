import * as vscode from 'vscode';
import type { Log } from '../model/ports';
import { failureOf } from './failure';

const SHOW_LOG = 'Show Log';

export interface Border {
  /** Runs what the user asked for; a failure becomes one sentence and a line in the log. */
  run(name: string, work: () => Promise<void>): Promise<void>;
  /** Runs what nobody asked for just now: failures go to the log only. */
  background(name: string, work: () => Promise<void>): void;
}

/** The only place where errors end: no other part of the extension tells the user of one. */
export function createBorder(log: Log, showLog: () => void): Border {
  return {
    async run(name, work) {
      try {
        await work();
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'cancelled') return;
        log.error(`${name}: ${failure.detail}`);
        const answer = await vscode.window.showErrorMessage(failure.message, SHOW_LOG);
        if (answer === SHOW_LOG) showLog();
      }
    },
    background(name, work) {
      work().catch((error: unknown) => {
        const failure = failureOf(error);
        if (failure.kind !== 'cancelled') log.error(`${name}: ${failure.detail}`);
      });
    },
  };
}
