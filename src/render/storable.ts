import type { RenderRequest, RenderResult } from '../model/render';
import { holdsSecretValues } from '../model/secretValues';

/** What a request may hold to be known by its key and by the state of its inputs alone. */
const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  'root',
  'revision',
  'overlay',
  'source',
  'capabilities',
  // What was read of them is told by the result, which is then not kept.
  'openRoots',
]);

const PART_FIELDS: ReadonlySet<string> = new Set(['index', 'source', 'missing']);

/** The same of results: what else they hold may come from outside of the root. */
const RESULT_FIELDS: ReadonlySet<string> = new Set([
  'objects',
  'inputs',
  'inputsDigest',
  'problems',
  'capabilitiesAssumed',
  'capabilitiesAsked',
  'lookups',
  'releaseAsked',
  'commit',
  'charts',
  'cacheInputs',
]);

const FULL_COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * Whether a render can be known again: its request is all that decides it beside the files below the
 * root, and holds no value of a Secret, which the objects could have anywhere.
 */
export function isRecognisable(request: RenderRequest): boolean {
  const { revision, source } = request;
  if (revision !== undefined && !FULL_COMMIT.test(revision)) return false;
  if (!holdsOnly(request, REQUEST_FIELDS) || holdsSecretValues(source)) return false;
  return source.kind !== 'several' || source.parts.every((part) => holdsOnly(part, PART_FIELDS));
}

/** Unsaved text comes and goes with each key that is pressed. */
export function isStorable(request: RenderRequest, result: RenderResult): boolean {
  if (Object.keys(request.overlay ?? {}).length > 0) return false;
  return holdsOnly(result, RESULT_FIELDS);
}

function holdsOnly(value: object, fields: ReadonlySet<string>): boolean {
  return Object.entries(value).every(([name, field]) => fields.has(name) || isNothing(field));
}

/** An empty object stands for a cluster of which nothing is known. */
function isNothing(field: unknown): boolean {
  if (typeof field !== 'object' || field === null) return field === undefined;
  return Object.values(field).every((value) => value === undefined);
}
