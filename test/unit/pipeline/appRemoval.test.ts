import { describe, expect, it } from 'vitest';
import type { App, AppPolicy } from '../../../src/model/app';
import type { ResourceChange } from '../../../src/model/change';
import { cascadeOf, removalOf } from '../../../src/pipeline/appRemoval';
import type { Core } from '../../../src/pipeline/core';
import { argoPolicy, fluxPolicy, helmPolicy } from '../diff/builders';
import { idOf } from './memoryCluster';

const finalizer = 'resources-finalizer.argocd.argoproj.io';

function appOf(kind: App['kind'], policy: AppPolicy, definition: object, more: object = {}): App {
  const names = { namespace: 'shop', name: 'web', key: 'web' };
  return { ...names, kind, policy, definition, ...more } as unknown as App;
}

const argo = (finalizers: readonly string[], more = {}) =>
  appOf('Application', argoPolicy, { metadata: { finalizers } }, more);
const flux = (spec: object, policy: Partial<AppPolicy> = {}) =>
  appOf('Kustomization', { ...fluxPolicy, ...policy }, { spec });

describe('whether an app takes its objects with it', () => {
  it.each<[string, App, boolean, string]>([
    ['Argo CD', argo([finalizer]), true, `it has the finalizer ${finalizer}`],
    ['Argo CD in the background', argo([`${finalizer}/background`]), true, `it has the finalizer`],
    ['Argo CD without a finalizer', argo([]), false, `it has no finalizer ${finalizer}`],
    [
      'as the cluster has it',
      argo([], { reported: { metadata: { finalizers: [finalizer] } } }),
      true,
      'it has the finalizer',
    ],
    ['Flux that prunes', flux({}), true, 'it prunes'],
    ['Flux that does not', flux({}, { prune: false }), false, 'it does not prune'],
    ['Flux that deletes', flux({ deletionPolicy: 'Delete' }, { prune: false }), true, 'is Delete'],
    [
      'Flux that waits',
      flux({ deletionPolicy: 'WaitForTermination' }, { prune: false }),
      true,
      'is WaitForTermination',
    ],
    ['Flux that leaves them', flux({ deletionPolicy: 'Orphan' }), false, 'is Orphan'],
    ['Flux that is suspended', flux({}, { suspended: true }), false, 'it is suspended'],
    ['a HelmRelease', appOf('HelmRelease', helmPolicy, {}), true, 'uninstalls its release'],
    ['a pipeline', appOf('Chart', helmPolicy, {}), false, 'no pipeline deletes'],
  ])('%s', (_name, app, takesObjects, why) => {
    const cascade = cascadeOf(app);
    expect(cascade.takesObjects).toBe(takesObjects);
    expect(cascade.why).toContain(why);
  });
});

describe('what is said of an app that the working copy has no more', () => {
  const change = (name: string, options?: string): ResourceChange => ({
    id: idOf('ConfigMap', name),
    apiVersion: 'v1',
    action: 'removed',
    fields: [],
    notes: [],
    predicted: false,
    before: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        ...(options && { annotations: { 'argocd.argoproj.io/sync-options': options } }),
      },
    },
  });
  const above = (prune: boolean) => {
    const root = { ...argo([]), name: 'root', policy: { ...argoPolicy, prune } };
    return { store: { app: () => ({ app: root }) } } as unknown as Core;
  };
  const renderedBy = { renderedBy: { key: 'root' } };

  it('is what becomes of each object, and who deletes the app', () => {
    const app = argo([finalizer], renderedBy);
    const { changes, notes } = removalOf(above(true), app, [
      change('plain'),
      change('kept', 'Delete=false'),
      change('pruned', 'Prune=false'),
    ]);
    expect(changes.map(({ id, prune }) => `${id.name} ${prune?.fate ?? ''}`)).toEqual([
      'plain deleted',
      'kept kept',
      'pruned deleted',
    ]);
    expect(changes.map((one) => one.notes.map(({ message }) => message))).toEqual([
      [],
      ['Not deleted with its app: argocd.argoproj.io/sync-options is Delete=false.'],
      [],
    ]);
    expect(notes).toEqual([
      {
        kind: 'app-removed',
        message:
          'shop/root, which renders it, prunes it. When Application shop/web is deleted in the cluster, ' +
          `its objects are deleted as well: it has the finalizer ${finalizer}.`,
      },
    ]);
  });

  it('is that they stay where nothing takes them', () => {
    const { changes, notes } = removalOf(above(false), argo([], renderedBy), [change('plain')]);
    expect(changes[0]?.prune).toEqual({
      fate: 'kept',
      protectedBy: [`it has no finalizer ${finalizer}.`],
      waitsFor: [],
    });
    expect(changes[0]?.notes).toEqual([]);
    expect(notes[0]?.message).toBe(
      'shop/root, which renders it, does not prune: it stays until somebody deletes it. ' +
        `When Application shop/web goes, its objects stay in the cluster: it has no finalizer ${finalizer}.`,
    );
  });

  it.each<[string, object, string]>([
    ['nobody', {}, 'No app here renders it, so nothing deletes it by itself.'],
    [
      'a set',
      { generatedBy: { set: { name: 'shops' } } },
      'The ApplicationSet shops deletes it, unless its applicationsSync says otherwise.',
    ],
  ])('names %s who deletes the app', (_name, more, sentence) => {
    const { notes } = removalOf(above(true), argo([], more), []);
    expect(notes[0]?.message).toContain(sentence);
  });
});
