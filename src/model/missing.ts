import type { App } from './app';
import type { AppState, TargetLacking } from './appState';
import type { Problem, SourceLocation } from './problem';
import { wholeRef } from './remote';
import type { GitReference } from './remote';
import { provenanceOf } from './provenance';
import { singleSources } from './render';
import type { MissingReference } from './render';

/** What the last render of the app could not have: it is not in the repository, and not fetched. */
export function missingOf({ app, working }: AppState): readonly MissingReference[] {
  const elsewhere = missingSource(app);
  if (elsewhere !== undefined) return [elsewhere];
  switch (working.kind) {
    case 'rendered':
      return working.desired.missing;
    case 'invalid':
      return working.missing ?? [];
    case 'discovered':
    case 'rendering':
    case 'unavailable':
      return [];
  }
}

/** The repository of an app that is in no open folder. */
function missingSource({ source, definedIn }: App): MissingReference | undefined {
  if (source.kind !== 'elsewhere' || source.git === undefined) return undefined;
  const { path = '', line } = definedIn ?? {};
  const at = { path, ...(line === undefined ? {} : { line }) };
  return missingRepository({ ...source.git, path: source.path }, at);
}

/** A folder of a repository, named as Kustomize writes it. */
export function missingRepository(git: GitReference, at: SourceLocation): MissingReference {
  const folder = git.path === undefined || git.path === '' ? '' : `//${git.path}`;
  const reference = `${git.url}${folder}${git.ref === '' ? '' : `?ref=${git.ref}`}`;
  const { path, line } = at;
  return { kind: 'base', reference, path, ...(line === undefined ? {} : { line }), git };
}

/** What a fetch may get of what the working copy or the target lacks. */
export function fetchableOf(state: AppState): readonly MissingReference[] {
  return [...missingOf(state), ...(targetLacking(state)?.missing ?? [])].filter(isFetchable);
}

const EXACT = /^(v?\d+\.\d+\.\d+([-+].*)?|sha256:.*|[0-9a-f]{40})$/;

/**
 * What was fetched and may be something else by now: the commit of a branch, the newest version in a
 * range, a file of a server. Dependencies of charts follow their own lock.
 */
export function movableOf(state: AppState): readonly MissingReference[] {
  const { app } = state;
  const path = app.definedIn?.path ?? '';
  const charts = app.source.kind === 'local' ? singleSources(app.source.render) : [];
  return [
    ...charts.flatMap((source): readonly MissingReference[] => {
      const chart = source.kind === 'helm' ? source.chart : undefined;
      if (chart === undefined || EXACT.test(chart.digest ?? chart.version)) return [];
      const reference = `${chart.name} ${chart.version} ${chart.repository}`;
      return [{ kind: 'chart', reference, path, chart }];
    }),
    ...provenanceOf(state).flatMap(({ kind, name, version = '', fetchedAt, git }) => {
      if (kind === 'chart' || fetchedAt === undefined || EXACT.test(version)) return [];
      if (kind === 'file') return [{ kind, reference: name, path, url: name } as const];
      return git === undefined ? [] : [missingRepository(git, { path })];
    }),
  ];
}

/** What the target, which the working copy is compared with, could not be rendered with. */
export function targetLacking({ local }: AppState): TargetLacking | undefined {
  return local.kind === 'unavailable' ? local.lacking : undefined;
}

/** Everything that a fetch by hand asks for. */
export function askableOf(state: AppState): readonly MissingReference[] {
  return [...fetchableOf(state), ...movableOf(state)];
}

/** Whether a fetch may get it: a chart, a repository, a file of a server. */
export function isFetchable({ chart, dependency, git, url }: MissingReference): boolean {
  return [chart, git, url].some((one) => one !== undefined) || dependency === true;
}

type Named = Pick<MissingReference, 'git' | 'url' | 'reference'>;

/** Equal for what one fetch gets: folders of one repository at one ref come together. */
export function fetchKey({ git, url, reference }: Named): string {
  if (git === undefined) return url ?? reference;
  const more = git.submodules === true ? '&submodules' : '';
  return `${git.url}?ref=${wholeRef(git)}${more}`;
}

/** The fewest of these apps that together lack what all of them lack, or `of` them names. */
export function coverReferences(
  states: readonly AppState[],
  of: (state: AppState) => readonly MissingReference[] = fetchableOf,
): readonly AppState[] {
  const covered = new Set<string>();
  return states.filter((state) => {
    const references = of(state).map(fetchKey);
    const isNew = references.some((reference) => !covered.has(reference));
    for (const reference of references) covered.add(reference);
    return isNew;
  });
}

/** Codes of problems that a fetch may mend: those of the engine, and ours. */
export const FETCHABLE_PROBLEMS: readonly string[] = [
  'chart-not-fetched',
  'helm-dependency-missing',
  'base-not-fetched',
  'file-not-fetched',
  'source-not-fetched',
];

const LEFT_OUT: Readonly<Record<MissingReference['kind'], readonly [code: string, what: string]>> =
  {
    chart: ['chart-not-fetched', 'is not fetched'],
    base: ['base-not-fetched', 'is remote and is not fetched'],
    file: ['file-not-fetched', 'is remote and is not fetched'],
    generator: ['generator-not-run', 'is a program and is not run'],
  };

/** A chart of a registry is in no file but the one that defines the app. */
function placeOf({ app: { definedIn } }: AppState, written: SourceLocation): SourceLocation {
  if (written.path !== '' || definedIn === undefined) return written;
  const { path, line } = definedIn;
  return { path, ...(line === undefined ? {} : { line }) };
}

/** Many repositories define apps of others on purpose: that is no fault of theirs. */
function notAtHand({ reference, path, line }: MissingReference): Problem {
  return {
    severity: 'info',
    code: 'source-not-fetched',
    message: `The source ${reference} is in no open folder and not fetched: the app is not rendered.`,
    location: { path, ...(line === undefined ? {} : { line }) },
  };
}

/** What a render had to leave out. Where nothing could be rendered, its own problems say why. */
export function leftOut(state: AppState): readonly Problem[] {
  const source = missingSource(state.app);
  if (source !== undefined) return [notAtHand(source)];
  if (state.working.kind !== 'rendered') return [];
  return missingOf(state).map(({ kind, reference, path, line }) => {
    const [code, what] = LEFT_OUT[kind];
    return {
      severity: 'warning',
      code,
      message: `The ${kind} ${reference} ${what}: the result lacks what it makes.`,
      location: placeOf(state, { path, ...(line === undefined ? {} : { line }) }),
    };
  });
}
