import { valueAt } from '../model/fields';
import type { PatchRequest } from '../model/cluster';
import type { JsonObject, KubeObject } from '../model/resource';
import { fromBase64, mapAt, toBase64, toJson, toKube, without } from '../diff/json';

/** Where a text of the answer stands as well. */
type Place = 'live' | 'asked';

/** The parts of a Secret in which values stand; annotations can repeat the whole of it. */
const PARTS = ['data', 'annotations'] as const;
type Part = (typeof PARTS)[number];
type Texts = Readonly<Record<string, string>>;

/** Shorter texts stand everywhere. */
const SHORTEST = 4;

/** An answer to a dry run of a Secret, without any of its values. */
export interface KeptSecret {
  readonly rest: KubeObject;
  readonly places: Readonly<Record<Part, Readonly<Record<string, Place>>>>;
}

type Sides = Readonly<Record<Place, Readonly<Record<Part, Texts>>>>;

/**
 * `undefined` where the answer has a text that neither the object nor the question has, or repeats a
 * value elsewhere.
 */
export function withoutValues(answer: KubeObject, request: PatchRequest): KeptSecret | undefined {
  const sides = sidesOf(request);
  const data = placesOf(textsAt(answer, 'data'), 'data', sides);
  const annotations = placesOf(textsAt(answer, 'metadata', 'annotations'), 'annotations', sides);
  if (data === undefined || annotations === undefined) return undefined;
  const bare = without(without(toJson(answer), 'data'), 'stringData');
  const kept = toKube({ ...bare, metadata: without(mapAt(bare, 'metadata'), 'annotations') });
  return repeats(kept, textsAt(answer, 'data'))
    ? undefined
    : { rest: kept, places: { data, annotations } };
}

function repeats(kept: KubeObject, values: Texts): boolean {
  const text = JSON.stringify(kept);
  const all = Object.values(values).flatMap((value) => [value, fromBase64(value) ?? value]);
  return all.some((value) => value.length >= SHORTEST && text.includes(value));
}

/** The answer again, from the same question about the same version of the object. */
export function wholeSecret({ rest, places }: KeptSecret, request: PatchRequest): KubeObject {
  const sides = sidesOf(request);
  const [data, annotations] = PARTS.map((part) => textsOf(places[part], part, sides));
  const whole: JsonObject = {
    ...toJson(rest),
    metadata: { ...mapAt(toJson(rest), 'metadata'), ...(annotations && { annotations }) },
    ...(data && { data }),
  };
  return toKube(whole);
}

function sidesOf({ about, body }: PatchRequest): Sides {
  return {
    live: { data: textsAt(about, 'data'), annotations: textsAt(about, 'metadata', 'annotations') },
    asked: {
      data: { ...textsAt(body, 'data'), ...encoded(textsAt(body, 'stringData')) },
      annotations: textsAt(body, 'metadata', 'annotations'),
    },
  };
}

function placesOf(
  texts: Texts,
  part: Part,
  { live, asked }: Sides,
): Readonly<Record<string, Place>> | undefined {
  const places: Record<string, Place> = {};
  for (const [key, text] of Object.entries(texts)) {
    if (live[part][key] === text) places[key] = 'live';
    else if (asked[part][key] === text) places[key] = 'asked';
    else return undefined;
  }
  return places;
}

function textsOf(
  places: Readonly<Record<string, Place>>,
  part: Part,
  sides: Sides,
): Texts | undefined {
  const texts = Object.entries(places).map(([key, place]) => [key, sides[place][part][key] ?? '']);
  return texts.length === 0 ? undefined : (Object.fromEntries(texts) as Texts);
}

function textsAt(value: unknown, ...path: readonly string[]): Texts {
  const found = valueAt(value, ...path);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return {};
  return Object.fromEntries(
    Object.entries(found).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function encoded(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, toBase64(text)]));
}
