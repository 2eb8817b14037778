import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { createDisposables } from './base/dispose';
import { messageOf } from './base/userError';
import type { Workbench } from './model/workbench';
import { registerCommands } from './commands/register';
import { lookAtRow } from './host/connecting';
import { createPreviews } from './host/documents';
import { editorEnvironment } from './host/configuration';
import { enginePath } from './host/enginePath';
import { consentDialog } from './host/consentDialog';
import type { ExecConsent } from './host/execConsent';
import { createExecConsent } from './host/execConsent';
import { channelLog } from './host/log';
import { createBorder } from './host/runCommand';
import type { SettingsReader } from './host/session';
import {
  followContextKeys,
  followEditor,
  openClusters,
  readSettings,
  tidyCharts,
} from './host/session';
import { logStory } from './host/storyLog';
import { argoTokensIn, createTokens } from './host/tokens';
import { createWorkbenchSource } from './host/workbenchSource';
import { createFeatures } from './views/features';
import { loadCore } from './loadCore';

/** Builds and connects; nothing heavy is loaded before the core is first asked for. */
export function activate(context: vscode.ExtensionContext): void {
  const owned = createDisposables();
  context.subscriptions.push(owned);
  const channel = owned.add(vscode.window.createOutputChannel('Plumbline', { log: true }));
  const log = channelLog(channel);
  const border = createBorder(log, () => channel.show());
  const settings = owned.add(readSettings());
  const consent = createExecConsent(context.globalState, consentDialog);
  const lifetime = new AbortController();
  owned.add({ dispose: () => lifetime.abort() });

  const load = async (): Promise<Workbench> => {
    const workbench = await createCore({ context, channel, settings, consent });
    owned.add(followEditor(workbench, settings));
    border.background('open clusters', () => openClusters(workbench, settings, lifetime.signal));
    border.background('tidy charts', () => tidyCharts(workbench, lifetime.signal));
    return workbench;
  };
  const source = owned.add(
    createWorkbenchSource(load, {
      trusted: () => vscode.workspace.isTrusted,
      onError: (error) => log.error(messageOf(error)),
    }),
  );
  owned.add(logStory(source, log));
  const { clusters, changes, problems } = owned.add(
    createFeatures(source, settings, {
      memory: context.workspaceState,
      onExpand: (target) =>
        border.background('expand', async () => {
          const options = { settings: settings.editor(), signal: lifetime.signal };
          log.debug(`expanded ${JSON.stringify(target)}`);
          await lookAtRow(await source.get(), target, options);
        }),
    }),
  );
  owned.add(followContextKeys(source, () => changes.files().length > 0, border));
  const commands = {
    workbench: () => source.get(),
    changes,
    problems,
    previews: owned.add(createPreviews()),
    tokens: createTokens(context.secrets, process.env),
    consent,
    log,
    showLog: () => channel.show(),
    tree: clusters,
    reorder: () => clusters.reorder(),
    editorSettings: () => settings.editor(),
    protectedClusters: () => settings.core().protectedClusters,
    recentApps: [],
  };
  owned.add(registerCommands(commands, border));
  // After this turn, so that activation itself stays short.
  setTimeout(() => border.background('start', async () => void (await source.get())), 0);
}

interface CoreParts {
  readonly context: vscode.ExtensionContext;
  readonly channel: vscode.LogOutputChannel;
  readonly settings: SettingsReader;
  readonly consent: ExecConsent;
}

async function createCore(parts: CoreParts): Promise<Workbench> {
  const { extensionPath, globalStorageUri } = parts.context;
  const emptyFolder = join(globalStorageUri.fsPath, 'empty');
  await mkdir(emptyFolder, { recursive: true });
  const compose = await loadCore();
  return compose({
    enginePath: enginePath(extensionPath, process),
    schemasPath: join(extensionPath, 'dist', 'schemas'),
    emptyFolder,
    chartsFolder: join(globalStorageUri.fsPath, 'charts'),
    rendersFolder: join(globalStorageUri.fsPath, 'renders'),
    settings: parts.settings.core(),
    environment: editorEnvironment(),
    loginVariables: () => parts.settings.editor().environment,
    trusted: vscode.workspace.isTrusted,
    user: userInfo().username,
    log: channelLog(parts.channel),
    allowExec: parts.consent.allowExec,
    argoTokens: argoTokensIn(parts.context.secrets),
  });
}
