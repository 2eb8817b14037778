import { UserError } from '../base/userError';
import type { App } from '../model/app';
import { appLabel } from '../model/app';
import type { LiveComparison } from '../model/appState';
import { open, openAll } from '../host/open';
import { liveDiff } from '../views/clusters/resources';
import { liveComparison, standingOf } from '../views/standing';
import { compareApp } from './compareApp';
import type { Command, CommandContext } from './command';
import { chooseApp, chooseResource } from './picks';

/** Live ↔ Git: of one object, or of all objects of an app that differ. */
export const showDiff: Command = async (context, argument) => {
  const state = await chooseApp(context, argument, {
    title: 'Show Diff',
    accepts: ({ app }) => app.destinationCluster !== undefined,
    none: 'No app of the open folders has a cluster to compare with.',
  });
  if (state === undefined) return;
  const comparison = liveComparison(state) ?? (await compared(context, state.app));
  if (comparison === undefined) return;
  const about = { app: state.app, cluster: comparison.cluster };
  if (argument.target?.kind === 'resource') {
    const change = await chooseResource(argument, comparison.changes, 'Show Diff');
    return change === undefined ? undefined : await open(liveDiff(change, about));
  }
  await openDifferences(state.app, comparison);
};

/** Every object that differs, in one editor. */
export async function openDifferences(app: App, comparison: LiveComparison): Promise<void> {
  const about = { app, cluster: comparison.cluster };
  const diffs = differing(comparison).map((change) => liveDiff(change, about));
  if (diffs.length === 0) throw new UserError(`${appLabel(app)} is as Git says.`);
  await openAll(`${appLabel(app)}: live ↔ Git (${comparison.cluster})`, diffs);
}

async function compared(context: CommandContext, app: App): Promise<LiveComparison | undefined> {
  await compareApp(context, { target: { kind: 'app', appKey: app.key } });
  const states = (await context.workbench()).state().apps;
  const now = states.find((one) => one.app.key === app.key);
  return now && liveComparison(now);
}

function differing(comparison: LiveComparison): LiveComparison['changes'] {
  return comparison.changes.filter((change) => {
    const standing = standingOf(change);
    return standing !== 'same' && standing !== 'explained';
  });
}
