import { UserError } from '../base/userError';
import { appLabel } from '../model/app';
import type { LocalState } from '../model/appState';
import type { ResourceChange } from '../model/change';
import { open, openAll } from '../host/open';
import { changeDiff } from '../views/changes/present';
import type { Command } from './command';
import { chooseApp, chooseResource } from './picks';

/** Target ↔ working copy: of one object, or of all that the local changes of an app touch. */
export const showChange: Command = async (context, argument) => {
  const state = await chooseApp(context, argument, {
    title: 'Show Local Change',
    accepts: ({ local }) => changesOf(local).length > 0,
    none: 'The local changes of the open folders change no object.',
  });
  if (state === undefined) return;
  const changes = changesOf(state.local);
  if (argument.target?.kind === 'resource') {
    const change = await chooseResource(argument, changes, 'Show Local Change');
    return change === undefined ? undefined : await open(changeDiff(change, state.app));
  }
  if (changes.length === 0) throw new UserError(`${appLabel(state.app)} does not change.`);
  await openAll(
    `${appLabel(state.app)}: target ↔ working copy`,
    changes.map((change) => changeDiff(change, state.app)),
  );
};

function changesOf(local: LocalState): readonly ResourceChange[] {
  switch (local.kind) {
    case 'compared':
      return local.comparison.changes;
    case 'unavailable':
      return local.last?.changes ?? [];
    case 'unknown':
    case 'pinned':
      return [];
  }
}
