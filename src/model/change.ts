import type { Json, KubeObject, ResourceId } from './resource';

/** Who set a field of a live object last, from `metadata.managedFields`. */
export interface FieldOwner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** RFC 3339, as the API server wrote it. */
  readonly time?: string;
  readonly subresource?: string;
}

/**
 * Whose a difference is (design: five revisions).
 * `mine`: working copy ≠ target; `pending`: target ≠ applied; `drift`: live ≠ applied;
 * `already`: working ≠ target, but live has the value of the working copy;
 * `ignored`: a rule of the tool hides it; `generated`: made anew at each render;
 * `cluster`: decided by what the cluster has, which could not be asked;
 * `differs`: live ≠ desired and applied cannot be known, so the word drift is not used.
 */
export type Whose =
  'mine' | 'pending' | 'drift' | 'already' | 'ignored' | 'generated' | 'cluster' | 'differs';

export interface FieldChange {
  /** JSON pointer; list elements by index of the side that has them. */
  readonly pointer: string;
  /** Masked values; absent: the side does not have the field. */
  readonly before?: Json;
  readonly after?: Json;
  readonly whose: Whose;
  /** Of a field that differs live: what the next sync does with it. */
  readonly fate?: 'reverted' | 'stays';
  /** The fate in words, where the tool has more to say than that: who reverts it, or until when it stays. */
  readonly fateNote?: string;
  /** The API server refuses the whole object because of a conflict, and the tool stops there. */
  readonly stopped?: true;
  readonly owner?: FieldOwner;
  /** The controller that rightly decides this field, in words (`the HPA`): no drift, though a sync writes it. */
  readonly theirs?: string;
  /** Two managers keep writing it, in words: `changed 4 times in 12 minutes`. */
  readonly flapping?: string;
  /** Label of the ignore rule. */
  readonly rule?: string;
}

export type ResourceAction =
  /** Before does not have it, after does. Live view: missing in the cluster. */
  | 'added'
  | 'changed'
  /** After does not have it. Live view: in the cluster, no longer (or never) in Git. */
  | 'removed'
  | 'same';

/** Something about one object that hinders a full answer or a full success, in one sentence. */
export interface ResourceNote {
  readonly kind:
    | 'forbidden'
    | 'no-patch-right'
    /** The API server refuses the change: it is of a field that cannot change. */
    | 'immutable'
    /** A sync deletes it and makes it anew: in any case, or in place of such a change. */
    | 'recreated'
    | 'refused'
    /** A policy let the dry run not pass; the controller may be let. */
    | 'refused-for-you'
    | 'conflict'
    | 'new-namespace'
    | 'new-kind'
    | 'placeholder'
    | 'encrypted'
    | 'hook'
    | 'not-pruned'
    | 'unreadable'
    | 'duplicate'
    /** Its controller does not look at it, by a setting of its own. */
    | 'excluded';
  readonly message: string;
}

/** Whether an object that Git does not have goes with the next sync. */
export interface PruneForecast {
  /** `asked`: only after somebody confirms it in the tool; `kept`: not by a sync of this app. */
  readonly fate: 'deleted' | 'asked' | 'kept';
  /** Why it is kept, or who has to confirm: one sentence each, the deciding one first. */
  readonly protectedBy: readonly string[];
  /** Finalizers that its deletion waits for. */
  readonly waitsFor: readonly string[];
  /** Argo CD `PruneLast=true`: only once everything else that the sync applies is healthy. */
  readonly last?: true;
}

/** One object on two sides: of HEAD or target against the working copy, or live against Git. */
export interface ResourceChange {
  readonly id: ResourceId;
  readonly apiVersion: string;
  readonly action: ResourceAction;
  /** Empty for `same`; a `changed` object with only `ignored`, `generated` or `already` fields is not drifted. */
  readonly fields: readonly FieldChange[];
  readonly notes: readonly ResourceNote[];
  /** Masked, normalised sides for the diff document: before is live (or target), after is Git. */
  readonly before?: KubeObject;
  readonly after?: KubeObject;
  /** File that made the desired object, below the app's root. */
  readonly origin?: { readonly path: string; readonly line?: number };
  /** Of an object that only the cluster has: what the next sync does with it. */
  readonly prune?: PruneForecast;
  /** It carries the marks of the app, and no list of the app has it. */
  readonly orphan?: true;
  /** True when only the local comparison could be made (read-only rights). */
  readonly predicted: boolean;
  readonly health?: { readonly status: string; readonly message: string };
}

/** Of a note: the API server or the tool refuses the change. */
export function willBeRefused({ kind }: ResourceNote): boolean {
  return kind === 'refused' || kind === 'immutable';
}

export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly same: number;
  /** Objects with a note that the change will be refused (immutable, denied). */
  readonly refused: number;
}

export function countChanges(changes: readonly ResourceChange[]): ChangeCounts {
  const counts = { added: 0, changed: 0, removed: 0, same: 0, refused: 0 };
  for (const change of changes) {
    counts[change.action] += 1;
    if (change.notes.some(willBeRefused)) counts.refused += 1;
  }
  return counts;
}
