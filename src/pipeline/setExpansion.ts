import { isCancellation, messageOf } from '../base/userError';
import type { ApplicationSetRepository, ApplicationSetResult } from '../model/applicationSet';
import type { Snapshot } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { DefinedSet } from '../repo/applicationSets';
import type { Core, RootEntry } from './core';
import type { AskedRepository, SetBasis } from './heldSet';
import {
  clustersFor,
  generatedFor,
  globbingFor,
  isNameless,
  textOf,
  writtenRepositories,
} from './setRepositories';

export interface WantedSet {
  readonly entry: RootEntry;
  readonly set: DefinedSet;
  /** The commit that the set was read from; absent for the working copy. */
  readonly commit: string | undefined;
}

export interface AskedSet extends WantedSet {
  readonly asked: readonly AskedRepository[];
  /** The folder is taken to be a repository that no other folder is. */
  readonly assumes: boolean;
}

export interface Expanded {
  readonly basis: SetBasis;
  readonly assumes: boolean;
  readonly result: ApplicationSetResult;
  /** The engine gave no answer: to be asked again at the next occasion. */
  readonly failed: boolean;
}

/** A folder without a remote is taken to be the repository only where that leads to something. */
export async function expandSet(core: Core, wanted: WantedSet): Promise<Expanded> {
  const asked = unique(writtenRepositories(wanted.set.object as JsonObject));
  const plain = (): Promise<Expanded> => expand(core, { ...wanted, asked, assumes: false });
  if (!isNameless(wanted.entry)) return await plain();
  const tried = await expand(core, { ...wanted, asked, assumes: true });
  const isUseful = tried.basis.answered.some((text) => text?.root === wanted.entry.root);
  if (isUseful && tried.result.applications.length > 0) return tried;
  const answer = await plain();
  // What was looked at in vain is looked at again when it changes.
  const inputs = [...tried.result.inputs, ...answer.result.inputs];
  return { ...answer, result: { ...answer.result, inputs } };
}

/** The repository that the folder was taken to be. */
export function assumedOf({ asked, answered }: SetBasis): string {
  return asked.find((_, index) => answered[index] !== null)?.repoURL ?? '';
}

/** What an expansion would depend on as things are. */
export function basisOf(core: Core, { entry, set, commit, asked, assumes }: AskedSet): SetBasis {
  const clusters = clustersFor(core, entry, set);
  const generated = generatedFor(core, entry, set);
  const asking = { entry, assumes, ...(commit === undefined ? {} : { commit }) };
  return {
    object: set.object,
    asked,
    answered: asked.map((wanted) => textOf(core, wanted, asking)),
    ...(commit === undefined ? {} : { commit }),
    ...(clusters === undefined ? {} : { clusters }),
    ...(globbingFor(core, entry, set) ? { newFileGlobbing: true } : {}),
    ...(generated === undefined ? {} : { generated }),
  };
}

/** A generator may ask for a repository that another one made up, and that one for a third. */
const MOST_ROUNDS = 4;

async function expand(core: Core, request: AskedSet, round = 1): Promise<Expanded> {
  const { asked, assumes } = request;
  const basis = basisOf(core, request);
  const result = await askEngine(core, basis);
  if (typeof result === 'string') return { basis, assumes, result: refused(result), failed: true };
  const further = result.needsServer.flatMap(({ repoURL, revision }) =>
    repoURL === undefined ? [] : [{ repoURL, revision: revision ?? '' }],
  );
  const all = unique([...asked, ...further]);
  const isLast = all.length === asked.length || round === MOST_ROUNDS;
  if (isLast) return { basis, assumes, result, failed: false };
  return await expand(core, { ...request, asked: all }, round + 1);
}

/** A text below a root as it would be after an edit. */
export interface EditedText {
  readonly root: string;
  readonly path: string;
  readonly text: string;
}

export async function askEngine(
  core: Core,
  basis: SetBasis,
  edited?: EditedText,
): Promise<ApplicationSetResult | string> {
  const { object, clusters, newFileGlobbing } = basis;
  const request = {
    applicationSet: object,
    repositories: repositoriesOf(core, basis, edited),
    ...(clusters === undefined ? {} : { clusters }),
    ...(newFileGlobbing === undefined ? {} : { newFileGlobbing }),
  };
  try {
    return await core.deps.renderer.expandApplicationSet(request, core.lifetime.signal);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return messageOf(error);
  }
}

function repositoriesOf(
  core: Core,
  { asked, answered }: SetBasis,
  edited: EditedText | undefined,
): ApplicationSetRepository[] {
  return asked.flatMap(({ repoURL, revision }, index) => {
    const text = answered[index] ?? null;
    if (text === null) return [];
    const overlay = text.revision === undefined ? overlayOf(core, text.root, edited) : undefined;
    const unsaved = overlay === undefined ? {} : { overlay };
    return [{ repoURL, generatorRevision: revision, ...text, ...unsaved }];
  });
}

function overlayOf(core: Core, root: string, edited: EditedText | undefined): Snapshot['overlay'] {
  const overlay = core.roots.get(root)?.overlay;
  return edited?.root === root ? { ...overlay, [edited.path]: edited.text } : overlay;
}

function refused(message: string): ApplicationSetResult {
  return {
    applications: [],
    needsServer: [],
    problems: [{ severity: 'error', code: 'engine', message }],
    inputs: [],
    blocked: true,
  };
}

function unique(all: readonly AskedRepository[]): readonly AskedRepository[] {
  const found = new Map(all.map((one) => [JSON.stringify([one.repoURL, one.revision]), one]));
  return [...found.values()];
}
