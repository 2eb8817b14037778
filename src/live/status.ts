import { numberAt, listAt, textAt } from '../model/fields';
import type { AccessRefusal } from '../model/cluster';
import { printable } from './printable';

/** What a request was about, for the sentence of its refusal. */
export interface Subject {
  readonly verb: string;
  /** Plural, with its group: `deployments.apps`. */
  readonly resource: string;
  readonly namespace: string;
  /** The body holds values of a Secret: what the server repeats of it is kept back. */
  readonly secret: boolean;
}

/** The refusal in an answer other than 2xx; `body` is parsed JSON, usually a `Status`. */
export function statusRefusal(status: number, body: unknown, subject: Subject): AccessRefusal {
  const message = messageOfStatus(status, body, subject);
  // First, because a webhook may say no with any code.
  if (isAdmissionDenial(body)) {
    return { kind: 'invalid', message, immutable: isImmutable(body), byPolicy: true };
  }
  switch (status) {
    case 401:
      return {
        kind: 'unauthorised',
        message: 'The cluster does not accept the credentials of the kubeconfig.',
      };
    case 403:
      return forbiddenOrDenied(body, message, subject);
    case 404:
      return { kind: 'not-found', message };
    case 409:
      return { kind: 'conflict', message };
    case 422:
      return { kind: 'invalid', message, immutable: isImmutable(body) };
    default:
      return { kind: 'failed', status, message };
  }
}

/**
 * Authorisation answers `… is forbidden: User "x" cannot list resource "y" …`; admission (quota, Pod
 * Security) uses the same code for a request that was authorised.
 */
function forbiddenOrDenied(body: unknown, message: string, subject: Subject): AccessRefusal {
  const text = textAt(body, 'message') ?? '';
  const told = toldRight(text);
  const isDenied = / is forbidden: (?!User )/.test(text);
  if (told === undefined && isDenied) {
    return { kind: 'invalid', message, immutable: isImmutable(body) };
  }
  const { verb, resource, namespace } = told ?? subject;
  const place = namespace === '' ? 'in the whole cluster' : `in namespace ${namespace}`;
  const sentence = printable(`You may not ${verb} ${resource} ${place}.`);
  return { kind: 'forbidden', message: sentence, verb, resource, namespace };
}

/** The right that is missing, from the sentence of kube-apiserver's authorisation. */
function toldRight(text: string): Pick<Subject, 'verb' | 'resource' | 'namespace'> | undefined {
  const parts = /cannot ([a-z*]+) resource "([^"]*)"(?: in API group "([^"]*)")?/.exec(text);
  if (parts === null) return undefined;
  const [, verb = '', plural = '', group = ''] = parts;
  const namespace = / in the namespace "([^"]*)"/.exec(text)?.[1] ?? '';
  return { verb, resource: group === '' ? plural : `${plural}.${group}`, namespace };
}

function isAdmissionDenial(body: unknown): boolean {
  return /admission webhook .* denied the request|ValidatingAdmissionPolicy ['"].* denied request/.test(
    textAt(body, 'message') ?? '',
  );
}

/** Wordings of kube-apiserver's validation for fields that cannot change once set. */
const immutableWording =
  /immutable|may not (be )?change|can ?not (be )?change|updates to .* forbidden|primary clusterIP can not be unset/i;

function isImmutable(body: unknown): boolean {
  const causes = listAt(body, 'details', 'causes').map((cause) => textAt(cause, 'message') ?? '');
  return [textAt(body, 'message') ?? '', ...causes].some((text) => immutableWording.test(text));
}

function messageOfStatus(status: number, body: unknown, subject: Subject): string {
  const text = textAt(body, 'message') ?? '';
  if (subject.secret && text !== '') return secretMessage(status, body, subject);
  if (text !== '') return printable(text).slice(0, 600);
  const asked = `${subject.verb} ${subject.resource}`;
  return `The API server answered ${status}${reasonFor(status)} to "${asked}".`;
}

/** Validation messages repeat values; for a Secret only fields and reasons are told. */
function secretMessage(status: number, body: unknown, subject: Subject): string {
  const causes = listAt(body, 'details', 'causes').map(
    (cause) => `${textAt(cause, 'field') ?? 'the object'}: ${textAt(cause, 'reason') ?? 'refused'}`,
  );
  const reason = textAt(body, 'reason') ?? `code ${numberAt(body, 'code') ?? status}`;
  const detail = causes.length > 0 ? causes.join('; ') : reason;
  return printable(`The API server refused to ${subject.verb} the Secret (${detail}).`);
}

function reasonFor(status: number): string {
  if (status === 429) return ' (too many requests)';
  if (status === 503) return ' (unavailable)';
  return status >= 500 ? ' (an error of its own)' : '';
}
