/** When charts, bases and other sources are fetched: by itself, when somebody asks, or not at all. */
export type FetchMode = 'automatic' | 'onDemand' | 'never';

/**
 * A chart, or what a chart depends on. `repository` is an address (`https:`, `http:`, `oci:`), or
 * `@name` and `alias:name` of the user's own Helm repositories; without a `name` it is the whole
 * reference of an OCI chart. `version` is a version, a range, the digest of an OCI manifest, or empty
 * for the newest. `files` are the texts of `Chart.yaml` and `Chart.lock` (`requirements.yaml` and
 * `requirements.lock` of apiVersion v1).
 */
export type FetchWant =
  | {
      readonly kind: 'chart';
      readonly repository: string;
      readonly name: string;
      readonly version: string;
      /** Plain HTTP to a registry (Flux `spec.insecure`). */
      readonly insecure?: boolean;
      /** A range keeps the version that it had this long ago; it is asked anew otherwise. */
      readonly maxAgeMs?: number;
    }
  | {
      readonly kind: 'dependencies';
      readonly files: Readonly<Record<string, string>>;
      readonly insecure?: boolean;
      readonly maxAgeMs?: number;
    }
  /** A commit of a Git repository: `ref` is a branch, a tag, a full commit id, or empty for its HEAD. */
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly ref: string;
      /** Its submodules come along, to any depth; where one cannot be had, nothing is. */
      readonly submodules?: boolean;
      /** The first digits of a commit id name it, as for Argo CD. */
      readonly abbreviated?: boolean;
    }
  /** One file of an HTTP server. */
  | { readonly kind: 'file'; readonly url: string };

/** A chart that is in the cache now. */
export interface FetchedChart {
  readonly name: string;
  readonly repository: string;
  readonly version: string;
  /** `sha256:…` of the archive: what the cache knows it by. */
  readonly digest: string;
  /** Of the manifest in an OCI registry. */
  readonly manifestDigest?: string;
  /** Absolute, read-only, with `Chart.yaml` directly in it. */
  readonly folder: string;
  /** ISO 8601. */
  readonly fetchedAt: string;
  /** No server was asked. */
  readonly fromCache: boolean;
  /** No server answered, and this is what the reference meant at `fetchedAt`. */
  readonly stale?: boolean;
}

/** A repository at a folder of a commit, its address absolute. */
export interface FetchedSubmodule {
  readonly path: string;
  readonly url: string;
  readonly commit: string;
}

/** A commit that is in the cache now. */
export interface FetchedRepository {
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly fetchedAt: string;
  /** The server did not answer, and this is what the ref meant at `fetchedAt`. */
  readonly stale?: boolean;
  /** Its own, where they were asked for. */
  readonly submodules?: readonly FetchedSubmodule[];
}

/** A file of an HTTP server that is in the cache now. */
export interface FetchedFile {
  readonly url: string;
  /** `sha256:…` of its content. */
  readonly digest: string;
  readonly fetchedAt: string;
}

export type FetchFailureKind =
  | 'offline'
  | 'timedOut'
  | 'unauthorized'
  | 'notFound'
  | 'versionNotFound'
  | 'tooLarge'
  /** An answer that nothing may be made of, or that settings or trust do not allow to ask for. */
  | 'refused';

export interface FetchFailure {
  readonly kind: FetchFailureKind;
  /** One sentence, without credentials. */
  readonly message: string;
  /** The dependency that is meant, where a chart has several. */
  readonly name?: string;
}

/** Both are there when only some dependencies could be had. */
export interface FetchAnswer {
  readonly charts: readonly FetchedChart[];
  readonly repositories?: readonly FetchedRepository[];
  readonly files?: readonly FetchedFile[];
  readonly failures: readonly FetchFailure[];
  /** Of those that were asked about, the one in the range. */
  readonly tag?: string;
  /** A lock was there that does not belong to its chart: `helm dependency build` refuses it. */
  readonly lockOutOfSync: boolean;
}

export interface FetchProgress {
  /** Index of the wish. */
  readonly index: number;
  readonly stage: 'index' | 'versions' | 'chart' | 'file' | 'repository';
  readonly bytes: number;
}

/** What stays in the cache whatever its size is. */
export interface KeptInCache {
  /** `sha256:…` of charts and files. */
  readonly digests: readonly string[];
  readonly repositories: readonly { readonly url: string; readonly commit: string }[];
}

/** What git is asked for: one commit, in a repository of its own. */
export interface GitCheckout {
  readonly url: string;
  readonly ref: string;
  /** The first digits of a commit id are one, too. */
  readonly abbreviated?: boolean;
  /** Absolute and empty: becomes a bare repository. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly timeLimitMs?: number;
  /** The highest of these tags in the range that the ref is; `undefined` where none is in it. */
  readonly chooseTag: (tags: readonly string[]) => Promise<string | undefined>;
  /** Whether a commit is at hand already, so that it need not come again. */
  readonly isKnown: (commit: string) => Promise<boolean>;
  readonly onProgress?: (bytes: number) => void;
}

export type GitFetchAnswer =
  | { readonly kind: 'ok'; readonly commit: string; readonly fetched: boolean }
  | { readonly kind: 'failed'; readonly failure: FetchFailure };

/** Gets single commits with the user's own git. */
export interface GitFetcher {
  fetch(request: GitCheckout, signal: AbortSignal): Promise<GitFetchAnswer>;
}

/** Gets charts and other sources into the cache with the user's own logins. Failures are values; only an abort throws. */
export interface Fetcher {
  /** Answers in the order of the wishes. */
  fetch(
    wants: readonly FetchWant[],
    signal: AbortSignal,
    progress?: (progress: FetchProgress) => void,
  ): Promise<readonly FetchAnswer[]>;
  /** Another text once the files with the user's logins are others; what they hold is not read. */
  logins?(): Promise<string>;
  /** Removes what was used least recently, but for what is kept. */
  trim(maxBytes: number, keep: KeptInCache, signal: AbortSignal): Promise<void>;
}
