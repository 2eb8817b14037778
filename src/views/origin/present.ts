import { pointerTokens } from '../../base/pointer';
import type { OriginAnswer, OriginKind, OriginPlace } from '../../model/origin';
import { whyNoOrigin } from '../../model/origin';
import { dotted, shorten } from '../words';

/** A place as the hover shows it; `root`, `path` and `line` are what its link opens. */
export interface ShownPlace {
  readonly text: string;
  /** What stands there. */
  readonly value?: string;
  readonly root: string;
  readonly path: string;
  readonly line?: number;
}

export interface ShownOrigin {
  readonly heading: string;
  readonly places: readonly ShownPlace[];
  /** In place of places. */
  readonly why?: string;
}

const MOST_PLACES = 3;
const LONGEST = 160;

const KIND_WORDS: Readonly<Record<OriginKind, string>> = {
  node: 'written here',
  patch: 'patched here',
  generator: 'generated from here',
  transformer: 'set for all objects here',
  template: 'template',
  value: 'value',
  'inline-values': 'inline value',
  parameter: 'parameter',
  substitution: 'variable',
};

/** Where the line under the mouse comes from; nothing for a line that is no field. */
export function presentOrigin(answer: OriginAnswer): ShownOrigin | undefined {
  const { field, places, why } = answer;
  if (field === undefined || field.pointer === '') return undefined;
  const heading = shorten(pathWords(field.pointer), LONGEST);
  if (places.length === 0) return { heading, places: [], why: whyNoOrigin(why) };
  return { heading, places: places.slice(0, MOST_PLACES).map(shownPlace) };
}

function shownPlace(place: OriginPlace): ShownPlace {
  const { root, path, line, value } = place;
  return {
    text: place.readOnly === true ? fetchedWords(place) : fileWords(place),
    root,
    path,
    ...(line === undefined ? {} : { line }),
    ...(value === undefined ? {} : { value }),
  };
}

function fileWords({ path, line, label, kind, direct }: OriginPlace): string {
  const file = line === undefined ? path : `${path}:${line}`;
  return dotted(file, direct ? KIND_WORDS[kind] : 'decides it', shorten(keyOf(label), LONGEST));
}

function fetchedWords({ label, kind, direct }: OriginPlace): string {
  const what = direct ? KIND_WORDS[kind] : 'decides it';
  return dotted(shorten(label, LONGEST), what, 'fetched chart, read-only');
}

/** Labels name the file first, which the line says already. */
function keyOf(label: string): string {
  const key = label.slice(label.indexOf(': ') + 2);
  return label.includes(': ') && !/^line \d+$/.test(key) ? key : '';
}

/** `spec.containers[0].image`. */
function pathWords(pointer: string): string {
  return pointerTokens(pointer)
    .map((token) => (/^\d+$/.test(token) ? `[${token}]` : `.${token}`))
    .join('')
    .replace(/^\./, '');
}
