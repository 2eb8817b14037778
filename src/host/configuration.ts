import * as vscode from 'vscode';
import type { ContextRef } from '../model/cluster';
import type { HttpSettings } from './editorProxy';
import { withEditorProxy } from './editorProxy';
import { SETTINGS, SETTINGS_SECTION } from './ids';
import type { Configuration } from './settings';

export function readConfiguration(): Configuration {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  return {
    get: (key) => configuration.get<unknown>(key),
    all(key) {
      const found = configuration.inspect<unknown>(key);
      return [
        found?.defaultValue,
        found?.globalValue,
        vscode.workspace.isTrusted ? found?.workspaceValue : undefined,
        vscode.workspace.isTrusted ? found?.workspaceFolderValue : undefined,
      ];
    },
  };
}

/** That of the editor, with the proxy that it is set to. */
export function editorEnvironment(): Readonly<Record<string, string>> {
  return withEditorProxy(process.env as Readonly<Record<string, string>>, readHttpSettings());
}

/** The user's own: a repository does not say through which proxy a cluster is asked. */
function readHttpSettings(): HttpSettings {
  const http = vscode.workspace.getConfiguration('http');
  const own = (key: string): unknown => http.inspect<unknown>(key)?.globalValue;
  return { proxy: own('proxy'), noProxy: own('noProxy'), support: own('proxySupport') };
}

/** Which context stands for a logical cluster on this machine. */
export async function saveContext(cluster: string, context: ContextRef): Promise<void> {
  await addTo(SETTINGS.contexts, cluster, { file: context.file, name: context.name });
}

/** Which logical cluster an app goes to. */
export async function saveAssignment(app: string, cluster: string): Promise<void> {
  await addTo(SETTINGS.assignments, app, cluster);
}

async function addTo(key: string, name: string, value: unknown): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  const present = configuration.inspect<Record<string, unknown>>(key)?.globalValue ?? {};
  await configuration.update(key, { ...present, [name]: value }, vscode.ConfigurationTarget.Global);
}
