import { listAt, numberAt, textAt, valueAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import { groupOf } from '../model/resource';
import { conditionOf } from './conditions';
import type { Health } from './health';

/**
 * What Argo CD says otherwise than kstatus of the kinds that every cluster has (gitops-engine,
 * `pkg/health`); `undefined` where both say the same, or it has no rule of its own.
 */
export function argoHealth(object: KubeObject): Health | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return undefined;
  return RULES[`${groupOf(object.apiVersion)}/${object.kind}`]?.(object);
}

const RULES: Readonly<Record<string, (object: KubeObject) => Health | undefined>> = {
  '/Service': (object) =>
    textAt(object, 'spec', 'type') === 'LoadBalancer' ? addressHealth(object) : undefined,
  '/PersistentVolumeClaim': (object) =>
    textAt(object, 'status', 'phase') === 'Lost'
      ? { status: 'Degraded', message: 'The volume is lost.' }
      : undefined,
  '/Pod': podHealth,
  'networking.k8s.io/Ingress': addressHealth,
  'extensions/Ingress': addressHealth,
  'autoscaling/HorizontalPodAutoscaler': scalerHealth,
  'apiregistration.k8s.io/APIService': serviceHealth,
  'apps/Deployment': deploymentHealth,
  'apps/ReplicaSet': replicaSetHealth,
  'batch/Job': jobHealth,
};

/** Services and Ingresses wait for their address. */
function addressHealth(object: KubeObject): Health {
  return listAt(object, 'status', 'loadBalancer', 'ingress').length > 0
    ? { status: 'Healthy', message: '' }
    : { status: 'Progressing', message: 'No address of a load balancer yet.' };
}

const BROKEN_SCALING: readonly (readonly [string, string])[] = [
  ['AbleToScale', 'FailedGetScale'],
  ['AbleToScale', 'FailedUpdateScale'],
  ['ScalingActive', 'FailedGetResourceMetric'],
  ['ScalingActive', 'InvalidSelector'],
];

/** The first condition that says something, in the order of the object. */
function scalerHealth(object: KubeObject): Health {
  for (const condition of listAt(object, 'status', 'conditions')) {
    const type = textAt(condition, 'type');
    const reason = textAt(condition, 'reason');
    const message = textAt(condition, 'message') ?? '';
    if (BROKEN_SCALING.some(([a, b]) => a === type && b === reason)) {
      return { status: 'Degraded', message };
    }
    const isWell = type === 'AbleToScale' || type === 'ScalingLimited';
    if (isWell && textAt(condition, 'status') === 'True') return { status: 'Healthy', message };
  }
  return { status: 'Progressing', message: 'Waiting to scale.' };
}

function serviceHealth(object: KubeObject): Health {
  const available = conditionOf(object, 'Available');
  const message = available?.message ?? 'Waiting to be processed.';
  return { status: available?.status === 'True' ? 'Healthy' : 'Progressing', message };
}

/** Only a rollout that takes too long is broken; kstatus also says so of one that fails to make Pods. */
function deploymentHealth(object: KubeObject): Health | undefined {
  if (valueAt(object, 'spec', 'paused') === true) {
    return { status: 'Suspended', message: 'Paused in its specification.' };
  }
  const progressing = conditionOf(object, 'Progressing');
  return progressing?.reason === 'ProgressDeadlineExceeded'
    ? { status: 'Degraded', message: progressing.message }
    : undefined;
}

function replicaSetHealth(object: KubeObject): Health | undefined {
  const failure = conditionOf(object, 'ReplicaFailure');
  const isObserved =
    (object.metadata.generation ?? 0) <= (numberAt(object, 'status', 'observedGeneration') ?? 0);
  return isObserved && failure?.status === 'True'
    ? { status: 'Degraded', message: failure.message }
    : undefined;
}

/** A Job that runs is not done; kstatus takes one that started for well. */
function jobHealth(object: KubeObject): Health {
  const failed = conditionOf(object, 'Failed');
  if (failed !== undefined) return { status: 'Degraded', message: failed.message };
  const suspended = conditionOf(object, 'Suspended');
  if (suspended?.status === 'True') return { status: 'Suspended', message: suspended.message };
  const complete = conditionOf(object, 'Complete') ?? suspended;
  return complete === undefined
    ? { status: 'Progressing', message: 'Not finished.' }
    : { status: 'Healthy', message: complete.message };
}

/** A Pod that is to run always and whose containers cannot start, whatever its phase says. */
function podHealth(object: KubeObject): Health | undefined {
  if (textAt(object, 'spec', 'restartPolicy') !== 'Always') return undefined;
  const broken = listAt(object, 'status', 'containerStatuses').filter((container) =>
    /^Err|(Error|BackOff)$/.test(textAt(container, 'state', 'waiting', 'reason') ?? ''),
  );
  if (broken.length === 0) return undefined;
  const messages = broken.map((one) => textAt(one, 'state', 'waiting', 'message') ?? '');
  return { status: 'Degraded', message: messages.filter((text) => text !== '').join(', ') };
}
