import { textAt } from '../model/fields';
import type { AppPolicy } from '../model/app';
import type { PruneForecast } from '../model/change';
import type { KubeObject } from '../model/resource';
import { annotationWords, syncOptionsAnnotation } from './objectPolicy';

type Deleter = 'argocd' | 'flux' | 'helm';

/** When an object would be deleted: it has left Git, or its app goes. */
type Occasion = 'prune' | 'removal';

interface Veto {
  readonly by: Deleter;
  readonly on?: Occasion;
  readonly annotation: string;
  readonly word: string;
  readonly fate: 'asked' | 'kept';
}

const argoOptions = { by: 'argocd', annotation: syncOptionsAnnotation } as const;
const fluxWords = ['prune: disabled', 'reconcile: disabled', 'ssa: ignore'];
const helmKeeps = { annotation: 'helm.sh/resource-policy', word: 'keep', fate: 'kept' } as const;

/**
 * Words by which an object keeps itself from being deleted, each heard by its own tool alone:
 * gitops-engine `pruneObject`, and Argo CD `shouldBeDeleted`, which heeds Helm's word when an app
 * goes and not when it prunes; kustomize-controller `deleteObjects`, which reads labels as well;
 * helm pkg/kube/client.go.
 */
const vetoes: readonly Veto[] = [
  { ...argoOptions, on: 'prune', word: 'Prune=false', fate: 'kept' },
  { ...argoOptions, on: 'prune', word: 'Prune=confirm', fate: 'asked' },
  { ...argoOptions, on: 'removal', word: 'Delete=false', fate: 'kept' },
  { ...argoOptions, on: 'removal', word: 'Delete=confirm', fate: 'asked' },
  { by: 'argocd', on: 'removal', ...helmKeeps },
  ...fluxWords.map((text): Veto => {
    const [name = '', word = ''] = text.split(': ');
    return { by: 'flux', annotation: `kustomize.toolkit.fluxcd.io/${name}`, word, fate: 'kept' };
  }),
  { by: 'helm', ...helmKeeps },
];

/** The custom resource of an app, by which kustomize-controller marks its objects. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** Of an object that the app owns and Git does not have; without an owner any label of one will do. */
export function pruneForecast(live: KubeObject, policy: AppPolicy, owner?: Owner): PruneForecast {
  const by = deleterOf(policy);
  const forecast = forecastOf(live, 'prune', {
    by,
    reasons: [
      ...(policy.prune ? [] : ['this app does not prune.']),
      ...disowned(live, policy, owner),
    ],
  });
  const isLast = by === 'argocd' && forecast.fate !== 'kept' && isPrunedLast(live, policy);
  return isLast ? { ...forecast, last: true } : forecast;
}

/**
 * gitops-engine `getSyncTasks` puts such a prune into a wave of its own behind all others. No wave
 * begins before what was applied is healthy, and a sync ends as failed where some of it is degraded.
 */
function isPrunedLast(live: KubeObject, { syncOptions }: AppPolicy): boolean {
  const words = [...syncOptions, ...annotationWords(live, syncOptionsAnnotation)];
  return words.includes('PruneLast=true');
}

/** Of an object of an app that is itself removed, where that takes its objects with it. */
export function removalForecast(live: KubeObject, policy: AppPolicy, owner: Owner): PruneForecast {
  const by = deleterOf(policy);
  const isCrd = by === 'argocd' && live.kind === 'CustomResourceDefinition';
  return forecastOf(live, 'removal', {
    by,
    reasons: [
      ...(isCrd ? ['Argo CD deletes no CustomResourceDefinition with an app.'] : []),
      ...disowned(live, policy, owner),
    ],
  });
}

/** The one that deletes; `kubectl apply` of a pipeline deletes nothing. */
function deleterOf({ fieldManager, comparison }: AppPolicy): Deleter | undefined {
  if (fieldManager === 'argocd-controller') return 'argocd';
  if (fieldManager === 'kustomize-controller') return 'flux';
  return comparison === 'helm-manifest' ? 'helm' : undefined;
}

interface Deletion {
  readonly by: Deleter | undefined;
  /** Why it is kept besides its own words. */
  readonly reasons: readonly string[];
}

function forecastOf(
  live: KubeObject,
  occasion: Occasion,
  { by, reasons: others }: Deletion,
): PruneForecast {
  const found = vetoes.filter(
    (veto) => veto.by === by && (veto.on ?? occasion) === occasion && isSaid(live, veto),
  );
  const own = found.map(({ annotation, word }) => `${annotation} is ${word}.`);
  const reasons = [...own, ...others];
  const isAsked = reasons.length === 1 && found[0]?.fate === 'asked';
  const stays = isAsked ? 'asked' : 'kept';
  return {
    fate: reasons.length === 0 ? 'deleted' : stays,
    protectedBy: [...reasons, ...outside(live)],
    waitsFor: live.metadata.finalizers ?? [],
  };
}

/** Only Flux hears a label, and only Argo CD minds the case. */
function isSaid(live: KubeObject, { by, annotation, word }: Veto): boolean {
  const words = annotationWords(live, annotation);
  if (by === 'argocd') return words.includes(word);
  const label = by === 'flux' ? (live.metadata.labels?.[annotation] ?? '') : '';
  return [...words, label].some((one) => one.toLowerCase() === word);
}

/** kustomize-controller deletes only what still has the labels of the Kustomization that asks. */
function disowned(
  live: KubeObject,
  { fieldManager }: AppPolicy,
  owner: Owner | undefined,
): readonly string[] {
  if (fieldManager !== 'kustomize-controller') return [];
  const { labels = {} } = live.metadata;
  const [name, namespace] = ['name', 'namespace'].map(
    (part) => labels[`kustomize.toolkit.fluxcd.io/${part}`],
  );
  if (name === undefined) return ['it lacks the labels of its Kustomization.'];
  const isOthers = owner !== undefined && (name !== owner.name || namespace !== owner.namespace);
  return isOthers ? [`its labels are those of the Kustomization ${namespace ?? ''}/${name}.`] : [];
}

/** Crossplane: what a managed resource stands for is not deleted with it. */
function outside(live: KubeObject): readonly string[] {
  const isKept = textAt(live, 'spec', 'deletionPolicy') === 'Orphan';
  return isKept
    ? ['what it stands for outside of the cluster stays: deletionPolicy is Orphan.']
    : [];
}
