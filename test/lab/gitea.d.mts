/**
 * @param {import('./clusters.mjs').Context} context @returns {Promise<Gitea>} with an empty
 *   repository `acme/gitops`
 */
export function startGitea(context: import('./clusters.mjs').Context): Promise<Gitea>;
/**
 * @param {Gitea} gitea @param {string} method @param {string} path below `/api/v1`
 * @param {unknown} [body] @returns {Promise<any>}
 */
export function giteaApi(gitea: Gitea, method: string, path: string, body?: unknown): Promise<any>;
export type Gitea = {
  /**
   * without a slash at the end
   */
  url: string;
  user: string;
  password: string;
  /**
   * of that user, with every scope
   */
  token: string;
  organization: string;
  repository: string;
  /**
   * readable by everybody
   */
  cloneUrl: string;
  /**
   * the same with the user's token in it
   */
  pushUrl: string;
};
