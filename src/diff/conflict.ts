import type { FieldOwner } from '../model/change';
import type { Analysis, Finding } from './analysis';
import { hasApplyEntry } from './analysis';
import type { Fate } from './fate';

/**
 * What becomes of a field that Git sets and somebody else has set otherwise, where the tool's
 * server-side apply forces nothing: the API server refuses the whole object with a conflict
 * (Kubernetes, Server-Side Apply, *Conflicts*).
 */
export function conflictOf(finding: Finding, analysis: Analysis): Fate | undefined {
  const { policy } = analysis;
  const { before, after } = finding.difference;
  if (policy.stopsAtConflicts !== true || before === undefined || after === undefined)
    return undefined;
  if (policy.comparison !== 'server-side' && !hasApplyEntry(analysis)) return undefined;
  const other = finding.owners.find((owner) => !isApplied(owner, policy.fieldManager));
  if (other === undefined) return undefined;
  const tool = policy.comparison === 'server-side' ? 'kubectl apply' : 'helm upgrade';
  return {
    fate: 'stays',
    fateNote: `${tool} stops at it without --force-conflicts: ${other.manager} has set it`,
  };
}

/** What kubectl once applied on the client becomes its own before it applies on the server. */
function isApplied({ manager, operation, subresource }: FieldOwner, own: string): boolean {
  if (own === 'kubectl' && manager === 'kubectl-client-side-apply') return true;
  return operation === 'Apply' && manager === own && subresource === undefined;
}
