import { existsSync } from 'node:fs';
import { UserError } from '../base/userError';
import type { AppState } from '../model/appState';
import type { Problem } from '../model/problem';
import type { CoreWorkbench } from '../pipeline/workbench';
import { problemsOf } from '../pipeline/problems';
import { sharedObjects } from '../pipeline/sharedObjects';
import { placeAtFields } from '../pipeline/validation';
import { findApps, chooseApp } from './choose';
import type { Command, CommandContext } from './command';
import { FETCH_HELP, FETCH_OPTION, OUTPUT_OPTION, text } from './command';
import { fetchForApps, fetchForPath } from './fetch';
import { formatOf, json } from './formats';
import type { ExitCode } from './io';
import { locationText } from './problems';
import { renderPath } from './renderPath';
import { toSarif } from './sarif';
import { VERSION } from './version';
import { defaultSettings, openWorkspace, realPath } from './workspace';

interface Findings {
  readonly problems: readonly Problem[];
  /** Something could not be checked at all: one sentence each. */
  readonly unchecked: readonly string[];
}

function findingsOf(states: readonly AppState[]): Findings {
  const shared = [...sharedObjects(states).values()].flat();
  const unchecked = states.flatMap(({ app, working }) =>
    working.kind === 'unavailable' && app.source.kind === 'local' ? [working.reason] : [],
  );
  return { problems: [...states.flatMap(problemsOf), ...shared], unchecked };
}

async function checkPath(context: CommandContext, path: string): Promise<Findings> {
  const { io, args, tools } = context;
  const root = text(args, 'root');
  const request = { cwd: io.cwd, path, values: [], ...(root === undefined ? {} : { root }) };
  const renderer = tools.renderer(defaultSettings(io.environment));
  const { root: top, outcome } = await renderPath(
    renderer,
    request,
    io.signal,
    fetchForPath(context),
  );
  if (outcome.kind === 'unavailable') return { problems: [], unchecked: [outcome.reason] };
  if (outcome.kind === 'failed') return { problems: outcome.problems, unchecked: [] };
  const { objects, problems } = outcome.result;
  const found = await tools.validator().validate({ objects }, io.signal);
  const placed = await placeAtFields(found, async (file) => {
    const read = await renderer.read({ root: top, overlay: {} }, file, io.signal);
    return read !== undefined && 'text' in read ? read.text : undefined;
  });
  return { problems: [...problems, ...placed], unchecked: [] };
}

async function check(
  context: CommandContext,
  workbench: CoreWorkbench,
  name: string,
): Promise<Findings> {
  if (findApps(workbench, name).length > 0) {
    await fetchForApps(context, workbench, [chooseApp(workbench, name)]);
    return findingsOf([chooseApp(workbench, name)]);
  }
  if (!existsSync(realPath(context.io.cwd, name))) {
    throw new UserError(`There is no app and no path ${name} here.`);
  }
  return await checkPath(context, name);
}

/** Everything: all apps, and source files that belong to none. */
function checkAll(workbench: CoreWorkbench): Findings {
  const { apps, roots } = workbench.state();
  const ofApps = findingsOf(apps);
  return {
    ...ofApps,
    problems: [...roots.flatMap(({ problems }) => problems), ...ofApps.problems],
  };
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function write(context: CommandContext, problems: readonly Problem[]): void {
  const format = formatOf(context.args, ['text', 'json', 'sarif']);
  if (format === 'json') context.io.out(json(problems));
  else if (format === 'sarif') context.io.out(json(toSarif(problems, VERSION)));
  else for (const problem of problems) context.io.out(`${locationText(problem)}\n`);
}

export const validateCommand: Command = {
  name: 'validate',
  summary: 'Check rendered objects against the schemas of Kubernetes and of the repository',
  usage: 'plumbline validate [APP…|PATH…] [--fetch] [--root DIR] [-o text|json|sarif]',
  help: [FETCH_HELP, ['-o, --output', 'text (default), json or sarif']],
  options: { ...OUTPUT_OPTION, ...FETCH_OPTION },
  async run(context): Promise<ExitCode> {
    const workbench = await openWorkspace(context, { validates: true });
    const names = context.args.positionals;
    const findings: Findings[] = [];
    if (names.length === 0) {
      await fetchForApps(context, workbench, workbench.state().apps);
      findings.push(checkAll(workbench));
    }
    for (const name of names) findings.push(await check(context, workbench, name));
    const problems = unique(findings.flatMap((one) => one.problems));
    const unchecked = findings.flatMap((one) => one.unchecked);
    write(context, problems);
    for (const reason of unchecked) context.io.err(reason);
    if (unchecked.length > 0) return 2;
    return problems.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};
