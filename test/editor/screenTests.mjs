import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cwd } from 'node:process';
import { installExtensions } from './editor.mjs';

/** Longer than any wait of a journey: what hangs is named where it hangs. */
const TEST_TIMEOUT_MS = 1_200_000;

/**
 * Runs lanes of journeys beside each other; those of one lane one after the other, each in an editor
 * of its own.
 *
 * @param {object} options
 * @param {import('./install.mjs').Editor} options.editor
 * @param {import('playwright-core').Browser} options.browser
 * @param {string} options.vsix
 * @param {import('../lab/lab.mjs').Description} [options.lab]
 * @param {string} options.folder  for what the journeys write
 * @param {readonly (readonly import('./screen/journeys.mjs').Journey[])[]} options.lanes
 * @param {(line: string) => void} options.log
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runScreenTests({ lanes, vsix, log, ...given }) {
  const shots = join(cwd(), 'test-results', 'screenshots');
  await mkdir(shots, { recursive: true });
  const extensions = join(given.folder, 'extensions');
  await installExtensions({ editor: given.editor, vsix, folder: extensions });
  const world = { ...given, extensions, shots };
  const counts = { passed: 0, failed: 0 };
  const runLane = async (
    /** @type {readonly import('./screen/journeys.mjs').Journey[]} */ lane,
  ) => {
    for (const journey of lane) {
      const startedMs = Date.now();
      const error = await failureOf(journey, world);
      const took = `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
      counts[error === undefined ? 'passed' : 'failed'] += 1;
      const line = `${error === undefined ? '✓' : '✗'} ${journey.name} (${took})`;
      log(error === undefined ? line : `${line}\n${error}`);
    }
  };
  await Promise.all(lanes.map(runLane));
  return counts;
}

async function failureOf(journey, world) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), TEST_TIMEOUT_MS);
  });
  try {
    await Promise.race([journey.run(world), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer);
  }
}
