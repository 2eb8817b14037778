import type { ResourceId } from './resource';

/** Whose an object says it is, by the marks of the tool that made it. */
export interface Claim {
  readonly kind: 'Application' | 'Kustomization' | 'release';
  /** Of an Application: the name by which Argo CD tracks it. */
  readonly name: string;
  /** Empty for an Application. */
  readonly namespace: string;
}

/** Objects that are left behind: their cluster does not have the app or release that made them. */
export interface Stray {
  readonly claim: Claim;
  /** At least one, in the order of their kinds and names. */
  readonly ids: readonly ResourceId[];
}

export function claimKey({ kind, namespace, name }: Claim): string {
  return `${kind} ${namespace}/${name}`;
}

/** `Kustomization flux-system/apps`, `Helm release shop/web`. */
export function claimLabel({ kind, namespace, name }: Claim): string {
  const full = namespace === '' ? name : `${namespace}/${name}`;
  return `${kind === 'release' ? 'Helm release' : kind} ${full}`;
}

/** Why nothing prunes one of its objects. */
export function strayReason(claim: Claim): string {
  return `It belongs to the ${goneWords(claim)}: nothing here prunes it.`;
}

const MOST_NAMED = 3;

/** All of it in one sentence, with the first few objects by name. */
export function straySentence({ claim, ids }: Stray): string {
  const shown = ids.slice(0, MOST_NAMED).map(idWords).join(', ');
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const [verb, them] = ids.length === 1 ? ['belongs', 'it'] : ['belong', 'them'];
  return `${shown}${more} ${verb} to the ${goneWords(claim)}: nothing here prunes ${them}.`;
}

function goneWords(claim: Claim): string {
  return `${claimLabel(claim)}, which this cluster does not have`;
}

/** `ConfigMap shop/flags`. */
export function idWords({ kind, namespace, name }: ResourceId): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}

export function countObjects(strays: readonly Stray[]): number {
  return strays.reduce((count, { ids }) => count + ids.length, 0);
}
