import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import type { App } from '../model/app';
import type { OriginFile } from '../model/origin';
import { documentRequest } from '../host/documentUri';
import type { Opening } from '../host/open';
import { open, openingOf } from '../host/open';
import { firstExisting } from '../host/places';
import type { Command, CommandArgument, CommandContext } from './command';
import { chooseApp, withProgress } from './picks';

const NO_FILE = 'No file in the open folders makes this object.';
const ENTRY_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization', 'Chart.yaml'];

/**
 * The place that decides the line under the cursor of one of our documents, else the file that made an
 * object, or that defines an app.
 */
export const openSource: Command = async (context, argument) => {
  const { target } = argument;
  const decided = await decidingPlace(context, argument);
  if (decided !== undefined) {
    return await open(openingOf(decided));
  }
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

/** Where nothing is confirmed to decide the line, the file that makes the object has to do. */
async function decidingPlace(
  context: CommandContext,
  { uri, target }: CommandArgument,
): Promise<OriginFile | undefined> {
  const editor = vscode.window.activeTextEditor;
  // A row of a tree is about its object, whatever the editor shows.
  if (editor === undefined || (uri === undefined && target !== undefined)) return undefined;
  const request = documentRequest(editor.document.uri);
  if (request === undefined) return undefined;
  if (request.kind === 'stray') throw new UserError(NO_FILE);
  const workbench = await context.workbench();
  const line = editor.selection.active.line + 1;
  const { places, field } = await withProgress('Looking for what decides this line', (signal) =>
    workbench.originsAt(request, line, signal),
  );
  const [first] = places;
  return first ?? (field && workbench.originOf(request.appKey, field.resource));
}

function originOf(origin: OriginFile | undefined): Opening {
  if (origin === undefined) throw new UserError(NO_FILE);
  return openingOf(origin);
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
