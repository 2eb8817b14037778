import type { App } from '../model/app';
import type { Rendered } from '../model/appState';
import type { Json } from '../model/resource';
import type { FieldRequest } from './fieldOrigins';
import { valueAt } from './jsonValues';

/**
 * The field of the custom resource behind what its controller adds to rendered objects: the
 * destination's namespace (Argo CD), common metadata (Flux).
 */
export function controllerField(
  app: App,
  rendered: Rendered | undefined,
  { resource, pointer }: FieldRequest,
): string | undefined {
  const field = fieldBehind(app, pointer);
  return isRendered(rendered, resource, pointer) ? undefined : field;
}

function fieldBehind({ kind, destination, policy }: App, pointer: string): string | undefined {
  if (pointer === '/metadata/namespace') {
    const isGiven = kind === 'Application' && destination.namespace !== '';
    return isGiven ? '/spec/destination/namespace' : undefined;
  }
  const [, map, name] = /^\/metadata\/(labels|annotations)\/([^/]+)$/.exec(pointer) ?? [];
  if (map === undefined || name === undefined || policy.commonMetadata === undefined) {
    return undefined;
  }
  return `/spec/commonMetadata/${map}/${name}`;
}

/** What the source renders by itself is not the controller's. */
function isRendered(rendered: Rendered | undefined, resource: string, pointer: string): boolean {
  const [group = '', kind = '', , name = ''] = resource.split('/');
  return (rendered?.objects ?? []).some(
    ({ object }) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (group === '' || object.apiVersion.startsWith(`${group}/`)) &&
      valueAt(object as unknown as Json, pointer) !== undefined,
  );
}
