/** How a controller takes a repository: what its ref means there, and what comes along. */
export interface GitManner {
  /** Its submodules come along, to any depth. */
  readonly submodules?: boolean;
  /** The first digits of a commit id name it, as for Argo CD. */
  readonly abbreviated?: boolean;
  /** The ref is a branch, or a tag, and nothing else of that name (Flux). */
  readonly refKind?: 'branch' | 'tag';
}

/** A commit of a repository that is fetched. */
export interface GitReference extends GitManner {
  /** As git takes it, without a password. */
  readonly url: string;
  /** A branch, a tag, a full commit id, or empty for the repository's HEAD. */
  readonly ref: string;
  /** The folder in it that is asked for. */
  readonly path?: string;
}

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined };

/** Nothing but the manner of whatever else is there. */
export function mannerOf({ submodules, abbreviated, refKind }: Optional<GitManner>): GitManner {
  return {
    ...(submodules === undefined ? {} : { submodules }),
    ...(abbreviated === undefined ? {} : { abbreviated }),
    ...(refKind === undefined ? {} : { refKind }),
  };
}

const NAMESPACES = { branch: 'refs/heads/', tag: 'refs/tags/' } as const;

/** The ref as git is asked for it. */
export function wholeRef({ ref, refKind }: Pick<GitReference, 'ref' | 'refKind'>): string {
  return refKind === undefined ? ref : `${NAMESPACES[refKind]}${ref}`;
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
