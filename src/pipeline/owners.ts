import type { App } from '../model/app';
import type { OwnerRule } from '../repo/codeOwners';
import { OWNERS_PATHS, ownersOf, parseCodeOwners } from '../repo/codeOwners';
import type { Core } from './core';

/** Apps with who owns their source or, where nobody does, their definition. */
export function withOwners(core: Core, apps: readonly App[]): readonly App[] {
  const rules = new Map(
    [...core.roots.values()].flatMap(({ root, texts }) => {
      const text = OWNERS_PATHS.map((path) => texts.get(path)).find((one) => one !== undefined);
      return text === undefined ? [] : [[root, parseCodeOwners(text)] as const];
    }),
  );
  if (rules.size === 0) return apps;
  return apps.map((app) => {
    const owners = ownersOfApp(app, rules);
    return owners.length === 0 ? app : { ...app, owners };
  });
}

function ownersOfApp(
  { source, definedIn }: App,
  rules: ReadonlyMap<string, readonly OwnerRule[]>,
): readonly string[] {
  const ofSource =
    source.kind === 'local' ? ownersOf(rules.get(source.root) ?? [], source.render.path) : [];
  if (ofSource.length > 0 || definedIn === undefined) return ofSource;
  return ownersOf(rules.get(definedIn.root) ?? [], definedIn.path);
}
