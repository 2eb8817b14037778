import { appLabel } from '../model/app';
import type { AppPolicy, ManagedResource } from '../model/app';
import type { AppState, DeployedAt, LiveComparison, RevisionLabel } from '../model/appState';
import type { FieldChange, ResourceChange } from '../model/change';
import { resourceKey } from '../model/resource';
import type { ResourceId } from '../model/resource';
import { describeChange } from '../diff/describe';
import { describeRevision } from './revisions';

/** What one rule hides. */
export interface Hidden {
  readonly rule: string;
  readonly fields: readonly { readonly object: string; readonly pointer: string }[];
}

/** Why a live comparison says what it says. */
export interface Explanation {
  /** How it was compared, with which revisions, what Helm deployed: one sentence each. */
  readonly how: readonly string[];
  readonly hidden: readonly Hidden[];
  /** Where the tool says otherwise than the fields do: one sentence each. */
  readonly verdict: readonly string[];
}

export function objectName({ kind, namespace, name }: ResourceId): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** One line a field that differs: values, who, by which rule, what a sync does. */
export function explainChange(change: ResourceChange, nowMs: number): readonly string[] {
  const lines = describeChange(change, nowMs);
  return change.fields.map(({ pointer }, index) =>
    [pointer, lines[index] ?? ''].filter((part) => part !== '').join(' · '),
  );
}

export function explainApp(state: AppState, comparison: LiveComparison): Explanation {
  const { changes, release, policy = state.app.policy, instanceRules = [] } = comparison;
  const guessed = changes.filter(({ predicted }) => predicted).length;
  return {
    how: [
      `Compared ${methodOf(policy)}.`,
      ...instanceRules,
      ...optionWords(policy),
      ...revisions(comparison),
      ...(release === undefined ? [] : releaseWords(release)),
      ...(guessed === 0
        ? []
        : [`${guessed} of ${changes.length} objects are predicted here: the cluster did not say.`]),
    ],
    hidden: hiddenIn(changes),
    verdict: verdictOf(state, changes, policy),
  };
}

function methodOf({ comparison, fieldManager, asksServer, replaces }: AppPolicy): string {
  if (replaces === true) return 'with what Git says: objects are written whole';
  if (comparison === 'server-side') return `by the server-side apply of ${fieldManager}`;
  if (comparison === 'helm-manifest') return 'with what the release applied last';
  const merge = 'by the three-way merge with what was applied last';
  return asksServer === true ? `${merge}, tried on the server` : merge;
}

/** What the Application itself asks of its comparisons and syncs. */
function optionWords({ syncOptions, compareOptions }: AppPolicy): readonly string[] {
  const options = [...compareOptions, ...syncOptions];
  return options.length === 0 ? [] : [`Options: ${options.join(', ')}.`];
}

function revisionWords(label: RevisionLabel): string {
  return describeRevision(label).trim();
}

function revisions({ target, applied, desiredRevision }: LiveComparison): readonly string[] {
  const wanted = `Git at ${revisionWords(target ?? desiredRevision)}`;
  if (applied === undefined) return [`${wanted}. What was applied is not known.`];
  const known = revisionWords(applied).replace(/^applied /, '');
  return [`${wanted}; applied: ${known}.`];
}

function releaseWords(release: DeployedAt): readonly string[] {
  const { name, revision, chart, at, by, description, failed } = release;
  const parts = [
    `Release ${name}, revision ${revision}`,
    chart,
    at && `deployed ${at}${by === undefined ? '' : ` by ${by}`}`,
    description,
  ].filter((part) => part !== undefined && part !== '');
  const later =
    failed === undefined ? [] : [`Revision ${failed.revision} after it is ${failed.status}.`];
  return [`${parts.join(', ')}.`, ...later];
}

function hiddenIn(changes: readonly ResourceChange[]): readonly Hidden[] {
  const byRule = new Map<string, Hidden['fields'][number][]>();
  for (const { id, fields } of changes) {
    for (const { rule, pointer } of fields) {
      if (rule === undefined) continue;
      byRule.set(rule, [...(byRule.get(rule) ?? []), { object: objectName(id), pointer }]);
    }
  }
  return [...byRule].map(([rule, fields]) => ({ rule, fields }));
}

/** Why Argo CD calls objects out of sync in which nothing is to be seen. */
function verdictOf(
  { app }: AppState,
  changes: readonly ResourceChange[],
  policy: AppPolicy,
): readonly string[] {
  if (app.status?.sync !== 'OutOfSync') return [];
  const byKey = new Map(changes.map((change) => [resourceKey(change.id), change]));
  const outOfSync = app.status.managed.filter(({ status }) => status === 'OutOfSync');
  if (outOfSync.length === 0)
    return [`${appLabel(app)} is OutOfSync, and Argo CD names no object.`];
  return outOfSync.flatMap((one) => whyOutOfSync(one, byKey.get(resourceKey(one)), policy));
}

function whyOutOfSync(
  one: ManagedResource,
  change: ResourceChange | undefined,
  policy: AppPolicy,
): readonly string[] {
  if (change?.fields.some(isPlain) === true) return [];
  const says = `Argo CD says OutOfSync of ${objectName(one)}`;
  if (one.requiresPruning === true) {
    const why = change?.prune?.protectedBy[0] ?? 'it goes with a sync that prunes.';
    return [`${says}: it is not in Git; ${why}`];
  }
  return [`${says}: ${whyEmpty(one, change, policy)}`];
}

/** A difference that speaks for itself. */
function isPlain({ whose }: FieldChange): boolean {
  return ['drift', 'differs', 'pending', 'mine'].includes(whose);
}

function whyEmpty(
  { kind }: ManagedResource,
  change: ResourceChange | undefined,
  { comparison }: AppPolicy,
): string {
  const rules = new Set(change?.fields.flatMap(({ rule }) => rule ?? []));
  if (rules.size > 0) return `what differs is hidden here by ${[...rules].join(', ')}.`;
  const [note] = change?.notes ?? [];
  if (note !== undefined) return note.message;
  if (kind === 'StatefulSet' && comparison === 'server-side') {
    return 'it compares the type of claim templates, which one side alone writes; a sync changes nothing.';
  }
  return 'a sync would change nothing in it; a refresh of the app may settle that.';
}
