import type { RenderRow } from './engine';
import type { Figures } from './measure';
import type { FleetFigures, IndexFigures, InterruptFigures } from './fleet';
import type { LiveFigures } from './live';
import type { MemoryFigures } from './memory';
import type { TreeFigures } from './tree';

export interface EditorFigures {
  /** From asking for it to its end, the editor's own part with it. */
  readonly activationMs: Figures;
  /** Of that: loading the entry, and the call of `activate()`. */
  readonly loadMs: Figures;
  readonly activateMs: Figures;
  /** The same for an extension that does nothing, in turn with ours. */
  readonly emptyMs: Figures;
  /** Save of a values file until the CodeLens shows its result, in the extension host. */
  readonly saveToResult: Figures;
  readonly bundleKb: number;
  readonly packageMb: number;
}

export interface Report {
  readonly at: string;
  readonly machine: {
    readonly cores: number;
    readonly model: string;
    readonly memoryGb: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly renders: readonly RenderRow[];
  readonly coldStart: Figures;
  readonly fleets: readonly FleetReport[];
  readonly live: LiveFigures;
  readonly memory: MemoryFigures;
  readonly tree: TreeFigures;
  readonly editor: EditorFigures;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [row(head), row(rule), ...rows.map(row)].join('\n');
}

function renderTable(renders: readonly RenderRow[]): string {
  const head = ['input', 'objects', 'engine p50', 'engine p95', 'command', 'p50', 'ratio'];
  return table(
    head,
    renders.map((one) => [
      one.input,
      one.objects,
      `${one.engine.p50Ms} ms`,
      `${one.engine.p95Ms} ms`,
      `\`${one.peer}\``,
      `${one.command.p50Ms} ms`,
      `${one.ratio}×`,
    ]),
  );
}

function memoryTable({ rows }: MemoryFigures): string {
  return table(
    ['kind', 'one object', 'kept whole', 'names and versions'],
    rows.map(({ kind, objectKb, heapMb, namesMb }) => [
      kind,
      `${objectKb} KB`,
      `${heapMb} MB`,
      `${namesMb} MB`,
    ]),
  );
}

function treeTable({ steps }: TreeFigures): string {
  return table(
    ['step', 'rows', 'p50', 'p95', 'longest'],
    steps.map(({ step, drawn, ms }) => [
      step,
      drawn,
      `${ms.p50Ms} ms`,
      `${ms.p95Ms} ms`,
      `${ms.maxMs} ms`,
    ]),
  );
}

/** One repository, opened anew, once more from what was kept, and with a save in between. */
export interface FleetReport {
  readonly first: FleetFigures;
  readonly reopened: IndexFigures;
  readonly interrupted: InterruptFigures;
}

function fleetTable(fleets: readonly FleetReport[]): string {
  const head = [
    'fleet',
    'first index',
    'reopened',
    'save while indexing',
    'save of values p50',
    'p95',
    'of an overlay p50',
    'p95',
    'of a shared chart p50',
    'all validated',
    'host',
    'engines',
  ];
  return table(
    head,
    fleets.map(({ first, reopened, interrupted }) => [
      `${first.apps} apps, ${first.objects} objects`,
      `${first.indexMs} ms`,
      `${reopened.indexMs} ms`,
      `${interrupted.saveWhileIndexingMs} ms`,
      `${first.saveOneApp.p50Ms} ms`,
      `${first.saveOneApp.p95Ms} ms`,
      `${first.saveOverlay.p50Ms} ms`,
      `${first.saveOverlay.p95Ms} ms`,
      `${first.saveSharedChart.p50Ms} ms (${first.sharedBy} apps)`,
      `${first.validateAllMs} ms`,
      `${first.hostMb} MB`,
      `${first.enginesMb} MB`,
    ]),
  );
}

function blockTable(fleets: readonly FleetReport[]): string {
  const rows = fleets.flatMap(({ first, reopened }) =>
    [...first.blocks.slice(0, 3), ...reopened.blocks.slice(0, 2)].map(
      ({ during, wallMs, ownMs, culprits }) => [
        `${first.apps} apps, ${during}`,
        `${Math.round(wallMs)} ms`,
        `${Math.round(ownMs)} ms`,
        culprits.join(', '),
      ],
    ),
  );
  return table(['longest blocks of the host', 'wall', 'own work', 'most of it in'], rows);
}

function liveTable({ equal, dryRuns, remembered, kubectl, large }: LiveFigures): string {
  const own = (what: string, { figures }: LiveFigures['equal']): readonly string[] => [
    `Plumbline, ${what}`,
    `${figures.p50Ms} ms`,
    `${figures.p95Ms} ms`,
    '',
  ];
  return table(
    ['live diff', 'p50', 'p95', 'against ours'],
    [
      own('nothing differs', equal),
      own('every object needs a dry run', dryRuns),
      own('the same again, its dry runs remembered', remembered),
      ...kubectl.map(({ command, tookMs, ratio }) => [
        `\`${command}\``,
        `${tookMs} ms`,
        '',
        `${ratio}×`,
      ]),
      own(`${large.objects} objects, nothing differs`, large.equal),
      own(`${large.objects} objects, every tenth needs a dry run`, large.tenth),
    ],
  );
}

function editorTable(editor: EditorFigures): string {
  const rows: readonly (readonly [string, Figures])[] = [
    ['`activate()`', editor.activateMs],
    ['loading the entry before it', editor.loadMs],
    ["activation as it is waited for, the editor's part with it", editor.activationMs],
    ['the same of an extension that does nothing', editor.emptyMs],
    ['save → result', editor.saveToResult],
  ];
  return table(
    ['in the extension host', 'p50', 'p95', 'runs'],
    [
      ...rows.map(([name, { p50Ms, p95Ms, runs }]) => [name, `${p50Ms} ms`, `${p95Ms} ms`, runs]),
      ['entry bundle', `${editor.bundleKb} KB`, '', ''],
      ['package, linux-x64', `${editor.packageMb} MB`, '', ''],
    ],
  );
}

export function toMarkdown(report: Report): string {
  const { machine, coldStart } = report;
  const parts = [
    '# Benchmarks',
    'Written by `npm run bench`; the figures behind it are in `bench/results/latest.json`. Inputs are generated by `test/bench`, peers are the `helm` and `kustomize` commands of the lab, timed as whole processes in the same run.',
    `${report.at.slice(0, 10)}, ${machine.cores} cores (${machine.model}), ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}.`,
    '## Rendering: the resident engine against the command-line tools',
    renderTable(report.renders),
    `Engine cold start, from nothing running to the first rendered chart: p50 ${coldStart.p50Ms} ms, p95 ${coldStart.p95Ms} ms over ${coldStart.runs} runs.`,
    '## A repository of many apps',
    'Argo CD apps, half Helm on twelve shared charts, half Kustomize on twelve shared bases; index, render, validation and comparison with the target, without an editor, in a Node process that holds the built core and nothing else (its own 50 MB are taken off, the validation thread is in). *Reopened* is the same in a second process, which finds the renders of the first one on disk. *Save while indexing*: the open file is saved while hundreds of other apps wait, until its app has its new result. A block is a stretch in which the event loop did not turn; of it, own work is what this thread computed, the rest waited for a core. The machine samples itself meanwhile, which costs a few per cent.',
    fleetTable(report.fleets),
    blockTable(report.fleets),
  ];
  const { live } = report;
  parts.push(
    '## A cluster far away',
    `One Flux app of ${live.objects} objects on the lab's API server behind an added round trip of ${live.roundTripMs} ms; a second and later look, each with its lists anew (the first one, discovery included, took ${Math.round(live.firstOpenMs)} ms). Every object needing a dry run is the worst case: one field of each differs in Git.`,
    liveTable(live),
  );
  const { memory } = report;
  parts.push(
    '## What is followed of a cluster',
    `The heap that one followed collection of ${memory.objects.toLocaleString('en')} objects takes, once garbage is collected: objects as an API server writes them, with managed fields and the annotation of the last apply, and by names and versions alone, as Secrets, definitions and releases are followed.`,
    memoryTable(memory),
  );
  const { tree } = report;
  parts.push(
    '## The tree of clusters',
    `${tree.apps} apps with ${tree.objects} objects on four connected clusters, a tenth of the apps drifted: what the host computes in one go (time on a core) before the editor draws, and how many rows it then hands over.`,
    treeTable(tree),
  );
  parts.push('## In the editor', editorTable(report.editor));
  return `${parts.join('\n\n')}\n`;
}
