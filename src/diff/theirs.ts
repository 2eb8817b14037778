import type { FieldOwner } from '../model/change';
import { isPerson } from './managers';

interface Rightful {
  readonly name: string;
  /** Of `metadata.managedFields`; absent: any controller. */
  readonly manager?: RegExp;
  readonly subresource?: string;
  /** The dotted names of the field, `*` for elements of lists. */
  readonly field: RegExp;
}

/**
 * What controllers decide for a living. The autoscaler is part of kube-controller-manager and writes
 * through `scale`; Argo Rollouts shifts selectors and weights (docs/features/traffic-management);
 * Flagger scales its targets down; cert-manager and service meshes put their certificate into webhooks.
 */
const rightful: readonly Rightful[] = [
  { name: 'the autoscaler', subresource: 'scale', field: /^spec\.replicas$/ },
  {
    name: 'the autoscaler',
    manager: /^(horizontal-pod-autoscaler|keda-operator|vpa-)/,
    field: /^spec\.(replicas|template\.spec\.containers\.\*\.resources\.)/,
  },
  {
    name: 'Argo Rollouts',
    manager: /^(rollouts-controller|argo-rollouts)/,
    field: /^(spec\.(replicas|selector|http|tls|rules|workloadRef)|metadata\.annotations)/,
  },
  {
    name: 'Flagger',
    manager: /^flagger/,
    field: /^(spec\.(replicas|selector|http|hosts|gateways|provider)|metadata\.annotations)/,
  },
  { name: 'who issues its certificates', field: /\.caBundle$/ },
];

/** The controller whose the field rightly is, in words; people's programs never are one. */
export function rightfulOwner(
  owners: readonly FieldOwner[],
  names: readonly string[],
): string | undefined {
  const latest = owners[0];
  if (latest === undefined || isPerson(latest)) return undefined;
  const field = names.join('.');
  return rightful.find((one) => isOf(one, latest) && one.field.test(field))?.name;
}

function isOf({ manager, subresource }: Rightful, owner: FieldOwner): boolean {
  if (subresource !== undefined && owner.subresource !== subresource) return false;
  return manager === undefined || manager.test(owner.manager);
}
