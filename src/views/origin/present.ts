import { pointerTokens } from '../../base/pointer';
import type { OriginAnswer, OriginFile, OriginKind, OriginPlace } from '../../model/origin';
import { whyNoOrigin } from '../../model/origin';
import { dotted, shorten } from '../words';

/** A place as the hover shows it, and what its link opens. */
export interface ShownPlace {
  readonly text: string;
  /** What stands there. */
  readonly value?: string;
  readonly place: OriginFile;
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
  const { value } = place;
  return {
    text: place.readOnly === true ? fetchedWords(place) : fileWords(place),
    place,
    ...(value === undefined ? {} : { value }),
  };
}

function fileWords(place: OriginPlace): string {
  const { path, line, label } = place;
  const file = line === undefined ? path : `${path}:${line}`;
  return dotted(file, deedOf(place), shorten(keyOf(label), LONGEST));
}

function fetchedWords(place: OriginPlace): string {
  const where = place.document === undefined ? 'fetched chart, read-only' : 'read-only';
  return dotted(shorten(place.label, LONGEST), deedOf(place), where);
}

function deedOf({ kind, direct, makes }: OriginPlace): string {
  if (direct) return KIND_WORDS[kind];
  return makes === true ? 'makes the object' : 'decides it';
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
