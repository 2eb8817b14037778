import type { ApplicationSetCluster } from '../model/applicationSet';
import type { ConnectionState } from '../model/appState';
import type { AccessRefusal, ServedKind } from '../model/cluster';
import type { ArgoSettings } from '../model/config';
import type { Cluster } from '../model/ports';
import type { Capabilities } from '../model/render';
import type { JsonObject, KubeObject, ResourceId } from '../model/resource';
import type { Claim } from '../model/stray';
import type { Freshness } from '../model/watch';
import type { Destination } from '../validate/rules/rule';
import type { ArgoCustomizations } from './argoCustomizations';
import type { Collection } from './collection';
import type { Following } from './following';
import type { Sightings } from './flapping';
import type { Verdicts } from './verdicts';

/** How an Argo CD instance marks the objects of an app (`argocd-cm`). */
export interface TrackingSettings {
  readonly method: 'annotation' | 'label' | 'annotation+label';
  readonly labelKey: string;
  readonly installationId?: string;
  readonly controllerNamespace: string;
}

/** What a ConfigMap or Secret holds, for rendering only. */
export type LiveData =
  | { readonly kind: 'found'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unread'; readonly reason: string };

/** What an Argo CD server makes of a set, or why it does not. */
export type GeneratedSet =
  | {
      readonly kind: 'generated';
      /** The set that was asked about. */
      readonly object: KubeObject;
      readonly applications: readonly KubeObject[];
      readonly by: string;
    }
  | { readonly kind: 'refused'; readonly object: KubeObject; readonly reason: string };

/** An app that was compared, with what its tool writes into its objects. */
export interface Claimant {
  readonly key: string;
  readonly claim: Claim;
  readonly tracking: TrackingSettings;
  readonly ids: readonly ResourceId[];
}

/** What a followed cluster tells. */
export type News =
  | { readonly kind: 'moved'; readonly keys: readonly string[] }
  | { readonly kind: 'ended'; readonly collection: Collection }
  /** The way to it is another: kubeconfigs or folders have changed. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'freshness' };

/** One logical cluster that was opened. */
export interface ClusterSession {
  readonly name: string;
  connection: ConnectionState;
  /** What could not be read: one sentence each. */
  limits: readonly string[];
  cluster: Cluster | undefined;
  kinds: readonly ServedKind[];
  capabilities: Capabilities | undefined;
  /** Applications, Kustomizations, HelmReleases and their sources. */
  reported: readonly KubeObject[];
  /** Argo CD's cluster secrets, without what they hold to log in. */
  argoClusters: readonly ApplicationSetCluster[];
  /** The secrets could be read: there are no more of them. */
  argoClustersRead: boolean;
  tracking: TrackingSettings | undefined;
  /** How its Argo CD compares; absent where none runs. */
  argo: ArgoCustomizations | undefined;
  /** Of `limits`: what could not be read of its Argo CD's settings. */
  argoLimits: readonly string[];
  /** How its Argo CD renders and expands; absent where none runs, or it may not be read. */
  argoSettings: ArgoSettings | undefined;
  /** Whether its kustomize-controller fails on variables that nobody sets; absent: not known. */
  strictSubstitution: boolean | undefined;
  /** What its Argo CD makes of sets that files do not tell, by root and set. */
  generated: ReadonlyMap<string, GeneratedSet>;
  /** ConfigMaps and Secrets that definitions refer to and Git does not have, by `Kind namespace/name`. */
  data: ReadonlyMap<string, LiveData>;
  /** OpenAPI documents by group version, as far as they were read. */
  openApi: ReadonlyMap<string, JsonObject>;
  readonly openApiAsked: Set<string>;
  /** Objects that carry the marks of an app and are in none of its lists, by app. */
  orphans: ReadonlyMap<string, readonly ResourceId[]>;
  /** The apps whose marks were searched for last. */
  claimants: readonly Claimant[];
  /** When drifted fields were written, as looks at apps saw it. */
  readonly sightings: Sightings;
  /** Whether dry runs are forbidden, by kind and namespace: what the first one that was asked found. */
  readonly patchRights: Map<string, Promise<AccessRefusal | undefined>>;
  /** What the cluster serves, in the validator's words; the same object until it is read again. */
  served: Destination | undefined;
  /** Somebody looks at it: what is read of it is followed. */
  isLookedAt: boolean;
  following: Following | undefined;
  /** Hears of what moves in what is followed. */
  told: ((news: News) => void) | undefined;
  freshness: Freshness | undefined;
  /** Keys of the objects that each app was compared with last, by app. */
  readonly readers: Map<string, ReadonlySet<string>>;
  /** Versions of the objects as they were read last, by key. */
  readonly versions: Map<string, string>;
  /** What became of the dry runs that were asked for last. */
  readonly verdicts: Verdicts;
}

export function createClusterSession(name: string): ClusterSession {
  return {
    name,
    connection: { kind: 'idle' },
    limits: [],
    cluster: undefined,
    kinds: [],
    capabilities: undefined,
    reported: [],
    argoClusters: [],
    argoClustersRead: false,
    tracking: undefined,
    argo: undefined,
    argoLimits: [],
    argoSettings: undefined,
    strictSubstitution: undefined,
    generated: new Map(),
    data: new Map(),
    openApi: new Map(),
    openApiAsked: new Set(),
    orphans: new Map(),
    claimants: [],
    sightings: new Map(),
    patchRights: new Map(),
    served: undefined,
    isLookedAt: false,
    following: undefined,
    told: undefined,
    freshness: undefined,
    readers: new Map(),
    versions: new Map(),
    verdicts: new Map(),
  };
}

/** The version of a kind that the server prefers, or any that it serves. */
export function servedKind(
  session: Pick<ClusterSession, 'kinds'>,
  group: string,
  kind: string,
): ServedKind | undefined {
  const served = session.kinds.filter((one) => one.group === group && one.kind === kind);
  return served.find((one) => one.preferred) ?? served[0];
}
