/**
 * @param {{ tools: Record<string, string>, dir: string, kubeconfig: string, signal?: AbortSignal }} context
 * @param {readonly string[]} args @returns {Promise<string>} standard output
 */
export function kubectl(
  {
    tools,
    dir,
    kubeconfig,
    signal,
  }: {
    tools: Record<string, string>;
    dir: string;
    kubeconfig: string;
    signal?: AbortSignal;
  },
  args: readonly string[],
): Promise<string>;
