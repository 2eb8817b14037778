import type { AppPolicy } from '../model/app';
import type { FieldChange } from '../model/change';

export type Fate = Pick<FieldChange, 'fate' | 'fateNote' | 'stopped'>;

export interface FateContext {
  readonly policy: AppPolicy;
  /** Git says other objects than the release was made of, so helm-controller upgrades it anyway. */
  readonly upgradeDue?: boolean;
}

/**
 * What becomes of something that live has otherwise than Git. helm-controller looks at live only
 * where drift detection is on and writes only with `enabled`; the next upgrade writes every object
 * of the release (helm-controller internal/reconcile/atomic_release.go).
 */
export function fateOfDrift({ policy, upgradeDue }: FateContext): Fate {
  if (policy.driftDetection === undefined) return { fate: 'reverted' };
  if (upgradeDue === true) {
    return { fate: 'reverted', fateNote: 'the upgrade that is due will revert it' };
  }
  if (policy.driftDetection === 'enabled') {
    const when = policy.suspended ? ' once it is resumed' : '';
    return { fate: 'reverted', fateNote: `helm-controller will revert it${when}` };
  }
  const why = policy.driftDetection === 'warn' ? 'only warns' : 'is off';
  return { fate: 'stays', fateNote: `stays until the next upgrade: drift detection ${why}` };
}

/** A sync writes ignored fields all the same unless it is told to respect the rules. */
export function fateOfIgnored({ policy, upgradeDue }: FateContext): Fate {
  if (policy.driftDetection !== undefined) {
    return upgradeDue === true
      ? { fate: 'reverted', fateNote: 'the upgrade that is due will write it' }
      : { fate: 'stays', fateNote: 'stays until the next upgrade' };
  }
  const respected = policy.syncOptions.some((o) => /^RespectIgnoreDifferences=true$/i.test(o));
  const stays = respected || policy.fieldManager === 'kustomize-controller';
  return { fate: stays ? 'stays' : 'reverted' };
}

/** Rules of a HelmRelease are asked only where its controller compares at all. */
export function rulesInForce(policy: AppPolicy): AppPolicy['ignoreRules'] {
  return policy.driftDetection === 'disabled' ? [] : policy.ignoreRules;
}
