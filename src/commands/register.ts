import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import type { Border } from '../host/runCommand';
import { argumentOf } from './argument';
import type { CommandContext } from './command';
import { COMMAND_TABLE } from './index';

/** Registers every command, each behind the border where its errors end. */
export function registerCommands(context: CommandContext, border: Border): Disposable {
  const owned = createDisposables();
  for (const [id, command] of Object.entries(COMMAND_TABLE)) {
    const run = (first: unknown): Promise<void> =>
      border.run(id, () => command(context, argumentOf(first)));
    owned.add(vscode.commands.registerCommand(id, run));
  }
  return owned;
}
