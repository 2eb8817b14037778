import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cwd } from 'node:process';
import { journeys } from './screen/journeys.mjs';

const TEST_TIMEOUT_MS = 240_000;

/**
 * Runs the journeys one after the other, each in an editor of its own.
 *
 * @param {object} options
 * @param {import('./install.mjs').Editor} options.editor
 * @param {import('playwright-core').Browser} options.browser
 * @param {string} options.vsix
 * @param {import('../lab/lab.mjs').Description} [options.lab]
 * @param {string} options.folder  for what the journeys write
 * @param {string} [options.only]  part of a journey's name
 * @param {(line: string) => void} options.log
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runScreenTests({ only, log, ...world }) {
  const shots = join(cwd(), 'test-results', 'screenshots');
  await mkdir(shots, { recursive: true });
  const counts = { passed: 0, failed: 0 };
  for (const journey of journeys.filter(({ name }) => only === undefined || name.includes(only))) {
    const startedMs = Date.now();
    const error = await failureOf(journey, { ...world, shots });
    const took = `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
    counts[error === undefined ? 'passed' : 'failed'] += 1;
    log(`${error === undefined ? '✓' : '✗'} ${journey.name} (${took})`);
    if (error !== undefined) log(error);
  }
  return counts;
}

async function failureOf(journey, world) {
  if (journey.needsLab && world.lab === undefined) return 'no lab: --lab STATEFILE is needed';
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
