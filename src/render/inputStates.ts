import type { Unavailable } from '../model/ports';
import type { Snapshot } from '../model/render';
import type { InputList } from './protocol';

/** What a list of inputs is now, as one digest; `''` where that cannot be told. */
export type InputStates = (snapshot: Snapshot, list: InputList) => Promise<string>;

type Ask = (
  snapshot: Snapshot,
  lists: readonly InputList[],
) => Promise<readonly string[] | Unavailable>;

interface Batch {
  readonly snapshot: Snapshot;
  readonly lists: InputList[];
  readonly answers: Promise<readonly string[] | Unavailable>;
}

/** Questions about one snapshot that come in one turn of the event loop are asked together. */
export function createInputStates(ask: Ask): InputStates {
  const batches: Batch[] = [];

  const open = (snapshot: Snapshot): Batch => {
    const lists: InputList[] = [];
    const answers = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      batches.splice(batches.indexOf(batch), 1);
      return ask(snapshot, lists);
    });
    const batch: Batch = { snapshot, lists, answers };
    batches.push(batch);
    return batch;
  };

  return async (snapshot, list) => {
    const batch = batches.find((one) => isSame(one.snapshot, snapshot)) ?? open(snapshot);
    const index = batch.lists.push(list) - 1;
    const answers = await batch.answers;
    return 'kind' in answers ? '' : (answers[index] ?? '');
  };
}

function isSame(a: Snapshot, b: Snapshot): boolean {
  return a.root === b.root && a.revision === b.revision && a.overlay === b.overlay;
}
