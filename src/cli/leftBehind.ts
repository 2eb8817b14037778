import type { ClusterState } from '../model/appState';
import type { Claim } from '../model/stray';
import type { ResourceId } from '../model/resource';
import { straySentence } from '../model/stray';
import type { Io } from './io';

const MOST_LINES = 20;

/** What a cluster has of apps and releases that it has no more. */
export interface LeftBehind {
  readonly cluster: string;
  readonly leftBehind: readonly {
    readonly by: Claim;
    readonly objects: readonly ResourceId[];
    readonly message: string;
  }[];
}

/** Of the clusters that have something left behind. */
export function leftBehindIn(clusters: readonly ClusterState[]): readonly LeftBehind[] {
  return clusters.flatMap(({ name, strays = [] }) => {
    const leftBehind = strays.map((stray) => ({
      by: stray.claim,
      objects: stray.ids,
      message: straySentence(stray),
    }));
    return leftBehind.length === 0 ? [] : [{ cluster: name, leftBehind }];
  });
}

export function writeLeftBehind(io: Io, clusters: readonly LeftBehind[]): void {
  for (const { cluster, leftBehind } of clusters) {
    for (const { message } of leftBehind.slice(0, MOST_LINES)) io.err(`${cluster}: ${message}`);
    const more = leftBehind.length - MOST_LINES;
    if (more > 0)
      io.err(`${cluster}: ${more} more have left objects behind; -o json has them all.`);
  }
}
