import type { FetchAnswer, Fetcher, FetchFailure, FetchProgress, FetchWant } from '../model/fetch';
import {
  askableOf,
  fetchableOf,
  fetchKey,
  missingOf,
  movableOf,
  targetLacking,
} from '../model/missing';
import type { Renderer } from '../model/ports';
import { mannerOf, wholeRef } from '../model/remote';
import type { MissingReference, Snapshot } from '../model/render';
import type { ChartFailure, ChartsFetched } from '../model/workbench';
import type { Core } from './core';
import { forgetFetchedTrees } from './fetchedTrees';
import { workingRequest } from './renderRequests';

const DECLARATIONS = ['Chart.yaml', 'Chart.lock', 'requirements.yaml', 'requirements.lock'];

/** How often something came into the cache. A render that began before the last time may have missed them. */
const arrivals = new WeakMap<Core, number>();

export function chartArrivals(core: Core): number {
  return arrivals.get(core) ?? 0;
}

/** Whether a render is to be followed by a fetch that nobody asked for. Each reference gets one. */
export function fetchesByItself(core: Core, key: string): boolean {
  const state = core.store.app(key);
  if (state === undefined || !core.trusted || core.settings.fetchMode !== 'automatic') return false;
  const lacking = fetchableOf(state).map(fetchKey);
  const untried = lacking.filter((reference) => !core.triedCharts.has(reference));
  for (const reference of untried) core.triedCharts.add(reference);
  return untried.length > 0;
}

export interface FetchCall {
  readonly key: string;
  readonly signal: AbortSignal;
  /** Somebody asked: branches, ranges and files that were fetched are asked for anew, too. */
  readonly anew?: boolean;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** Fetches what the last render of an app lacked, or what it had may be by now. The app is to be rendered again after it. */
export async function fetchCharts(core: Core, call: FetchCall): Promise<ChartsFetched> {
  const refused = refusal(core);
  if (refused !== undefined) return { kind: 'refused', message: refused };
  const { fetcher, renderer, log } = core.deps;
  if (fetcher === undefined) return { kind: 'nothing' };
  const fetched = await fetchMissing({ fetcher, renderer }, lackingOf(core, call), call);
  if (fetched.kind !== 'fetched') return fetched;
  for (const { reference, message } of fetched.failures) {
    log.warn(`fetching for ${call.key}: ${reference}: ${message}`);
  }
  if (fetched.count > 0) {
    arrivals.set(core, chartArrivals(core) + 1);
    forgetFetchedTrees(core);
  }
  return fetched;
}

/** What a render of this snapshot lacked. */
export interface Lacking {
  readonly snapshot: Snapshot;
  readonly missing: readonly MissingReference[];
}

/** The working copy of an app, and the target that it is compared with. */
function lackingOf(core: Core, { key, anew }: FetchCall): readonly Lacking[] {
  const state = core.store.app(key);
  if (state === undefined) return [];
  const snapshot = workingRequest(core, state.app) ?? { root: state.app.definedIn?.root ?? '' };
  const target = targetLacking(state);
  const movable = anew === true ? movableOf(state) : [];
  const working = { snapshot, missing: [...missingOf(state), ...movable] };
  if (target === undefined) return [working];
  const { root } = snapshot;
  return [working, { snapshot: { root, revision: target.revision }, missing: target.missing }];
}

export interface FetchParts {
  readonly fetcher: Fetcher;
  readonly renderer: Pick<Renderer, 'read'>;
}

/** Fetches what can be had of what renders lacked. */
export async function fetchMissing(
  { fetcher, renderer }: FetchParts,
  lacking: readonly Lacking[],
  { signal, onProgress }: Pick<FetchCall, 'signal' | 'onProgress'>,
): Promise<ChartsFetched> {
  const each = lacking.map((one) => wishesOf(renderer, one, signal));
  const wishes = distinct((await Promise.all(each)).flat());
  if (wishes.length === 0) return { kind: 'nothing' };
  const wants = wishes.map(({ want }) => want);
  const answers = await fetcher.fetch(wants, signal, onProgress);
  return {
    kind: 'fetched',
    count: answers.reduce((total, answer) => total + countOf(answer), 0),
    failures: answers.flatMap((answer, index) => failuresOf(answer, wishes[index])),
    lockOutOfSync: answers.some((answer) => answer.lockOutOfSync),
  };
}

function countOf({ charts, repositories = [], files = [] }: FetchAnswer): number {
  return charts.length + repositories.length + files.length;
}

/** Both sides mostly lack the same, and several folders of one repository come at once. */
function distinct(wishes: readonly Wish[]): readonly Wish[] {
  const byWant = new Map<string, Wish>();
  for (const { want, references } of wishes) {
    const text = JSON.stringify(want);
    const others = byWant.get(text)?.references ?? [];
    byWant.set(text, { want, references: [...new Set([...others, ...references])] });
  }
  return [...byWant.values()];
}

/** Apps whose last render lacked or took one of these as well (`fetchKey`). */
export function appsAsking(core: Core, keys: ReadonlySet<string>): readonly string[] {
  return core.store
    .state()
    .apps.filter((state) => askableOf(state).some((missing) => keys.has(fetchKey(missing))))
    .map(({ app }) => app.key);
}

function refusal(core: Core): string | undefined {
  if (!core.trusted) return 'Nothing is fetched for a workspace that is not trusted.';
  if (core.settings.fetchMode === 'never' || !core.settings.fetchAllowed) {
    return 'Fetching is switched off in the settings (plumbline.fetch: never).';
  }
  return undefined;
}

/** One wish to the fetcher, with the references that asked for it. */
interface Wish {
  readonly want: FetchWant;
  readonly references: readonly string[];
}

async function wishesOf(
  renderer: FetchParts['renderer'],
  { snapshot, missing }: Lacking,
  signal: AbortSignal,
): Promise<readonly Wish[]> {
  const single = missing.flatMap((one): readonly Wish[] => {
    const want = wantOf(one);
    return want === undefined ? [] : [{ want, references: [one.reference] }];
  });
  const declaring = missing.flatMap(({ dependency, path }) => (dependency === true ? [path] : []));
  const dependencies = [...new Set(declaring)].map(async (path): Promise<Wish> => {
    const files = await declarations(renderer, snapshot, path, signal);
    const references = missing.filter((one) => one.path === path && one.dependency === true);
    return {
      want: { kind: 'dependencies', files },
      references: references.map(({ reference }) => reference),
    };
  });
  return [...single, ...(await Promise.all(dependencies))];
}

function wantOf({ chart, git, url }: MissingReference): FetchWant | undefined {
  if (chart !== undefined) return { ...chart, kind: 'chart' };
  if (git !== undefined) {
    const { url, submodules, abbreviated } = git;
    return { kind: 'git', url, ref: wholeRef(git), ...mannerOf({ submodules, abbreviated }) };
  }
  return url === undefined ? undefined : { kind: 'file', url };
}

function failuresOf({ failures }: FetchAnswer, wish: Wish | undefined): readonly ChartFailure[] {
  return failures.map((failure) => ({ ...failure, reference: referenceOf(failure, wish) }));
}

/** A failed dependency is told by its name, with which its reference begins. */
function referenceOf({ name }: FetchFailure, wish: Wish | undefined): string {
  const { references = [] } = wish ?? {};
  const named = references.find((reference) => reference.split(' ')[0] === name);
  return named ?? name ?? references.join(', ');
}

/** The texts beside a Chart.yaml that say what it depends on, unsaved ones included. */
async function declarations(
  renderer: FetchParts['renderer'],
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
    const found = await renderer.read(snapshot, `${folder}${name}`, signal);
    return found !== undefined && 'text' in found ? [[name, found.text]] : [];
  });
  return Object.fromEntries((await Promise.all(texts)).flat());
}
