import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import { gitPush } from '../host/gitExtension';
import type { PullRequestOutcome, PullRequestPlan } from '../model/plan';
import type { PullRequestRequest, Workbench } from '../model/workbench';
import type { ChangedFile } from '../views/changes/present';
import { plural } from '../views/words';
import { ask, unsavedFiles } from './ask';
import type { Command, CommandArgument, CommandContext } from './command';
import { pullRequestQuestion, pushedMessage } from './confirmation';
import { activeFile, withProgress, withQuietProgress } from './picks';

const OPEN = 'Open in Browser';

/** Proposes the ticked files: asks, shows the text, then commits, pushes and opens. */
export const createPullRequest: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('Nothing is written to Git while the workspace is in Restricted Mode.');
  }
  const files = await chooseFiles(context, argument);
  const [first] = files;
  if (first === undefined) return;
  const request = requestFor(first.root, files);
  const proposal = await plan(workbench, request);
  const words = await askWords(proposal);
  if (words === undefined) return;
  const final =
    words.title === proposal.title && words.branch === proposal.branch
      ? proposal
      : await plan(workbench, { ...request, ...words });
  await context.previews.show(previewName(final), previewText(final));
  if (await ask(pullRequestQuestion(final, unsavedFiles()))) {
    await carryOut(context, workbench, final);
  }
};

/** Ticked files of one repository; from a file's row or the palette the user ticks them here. */
async function chooseFiles(
  context: CommandContext,
  argument: CommandArgument,
): Promise<readonly ChangedFile[]> {
  const all = context.changes.files();
  if (all.length === 0) throw new UserError('Nothing differs from what the controllers follow.');
  const root = await chooseRoot(all, argument);
  const own = all.filter((file) => file.root === root);
  if (argument.target?.kind === 'file' && argument.target.path === '') {
    return own.filter(({ ticked }) => ticked);
  }
  const asked = askedPath(argument);
  const picked = await vscode.window.showQuickPick(
    own.map((file) => ({
      label: file.path,
      description: plural(file.impact?.apps.length ?? 0, 'app'),
      picked: asked === undefined ? file.ticked : file.absolutePath === asked || file.ticked,
      file,
    })),
    {
      title: 'Create Pull Request (1/3)',
      placeHolder: 'Files to put into the pull request',
      canPickMany: true,
    },
  );
  return picked?.map(({ file }) => file) ?? [];
}

function askedPath(argument: CommandArgument): string | undefined {
  return argument.uri?.scheme === 'file' ? argument.uri.fsPath : undefined;
}

async function chooseRoot(
  files: readonly ChangedFile[],
  argument: CommandArgument,
): Promise<string | undefined> {
  if (argument.target?.kind === 'file') return argument.target.root;
  const active = activeFile(argument);
  const roots = [...new Set(files.map(({ root }) => root))];
  const ofActive = files.find(({ absolutePath }) => absolutePath === active)?.root;
  if (roots.length === 1) return roots[0];
  return (
    ofActive ??
    (await vscode.window.showQuickPick(roots, {
      title: 'Create Pull Request',
      placeHolder: 'Which repository?',
    }))
  );
}

function requestFor(root: string, files: readonly ChangedFile[]): PullRequestRequest {
  const apps = files.flatMap(({ impact }) => impact?.apps.map(({ app }) => app.key) ?? []);
  return { root, appKeys: [...new Set(apps)], paths: files.map(({ path }) => path) };
}

async function plan(workbench: Workbench, request: PullRequestRequest): Promise<PullRequestPlan> {
  const planned = await withQuietProgress('Preparing the pull request', (signal) =>
    workbench.planPullRequest(request, signal),
  );
  if ('kind' in planned) throw new UserError(planned.reason);
  return planned;
}

async function askWords(
  proposal: PullRequestPlan,
): Promise<{ readonly title: string; readonly branch: string } | undefined> {
  const title = await vscode.window.showInputBox({
    title: 'Create Pull Request (2/3)',
    prompt: 'Title',
    value: proposal.title,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? 'A pull request needs a title.' : undefined),
  });
  if (title === undefined) return undefined;
  const branch = await vscode.window.showInputBox({
    title: 'Create Pull Request (3/3)',
    prompt: `Branch to push; the pull request goes into ${proposal.baseBranch}`,
    value: proposal.branch,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? 'A branch needs a name.' : undefined),
  });
  return branch === undefined ? undefined : { title: title.trim(), branch: branch.trim() };
}

function previewName({ branch }: PullRequestPlan): string {
  return `${branch.replaceAll('/', '-')}.md`;
}

function previewText({ title, body }: PullRequestPlan): string {
  return `# ${title}\n\n${body}\n`;
}

async function carryOut(
  context: CommandContext,
  workbench: Workbench,
  planned: PullRequestPlan,
): Promise<void> {
  const push = await gitPush();
  const asked: string[] = [];
  const outcome = await withProgress('Creating the pull request', (signal) =>
    workbench.runPullRequest(
      planned,
      {
        // Both sides by name: no mapping of the configuration leads the branch elsewhere.
        ...(push && {
          push: (root, remote, branch) =>
            push(root, remote, `refs/heads/${branch}:refs/heads/${branch}`),
        }),
        token: (forge, baseUrl) => {
          asked.push(baseUrl);
          return context.tokens.get(forge, baseUrl);
        },
      },
      signal,
    ),
  );
  if (outcome.kind === 'pushed' && outcome.tokenRefused === true) {
    await Promise.all(asked.map((baseUrl) => context.tokens.forget(baseUrl)));
  }
  await tell(planned, outcome);
}

async function tell(planned: PullRequestPlan, outcome: PullRequestOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'opened':
      return await offer(`Pull request #${outcome.number} is open.`, outcome.url);
    case 'pushed':
      return await offer(pushedMessage(planned, outcome.reason), outcome.compareUrl);
    case 'failed':
      throw new UserError(outcome.message);
  }
}

async function offer(message: string, url: string): Promise<void> {
  const answer = await vscode.window.showInformationMessage(message, OPEN);
  if (answer === OPEN) await vscode.env.openExternal(vscode.Uri.parse(url, true));
}
