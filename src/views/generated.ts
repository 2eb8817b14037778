import type { App } from '../model/app';
import type { Json, JsonObject } from '../model/resource';
import { shortValue, when } from './words';

const MOST_PARAMETERS = 8;

/** Which ApplicationSet made an app, and with what: nothing for an app that is written out. */
export function generatedLines({ generatedBy }: App): readonly (string | undefined)[] {
  if (generatedBy === undefined) return [];
  const { set, params, stale } = generatedBy;
  const words = parameterWords(params);
  return [
    `From ApplicationSet ${set.namespace}/${set.name}`,
    when(words !== '', `Parameters ${words}`),
    when(stale === true, 'As it was made last: the set cannot be expanded now.'),
  ];
}

/** `env=prod, path.basename=shop and 3 more`. */
function parameterWords(params: JsonObject): string {
  const all = leaves(params, '').map(([name, value]) => `${name}=${shortValue(value)}`);
  const shown = all.slice(0, MOST_PARAMETERS).join(', ');
  const more = all.length - MOST_PARAMETERS;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function leaves(value: JsonObject, prefix: string): readonly (readonly [string, Json])[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const isMap = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isMap ? leaves(inner as JsonObject, name) : [[name, inner] as const];
  });
}
