import { UserError } from '../base/userError';
import type { App } from '../model/app';
import type { Opening } from '../host/open';
import { open } from '../host/open';
import { firstExisting } from '../host/places';
import type { Target } from '../host/targets';
import type { Command } from './command';
import { chooseApp } from './picks';

const ENTRY_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization', 'Chart.yaml'];

/** The file that made an object, or that defines an app. */
export const openSource: Command = async (context, argument) => {
  const { target } = argument;
  if (target?.kind === 'file') return await open(target);
  if (target?.kind === 'resource') {
    const workbench = await context.workbench();
    return await open(originOf(workbench.originOf(target.appKey, target.resource)));
  }
  const state = await chooseApp(context, argument, {
    title: 'Open Source',
    accepts: ({ app }) => app.definedIn !== undefined || app.source.kind === 'local',
    none: 'No app of the open folders has its source here.',
  });
  if (state !== undefined) await open(sourceOf(state.app));
};

function originOf(
  origin: Omit<Extract<Target, { kind: 'file' }>, 'kind'> | undefined,
): Opening & { kind: 'file' } {
  if (origin === undefined) throw new UserError('No file in the open folders makes this object.');
  return { kind: 'file', ...origin };
}

function sourceOf(app: App): Opening & { kind: 'file' } {
  if (app.definedIn !== undefined) return { kind: 'file', ...app.definedIn };
  if (app.source.kind !== 'local') {
    throw new UserError('The source of this app is in no open folder.');
  }
  const { root, render } = app.source;
  const path = firstExisting(root, render.path, ENTRY_FILES);
  if (path === undefined) throw new UserError(`${render.path} has no file that defines this app.`);
  return { kind: 'file', root, path };
}
