import type { FieldChange, ResourceChange, ResourceNote, Whose } from '../model/change';
import type { Digest } from '../model/ports';
import { isSecret, resourceKey } from '../model/resource';
import type { JsonObject, KubeObject } from '../model/resource';
import type { DesiredObject } from './desired';
import { type Encryption, encryptionOf } from './encrypted';
import { hookNote } from './hooks';
import { immutableNotes } from './immutable';
import { deepEqual, isMap, toJson, toKube, without } from './json';
import { factsOf } from './kinds';
import { present } from './lookup';
import { maskSides } from './mask';
import { normalize } from './normalize';
import { isWithin, pointerOn, valueOn } from './path';
import type { Path } from './path';
import { replaceAt } from './prune';
import type { Applying } from './recreation';
import { differences } from './walk';
import type { Difference } from './walk';

export interface RenderedComparisonInput {
  /** Of the target (or any revision), then of the working copy. */
  readonly before: readonly DesiredObject[];
  readonly after: readonly DesiredObject[];
  readonly policy: Applying;
  readonly digest: Digest;
}

/**
 * What two renders of one app differ in: only objects that differ, in the order of `after`, removed
 * ones last. Every field is `mine`; values that templates make anew at each render are `generated`,
 * those that only the cluster decides `cluster`, and both by themselves no difference.
 */
export function compareRendered(input: RenderedComparisonInput): readonly ResourceChange[] {
  const old = new Map(input.before.map((desired, index) => [keyOf(desired, index), desired]));
  const changes: ResourceChange[] = [];
  input.after.forEach((desired, index) => {
    const key = keyOf(desired, index);
    const earlier = old.get(key);
    old.delete(key);
    const change = earlier
      ? changedObject(earlier, desired, input)
      : oneSided(desired, 'added', input);
    if (change) changes.push(change);
  });
  for (const desired of old.values()) changes.push(oneSided(desired, 'removed', input));
  return changes;
}

/** Objects without a name (`generateName`) are told apart by their place. */
function keyOf(desired: DesiredObject, index: number): string {
  const key = resourceKey(desired.id);
  return desired.id.name === '' ? `${key}#${index}` : key;
}

function oneSided(
  desired: DesiredObject,
  action: 'added' | 'removed',
  input: RenderedComparisonInput,
): ResourceChange {
  const side = action === 'added' ? 'after' : 'before';
  const masked = maskSides({ [side]: localForm(desired.object) }, input.digest)[side];
  return {
    id: desired.id,
    apiVersion: desired.object.apiVersion,
    action,
    fields: [{ pointer: '', whose: 'mine' }],
    notes: notesOf(desired),
    ...(masked ? { [side]: toKube(masked) } : {}),
    origin: desired.origin,
    predicted: false,
  };
}

function notesOf(desired: DesiredObject): readonly ResourceNote[] {
  const hook = hookNote(desired);
  const encrypted = encryptionOf(desired.object);
  return [
    ...desired.notes,
    ...(hook ? [hook] : []),
    ...(encrypted ? [encryptedNotes[encrypted]] : []),
  ];
}

export const encryptedNotes: Readonly<Record<Encryption, ResourceNote>> = {
  sops: { kind: 'encrypted', message: 'Encrypted with SOPS: only the keys are compared.' },
  sealed: { kind: 'encrypted', message: 'Sealed: only the keys are compared.' },
  placeholder: {
    kind: 'placeholder',
    message: 'Holds placeholders that a plugin fills in: their values are not compared.',
  },
  pipeline: {
    kind: 'placeholder',
    message: 'Holds values that only a run of the pipeline knows: they are not compared.',
  },
};

/** Rendered objects have no server fields; `status` in Git is not applied. */
function localForm(object: KubeObject): JsonObject {
  return without(toJson(object), 'status');
}

/** `stringData` is folded only where the other side has the key in `data`, to keep Git's own words. */
function localForms(before: KubeObject, after: KubeObject): Sides {
  const fold = isSecret(before) && !sameKeys(before['stringData'], after['stringData']);
  if (fold) return { before: normalize(before), after: normalize(after) };
  return { before: localForm(before), after: localForm(after) };
}

function sameKeys(a: unknown, b: unknown): boolean {
  const keys = (value: unknown): string => (isMap(value) ? Object.keys(value).sort().join() : '');
  return keys(a) === keys(b);
}

interface Sides {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

function changedObject(
  before: DesiredObject,
  after: DesiredObject,
  input: RenderedComparisonInput,
): ResourceChange | undefined {
  if (before.object === after.object) return undefined;
  if (deepEqual(toJson(before.object), toJson(after.object))) return undefined;
  const sides = localForms(before.object, after.object);
  const found = relevant(differences(sides.before, sides.after, factsOf(after.object)));
  const undecided = undecidedBy(before, after);
  const own = found.filter((difference) => undecided(difference.path) === undefined);
  if (own.length === 0) return undefined;
  const masked = evenOut(
    maskSides(sides, input.digest),
    found.flatMap((difference) => {
      const by = undecided(difference.path);
      return by === undefined ? [] : [{ ...difference, by }];
    }),
  );
  return {
    id: after.id,
    apiVersion: after.object.apiVersion,
    action: 'changed',
    fields: found.map((difference) => fieldOf(difference, masked, undecided(difference.path))),
    notes: [
      ...notesOf(after),
      ...immutableNotes({ before: before.object, after: after.object }, own, input.policy),
    ],
    before: toKube(masked.before),
    after: toKube(masked.after),
    origin: after.origin,
    predicted: false,
  };
}

/** SOPS rewrites its own block at each encryption. */
function relevant(found: readonly Difference[]): readonly Difference[] {
  return found.filter((difference) => difference.names[0] !== 'sops');
}

/** Why a rendered value is not the one that will be applied. */
export type Undecided = 'generated' | 'cluster';

export function isUndecided(whose: Whose): whose is Undecided {
  return whose === 'generated' || whose === 'cluster';
}

type Marks = Pick<DesiredObject, 'generated' | 'clusterDependent'> | undefined;

export function undecidedBy(before: Marks, after: Marks): (path: Path) => Undecided | undefined {
  const isOf = (olds: readonly string[] = [], news: readonly string[] = []) => {
    if (olds.length + news.length === 0) return () => false;
    return (path: Path): boolean =>
      olds.some((pointer) => isWithin(pointerOn(path, 'before'), pointer)) ||
      news.some((pointer) => isWithin(pointerOn(path, 'after'), pointer));
  };
  const isCluster = isOf(before?.clusterDependent, after?.clusterDependent);
  const isGenerated = isOf(before?.generated, after?.generated);
  return (path) => {
    if (isCluster(path)) return 'cluster';
    return isGenerated(path) ? 'generated' : undefined;
  };
}

function fieldOf(
  difference: Difference,
  masked: Sides,
  undecided: Undecided | undefined,
): FieldChange {
  return {
    pointer: pointerOn(difference.path, 'after'),
    ...present(difference.isOrder ? difference : maskedValues(difference, masked)),
    whose: undecided ?? 'mine',
  };
}

function maskedValues({ path, before, after }: Difference, masked: Sides) {
  return {
    before: before === undefined ? undefined : valueOn(masked.before, path, 'before'),
    after: after === undefined ? undefined : valueOn(masked.after, path, 'after'),
  };
}

const undecidedTexts: Readonly<Record<Undecided, string>> = {
  generated: '<generated at each render>',
  cluster: '<depends on the cluster>',
};

/** Both sides of a diff document say the same of a value that the render does not decide. */
export function evenOut(
  masked: { readonly before?: JsonObject; readonly after?: JsonObject },
  undecided: readonly (Difference & { readonly by: Undecided })[],
): Sides {
  let { before = {}, after = {} } = masked;
  for (const { path, by, ...sides } of undecided) {
    const text = undecidedTexts[by];
    if (sides.before !== undefined) before = replaceAt(before, path, 'before', text);
    if (sides.after !== undefined) after = replaceAt(after, path, 'after', text);
  }
  return { before, after };
}
