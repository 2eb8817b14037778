import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import type { AppState } from '../model/appState';
import type { ActionProgress, ClusterPlan } from '../model/plan';
import type { Workbench } from '../model/workbench';
import { liveComparison } from '../views/standing';
import { ask, unsavedFiles } from './ask';
import type { CommandArgument, CommandContext } from './command';
import { clusterQuestion } from './confirmation';
import type { AppQuestion } from './picks';
import { chooseApp, withProgress, withQuietProgress } from './picks';
import { openDifferences } from './showDiff';

/** Plans an action on an app's custom resource, shows the plan, runs it after a yes, and follows it. */
export async function actOnApp(
  context: CommandContext,
  argument: CommandArgument,
  question: AppQuestion,
): Promise<void> {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('No cluster is contacted while the workspace is in Restricted Mode.');
  }
  const state = await chooseApp(context, argument, question);
  if (state === undefined) return;
  const plan = await withQuietProgress(`${question.title} fetches and compares`, (signal) =>
    workbench.planAction(state.app.key, signal),
  );
  if (plan.kind === 'refusal') throw new UserError(plan.reason);
  const asked = clusterQuestion(plan, {
    unsaved: unsavedFiles(),
    protectedClusters: context.protectedClusters(),
  });
  if (await ask(asked, () => showChanges(workbench, state))) {
    await carryOut(workbench, plan, state);
  }
}

/** The comparison that the plan was made from. */
async function showChanges(workbench: Workbench, { app }: AppState): Promise<void> {
  const now = workbench.state().apps.find((one) => one.app.key === app.key);
  const comparison = now && liveComparison(now);
  if (comparison !== undefined) await openDifferences(app, comparison);
}

async function carryOut(workbench: Workbench, plan: ClusterPlan, state: AppState): Promise<void> {
  const title = `${plan.confirmation.title} on ${plan.cluster}`;
  const outcome = await withProgress(title, async (signal, report) => {
    const onProgress = ({ message }: ActionProgress): void => report(message);
    const result = await workbench.runAction(plan, onProgress, signal);
    if (!signal.aborted) await workbench.compareLive(state.app.key, signal);
    return result;
  });
  switch (outcome.kind) {
    case 'failed':
    case 'refused':
      throw new UserError(`${plan.appLabel} on ${plan.cluster}: ${outcome.message}`);
    case 'succeeded':
    case 'running':
      await vscode.window.showInformationMessage(
        `${plan.appLabel} on ${plan.cluster}: ${outcome.message}`,
      );
  }
}
