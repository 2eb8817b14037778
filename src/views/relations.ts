import type { App } from '../model/app';
import { appLabel } from '../model/app';
import type { AppGraph } from '../model/appGraph';
import type { Row } from './row';
import { plural, present, sentence, when } from './words';

const MOST_NAMES = 5;

/** How an app hangs together with others, in the lines of its tooltip. */
export function relationLines(app: App, graph: AppGraph): readonly (string | undefined)[] {
  const below = graph.below(app);
  const waitsFor = graph.waitsFor(app);
  const waiting = graph.waitedForBy(app);
  return [
    renderedWords(app),
    when(below.length > 0, `Renders ${plural(below.length, 'app')}: ${some(below.map(appLabel))}`),
    when(waitsFor.length > 0, `Waits for ${some(waitsFor.map(({ label }) => label))}`),
    when(waiting.length > 0, `Waited for by ${some(waiting.map(appLabel))}`),
  ];
}

/** A definition that is not as its file has it is said to be so: an edit there can do less than hoped. */
export function renderedWords({ renderedBy }: App): string | undefined {
  if (renderedBy === undefined) return undefined;
  const as = renderedBy.changed ? ', and shown as it comes out there' : '';
  return `In ${renderedBy.kind} ${appLabel(renderedBy)}${as}`;
}

function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

export function hasRelations(app: App, graph: AppGraph): boolean {
  return (
    graph.below(app).length > 0 ||
    graph.waitsFor(app).length > 0 ||
    graph.waitedForBy(app).length > 0
  );
}

/** The same as rows below an app: each app opens where it is defined. */
export function relationRows(app: App, graph: AppGraph, parentId: string): readonly Row[] {
  const waitsFor = graph.waitsFor(app);
  return present([
    group({ id: `${parentId}/waits-for`, label: 'Waits for', icon: 'watch', entries: waitsFor }),
    group({
      id: `${parentId}/waited-for-by`,
      label: 'Waited for by',
      icon: 'watch',
      entries: graph.waitedForBy(app).map(entryOf),
    }),
    group({
      id: `${parentId}/renders`,
      label: 'Renders',
      icon: 'type-hierarchy-sub',
      entries: graph.below(app).map(entryOf),
    }),
  ]);
}

interface Entry {
  readonly label: string;
  readonly app?: App;
}

function entryOf(app: App): Entry {
  return { label: appLabel(app), app };
}

interface Group {
  readonly id: string;
  readonly label: string;
  readonly icon: string;
  readonly entries: readonly Entry[];
}

function group({ id, label, icon, entries }: Group): Row | undefined {
  if (entries.length === 0) return undefined;
  const description = plural(entries.length, 'app');
  return {
    id,
    label,
    description,
    icon: { id: icon },
    spoken: sentence(label, description),
    last: true,
    collapsible: 'collapsed',
    children: () => entries.map((entry) => entryRow(entry, id)),
    abilities: [],
  };
}

function entryRow({ label, app }: Entry, parentId: string): Row {
  const id = `${parentId}/${app?.key ?? label}`;
  if (app !== undefined) return knownRow(app, id);
  const description = 'in no open folder';
  return {
    id,
    label,
    description,
    icon: { id: 'question' },
    spoken: sentence(label, description),
    collapsible: 'none',
    abilities: [],
  };
}

function knownRow(app: App, id: string): Row {
  const { key, definedIn } = app;
  const label = appLabel(app);
  return {
    id,
    label,
    ...(definedIn && { description: definedIn.path }),
    icon: { id: 'rocket' },
    spoken: sentence(label, definedIn?.path),
    collapsible: 'none',
    abilities: ['canOpenSource'],
    target: { kind: 'app', appKey: key },
    ...(definedIn && { open: { kind: 'file', ...definedIn } as const }),
  };
}
