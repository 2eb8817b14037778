/** What a command acts on: carried by tree rows, lenses, hovers and diff documents. */
export type Target =
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'app'; readonly appKey: string }
  | {
      readonly kind: 'resource';
      readonly appKey: string;
      /** `resourceKey` of the object. */
      readonly resource: string;
    }
  | { readonly kind: 'file'; readonly root: string; readonly path: string; readonly line?: number };

const KINDS: Readonly<Record<Target['kind'], readonly string[]>> = {
  cluster: ['cluster'],
  app: ['appKey'],
  resource: ['appKey', 'resource'],
  file: ['root', 'path'],
};

/**
 * The target in a command's argument. Arguments come from menus, links in hovers and key bindings of
 * the user, so nothing about them is taken on trust.
 */
export function targetOf(argument: unknown): Target | undefined {
  if (!isRecord(argument)) return undefined;
  if (isRecord(argument['target'])) return targetOf(argument['target']);
  const kind = argument['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) return undefined;
  const fields = KINDS[kind as Target['kind']];
  if (!fields.every((field) => typeof argument[field] === 'string')) return undefined;
  return argument as unknown as Target;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
