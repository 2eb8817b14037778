import type { Steps } from '../base/pacer';
import type { RenderedBy } from '../model/app';
import type { ParsedFile } from '../model/render';
import { groupOf, type JsonObject } from '../model/resource';
import { objectAt, objectsAt, textAt } from './fields';

/** A Kubernetes object in a source file. */
export interface Manifest {
  readonly object: JsonObject;
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: string;
  readonly line: number;
  /** Of an object as an app renders it. */
  readonly rendered?: RenderedPlace;
}

/** What becomes of a definition in the app that renders it. */
export interface RenderedPlace {
  readonly by: RenderedBy;
  /** Where the controller puts it. */
  readonly namespace: string;
  /** Values of Secrets went into what the app above renders. */
  readonly secret: boolean;
  /** Ends keys; tells apart what several apps make of one file. */
  readonly suffix: string;
  /** Identity in the file, which keys keep. */
  readonly written?: { readonly namespace: string; readonly name: string };
}

/** Groups without a dot that Kubernetes serves; others of that shape are formats of local tools. */
const SHORT_GROUPS: ReadonlySet<string> = new Set([
  '',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'extensions',
]);
/** Files in the shape of an object that are never sent to an API server. */
const LOCAL_GROUPS =
  /(^|\.)config\.k8s\.io$|^(kind\.x-k8s\.io|kubeadm\.k8s\.io|audit\.k8s\.io|client\.authentication\.k8s\.io|backstage\.io|tilt\.dev|ctlptl\.dev)$/;

/** Every object of the files, those inside a `List` one by one. */
export function* manifestSteps(files: Iterable<ParsedFile>): Steps<readonly Manifest[]> {
  const found: Manifest[] = [];
  for (const file of files) {
    for (const { value, line } of file.documents) {
      for (const object of expandList(value)) {
        const manifest = asManifest(object, file.path, line);
        if (manifest !== undefined) found.push(manifest);
      }
    }
    yield;
  }
  return found;
}

function asManifest(object: JsonObject, path: string, line: number): Manifest | undefined {
  const apiVersion = textAt(object, 'apiVersion');
  const kind = textAt(object, 'kind');
  if (apiVersion === undefined || kind === undefined) return undefined;
  return isServable(apiVersion, kind) ? { object, apiVersion, kind, path, line } : undefined;
}

function isServable(apiVersion: string, kind: string): boolean {
  const shape = /^([a-z0-9.-]+\/)?v\d+((alpha|beta)\d+)?$/.test(apiVersion);
  const group = groupOf(apiVersion);
  const known = group.includes('.') ? !LOCAL_GROUPS.test(group) : SHORT_GROUPS.has(group);
  // `v1` `Config` is a kubeconfig.
  return shape && known && /^[A-Z]/.test(kind) && !(apiVersion === 'v1' && kind === 'Config');
}

function expandList(value: JsonObject): readonly JsonObject[] {
  const isList = value['apiVersion'] === 'v1' && value['kind'] === 'List';
  return isList ? objectsAt(value, 'items').flatMap(expandList) : [value];
}

export function nameOf(object: JsonObject): string {
  return textAt(objectAt(object, 'metadata'), 'name') ?? '';
}

export function namespaceOf(object: JsonObject): string | undefined {
  return textAt(object, 'metadata', 'namespace');
}
