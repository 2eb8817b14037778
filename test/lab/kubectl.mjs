import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * @param {{ tools: Record<string, string>, dir: string, kubeconfig: string, signal?: AbortSignal }} context
 * @param {readonly string[]} args @returns {Promise<string>} standard output
 */
export async function kubectl({ tools, dir, kubeconfig, signal }, args) {
  // HOME decides where kubectl keeps its discovery cache.
  const env = { PATH: process.env.PATH ?? '', HOME: dir, KUBECONFIG: kubeconfig };
  const { stdout } = await run(tools.kubectl ?? '', [...args], {
    env,
    signal,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout;
}
