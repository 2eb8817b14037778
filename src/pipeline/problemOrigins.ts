import { createLimiter } from '../base/limiter';
import type { App } from '../model/app';
import type { OriginPlace } from '../model/origin';
import type { Problem } from '../model/problem';
import type { Core } from './core';
import { originsOf } from './fieldOrigins';
import { pathBelow } from './paths';

/** For the problems of one app; what is not placed by then stays at the line that makes its object. */
const BUDGET_MS = 8_000;

/**
 * Problems of rendered objects at the line that decides their field: of a values file, a patch, a
 * template. Those whose field nothing decides stay where they are.
 */
export async function placeAtOrigins(
  core: Core,
  app: App,
  problems: readonly Problem[],
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const asked = problems.filter((problem) => canStandElsewhere(problem, app));
  const placed = new Map<Problem, Problem>();
  let leftMs = BUDGET_MS;
  for (const problem of [...asked].sort(openFirst(core, app))) {
    if (leftMs <= 0) break;
    const place = await queue.run(
      async () => {
        const startedMs = core.deps.clock();
        const found = await placeFor(core, app, problem, signal);
        leftMs -= core.deps.clock() - startedMs;
        return found;
      },
      { signal },
    );
    if (place !== undefined) placed.set(problem, atPlace(problem, place));
  }
  return placed.size === 0 ? problems : problems.map((one) => placed.get(one) ?? one);
}

/** What stands in the file that is looked at goes before the rest. */
function openFirst({ activeFile }: Core, { source }: App): (a: Problem, b: Problem) => number {
  const open =
    source.kind === 'local' && activeFile !== undefined
      ? pathBelow(source.root, activeFile)
      : undefined;
  const rank = ({ location }: Problem): number => (location?.path === open ? 0 : 1);
  return (a, b) => rank(a) - rank(b);
}

/** The field of a plain file is its own; over what a kustomization reads, another one can have the say. */
function canStandElsewhere(problem: Problem, { source }: App): boolean {
  const { code, location, resource, pointer } = problem;
  if (resource === undefined || pointer === undefined || pointer === '') return false;
  if (location === undefined || isMissing(code)) return false;
  const isPlain = source.kind === 'local' && source.render.kind === 'directory';
  return location.column === undefined || !isPlain;
}

/** What is not there comes from nowhere. */
function isMissing(code: string): boolean {
  return code.startsWith('missing-');
}

/** One after the other, so that renders that somebody waits for go in between. */
const queue = createLimiter(1);

async function placeFor(
  core: Core,
  { key, source }: App,
  { resource = '', pointer = '' }: Problem,
  signal: AbortSignal,
): Promise<OriginPlace | undefined> {
  if (source?.kind !== 'local') return undefined;
  const { places } = await originsOf(core, { key, resource, pointer }, signal);
  // What is no file of the folder has no problems to show.
  return places.find(
    ({ root, line, document }) =>
      root === source.root && line !== undefined && document === undefined,
  );
}

function atPlace(problem: Problem, { path, line, column }: OriginPlace): Problem {
  const location = {
    path,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
  return { ...problem, location };
}
