import type { HiddenSecret } from '../../model/argo';
import { listAt, recordAt, textAt } from '../../model/fields';
import type { KubeObject, ResourceId } from '../../model/resource';
import { resourceKey } from '../../model/resource';

/** One entry of `managed-resources` (`ResourceDiff` of Argo CD's `types.go`). */
export interface ArgoItem {
  readonly id: ResourceId;
  /** As the cluster has it, managed fields and all; absent where it has none. */
  readonly live: KubeObject | undefined;
  /** As Git has it, at the revision that Argo CD compared with. */
  readonly target: () => KubeObject | undefined;
  /** What a sync would make of it, and what it is, both without what Argo CD ignores. */
  readonly states: () => { readonly now: unknown; readonly predicted: unknown };
}

/** By `resourceKey`. */
export function itemsOf(answer: unknown): ReadonlyMap<string, ArgoItem> {
  return new Map(
    listAt(answer, 'items').flatMap((entry) => {
      const item = itemOf(entry);
      return item === undefined ? [] : [[resourceKey(item.id), item] as const];
    }),
  );
}

function itemOf(entry: unknown): ArgoItem | undefined {
  const id = resourceOf(entry);
  if (id === undefined) return undefined;
  const state = (name: string): unknown => parsed(textAt(entry, name));
  return {
    id,
    live: asObject(state('liveState')),
    target: () => asObject(state('targetState')),
    states: () => ({ now: state('normalizedLiveState'), predicted: state('predictedLiveState') }),
  };
}

/** What `status.resources` and `managed-resources` both name an object by. */
export function resourceOf(entry: unknown): ResourceId | undefined {
  const kind = textAt(entry, 'kind');
  const name = textAt(entry, 'name');
  if (kind === undefined || name === undefined) return undefined;
  const group = textAt(entry, 'group') ?? '';
  return { group, kind, namespace: textAt(entry, 'namespace') ?? '', name };
}

/** An object of the API, which gives those in lists no type. */
export function asObject(
  value: unknown,
  type?: { readonly apiVersion: string; readonly kind: string },
): KubeObject | undefined {
  const metadata = recordAt(value, 'metadata');
  const apiVersion = textAt(value, 'apiVersion') ?? type?.apiVersion;
  const kind = textAt(value, 'kind') ?? type?.kind;
  if (metadata === undefined || apiVersion === undefined || kind === undefined) return undefined;
  return { ...recordAt(value), apiVersion, kind, metadata };
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The server writes the same row of pluses for equal values of one key, and a longer one for another
 * value (gitops-engine `HideSecretData`): that tells which are equal, and is never taken for a value.
 */
export function hiddenSecret({ live, target }: ArgoItem): HiddenSecret | undefined {
  if (live === undefined) return undefined;
  const wanted = recordAt(target(), 'data') ?? {};
  const applied = asObject(parsed(live.metadata.annotations?.[LAST_APPLIED]));
  const before = { ...recordAt(applied, 'data'), ...recordAt(applied, 'stringData') };
  const hidden = (secret: KubeObject): Pick<HiddenSecret, 'object' | 'keys'> => {
    const { data, stringData, ...rest } = secret;
    const values = { ...recordAt(data), ...recordAt(stringData) };
    const keys = new Map(
      Object.entries(values).map(([key, value]) => {
        if (Object.hasOwn(wanted, key) && wanted[key] === value) return [key, 'same'] as const;
        const isApplied = Object.hasOwn(before, key) && before[key] === value;
        return [key, isApplied ? 'applied' : 'other'] as const;
      }),
    );
    const { metadata } = secret;
    const annotations = without(metadata.annotations ?? {}, LAST_APPLIED);
    return { object: { ...rest, metadata: { ...metadata, annotations } }, keys };
  };
  return { ...hidden(live), ...(applied === undefined ? {} : { applied: hidden(applied) }) };
}

export function without<T>(
  fields: Readonly<Record<string, T>>,
  name: string,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

/**
 * What a sync makes of a live object by Argo CD's own word: the changes between two states of which
 * it has taken away what it ignores, made to the whole object.
 */
export function carried(live: unknown, from: unknown, to: unknown): unknown {
  if (isSame(from, to)) return live;
  const [before, after, now] = [recordAt(from), recordAt(to), recordAt(live)];
  if (before === undefined || after === undefined || now === undefined) return to;
  const keys = new Set([...Object.keys(now), ...Object.keys(after)]);
  const fields = [...keys].flatMap((key) => {
    const isGone = Object.hasOwn(before, key) && !Object.hasOwn(after, key);
    if (isGone) return [];
    return [[key, carried(now[key], before[key], after[key])] as const];
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** Equal as JSON, in whatever order the fields are. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  }
  const [one, other] = [recordAt(a), recordAt(b)];
  if (one === undefined || other === undefined) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isSame(one[key], other[key]));
}
