import type { ContextRef } from './cluster';
import type { JsonObject, ResourceId } from './resource';

/** An action on a cluster as data: shown first, then run as it stands. */
export interface ClusterPlan {
  readonly kind: 'argo-sync' | 'flux-reconcile';
  readonly appKey: string;
  readonly appLabel: string;
  /** Logical name and context of the control cluster. */
  readonly cluster: string;
  readonly context: ContextRef;
  readonly server: string;
  /** The object acted on, which must still have this uid when the plan runs. */
  readonly target: ResourceId & { readonly uid: string };
  /** In order; each is a request that the run makes, spelled out. */
  readonly steps: readonly ClusterStep[];
  readonly confirmation: PlanConfirmation;
  /** True where settings or the repository protect the cluster: its name has to be typed. */
  readonly protected?: boolean;
}

export type ClusterStep =
  | {
      readonly kind: 'annotate';
      readonly id: ResourceId;
      readonly annotations: Readonly<Record<string, string>>;
      /** Waits until `status.lastHandledReconcileAt` changes (Flux) or the annotation is gone (Argo CD). */
      readonly awaits: 'handled' | 'removed' | 'nothing';
    }
  | { readonly kind: 'operation'; readonly id: ResourceId; readonly operation: JsonObject };

/** What the user reads before saying yes. All text is masked. */
export interface PlanConfirmation {
  readonly title: string;
  readonly willChange: readonly string[];
  /** The objects of `willChange`, with their fields. */
  readonly changes?: readonly PlannedChange[];
  /** Objects that will be deleted. */
  readonly willPrune?: readonly string[];
  readonly notPruned: readonly string[];
  /** Unsaved, uncommitted and unpushed changes that this action does not include. */
  readonly notIncluded: readonly string[];
  readonly warnings: readonly string[];
  /** `origin/main · 4f2c1d9 · fetched just now`. */
  readonly revision: string;
}

/** One object that an action writes. */
export interface PlannedChange {
  /** `Deployment shop/web will change`. */
  readonly object: string;
  /** `spec.replicas: 5→3 · kubectl scale, Tue 14:02`, live value first; empty for a new object. */
  readonly fields: readonly string[];
}

export type ActionProgress =
  | { readonly kind: 'running'; readonly message: string }
  | { readonly kind: 'succeeded'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

/** A pull request as data. */
export interface PullRequestPlan {
  readonly root: string;
  /** Paths below the root that the commit takes from the working tree; deleted ones included. */
  readonly paths: readonly string[];
  /** Remote-tracking ref that the branch starts from, and its commit. */
  readonly baseRef: string;
  readonly baseCommit: string;
  /** Branch name on the forge that the pull request goes into. */
  readonly baseBranch: string;
  readonly branch: string;
  readonly commitMessage: string;
  readonly title: string;
  readonly body: string;
  /** Remote to push to, as the user's Git configuration says. */
  readonly pushRemote: string;
  /** Addresses that the push reaches, without credentials; more than one with several `pushurl`. */
  readonly pushUrls?: readonly string[];
  /** The repository that the apps follow, without credentials. */
  readonly targetUrl: string;
  /** `4f2c1d9 Subject` of local commits whose changes to the paths ride along: files go in whole. */
  readonly ridesAlong: readonly string[];
  readonly warnings: readonly string[];
}

/** `fork (https://git.acme.example/ada/gitops.git)`. */
export function pushWords({ pushRemote, pushUrls = [] }: PullRequestPlan): string {
  const urls = pushUrls.filter((url) => url !== pushRemote).join(', ');
  return urls === '' ? pushRemote : `${pushRemote} (${urls})`;
}

export type PullRequestOutcome =
  | { readonly kind: 'opened'; readonly url: string; readonly number: number }
  | {
      /** The branch is on the remote, the pull request is not open; by hand it can be at `compareUrl`. */
      readonly kind: 'pushed';
      readonly compareUrl: string;
      readonly reason: string;
      /** The forge did not accept the token: it is of no use any more. */
      readonly tokenRefused?: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly step: 'commit' | 'push' | 'open';
      readonly message: string;
    };
