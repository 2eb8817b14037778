import type { App } from '../model/app';
import type { RenderedObject } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { Schemas } from '../validate/schemas';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

/**
 * The schemas that the app's destination would check with: its own OpenAPI documents of the group
 * versions that the objects have, where it is connected; else what the repository and Plumbline know.
 */
export async function schemasFor(
  core: Core,
  app: App,
  objects: readonly RenderedObject[],
  signal: AbortSignal,
): Promise<Schemas> {
  const name = app.destinationCluster;
  const session = name === undefined ? undefined : core.clusters.get(name);
  if (session?.cluster === undefined) return core.schemas;
  const versions = new Set(objects.map(({ object }) => object.apiVersion));
  await readDocuments(session, versions, signal);
  session.schemas ??= core.schemas.withCluster(session.openApi);
  return session.schemas;
}

/** Each document is read once a session; one that may not be read is not asked for again. */
async function readDocuments(
  session: ClusterSession,
  versions: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = [...versions].filter((version) => isServed(session, version));
  const unread = wanted.filter((version) => !session.openApiAsked.has(version));
  for (const version of unread) session.openApiAsked.add(version);
  const documents = await Promise.all(
    unread.map(async (version): Promise<[string, JsonObject][]> => {
      const access = await session.cluster?.openApi(version, signal);
      return access?.kind === 'ok' ? [[version, access.value]] : [];
    }),
  );
  if (documents.flat().length === 0) return;
  session.openApi = new Map([...session.openApi, ...documents.flat()]);
  session.schemas = undefined;
}

function isServed(session: ClusterSession, apiVersion: string): boolean {
  return session.kinds.some(({ group, version }) =>
    group === '' ? version === apiVersion : `${group}/${version}` === apiVersion,
  );
}
