import { UserError } from '../base/userError';
import { appLabel } from '../model/app';
import type { Command } from './command';
import { chooseApp, withProgress } from './picks';

/** Reads the objects of one app anew and compares them with Git. */
export const compareApp: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('No cluster is contacted while the workspace is in Restricted Mode.');
  }
  const state = await chooseApp(context, argument, {
    title: 'Compare with Cluster',
    accepts: ({ app }) => app.destinationCluster !== undefined && app.source.kind === 'local',
    none: 'No app of the open folders has a cluster to compare with.',
  });
  if (state === undefined) return;
  await withProgress(`Comparing ${appLabel(state.app)}`, (signal) =>
    workbench.compareLive(state.app.key, signal),
  );
  const live = workbench.state().apps.find(({ app }) => app.key === state.app.key)?.live;
  if (live?.kind === 'unavailable') throw new UserError(live.reason);
};
