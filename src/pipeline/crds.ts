import type { JsonObject, KubeObject } from '../model/resource';
import type { Core } from './core';
import { share } from './share';

function isCrd(value: JsonObject): boolean {
  return value['kind'] === 'CustomResourceDefinition' && typeof value['metadata'] === 'object';
}

/** The kinds that the repositories define themselves: their scope and their schemas. */
export function rememberCrds(core: Core): void {
  const found = [...core.roots.values()].flatMap((entry) =>
    [...entry.parsed.values()].flatMap((file) =>
      file.documents.map((document) => document.value).filter(isCrd),
    ),
  );
  const crds = share(core.crds, found as unknown as readonly KubeObject[]);
  if (crds === core.crds) return;
  core.crds = crds;
  core.schemas = core.deps.schemas.withCrds(crds);
}
