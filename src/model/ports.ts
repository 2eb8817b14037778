import type { Disposable } from '../base/dispose';
import type { Steps } from '../base/pacer';
import type { App } from './app';
import type { ArgoView } from './argo';
import type { ApplicationSetRequest, ApplicationSetResult } from './applicationSet';
import type {
  Access,
  ContextRef,
  KubeContext,
  ListRequest,
  PatchRequest,
  ServedKind,
} from './cluster';
import type { KnownCluster } from './clusterFacts';
import type { DecidingLine, LinesRequest, OriginRequest, SourceAnswer } from './origin';
import type { PullRequestOutcome, PullRequestPlan } from './plan';
import type {
  Capabilities,
  ParsedFile,
  RenderOutcome,
  RenderRequest,
  RenderResult,
  Repository,
  Snapshot,
} from './render';
import type { JsonObject, KubeObject, ResourceId } from './resource';
import type { WatchRequest, WatchSink } from './watch';
import type { KnownObject } from './withheld';

/** Why a revision could not be read: never absence. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

export interface HealthStatus {
  /** kstatus: `Current`, `InProgress`, `Failed`, `Terminating`, `NotFound`, `Unknown`. */
  readonly status: string;
  readonly message: string;
}

export interface ThreeWayRequest {
  /** The last applied configuration; absent where the object has none. */
  readonly original?: KubeObject;
  readonly modified: KubeObject;
  readonly current: KubeObject;
  /**
   * Fields that the API server added inside lists are no difference, as gitops-engine compares:
   * those of `volumeClaimTemplates`, and all of kinds that are not built in.
   */
  readonly argo?: boolean;
}

export interface ThreeWayResult {
  readonly patch: JsonObject;
  readonly patchType: 'strategic' | 'merge';
  /** `current` with the patch applied. */
  readonly predicted: KubeObject;
}

/** One forced server-side apply. */
export interface ApplyRequest {
  readonly live: KubeObject;
  readonly desired: KubeObject;
  readonly manager: string;
  /** Entries of managed fields that the controller makes its own first: by the beginning of the name. */
  readonly adopted: readonly AdoptedManagers[];
}

export interface AdoptedManagers {
  readonly prefix: string;
  readonly operation: 'Apply' | 'Update';
}

/** Applies of objects of one group version. */
export interface AppliesRequest {
  /** `components.schemas` of the cluster's OpenAPI v3 document, as far as the kinds need them. */
  readonly components: JsonObject;
  readonly applies: readonly ApplyRequest[];
}

/** The object afterwards, before defaults that OpenAPI does not name; or why it would be refused. */
export type AppliedResult = { readonly predicted: KubeObject } | { readonly refused: string };

/** The engine: pure functions of files and revisions, never a contact to anything else. */
export interface Renderer {
  render(request: RenderRequest, signal: AbortSignal): Promise<RenderOutcome>;
  list(snapshot: Snapshot, signal: AbortSignal): Promise<readonly string[] | Unavailable>;
  parse(
    snapshot: Snapshot,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ParsedFile[] | Unavailable>;
  /** The text of one file; `undefined` when the snapshot does not have it. */
  read(
    snapshot: Snapshot,
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly text: string } | undefined | Unavailable>;
  repository(path: string, signal: AbortSignal): Promise<Repository | undefined>;
  /** Paths that differ between the revision and working tree + overlay; all when `paths` is absent. */
  changed(
    snapshot: Snapshot & { readonly revision: string },
    paths: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly string[] | Unavailable>;
  health(objects: readonly KubeObject[], signal: AbortSignal): Promise<readonly HealthStatus[]>;
  threeWay(request: ThreeWayRequest, signal: AbortSignal): Promise<ThreeWayResult>;
  /** What the API server's own field manager makes of the objects; one answer an apply. */
  applied?(request: AppliesRequest, signal: AbortSignal): Promise<readonly AppliedResult[]>;
  /** The object without what each jq path expression selects (Argo CD's `jqPathExpressions`). */
  jqDelete(
    object: KubeObject,
    expressions: readonly string[],
    signal: AbortSignal,
  ): Promise<KubeObject>;
  /** The Applications that Argo CD's controller would make of a set; broken sets are problems. */
  expandApplicationSet(
    request: ApplicationSetRequest,
    signal: AbortSignal,
  ): Promise<ApplicationSetResult>;
  /** Places that decide a field of a rendered object, each confirmed by a render; best first. */
  origins?(request: OriginRequest, signal: AbortSignal): Promise<SourceAnswer>;
  /** Lines of an edited file that decide fields, each confirmed by a render; after everything else. */
  lines?(request: LinesRequest, signal: AbortSignal): Promise<readonly DecidingLine[]>;
  dispose(): void;
}

/** One cluster through one context. Every answer is an `Access`; nothing throws but cancellation. */
export interface Cluster {
  readonly context: ContextRef;
  readonly server: string;
  version(signal: AbortSignal): Promise<Access<string>>;
  /** Partial results are results: `missingGroups` names what a broken aggregated API hid. */
  kinds(
    signal: AbortSignal,
  ): Promise<
    Access<{ readonly kinds: readonly ServedKind[]; readonly missingGroups: readonly string[] }>
  >;
  list(request: ListRequest, signal: AbortSignal): Promise<Access<readonly KubeObject[]>>;
  get(kind: ServedKind, id: ResourceId, signal: AbortSignal): Promise<Access<KubeObject>>;
  patch(request: PatchRequest, signal: AbortSignal): Promise<Access<KubeObject>>;
  /** The OpenAPI v3 document of one group version (`apps/v1`, `v1`). */
  openApi(groupVersion: string, signal: AbortSignal): Promise<Access<JsonObject>>;
  capabilities(signal: AbortSignal): Promise<Access<Capabilities>>;
  /** Asks a service through the API server, with the rights of the user. */
  service?(request: ServiceRequest, signal: AbortSignal): Promise<Access<unknown>>;
  /**
   * Lists a collection and tells what changes from then on, until it is disposed of: resumes, lists
   * again and backs off by itself, and ends only where asking again is of no use.
   */
  watch?(request: WatchRequest, sink: WatchSink): Disposable;
  /** Set where the API of an Argo CD tells of the cluster, and its own API server is not asked. */
  readonly argo?: ArgoView;
  /** Requests sent since creation. */
  readonly requestCount: number;
}

/** A question to the REST API of an Argo CD server: path below its root, with its query. */
export interface ArgoRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** Plural, for the sentence of a refusal. */
  readonly resource?: string;
}

export interface ServiceRequest extends ArgoRequest {
  readonly namespace: string;
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
}

/** A token that the user stored for the server of one Argo CD. */
export interface ArgoToken {
  /** `host` or `host:port`. */
  readonly server: string;
  /** Without TLS; only where the server is this machine. */
  readonly plainText: boolean;
  /** Empty, or the `/path` that it is served below. */
  readonly rootPath: string;
  readonly token: string;
}

/** Argo CD servers that the user has a login to, by `host` or `host:port`. */
export interface ArgoServers {
  dispose(): void;
  /** Those with a login, the current one first; nothing is asked of them. */
  known(): Promise<readonly string[]>;
  /** `unauthorised` where there is no login. */
  ask(server: string, request: ArgoRequest, signal: AbortSignal): Promise<Access<unknown>>;
  /** What a stream tells, one `result` after the other; reading throws when the connection breaks. */
  stream(
    server: string,
    request: Pick<ArgoRequest, 'path'>,
    signal: AbortSignal,
  ): Promise<Access<AsyncIterable<unknown>>>;
  /** Another text once a login is another; it tells nothing of them. */
  fingerprint(): Promise<string>;
}

/** What clusters could do when they were seen last, in a folder that windows share. */
export interface KnownClusters {
  all(): Promise<readonly KnownCluster[]>;
  remember(known: KnownCluster): Promise<void>;
}

/** Kubeconfigs and the clusters behind their contexts; reads files, contacts nobody by itself. */
export interface Clusters {
  contexts(): Promise<readonly KubeContext[]>;
  connect(ref: ContextRef): Promise<Access<Cluster>>;
  /**
   * Runs the login program of a context once, with time for a person to answer; the contexts that
   * share the login.
   */
  signIn?(ref: ContextRef, signal: AbortSignal): Promise<Access<readonly ContextRef[]>>;
  /** Of what a context is read from (its kubeconfig and the files that it names): another with each change. */
  fingerprint?(ref: ContextRef): Promise<string>;
  /** Of all that contexts are read from: another with each change. Reads no content. */
  stamp?(): Promise<string>;
}

/** Writing Git without touching HEAD, index or files; only in a trusted workspace. */
export interface Git {
  fetch(root: string, remote: string, signal: AbortSignal): Promise<GitResult<void>>;
  /** One commit with the files of its tree, which the clone lacks in whole or in part. */
  fetchCommit(
    root: string,
    request: FetchCommitRequest,
    signal: AbortSignal,
  ): Promise<GitResult<void>>;
  /** A commit of the working-tree content of `paths` on top of `baseCommit`; full commit id. */
  commitPaths(
    root: string,
    request: {
      readonly paths: readonly string[];
      readonly baseCommit: string;
      readonly branch: string;
      readonly message: string;
    },
    signal: AbortSignal,
  ): Promise<GitResult<string>>;
  /** The commit of the local `branch` where it holds just what `commitPaths` would make of this. */
  existingCommit(
    root: string,
    request: {
      readonly paths: readonly string[];
      readonly baseCommit: string;
      readonly branch: string;
    },
    signal: AbortSignal,
  ): Promise<GitResult<string | undefined>>;
  /** Takes a local branch away while it is still at `commit`. */
  deleteBranch(
    root: string,
    request: { readonly branch: string; readonly commit: string },
    signal: AbortSignal,
  ): Promise<GitResult<void>>;
  /** Where the user's configuration sends a push of `branch`, made while `current` is checked out. */
  pushTarget(
    root: string,
    request: { readonly branch: string; readonly current?: string; readonly fallback: string },
    signal: AbortSignal,
  ): Promise<GitResult<PushTarget>>;
  /** The token goes to its origin (`https://git.acme.example`) only. */
  push(
    root: string,
    request: {
      readonly remote: string;
      readonly branch: string;
      readonly login?: { readonly origin: string; readonly token: string };
    },
    signal: AbortSignal,
  ): Promise<GitResult<void>>;
  /** `4f2c1d9 Subject` of the commits of `head` that touch the paths and are not in `base`. */
  localCommits(
    root: string,
    request: {
      readonly base: string;
      readonly head: string;
      readonly paths: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<GitResult<readonly string[]>>;
  /** Those of the paths that `baseCommit` changed since HEAD left it. */
  changedOnTarget(
    root: string,
    request: { readonly paths: readonly string[]; readonly baseCommit: string },
    signal: AbortSignal,
  ): Promise<GitResult<readonly string[]>>;
  /** A file's text at a revision through `git cat-file`, where the engine could not read it. */
  readAt(
    root: string,
    revision: string,
    path: string,
    signal: AbortSignal,
  ): Promise<GitResult<string | undefined>>;
}

/** A remote and the addresses that a push to it reaches, as git resolves them. */
export interface PushTarget {
  readonly remote: string;
  /** May hold credentials: never shown as they are. */
  readonly urls: readonly string[];
}

export interface FetchCommitRequest {
  readonly remote: string;
  /** A full commit id. */
  readonly commit: string;
  /** The clone's history is cut, and stays so. */
  readonly shallow: boolean;
  /** The clone lacks files until they are asked for. */
  readonly partial: boolean;
}

export type GitResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly message: string };

/** The branch of a pull request; owner and repository where it is in a fork. */
export interface PullRequestHead {
  readonly owner?: string;
  readonly repository?: string;
  readonly branch: string;
}

/** Opens pull requests on one kind of forge. */
export interface Forge {
  readonly name: 'github' | 'gitea';
  openPullRequest(
    plan: PullRequestPlan,
    head: PullRequestHead,
    signal: AbortSignal,
  ): Promise<PullRequestOutcome>;
}

/** A salted digest: equal values give equal digests within one session, and nothing else is told. */
export type Digest = (value: string) => string;

/**
 * Takes values of Secrets out of objects that are to be kept; `undefined` where one of them stands
 * where it cannot be taken out. The digest is of the bytes of a value and in base64.
 */
export type Withhold = (
  result: RenderResult,
  digest: Digest,
) => Steps<readonly KnownObject[] | undefined>;

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** Tells of one app which live kinds it needs. */
export type AppFilter = (app: App) => boolean;

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
