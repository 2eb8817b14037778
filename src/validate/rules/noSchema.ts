import type { BatchRule } from './rule';

/** Says once a kind that its fields were not checked. `List` has no meaning of its own to check. */
export const noSchemaRule: BatchRule = ({ objects, hasSchema }) => {
  const told = new Set<string>();
  return objects.flatMap(({ object }, index) => {
    const kind = `${object.apiVersion}/${object.kind}`;
    if (hasSchema(index) || told.has(kind) || object.kind.endsWith('List')) return [];
    told.add(kind);
    const message = `no schema is known for ${object.kind} of ${object.apiVersion}, its fields are not checked`;
    return [{ index, finding: { severity: 'info', code: 'no-schema', message } as const }];
  });
};
