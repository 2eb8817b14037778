import { describe, expect, it } from 'vitest';
import { policyOf } from '../../../src/diff/objectPolicy';
import type { AppPolicy } from '../../../src/model/app';
import type { KubeObject } from '../../../src/model/resource';
import { argoPolicy, fluxPolicy } from './builders';

function withOptions(options?: string): KubeObject {
  const annotations = { 'argocd.argoproj.io/sync-options': options ?? '' };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', ...(options === undefined ? {} : { annotations }) },
  };
}

const onServer: AppPolicy = { ...argoPolicy, comparison: 'server-side' };

describe('how one object is applied', () => {
  it.each<[string, AppPolicy, string | undefined, Partial<AppPolicy>]>([
    ['as its Application', argoPolicy, undefined, {}],
    [
      'on the server by its own word',
      argoPolicy,
      'ServerSideApply=true',
      { comparison: 'server-side' },
    ],
    [
      'among other words',
      argoPolicy,
      'Prune=false, ServerSideApply=true',
      { comparison: 'server-side' },
    ],
    [
      'on the client by its own word',
      onServer,
      'ServerSideApply=false',
      { comparison: 'three-way' },
    ],
    ['as its Application where it says other things', onServer, 'Prune=false', {}],
    ['written whole', argoPolicy, 'Replace=true', { replaces: true }],
    ['by a word of Argo CD only', fluxPolicy, 'ServerSideApply=false,Replace=true', {}],
  ])('%s', (_name, policy, options, change) => {
    expect(policyOf(policy, withOptions(options))).toEqual({ ...policy, ...change });
  });

  it('is the policy of the app for what Git does not have', () => {
    expect(policyOf(argoPolicy, undefined)).toBe(argoPolicy);
  });
});
