import { pointerTokens } from '../base/pointer';
import type { Problem, SourceLocation } from '../model/problem';

interface Range {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface PlaceOptions {
  readonly problems: readonly Problem[];
  /** The present text of a source file; `undefined` where there is none. */
  readonly textOf: (path: string) => Promise<string | undefined>;
  /** The range of a JSON pointer's node in a document of the text (`locate` of the yaml layer). */
  readonly locate: (text: string, documentIndex: number, pointer: string) => Range | undefined;
  /** The document that a line belongs to (`pointerAt` of the yaml layer). */
  readonly pointerAt: (
    text: string,
    line: number,
  ) => { readonly documentIndex: number } | undefined;
}

/**
 * The problems with the range of their field where the file that made the object is plain YAML and
 * holds that field; a missing field is placed at the object that lacks it. The others stay as they
 * are: in a template, or where a patch or generator brought the field.
 */
export async function placeProblems(options: PlaceOptions): Promise<readonly Problem[]> {
  const texts = new Map<string, Promise<string | undefined>>();
  const textOf = (path: string): Promise<string | undefined> => {
    const text = texts.get(path) ?? options.textOf(path);
    texts.set(path, text);
    return text;
  };
  return Promise.all(
    options.problems.map(async (problem) => {
      const { location, pointer } = problem;
      if (location === undefined || pointer === undefined) return problem;
      if (location.column !== undefined || !/\.(ya?ml|json)$/.test(location.path)) return problem;
      const text = await textOf(location.path);
      if (text === undefined || text.includes('{{')) return problem;
      const range = rangeOf({ text, location, pointer, missing: isMissing(problem) }, options);
      return range === undefined ? problem : { ...problem, location: { ...location, ...range } };
    }),
  );
}

function isMissing({ code }: Problem): boolean {
  return code === 'missing-field' || code === 'missing-name';
}

interface Wanted {
  readonly text: string;
  readonly location: SourceLocation;
  readonly pointer: string;
  readonly missing: boolean;
}

function rangeOf(wanted: Wanted, { locate, pointerAt }: PlaceOptions): Range | undefined {
  const { text, location, pointer, missing } = wanted;
  const index =
    location.line === undefined
      ? onlyDocument(text, locate)
      : pointerAt(text, location.line)?.documentIndex;
  if (index === undefined) return undefined;
  if (!missing) return locate(text, index, pointer);
  for (let length = pointerTokens(pointer).length; length > 0; length -= 1) {
    const range = locate(text, index, firstParts(pointer, length));
    if (range !== undefined) return range;
  }
  return undefined;
}

function onlyDocument(text: string, locate: PlaceOptions['locate']): number | undefined {
  return locate(text, 1, '') === undefined ? 0 : undefined;
}

function firstParts(pointer: string, length: number): string {
  return pointer
    .split('/')
    .slice(0, length + 1)
    .join('/');
}
