import { messageOf } from '../base/userError';
import type { AppliedResult, ApplyRequest } from '../model/ports';
import { EngineError } from '../render/engineError';
import { readDocuments } from './clusterSchemas';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import { componentsOf } from './openApiParts';

/**
 * Server-side applies as the API server's own field manager makes them, by the engine: typed by the
 * cluster's OpenAPI, one question a group version. `undefined` where that cannot be told.
 */
export async function applyLocally(
  core: Core,
  session: ClusterSession,
  applies: readonly ApplyRequest[],
  signal: AbortSignal,
): Promise<readonly (AppliedResult | undefined)[]> {
  if (applies.length === 0) return [];
  const versions = new Set(applies.map(({ desired }) => desired.apiVersion));
  await readDocuments(session, versions, signal);
  const answers = new Map<ApplyRequest, AppliedResult>();
  await Promise.all(
    [...versions].map(async (version) => {
      const ofVersion = applies.filter(({ desired }) => desired.apiVersion === version);
      const results = await ask(core, session, ofVersion, signal);
      results.forEach((result, index) => {
        const apply = ofVersion[index];
        if (apply !== undefined) answers.set(apply, result);
      });
    }),
  );
  return applies.map((apply) => answers.get(apply));
}

async function ask(
  core: Core,
  session: ClusterSession,
  applies: readonly ApplyRequest[],
  signal: AbortSignal,
): Promise<readonly AppliedResult[]> {
  const { renderer, log } = core.deps;
  const document = session.openApi.get(applies[0]?.desired.apiVersion ?? '');
  if (document === undefined || renderer.applied === undefined) return [];
  const kinds = new Set(applies.map(({ desired }) => desired.kind));
  try {
    const components = componentsOf(document, kinds);
    return await renderer.applied({ components, applies }, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    log.warn(messageOf(error));
    return [];
  }
}
