import type { Access, PatchRequest } from '../model/cluster';
import type { Clock, Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';
import { wholeSecret, withoutValues } from './secretVerdicts';
import type { KeptSecret } from './secretVerdicts';

/**
 * What the server said of dry runs, by object. The same question about the same version of an object
 * has the same answer, but for policies and webhooks: after a while it is asked again.
 */
export type Verdicts = Map<string, Verdict>;

export interface Verdict {
  /** A salted digest of what was asked, and of what version of the object. */
  readonly question: string;
  readonly answer: Kept;
  readonly untilMs: number;
}

/** Of a Secret: where its values stand in the question and in the object, and none of them. */
type Kept =
  | { readonly kind: 'whole'; readonly access: Access<KubeObject> }
  | { readonly kind: 'secret'; readonly secret: KeptSecret };

export interface VerdictsInput {
  readonly verdicts: Verdicts;
  /** The versions of objects as they were read last, by key: each stands for one content. */
  readonly versions: ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** Salted: a digest of a short value could be guessed. */
  readonly digest: (text: string) => string;
}

const KEPT_MS = 10 * 60_000;
/** A webhook that does not answer holds each request for as long as ten seconds. */
const BRIEF_MS = 60_000;
/** Objects of one cluster; the oldest go. */
const MOST = 5_000;

/** The cluster, asked for a dry run only where its answer is not known. */
export function withVerdicts(cluster: Cluster, input: VerdictsInput): Cluster {
  const patch: Cluster['patch'] = (request, signal) => {
    const ask = (): Promise<Access<KubeObject>> => cluster.patch(request, signal);
    return request.dryRun ? verdictOn(request, input, ask) : ask();
  };
  return Object.create(cluster, { patch: { value: patch } }) as Cluster;
}

async function verdictOn(
  request: PatchRequest,
  { verdicts, versions, clock, digest }: VerdictsInput,
  ask: () => Promise<Access<KubeObject>>,
): Promise<Access<KubeObject>> {
  const key = resourceKey(request.id);
  const version = versions.get(key);
  if (version === undefined) return await ask();
  const { about, ...asked } = request;
  const place = `${key}/${request.fieldManager}/${request.type}`;
  const question = digest(JSON.stringify([asked, version]));
  const known = verdicts.get(place);
  if (known?.question === question && known.untilMs > clock()) return told(known.answer, request);
  const access = await ask();
  verdicts.delete(place);
  const answer = keptOf(access, { ...asked, ...(about && { about }) });
  if (answer !== undefined) {
    verdicts.set(place, { question, answer, untilMs: clock() + keptForMs(access) });
    trim(verdicts);
  }
  return access;
}

/** What the question and the object hold is what they held: they are the same. */
function told(answer: Kept, request: PatchRequest): Access<KubeObject> {
  if (answer.kind === 'whole') return answer.access;
  return { kind: 'ok', value: wholeSecret(answer.secret, request) };
}

function keptOf(access: Access<KubeObject>, request: PatchRequest): Kept | undefined {
  if (keptForMs(access) === 0) return undefined;
  if (access.kind !== 'ok' || !isSecret(request)) return { kind: 'whole', access };
  const secret = withoutValues(access.value, request);
  return secret && { kind: 'secret', secret };
}

function isSecret({ kind }: PatchRequest): boolean {
  return kind.group === '' && kind.kind === 'Secret';
}

/** What the server made of it, and not that it could not be asked. */
function keptForMs(access: Access<KubeObject>): number {
  switch (access.kind) {
    case 'ok':
    case 'conflict':
      return KEPT_MS;
    case 'invalid':
      // A policy changes without a word of the object.
      return access.byPolicy === true ? BRIEF_MS : KEPT_MS;
    case 'failed':
      return isWebhooks(access.message) ? BRIEF_MS : 0;
    default:
      return 0;
  }
}

/** kube-apiserver's words for one that is broken, or that knows no dry run. */
function isWebhooks(message: string): boolean {
  return /failed calling webhook|admission webhook .* does not support dry run/.test(message);
}

function trim(verdicts: Verdicts): void {
  for (const place of verdicts.keys()) {
    if (verdicts.size <= MOST) return;
    verdicts.delete(place);
  }
}
