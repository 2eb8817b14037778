import * as vscode from 'vscode';
import type { TooltipPart } from './row';

/** Texts are escaped: what a cluster or a repository says is never read as Markdown. */
export function markdownOf(parts: readonly TooltipPart[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  for (const part of parts) append(markdown, part);
  return markdown;
}

function append(markdown: vscode.MarkdownString, part: TooltipPart): void {
  switch (part.kind) {
    case 'heading':
      markdown.appendMarkdown('**').appendText(part.text).appendMarkdown('**\n\n');
      return;
    case 'line':
      markdown.appendText(part.text).appendMarkdown('\n\n');
      return;
    case 'diff':
      markdown.appendCodeblock(part.lines.join('\n'), 'diff');
      return;
  }
}
