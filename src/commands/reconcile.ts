import { actOnApp } from './actOnApp';
import type { Command } from './command';

/** Asks Flux to fetch an app's source and to reconcile it. */
export const reconcile: Command = (context, argument) =>
  actOnApp(context, argument, {
    title: 'Reconcile',
    accepts: ({ app }) => app.tool === 'flux' && app.reported !== undefined,
    none: 'No Flux app is known from a connected cluster.',
  });
