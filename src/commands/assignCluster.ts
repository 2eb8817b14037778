import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import { appLabel } from '../model/app';
import { saveAssignment } from '../host/configuration';
import type { Command } from './command';
import { chooseApp } from './picks';

/** Says which cluster an app goes to, where nothing in the repository does. */
export const assignCluster: Command = async (context, argument) => {
  const state = await chooseApp(context, argument, {
    title: 'Assign Cluster',
    accepts: () => true,
    none: 'No app was found in the open folders.',
  });
  if (state === undefined) return;
  const { clusters } = (await context.workbench()).state();
  if (clusters.length === 0) throw new UserError('No cluster is known: no kubeconfig names one.');
  const cluster = await vscode.window.showQuickPick(
    clusters.map(({ name, server }) => ({ label: name, description: server ?? '' })),
    { title: `Cluster of ${appLabel(state.app)}`, placeHolder: 'Kept in your settings' },
  );
  if (cluster !== undefined) await saveAssignment(state.app.key, cluster.label);
};
