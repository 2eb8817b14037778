import type { App, AppPolicy } from './app';
import type { ResourceChange } from './change';
import type { ContextRef } from './cluster';
import type { Problem } from './problem';
import type { UsedFile } from './remote';
import type { Freshness } from './watch';
import type {
  MissingReference,
  RenderInput,
  Repository,
  UsedChart,
  UsedRepository,
} from './render';
import type { Stray } from './stray';
import type { KnownObject } from './withheld';

/** A finished render of one app at one snapshot. */
export interface Rendered {
  /** From disk without values of Secrets: those who need them have the app rendered again. */
  readonly objects: readonly KnownObject[];
  readonly inputs: readonly RenderInput[];
  readonly problems: readonly Problem[];
  readonly missing: readonly MissingReference[];
  readonly capabilitiesAssumed: boolean;
  /** What it owes to a cluster, or does not know for the lack of one: a sentence each. */
  readonly clusterNotes?: readonly string[];
  /** Of the cache. */
  readonly charts?: readonly UsedChart[];
  /** Other repositories, and files of servers. */
  readonly repositories?: readonly UsedRepository[];
  readonly files?: readonly UsedFile[];
  /** Set when a revision was rendered, absent for the working copy. */
  readonly commit?: string;
  readonly tookMs: number;
}

/** The working copy of one app. `lastGood` is shown marked stale. */
export type WorkingState =
  | { readonly kind: 'discovered' }
  | { readonly kind: 'rendering'; readonly lastGood?: Rendered }
  | { readonly kind: 'rendered'; readonly desired: Rendered }
  | {
      readonly kind: 'invalid';
      readonly problems: readonly Problem[];
      readonly inputs: readonly RenderInput[];
      readonly missing?: readonly MissingReference[];
      readonly lastGood?: Rendered;
    }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly lastGood?: Rendered };

/** How a Git revision is named to the user: `origin/main · 4f2c1d9 · fetched 3 min ago`. */
export interface RevisionLabel {
  readonly ref: string;
  readonly commit: string;
  readonly fetchedAtMs?: number;
  /** Set when the wanted revision is not in the clone and this one stands in for it. */
  readonly insteadOf?: string;
}

/** Target (what the controller follows) against the working copy. */
export type LocalState =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'unavailable';
      readonly reason: string;
      readonly last?: LocalComparison;
      /** What the target could not be rendered with. */
      readonly lacking?: TargetLacking;
    }
  /** The app follows a tag, a commit or another branch: this edit does not reach it. */
  | { readonly kind: 'pinned'; readonly revision: string }
  | { readonly kind: 'compared'; readonly comparison: LocalComparison };

export interface TargetLacking {
  readonly revision: string;
  readonly missing: readonly MissingReference[];
}

export interface LocalComparison {
  readonly against: RevisionLabel;
  /** `added` when the target does not define the app, `removed` when the working copy does not. */
  readonly appAction: 'added' | 'removed' | 'kept';
  /** Only objects that differ. */
  readonly changes: readonly ResourceChange[];
  readonly unchangedCount: number;
  /** Edits that reach no cluster, and why. */
  readonly notes?: readonly ComparisonNote[];
}

/** Why edits of an app change nothing where it runs, in one sentence. */
export interface ComparisonNote {
  readonly kind: 'no-release' | 'crds-not-applied' | 'app-removed';
  readonly message: string;
}

/** A release as Helm keeps it. */
export interface DeployedAt {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** `web-1.4.0`, and the version of the app in it. */
  readonly chart?: string;
  readonly appVersion?: string;
  /** RFC 3339. */
  readonly at?: string;
  /** What Helm wrote about it: `Upgrade complete`, `Rollback to 3`. */
  readonly description?: string;
  /** The program that wrote it, by managed fields. */
  readonly by?: string;
  /** A later attempt that did not become what is deployed. */
  readonly failed?: { readonly revision: number; readonly status: string };
}

/** Live against Git. */
export type LiveState =
  | { readonly kind: 'unread' }
  | { readonly kind: 'reading'; readonly last?: LiveComparison }
  | { readonly kind: 'compared'; readonly comparison: LiveComparison }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly last?: LiveComparison };

export interface LiveComparison {
  readonly cluster: string;
  readonly changes: readonly ResourceChange[];
  readonly readAtMs: number;
  /** What the desired side was rendered from. */
  readonly desiredRevision: RevisionLabel | { readonly ref: 'working copy'; readonly commit: '' };
  readonly applied?: RevisionLabel;
  readonly target?: RevisionLabel;
  /** Of an app that Helm releases: what was deployed last, by Helm's own storage. */
  readonly release?: DeployedAt;
  /** How its controller compares by the definition in the cluster and the settings of the instance. */
  readonly policy?: AppPolicy;
  /** What the settings of its Argo CD decide about that: one sentence each. */
  readonly instanceRules?: readonly string[];
  /** Requests that this look took. */
  readonly requests: number;
}

export interface AppState {
  readonly app: App;
  readonly working: WorkingState;
  readonly local: LocalState;
  readonly live: LiveState;
  /** From validation of source and rendered objects, located in source files below the root. */
  readonly problems: readonly Problem[];
}

/** Access to one cluster. No request is made before `connecting`. */
export type ConnectionState =
  | { readonly kind: 'unmapped' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly version: string; readonly readAtMs: number }
  | {
      readonly kind: 'failed';
      readonly cause: 'unreachable' | 'unauthorised' | 'forbidden' | 'config' | 'untrusted';
      readonly message: string;
      /** Set where a yes of the user to a login is all that is missing. */
      readonly needsConsent?: true;
      /** Set where running the login program again may be all that is missing: *Sign in*. */
      readonly canSignIn?: true;
      /** What gives a login when it is run in a terminal: *Sign in* does that. */
      readonly command?: string;
    };

export interface ClusterState {
  /** Logical name. */
  readonly name: string;
  readonly context?: ContextRef;
  readonly server?: string;
  readonly connection: ConnectionState;
  /** Kinds or namespaces that could not be read: one sentence each. */
  readonly limits: readonly string[];
  /** What gone apps and releases have left behind, as far as it was looked for. */
  readonly strays?: readonly Stray[];
  /** Of a connected cluster whose changes are followed; absent where each look is a read. */
  readonly freshness?: Freshness;
  /** Flux sources that it reports; absent where it has none. */
  readonly sources?: readonly SourceState[];
}

/** What a Flux source says of itself. */
export interface SourceState {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly url?: string;
  /** Absent while it is being fetched the first time. */
  readonly ready?: boolean;
  readonly message: string;
}

/** One thing found in the repository, for the *Repository* view. */
export interface RepositoryItem {
  readonly kind:
    | 'chart'
    | 'kustomization'
    | 'application'
    | 'application-set'
    | 'flux-kustomization'
    | 'helm-release'
    | 'folder'
    | 'crd';
  readonly name: string;
  readonly root: string;
  readonly path: string;
  readonly line?: number;
  /** Keys of the apps that use it. */
  readonly apps: readonly string[];
  /** What is to be known of it, a sentence each. */
  readonly notes?: readonly string[];
}

export interface RootState {
  /** Absolute path of the Git top level, or of the folder. */
  readonly root: string;
  readonly name: string;
  readonly repository?: Repository;
  readonly indexing: boolean;
  readonly items: readonly RepositoryItem[];
  /** Problems of discovery and of source files that belong to no app. */
  readonly problems: readonly Problem[];
  /** Paths that differ from the target or HEAD; absent while unknown. */
  readonly changedPaths?: readonly string[];
}

/** Everything the views present, immutable; equal parts keep their identity between snapshots. */
export interface WorkspaceState {
  readonly trusted: boolean;
  readonly roots: readonly RootState[];
  readonly apps: readonly AppState[];
  readonly clusters: readonly ClusterState[];
}
