import { pointerTokens } from '../base/pointer';
import { willBeRefused } from '../model/change';
import type { FieldChange, FieldOwner, ResourceChange, Whose } from '../model/change';
import type { Json } from '../model/resource';
import { isMap } from './json';

/** Live is not what Git says, and that is not for a controller to decide. */
export function isDriftedField({ whose, theirs }: FieldChange): boolean {
  return (whose === 'drift' || whose === 'differs') && theirs === undefined;
}

/** True when live is not what Git says and somebody else's doing: what the badge counts. */
export function isDrifted(change: ResourceChange): boolean {
  return change.fields.some(isDriftedField);
}

const known: Readonly<Record<string, string>> = {
  'kubectl-client-side-apply': 'kubectl apply',
  'kubectl-last-applied': 'kubectl apply',
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'argocd-server': 'Argo CD UI',
  'kustomize-controller': 'Flux kustomize-controller',
  'helm-controller': 'Flux helm-controller',
  'flux-client-side-apply': 'flux',
  'before-first-apply': 'an earlier client-side apply',
};

function programOf(owner: FieldOwner): string {
  const { manager, operation, subresource } = owner;
  const name = known[manager];
  if (name !== undefined) return name;
  if (subresource === 'scale') return `${manager} scale`;
  if (manager === 'kubectl' && operation === 'Apply') return 'kubectl apply --server-side';
  if (manager.startsWith('kubectl-')) return `kubectl ${manager.slice('kubectl-'.length)}`;
  return manager === '' ? 'an unnamed manager' : manager;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const weekMs = 7 * 24 * 60 * 60 * 1000;

/** In the time zone of this machine: `Tue 14:02` within a week, else `3 Nov 14:02`, or with the year. */
function describeTime(time: string, nowMs: number): string | undefined {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return undefined;
  const clock = [date.getHours(), date.getMinutes()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const ageMs = nowMs - date.getTime();
  if (ageMs >= 0 && ageMs < weekMs - weekMs / 7) return `${days[date.getDay()]} ${clock}`;
  const day = `${date.getDate()} ${months[date.getMonth()]}`;
  const sameYear = date.getFullYear() === new Date(nowMs).getFullYear();
  return sameYear ? `${day} ${clock}` : `${day} ${date.getFullYear()}`;
}

/** Who set a field last and when: `kubectl scale, Tue 14:02`. */
export function describeOwner(owner: FieldOwner, nowMs: number): string {
  const time = owner.time === undefined ? undefined : describeTime(owner.time, nowMs);
  return time === undefined ? programOf(owner) : `${programOf(owner)}, ${time}`;
}

const longestValue = 40;

function plainText(value: Json | undefined): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return value;
  const { name, value: setting } = isMap(value) ? value : {};
  if (typeof name !== 'string') return JSON.stringify(value);
  return typeof setting === 'string' ? `${name}=${setting}` : name;
}

function shortened(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}

/** Of two long texts that begin alike, such as images, what tells them apart. */
export function changeText(from: Json | undefined, to: Json | undefined): string {
  const [old, now] = [plainText(from), plainText(to)];
  if (old.length <= longestValue && now.length <= longestValue) return `${old}→${now}`;
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  const cut = old.slice(0, same).search(/[^/:@ ,=]*$/);
  if (cut < 4) return `${shortened(old)}→${shortened(now)}`;
  return `…${shortened(old.slice(cut))}→…${shortened(now.slice(cut))}`;
}

/** The last name of a pointer that says something: not an index alone. */
function fieldName(pointer: string): string {
  const tokens = pointerTokens(pointer);
  const last = tokens[tokens.length - 1] ?? '';
  return /^\d+$/.test(last) ? (tokens[tokens.length - 2] ?? last) : last;
}

/** Differences that began in the cluster: Git's value stands first. */
const beganLive: ReadonlySet<Whose> = new Set(['drift', 'differs', 'ignored', 'already']);

/**
 * One field as a tooltip says it: `replicas 3→5 · kubectl scale, Tue 14:02`. The arrow follows what
 * happened: from Git to live where somebody changed live, else the way a sync will go.
 */
export function describeField(field: FieldChange, nowMs: number): string {
  const isLive = beganLive.has(field.whose);
  const [from, to] = isLive ? [field.after, field.before] : [field.before, field.after];
  const parts = [
    field.pointer === '' ? '' : `${fieldName(field.pointer)} ${changeText(from, to)}`,
    isLive && field.owner ? describeOwner(field.owner, nowMs) : '',
    field.rule === undefined ? '' : `ignored by ${field.rule}`,
    field.flapping ?? '',
    fateWords(field),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function fateWords({ fate, fateNote }: FieldChange): string {
  return fateNote ?? (fate ? fates[fate] : '');
}

/** What is said of an object that only one side has. */
const oneSided: Readonly<Record<'added' | 'removed', Readonly<Record<Whose, string>>>> = {
  added: {
    mine: 'added in the working copy',
    pending: 'not created yet',
    drift: 'deleted in the cluster',
    already: 'in the working copy only',
    differs: 'missing in the cluster',
    ignored: 'missing in the cluster',
    generated: 'missing in the cluster',
    cluster: 'missing in the cluster',
  },
  removed: {
    mine: 'removed in the working copy',
    pending: 'no longer in Git',
    drift: 'in the cluster, never in Git',
    already: 'gone from the working copy',
    differs: 'in the cluster, not in Git',
    ignored: 'in the cluster, not in Git',
    generated: 'in the cluster, not in Git',
    cluster: 'in the cluster, not in Git',
  },
};
const oneSidedFates = {
  added: { reverted: 'will be created', stays: 'will stay away' },
  removed: { reverted: 'will be pruned', stays: 'will stay' },
} as const;

function describeOneSided(action: 'added' | 'removed', field: FieldChange): string {
  const parts = [
    oneSided[action][field.whose],
    field.rule === undefined ? '' : `ignored by ${field.rule}`,
    oneSidedFate(action, field),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** A missing object is made again, not reverted, so only what leaves it as it is says more. */
function oneSidedFate(action: 'added' | 'removed', { fate, fateNote }: FieldChange): string {
  if (fate === undefined) return '';
  return fate === 'stays'
    ? (fateNote ?? oneSidedFates[action].stays)
    : oneSidedFates[action].reverted;
}

/** One line a field, or one for an object that only one side has. */
export function describeChange(change: ResourceChange, nowMs: number): readonly string[] {
  const { action } = change;
  return change.fields.map((field) =>
    field.pointer === '' && (action === 'added' || action === 'removed')
      ? describeOneSided(action, field)
      : describeField(field, nowMs),
  );
}

const fates = { reverted: 'will be reverted', stays: 'will stay' } as const;

/** Counts in words, in a fixed order: `2 changed · 1 added · 1 removed`. Empty when nothing differs. */
export function summarise(changes: readonly ResourceChange[]): string {
  const count = (test: (change: ResourceChange) => boolean): number => changes.filter(test).length;
  const parts: readonly (readonly [number, string])[] = [
    [count(({ action }) => action === 'changed'), 'changed'],
    [count(({ action }) => action === 'added'), 'added'],
    [count(({ action }) => action === 'removed'), 'removed'],
    [count(({ notes }) => notes.some(willBeRefused)), 'will be refused'],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(' · ');
}
