import { recordAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';

/** One line of a watch. */
export type WatchEvent =
  | { readonly kind: 'set' | 'deleted'; readonly object: KubeObject; readonly version: string }
  | { readonly kind: 'bookmark'; readonly version: string }
  /** `code` of the `Status` in an ERROR event. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** Not what an API server writes: cut, or not JSON. */
  | { readonly kind: 'broken' };

const NEWLINE = 0x0a;
/** Far above what etcd lets an object be. */
const LONGEST_LINE_BYTES = 64 * 1024 * 1024;

/** Whole lines of a stream of bytes, wherever it was cut; a character is never cut. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly text: string; readonly isWhole: boolean }> {
  const state: { pieces: Uint8Array[]; bytes: number } = { pieces: [], bytes: 0 };
  const flush = (): string => {
    const text = Buffer.concat(state.pieces).toString('utf8');
    state.pieces = [];
    state.bytes = 0;
    return text;
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      state.pieces.push(chunk.subarray(start, end));
      start = end + 1;
      yield { text: flush(), isWhole: true };
    }
    const rest = chunk.subarray(start);
    state.pieces.push(rest);
    state.bytes += rest.length;
    if (state.bytes > LONGEST_LINE_BYTES) throw new Error('A line of the watch is too long');
  }
  if (state.bytes > 0) yield { text: flush(), isWhole: false };
}

const TOLD: Readonly<Record<string, 'set' | 'deleted' | 'bookmark'>> = {
  ADDED: 'set',
  MODIFIED: 'set',
  DELETED: 'deleted',
  BOOKMARK: 'bookmark',
};

/** `metav1.WatchEvent`; objects get the type of their collection. */
export function readEvent(text: string, apiVersion: string, kind: string): WatchEvent {
  const value = parsed(text);
  const type = textAt(value, 'type') ?? '';
  const object = recordAt(value, 'object');
  if (type === 'ERROR') return errorOf(object);
  const metadata = recordAt(object, 'metadata');
  const version = textAt(metadata, 'resourceVersion');
  const told = Object.hasOwn(TOLD, type) ? TOLD[type] : undefined;
  if (told === undefined || metadata === undefined || version === undefined)
    return { kind: 'broken' };
  if (told === 'bookmark') return { kind: 'bookmark', version };
  return { kind: told, version, object: { ...object, apiVersion, kind, metadata } };
}

function errorOf(status: Readonly<Record<string, unknown>> | undefined): WatchEvent {
  const code = status?.['code'];
  const reason = textAt(status, 'reason');
  const isExpired = reason === 'Expired' || reason === 'Gone';
  const message = textAt(status, 'message') ?? 'The API server ended the watch.';
  return { kind: 'error', code: isExpired ? 410 : typeof code === 'number' ? code : 500, message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
