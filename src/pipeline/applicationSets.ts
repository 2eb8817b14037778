import type { ApplicationSetResult, GeneratedApplication } from '../model/applicationSet';
import type { ParsedFile } from '../model/render';
import { affected } from '../repo/affected';
import type { PathChange } from '../repo/affected';
import type { DefinedSet, Expansion } from '../repo/applicationSets';
import { createLocator } from '../yaml/locate';
import { withGenerated } from './argoGenerate';
import type { Core, RootEntry } from './core';
import type { HeldSet } from './heldSet';
import { assumedOf, basisOf, expandSet } from './setExpansion';
import { sameData } from './share';

export interface SetsInput {
  readonly sets: readonly DefinedSet[];
  /** The parsed files that hold them. */
  readonly files: ReadonlyMap<string, ParsedFile>;
  /** The commit that they were read from; absent for the working copy. */
  readonly commit?: string;
  /** How the working copy differs from that commit. */
  readonly edits?: readonly PathChange[];
}

/** Expands the sets of a root, as far as what was known of them does not hold any longer. */
export async function expandSets(
  core: Core,
  entry: RootEntry,
  input: SetsInput,
): Promise<ReadonlyMap<string, Expansion>> {
  const before = input.commit === undefined ? entry.sets : entry.targetSets;
  const held = new Map<string, HeldSet>();
  await Promise.all(
    input.sets.map(async (set) => {
      held.set(set.key, await heldSet(core, { entry, set, input, known: before.get(set.key) }));
    }),
  );
  if (input.commit === undefined) entry.sets = held;
  else entry.targetSets = held;
  return new Map([...held].map(([key, { expansion }]) => [key, expansion]));
}

interface SetRequest {
  readonly entry: RootEntry;
  readonly set: DefinedSet;
  readonly input: SetsInput;
  readonly known: HeldSet | undefined;
}

async function heldSet(core: Core, request: SetRequest): Promise<HeldSet> {
  const { entry, set, input, known } = request;
  const same = unedited(request);
  if (same !== undefined) return same;
  if (known !== undefined && holds(core, entry, { known, set, commit: input.commit })) return known;
  const answer = await expandSet(core, { entry, set, commit: input.commit });
  const { basis, assumes, failed } = answer;
  const result = withGenerated(answer.result, basis.generated);
  const before = known?.good ?? [];
  const expansion = expansionOf(result, before, await linesOf(core, request, result));
  return {
    basis,
    result,
    expansion: assumes ? { ...expansion, assumedRepository: assumedOf(basis) } : expansion,
    good: isWhole(result) ? result.applications : before,
    assumes,
    set,
    asksServer: answer.result.needsServer.length > 0,
    stale: failed,
  };
}

/** At the target, a set that reads nothing else makes what it makes here, random values included. */
function unedited({ entry, set, input }: SetRequest): HeldSet | undefined {
  const here = entry.sets.get(set.key);
  if (input.edits === undefined || here === undefined) return undefined;
  const isSame = sameData(here.basis.object, set.object) && !differs(here, entry.root, input.edits);
  return isSame ? here : undefined;
}

function isWhole({ blocked, needsServer }: ApplicationSetResult): boolean {
  return !blocked && needsServer.length === 0;
}

/** Whether everything but the files is as it was; the files are told of by `touchSets`. */
function holds(
  core: Core,
  entry: RootEntry,
  { known, set, commit }: { known: HeldSet; set: DefinedSet; commit: string | undefined },
): boolean {
  if (known.stale) return false;
  const { asked } = known.basis;
  return sameData(
    known.basis,
    basisOf(core, { entry, set, commit, asked, assumes: known.assumes }),
  );
}

/** What the set made when it was whole stays as long as nobody can say that it is gone. */
function expansionOf(
  result: ApplicationSetResult,
  before: readonly GeneratedApplication[],
  lines: ReadonlyMap<string, number>,
): Expansion {
  const { needsServer, problems, blocked, random } = result;
  const now = blocked ? [] : result.applications;
  const present = new Set(now.map(nameOf));
  const kept = isWhole(result) ? [] : before.filter((one) => !present.has(nameOf(one)));
  return {
    applications: [...now, ...kept.map((one) => ({ ...one, stale: true }))],
    needsServer,
    problems,
    blocked,
    random: random === true,
    lines,
  };
}

function nameOf({ object }: GeneratedApplication): string {
  return object.metadata.name ?? '';
}

async function linesOf(
  core: Core,
  { entry, set, input }: SetRequest,
  result: ApplicationSetResult,
): Promise<ReadonlyMap<string, number>> {
  const pointers = [...result.applications, ...result.needsServer, ...result.problems].flatMap(
    ({ pointer }) => pointer ?? [],
  );
  const { path, line, object } = set.manifest;
  const documents = input.files.get(path)?.documents ?? [];
  const index = documents.findIndex((one) => one.line === line);
  // In a list, the pointers are not those of the document.
  if (pointers.length === 0 || documents[index]?.value !== object) return new Map();
  const text = await textOfSet(core, entry, { path, commit: input.commit });
  if (text === undefined) return new Map();
  const locator = createLocator(text);
  return new Map(
    [...new Set(pointers)].flatMap((pointer) => {
      const range = locator.locate(index, pointer);
      return range === undefined ? [] : [[pointer, range.line] as const];
    }),
  );
}

async function textOfSet(
  core: Core,
  { root, overlay }: RootEntry,
  { path, commit }: { readonly path: string; readonly commit: string | undefined },
): Promise<string | undefined> {
  const snapshot = commit === undefined ? { root, overlay } : { root, revision: commit };
  const read = await core.deps.renderer.read(snapshot, path, core.lifetime.signal);
  return read !== undefined && 'text' in read ? read.text : undefined;
}

/** Marks the sets of all roots that asked for what was edited below one of them. */
export function touchSets(core: Core, root: string, changes: readonly PathChange[]): void {
  for (const entry of core.roots.values()) {
    const own = entry.root === root;
    for (const held of entry.sets.values()) {
      if (isTouched(held, { root, changes, definedIn: own ? held.set.manifest.path : undefined })) {
        held.stale = true;
      }
    }
    for (const held of entry.targetSets.values()) {
      if (isTouched(held, { root, changes, definedIn: undefined })) held.stale = true;
    }
  }
}

interface Touch {
  readonly root: string;
  readonly changes: readonly PathChange[];
  readonly definedIn: string | undefined;
}

/** Whether a set reads what changed in the working tree of a root. */
function isTouched(held: HeldSet, { root, changes, definedIn }: Touch): boolean {
  const inputs = held.result.inputs
    .filter((one) => one.root === root && one.revision === undefined)
    .flatMap((one) => one.inputs);
  const query = {
    key: '',
    sourcePath: '',
    inputs,
    ...(definedIn === undefined ? {} : { definedIn }),
  };
  return affected(changes, [query]).size > 0;
}

/** Whether the sets can make other apps at a commit from which the working copy differs so. */
export function setsDiffer({ root, sets }: RootEntry, edits: readonly PathChange[]): boolean {
  return [...sets.values()].some((held) => differs(held, root, edits));
}

/** What another root has is compared with a commit of its own. */
function differs(held: HeldSet, root: string, edits: readonly PathChange[]): boolean {
  const { basis, set } = held;
  return (
    basis.answered.some((text) => text !== null && text.root !== root) ||
    isTouched(held, { root, changes: edits, definedIn: set.manifest.path })
  );
}

/** Whether a set has to be expanded again: a file, a revision, a folder or a cluster has moved. */
export function hasOutdatedSets(core: Core, entry: RootEntry): boolean {
  return [...entry.sets.values(), ...entry.targetSets.values()].some((held) => {
    if (held.stale) return true;
    const { set, assumes } = held;
    const { asked, commit } = held.basis;
    return !sameData(held.basis, basisOf(core, { entry, set, commit, asked, assumes }));
  });
}

/**
 * Takes what the sets make at the target for sets that are broken since the folder was opened: Argo
 * CD leaves these Applications as they are. True when there was something to take.
 */
export function adoptTargetSets(entry: RootEntry): boolean {
  const adopted = [...entry.sets].map(([key, held]): readonly [string, HeldSet] => {
    const target = entry.targetSets.get(key);
    const lacks = !isWhole(held.result) && held.good.length === 0;
    if (!lacks || target === undefined || target.good.length === 0) return [key, held];
    const { assumedRepository, lines } = held.expansion;
    const expansion = {
      ...expansionOf(held.result, target.good, lines),
      ...(assumedRepository === undefined ? {} : { assumedRepository }),
    };
    return [key, { ...held, good: target.good, expansion }];
  });
  const moved = adopted.some(([key, held]) => entry.sets.get(key) !== held);
  if (moved) entry.sets = new Map(adopted);
  return moved;
}
