import { recordAt } from '../model/fields';
import type { AppPolicy } from '../model/app';
import type { FieldOwner, PruneForecast, ResourceChange } from '../model/change';
import type { KubeObject } from '../model/resource';
import type { Analysis, Finding } from './analysis';
import { hasApplyEntry } from './analysis';
import type { Fate } from './fate';

/** What becomes of each field of one object; `undefined` where nothing stops its apply. */
export type Stop = (finding: Finding) => Fate;

/**
 * Where Git sets a field that somebody else has set otherwise, and the tool's server-side apply
 * forces nothing, the API server refuses the whole object (Kubernetes, Server-Side Apply,
 * *Conflicts*): none of its fields is written.
 */
export function conflictIn(
  findings: readonly Finding[],
  analysis: Analysis,
  sent: KubeObject,
): Stop | undefined {
  const { policy } = analysis;
  if (policy.stopsAtConflicts !== true) return undefined;
  if (policy.comparison !== 'server-side' && !hasApplyEntry(analysis)) return undefined;
  const conflicts = findings.filter(isCompared(sent)).flatMap((finding) => {
    const other = otherOwner(finding, policy.fieldManager);
    return other === undefined ? [] : [{ finding, other }];
  });
  const [first] = conflicts;
  if (first === undefined) return undefined;
  const tool = policy.comparison === 'server-side' ? 'kubectl apply' : 'helm upgrade';
  return (finding) => {
    const own = conflicts.find((one) => one.finding === finding);
    const { other } = own ?? first;
    const what = own === undefined ? first.finding.difference.names.join('.') : 'it';
    return {
      fate: 'stays',
      stopped: true,
      fateNote: `${tool} stops at ${own ? 'it' : 'this object'} without --force-conflicts: ${other.manager} has set ${what}`,
    };
  };
}

/** `stringData` becomes `data` after conflicts were looked for, so nobody is in its way. */
function isCompared(sent: KubeObject): (finding: Finding) => boolean {
  const unseen = new Set(Object.keys(recordAt(sent, 'stringData') ?? {}));
  return ({ difference: { names } }) => names[0] !== 'data' || !unseen.has(names[1] ?? '');
}

function otherOwner({ difference, owners, verdict }: Finding, own: string): FieldOwner | undefined {
  const { before, after } = difference;
  if (verdict !== 'git' || before === undefined || after === undefined) return undefined;
  return owners.find((owner) => !isApplied(owner, own));
}

/** What kubectl once applied on the client becomes its own before it applies on the server. */
function isApplied({ manager, operation, subresource }: FieldOwner, own: string): boolean {
  if (own === 'kubectl' && manager === 'kubectl-client-side-apply') return true;
  return operation === 'Apply' && manager === own && subresource === undefined;
}

/** `helm upgrade` deletes nothing once an object was refused (helm pkg/kube/client.go, `update`). */
export function withStoppedPrunes(
  changes: readonly ResourceChange[],
  { stopsAtConflicts, comparison }: AppPolicy,
): readonly ResourceChange[] {
  if (stopsAtConflicts !== true || comparison !== 'helm-manifest') return changes;
  const refused = changes.find(({ fields }) => fields.some(({ stopped }) => stopped === true));
  if (refused === undefined) return changes;
  const { kind, name } = refused.id;
  const reason = `helm upgrade stops at ${kind} ${name} without --force-conflicts, and then deletes nothing.`;
  return changes.map((change) =>
    change.prune?.fate === 'deleted' ? kept(change, change.prune, reason) : change,
  );
}

function kept(change: ResourceChange, prune: PruneForecast, reason: string): ResourceChange {
  const note = { kind: 'not-pruned', message: `Not pruned: ${reason}` } as const;
  return {
    ...change,
    fields: change.fields.map((field) => ({ ...field, fate: 'stays' })),
    notes: [...change.notes, note],
    prune: { ...prune, fate: 'kept', protectedBy: [reason, ...prune.protectedBy] },
  };
}
