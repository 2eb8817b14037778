import type { App } from '../model/app';
import type { Rendered } from '../model/appState';
import type { OriginPlace } from '../model/origin';
import type { Json } from '../model/resource';
import { locate } from '../yaml/locate';
import type { Core } from './core';
import { snapshotOf } from './discovery';
import { textOf } from './fileFacts';
import { ownDocument } from './definitionOrigins';
import type { FieldRequest } from './fieldOrigins';
import { scalarText, valueAt } from './jsonValues';

interface Added {
  readonly app: App;
  readonly rendered: Rendered | undefined;
  readonly request: FieldRequest;
}

/**
 * The field of the custom resource behind what its controller adds to rendered objects: the
 * destination's namespace (Argo CD), common metadata (Flux).
 */
export async function controllerPlaces(
  core: Core,
  { app, rendered, request }: Added,
): Promise<readonly OriginPlace[]> {
  const { pointer, resource } = request;
  const field = fieldBehind(app, pointer);
  const own = field === undefined ? undefined : ownDocument(core, app);
  if (field === undefined || own === undefined || isRendered(rendered, resource, pointer))
    return [];
  if (scalarText(valueAt(own.value, field)) === undefined) return [];
  const { root, path, documentIndex } = own;
  const range = locate(await textOf(core, snapshotOf(root), path), documentIndex, field);
  if (range === undefined) return [];
  const { line, column } = range;
  const label = `${path}: ${field.slice(1).replaceAll('/', '.')}`;
  return [{ root: root.root, path, line, column, kind: 'transformer', label, direct: true }];
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
