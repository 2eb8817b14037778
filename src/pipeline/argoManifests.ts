import type { App } from '../model/app';
import type { RevisionLabel } from '../model/appState';
import type { AccessRefusal } from '../model/cluster';
import { listAt, recordAt, textAt } from '../model/fields';
import type { RenderedObject } from '../model/render';
import type { KubeObject } from '../model/resource';
import { isSecret } from '../model/resource';
import { askArgo } from './argoApi';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

export interface ArgoManifests {
  readonly label: RevisionLabel;
  readonly objects: readonly RenderedObject[];
}

/**
 * What the Argo CD of an app renders of it, for sources that cannot be rendered here; a sentence where
 * it does not say.
 */
export async function argoManifests(
  core: Core,
  app: App,
  signal: AbortSignal,
): Promise<ArgoManifests | string> {
  const session = sessionWith(core, app);
  if (session === undefined) return '';
  const label = revisionOf(app);
  const query = new URLSearchParams({
    appNamespace: app.namespace,
    ...(label.commit === '' ? {} : { revision: label.commit }),
  });
  const path = `/api/v1/applications/${encodeURIComponent(app.name)}/manifests?${query.toString()}`;
  const access = await askArgo(core, session, { method: 'GET', path }, signal);
  if (access.kind !== 'ok') return isNobody(access) ? '' : access.message;
  const texts = listAt(access.value, 'manifests');
  return { label, objects: texts.flatMap(objectOf) };
}

/** The connected cluster that has the Application. */
function sessionWith(core: Core, app: App): ClusterSession | undefined {
  const { controlCluster = '', tool, presence } = app;
  if (tool !== 'argocd' || presence === 'git') return undefined;
  const session = core.clusters.get(controlCluster);
  return session?.connection.kind === 'connected' ? session : undefined;
}

/** What its controller compared with last; else what it follows, which only the server resolves. */
function revisionOf({ reported, follows }: App): RevisionLabel {
  const commit = textAt(reported, 'status', 'sync', 'revision') ?? '';
  const named = follows === undefined ? '' : ` ${follows.revision}`;
  return { ref: commit === '' ? `Argo CD${named}` : 'Argo CD', commit };
}

/** There is no API to ask, of which nothing has to be said. */
function isNobody(refusal: AccessRefusal): boolean {
  return refusal.kind === 'failed' && refusal.status === 0;
}

/** The server puts stars, or pluses, in the place of the values of Secrets. */
const HIDDEN = ['/data', '/stringData'];

function objectOf(text: unknown): readonly RenderedObject[] {
  const object = parsed(text);
  if (object === undefined) return [];
  const rendered = { object, origin: { path: '' }, role: 'resource', generated: [] } as const;
  return [isSecret(object) ? { ...rendered, clusterDependent: HIDDEN } : rendered];
}

function parsed(text: unknown): KubeObject | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    const metadata = recordAt(value, 'metadata');
    const [apiVersion, kind] = [textAt(value, 'apiVersion'), textAt(value, 'kind')];
    if (metadata === undefined || apiVersion === undefined || kind === undefined) return undefined;
    return { ...recordAt(value), apiVersion, kind, metadata };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
