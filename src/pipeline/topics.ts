import type { App } from '../model/app';
import type { Lookup } from '../model/clusterFacts';
import { groupOf, resourceKey } from '../model/resource';
import type { ResourceId } from '../model/resource';
import { entryOf } from './core';
import type { Core } from './core';
import type { ClusterSession } from './clusterSession';
import { storageOf } from './releases';

/**
 * What apps are compared by, beside their own objects, in words like the keys of objects: an object
 * that moves touches its own key and all the topics that it belongs to.
 */
export type Topic = string;

/** How keys of definitions of kinds begin. */
export const DEFINITIONS = 'apiextensions.k8s.io/CustomResourceDefinition/';

/** `pkg/storage`: where Helm keeps one revision of a release. */
const RELEASE = /^\/Secret\/[^/]+\/sh\.helm\.release\.v1\.(.+)\.v\d+$/;

export function topicsOfKey(key: string): readonly Topic[] {
  const [group = '', kind = '', namespace = ''] = key.split('/');
  const release = RELEASE.exec(key)?.[1];
  return [
    key,
    allOf(group, kind, namespace),
    allOf(group, kind, ''),
    ...(release === undefined ? [] : [releaseTopic(namespace, release)]),
  ];
}

/** Any object of a kind, in one namespace or (`''`) in all. */
export function allOf(group: string, kind: string, namespace: string): Topic {
  return `${group}/${kind}/${namespace === '' ? '*' : namespace}/*`;
}

function releaseTopic(namespace: string, name: string): Topic {
  return `helm/${namespace}/${name}`;
}

/** Keeps what each app was compared by: it is compared again when any of it moves. */
export function noteReaders(
  core: Core,
  session: ClusterSession,
  keys: readonly string[],
  prepared: readonly { readonly key: string; readonly ids: readonly ResourceId[] }[],
): void {
  const read = new Map(prepared.map(({ key, ids }) => [key, ids.map(resourceKey)]));
  for (const key of keys) {
    const app = core.store.app(key)?.app;
    if (app === undefined) continue;
    // What could not be prepared may be once something else is there.
    const objects = read.get(key) ?? session.readers.get(key) ?? [];
    session.readers.set(key, new Set([...objects, ...appTopics(core, session, app)]));
  }
}

function appTopics(core: Core, session: ClusterSession, app: App): readonly Topic[] {
  const storage = storageOf(app);
  const lookups = entryOf(core, app.key).release?.lookups ?? [];
  return [
    ...(storage === undefined ? [] : [releaseTopic(storage.namespace, storage.name)]),
    ...lookups.map((one) => lookupTopic(session, one)),
  ];
}

function lookupTopic({ kinds }: ClusterSession, { apiVersion, kind, namespace, name }: Lookup) {
  const group = groupOf(apiVersion);
  const served = kinds.find((one) => one.group === group && one.kind === kind);
  const place = served?.namespaced === false ? '' : namespace;
  return name === ''
    ? allOf(group, kind, place)
    : resourceKey({ group, kind, namespace: place, name });
}
