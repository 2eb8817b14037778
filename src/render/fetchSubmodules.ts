import type { FetchAnswer, FetchedSubmodule } from '../model/fetch';
import { failed } from './fetchFailure';

/** As deep as the engine reads them, and as many. */
const MAX_DEPTH = 8;
const MAX_SUBMODULES = 400;

export interface SubmoduleCall {
  readonly url: string;
  readonly answer: FetchAnswer;
  /** Fetches one, and tells what submodules it has itself. */
  readonly fetch: (url: string, commit: string) => Promise<FetchAnswer>;
}

interface Wanted extends FetchedSubmodule {
  readonly parent: string;
  readonly depth: number;
}

/**
 * Gets the submodules of a commit, each as a commit of its own: git never sees `.gitmodules`, whose
 * names and settings count for nothing. The first one that cannot be had is the answer, as the tools
 * that update submodules fail with it.
 */
export async function fetchSubmodules({ url, answer, fetch }: SubmoduleCall): Promise<FetchAnswer> {
  const waiting = submodulesOf(answer, { url, path: '', depth: 0 });
  const seen = new Set<string>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { path, url: address, commit, depth } = next;
    const key = `${address}\n${commit}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const refused = refusal(next, seen.size);
    if (refused !== undefined)
      return failed('refused', `The submodule ${path} of ${url} ${refused}`);
    const got = await fetch(address, commit);
    const [failure] = got.failures;
    if (failure !== undefined) {
      return failed(failure.kind, `The submodule ${path} of ${url}: ${failure.message}`);
    }
    waiting.push(...submodulesOf(got, { url: address, path, depth }));
  }
  return answer;
}

interface Parent {
  readonly url: string;
  readonly path: string;
  readonly depth: number;
}

function submodulesOf({ repositories = [] }: FetchAnswer, parent: Parent): Wanted[] {
  return repositories.flatMap(({ submodules = [] }) =>
    submodules.map((one) => ({
      ...one,
      path: parent.path === '' ? one.path : `${parent.path}/${one.path}`,
      parent: parent.url,
      depth: parent.depth + 1,
    })),
  );
}

function refusal({ url, parent, depth }: Wanted, count: number): string | undefined {
  if (depth > MAX_DEPTH || count > MAX_SUBMODULES) {
    return 'is one of too many, or too deep within others.';
  }
  if (isOwn(url) && !isOwn(parent)) {
    return `leads to ${JSON.stringify(url)}, which may not be read from there.`;
  }
  return undefined;
}

const OWN_HOST =
  /^(?:[a-z+]+:\/\/)?(?:[^/@]*@)?(?:localhost|[^/:]*\.localhost|127(?:\.\d+){0,3}|0(?:\.0){0,3}|\[::1?\]|\[::ffff:[^\]]*\])(?=[:/]|$)/i;

/** An address of this machine, which what another server says leads nobody to. */
function isOwn(url: string): boolean {
  return OWN_HOST.test(url);
}
