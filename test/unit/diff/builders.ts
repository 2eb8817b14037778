import { createHash } from 'node:crypto';
import type { DesiredObject } from '../../../src/diff/desired';
import type { AppPolicy } from '../../../src/model/app';
import type { Digest } from '../../../src/model/ports';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject } from '../../../src/model/resource';
import { plainPolicy } from '../policy';

export const digest: Digest = (value) =>
  createHash('sha256').update(`salt of this test\0${value}`).digest('hex');

export const argoPolicy: AppPolicy = { ...plainPolicy, automated: true, prune: true };

export const fluxPolicy: AppPolicy = {
  ...argoPolicy,
  comparison: 'server-side',
  fieldManager: 'kustomize-controller',
};

export const helmPolicy: AppPolicy = {
  ...argoPolicy,
  comparison: 'helm-manifest',
  fieldManager: 'helm',
};

/** A desired object as `desiredObjects` makes them, without additions. */
export function desired(object: object, more: Partial<DesiredObject> = {}): DesiredObject {
  const kube = object as KubeObject;
  return {
    object: kube,
    id: resourceIdOf(kube),
    origin: { path: 'apps/web/web.yaml', line: 1 },
    role: 'resource',
    generated: [],
    notes: [],
    ...more,
  };
}

/** `fieldsV1` from pointers, `k:{…}` and `v:…` parts as they are: `spec/template/k:{"name":"web"}`. */
export function fieldsV1(paths: readonly (readonly string[])[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const path of paths) {
    let level = root;
    for (const part of path) {
      const key = /^[kvi]:|^\.$/.test(part) ? part : `f:${part}`;
      level = (level[key] ??= {}) as Record<string, unknown>;
    }
  }
  return root;
}
