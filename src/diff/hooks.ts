import type { ResourceNote } from '../model/change';
import type { KubeObject } from '../model/resource';
import type { DesiredObject } from './desired';
import { mapAt, toJson } from './json';

/**
 * Why an object is neither missing nor drifted when the cluster does not have it as Git says: hooks
 * come and go, `generateName` makes a new object each time, finished Jobs are cleaned up.
 */
export function hookNote(
  desired: Pick<DesiredObject, 'object' | 'role'>,
): ResourceNote | undefined {
  const { object, role } = desired;
  if (role === 'hook' || role === 'test') return note(role === 'test' ? 'Helm test' : 'Hook');
  const phase = object.metadata.annotations?.['argocd.argoproj.io/hook'];
  if (phase === 'Skip') return note('Skipped by its hook annotation');
  if (phase !== undefined) return note(`${phase} hook`);
  return isNamedByServer(object) ? note('Created anew at each sync (generateName)') : undefined;
}

function isNamedByServer(object: KubeObject): boolean {
  const { name, generateName } = object.metadata;
  return generateName !== undefined && (name === undefined || name === '');
}

function note(what: string): ResourceNote {
  return { kind: 'hook', message: `${what}: never missing nor drifted.` };
}

/** A Job that the TTL controller deletes once it is finished. */
export function cleanedUpNote(object: KubeObject): ResourceNote | undefined {
  if (object.kind !== 'Job') return undefined;
  const seconds = mapAt(toJson(object), 'spec')['ttlSecondsAfterFinished'];
  if (typeof seconds !== 'number') return undefined;
  const message = `Deleted ${seconds} s after it finished, as its ttlSecondsAfterFinished says.`;
  return { kind: 'hook', message };
}

/** True for a Job that has run to its end. */
export function isFinishedJob(live: KubeObject): boolean {
  if (live.kind !== 'Job') return false;
  const conditions = mapAt(toJson(live), 'status')['conditions'];
  if (!Array.isArray(conditions)) return false;
  return conditions.some(
    (condition: Record<string, unknown>) =>
      (condition['type'] === 'Complete' || condition['type'] === 'Failed') &&
      condition['status'] === 'True',
  );
}
