/** @typedef {{ log?: (line: string) => void, signal?: AbortSignal }} BuildOptions */
/**
 * Builds what is not in the cache yet, one tool at a time, in the order asked for.
 *
 * @param {readonly string[]} names keys of `TOOLS`
 * @param {BuildOptions} [options]
 * @returns {Promise<Record<string, string>>} absolute path of each binary
 */
export function ensureTools(
  names: readonly string[],
  options?: BuildOptions,
): Promise<Record<string, string>>;
/**
 * Copies files that the running lab needs out of the Go modules.
 *
 * @param {readonly string[]} names keys of `ASSETS`
 * @param {BuildOptions} [options]
 * @returns {Promise<Record<string, string>>} absolute folder of each
 */
export function ensureAssets(
  names: readonly string[],
  options?: BuildOptions,
): Promise<Record<string, string>>;
export type BuildOptions = {
  log?: (line: string) => void;
  signal?: AbortSignal;
};
export type GoEnvironment = {
  version: string;
  os: string;
  arch: string;
};
