import type { FieldChange, ResourceChange } from '../model/change';
import { resourceKey } from '../model/resource';

/** What was seen of one field: when it was written, each time by somebody else than its app. */
interface Seen {
  readonly timesMs: readonly number[];
  readonly managers: readonly string[];
  /**
   * Of a field whose write has no time: the value, until a look does not find the difference any more.
   * The API server gives no time to what is written through `scale` (apimachinery
   * managedfields/scalehandler.go), so that only a value that came back or moved tells of a write.
   */
  readonly untimed?: { readonly value: string; readonly isGone: boolean };
}

/** One look at an app. */
export interface Look {
  readonly appKey: string;
  readonly atMs: number;
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
 * the last write, as managed fields tell it, or its own where they do not. One look alone cannot tell.
 */
export function withFlapping(
  sightings: Sightings,
  { appKey, atMs }: Look,
  changes: readonly ResourceChange[],
): readonly ResourceChange[] {
  const found = new Set<string>();
  const marked = changes.map((change) => {
    if (change.action !== 'changed') return change;
    const at = `${appKey} ${resourceKey(change.id)}`;
    const fields = change.fields.map((field) => {
      const seen = sighted(sightings, `${at} ${field.pointer}`, field, atMs);
      if (seen === undefined) return field;
      found.add(`${at} ${field.pointer}`);
      return seen.timesMs.length < FROM_TIMES ? field : { ...field, flapping: wordsOf(seen) };
    });
    const isSame = fields.every((field, index) => field === change.fields[index]);
    return isSame ? change : { ...change, fields };
  });
  markGone(sightings, appKey, found);
  return marked;
}

function sighted(
  sightings: Sightings,
  key: string,
  { owner, whose, before }: FieldChange,
  atMs: number,
): Seen | undefined {
  if (owner === undefined || (whose !== 'drift' && whose !== 'differs')) return undefined;
  const timeMs = Date.parse(owner.time ?? '');
  const known = sightings.get(key);
  if (Number.isNaN(timeMs) && owner.time !== undefined) return undefined;
  const seen = Number.isNaN(timeMs)
    ? untimed(known, { value: JSON.stringify(before), atMs, manager: owner.manager })
    : added(known, timeMs, owner.manager);
  remember(sightings, key, seen);
  return seen;
}

function untimed(
  known: Seen | undefined,
  {
    value,
    atMs,
    manager,
  }: { readonly value: string; readonly atMs: number; readonly manager: string },
): Seen {
  const last = known?.untimed;
  const isStill = known !== undefined && last?.isGone === false && last.value === value;
  const seen = isStill ? known : added(known, atMs, manager);
  return { ...seen, untimed: { value, isGone: false } };
}

/** What is set back and comes again is written again, even with the same value. */
function markGone(sightings: Sightings, appKey: string, found: ReadonlySet<string>): void {
  for (const [key, seen] of sightings) {
    if (seen.untimed?.isGone !== false || found.has(key) || !key.startsWith(`${appKey} `)) continue;
    sightings.set(key, { ...seen, untimed: { ...seen.untimed, isGone: true } });
  }
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
