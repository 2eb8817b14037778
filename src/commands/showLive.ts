import { UserError } from '../base/userError';
import { resourceKey } from '../model/resource';
import { open } from '../host/open';
import { liveComparison } from '../views/standing';
import { resourceLabel } from '../views/words';
import type { Command } from './command';
import { chooseApp, chooseResource } from './picks';

/** One object as it runs, Secrets masked. */
export const showLive: Command = async (context, argument) => {
  const state = await chooseApp(context, argument, {
    title: 'Show Live Object',
    accepts: (one) => liveComparison(one) !== undefined,
    none: 'No app has been compared with its cluster yet.',
  });
  if (state === undefined) return;
  const comparison = liveComparison(state);
  if (comparison === undefined) return;
  const there = comparison.changes.filter(({ before }) => before !== undefined);
  if (there.length === 0) throw new UserError('None of its objects is in the cluster.');
  const change = await chooseResource(argument, there, 'Show Live Object');
  if (change === undefined) return;
  await open({
    kind: 'document',
    request: { kind: 'live', appKey: state.app.key, resource: resourceKey(change.id) },
    title: `${resourceLabel(change.id)} (live, ${comparison.cluster})`,
  });
};
