import { existsSync } from 'node:fs';
import { missingOf } from '../model/missing';
import type { Problem } from '../model/problem';
import { clusterNotesOf } from '../model/notes';
import type { MissingReference } from '../model/render';
import { objectsText } from '../pipeline/changeText';
import { chooseApp, findApps } from './choose';
import type { Command, CommandContext } from './command';
import { FETCH_HELP, FETCH_OPTION, flag, OUTPUT_OPTION, text, texts } from './command';
import { fetchForApps, fetchForPath } from './fetch';
import { formatOf, json } from './formats';
import type { ExitCode } from './io';
import { locationText } from './problems';
import { renderPath } from './renderPath';
import { defaultSettings, openWorkspace, realPath } from './workspace';

function write(context: CommandContext, objects: readonly unknown[]): void {
  const format = formatOf(context.args, ['yaml', 'json']);
  context.io.out(format === 'json' ? json(objects) : objectsText(objects));
}

function report(
  context: CommandContext,
  problems: readonly Problem[],
  missing: readonly MissingReference[],
): void {
  for (const problem of problems) context.io.err(locationText(problem));
  for (const { kind, reference, path } of missing) {
    context.io.err(`${path}: the ${kind} ${reference} is not here, and was not fetched.`);
  }
}

async function renderFiles(context: CommandContext, path: string): Promise<ExitCode> {
  const { io, args, tools } = context;
  const [root, revision, release, namespace] = ['root', 'revision', 'release', 'namespace'].map(
    (name) => text(args, name),
  );
  const renderer = tools.renderer(defaultSettings(io.environment));
  const request = { cwd: io.cwd, path, root, revision, release, namespace };
  const given = Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  );
  const { outcome } = await renderPath(
    renderer,
    { cwd: io.cwd, path, ...given, values: texts(args, 'values') },
    io.signal,
    fetchForPath(context),
  );
  if (outcome.kind === 'unavailable') {
    io.err(outcome.reason);
    return 2;
  }
  const result = outcome.kind === 'rendered' ? outcome.result : outcome;
  report(context, result.problems, result.missing);
  if (outcome.kind === 'failed') return 2;
  write(
    context,
    outcome.result.objects.map(({ object }) => object),
  );
  return result.missing.length > 0 ? 2 : 0;
}

async function renderApp(context: CommandContext, name: string): Promise<ExitCode> {
  const { io, args } = context;
  const workbench = await openWorkspace(context);
  const state = chooseApp(workbench, name);
  const { app } = state;
  await fetchForApps(context, workbench, [state]);
  const revision = text(args, 'revision');
  const request = {
    showSecrets: flag(args, 'show-secrets'),
    ...(revision === undefined ? {} : { revision }),
  };
  const objects = await workbench.objects(app.key, request, io.signal);
  if ('reason' in objects) {
    io.err(objects.reason);
    return 2;
  }
  // The revision of a request may have others.
  const now = workbench.state().apps.find((one) => one.app.key === app.key);
  const told = revision === undefined ? now : undefined;
  for (const note of told === undefined ? [] : clusterNotesOf(told)) io.err(note);
  const missing = told === undefined ? [] : missingOf(told);
  report(context, [], missing);
  write(context, objects);
  return missing.length > 0 ? 2 : 0;
}

/** What looks like a path is one, unless an app has exactly this name. */
async function isPath(context: CommandContext, name: string): Promise<boolean> {
  const { cwd } = context.io;
  if (!existsSync(realPath(cwd, name))) return /^\.{0,2}\//.test(name);
  if (/^(\.|\/)/.test(name)) return true;
  return findApps(await openWorkspace(context), name).length === 0;
}

export const renderCommand: Command = {
  name: 'render',
  summary: 'Render an app as its controller applies it, or any chart, kustomization or folder',
  usage:
    'plumbline render APP|PATH [--root DIR] [--revision REV] [--values FILE…] [--release NAME] [--namespace NS] [--fetch] [-o yaml|json]',
  help: [
    ['--revision REV', 'render a commit, branch or tag instead of the working tree'],
    ['--values FILE', 'values file for a chart; may be given several times, later wins'],
    ['--release NAME', 'release name for a chart (release-name)'],
    ['--namespace NS', 'release namespace for a chart (default)'],
    ['--show-secrets', 'do not mask the Secrets of an APP; those of a PATH are never masked'],
    FETCH_HELP,
    ['-o, --output', 'yaml (default) or json'],
  ],
  options: {
    ...OUTPUT_OPTION,
    ...FETCH_OPTION,
    revision: { type: 'string' },
    values: { type: 'string', multiple: true, short: 'f' },
    release: { type: 'string' },
    namespace: { type: 'string', short: 'n' },
    'show-secrets': { type: 'boolean' },
  },
  async run(context) {
    const [name, ...rest] = context.args.positionals;
    if (name === undefined || rest.length > 0) {
      context.io.err('Say one APP or PATH to render.');
      return 2;
    }
    return (await isPath(context, name))
      ? await renderFiles(context, name)
      : await renderApp(context, name);
  },
};
