/** A commit of a repository that is fetched. */
export interface GitReference {
  /** As git takes it, without a password. */
  readonly url: string;
  /** A branch, a tag, a full commit id, or empty for the repository's HEAD. */
  readonly ref: string;
  /** The folder in it that is asked for. */
  readonly path?: string;
}

/**
 * The folder that stands for other repositories in paths of sources and origins: below it, one folder
 * for each commit or working tree (`UsedRepository.mount`).
 */
export const OTHER_TREES = '.plumbline-git';

/** A file of an HTTP server that a render read; below `CACHED_CHARTS` it stands by its digest. */
export interface UsedFile {
  readonly url: string;
  /** `sha256:…` of its content. */
  readonly digest: string;
  /** ISO 8601. */
  readonly fetchedAt?: string;
}
