import { UserError } from '../base/userError';
import { lookAtCluster } from '../host/connecting';
import type { Workbench } from '../model/workbench';
import type { Command, CommandContext } from './command';
import { chooseCluster, withProgress } from './picks';

/** Connects a cluster, or reads a connected one anew (*Refresh Cluster*), and compares its apps. */
export const connectCluster: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('No cluster is contacted while the workspace is in Restricted Mode.');
  }
  const cluster = await chooseCluster(context, argument, 'Connect Cluster');
  if (cluster === undefined || !(await mayLogIn(context, workbench, cluster))) return;
  // Whoever asks in so many words has time to answer a login program.
  const look = waitsForLogin(workbench, cluster)
    ? (signal: AbortSignal): Promise<void> => workbench.signIn(cluster, signal)
    : (signal: AbortSignal): Promise<void> => lookAtCluster(workbench, cluster, signal);
  await withProgress(`Reading ${cluster}`, look);
  const connection = workbench.state().clusters.find(({ name }) => name === cluster)?.connection;
  if (connection?.kind === 'failed') throw new UserError(connection.message);
  context.reorder();
};

function waitsForLogin(workbench: Workbench, cluster: string): boolean {
  const state = workbench.state().clusters.find(({ name }) => name === cluster);
  if (state?.freshness?.kind === 'signed-out') return true;
  return state?.connection.kind === 'failed' && state.connection.canSignIn === true;
}

/** Asks for consent where the login would run a program that a file of the workspace names. */
async function mayLogIn(
  context: CommandContext,
  workbench: Workbench,
  cluster: string,
): Promise<boolean> {
  const ref = workbench.state().clusters.find(({ name }) => name === cluster)?.context;
  const contexts = await workbench.contexts();
  const found = contexts.find((one) => one.ref.file === ref?.file && one.ref.name === ref.name);
  return found === undefined || (await context.consent.ask(found));
}
