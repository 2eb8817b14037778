import { recordAt } from '../model/fields';
import type { FieldOwner } from '../model/change';
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
