import { appLabel } from '../model/app';
import type { AppState, ClusterState } from '../model/appState';
import type { FieldChange, ResourceChange } from '../model/change';
import { changeDiff } from '../pipeline/changeText';
import { explainApp, explainChange, objectName } from '../pipeline/explain';
import type { Explanation } from '../pipeline/explain';
import type { CoreWorkbench } from '../pipeline/workbench';
import { chooseApps } from './choose';
import type { Command, CommandContext } from './command';
import { FETCH_HELP, FETCH_OPTION, OUTPUT_OPTION, text, texts } from './command';
import { fetchForApps } from './fetch';
import { firstNames, formatOf, json } from './formats';
import type { LeftBehind } from './leftBehind';
import { leftBehindIn, writeLeftBehind } from './leftBehind';
import type { ExitCode, Io } from './io';
import {
  openArgo,
  CONTEXT_HELP,
  defaultSettings,
  openWorkspace,
  settingsWithContexts,
} from './workspace';

/** The answer for one app. */
type Answer =
  | {
      readonly kind: 'compared';
      readonly app: AppState['app'];
      readonly changes: readonly ResourceChange[];
      /** Something differs, not only what is shown because it was asked for. */
      readonly differs: boolean;
      readonly explanation?: Explanation;
      /** Edits that reach no cluster: one sentence each. */
      readonly notes?: readonly string[];
      /** Objects that could not be compared: one sentence each. */
      readonly unread: readonly string[];
      readonly before: string;
      readonly after: string;
    }
  | { readonly kind: 'skipped' | 'failed'; readonly app: AppState['app']; readonly reason: string };

/** What is answered of the apps, and of the clusters that they go to. */
interface Answers {
  readonly apps: readonly Answer[];
  readonly leftBehind: readonly LeftBehind[];
}

function localAnswer({ app, local, working }: AppState): Answer {
  switch (local.kind) {
    case 'compared': {
      const { changes, against, notes = [] } = local.comparison;
      const sides = { before: against.ref, after: 'working copy' };
      const said = notes.map(({ message }) => message);
      const differs = changes.length > 0;
      return { kind: 'compared', app, changes, differs, notes: said, unread: [], ...sides };
    }
    case 'pinned':
      return {
        kind: 'skipped',
        app,
        reason: `It follows ${local.revision}: edits here do not reach it.`,
      };
    case 'unavailable':
      return { kind: 'failed', app, reason: whyInvalid(working) ?? local.reason };
    case 'unknown':
      return unknownAnswer(app, working);
  }
}

function whyInvalid(working: AppState['working']): string | undefined {
  return working.kind === 'invalid' ? working.problems[0]?.message : undefined;
}

function unknownAnswer(app: AppState['app'], working: AppState['working']): Answer {
  if (app.source.kind !== 'local') {
    const reason = working.kind === 'unavailable' ? working.reason : 'Its source is not here.';
    return { kind: 'skipped', app, reason };
  }
  return { kind: 'failed', app, reason: 'The folder is not in a Git repository.' };
}

/** Values that the tool ignores, that each render makes anew or that are there already are none. */
const EXPLAINED: ReadonlySet<FieldChange['whose']> = new Set([
  'ignored',
  'generated',
  'cluster',
  'already',
]);

function isDifference({ action, fields }: ResourceChange): boolean {
  if (action === 'same') return false;
  if (action !== 'changed') {
    return fields.every(({ whose }) => whose !== 'cluster' && whose !== 'ignored');
  }
  return fields.length === 0 || fields.some((field) => !isExplained(field));
}

function isExplained({ whose, theirs }: FieldChange): boolean {
  return EXPLAINED.has(whose) || theirs !== undefined;
}

/** What could not be read is never told as equal. */
function unreadSentence(change: ResourceChange): readonly string[] {
  const why = change.notes.find(({ kind }) => kind === 'forbidden' || kind === 'unreadable');
  return why === undefined ? [] : [`${objectName(change.id)}: ${why.message}`];
}

/** What was asked for besides the differences. */
interface Besides {
  readonly explain: boolean;
  readonly showIgnored: boolean;
}

function besides({ values }: CommandContext['args']): Besides {
  return { explain: values['explain'] === true, showIgnored: values['show-ignored'] === true };
}

function liveAnswer(state: AppState, { explain, showIgnored }: Besides): Answer {
  const { app, live } = state;
  if (live.kind === 'compared') {
    const { cluster, changes } = live.comparison;
    const isShown = (change: ResourceChange): boolean =>
      isDifference(change) || (showIgnored && change.fields.length > 0);
    return {
      kind: 'compared',
      app,
      changes: changes.filter(isShown),
      differs: changes.some(isDifference),
      ...(explain ? { explanation: explainApp(state, live.comparison) } : {}),
      unread: changes.flatMap(unreadSentence),
      before: `live ${cluster}`,
      after: 'Git',
    };
  }
  const reason = live.kind === 'unavailable' ? live.reason : 'It was not compared.';
  return { kind: 'failed', app, reason };
}

async function compareLive(
  context: CommandContext,
  workbench: CoreWorkbench,
  names: readonly string[],
): Promise<Answers> {
  for (const { app } of chooseApps(workbench, names)) {
    await workbench.compareLive(app.key, context.io.signal);
  }
  // Connecting tells of apps that no file defines.
  const found = chooseApps(workbench, names).filter(({ live }) => live.kind === 'unread');
  for (const { app } of found) await workbench.compareLive(app.key, context.io.signal);
  const compared = chooseApps(workbench, names).map(({ app }) => app.destinationCluster ?? '');
  for (const name of new Set(compared)) await workbench.findOrphans(name, context.io.signal);
  const states = chooseApps(workbench, names);
  const clusters = clustersOf(workbench, states);
  writeLimits(context.io, clusters);
  const apps = states.map((state) => liveAnswer(state, besides(context.args)));
  return { apps, leftBehind: leftBehindIn(clusters) };
}

function clustersOf(
  workbench: CoreWorkbench,
  states: readonly AppState[],
): readonly ClusterState[] {
  const named = new Set(states.flatMap(({ app }) => [app.controlCluster, app.destinationCluster]));
  return workbench.state().clusters.filter(({ name }) => named.has(name));
}

/** What the cluster did not let be read, without which objects that only it has may be missing. */
function writeLimits(io: Io, clusters: readonly ClusterState[]): void {
  for (const { name, limits } of clusters) for (const line of limits) io.err(`${name}: ${line}`);
}

async function liveAnswers(
  context: CommandContext,
  names: readonly string[],
): Promise<Answers | string> {
  const { io, args } = context;
  const workbench = await openWorkspace(context);
  const settings = await settingsWithContexts(workbench, defaultSettings(io.environment), {
    given: texts(args, 'context'),
    apps: chooseApps(workbench, names),
  });
  if (typeof settings === 'string') return settings;
  workbench.setSettings(settings);
  await workbench.whenIdle();
  await openArgo(workbench, texts(args, 'context'), io.signal);
  await fetchForApps(context, workbench, chooseApps(workbench, names));
  return await compareLive(context, workbench, names);
}

async function answers(context: CommandContext): Promise<Answers | string> {
  const { args } = context;
  const against = text(args, 'against');
  if (against === 'live') return await liveAnswers(context, args.positionals);
  const workbench = await openWorkspace(context, against === undefined ? {} : { against });
  await fetchForApps(context, workbench, chooseApps(workbench, args.positionals));
  return { apps: chooseApps(workbench, args.positionals).map(localAnswer), leftBehind: [] };
}

const COLOURS: Readonly<Record<string, string>> = { '+': '\u001b[32m', '-': '\u001b[31m' };
const RESET = '\u001b[0m';

function coloured(line: string): string {
  const colour = COLOURS[line[0] ?? ''];
  return colour === undefined ? line : `${colour}${line}${RESET}`;
}

function writeText(io: Io, all: readonly Answer[]): void {
  for (const sentence of reasons(all)) io.err(sentence);
  for (const answer of all) if (answer.kind === 'compared') writeCompared(io, answer);
}

function writeCompared(io: Io, answer: Extract<Answer, { kind: 'compared' }>): void {
  const name = appLabel(answer.app);
  if (answer.explanation) writeExplanation(io, name, answer.explanation);
  for (const change of answer.changes) writeChange(io, answer, change);
  for (const sentence of [...(answer.notes ?? []), ...answer.unread])
    io.err(`${name}: ${sentence}`);
}

/** Why apps were not compared; one sentence where the reason is the same for several. */
function reasons(all: readonly Answer[]): readonly string[] {
  const apps = new Map<string, string[]>();
  for (const answer of all) {
    if (answer.kind === 'compared') continue;
    const same = apps.get(answer.reason) ?? [];
    apps.set(answer.reason, [...same, appLabel(answer.app)]);
  }
  return [...apps].map(([reason, names]) => {
    const isOfAll = names.length > 1 && names.length === all.length;
    return isOfAll ? reason : `${firstNames(names)}: ${reason}`;
  });
}

function writeExplanation(io: Io, name: string, { how, hidden, verdict }: Explanation): void {
  const rules = hidden.map(({ rule, fields }) => {
    const places = fields.map(({ object, pointer }) => `${object} ${pointer}`.trim());
    return `${rule} hides ${places.join(', ')}.`;
  });
  for (const line of [...how, ...rules, ...verdict]) io.out(`# ${name}: ${line}\n`);
}

function writeChange(
  io: Io,
  { app, before, after, explanation }: Extract<Answer, { kind: 'compared' }>,
  change: ResourceChange,
): void {
  io.out(`# ${appLabel(app)}: ${objectName(change.id)} ${change.action}\n`);
  for (const { message } of change.notes) io.out(`# ${message}\n`);
  const about = explanation && explainChange(change, Date.now()).map((line) => `# ${line}\n`);
  for (const line of about ?? change.fields.map(ownerLine)) io.out(line);
  io.out(pruneLine(change));
  const diff = changeDiff(change, { before, after });
  const lines = io.colour ? diff.split('\n').map(coloured).join('\n') : diff;
  io.out(lines);
}

/** Who set a field that differs in the cluster: `# /spec/replicas drift: kubectl (scale)`. */
function ownerLine({ pointer, whose, owner }: FieldChange): string {
  if (owner === undefined) return '';
  const { manager, subresource, time } = owner;
  const how = subresource === undefined ? '' : ` (${subresource})`;
  return `# ${pointer} ${whose}: ${manager}${how}${time === undefined ? '' : ` at ${time}`}\n`;
}

/** What becomes of an object that Git does not have any more, and what holds up its deletion. */
function pruneLine({ prune, notes }: ResourceChange): string {
  if (prune === undefined) return '';
  if (prune.fate === 'kept') {
    return notes.some(({ kind }) => kind === 'not-pruned') ? '' : '# It stays in the cluster.\n';
  }
  const once = prune.fate === 'asked' ? ' once somebody confirms it' : '';
  const last = prune.last === true ? ' last, once everything else that is synced is healthy' : '';
  const waits = prune.waitsFor.length === 0 ? '' : `, when ${prune.waitsFor.join(', ')} let it go`;
  return `# It will be deleted${once}${last}${waits}.\n`;
}

function data(answer: Answer): Readonly<Record<string, unknown>> {
  const { key, name, namespace, kind } = answer.app;
  const app = { key, name, namespace, kind };
  return answer.kind === 'compared'
    ? {
        app,
        before: answer.before,
        after: answer.after,
        changes: answer.changes,
        ...(answer.explanation ? { explanation: answer.explanation } : {}),
        ...(answer.notes?.length ? { notes: answer.notes } : {}),
        ...(answer.unread.length === 0 ? {} : { unread: answer.unread }),
      }
    : { app, [answer.kind]: answer.reason };
}

function isIncomplete(answer: Answer): boolean {
  return answer.kind === 'failed' || (answer.kind === 'compared' && answer.unread.length > 0);
}

function exitCode(all: readonly Answer[]): ExitCode {
  if (all.some(isIncomplete)) return 2;
  const differs = all.some((answer) => answer.kind === 'compared' && answer.differs);
  return differs ? 1 : 0;
}

export const diffCommand: Command = {
  name: 'diff',
  summary: 'Show what the working copy changes, or how live objects differ from Git',
  usage:
    'plumbline diff [APP…] [--against REV|live] [--context CTX] [--explain] [--show-ignored] [--fetch] [--root DIR] [-o text|json]',
  help: [
    ['--against REV', 'compare the working copy with a revision (default: what each app follows)'],
    ['--against live', 'compare Git with the cluster'],
    CONTEXT_HELP,
    [
      '--explain',
      'with live: how it was compared, which rule hid what, what a sync does with each field',
    ],
    ['--show-ignored', 'with live: objects too whose differences are all ignored or explained'],
    FETCH_HELP,
    ['-o, --output', 'text (default) or json'],
  ],
  options: {
    ...OUTPUT_OPTION,
    ...FETCH_OPTION,
    against: { type: 'string' },
    explain: { type: 'boolean' },
    'show-ignored': { type: 'boolean' },
    context: { type: 'string', multiple: true },
  },
  async run(context) {
    const format = formatOf(context.args, ['text', 'json']);
    const all = await answers(context);
    if (typeof all === 'string') {
      context.io.err(all);
      return 2;
    }
    const { apps, leftBehind } = all;
    if (format === 'json') context.io.out(json([...apps.map(data), ...leftBehind]));
    else {
      writeLeftBehind(context.io, leftBehind);
      writeText(context.io, apps);
    }
    return exitCode(apps);
  },
};
