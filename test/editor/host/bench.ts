import * as vscode from 'vscode';
import { lensesOf, lensSays, replace, show } from './workspace';

const VALUES = 'charts/shop/values-prod.yaml';
const SAVES = 50;
const POLL_MS = 2;
const LIMIT_MS = 30_000;

/** From the save until the lens says what it must; the poll is part of the figure. */
async function untilLens(pattern: RegExp, sinceMs: number): Promise<number> {
  for (;;) {
    const lenses = await lensesOf(VALUES);
    if (lenses.some((title) => pattern.test(title))) return performance.now() - sinceMs;
    if (performance.now() - sinceMs > LIMIT_MS) throw new Error(`the lens says ${lenses.join()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Saves an edit and its reverse in turn, so that each save has another result than the one before. */
async function measureSaves(): Promise<readonly number[]> {
  const editor = await show(VALUES);
  await lensSays(VALUES, /^No object changes$/);
  const samples: number[] = [];
  for (let run = 0; run < SAVES; run += 1) {
    const there = run % 2 === 0;
    await replace(editor, there ? '768Mi' : '896Mi', there ? '896Mi' : '768Mi');
    const startedMs = performance.now();
    await editor.document.save();
    samples.push(await untilLens(there ? /^1 app · 1 object/ : /^No object changes$/, startedMs));
  }
  return samples;
}

/** Prints one line `bench: {activationMs, savesMs}`. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension('plumbline.plumbline');
  if (extension === undefined) throw new Error('the extension is not installed');
  const startedMs = performance.now();
  await extension.activate();
  const activationMs = performance.now() - startedMs;
  const savesMs = await measureSaves();
  console.log(`bench: ${JSON.stringify({ activationMs, savesMs })}`);
}
