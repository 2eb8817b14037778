import { pointerTokens } from '../base/pointer';
import type { FieldChange, ResourceChange } from '../model/change';
import { valueAt } from '../model/fields';
import type { Json, KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';
import type { DocumentRequest, PlacedField } from '../model/workbench';
import { createLocator } from '../yaml/locate';
import { printYaml } from '../yaml/print';
import type { Core } from './core';
import { sameData } from './share';

/** Longer texts hold the thread for too long to be looked through; their tooltips have the fields. */
const LONGEST_TEXT = 32 * 1024;

/** The fields that differ live, at their lines of one side: of Git only what the other side lacks. */
export function placedFields(core: Core, request: DocumentRequest): readonly PlacedField[] {
  if (request.kind !== 'live' && request.kind !== 'desired') return [];
  const live = core.store.app(request.appKey)?.live;
  const comparison = live?.kind === 'compared' ? live.comparison : undefined;
  const change = comparison?.changes.find(({ id }) => resourceKey(id) === request.resource);
  return change === undefined ? [] : placeFields(change, request.kind);
}

export function placeFields(
  change: ResourceChange,
  side: 'live' | 'desired',
): readonly PlacedField[] {
  const object = side === 'live' ? change.before : change.after;
  if (object === undefined || change.fields.length === 0) return [];
  const fields = change.fields.filter((field) => isOfSide(field, side, object));
  const text = fields.length === 0 ? '' : printYaml(object);
  if (text === '' || text.length > LONGEST_TEXT) return [];
  const locator = createLocator(text);
  return fields.flatMap((field) => {
    const range = locator.locate(0, field.pointer);
    return range === undefined ? [] : [{ line: range.line, field }];
  });
}

/** An index may be that of the other side: only where the value is the same it is this field. */
function isOfSide(field: FieldChange, side: 'live' | 'desired', object: KubeObject): boolean {
  const value: Json | undefined = side === 'live' ? field.before : field.after;
  if (field.pointer === '' || value === undefined) return false;
  if (side === 'desired' && field.before !== undefined) return false;
  return sameData(valueAt(object, ...pointerTokens(field.pointer).map(stepOf)), value);
}

function stepOf(token: string): string | number {
  return /^\d+$/.test(token) ? Number(token) : token;
}
