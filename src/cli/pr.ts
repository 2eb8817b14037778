import { pushWords } from '../model/plan';
import type { PullRequestOutcome, PullRequestPlan } from '../model/plan';
import type { PullRequestCredentials } from '../model/workbench';
import { environmentToken } from '../pipeline/environmentToken';
import { chooseApp } from './choose';
import type { Command, CommandContext } from './command';
import { flag, OUTPUT_OPTION, text, texts } from './command';
import { confirmed } from './confirm';
import { formatOf, json } from './formats';
import type { ExitCode, Io } from './io';
import { openWorkspace } from './workspace';
import type { CoreWorkbench } from '../pipeline/workbench';

function showPlan(io: Io, plan: PullRequestPlan): void {
  io.err(`${plan.title}`);
  io.err(`Branch ${plan.branch} from ${plan.baseRef} (${plan.baseCommit.slice(0, 7)}),`);
  io.err(`pushed to ${pushWords(plan)}, into ${plan.baseBranch} of ${plan.targetUrl}`);
  for (const path of plan.paths) io.err(`  ${path}`);
  if (plan.ridesAlong.length > 0) {
    io.err('Local commits whose changes in these files ride along:');
    for (const commit of plan.ridesAlong) io.err(`  ${commit}`);
  }
  for (const warning of plan.warnings) io.err(`Mind: ${warning}`);
  io.err('');
  io.err(plan.body);
}

/** The token of the environment, where it belongs to this server. */
function token(io: Io, forge: 'github' | 'gitea', baseUrl: string): string | undefined {
  const found = environmentToken(io.environment, forge, baseUrl);
  if (found.kind === 'kept') io.err(found.reason);
  return found.kind === 'token' ? found.token : undefined;
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

function finish(io: Io, plan: PullRequestPlan, outcome: PullRequestOutcome): ExitCode {
  switch (outcome.kind) {
    case 'opened':
      io.out(`${outcome.url}\n`);
      return 0;
    case 'pushed':
      io.err(`${plan.branch} is pushed to ${plan.pushRemote}, but no pull request was opened:`);
      io.err(outcome.reason);
      io.err('Open it by hand here, or call the same command again:');
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
    ['', 'GITHUB_TOKEN signs in to github.com or the server that GITHUB_SERVER_URL names,'],
    ['', "GITEA_TOKEN to the Gitea of the apps' repository or the one of GITEA_SERVER_URL;"],
    ['', 'the branch is pushed to the remote that your Git configuration says'],
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
    const credentials: PullRequestCredentials = {
      token: (forge, baseUrl) => Promise.resolve(token(io, forge, baseUrl)),
    };
    return finish(io, plan, await workbench.runPullRequest(plan, credentials, io.signal));
  },
};
