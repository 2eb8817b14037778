import { UserError } from '../base/userError';
import { runInTerminal } from '../host/terminal';
import type { Command } from './command';
import { chooseCluster, withProgress } from './picks';

/**
 * Runs the login program of a cluster once, and reads every cluster that shares the login. A login
 * that is made by a command of the user's own is started in a terminal; it is noticed once it is made.
 */
export const signIn: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('No cluster is contacted while the workspace is in Restricted Mode.');
  }
  const cluster = await chooseCluster(context, argument, 'Sign In');
  if (cluster === undefined) return;
  await withProgress(`Signing in to ${cluster}`, (signal) => workbench.signIn(cluster, signal));
  const connection = workbench.state().clusters.find(({ name }) => name === cluster)?.connection;
  if (connection?.kind === 'failed') {
    if (connection.command === undefined) throw new UserError(connection.message);
    runInTerminal(`Sign in to ${cluster}`, connection.command);
  }
  context.reorder();
};
