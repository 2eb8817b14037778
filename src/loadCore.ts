import { setImmediate as nextTurn } from 'node:timers/promises';
import type { compose } from './compose';
import { loadYaml } from './yaml/library';

/** The core, each of its bundles in a turn of the event loop of its own: together they take a while. */
export async function loadCore(): Promise<typeof compose> {
  await loadYaml();
  await nextTurn();
  await import('./coreRepository');
  await nextTurn();
  await import('./coreComparison');
  await nextTurn();
  await import('./coreAdapters');
  await nextTurn();
  await import('./coreLooks');
  await nextTurn();
  return (await import('./compose')).compose;
}
