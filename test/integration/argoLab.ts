import type { JsonObject } from '../../src/model/resource';

/** What the tests use of the lab's state. */
export interface ArgoLab {
  readonly gitea: {
    readonly url: string;
    readonly user: string;
    readonly token: string;
    readonly organization: string;
  };
  readonly argocd: { readonly url: string; readonly token: string };
}

/** A call of the API of Gitea or Argo CD. */
export async function ask(
  base: string,
  authorization: string,
  [method, path, body]: readonly [string, string, unknown?],
): Promise<Response> {
  return await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export async function done(response: Promise<Response>): Promise<void> {
  const answer = await response;
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
}

const TRACKING = 'argocd.argoproj.io/tracking-id';

/** Without the tracking that Argo CD adds, by identity; of equal ones the last. */
export function byIdentity(objects: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  const entries = objects.map((object) => {
    const metadata = (object['metadata'] ?? {}) as JsonObject;
    const kept = Object.entries((metadata['annotations'] ?? {}) as JsonObject).filter(
      ([name]) => name !== TRACKING,
    );
    const rest = Object.entries(metadata).filter(([name]) => name !== 'annotations');
    const annotations: readonly (readonly [string, JsonObject])[] =
      kept.length === 0 ? [] : [['annotations', Object.fromEntries(kept)]];
    const key = JSON.stringify([
      object['apiVersion'],
      object['kind'],
      metadata['namespace'],
      metadata['name'],
    ]);
    const own: JsonObject = Object.fromEntries([...rest, ...annotations]);
    return [key, { ...object, metadata: own }] as const;
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}
