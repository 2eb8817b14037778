import type { Access, PatchRequest } from '../../model/cluster';
import { definedFields, listAt, recordAt, textAt, textsAt, valueAt } from '../../model/fields';
import type { KubeObject } from '../../model/resource';
import { appPath, asApplication } from './apps';
import type { ArgoInstance } from './instance';

const REFRESH = 'argocd.argoproj.io/refresh';

/**
 * What a plan writes to an Application, as calls of the API: the annotation that asks for a refresh,
 * and the operation of a sync. The server judges both by the rights of the user there.
 */
export async function writeApplication(
  instance: ArgoInstance,
  { id, body }: PatchRequest,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const refresh = textAt(body, 'metadata', 'annotations', REFRESH);
  if (refresh !== undefined) {
    // It answers once the controller has looked.
    const path = appPath(id, '', { refresh });
    return asApplication(
      await instance.ask({ method: 'GET', path, resource: 'applications' }, signal),
    );
  }
  const operation = recordAt(body, 'operation');
  if (operation === undefined) {
    return { kind: 'failed', status: 0, message: 'The API of Argo CD has no call for this.' };
  }
  const path = appPath(id, '/sync');
  const request = { ...syncRequest(operation), name: id.name, appNamespace: id.namespace };
  return asApplication(
    await instance.ask({ method: 'POST', path, body: request, resource: 'applications' }, signal),
  );
}

/** `ApplicationSyncRequest` of `server/application/application.proto`. */
function syncRequest(operation: unknown): Readonly<Record<string, unknown>> {
  const options = textsAt(operation, 'sync', 'syncOptions');
  const infos = listAt(operation, 'info');
  return {
    prune: valueAt(operation, 'sync', 'prune') === true,
    ...definedFields({
      revision: textAt(operation, 'sync', 'revision'),
      retryStrategy: recordAt(operation, 'retry'),
    }),
    ...(options.length === 0 ? {} : { syncOptions: { items: options } }),
    ...(infos.length === 0 ? {} : { infos }),
  };
}
