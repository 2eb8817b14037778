import { pushWords } from '../model/plan';
import type { ClusterPlan, PullRequestPlan } from '../model/plan';
import { plural, present, when } from '../views/words';

const MOST_LINES = 12;

export interface Question {
  readonly message: string;
  readonly detail: string;
  readonly yes: string;
  /** Set for a protected cluster: the text that has to be typed. */
  readonly typed?: string;
}

/** What a person reads before a cluster is written to: where, what, and what is left out. */
export function clusterQuestion(
  plan: ClusterPlan,
  around: {
    readonly unsaved: readonly string[];
    readonly protectedClusters: readonly string[];
  },
): Question {
  const { confirmation } = plan;
  const unsaved = around.unsaved.map((path) => `Unsaved: ${path}`);
  const guarded =
    plan.protected === true ||
    around.protectedClusters.some((name) => name === plan.cluster || name === plan.server);
  return {
    message: confirmation.title,
    detail: [
      [
        `Cluster: ${plan.cluster} (${plan.server})`,
        `Context: ${plan.context.name}`,
        `Object: ${plan.target.kind} ${plan.target.namespace}/${plan.target.name}`,
        `Revision: ${confirmation.revision}`,
      ].join('\n'),
      section('Will change', confirmation.willChange, 'Nothing that differs was found.'),
      section('Will not be pruned', confirmation.notPruned),
      section('Not included', [...confirmation.notIncluded, ...unsaved]),
      section('Mind', confirmation.warnings),
    ]
      .filter((text) => text !== '')
      .join('\n\n'),
    yes: plan.kind === 'argo-sync' ? 'Sync' : 'Reconcile',
    ...(guarded && { typed: plan.cluster }),
  };
}

export function pullRequestQuestion(plan: PullRequestPlan, unsaved: readonly string[]): Question {
  return {
    message: `Create a pull request into ${plan.baseBranch}?`,
    detail: present([
      [
        `Repository: ${plan.targetUrl}`,
        `Branch: ${plan.branch}, pushed to ${pushWords(plan)}`,
        `From: ${plan.baseRef} · ${plan.baseCommit.slice(0, 7)}`,
        `Title: ${plan.title}`,
      ].join('\n'),
      section(plural(plan.paths.length, 'file'), plan.paths),
      when(
        plan.ridesAlong.length > 0,
        section('Local commits whose changes in these files ride along', plan.ridesAlong),
      ),
      section(
        'Not included',
        unsaved.map((path) => `Unsaved: ${path}`),
      ),
      section('Mind', plan.warnings),
    ])
      .filter((text) => text !== '')
      .join('\n\n'),
    yes: 'Create Pull Request',
  };
}

/** A push that arrived without a pull request: where it is, and why it ended there. */
export function pushedMessage({ branch, pushRemote }: PullRequestPlan, reason: string): string {
  return `${branch} is pushed to ${pushRemote}, but no pull request was opened. ${reason}`;
}

function section(title: string, lines: readonly string[], otherwise?: string): string {
  if (lines.length === 0) return otherwise === undefined ? '' : `${title}: ${otherwise}`;
  const shown = lines.slice(0, MOST_LINES).map((line) => `  • ${line}`);
  const more = lines.length - shown.length;
  return [`${title}:`, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}
