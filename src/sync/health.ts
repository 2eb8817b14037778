import { valueAt } from '../model/fields';
import type { HealthStatus } from '../model/ports';
import type { KubeObject } from '../model/resource';

/** Argo CD's words, which Flux users know as well. */
export type HealthWord =
  'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export interface Health {
  readonly status: HealthWord;
  readonly message: string;
}

/** From good to bad, as Argo CD's gitops-engine ranks them (`pkg/health/health.go`). */
const order: readonly HealthWord[] = [
  'Healthy',
  'Suspended',
  'Progressing',
  'Missing',
  'Degraded',
  'Unknown',
];

const words: Readonly<Record<string, HealthWord>> = {
  Current: 'Healthy',
  InProgress: 'Progressing',
  Failed: 'Degraded',
  Terminating: 'Progressing',
  NotFound: 'Missing',
};

/** The health of one object from kstatus; what is paused on purpose is neither healthy nor broken. */
export function healthOf(object: KubeObject | undefined, kstatus: HealthStatus): Health {
  if (object === undefined) return { status: 'Missing', message: 'Not in the cluster.' };
  const status = words[kstatus.status] ?? 'Unknown';
  if (status !== 'Degraded' && isPaused(object)) {
    return { status: 'Suspended', message: 'Paused in its specification.' };
  }
  return { status, message: kstatus.message };
}

/** The worst health of several; undefined of none. */
export function worstHealth(healths: readonly Health[]): Health | undefined {
  return healths.reduce<Health | undefined>((worst, health) => {
    const isWorse =
      worst === undefined || order.indexOf(health.status) > order.indexOf(worst.status);
    return isWorse ? health : worst;
  }, undefined);
}

function isPaused(object: KubeObject): boolean {
  const paused = object.kind === 'Deployment' && valueAt(object, 'spec', 'paused') === true;
  return paused || valueAt(object, 'spec', 'suspend') === true;
}
