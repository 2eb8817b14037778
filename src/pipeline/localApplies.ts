import { messageOf } from '../base/userError';
import type { AppliedResult, ApplyRequest } from '../model/ports';
import type { JsonObject } from '../model/resource';
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
        if (apply !== undefined && result !== undefined) answers.set(apply, result);
      });
    }),
  );
  return applies.map((apply) => answers.get(apply));
}

interface Types {
  readonly document: JsonObject;
  /** Of the cluster itself. */
  readonly isOwn: boolean;
}

/**
 * An Argo CD tells nothing of schemas. How lists of the built-in kinds are merged is the same in all
 * versions of Kubernetes, as far as a kind is in both.
 */
async function typesOf(
  { deps }: Core,
  session: ClusterSession,
  apiVersion: string,
): Promise<Types | undefined> {
  const own = session.openApi.get(apiVersion);
  if (own !== undefined) return { document: own, isOwn: true };
  if (session.cluster?.argo === undefined) return undefined;
  const document = await deps.schemas.document(apiVersion);
  return document && { document, isOwn: false };
}

async function ask(
  core: Core,
  session: ClusterSession,
  applies: readonly ApplyRequest[],
  signal: AbortSignal,
): Promise<readonly (AppliedResult | undefined)[]> {
  const { renderer, log } = core.deps;
  const types = await typesOf(core, session, applies[0]?.desired.apiVersion ?? '');
  if (types === undefined || renderer.applied === undefined) return [];
  const kinds = new Set(applies.map(({ desired }) => desired.kind));
  try {
    const components = componentsOf(types.document, kinds);
    const results = await renderer.applied({ components, applies }, signal);
    // What the cluster would refuse is only known by its own schemas.
    return types.isOwn ? results : results.map((one) => ('refused' in one ? undefined : one));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    log.warn(messageOf(error));
    return [];
  }
}
