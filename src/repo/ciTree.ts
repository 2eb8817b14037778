import type { YamlMap, YamlText, YamlTree } from '../yaml/tree';
import { plainText } from './ciText';

/** Reading the YAML of pipelines: what is absent or of another shape is absent. */
export function childAt(
  tree: YamlTree | undefined,
  ...keys: readonly string[]
): YamlTree | undefined {
  let current = tree;
  for (const key of keys) current = current?.kind === 'map' ? current.entries.get(key) : undefined;
  return current;
}

export function mapAt(tree: YamlTree | undefined, ...keys: readonly string[]): YamlMap | undefined {
  const found = childAt(tree, ...keys);
  return found?.kind === 'map' ? found : undefined;
}

export function scalarAt(
  tree: YamlTree | undefined,
  ...keys: readonly string[]
): YamlText | undefined {
  const found = childAt(tree, ...keys);
  return found?.kind === 'text' ? found : undefined;
}

/** A text that says something. */
export function wordAt(tree: YamlTree | undefined, ...keys: readonly string[]): string | undefined {
  const text = scalarAt(tree, ...keys)?.text;
  return text === undefined || text === '' ? undefined : plainText(text);
}

export function entriesAt(
  tree: YamlTree | undefined,
  ...keys: readonly string[]
): readonly (readonly [string, YamlTree])[] {
  return [...(mapAt(tree, ...keys)?.entries ?? [])];
}

/** The items of a list; a single text or mapping counts as a list of one. */
export function itemsAt(
  tree: YamlTree | undefined,
  ...keys: readonly string[]
): readonly YamlTree[] {
  const found = childAt(tree, ...keys);
  if (found === undefined) return [];
  return found.kind === 'list' ? found.items : [found];
}

export function wordsAt(tree: YamlTree | undefined, ...keys: readonly string[]): readonly string[] {
  return itemsAt(tree, ...keys).flatMap((item) => wordAt(item) ?? []);
}

/** The texts of a mapping; other values are left out. */
export function textsOf(tree: YamlTree | undefined): ReadonlyMap<string, string> {
  return new Map(
    entriesAt(tree).flatMap(([name, value]) =>
      value.kind === 'text' ? [[name, plainText(value.text)] as const] : [],
    ),
  );
}
