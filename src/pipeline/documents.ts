import type { AppState, LiveComparison } from '../model/appState';
import type { ResourceChange } from '../model/change';
import type { KubeObject } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { AppDocument, DocumentRequest, DocumentText, Refusal } from '../model/workbench';
import { maskObject } from '../diff/mask';
import { printYaml } from '../yaml/print';
import type { Core } from './core';
import { desiredOf } from './desired';
import { lastComparison } from './localComparison';
import { sourceText } from './otherFiles';
import { lastGood } from './renderRequests';
import { describeRevision } from './revisions';
import { strayText } from './strayDocument';
import { wholeObjects } from './wholeObjects';

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}

/** The masked text of one side of one object, or of all objects of an app. */
export async function documentText(
  core: Core,
  request: DocumentRequest,
): Promise<DocumentText | Refusal> {
  if (request.kind === 'stray') return await strayText(core, request, core.lifetime.signal);
  const state = core.store.app(request.appKey);
  if (state === undefined) return refuse('This app is not there any more.');
  return await appText(core, state, request);
}

async function appText(
  core: Core,
  state: AppState,
  request: AppDocument,
): Promise<DocumentText | Refusal> {
  switch (request.kind) {
    case 'rendered':
      return await renderedText(core, state);
    case 'live':
    case 'desired':
      return liveSide(state, request.kind, request.resource);
    case 'source':
      return await sourceText(core, state, request);
    case 'target':
    case 'working':
      return await localSide(core, state, request);
  }
}

function textOf(object: KubeObject | undefined): string {
  return object === undefined ? '' : printYaml(object);
}

async function renderedText(core: Core, state: AppState): Promise<DocumentText | Refusal> {
  const objects = await workingObjects(core, state);
  if (objects === undefined) return refuse('This app has not been rendered yet.');
  if ('reason' in objects) return objects;
  return { text: objects.map(printYaml).join('---\n'), label: 'working copy' };
}

/** What the controller would apply from the working copy, masked. */
async function workingObjects(
  core: Core,
  state: AppState,
): Promise<readonly KubeObject[] | Refusal | undefined> {
  const rendered =
    state.working.kind === 'rendered' ? state.working.desired : lastGood(state.working).lastGood;
  if (rendered === undefined) return undefined;
  const { signal } = core.lifetime;
  const objects = await wholeObjects(core, { app: state.app, rendered }, signal);
  if (typeof objects === 'string') return refuse(objects);
  const desired = await desiredOf(core, state.app, objects);
  return desired.map(({ object }) => maskObject(object, core.deps.digest));
}

function liveSide(
  state: AppState,
  side: 'live' | 'desired',
  resource: string,
): DocumentText | Refusal {
  const comparison = lastLive(state);
  if (comparison === undefined) {
    return refuse('This app has not been compared with its cluster yet.');
  }
  const change = find(comparison.changes, resource);
  const label = side === 'live' ? `live · ${comparison.cluster}` : `Git · ${gitLabel(comparison)}`;
  if (change === undefined) return refuse('The app no longer has this object.');
  return { text: textOf(side === 'live' ? change.before : change.after), label };
}

function lastLive({ live }: AppState): LiveComparison | undefined {
  if (live.kind === 'compared') return live.comparison;
  return live.kind === 'unread' ? undefined : live.last;
}

function gitLabel({ desiredRevision }: LiveComparison): string {
  return desiredRevision.commit === '' ? desiredRevision.ref : describeRevision(desiredRevision);
}

function find(changes: readonly ResourceChange[], resource: string): ResourceChange | undefined {
  return changes.find((change) => resourceKey(change.id) === resource);
}

async function localSide(
  core: Core,
  state: AppState,
  request: { readonly kind: 'target' | 'working'; readonly resource: string },
): Promise<DocumentText | Refusal> {
  const comparison = lastComparison(state.local);
  const target = comparison === undefined ? 'Git' : `Git · ${describeRevision(comparison.against)}`;
  const label = request.kind === 'target' ? target : 'working copy';
  const change = comparison && find(comparison.changes, request.resource);
  if (change !== undefined) {
    return { text: textOf(request.kind === 'target' ? change.before : change.after), label };
  }
  const text = await unchangedText(core, state, request.resource);
  return typeof text === 'string' ? { text, label } : text;
}

/** Of an object that is the same on both sides. */
async function unchangedText(
  core: Core,
  state: AppState,
  resource: string,
): Promise<string | Refusal> {
  const objects = (await workingObjects(core, state)) ?? [];
  if ('reason' in objects) return objects;
  const same = objects.find((object) => resourceKey(resourceIdOf(object)) === resource);
  return same === undefined ? refuse('The app no longer has this object.') : textOf(same);
}
