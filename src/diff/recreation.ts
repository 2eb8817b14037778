import type { AppPolicy } from '../model/app';
import type { ResourceNote } from '../model/change';
import { groupOf } from '../model/resource';
import type { KubeObject } from '../model/resource';
import { annotationWords, policyOf, syncOptionsAnnotation } from './objectPolicy';

/** How an app applies; of a render by itself only whether it recreates may be known. */
export type Applying = Pick<AppPolicy, 'recreates'> & Partial<AppPolicy>;

/** What becomes of a change that the API server refuses because a field is immutable. */
export interface Recreation {
  readonly isRecreated: boolean;
  /** One sentence on why it is not, or on what happens until then. */
  readonly because?: string;
}

const ARGO = 'argocd-controller';
const sentences = {
  replace: 'Replace=true makes it anew only with Force=true.',
  unforced: 'Force=true fails with ServerSideApply.',
  uncompared:
    'ServerSideDiff fails on it: Argo CD says Unknown of the app and does not sync it by itself.',
};

export function recreationOf(policy: Applying, after: KubeObject): Recreation {
  if (policy.recreates) return { isRecreated: true };
  if (policy.fieldManager === ARGO) return byArgo(policy, after);
  // kustomize-controller hears the annotation of one object as well.
  const words = annotationWords(after, 'kustomize.toolkit.fluxcd.io/force');
  return { isRecreated: words.some((word) => word.toLowerCase() === 'enabled') };
}

/**
 * gitops-engine pkg/sync/sync_context.go, `applyObject`: only the object itself can ask for force.
 * `kubectl apply --force` deletes and creates what is refused, and is no option of an apply on the
 * server; `kubectl replace` without force is a plain write.
 */
function byArgo(policy: Applying, after: KubeObject): Recreation {
  const { isForced, replaces, onServer } = wordsOf(policy, after);
  const isRecreated = isForced && !onServer;
  const because = [
    !isRecreated && replaces ? sentences.replace : undefined,
    !isRecreated && isForced ? sentences.unforced : undefined,
    policy.asksServer === true ? sentences.uncompared : undefined,
  ].filter((text) => text !== undefined);
  return { isRecreated, ...(because.length === 0 ? {} : { because: because.join(' ') }) };
}

function wordsOf(policy: Applying, after: KubeObject) {
  const { replaces = false, comparison } = policyOf(policy, after);
  const isForced = annotationWords(after, syncOptionsAnnotation).includes('Force=true');
  return { isForced, replaces, onServer: comparison === 'server-side' && !replaces };
}

/** What `Force=true` means for an object whatever has changed in it. */
export function forceNotes(
  policy: AppPolicy,
  desired: KubeObject,
  differs: boolean,
): readonly ResourceNote[] {
  if (policy.fieldManager !== ARGO) return [];
  const { isForced, replaces, onServer } = wordsOf(policy, desired);
  if (!isForced) return [];
  if (onServer) return differs ? [failing] : [];
  const isApplied = differs || !policy.syncOptions.includes('ApplyOutOfSyncOnly=true');
  return replaces && isApplied ? anewNotes(desired) : [];
}

const failing: ResourceNote = {
  kind: 'refused',
  message: `Will be refused: ${sentences.unforced}`,
};

const anew: ResourceNote = {
  kind: 'recreated',
  message: 'Each sync deletes it and makes it anew: it has Force=true and Replace=true.',
};

/** What the server says of an immutable field that is not known as one here. */
export function recreatedNote(
  note: ResourceNote,
  policy: AppPolicy,
  desired: KubeObject,
): ResourceNote {
  if (note.kind !== 'immutable' || !recreationOf(policy, desired).isRecreated) return note;
  return {
    kind: 'recreated',
    message: note.message.replace(/^Will be refused/, 'Will be recreated'),
  };
}

/** What everything in it would go with is written whole instead. */
function anewNotes({ apiVersion, kind }: KubeObject): readonly ResourceNote[] {
  const isWrittenWhole =
    kind === 'Namespace'
      ? groupOf(apiVersion) === ''
      : kind === 'CustomResourceDefinition' && groupOf(apiVersion) === 'apiextensions.k8s.io';
  return isWrittenWhole ? [] : [anew];
}
