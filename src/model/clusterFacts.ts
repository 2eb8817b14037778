import type { Capabilities } from './render';
import type { JsonObject } from './resource';

/**
 * What only the cluster of a Helm release knows, read live for one render. It can hold values of
 * Secrets: once it says anything, its result is for memory only, never a cache on disk. A request
 * without it renders as `helm template` does; with it, what stays unknown is marked in
 * `RenderedObject.clusterDependent`.
 */
export interface ClusterFacts {
  /** `.Release` of the next action; absent: not known. */
  readonly release?: { readonly revision: number; readonly isUpgrade: boolean };
  readonly lookups?: readonly LookupAnswer[];
  /** The chart of the last release, in place of one that was never fetched. */
  readonly chart?: ReleasedChart;
}

/** What the function `lookup` was called with; an empty name asks for a list. */
export interface Lookup {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface LookupAnswer extends Lookup {
  /** What `lookup` returns: the object, the list, or nothing where there is none. */
  readonly found?: JsonObject;
  /** The cluster does not serve the kind, on which Helm fails; one sentence. */
  readonly unserved?: string;
}

/** A chart as Helm keeps it in the Secret of a release; contents are base64. */
export interface ReleasedChart {
  readonly name: string;
  readonly version: string;
  /** The number of the release. */
  readonly release: number;
  readonly files: readonly { readonly path: string; readonly data: string }[];
}

/** What a template asked of capabilities that were assumed, and what it was told. */
export type CapabilityQuestion =
  | { readonly kind: 'api-version'; readonly asked: string; readonly answer: boolean }
  /** Without `asked`: the version itself was used. */
  | { readonly kind: 'kube-version'; readonly asked?: string; readonly answer?: boolean }
  /** The whole list was used. */
  | { readonly kind: 'api-versions' };

/** What a cluster could do when it was seen last; kept on disk, versions only. */
export interface KnownCluster {
  readonly server: string;
  readonly readAtMs: number;
  readonly capabilities: Capabilities;
}
