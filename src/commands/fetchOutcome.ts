import type { FetchFailureKind, FetchProgress } from '../model/fetch';
import type { ChartFailure, ChartsFetched } from '../model/workbench';
import { plural, present, when } from '../views/words';

/** A notification that is longer is not read. */
const MOST_FAILURES = 3;
const KILOBYTE = 1024;

export interface FetchOutcome {
  readonly kind: 'done' | 'failed';
  readonly message: string;
  /** Every failure, for the log. */
  readonly detail?: string;
}

/** What became of what one app or several lacked, in the user's words. */
export function fetchOutcome(results: readonly ChartsFetched[], label: string): FetchOutcome {
  const refused = results.find((one) => one.kind === 'refused');
  if (refused !== undefined) return { kind: 'failed', message: refused.message };
  const fetched = results.filter((one) => one.kind === 'fetched');
  if (fetched.length === 0) return { kind: 'done', message: `${label} lacks nothing any more.` };
  const count = fetched.reduce((total, one) => total + one.count, 0);
  const told = [
    when(count > 0, `${plural(count, 'source')} of ${label} fetched.`),
    when(
      fetched.some(({ lockOutOfSync }) => lockOutOfSync),
      'A Chart.lock does not belong to its Chart.yaml and was not followed; helm dependency build refuses it.',
    ),
  ];
  const failures = fetched.flatMap((one) => one.failures);
  if (failures.length === 0) return { kind: 'done', message: present(told).join(' ') };
  return {
    kind: 'failed',
    message: present([...told, ...failureLines(failures)]).join(' '),
    detail: failures.map(failureWords).join('\n'),
  };
}

const KIND_WORDS: Readonly<Record<FetchFailureKind, string>> = {
  offline: 'not reached',
  timedOut: 'too slow',
  unauthorized:
    'login needed (helm registry login, docker login or helm repo add; for Git its own credentials)',
  notFound: 'not found',
  versionNotFound: 'no such version',
  tooLarge: 'too large',
  refused: 'refused',
};

function failureWords({ reference, kind, message }: ChartFailure): string {
  return `${reference}: ${KIND_WORDS[kind]}. ${message}`;
}

function failureLines(failures: readonly ChartFailure[]): readonly string[] {
  const lines = [...new Set(failures.map(failureWords))];
  const more = lines.length - MOST_FAILURES;
  return present([
    ...lines.slice(0, MOST_FAILURES),
    when(more > 0, `${plural(more, 'more source')} could not be had.`),
  ]);
}

const STAGE_WORDS: Readonly<Record<FetchProgress['stage'], string>> = {
  index: 'reading the list of charts',
  versions: 'reading versions',
  chart: 'downloading',
  file: 'downloading',
  repository: 'fetching the repository',
};

/** `downloading, 312 KB`. */
export function progressWords({ stage, bytes }: FetchProgress): string {
  const size = Math.round(bytes / KILOBYTE);
  return size === 0 ? STAGE_WORDS[stage] : `${STAGE_WORDS[stage]}, ${size} KB`;
}
