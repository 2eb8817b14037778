import type { App } from '../model/app';
import type { RenderedObject } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { ValidateRequest } from '../validate/validator';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

/**
 * What the app's destination says of the objects' kinds: its own OpenAPI documents of their group
 * versions and what it serves. Nothing where it is not connected.
 */
export async function destinationFacts(
  core: Core,
  app: App,
  objects: readonly RenderedObject[],
  signal: AbortSignal,
): Promise<Pick<ValidateRequest, 'openApi' | 'destination'>> {
  const name = app.destinationCluster;
  const session = name === undefined ? undefined : core.clusters.get(name);
  if (session?.cluster === undefined) return {};
  const versions = new Set(objects.map(({ object }) => object.apiVersion));
  await readDocuments(session, versions, signal);
  return {
    openApi: session.openApi,
    ...(session.served === undefined ? {} : { destination: session.served }),
  };
}

/** Each document is read once a session; one that may not be read is not asked for again. */
export async function readDocuments(
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
}

function isServed(session: ClusterSession, apiVersion: string): boolean {
  return session.kinds.some(({ group, version }) =>
    group === '' ? version === apiVersion : `${group}/${version}` === apiVersion,
  );
}
