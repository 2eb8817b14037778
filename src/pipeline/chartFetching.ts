import type { FetchWant } from '../model/fetch';
import type { MissingReference, Snapshot } from '../model/render';
import type { AppState } from '../model/appState';
import type { ChartsFetched } from '../model/workbench';
import type { Core } from './core';
import { workingRequest } from './renderRequests';

const DECLARATIONS = ['Chart.yaml', 'Chart.lock', 'requirements.yaml', 'requirements.lock'];

/** What the last render of the app could not have, that a registry may have. */
export function missingCharts(state: AppState): readonly MissingReference[] {
  const { working } = state;
  const missing =
    working.kind === 'rendered'
      ? working.desired.missing
      : working.kind === 'invalid'
        ? (working.missing ?? [])
        : [];
  return missing.filter(({ chart, dependency }) => chart !== undefined || dependency === true);
}

/** Whether a render is to be followed by a fetch that nobody asked for. Each reference gets one. */
export function fetchesByItself(core: Core, key: string): boolean {
  const state = core.store.app(key);
  if (state === undefined || !core.trusted || core.settings.fetchMode !== 'automatic') return false;
  const lacking = missingCharts(state).map(({ reference }) => reference);
  const untried = lacking.filter((reference) => !core.triedCharts.has(reference));
  for (const reference of untried) core.triedCharts.add(reference);
  return untried.length > 0;
}

/** Fetches what the last render of an app lacked. The app is to be rendered again after it. */
export async function fetchCharts(
  core: Core,
  key: string,
  signal: AbortSignal,
): Promise<ChartsFetched> {
  const refused = refusal(core);
  if (refused !== undefined) return { kind: 'refused', message: refused };
  const state = core.store.app(key);
  const request = state === undefined ? undefined : workingRequest(core, state.app);
  const { fetcher } = core.deps;
  if (state === undefined || request === undefined || fetcher === undefined) {
    return { kind: 'nothing' };
  }
  const wants = await wantsOf(core, request, missingCharts(state), signal);
  if (wants.length === 0) return { kind: 'nothing' };
  const answers = await fetcher.fetch(wants, signal);
  const failures = answers.flatMap((answer) => answer.failures);
  for (const { message } of failures) core.deps.log.warn(`charts of ${key}: ${message}`);
  return {
    kind: 'fetched',
    count: answers.reduce((total, { charts }) => total + charts.length, 0),
    failures,
    lockOutOfSync: answers.some((answer) => answer.lockOutOfSync),
  };
}

function refusal(core: Core): string | undefined {
  if (!core.trusted) return 'Nothing is fetched for a workspace that is not trusted.';
  if (core.settings.fetchMode === 'never' || !core.settings.fetchAllowed) {
    return 'Fetching is switched off in the settings.';
  }
  return undefined;
}

async function wantsOf(
  core: Core,
  snapshot: Snapshot,
  missing: readonly MissingReference[],
  signal: AbortSignal,
): Promise<readonly FetchWant[]> {
  const charts = missing.flatMap(({ chart }): readonly FetchWant[] =>
    chart === undefined ? [] : [{ ...chart, kind: 'chart' }],
  );
  const declaring = missing.flatMap(({ dependency, path }) => (dependency === true ? [path] : []));
  const dependencies = [...new Set(declaring)].map(async (path): Promise<FetchWant> => {
    const files = await declarations(core, snapshot, path, signal);
    return { kind: 'dependencies', files };
  });
  return [...charts, ...(await Promise.all(dependencies))];
}

/** The texts beside a Chart.yaml that say what it depends on, unsaved ones included. */
async function declarations(
  core: Core,
  { root, revision, overlay }: Snapshot,
  chartFile: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const snapshot = {
    root,
    ...(revision === undefined ? {} : { revision }),
    ...(overlay === undefined ? {} : { overlay }),
  };
  const folder = chartFile.slice(0, chartFile.lastIndexOf('/') + 1);
  const texts = DECLARATIONS.map(async (name): Promise<readonly (readonly [string, string])[]> => {
    const found = await core.deps.renderer.read(snapshot, `${folder}${name}`, signal);
    return found !== undefined && 'text' in found ? [[name, found.text]] : [];
  });
  return Object.fromEntries((await Promise.all(texts)).flat());
}
