import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Test } from './suite';
import { until } from './suite';
import {
  hoverTexts,
  lensesOf,
  lensSays,
  problemsOf,
  replace,
  show,
  uriOf,
  withDisk,
  withSaved,
} from './workspace';

const VALUES = 'charts/shop/values-prod.yaml';
const TEMPLATE = 'charts/shop/templates/configmap.yaml';
const PLAIN = 'deploy/status-page/deployment.yaml';
const MORE_MEMORY = ['memory: 768Mi', 'memory: 896Mi'] as const;

export const editingTests: readonly Test[] = [
  {
    name: 'a file that an app reads has one lens from the start',
    run: async () => {
      await show(VALUES);
      await lensSays(VALUES, /^No object changes$/);
      assert.equal((await lensesOf(VALUES)).length, 1);
    },
  },
  {
    name: 'a file that no app reads has none',
    run: async () => {
      await show('README.md');
      assert.deepEqual(await lensesOf('README.md'), []);
    },
  },
  {
    name: 'saving says what changes, the hover says how, and taking it back says so too',
    run: async () => {
      await withSaved(VALUES, MORE_MEMORY, async (editor) => {
        await lensSays(VALUES, /^1 app · 1 object changes$/);
        const { line } = editor.document.positionAt(editor.document.getText().indexOf('896Mi'));
        const hover = await until('a hover with the field', async () => {
          const text = (await hoverTexts(VALUES, line)).join('\n');
          return /\+ .*memory: 896Mi/.test(text) && text;
        });
        assert.match(hover, /Deployment shop/);
        const elsewhere = await hoverTexts(VALUES, 0);
        assert.doesNotMatch(elsewhere.join('\n'), /896Mi/);
      });
      await lensSays(VALUES, /^No object changes$/);
    },
  },
  {
    name: 'an unsaved edit changes nothing unless the setting asks for it',
    run: async () => {
      const settings = vscode.workspace.getConfiguration('plumbline');
      const editor = await show(VALUES);
      await replace(editor, ...MORE_MEMORY);
      try {
        await lensSays(VALUES, /^No object changes · as last saved$/);
        await settings.update('whileTyping', true, vscode.ConfigurationTarget.Global);
        // The next keystroke is the first that is told.
        await replace(editor, '896Mi', '960Mi');
        await lensSays(VALUES, /^1 app · 1 object changes$/);
      } finally {
        await vscode.commands.executeCommand('workbench.action.files.revert');
        await settings.update('whileTyping', undefined, vscode.ConfigurationTarget.Global);
      }
      await lensSays(VALUES, /^No object changes$/);
    },
  },
  {
    name: 'a change that comes from outside the editor is seen too',
    run: async () => {
      await show(VALUES);
      await withDisk(
        VALUES,
        (text) => text.replace('768Mi', '896Mi'),
        async () => {
          await lensSays(VALUES, /^1 app · 1 object changes$/);
        },
      );
      await lensSays(VALUES, /^No object changes$/);
    },
  },
  {
    name: 'a field that Kubernetes does not know is a problem at its line',
    run: async () => {
      await withSaved(PLAIN, ['replicas:', 'replicaz:'], async (editor) => {
        const problem = await until('a problem that names the field', () =>
          problemsOf(PLAIN).find(({ message }) => message.includes('replicaz')),
        );
        const { line } = editor.document.positionAt(editor.document.getText().indexOf('replicaz'));
        assert.equal(problem.range.start.line, line);
      });
      await until('the problem to go', () => problemsOf(PLAIN).length === 0);
    },
  },
  {
    name: 'a template that fails is an error in that template, and the app is named as failing',
    run: async () => {
      await withSaved(
        TEMPLATE,
        ['kind: ConfigMap', 'kind: {{ .Values.no.such | upper }}'],
        async () => {
          await until('an error', () =>
            problemsOf(TEMPLATE).some(
              ({ severity }) => severity === vscode.DiagnosticSeverity.Error,
            ),
          );
          await lensSays(TEMPLATE, /cannot be rendered/);
        },
      );
      await lensSays(TEMPLATE, /^No object changes$/);
      await until('the problem to go', () => problemsOf(TEMPLATE).length === 0);
    },
  },
  {
    name: 'half-typed YAML is one problem in its file, and other apps go on',
    run: async () => {
      await withSaved(PLAIN, ['kind: Deployment', 'kind: [Deployment'], async () => {
        await until('a problem', () => problemsOf(PLAIN).length > 0);
        await withSaved(VALUES, MORE_MEMORY, async () => {
          await lensSays(VALUES, /^1 app · 1 object changes$/);
        });
      });
      await until('the problem to go', () => problemsOf(PLAIN).length === 0);
    },
  },
  {
    name: 'the lens can be switched off',
    run: async () => {
      const settings = vscode.workspace.getConfiguration('plumbline');
      await show(VALUES);
      await settings.update('codeLens.enabled', false, vscode.ConfigurationTarget.Global);
      try {
        await until('no lens', async () => (await lensesOf(VALUES)).length === 0);
      } finally {
        await settings.update('codeLens.enabled', undefined, vscode.ConfigurationTarget.Global);
      }
      await until('the lens', async () => (await lensesOf(VALUES)).length === 1);
    },
  },
  {
    name: 'a link to a file asks nothing where one app reads it',
    run: async () => {
      await show(PLAIN);
      await vscode.commands.executeCommand('plumbline.showRendered', uriOf(PLAIN));
      const { document } = await until('the rendered app', () =>
        vscode.window.visibleTextEditors.find(
          ({ document: { uri } }) => uri.scheme === 'plumbline-rendered',
        ),
      );
      assert.equal(document.languageId, 'plumbline-manifest');
      await until('its text', () =>
        ['Deployment', 'Service'].every((kind) => document.getText().includes(`kind: ${kind}`)),
      );
    },
  },
];
