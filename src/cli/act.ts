import { serverWords } from '../model/argo';
import type { ActionProgress, ClusterPlan, PlannedChange } from '../model/plan';
import { chooseApp } from './choose';
import type { Command, CommandContext } from './command';
import { flag, text, texts } from './command';
import { confirmed } from './confirm';
import type { ExitCode, Io } from './io';
import {
  openArgo,
  CONTEXT_HELP,
  defaultSettings,
  openWorkspace,
  settingsWithContexts,
} from './workspace';

/** Of one object; the rest is what `plumbline diff APP --against live` shows. */
const MOST_FIELDS = 12;

function section(io: Io, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  io.err(`${title}:`);
  for (const line of lines) io.err(`  ${line}`);
}

function changeLines({ object, fields }: PlannedChange): readonly string[] {
  const shown = fields.slice(0, MOST_FIELDS).map((field) => `    ${field}`);
  const more = fields.length - shown.length;
  return [object, ...shown, ...(more > 0 ? [`    and ${more} more`] : [])];
}

function showPlan(io: Io, { confirmation, cluster, context, server }: ClusterPlan): void {
  io.err(`${confirmation.title} on ${cluster} (${serverWords(context, server)})`);
  io.err(`Revision: ${confirmation.revision}`);
  const { changes = [], willPrune = [] } = confirmation;
  section(io, 'Will change', changes.flatMap(changeLines));
  section(io, 'Will be deleted', willPrune);
  if (changes.length + willPrune.length === 0) io.err('Nothing that differs was found.');
  section(io, 'Will not be pruned', confirmation.notPruned);
  section(io, 'Not included', confirmation.notIncluded);
  section(io, 'Mind', confirmation.warnings);
}

const EXIT: Readonly<Record<ActionProgress['kind'], ExitCode>> = {
  running: 1,
  succeeded: 0,
  failed: 1,
  refused: 1,
};

async function act(
  context: CommandContext,
  kind: ClusterPlan['kind'],
  name: string,
): Promise<ExitCode> {
  const { io, args } = context;
  const workbench = await openWorkspace(context);
  const state = chooseApp(workbench, name);
  const settings = await settingsWithContexts(workbench, defaultSettings(io.environment), {
    given: texts(args, 'context'),
    apps: [state],
  });
  if (typeof settings === 'string') return refuse(io, settings);
  workbench.setSettings(settings);
  await workbench.whenIdle();
  await openArgo(workbench, texts(args, 'context'), io.signal);
  const plan = await workbench.planAction(state.app.key, io.signal);
  if (plan.kind === 'refusal') return refuse(io, plan.reason);
  if (plan.kind !== kind) return refuse(io, wrongTool(kind, name));
  showPlan(io, plan);
  const expected = plan.protected === true ? plan.cluster : undefined;
  const answer = { yes: flag(args, 'yes'), typed: text(args, 'confirm'), expected };
  if (!(await confirmed(io, answer))) return 1;
  const outcome = await workbench.runAction(plan, (step) => io.err(step.message), io.signal);
  io.out(`${outcome.kind}: ${outcome.message}\n`);
  return EXIT[outcome.kind];
}

function wrongTool(kind: ClusterPlan['kind'], name: string): string {
  return kind === 'argo-sync'
    ? `${name} is applied by Flux: use plumbline reconcile ${name}.`
    : `${name} is applied by Argo CD: use plumbline sync ${name}.`;
}

function refuse(io: Io, reason: string): ExitCode {
  io.err(reason);
  return 2;
}

function command(name: 'sync' | 'reconcile', kind: ClusterPlan['kind'], summary: string): Command {
  return {
    name,
    summary,
    usage: `plumbline ${name} APP [--context CTX] [--yes] [--confirm CLUSTER] [--root DIR]`,
    help: [
      CONTEXT_HELP,
      ['--yes', 'do not ask'],
      ['--confirm CLUSTER', 'the name of a protected cluster, which --yes alone does not cover'],
    ],
    options: {
      context: { type: 'string', multiple: true },
      yes: { type: 'boolean', short: 'y' },
      confirm: { type: 'string' },
    },
    async run(context) {
      const [app, ...rest] = context.args.positionals;
      if (app === undefined || rest.length > 0)
        return refuse(context.io, `Say one APP to ${name}.`);
      return await act(context, kind, app);
    },
  };
}

export const syncCommand = command('sync', 'argo-sync', 'Sync an Argo CD app and follow it');
export const reconcileCommand = command(
  'reconcile',
  'flux-reconcile',
  'Reconcile a Flux object with its source and follow it',
);
