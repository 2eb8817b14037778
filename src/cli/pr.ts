import type { PullRequestOutcome, PullRequestPlan } from '../model/plan';
import { chooseApp } from './choose';
import type { Command, CommandContext } from './command';
import { flag, OUTPUT_OPTION, text, texts } from './command';
import { confirmed } from './confirm';
import { formatOf, json } from './formats';
import type { ExitCode, Io } from './io';
import { openWorkspace } from './workspace';
import type { CoreWorkbench } from '../pipeline/workbench';

const TOKENS = { github: 'GITHUB_TOKEN', gitea: 'GITEA_TOKEN' } as const;

function showPlan(io: Io, plan: PullRequestPlan): void {
  io.err(`${plan.title}`);
  io.err(`Branch ${plan.branch} from ${plan.baseRef} (${plan.baseCommit.slice(0, 7)}),`);
  io.err(`pushed to ${plan.pushRemote}, into ${plan.baseBranch} of ${plan.targetUrl}`);
  for (const path of plan.paths) io.err(`  ${path}`);
  for (const commit of plan.ridesAlong) io.err(`  rides along: ${commit}`);
  for (const warning of plan.warnings) io.err(`Mind: ${warning}`);
  io.err('');
  io.err(plan.body);
}

function request(context: CommandContext, workbench: CoreWorkbench) {
  const { args } = context;
  const [branch, title] = [text(args, 'branch'), text(args, 'title')];
  const [root] = workbench.state().roots;
  const named = args.positionals.map((name) => chooseApp(workbench, name).app.key);
  const paths = texts(args, 'path');
  const changed = workbench
    .state()
    .apps.filter(({ local }) => local.kind === 'compared' && local.comparison.changes.length > 0);
  const everything = named.length === 0 && paths.length === 0;
  return {
    root: root?.root ?? '',
    appKeys: everything ? changed.map(({ app }) => app.key) : named,
    paths,
    ...(branch === undefined ? {} : { branch }),
    ...(title === undefined ? {} : { title }),
  };
}

function finish(io: Io, outcome: PullRequestOutcome): ExitCode {
  switch (outcome.kind) {
    case 'opened':
      io.out(`${outcome.url}\n`);
      return 0;
    case 'pushed':
      io.err(outcome.reason);
      io.out(`${outcome.compareUrl}\n`);
      return 1;
    case 'failed':
      io.err(`The pull request stopped at the ${outcome.step} step: ${outcome.message}`);
      return 2;
  }
}

export const prCommand: Command = {
  name: 'pr',
  summary: 'Commit changed files on a new branch, push it and open a pull request',
  usage:
    'plumbline pr [APP…] [--path FILE…] [--title TEXT] [--branch NAME] [--plan] [-o text|json] [--yes] [--root DIR]',
  help: [
    ['--path FILE', 'a changed file below the root, beside those of the apps'],
    ['--title TEXT', 'title of the commit and the pull request'],
    ['--branch NAME', 'name of the new branch'],
    ['--plan', 'only show what would be done'],
    ['-o, --output', 'text (default) or json, of the plan'],
    ['--yes', 'do not ask'],
    ['', 'GITHUB_TOKEN or GITEA_TOKEN signs in to the forge'],
  ],
  options: {
    ...OUTPUT_OPTION,
    path: { type: 'string', multiple: true },
    title: { type: 'string' },
    branch: { type: 'string' },
    plan: { type: 'boolean' },
    yes: { type: 'boolean', short: 'y' },
  },
  async run(context) {
    const { io, args } = context;
    const workbench = await openWorkspace(context);
    const plan = await workbench.planPullRequest(request(context, workbench), io.signal);
    if ('reason' in plan) {
      io.err(plan.reason);
      return 2;
    }
    if (formatOf(args, ['text', 'json']) === 'json') io.out(json(plan));
    else showPlan(io, plan);
    if (flag(args, 'plan')) return 0;
    const answer = { yes: flag(args, 'yes'), typed: undefined, expected: undefined };
    if (!(await confirmed(io, answer))) return 1;
    const token = (forge: 'github' | 'gitea') => Promise.resolve(io.environment[TOKENS[forge]]);
    return finish(io, await workbench.runPullRequest(plan, { token }, io.signal));
  },
};
