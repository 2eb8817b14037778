import type { App } from '../model/app';
import type { ParsedFile, RenderInput, RenderResult } from '../model/render';
import { sourceFolders } from '../model/render';
import { hasValues } from '../model/withheld';
import { isKustomizationFile } from '../repo/sourceTree';
import {
  definesTheSame,
  type DefinitionsOf,
  definitionsAmong,
  isDefinition,
  type RenderedDefinition,
} from '../repo/renderedApps';
import { nameOf } from '../repo/manifests';
import { type Core, entryOf, type RootEntry, sourceRoot } from './core';
import type { AtTarget, MadeDefinitions, MadeSide } from './madeDefinitions';
import { sameData } from './share';

/** Takes over what the app renders now; true when other apps can come of it. */
export function rememberDefinitions(core: Core, key: string): boolean {
  const made = madeBy(core, key);
  const entry = entryOf(core, key);
  if (made === 'unknown' || sameData(entry.made, made)) return false;
  entry.made = made;
  return true;
}

function madeBy(core: Core, key: string): MadeDefinitions | undefined | 'unknown' {
  const state = core.store.app(key);
  const root = state && sourceRoot(core, state.app);
  if (state === undefined || root === undefined) return undefined;
  // What cannot be rendered at the moment leaves its apps as they are.
  if (state.working.kind !== 'rendered') return 'unknown';
  const { objects, inputs } = state.working.desired;
  // From no definition of an app anything is ever withheld.
  const here = sideOf(state.app, { objects: objects.filter(hasValues), inputs });
  const target = targetOf(state.app, entryOf(core, key).atTarget);
  if (isEmpty(here) && (target === 'same' || isEmpty(target))) return undefined;
  return { working: { ...here, definitions: compared(here.definitions, root.parsed) }, target };
}

function targetOf(app: App, atTarget: AtTarget | undefined): MadeDefinitions['target'] {
  return atTarget === undefined || atTarget === 'same' ? 'same' : sideOf(app, atTarget);
}

/** Of a render, what can be of use here: objects of a target are kept nowhere else. */
export function definitionsOnly({ objects, inputs }: RenderResult): AtTarget {
  const definitions = objects.filter(({ object }) => isDefinition(object));
  return { objects: definitions, inputs: definitions.length === 0 ? [] : inputs };
}

function isEmpty({ definitions }: MadeSide): boolean {
  return definitions.length === 0;
}

function sideOf(app: App, { objects, inputs }: Exclude<AtTarget, 'same'>): MadeSide {
  const definitions = definitionsAmong(objects);
  return { definitions, bases: definitions.length === 0 ? [] : basesOf(app, inputs) };
}

/** Only a kustomization drops or renames what it reads; of a folder of files all comes out. */
function basesOf({ source }: App, inputs: readonly RenderInput[]): readonly string[] {
  if (source.kind !== 'local') return [];
  const folders = new Set(sourceFolders(source.render));
  const files = inputs.flatMap((one) => (one.kind === 'file' && one.found ? [one.path] : []));
  const builds = files.some(
    (path) =>
      isKustomizationFile(path) && folders.has(path.slice(0, Math.max(0, path.lastIndexOf('/')))),
  );
  return builds ? files.filter((path) => /\.(ya?ml|json)$/.test(path)) : [];
}

/**
 * Marks what came out as its file has it. From then on the file speaks for it, so that an edit is seen
 * before the app above is rendered again.
 */
function compared(
  definitions: readonly RenderedDefinition[],
  parsed: ReadonlyMap<string, ParsedFile>,
): readonly RenderedDefinition[] {
  return definitions.map((definition) => {
    const documents = parsed.get(definition.path)?.documents ?? [];
    const own = documents.filter(
      ({ value }) =>
        value['kind'] === definition.object['kind'] && nameOf(value) === nameOf(definition.object),
    );
    const asWritten = own.some(({ value }) => definesTheSame(value, definition.object));
    return { ...definition, asWritten };
  });
}

/** The definitions that apps render from files of a root, in the working copy. */
export function definitionsIn(core: Core, root: string): readonly DefinitionsOf[] {
  return parentsIn(core, root).flatMap(({ app, made }) => definitionsOf(app, made.working));
}

/**
 * The same at the target. Until an app was rendered there it is taken for the same, but for what comes
 * of files that the target does not have.
 */
export function definitionsAtTarget(
  core: Core,
  { root, paths }: Pick<RootEntry, 'root' | 'paths'>,
  pathsThere: readonly string[],
): readonly DefinitionsOf[] {
  const there = new Set(pathsThere);
  const added = new Set(paths.filter((path) => !there.has(path)));
  return parentsIn(core, root).flatMap(({ app, made: { working, target } }) => {
    if (target !== 'same') return definitionsOf(app, target);
    const definitions = working.definitions.filter(({ path }) => !added.has(path));
    return definitionsOf(app, { ...working, definitions });
  });
}

function definitionsOf(parent: App, { definitions, bases }: MadeSide): readonly DefinitionsOf[] {
  return definitions.length === 0 ? [] : [{ parent, definitions, bases }];
}

/** Whether apps render other definitions at the target than in the working copy. */
export function definitionsDiffer(core: Core, root: string): boolean {
  return parentsIn(core, root).some(({ made }) => made.target !== 'same');
}

function parentsIn(
  core: Core,
  root: string,
): readonly { readonly app: App; readonly made: MadeDefinitions }[] {
  return core.store.state().apps.flatMap(({ app }) => {
    const made = core.apps.get(app.key)?.made;
    const isHere = app.source.kind === 'local' && app.source.root === root;
    return isHere && made !== undefined ? [{ app, made }] : [];
  });
}
