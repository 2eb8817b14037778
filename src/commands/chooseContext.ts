import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import type { KubeContext } from '../model/cluster';
import { saveContext } from '../host/configuration';
import type { Command } from './command';
import { chooseCluster } from './picks';

/** Says which context of a kubeconfig stands for a cluster on this machine. */
export const chooseContext: Command = async (context, argument) => {
  const workbench = await context.workbench();
  const contexts = await workbench.contexts();
  if (contexts.length === 0) {
    throw new UserError(
      'No kubeconfig with a context was found; see the setting plumbline.kubeconfigs.',
    );
  }
  const cluster = await chooseCluster(context, argument, 'Choose Context');
  if (cluster === undefined) return;
  const picked = await vscode.window.showQuickPick(contexts.map(contextItem), {
    title: `Context for ${cluster}`,
    placeHolder: 'Kept in your settings; the kubeconfig is never changed',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  if (picked.context.problem !== undefined) throw new UserError(picked.context.problem);
  await saveContext(cluster, picked.context.ref);
};

function contextItem(context: KubeContext): vscode.QuickPickItem & { context: KubeContext } {
  return {
    label: context.ref.name,
    description: context.problem ?? context.server,
    detail: context.ref.file,
    context,
  };
}
