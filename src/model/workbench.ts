import type { FetchFailure, FetchProgress } from './fetch';
import type { Disposable } from '../base/dispose';
import type { Event } from '../base/event';
import type { AppState, WorkspaceState } from './appState';
import type { FieldChange, ResourceChange } from './change';
import type { Access, ContextRef, KubeContext } from './cluster';
import type { Settings } from './config';
import type { ActionProgress, ClusterPlan, PullRequestOutcome, PullRequestPlan } from './plan';
import type { OriginAnswer, OriginFile } from './origin';
import type { Problem } from './problem';

/** A change on disk or in a buffer. Paths are absolute. */
export interface FileChange {
  readonly path: string;
  readonly kind: 'created' | 'changed' | 'deleted';
}

/** What moved between two states; views redraw only this. */
export interface WorkspaceChange {
  readonly apps: ReadonlySet<string>;
  readonly clusters: ReadonlySet<string>;
  readonly roots: ReadonlySet<string>;
  /** True when apps, clusters or roots appeared, went or moved to another parent. */
  readonly structure: boolean;
}

/** What the edits of one file mean, for the CodeLens, the status item and the hovers. */
export interface FileImpact {
  /** Apps whose objects change by the difference of this file to the target. */
  readonly apps: readonly {
    readonly app: AppState['app'];
    readonly changes: readonly ResourceChange[];
  }[];
  readonly objectCount: number;
  readonly refusedCount: number;
  /** Apps that read this file at another revision: `3 apps read this file at v1.4.2`. */
  readonly pinned: readonly { readonly revision: string; readonly appCount: number }[];
  /** Apps that read the file and could not be rendered. */
  readonly failedCount: number;
  /** Apps whose result is not yet computed for the present text. */
  readonly pendingCount: number;
  /** Why edits of this file reach no cluster, a sentence each. */
  readonly notes?: readonly string[];
  /** Lines of the present text that differ from the target, 1-based inclusive. */
  readonly hunks: readonly Hunk[];
  /** Those of them that decide what changes; absent while that is not known. */
  readonly marks?: readonly LineMark[];
  readonly against?: string;
}

/** Lines of the present text, 1-based inclusive, that change objects. */
export interface LineMark {
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: Hunk['kind'];
  /** How many of the changed fields are decided there, where that was told line by line. */
  readonly fields?: number;
}

export interface Hunk {
  readonly startLine: number;
  /** `startLine - 1` for lines that were only removed. */
  readonly endLine: number;
  readonly kind: 'added' | 'changed' | 'removed';
}

/** `path` as origins name it. */
export interface SourceDocument {
  readonly kind: 'source';
  readonly appKey: string;
  readonly path: string;
}

/** An object that an app or a release left behind which its cluster does not have any more. */
export interface StrayDocument {
  readonly kind: 'stray';
  readonly cluster: string;
  /** `resourceKey` of the object. */
  readonly resource: string;
}

/** A read-only text that the editor shows; everything needed is in the request, so tabs restore. */
export type DocumentRequest =
  | { readonly kind: 'live' | 'desired'; readonly appKey: string; readonly resource: string }
  | { readonly kind: 'target' | 'working'; readonly appKey: string; readonly resource: string }
  | { readonly kind: 'rendered'; readonly appKey: string }
  /** A file that the app reads and that nobody can open: in a packed chart, or another repository. */
  | SourceDocument
  | StrayDocument;

/** What is shown for an app. */
export type AppDocument = Exclude<DocumentRequest, StrayDocument>;

export interface DocumentText {
  /** Masked YAML; empty where the side does not have the object. */
  readonly text: string;
  /** `live · production` or `Git · origin/main 4f2c1d9`. */
  readonly label: string;
}

/** A field of a comparison where it stands in a document. */
export interface PlacedField {
  /** 1-based. */
  readonly line: number;
  readonly field: FieldChange;
}

/** An action that cannot be planned: one sentence. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reason: string;
}

export interface PullRequestRequest {
  readonly root: string;
  /** Apps whose changed inputs are taken, and further paths below the root. */
  readonly appKeys: readonly string[];
  readonly paths: readonly string[];
  readonly branch?: string;
  readonly title?: string;
}

/** How to push and to sign in: the editor and the command line differ here. */
export interface PullRequestCredentials {
  /** Pushes `branch` to `remote`; absent: the core pushes by itself (`simple-git`). */
  readonly push?: (root: string, remote: string, branch: string) => Promise<string | undefined>;
  /** A token for the forge at this base URL; `undefined` when there is none. */
  readonly token: (forge: 'github' | 'gitea', baseUrl: string) => Promise<string | undefined>;
}

/**
 * The whole core as the editor and the command line see it. Nothing here contacts a cluster before
 * `openCluster`, `compareLive`, `planAction` or `runAction`, and none of these does in an untrusted
 * workspace. Broken input becomes state; a rejected promise is a cancellation or a defect.
 */
export interface Workbench extends Disposable {
  readonly onDidChange: Event<WorkspaceChange>;
  state(): WorkspaceState;

  /** Absolute folder paths; each is resolved to its Git top level. */
  setFolders(folders: readonly string[]): void;
  setTrusted(trusted: boolean): void;
  setSettings(settings: Settings): void;
  filesChanged(changes: readonly FileChange[]): void;
  /** Unsaved text over the file; `undefined` takes it away. */
  setBuffer(path: string, text: string | undefined): void;
  /** Its apps are rendered first. */
  setActiveFile(path: string | undefined): void;
  /** Resolves when discovery, rendering and comparisons that were asked for have finished. */
  whenIdle(): Promise<void>;

  contexts(): Promise<readonly KubeContext[]>;
  /** Connects, reads the apps that the cluster reports, and compares those that are open. */
  openCluster(name: string, signal: AbortSignal): Promise<void>;
  refreshCluster(name: string, signal: AbortSignal): Promise<void>;
  /**
   * The clusters that somebody looks at: changes in those that are connected are shown as they
   * happen. A while after nobody looks at one, nothing is asked of it any more.
   */
  follow(names: ReadonlySet<string>): void;
  /**
   * Somebody looks at the clusters, or nobody does: contexts of kubeconfigs and logins to an Argo CD
   * that come or go meanwhile show.
   */
  lookForContexts(isLooked: boolean): void;
  /** Runs a cluster's login program once, then reads every cluster that waits for that login. */
  signIn(name: string, signal: AbortSignal): Promise<void>;
  /** Who the server of an Argo CD takes the user for, by the login that would be used. */
  argoUser(server: string, signal: AbortSignal): Promise<Access<string>>;
  /** Live against Git for one app, read anew. */
  compareLive(appKey: string, signal: AbortSignal): Promise<void>;
  /** Fetches the charts that the last render of an app lacked, and renders again what lacked them. */
  fetchCharts(
    appKey: string,
    signal: AbortSignal,
    onProgress?: (progress: FetchProgress) => void,
  ): Promise<ChartsFetched>;
  /** Bounds the cache of fetched charts; those that apps were rendered with stay. */
  trimCharts(signal: AbortSignal): Promise<void>;
  /** Compares rendered objects of an app in a root with another revision than the target. */
  compareWith(
    appKey: string,
    revision: string,
    signal: AbortSignal,
  ): Promise<readonly ResourceChange[] | Refusal>;

  /** With `marked`, the lines that decide are looked for as well, which takes a few renders. */
  impactOf(path: string, options?: { readonly marked: boolean }): FileImpact | undefined;
  /** What one hunk alone changes: the file is rendered with only that hunk taken back. */
  hunkImpact(path: string, hunk: Hunk, signal: AbortSignal): Promise<FileImpact['apps']>;
  /** Problems by absolute path. */
  problems(): ReadonlyMap<string, readonly Problem[]>;
  document(request: DocumentRequest, signal: AbortSignal): Promise<DocumentText | Refusal>;
  /** The fields that differ live at the lines of a live or desired document. */
  placedFields(request: DocumentRequest): readonly PlacedField[];
  /** The file (absolute path) that made an object. */
  originOf(appKey: string, resource: string): OriginFile | undefined;
  /** The places that decide a field of an object, best first; else why there is none. */
  originsOf(
    appKey: string,
    resource: string,
    pointer: string,
    signal: AbortSignal,
  ): Promise<OriginAnswer>;
  /** `originsOf` for what a line (1-based) of a document shows. */
  originsAt(request: DocumentRequest, line: number, signal: AbortSignal): Promise<OriginAnswer>;

  /** Sync (Argo CD) or reconcile (Flux): fetches, renders the target revision, reads the cluster. */
  planAction(appKey: string, signal: AbortSignal): Promise<ClusterPlan | Refusal>;
  runAction(
    plan: ClusterPlan,
    onProgress: (progress: ActionProgress) => void,
    signal: AbortSignal,
  ): Promise<ActionProgress>;
  planPullRequest(
    request: PullRequestRequest,
    signal: AbortSignal,
  ): Promise<PullRequestPlan | Refusal>;
  runPullRequest(
    plan: PullRequestPlan,
    credentials: PullRequestCredentials,
    signal: AbortSignal,
  ): Promise<PullRequestOutcome>;
}

/** A user's pick of a context for a logical cluster, or of a cluster for an app. */
export type Assignment =
  | { readonly kind: 'context'; readonly cluster: string; readonly context: ContextRef }
  | { readonly kind: 'app'; readonly app: string; readonly cluster: string };

export interface ChartFailure extends FetchFailure {
  /** As it was written: of a `MissingReference`. */
  readonly reference: string;
}

/** What became of the charts that an app lacked. */
export type ChartsFetched =
  /** `failures` are there when only some could be had. */
  | {
      readonly kind: 'fetched';
      readonly count: number;
      readonly failures: readonly ChartFailure[];
      readonly lockOutOfSync: boolean;
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly message: string };
