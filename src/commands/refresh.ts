import type { Command } from './command';
import { withProgress } from './picks';

/** Reads every connected cluster anew and puts rows back in their order. */
export const refresh: Command = async (context) => {
  const workbench = await context.workbench();
  context.reorder();
  const connected = workbench
    .state()
    .clusters.filter(({ connection }) => connection.kind === 'connected');
  if (connected.length === 0) return;
  await withProgress('Reading clusters', async (signal) => {
    await Promise.all(connected.map(({ name }) => workbench.refreshCluster(name, signal)));
  });
  context.reorder();
};
