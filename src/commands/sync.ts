import { actOnApp } from './actOnApp';
import type { Command } from './command';

/** Asks Argo CD to sync an app to its target revision. */
export const sync: Command = (context, argument) =>
  actOnApp(context, argument, {
    title: 'Sync',
    accepts: ({ app }) => app.tool === 'argocd' && app.reported !== undefined,
    none: 'No Argo CD app is known from a connected cluster.',
  });
