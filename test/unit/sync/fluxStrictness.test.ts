import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/model/resource';
import { kustomizeControllerOf, strictSubstitution } from '../../../src/sync/fluxStrictness';

const GATE = 'StrictPostBuildSubstitutions';

describe('strict substitution', () => {
  it.each([
    ['v1.9.0', undefined, true],
    ['v1.10.1', undefined, true],
    ['2.0.0', undefined, true],
    ['v1.8.2', undefined, false],
    ['v1.3.0', undefined, false],
    ['v1.8.2', true, true],
    ['v1.9.5', false, false],
    // The gate came with 1.3: before, nothing is strict.
    ['v1.2.0', true, false],
    ['v0.35.1', undefined, false],
    [undefined, undefined, undefined],
    [undefined, false, false],
    ['latest', true, true],
  ])('of %s with the gate at %s is %s', (version, gate, expected) => {
    const featureGates: Record<string, boolean> = gate === undefined ? {} : { [GATE]: gate };
    expect(strictSubstitution({ ...(version && { version }), featureGates })).toBe(expected);
  });
});

function deployment(image: string, args: readonly string[] = []): JsonObject {
  const containers: JsonObject[] = [
    { name: 'proxy', image: 'proxy:v3.0' },
    { name: 'manager', image, args: [...args] },
  ];
  return { kind: 'Deployment', spec: { template: { spec: { containers } } } };
}

describe('a running kustomize-controller', () => {
  it.each([
    ['mirror.example:5000/fluxcd/kustomize-controller:v1.9.5', 'v1.9.5'],
    ['fluxcd/kustomize-controller:v1.8.2@sha256:abc', 'v1.8.2'],
    ['kustomize-controller:1.10.0-rc.1', '1.10.0-rc.1'],
    ['fluxcd/kustomize-controller@sha256:abc', undefined],
    ['fluxcd/kustomize-controller', undefined],
    ['fluxcd/kustomize-controller:latest', undefined],
  ])('is of the version in %s', (image, version) => {
    expect(kustomizeControllerOf(deployment(image))).toEqual({
      featureGates: {},
      ...(version && { version }),
    });
  });

  it('is no other controller', () => {
    expect(kustomizeControllerOf(deployment('fluxcd/helm-controller:v1.9.5'))).toBeUndefined();
    expect(kustomizeControllerOf(deployment('x/my-kustomize-controller:v1.9.5'))).toBeUndefined();
    expect(kustomizeControllerOf({})).toBeUndefined();
  });

  it('has its feature gates among its arguments', () => {
    const args = [
      '--log-level=info',
      `--feature-gates=GroupChangeLog=true,${GATE}=true`,
      '--feature-gates',
      `${GATE}=False, Other=T`,
      '--feature-gates=odd',
    ];
    const found = kustomizeControllerOf(deployment('a/kustomize-controller:v1.9.5', args));
    expect(found?.featureGates).toEqual({ GroupChangeLog: true, [GATE]: false, Other: true });
  });
});
