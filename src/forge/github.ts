import { messageOf } from '../base/userError';
import type { Forge } from '../model/ports';
import type { ForgeAddress } from './address';
import { compareUrl, headName } from './address';
import { refusalOf } from './refusal';

export interface ForgeOptions {
  readonly address: ForgeAddress;
  readonly token: string;
}

/** `https://api.github.com`, or `/api/v3` of a GitHub Enterprise Server (GitHub REST docs). */
function apiUrl(address: ForgeAddress): string {
  return address.host === 'github.com' ? 'https://api.github.com' : `${address.baseUrl}/api/v3`;
}

function statusOf(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : 0;
}

export function createGitHub({ address, token }: ForgeOptions): Forge {
  return {
    name: 'github',
    async openPullRequest(plan, head, signal) {
      const { Octokit } = await import('@octokit/rest');
      const quiet = { debug() {}, info() {}, warn() {}, error() {} };
      const client = new Octokit({ auth: token, baseUrl: apiUrl(address), log: quiet });
      try {
        const { data } = await client.rest.pulls.create({
          owner: address.owner,
          repo: address.repository,
          title: plan.title,
          body: plan.body,
          base: plan.baseBranch,
          head: headName(head),
          ...(head.repository === undefined ? {} : { head_repo: head.repository }),
          // A token is never carried along to where a server redirects to.
          request: { signal, redirect: 'error' },
        });
        return { kind: 'opened', url: data.html_url, number: data.number };
      } catch (error) {
        signal.throwIfAborted();
        const { reason, tokenRefused } = refusalOf(statusOf(error), messageOf(error), 'GitHub');
        const byHand = compareUrl(address, plan.baseBranch, head);
        return { kind: 'pushed', compareUrl: byHand, reason, tokenRefused };
      }
    },
  };
}
