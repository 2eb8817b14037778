import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import type { AppState } from '../model/appState';
import type { ResourceChange } from '../model/change';
import { resourceKey } from '../model/resource';
import type { Workbench } from '../model/workbench';
import { dotted, resourceLabel } from '../views/words';
import type { CommandArgument, CommandContext } from './command';
import { prepare } from './preparing';
import type { Suggestion } from './suggestions';
import { suggestApps } from './suggestions';

const MOST_RECENT = 5;

const GROUP_TITLES: Readonly<Record<Suggestion['group'], string>> = {
  file: 'Of the active file',
  recent: 'Recent',
  all: 'All',
};

export interface AppQuestion {
  readonly title: string;
  readonly accepts: (state: AppState) => boolean;
  /** Why there may be none: one sentence. */
  readonly none: string;
}

/** The app of the argument, else one that the user picks; `undefined` when they pick none. */
export async function chooseApp(
  context: CommandContext,
  argument: CommandArgument,
  question: AppQuestion,
): Promise<AppState | undefined> {
  const workbench = await context.workbench();
  const chosen = targetApp(workbench, argument) ?? (await pickApp(context, argument, question));
  if (chosen === undefined) return undefined;
  if (!question.accepts(chosen)) throw new UserError(question.none);
  remember(context, chosen.app.key);
  return chosen;
}

function targetApp(workbench: Workbench, { target }: CommandArgument): AppState | undefined {
  if (target?.kind !== 'app' && target?.kind !== 'resource') return undefined;
  const state = workbench.state().apps.find(({ app }) => app.key === target.appKey);
  if (state === undefined) throw new UserError('This app is not there any more.');
  return state;
}

async function pickApp(
  context: CommandContext,
  argument: CommandArgument,
  question: AppQuestion,
): Promise<AppState | undefined> {
  const workbench = await context.workbench();
  const state = workbench.state();
  const suggestions = suggestApps({
    state,
    activeFile: activeFile(argument),
    recent: context.recentApps,
    accepts: question.accepts,
  });
  if (suggestions.length === 0) throw new UserError(question.none);
  const fromFile = suggestions.filter(({ group }) => group === 'file');
  const [only] = fromFile;
  // A link in a file is about that file: no question where it has just one app.
  if (argument.uri !== undefined && fromFile.length === 1 && only !== undefined) {
    return state.apps.find(({ app }) => app.key === only.app.key);
  }
  const picked = await vscode.window.showQuickPick(withSeparators(suggestions), {
    title: question.title,
    placeHolder: 'Which app?',
    matchOnDescription: true,
  });
  return state.apps.find(({ app }) => app.key === picked?.app?.app.key);
}

interface AppItem extends vscode.QuickPickItem {
  readonly app?: Suggestion;
}

function withSeparators(suggestions: readonly Suggestion[]): AppItem[] {
  return suggestions.flatMap((one, index): AppItem[] => {
    const item = { label: one.label, description: one.description, app: one };
    if (suggestions[index - 1]?.group === one.group) return [item];
    const kind = vscode.QuickPickItemKind.Separator;
    return [{ label: GROUP_TITLES[one.group], kind }, item];
  });
}

/** The file that a command without a target is about. */
export function activeFile(argument: CommandArgument): string | undefined {
  const uri = argument.uri ?? vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' ? uri.fsPath : undefined;
}

function remember(context: CommandContext, key: string): void {
  const others = context.recentApps.filter((one) => one !== key);
  context.recentApps.splice(0, Infinity, key, ...others.slice(0, MOST_RECENT - 1));
}

/** The object of the argument among the changes, else one that the user picks. */
export async function chooseResource(
  argument: CommandArgument,
  changes: readonly ResourceChange[],
  title: string,
): Promise<ResourceChange | undefined> {
  const { target } = argument;
  if (target?.kind === 'resource') {
    const found = changes.find((change) => resourceKey(change.id) === target.resource);
    if (found === undefined) throw new UserError('The app no longer has this object.');
    return found;
  }
  const picked = await vscode.window.showQuickPick(
    changes.map((change) => ({
      label: resourceLabel(change.id),
      description: dotted(change.id.namespace, change.action),
      change,
    })),
    { title, placeHolder: 'Which object?', matchOnDescription: true },
  );
  return picked?.change;
}

/** The cluster of the argument, else one that the user picks. */
export async function chooseCluster(
  context: CommandContext,
  argument: CommandArgument,
  title: string,
): Promise<string | undefined> {
  if (argument.target?.kind === 'cluster') return argument.target.cluster;
  const { clusters } = (await context.workbench()).state();
  if (clusters.length === 0) throw new UserError('No cluster is known: no kubeconfig names one.');
  return await vscode.window.showQuickPick(
    clusters.map(({ name }) => name),
    { title, placeHolder: 'Which cluster?' },
  );
}

/** Work that the user waits for and can stop. */
export async function withProgress<T>(
  title: string,
  work: (signal: AbortSignal, report: (message: string) => void) => Promise<T>,
): Promise<T> {
  return await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const controller = new AbortController();
      const listener = token.onCancellationRequested(() => controller.abort());
      try {
        return await work(controller.signal, (message) => progress.report({ message }));
      } finally {
        listener.dispose();
      }
    },
  );
}

/** As `withProgress`, for what comes before a question: no notification stands beside that. */
export async function withQuietProgress<T>(
  title: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return await prepare(work, (until, stop) =>
    vscode.window.withProgress(options, async (_, token) => {
      const listener = token.onCancellationRequested(stop);
      await until;
      listener.dispose();
    }),
  );
}
