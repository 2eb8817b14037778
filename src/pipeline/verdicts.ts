import type { Access, PatchRequest } from '../model/cluster';
import type { Clock, Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';

/**
 * What the server said of dry runs, by object. The same question about the same version of an object
 * has the same answer, but for policies and webhooks: after a while it is asked again.
 */
export type Verdicts = Map<string, Verdict>;

export interface Verdict {
  /** A digest of what was asked, and of what version of the object. */
  readonly question: string;
  readonly access: Access<KubeObject>;
  readonly untilMs: number;
}

export interface VerdictsInput {
  readonly verdicts: Verdicts;
  /** The versions of objects as they were read last, by key: each stands for one content. */
  readonly versions: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly digest: (text: string) => string;
}

const KEPT_MS = 10 * 60_000;
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
  // What a dry run of a Secret answers holds its values: it is nowhere kept.
  if (version === undefined || isSecret(request)) return await ask();
  const place = `${key}/${request.fieldManager}/${request.type}`;
  const question = digest(JSON.stringify([request, version]));
  const known = verdicts.get(place);
  if (known?.question === question && known.untilMs > clock()) return known.access;
  const access = await ask();
  verdicts.delete(place);
  if (isVerdict(access)) {
    verdicts.set(place, { question, access, untilMs: clock() + KEPT_MS });
    trim(verdicts);
  }
  return access;
}

function isSecret({ kind }: PatchRequest): boolean {
  return kind.group === '' && kind.kind === 'Secret';
}

/** What the server made of it, and not that it could not be asked. */
function isVerdict({ kind }: Access<KubeObject>): boolean {
  return kind === 'ok' || kind === 'invalid' || kind === 'conflict';
}

function trim(verdicts: Verdicts): void {
  for (const place of verdicts.keys()) {
    if (verdicts.size <= MOST) return;
    verdicts.delete(place);
  }
}
