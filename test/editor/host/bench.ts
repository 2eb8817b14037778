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

/** Loading and `activate()`, as somebody who waits for it sees them. */
async function activationMs(extension: vscode.Extension<unknown>): Promise<number> {
  if (extension.isActive) throw new Error(`${extension.id} is active already`);
  const startedMs = performance.now();
  await extension.activate();
  return performance.now() - startedMs;
}

/** What the measured package's own code took of it, by the entry that stands before it. */
interface ActivationParts {
  readonly loadMs: number;
  readonly activateMs: number;
}

function activationParts(): ActivationParts {
  const { activationParts: parts } = globalThis as { readonly activationParts?: ActivationParts };
  if (parts === undefined) throw new Error('the entry told no times');
  return parts;
}

/** Prints one line `bench: {…}` with samples in ms, for ours or for one that does nothing. */
export async function run(): Promise<void> {
  const empty = vscode.extensions.getExtension('bench.empty');
  const own = vscode.extensions.getExtension('plumbline.plumbline');
  const samples = {
    emptyMs: empty === undefined ? [] : [await activationMs(empty)],
    activationMs: own === undefined ? [] : [await activationMs(own)],
    loadMs: own === undefined ? [] : [activationParts().loadMs],
    activateMs: own === undefined ? [] : [activationParts().activateMs],
    savesMs: own === undefined ? [] : await measureSaves(),
  };
  console.log(`bench: ${JSON.stringify(samples)}`);
}
