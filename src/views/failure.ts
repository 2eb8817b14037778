import { COLORS } from '../host/ids';
import type { Opening } from '../host/open';
import type { AppState } from '../model/appState';
import type { Problem } from '../model/problem';
import type { Row } from './row';
import { tooltipLines } from './row';
import { sentence, shorten } from './words';

const LONGEST_SENTENCE = 200;

/** Why the working copy of an app cannot be rendered, and where. */
export interface Failure {
  /** One sentence. */
  readonly sentence: string;
  /** Absent where nobody knows the place. */
  readonly open?: Opening;
}

/** `undefined` for an app that renders. */
export function failureOf({ app, working }: AppState): Failure | undefined {
  if (working.kind !== 'invalid') return undefined;
  const { problems } = working;
  const problem = problems.find(({ severity }) => severity === 'error') ?? problems[0];
  const text = shorten(problem?.message ?? 'The renderer gave no reason.', LONGEST_SENTENCE);
  const open = app.source.kind === 'local' ? openingOf(problem, app.source.root) : undefined;
  return { sentence: text, ...(open && { open }) };
}

function openingOf(problem: Problem | undefined, root: string): Opening | undefined {
  const { path, line } = problem?.location ?? {};
  if (path === undefined) return undefined;
  return { kind: 'file', root, path, ...(line !== undefined && { line }) };
}

/** The failure as a row that goes to its line. */
export function failureRow(state: AppState, parentId: string): Row | undefined {
  const failure = failureOf(state);
  if (failure === undefined) return undefined;
  const label = 'Cannot be rendered';
  return {
    id: `${parentId}/failure`,
    label,
    description: failure.sentence,
    icon: ERROR_ICON,
    spoken: sentence(label, failure.sentence),
    tooltip: () => tooltipLines(label, [failure.sentence, placeWords(failure)]),
    collapsible: 'none',
    abilities: [],
    mark: { badge: '!', color: COLORS.missing, tooltip: 'Cannot be rendered' },
    ...(failure.open && { open: failure.open }),
  };
}

export const ERROR_ICON = { id: 'error', color: 'list.errorForeground' } as const;

function placeWords({ open }: Failure): string | undefined {
  if (open?.kind !== 'file') return undefined;
  return open.line === undefined ? open.path : `${open.path}:${open.line}`;
}

/** Why nothing is rendered where nothing went wrong: its source is of no kind that can be, or not here. */
export function unrenderedWords({ app }: AppState): string | undefined {
  switch (app.source.kind) {
    case 'local':
      return undefined;
    case 'elsewhere':
      return 'source in no open folder';
    case 'unsupported':
      return shorten(app.source.reason, 80);
  }
}
