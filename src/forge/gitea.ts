import { messageOf } from '../base/userError';
import type { PullRequestOutcome } from '../model/plan';
import type { Forge } from '../model/ports';
import { compareUrl, headName } from './address';
import type { ForgeOptions } from './github';
import type { ForgeRefusal } from './refusal';
import { refusalOf } from './refusal';

const timeoutMs = 20_000;

interface Answer {
  readonly html_url?: unknown;
  readonly number?: unknown;
  readonly message?: unknown;
}

function toOutcome(status: number, answer: Answer): PullRequestOutcome | ForgeRefusal {
  const { html_url: url, number } = answer;
  if (status === 201 && typeof url === 'string' && typeof number === 'number') {
    return { kind: 'opened', url, number };
  }
  return refusalOf(status, typeof answer.message === 'string' ? answer.message : '', 'Gitea');
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    // A proxy's error page is not the forge's JSON; its status still says enough.
    return { message: response.statusText };
  }
}

/** Gitea and Forgejo: `POST /api/v1/repos/{owner}/{repo}/pulls` (their Swagger document). */
export function createGitea({ address, token }: ForgeOptions): Forge {
  const { baseUrl, owner, repository } = address;
  const path = [owner, repository].map(encodeURIComponent).join('/');
  return {
    name: 'gitea',
    async openPullRequest(plan, head, signal) {
      const body = {
        title: plan.title,
        body: plan.body,
        base: plan.baseBranch,
        head: headName(head),
      };
      const send = async (): Promise<PullRequestOutcome | ForgeRefusal> => {
        const response = await fetch(`${baseUrl}/api/v1/repos/${path}/pulls`, {
          method: 'POST',
          headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          redirect: 'error',
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        return toOutcome(response.status, await readAnswer(response));
      };
      const outcome = await send().catch((error: unknown) => {
        signal.throwIfAborted();
        return refusalOf(0, messageOf(error), 'Gitea');
      });
      if (outcome.kind !== 'refused') return outcome;
      const { reason, tokenRefused } = outcome;
      const byHand = compareUrl(address, plan.baseBranch, head);
      return { kind: 'pushed', compareUrl: byHand, reason, tokenRefused };
    },
  };
}
