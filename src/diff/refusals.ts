import type { ResourceNote } from '../model/change';
import type { AccessRefusal } from '../model/cluster';
import type { KubeObject } from '../model/resource';
import { maskText, secretsOf } from './mask';

type Of<K extends AccessRefusal['kind']> = Extract<AccessRefusal, { readonly kind: K }>;

/**
 * What a refused dry run tells about one object. The API server's words may repeat what was sent,
 * so every secret value of the objects at hand is taken out of them.
 */
export function refusalNote(
  refusal: AccessRefusal,
  objects: readonly (KubeObject | undefined)[],
  consequence = ': compared here only',
): ResourceNote {
  const known = objects.filter((object): object is KubeObject => object !== undefined);
  const message = sentence(maskText(refusal.message, secretsOf(known)));
  if (refusal.kind === 'forbidden') return forbidden(refusal, message, consequence);
  if (refusal.kind === 'invalid') return invalid(refusal, message);
  return answerNote(refusal, message);
}

function forbidden(
  { noRightHelps, namespace, verb, resource }: Of<'forbidden'>,
  message: string,
  consequence: string,
): ResourceNote {
  const where = namespace === '' ? '' : ` in ${namespace}`;
  const what =
    noRightHelps === true ? message.replace(/\.$/, '') : `No right to ${verb} ${resource}${where}`;
  return { kind: 'no-patch-right', message: `${what}${consequence}.` };
}

/** A policy may let the controller do what it lets nobody else do. */
function invalid({ immutable, byPolicy }: Of<'invalid'>, message: string): ResourceNote {
  if (byPolicy === true && !immutable) {
    const words = `Refused for you; its controller may be let. Compared here only: ${message}`;
    return { kind: 'refused-for-you', message: words };
  }
  return { kind: immutable ? 'immutable' : 'refused', message: willBeRefused(message) };
}

function answerNote(
  refusal: Exclude<AccessRefusal, { kind: 'forbidden' | 'invalid' }>,
  message: string,
): ResourceNote {
  switch (refusal.kind) {
    case 'not-found':
      return notFound(message);
    case 'conflict':
      return { kind: 'conflict', message };
    case 'failed':
      return failed(refusal.status, message);
    case 'unreachable':
    case 'unauthorised':
      return { kind: 'unreadable', message };
  }
}

function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function willBeRefused(message: string): string {
  return `Will be refused: ${message}`;
}

function notFound(message: string): ResourceNote {
  if (/^namespaces? "/.test(message)) return { kind: 'new-namespace', message };
  return { kind: 'new-kind', message };
}

/** A webhook that knows no dry run refuses the question, not the change. */
function failed(status: number, message: string): ResourceNote {
  if (/does not support dry run/i.test(message)) {
    return { kind: 'unreadable', message: `Compared here only: ${message}` };
  }
  if (status >= 400 && status < 500) return { kind: 'refused', message: willBeRefused(message) };
  return { kind: 'unreadable', message };
}
