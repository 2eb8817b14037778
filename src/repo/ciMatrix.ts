import type { YamlMap, YamlTree } from '../yaml/tree';
import { combinations } from './ciJob';
import { childAt, entriesAt, itemsAt } from './ciTree';

/** The values of one run of a job, by name; mappings are looked into by `a.b`. */
export type MatrixValues = ReadonlyMap<string, YamlTree>;

/**
 * The runs of a GitHub job, as its documentation tells `include` and `exclude`. `undefined` where an
 * expression makes the matrix; one run without values where there is none.
 */
export function githubMatrix(matrix: YamlTree | undefined): readonly MatrixValues[] | undefined {
  if (matrix === undefined) return [new Map()];
  const axes = entriesAt(matrix).filter(([name]) => name !== 'include' && name !== 'exclude');
  const computed = [
    ...axes.map(([, axis]) => axis),
    ...['include', 'exclude'].map((name) => childAt(matrix, name)),
  ];
  if (matrix.kind !== 'map' || computed.some((part) => part?.kind === 'text' && part.text !== '')) {
    return undefined;
  }
  const product =
    axes.length === 0 ? [] : combinations(axes.map(([name, axis]) => [name, itemsAt(axis)]));
  const excluded = itemsAt(matrix, 'exclude').filter(isMap);
  const original = product.filter((run) => !excluded.some((one) => fits(one, run)));
  return included(original, itemsAt(matrix, 'include').filter(isMap));
}

function isMap(tree: YamlTree): tree is YamlMap {
  return tree.kind === 'map';
}

function fits({ entries }: YamlMap, run: MatrixValues): boolean {
  return [...entries].every(([name, value]) => isSame(value, run.get(name)));
}

function included(
  original: readonly MatrixValues[],
  additions: readonly YamlMap[],
): readonly MatrixValues[] {
  const grown = original.map((run) => new Map(run));
  const further: MatrixValues[] = [];
  for (const { entries } of additions) {
    const hosts = grown.filter((_, index) =>
      [...entries].every(([name, value]) => {
        const first = original[index]?.get(name);
        return first === undefined || isSame(first, value);
      }),
    );
    for (const host of hosts) for (const [name, value] of entries) host.set(name, value);
    if (hosts.length === 0) further.push(entries);
  }
  const all = [...grown, ...further];
  return all.length === 0 ? [new Map()] : all;
}

function isSame(a: YamlTree, b: YamlTree | undefined): boolean {
  return b !== undefined && shapeOf(a) === shapeOf(b);
}

/** Equal for trees that say the same, wherever they stand. */
function shapeOf(tree: YamlTree): string {
  if (tree.kind === 'text') return JSON.stringify(tree.text);
  if (tree.kind === 'list') return `[${tree.items.map(shapeOf).join(',')}]`;
  const fields = [...tree.entries].map(
    ([name, value]) => `${JSON.stringify(name)}:${shapeOf(value)}`,
  );
  return `{${fields.sort().join(',')}}`;
}

/** `matrix.target.name`; an absent one is empty. */
export function matrixValue(values: MatrixValues, path: readonly string[]): string | undefined {
  const [first = '', ...rest] = path;
  const top = values.get(first);
  if (top === undefined) return '';
  const found = childAt(top, ...rest);
  if (found === undefined) return '';
  return found.kind === 'text' ? found.text : undefined;
}

/** For the label of a job: `production, eu-west`. */
export function matrixLabel(values: MatrixValues): string {
  return [...values.values()]
    .flatMap((value) => (value.kind === 'text' ? [value.text] : namesIn(value)))
    .join(', ');
}

/** Of a mapping, its name stands for it. */
function namesIn(value: YamlTree): readonly string[] {
  const [first] = entriesAt(value).flatMap(([, one]) => (one.kind === 'text' ? [one.text] : []));
  return first === undefined ? [] : [first];
}
