import { pointerTokens } from '../base/pointer';
import { willBeRefused } from '../model/change';
import type { FieldChange, FieldOwner, ResourceChange } from '../model/change';
import type { Json, ResourceId } from '../model/resource';

const DAY_MS = 24 * 60 * 60 * 1000;
const LONGEST_VALUE = 24;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Joins what is there with the dot that separates facts on one line. */
export function dotted(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** `3 drifted`; nothing for none. */
export function counted(count: number, word: string): string | undefined {
  return count > 0 ? `${count} ${word}` : undefined;
}

/** The value where the condition holds: keeps lists of optional facts flat. */
export function when<T>(condition: boolean, value: T): T | undefined {
  return condition ? value : undefined;
}

/** What is there of a list of optional things. */
export function present<T>(items: readonly (T | undefined)[]): readonly T[] {
  return items.filter((item): item is T => item !== undefined);
}

export function sentence(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}

/** `Deployment web`. */
export function resourceLabel(id: ResourceId): string {
  return `${id.kind} ${id.name}`;
}

/** `namespace shop`; nothing for what has none. */
export function namespaceWords({ namespace }: ResourceId): string | undefined {
  return when(namespace !== '', `namespace ${namespace}`);
}

/** `Tue 14:02` within a week, else `3 Nov` or `3 Nov 2024`; in the reader's time zone. */
export function shortTime(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const minutes = String(at.getMinutes()).padStart(2, '0');
  const clock = `${String(at.getHours()).padStart(2, '0')}:${minutes}`;
  const age = nowMs - atMs;
  if (age >= 0 && age < 6 * DAY_MS) return `${WEEKDAYS[at.getDay()] ?? ''} ${clock}`;
  const day = `${at.getDate()} ${MONTHS[at.getMonth()] ?? ''}`;
  return at.getFullYear() === new Date(nowMs).getFullYear() ? day : `${day} ${at.getFullYear()}`;
}

/** `3 min ago`. */
export function ageWords(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return plural(Math.round(seconds / 86_400), 'day') + ' ago';
}

/** `kubectl scale, Tue 14:02`. */
export function ownerWords(owner: FieldOwner, nowMs: number): string {
  const name = managerWords(owner);
  const atMs = owner.time === undefined ? Number.NaN : Date.parse(owner.time);
  return Number.isNaN(atMs) ? name : `${name}, ${shortTime(atMs, nowMs)}`;
}

/** `kubectl scale` writes as `kubectl` to the subresource, `kubectl edit` as `kubectl-edit`. */
function managerWords({ manager, subresource }: FieldOwner): string {
  const name = manager.replace(/^kubectl-(\w)/, 'kubectl $1').replace(/\p{Cc}+/gu, ' ');
  return subresource === 'scale' ? `${name} scale` : name;
}

/** The last named part of a pointer, with the index of a list element: `containers[0].image`. */
export function fieldName(pointer: string): string {
  const parts = pointerTokens(pointer);
  const last = parts.at(-1) ?? '';
  if (!/^\d+$/.test(last)) return last;
  const list = parts.slice(0, -1).findLast((part) => !/^\d+$/.test(part)) ?? '';
  return `${list}[${last}]`;
}

export function shortValue(value: Json | undefined): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return shorten(value);
  if (Array.isArray(value)) return plural(value.length, 'element');
  if (typeof value === 'object' && value !== null) {
    return plural(Object.keys(value).length, 'field');
  }
  return String(value);
}

/** Control characters and line breaks out, so that a value cannot pretend to be another row. */
export function shorten(text: string, longest = LONGEST_VALUE): string {
  const line = text.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

const WHOSE_WORDS: Readonly<Record<FieldChange['whose'], string>> = {
  mine: 'changed here',
  pending: 'merged, not yet applied',
  drift: 'drifted',
  already: 'already so in the cluster',
  ignored: 'ignored',
  generated: 'generated at each render',
  cluster: 'depends on the cluster',
  differs: 'differs',
};

function whoseWords(whose: FieldChange['whose']): string {
  return WHOSE_WORDS[whose];
}

/** `memory 768Mi→896Mi`: the field's name, and its value on one side and on the other. */
export function valueWords(pointer: string, from: Json | undefined, to: Json | undefined): string {
  return `${fieldName(pointer)} ${shortValue(from)}→${shortValue(to)}`.trim();
}

/** `/spec/containers/0/image` as `spec.containers[0].image`. */
function pathWords(pointer: string): string {
  return pointerTokens(pointer)
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

/** `- replicas: 3` / `+ replicas: 5`, and what is known about who and what becomes of it. */
export function fieldLines(field: FieldChange, nowMs: number): readonly string[] {
  const name = pathWords(field.pointer);
  const line = (sign: string, value: Json | undefined): string[] =>
    value === undefined ? [] : [`${sign} ${name}: ${longValue(value)}`];
  const about = aboutField(field, nowMs);
  return [
    ...line('-', field.before),
    ...line('+', field.after),
    ...(about === '' ? [] : [`  # ${about}`]),
  ];
}

/** A local edit needs no word: the two sides say it. */
export function aboutField(field: FieldChange, nowMs: number): string {
  return dotted(
    standingWords(field),
    field.flapping && `keeps changing: ${shorten(field.flapping, LONGEST_REASON)}`,
    field.owner && ownerWords(field.owner, nowMs),
    field.rule && `rule ${field.rule}`,
    field.fateNote ?? fateWords(field.fate),
  );
}

const LONGEST_REASON = 80;

function standingWords({ whose, theirs }: FieldChange): string | undefined {
  if (theirs !== undefined) return `left to ${shorten(theirs, LONGEST_REASON)}`;
  return whose === 'mine' ? undefined : whoseWords(whose);
}

function longValue(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return shorten(text, 160);
}

function fateWords(fate: FieldChange['fate']): string | undefined {
  if (fate === undefined) return undefined;
  return fate === 'reverted' ? 'the next sync reverts it' : 'the next sync leaves it';
}

/** `1 added, 2 changed, 1 removed`. */
export function countWords(changes: readonly ResourceChange[]): string {
  const of = (action: ResourceChange['action']): number =>
    changes.filter((change) => change.action === action).length;
  return sentence(
    counted(of('added'), 'added'),
    counted(of('changed'), 'changed'),
    counted(of('removed'), 'removed'),
    counted(changes.filter(isRefused).length, 'will be refused ⚠'),
  );
}

export function isRefused(change: ResourceChange): boolean {
  return change.notes.some(willBeRefused);
}
