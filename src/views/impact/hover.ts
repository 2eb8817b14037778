import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { COMMANDS } from '../../host/ids';
import { signalOf } from '../../host/signal';
import type { WorkbenchSource } from '../../host/workbenchSource';
import { markdownOf } from '../markdown';
import { hunkAt, presentHover } from './present';

/** On a marked line: what that edit alone changes, worked out when somebody asks. */
export function provideHover(source: WorkbenchSource): Disposable {
  return vscode.languages.registerHoverProvider(
    { scheme: 'file' },
    {
      async provideHover(document, position, token) {
        const workbench = source.peek();
        const impact = workbench?.impactOf(document.uri.fsPath);
        const hunk = hunkAt(impact, position.line);
        if (workbench === undefined || hunk === undefined || impact?.objectCount === 0) {
          return undefined;
        }
        const apps = await workbench.hunkImpact(document.uri.fsPath, hunk, signalOf(token));
        const text = markdownOf(presentHover(apps, Date.now()));
        return new vscode.Hover([text, links(document.uri)]);
      },
    },
  );
}

/** Only this text, which holds nothing from outside, may run commands, and only these two. */
function links(uri: vscode.Uri): vscode.MarkdownString {
  const argument = encodeURIComponent(JSON.stringify([uri]));
  const markdown = new vscode.MarkdownString(
    `[Show all changes](command:${COMMANDS.showImpact}?${argument}) · ` +
      `[Create pull request…](command:${COMMANDS.createPullRequest}?${argument})`,
  );
  markdown.isTrusted = { enabledCommands: [COMMANDS.showImpact, COMMANDS.createPullRequest] };
  return markdown;
}
