import { textAt } from '../model/fields';
import type { AppPolicy } from '../model/app';
import type { PruneForecast } from '../model/change';
import type { KubeObject } from '../model/resource';
import { annotationWords } from './objectPolicy';

interface Veto {
  readonly annotation: string;
  readonly word: string;
  readonly fate: 'asked' | 'kept';
}

/**
 * Words by which an object keeps itself from being pruned: gitops-engine pkg/sync/sync_context.go;
 * kustomize-controller `deleteObjects`, which reads labels as well; helm pkg/kube/resource_policy.go.
 */
const vetoes: readonly Veto[] = [
  { annotation: 'argocd.argoproj.io/sync-options', word: 'Prune=false', fate: 'kept' },
  { annotation: 'argocd.argoproj.io/sync-options', word: 'Prune=confirm', fate: 'asked' },
  { annotation: 'kustomize.toolkit.fluxcd.io/prune', word: 'disabled', fate: 'kept' },
  { annotation: 'kustomize.toolkit.fluxcd.io/reconcile', word: 'disabled', fate: 'kept' },
  { annotation: 'kustomize.toolkit.fluxcd.io/ssa', word: 'ignore', fate: 'kept' },
  { annotation: 'helm.sh/resource-policy', word: 'keep', fate: 'kept' },
];

/** Of an object that the app owns and Git does not have. */
export function pruneForecast(live: KubeObject, policy: AppPolicy): PruneForecast {
  const found = vetoes.filter((veto) => isSaid(live, veto));
  const reasons = [
    ...found.map(({ annotation, word }) => `${annotation} is ${word}.`),
    ...(policy.prune ? [] : ['this app does not prune.']),
    ...(isDisowned(live, policy) ? ['it lacks the labels of its Kustomization.'] : []),
  ];
  const isAsked = reasons.length === 1 && found[0]?.fate === 'asked';
  const stays = isAsked ? 'asked' : 'kept';
  return {
    fate: reasons.length === 0 ? 'deleted' : stays,
    protectedBy: [...reasons, ...outside(live)],
    waitsFor: live.metadata.finalizers ?? [],
  };
}

function isSaid(live: KubeObject, { annotation, word }: Veto): boolean {
  const label = live.metadata.labels?.[annotation] ?? '';
  const words = [...annotationWords(live, annotation), label];
  return words.some((one) => one.toLowerCase() === word.toLowerCase());
}

/** kustomize-controller deletes only what still has its owner labels. */
function isDisowned(live: KubeObject, { fieldManager }: AppPolicy): boolean {
  if (fieldManager !== 'kustomize-controller') return false;
  return live.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'] === undefined;
}

/** Crossplane: what a managed resource stands for is not deleted with it. */
function outside(live: KubeObject): readonly string[] {
  const isKept = textAt(live, 'spec', 'deletionPolicy') === 'Orphan';
  return isKept
    ? ['what it stands for outside of the cluster stays: deletionPolicy is Orphan.']
    : [];
}
