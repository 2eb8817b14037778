import { isSecret } from '../model/resource';
import type { Analysis, Finding } from './analysis';
import type { Stop } from './conflict';
import { toKube } from './json';

/**
 * helm-controller masks the values of a Secret for its log in the very patch that corrects the drift
 * (since 1.0.1 and at least until 1.6, internal/reconcile/atomic_release.go): the API server refuses
 * that patch, so no field of the Secret comes back before the next upgrade.
 */
export function maskedPatchIn(
  findings: readonly Finding[],
  { live, policy }: Analysis,
  upgradeDue: boolean,
): Stop | undefined {
  if (policy.driftDetection !== 'enabled' || upgradeDue || !isSecret(toKube(live))) {
    return undefined;
  }
  const isSent = findings.some(
    ({ verdict, difference: { names, after } }) =>
      verdict === 'git' && names[0] === 'data' && after !== undefined,
  );
  if (!isSent) return undefined;
  const fateNote =
    'stays until the next upgrade: helm-controller cannot correct values of a Secret, it sends them masked';
  return () => ({ fate: 'stays', fateNote });
}
