import type { FieldChange, ResourceChange } from '../model/change';
import { resourceKey } from '../model/resource';

/** What was seen of one field: when it was written, each time by somebody else than its app. */
interface Seen {
  readonly timesMs: readonly number[];
  readonly managers: readonly string[];
}

/** By object, app and pointer. */
export type Sightings = Map<string, Seen>;

/** Within this time a field that is written again and again is fought over. */
const WINDOW_MS = 30 * 60_000;
const MOST_TIMES = 10;
const FROM_TIMES = 3;
/** Fields of one cluster; the oldest go. */
const MOST = 5_000;

/**
 * Marks fields that somebody keeps writing although a sync sets them back: each look adds the time of
 * the last write, as managed fields tell it. One look alone cannot tell.
 */
export function withFlapping(
  sightings: Sightings,
  appKey: string,
  changes: readonly ResourceChange[],
): readonly ResourceChange[] {
  return changes.map((change) => {
    if (change.action !== 'changed') return change;
    const at = `${appKey} ${resourceKey(change.id)}`;
    const fields = change.fields.map((field) => marked(sightings, `${at} ${field.pointer}`, field));
    const isSame = fields.every((field, index) => field === change.fields[index]);
    return isSame ? change : { ...change, fields };
  });
}

function marked(sightings: Sightings, key: string, field: FieldChange): FieldChange {
  const { owner, whose } = field;
  const timeMs = Date.parse(owner?.time ?? '');
  if (owner === undefined || Number.isNaN(timeMs)) return field;
  if (whose !== 'drift' && whose !== 'differs') return field;
  const seen = added(sightings.get(key), timeMs, owner.manager);
  remember(sightings, key, seen);
  return seen.timesMs.length < FROM_TIMES ? field : { ...field, flapping: wordsOf(seen) };
}

function remember(sightings: Sightings, key: string, seen: Seen): void {
  sightings.delete(key);
  sightings.set(key, seen);
  for (const oldest of sightings.keys()) {
    if (sightings.size <= MOST) return;
    sightings.delete(oldest);
  }
}

function added(seen: Seen | undefined, timeMs: number, manager: string): Seen {
  const { timesMs, managers } = seen ?? { timesMs: [], managers: [] };
  const times = [...new Set([...timesMs, timeMs])].sort((a, b) => a - b);
  const latest = times[times.length - 1] ?? timeMs;
  const kept = times.filter((time) => latest - time <= WINDOW_MS).slice(-MOST_TIMES);
  return { timesMs: kept, managers: [...new Set([...managers, manager])] };
}

/** `kubectl-edit wrote it 4 times in 12 minutes`. */
function wordsOf({ timesMs, managers }: Seen): string {
  const [first = 0] = timesMs;
  const minutes = Math.max(
    1,
    Math.round(((timesMs[timesMs.length - 1] ?? first) - first) / 60_000),
  );
  const time = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return `${managers.join(' and ')} wrote it ${timesMs.length} times in ${time}`;
}
