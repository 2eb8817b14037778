import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import { healthOf } from '../../../src/sync/health';

function object(
  apiVersion: string,
  kind: string,
  parts: object,
  metadata: object = {},
): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', ...metadata }, ...parts };
}

function conditions(...list: readonly (readonly [string, string, string?])[]): object {
  return {
    conditions: list.map(([type, status, reason = '']) => ({
      type,
      status,
      reason,
      message: type,
    })),
  };
}

const address = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
const lb = { spec: { type: 'LoadBalancer' } };

function pod(reason: string, restartPolicy = 'Always'): object {
  const state = { waiting: { reason, message: `because ${reason}` } };
  return { spec: { restartPolicy }, status: { containerStatuses: [{ state }] } };
}

/** What kstatus says of each, and what Argo CD says. */
const CASES: readonly (readonly [string, KubeObject, string, string])[] = [
  ['a Service without its address', object('v1', 'Service', lb), 'Current', 'Progressing'],
  ['one with it', object('v1', 'Service', { ...lb, status: address }), 'Current', 'Healthy'],
  ['a plain Service', object('v1', 'Service', { spec: {} }), 'Current', 'Healthy'],
  [
    'an Ingress without an address',
    object('networking.k8s.io/v1', 'Ingress', {}),
    'Current',
    'Progressing',
  ],
  [
    'one with it',
    object('networking.k8s.io/v1', 'Ingress', { status: address }),
    'Current',
    'Healthy',
  ],
  [
    'a lost volume',
    object('v1', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }),
    'InProgress',
    'Degraded',
  ],
  [
    'a waiting one',
    object('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }),
    'InProgress',
    'Progressing',
  ],
  [
    'a scaler without metrics',
    object('autoscaling/v2', 'HorizontalPodAutoscaler', {
      status: conditions(['ScalingActive', 'False', 'FailedGetResourceMetric']),
    }),
    'Current',
    'Degraded',
  ],
  [
    'a scaler that can scale, whatever its metrics say after that',
    object('autoscaling/v2', 'HorizontalPodAutoscaler', {
      status: conditions(
        ['AbleToScale', 'True', 'ReadyForNewScale'],
        ['ScalingActive', 'False', 'FailedGetResourceMetric'],
      ),
    }),
    'Current',
    'Healthy',
  ],
  [
    'a new scaler',
    object('autoscaling/v2', 'HorizontalPodAutoscaler', {}),
    'Current',
    'Progressing',
  ],
  [
    'an API that does not answer',
    object('apiregistration.k8s.io/v1', 'APIService', {
      status: conditions(['Available', 'False']),
    }),
    'Current',
    'Progressing',
  ],
  [
    'one that does',
    object('apiregistration.k8s.io/v1', 'APIService', {
      status: conditions(['Available', 'True']),
    }),
    'Current',
    'Healthy',
  ],
  [
    'a rollout that takes too long',
    object('apps/v1', 'Deployment', {
      status: conditions(['Progressing', 'False', 'ProgressDeadlineExceeded']),
    }),
    'InProgress',
    'Degraded',
  ],
  [
    'a paused one',
    object('apps/v1', 'Deployment', { spec: { paused: true } }),
    'Failed',
    'Suspended',
  ],
  [
    'a ReplicaSet that makes no Pods',
    object('apps/v1', 'ReplicaSet', { status: conditions(['ReplicaFailure', 'True']) }),
    'InProgress',
    'Degraded',
  ],
  [
    'one of an older look',
    object(
      'apps/v1',
      'ReplicaSet',
      { status: conditions(['ReplicaFailure', 'True']) },
      { generation: 2 },
    ),
    'InProgress',
    'Progressing',
  ],
  ['a running Job', object('batch/v1', 'Job', { status: { active: 1 } }), 'Current', 'Progressing'],
  [
    'a failed Job',
    object('batch/v1', 'Job', { status: conditions(['Failed', 'True']) }),
    'Failed',
    'Degraded',
  ],
  [
    'a finished Job',
    object('batch/v1', 'Job', { status: conditions(['Complete', 'True']) }),
    'Current',
    'Healthy',
  ],
  [
    'a suspended Job',
    object('batch/v1', 'Job', { status: conditions(['Suspended', 'True']) }),
    'Current',
    'Suspended',
  ],
  ['a Pod without its image', object('v1', 'Pod', pod('ErrImagePull')), 'InProgress', 'Degraded'],
  ['a Pod that crashes', object('v1', 'Pod', pod('CrashLoopBackOff')), 'Failed', 'Degraded'],
  [
    'the Pod of a hook, which is tried again',
    object('v1', 'Pod', pod('ErrImagePull', 'Never')),
    'InProgress',
    'Progressing',
  ],
  ['a Pod that starts', object('v1', 'Pod', pod('ContainerCreating')), 'InProgress', 'Progressing'],
  [
    'what goes away',
    object('networking.k8s.io/v1', 'Ingress', { status: address }, { deletionTimestamp: 't' }),
    'Terminating',
    'Progressing',
  ],
  ['a kind without a rule', object('v1', 'ConfigMap', {}), 'Current', 'Healthy'],
];

describe('health as Argo CD sees it', () => {
  it.each(CASES)('of %s', (_, subject, kstatus, argo) => {
    expect(healthOf(subject, { status: kstatus, message: '' }, 'argocd').status).toBe(argo);
  });

  it('is kstatus alone for Flux', () => {
    const ingress = object('networking.k8s.io/v1', 'Ingress', {});
    expect(healthOf(ingress, { status: 'Current', message: '' }, 'flux').status).toBe('Healthy');
  });
});
