import type { ClusterFacts, Lookup } from '../model/clusterFacts';

/** What is known of an app that a Helm release makes; in memory only. */
export interface HeldRelease {
  /** What the last working render looked up, and whether it may ask which action it is. */
  readonly lookups: readonly Lookup[];
  readonly releaseAsked: boolean;
  /** Read when its cluster was looked at last. */
  readonly facts: ClusterFacts;
  /** `.Release` once something else than now is applied. */
  readonly next?: NonNullable<ClusterFacts['release']>;
  /** What could not be read, one sentence each. */
  readonly limits: readonly string[];
}

export const NOTHING_HELD: HeldRelease = {
  lookups: [],
  releaseAsked: false,
  facts: {},
  limits: [],
};
