import { UserError } from '../base/userError';
import type { Command } from './command';
import { chooseCluster, withProgress } from './picks';

/** Runs the login program of a cluster once, and reads every cluster that shares the login. */
export const signIn: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('No cluster is contacted while the workspace is in Restricted Mode.');
  }
  const cluster = await chooseCluster(context, argument, 'Sign In');
  if (cluster === undefined) return;
  await withProgress(`Signing in to ${cluster}`, (signal) => workbench.signIn(cluster, signal));
  const connection = workbench.state().clusters.find(({ name }) => name === cluster)?.connection;
  if (connection?.kind === 'failed') throw new UserError(connection.message);
  context.reorder();
};
