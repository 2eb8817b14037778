import type { AccessRefusal, ListRequest } from './cluster';
import type { KubeObject } from './resource';

/** One collection of a cluster that is followed: listed once, then watched. */
export interface WatchRequest extends ListRequest {
  readonly fieldSelector?: string;
  /** Names and versions only: neither content nor annotations are asked for. */
  readonly metadataOnly?: boolean;
  /** Objects that nobody needs are dropped as they arrive. */
  readonly keeps: (namespace: string, name: string) => boolean;
  /** Lists again that often in place of a watch. */
  readonly pollMs?: number;
}

export type WatchState =
  /** Listed, and told of what changes from then on. */
  | { readonly kind: 'current' }
  /** Tries again by itself; what was known stays. */
  | { readonly kind: 'reconnecting'; readonly sinceMs: number; readonly refusal: AccessRefusal }
  /** Ended: forbidden, not logged in, or a kind that is served no more (`not-found`). */
  | { readonly kind: 'ended'; readonly refusal: AccessRefusal };

/** What a watch tells, in the order in which it happened in the cluster. */
export interface WatchSink {
  /** After a list: all there is. What is not among it is gone. */
  replaced(objects: readonly KubeObject[]): void;
  /** Added or changed; the same object may be told twice. */
  set(object: KubeObject): void;
  deleted(object: KubeObject): void;
  moved(state: WatchState): void;
  /** Any sign of the server that what was told is still so. */
  heard(): void;
}

/** How current what is shown of a connected cluster is; `updatedAtMs` is the last time it was known to be true. */
export type Freshness =
  /** Changes are shown as they happen. */
  | { readonly kind: 'live'; readonly updatedAtMs: number }
  /** Some of it is asked for again every so often, because it cannot be watched. */
  | { readonly kind: 'polling'; readonly updatedAtMs: number; readonly everyMs: number }
  | {
      readonly kind: 'reconnecting';
      readonly updatedAtMs: number;
      readonly sinceMs: number;
      /** One sentence. */
      readonly reason: string;
    }
  | { readonly kind: 'signed-out'; readonly updatedAtMs: number; readonly reason: string }
  /** Nobody looks, so nothing is asked; it is read anew when somebody does. */
  | { readonly kind: 'paused'; readonly updatedAtMs: number };
