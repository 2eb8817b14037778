import * as vscode from 'vscode';
import type { OriginFile } from '../model/origin';
import type { DocumentRequest } from '../model/workbench';
import { uriOf } from './documents';
import type { CommandId } from './ids';
import { fileNameOf, joinRoot } from './places';
import type { Target } from './targets';

/** Something to show, named by its parts. */
export type Opening =
  | {
      readonly kind: 'diff';
      readonly left: DocumentRequest;
      readonly right: DocumentRequest;
      readonly leftTitle: string;
      readonly rightTitle: string;
      readonly title: string;
    }
  | {
      readonly kind: 'document';
      readonly request: DocumentRequest;
      readonly title: string;
      readonly line?: number;
    }
  | {
      readonly kind: 'file';
      readonly root: string;
      readonly path: string;
      readonly line?: number;
    }
  | {
      readonly kind: 'command';
      readonly command: CommandId;
      readonly title: string;
      readonly target: Target;
    };

/** As a built-in command, so that tree rows open previews the way the editor's own trees do. */
export function openCommand(opening: Opening): vscode.Command {
  switch (opening.kind) {
    case 'diff':
      return {
        command: 'vscode.diff',
        title: opening.title,
        arguments: [
          uriOf(opening.left, opening.leftTitle),
          uriOf(opening.right, opening.rightTitle),
          opening.title,
        ],
      };
    case 'document':
      return {
        command: 'vscode.open',
        title: opening.title,
        arguments: [
          uriOf(opening.request, opening.title),
          opening.line === undefined ? {} : { selection: lineRange(opening.line) },
        ],
      };
    case 'file':
      return {
        command: 'vscode.open',
        title: 'Open',
        arguments: [
          vscode.Uri.file(joinRoot(opening.root, opening.path)),
          opening.line === undefined ? {} : { selection: lineRange(opening.line) },
        ],
      };
    case 'command': {
      const { command, title, target } = opening;
      return { command, title, arguments: [{ target }] };
    }
  }
}

export async function open(opening: Opening): Promise<void> {
  const { command, arguments: args } = openCommand(opening);
  await vscode.commands.executeCommand(command, ...((args ?? []) as unknown[]));
}

/** Where a place stands; what is no file is shown by a document of its own. */
export function openingOf({ root, path, line, document }: OriginFile): Opening {
  const at = line === undefined ? {} : { line };
  return document === undefined
    ? { kind: 'file', root, path, ...at }
    : { kind: 'document', request: document, title: fileNameOf(path), ...at };
}

type DiffOpening = Opening & { readonly kind: 'diff' };

/**
 * Several diffs in one editor. `vscode.changes` is registered for extensions without a proposal, but
 * is not in the documented list: where it is missing the user picks one.
 */
export async function openAll(title: string, diffs: readonly DiffOpening[]): Promise<void> {
  const [only] = diffs;
  if (diffs.length === 1 && only !== undefined) return open(only);
  const resources = diffs.map((diff) => [
    uriOf(diff.right, diff.title),
    uriOf(diff.left, diff.leftTitle),
    uriOf(diff.right, diff.rightTitle),
  ]);
  const known = await vscode.commands.getCommands(true);
  if (known.includes('vscode.changes')) {
    await vscode.commands.executeCommand('vscode.changes', title, resources);
    return;
  }
  const picked = await vscode.window.showQuickPick(
    diffs.map((diff) => ({ label: diff.title, diff })),
    { title, placeHolder: 'Which object?' },
  );
  if (picked !== undefined) await open(picked.diff);
}

function lineRange(line: number): vscode.Range {
  return new vscode.Range(line - 1, 0, line - 1, 0);
}
