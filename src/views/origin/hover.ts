import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import type { WorkspaceState } from '../../model/appState';
import type { OriginAnswer, OriginFile } from '../../model/origin';
import { uriOf } from '../../host/documents';
import { documentRequest } from '../../host/documentUri';
import { SCHEMES } from '../../host/ids';
import { fileNameOf, joinRoot } from '../../host/places';
import { signalOf } from '../../host/signal';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { ShownOrigin } from './present';
import { presentOrigin } from './present';

/** On a line of a rendered, live or target document: the places of the repository that decide it. */
export function provideOrigins(source: WorkbenchSource): Disposable {
  const known = new WeakMap<WorkspaceState, Map<string, OriginAnswer>>();
  const schemes = [SCHEMES.rendered, SCHEMES.git, SCHEMES.live].map((scheme) => ({ scheme }));
  return vscode.languages.registerHoverProvider(schemes, {
    async provideHover(document, position, token) {
      const request = documentRequest(document.uri);
      const workbench = source.peek();
      if (request === undefined || workbench === undefined) return undefined;
      const state = workbench.state();
      const answers = known.get(state) ?? new Map<string, OriginAnswer>();
      known.set(state, answers);
      const line = position.line + 1;
      const key = JSON.stringify([request, line]);
      const answer =
        answers.get(key) ?? (await workbench.originsAt(request, line, signalOf(token)));
      answers.set(key, answer);
      const shown = presentOrigin(answer);
      return shown && new vscode.Hover(markdownOf(shown));
    },
  });
}

function linkTo({ root, path, line, document }: OriginFile): vscode.Uri {
  const uri =
    document === undefined
      ? vscode.Uri.file(joinRoot(root, path))
      : uriOf(document, fileNameOf(path));
  return line === undefined ? uri : uri.with({ fragment: `L${line}` });
}

/** Every text is escaped; only the links are ours. */
function markdownOf({ heading, places, why }: ShownOrigin): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.appendMarkdown('**').appendText(heading).appendMarkdown('**\n\n');
  if (why !== undefined) return markdown.appendText(why);
  for (const { text, value, place } of places) {
    const link = linkTo(place);
    markdown.appendText(`${text} `).appendMarkdown(`[Open](${link.toString()})\n\n`);
    if (value !== undefined) markdown.appendCodeblock(value, 'yaml');
  }
  return markdown;
}
