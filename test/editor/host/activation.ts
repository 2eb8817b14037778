import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Test } from './suite';

const ID = 'plumbline.plumbline';

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(ID);
  assert.ok(found, 'the extension is installed');
  return found;
}

export const activationTests: readonly Test[] = [
  {
    name: 'loads no heavy library to activate',
    run: async () => {
      const found = extension();
      assert.equal(found.isActive, false, 'nothing woke it before it was needed');
      const startedMs = performance.now();
      await found.activate();
      const tookMs = performance.now() - startedMs;
      console.log(`  activation: ${tookMs.toFixed(0)} ms`);
      const loaded = Object.keys(require.cache).filter((path) => path.includes('/dist/vendor/'));
      assert.deepEqual(loaded, []);
    },
  },
  {
    name: 'registers every command of the manifest',
    run: async () => {
      const manifest = JSON.parse(
        readFileSync(join(extension().extensionPath, 'package.json'), 'utf8'),
      ) as { contributes: { commands: readonly { command: string }[] } };
      const known = new Set(await vscode.commands.getCommands(true));
      const missing = manifest.contributes.commands.filter(({ command }) => !known.has(command));
      assert.deepEqual(missing, []);
    },
  },
];
