import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Test } from './suite';
import { until } from './suite';
import { folder, show, uriOf } from './workspace';

export const languageTests: readonly Test[] = [
  {
    name: 'a template of a chart is Helm, one of another tool is YAML',
    run: async () => {
      const template = await show('charts/shop/templates/configmap.yaml');
      await until('the template to be Helm', () => template.document.languageId === 'helm');
      const roles = join(folder(), 'roles/web/templates');
      mkdirSync(roles, { recursive: true });
      try {
        writeFileSync(join(roles, 'site.yaml'), 'listen: {{ port }}\n');
        await vscode.window.showTextDocument(uriOf('roles/web/templates/site.yaml'));
        await until('the other template to be YAML', () => {
          const { activeTextEditor } = vscode.window;
          return activeTextEditor?.document.languageId === 'yaml';
        });
      } finally {
        await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
        rmSync(join(folder(), 'roles'), { recursive: true, force: true });
      }
    },
  },
];
