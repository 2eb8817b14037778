import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import { appLabel } from '../model/app';
import type { AppState } from '../model/appState';
import { askableOf, coverReferences } from '../model/missing';
import type { Workbench } from '../model/workbench';
import { appsReading } from '../host/places';
import { plural } from '../views/words';
import type { Command, CommandArgument, CommandContext } from './command';
import { fetchOutcome, progressWords } from './fetchOutcome';
import { activeFile, chooseApp, withProgress } from './picks';

const QUESTION = {
  title: 'Fetch Missing',
  accepts: (state: AppState) => askableOf(state).length > 0,
  none: 'Nothing is missing that could be fetched.',
};

/** Fetches what an app lacks (charts, bases, its source), or from a file all that its apps lack. */
export const fetchCharts: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('Nothing is fetched while the workspace is in Restricted Mode.');
  }
  const chosen = await chooseApps(context, workbench, argument);
  const [first] = chosen;
  if (first === undefined) return;
  const label = chosen.length === 1 ? appLabel(first.app) : plural(chosen.length, 'app');
  const results = await withProgress(`Fetching for ${label}`, (signal, report) =>
    Promise.all(
      chosen.map(({ app }) =>
        workbench.fetchCharts(app.key, signal, (progress) => report(progressWords(progress))),
      ),
    ),
  );
  const outcome = fetchOutcome(results, label);
  if (outcome.kind === 'failed') throw new UserError(outcome.message, outcome.detail);
  await vscode.window.showInformationMessage(outcome.message);
};

async function chooseApps(
  context: CommandContext,
  workbench: Workbench,
  argument: CommandArgument,
): Promise<readonly AppState[]> {
  const file = argument.target === undefined && argument.uri ? activeFile(argument) : undefined;
  if (file !== undefined) {
    const lacking = appsReading(workbench.state(), file).filter(QUESTION.accepts);
    if (lacking.length > 0) return coverReferences(lacking, askableOf);
  }
  const state = await chooseApp(context, argument, QUESTION);
  return state === undefined ? [] : [state];
}
