/**
 * @typedef {object} SampleOptions
 * @property {string} dir  made when absent, emptied when an earlier run made it
 * @property {string} [cloneUrl]  what `origin` and every `repoURL` become
 * @property {{ production?: string, staging?: string }} [servers]  addresses of the API servers
 * @property {{ user: string, token: string }} [login]  kept in the repository's own Git
 *   configuration for `cloneUrl`, so that a push asks nobody
 * @property {boolean} [keep]  leaves a sample that is there already as it is, but for the login
 */
/**
 * Makes a Git repository out of the fixture: branch `main`, several commits, the remote `origin`.
 * The last commit changes only `charts/shop/values-prod.yaml`.
 *
 * @param {SampleOptions} options
 * @returns {Promise<{ dir: string, head: string, beforeLast: string }>} commits by their SHA
 */
export function createSample({ dir, cloneUrl, servers, login, keep }: SampleOptions): Promise<{
  dir: string;
  head: string;
  beforeLast: string;
}>;
/** @param {string} dir @param {string} revision becomes `main` of `origin` */
export function pushSample(dir: string, revision: string): Promise<void>;
/**
 * Git without the user's and the machine's configuration.
 *
 * @param {string} cwd @param {readonly string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<string>} standard output, trimmed
 */
export function git(
  cwd: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<string>;
export type SampleOptions = {
  /**
   * made when absent, emptied when an earlier run made it
   */
  dir: string;
  /**
   * what `origin` and every `repoURL` become
   */
  cloneUrl?: string | undefined;
  /**
   * addresses of the API servers
   */
  servers?:
    | {
        production?: string;
        staging?: string;
      }
    | undefined;
  /**
   * kept in the repository's own Git
   * configuration for `cloneUrl`, so that a push asks nobody
   */
  login?:
    | {
        user: string;
        token: string;
      }
    | undefined;
  /**
   * leaves a sample that is there already as it is, but for the login
   */
  keep?: boolean | undefined;
};
export type Edit = {
  file: string;
  from: string;
  to: string;
};
export type Commit = {
  message: string;
  author: string;
  date: string;
  /**
   * folders and files that this commit brings
   */
  paths: readonly string[];
  /**
   * how their text at that time differs from the fixture's
   */
  edits?: readonly Edit[] | undefined;
};
