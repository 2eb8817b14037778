import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Test } from './suite';
import { until } from './suite';
import { lensSays, show, uriOf, withSaved } from './workspace';

const VALUES = 'charts/shop/values-prod.yaml';

function diffTabs(): readonly vscode.TabInputTextDiff[] {
  return vscode.window.tabGroups.all.flatMap((group) =>
    group.tabs.flatMap(({ input }) => (input instanceof vscode.TabInputTextDiff ? [input] : [])),
  );
}

async function textOf(uri: vscode.Uri): Promise<string> {
  return (await vscode.workspace.openTextDocument(uri)).getText();
}

export const documentTests: readonly Test[] = [
  {
    name: 'what a file changes opens as a diff of target and working copy that follows later saves',
    run: async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await show(VALUES);
      await withSaved(VALUES, ['memory: 768Mi', 'memory: 896Mi'], async () => {
        await lensSays(VALUES, /^1 app/);
        await vscode.commands.executeCommand('plumbline.showImpact', uriOf(VALUES));
        const [diff] = await until('a diff', () => diffTabs().length > 0 && diffTabs());
        assert.ok(diff);
        assert.equal(diff.original.scheme, 'plumbline-git');
        await until('both sides', async () => {
          const [target, working] = [await textOf(diff.original), await textOf(diff.modified)];
          return /memory: 768Mi/.test(target) && /memory: 896Mi/.test(working);
        });
        await withSaved(VALUES, ['896Mi', '960Mi'], async () => {
          await until('the diff to follow', async () =>
            /memory: 960Mi/.test(await textOf(diff.modified)),
          );
        });
      });
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    },
  },
  {
    name: 'a line of a rendered document says in its hover which line of the repository decides it',
    run: async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await show(VALUES);
      await lensSays(VALUES, /./);
      await vscode.commands.executeCommand('plumbline.showRendered', uriOf(VALUES));
      const document = await until('the rendered document', () =>
        vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'plumbline-rendered'),
      );
      const line = document
        .getText()
        .split('\n')
        .findIndex((text) => /memory: 768Mi/.test(text));
      assert.ok(line > 0);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        new vscode.Position(line, 12),
      );
      const texts = hovers.flatMap(({ contents }) =>
        contents.map((one) => (typeof one === 'string' ? one : one.value)),
      );
      assert.match(texts.join('\n'), /values-prod\.yaml/);
      assert.match(texts.join('\n'), /768Mi/);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    },
  },
  {
    name: 'a document that names what is not there says so in one line',
    run: async () => {
      const uri = vscode.Uri.from({
        scheme: 'plumbline-git',
        path: '/x.plumbline-manifest',
        query: JSON.stringify({ title: 'x', kind: 'working', appKey: 'gone', resource: 'a/b/c/d' }),
      });
      const text = await textOf(uri);
      assert.match(text, /^# .+\n$/);
    },
  },
  {
    name: 'no rendered document shows what a Secret holds',
    run: async () => {
      const files = await vscode.workspace.findFiles('**/*.yaml');
      const texts = await Promise.all(files.map((uri) => textOf(uri)));
      const secrets = files.filter((_, index) => /^kind: Secret$/m.test(texts[index] ?? ''));
      assert.ok(secrets.length > 0, 'the sample has a Secret');
      for (const uri of secrets) {
        const source = await textOf(uri);
        const values = [...source.matchAll(/^ {2}[\w.-]+: (\S{8,})$/gm)].map(
          (match) => match[1] ?? '',
        );
        await vscode.window.showTextDocument(uri);
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
        await until('no editor', () => vscode.window.visibleTextEditors.length === 0);
        await vscode.commands.executeCommand('plumbline.showRendered', uri);
        const editor = await until('the rendered app', () =>
          vscode.window.visibleTextEditors.find(
            ({ document }) =>
              document.uri.scheme === 'plumbline-rendered' &&
              document.getText().includes('kind: Secret'),
          ),
        );
        const rendered = editor.document.getText();
        const secretPart =
          rendered.split('---').find((part) => part.includes('kind: Secret')) ?? '';
        for (const value of values.filter((one) => !secretName(one, secretPart))) {
          assert.ok(!secretPart.includes(value), 'a value of the Secret is shown');
        }
      }
    },
  },
];

/** Names and namespaces of the object itself are no secret. */
function secretName(value: string, text: string): boolean {
  return new RegExp(`^ {2}name(space)?: ${value.replace(/[^\w-]/g, '.')}$`, 'm').test(text);
}
