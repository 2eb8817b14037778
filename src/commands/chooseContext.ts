import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import type { KubeContext } from '../model/cluster';
import { saveContext } from '../host/configuration';
import type { Command } from './command';
import { contextItems } from './contextItems';
import type { ContextItem } from './contextItems';
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
  const state = workbench.state().clusters.find(({ name }) => name === cluster);
  const picked = await vscode.window.showQuickPick(contextItems(contexts, state).map(pickItem), {
    title: `Context for ${cluster}`,
    placeHolder: 'Kept in your settings; the kubeconfig is never changed',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked?.context === undefined) return;
  if (picked.context.problem !== undefined) throw new UserError(picked.context.problem);
  await saveContext(cluster, picked.context.ref);
};

function pickItem(item: ContextItem): vscode.QuickPickItem & { readonly context?: KubeContext } {
  if (item.kind === 'title') return { label: item.label, kind: vscode.QuickPickItemKind.Separator };
  const { label, description, detail, context } = item;
  return { label, description, detail, context };
}
