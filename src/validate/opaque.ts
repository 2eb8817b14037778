import { pointerTokens } from '../base/pointer';
import { holdsPipelineValue } from '../model/placeholder';
import type { KubeObject } from '../model/resource';
import { valueAt } from './fieldPath';

const SOPS_VALUE = /^ENC\[[A-Z0-9_]+,/;
const VAULT_PLACEHOLDER = /<path:[^>]+>/;
const ANY_PLACEHOLDER = /<[^>\s]+>/;

/**
 * Whether the text stands for something that is only known in the cluster: a value that SOPS
 * encrypted, what only a run of its pipeline knows, or a placeholder of the Argo CD Vault Plugin (`<path:…>`, and `<name>` in objects with
 * its path annotation). Nothing can be said of the form of what it becomes.
 */
export function isOpaque(value: unknown, object: KubeObject): boolean {
  if (typeof value !== 'string') return false;
  if (SOPS_VALUE.test(value) || VAULT_PLACEHOLDER.test(value)) return true;
  if (holdsPipelineValue(value)) return true;
  const annotations = object.metadata?.annotations;
  return annotations?.['avp.kubernetes.io/path'] !== undefined && ANY_PLACEHOLDER.test(value);
}

/** SOPS keeps its own data in a top-level field, which whoever decrypts the object takes away. */
export function isSopsMetadata(pointer: string, object: KubeObject): boolean {
  return pointerTokens(pointer)[0] === 'sops' && typeof valueAt(object, '/sops/mac') === 'string';
}
