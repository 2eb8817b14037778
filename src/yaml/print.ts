import { stringify } from 'yaml';

const LEADING_KEYS = ['apiVersion', 'kind', 'metadata'];

/**
 * The text of an object as users read it: apiVersion, kind and metadata first, the rest as given,
 * block style, no line folding. Strings that YAML 1.1 (which Kubernetes reads) would take for
 * something else (`yes`, `0644`, `1_000`) are quoted.
 */
export function printYaml(object: unknown): string {
  return stringify(leadingFirst(object), {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: false,
    indentSeq: true,
  });
}

function leadingFirst(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return object;
  const entries = Object.entries(object);
  const leading = LEADING_KEYS.flatMap((key) => entries.filter(([name]) => name === key));
  return Object.fromEntries([
    ...leading,
    ...entries.filter(([name]) => !LEADING_KEYS.includes(name)),
  ]);
}
