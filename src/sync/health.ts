import type { Tool } from '../model/app';
import { valueAt } from '../model/fields';
import type { HealthStatus } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { argoHealth } from './argoHealth';

/** Argo CD's words, which Flux users know as well. */
export type HealthWord =
  'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export interface Health {
  readonly status: HealthWord;
  readonly message: string;
}

const words: Readonly<Record<string, HealthWord>> = {
  Current: 'Healthy',
  InProgress: 'Progressing',
  Failed: 'Degraded',
  Terminating: 'Progressing',
  NotFound: 'Missing',
};

/**
 * The health of one object as its app's tool sees it: from kstatus, as Flux, or by the rules of Argo
 * CD where they differ. What is paused on purpose is neither healthy nor broken.
 */
export function healthOf(
  object: KubeObject | undefined,
  kstatus: HealthStatus,
  tool?: Tool,
): Health {
  if (object === undefined) return { status: 'Missing', message: 'Not in the cluster.' };
  return (tool === 'argocd' ? argoHealth(object) : undefined) ?? kstatusHealth(object, kstatus);
}

function kstatusHealth(object: KubeObject, kstatus: HealthStatus): Health {
  const status = words[kstatus.status] ?? 'Unknown';
  if (status !== 'Degraded' && isPaused(object)) {
    return { status: 'Suspended', message: 'Paused in its specification.' };
  }
  return { status, message: kstatus.message };
}

function isPaused(object: KubeObject): boolean {
  const paused = object.kind === 'Deployment' && valueAt(object, 'spec', 'paused') === true;
  return paused || valueAt(object, 'spec', 'suspend') === true;
}
