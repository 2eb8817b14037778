import { serverWords } from '../model/argo';
import { pushWords } from '../model/plan';
import type { ClusterPlan, PlanConfirmation, PlannedChange, PullRequestPlan } from '../model/plan';
import { plural, present, when } from '../views/words';

/** A modal that has to be scrolled is not read. */
const MOST_CHANGES = 12;
const MOST_LINES = 5;
const MOST_FILES = 12;

export interface Question {
  readonly message: string;
  readonly detail: string;
  /** The cluster that is written to. */
  readonly place?: string;
  readonly yes: string;
  /** Set for a protected cluster: the text that has to be typed. */
  readonly typed?: string;
  /** The button that shows more before anything is answered. */
  readonly show?: string;
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
        `Cluster: ${plan.cluster} (${serverWords(plan.context, plan.server)})`,
        `Context: ${plan.context.name}`,
        `Object: ${plan.target.kind} ${plan.target.namespace}/${plan.target.name}`,
        `Revision: ${confirmation.revision}`,
      ].join('\n'),
      willChange(confirmation),
      section('Will be deleted', confirmation.willPrune ?? []),
      section('Will not be pruned', confirmation.notPruned),
      section('Not included', [...confirmation.notIncluded, ...unsaved]),
      section('Mind', confirmation.warnings),
    ]
      .filter((text) => text !== '')
      .join('\n\n'),
    place: plan.cluster,
    yes: plan.kind === 'argo-sync' ? 'Sync' : 'Reconcile',
    ...(guarded && { typed: plan.cluster }),
    ...((confirmation.changes ?? []).length > 0 && { show: 'Show Changes' }),
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
      section(plural(plan.paths.length, 'file'), plan.paths, { most: MOST_FILES }),
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

/** Each field where there is room, else one line an object. */
function willChange({ changes = [], willPrune = [] }: PlanConfirmation): string {
  const none = willPrune.length === 0 ? 'Nothing that differs was found.' : undefined;
  const lines = changes.flatMap(({ object, fields }) => [
    object,
    ...fields.map((field) => `    ${shortField(field)}`),
  ]);
  const shown = lines.length <= MOST_CHANGES ? lines : changes.map(shortChange);
  return section('Will change', shown, { most: MOST_CHANGES, none });
}

function shortChange({ object, fields }: PlannedChange): string {
  const [first, ...more] = fields;
  if (first === undefined) return object;
  if (more.length === 0) return `${object}: ${shortField(first)}`;
  return `${object}: ${plural(fields.length, 'field')}`;
}

/** A modal breaks longer ones in the middle of a word. */
const LONGEST_PATH = 44;
const PATH_PARTS = /\["(?:[^"\\]|\\.)*"\]|\.?[\w-]+(?:\[\d+\])*/g;

/** `spec…containers[0].resources.limits.memory: 1Gi → 2Gi`: the last parts of a path say which field. */
function shortField(line: string): string {
  const end = line.indexOf(': ');
  const path = line.slice(0, end);
  const parts = path.match(PATH_PARTS) ?? [];
  const [first = ''] = parts;
  let last = parts.length;
  const tail = (from: number): string => parts.slice(from).join('').replace(/^\./, '');
  while (last > 2 && first.length + 1 + tail(last - 1).length <= LONGEST_PATH) last -= 1;
  if (end < 0 || path.length <= LONGEST_PATH || last >= parts.length) return line;
  return `${first}…${tail(last)}${line.slice(end)}`;
}

function section(
  title: string,
  lines: readonly string[],
  { most = MOST_LINES, none }: { readonly most?: number; readonly none?: string | undefined } = {},
): string {
  if (lines.length === 0) return none === undefined ? '' : `${title}: ${none}`;
  const shown = lines.slice(0, most).map((line) => bulleted(line));
  const more = lines.length - shown.length;
  return [`${title}:`, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}

function bulleted(line: string): string {
  return line.startsWith(' ') ? `  ${line}` : `  • ${line}`;
}
