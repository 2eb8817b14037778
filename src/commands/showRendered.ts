import { appLabel } from '../model/app';
import { open } from '../host/open';
import type { Command } from './command';
import { chooseApp } from './picks';

/** Everything that an app renders to, as its controller would apply it, Secrets masked. */
export const showRendered: Command = async (context, argument) => {
  const state = await chooseApp(context, argument, {
    title: 'Show Rendered',
    accepts: ({ app }) => app.source.kind === 'local',
    none: 'No app of the open folders can be rendered.',
  });
  if (state === undefined) return;
  await open({
    kind: 'document',
    request: { kind: 'rendered', appKey: state.app.key },
    title: `${appLabel(state.app)} (rendered)`,
  });
};
