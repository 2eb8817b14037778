import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import { policyOf } from '../../../src/diff/objectPolicy';
import { forceNotes, recreationOf } from '../../../src/diff/recreation';
import type { AppPolicy } from '../../../src/model/app';
import type { AccessRefusal } from '../../../src/model/cluster';
import type { KubeObject } from '../../../src/model/resource';
import { resourceIdOf } from '../../../src/model/resource';
import { argoPolicy, desired, digest, fluxPolicy, helmPolicy } from './builders';

const options = 'argocd.argoproj.io/sync-options';
const onServer: AppPolicy = { ...argoPolicy, comparison: 'server-side' };
const tried: AppPolicy = { ...argoPolicy, asksServer: true };
const whole: AppPolicy = { ...argoPolicy, replaces: true };

function web(words = '', kind = 'Deployment', apiVersion = 'apps/v1'): KubeObject {
  const annotations: Record<string, string> = words === '' ? {} : { [options]: words };
  return { apiVersion, kind, metadata: { name: 'web', namespace: 'shop', annotations } };
}

const replaceAlone = 'Replace=true makes it anew only with Force=true.';
const unforced = 'Force=true fails with ServerSideApply.';
const uncompared =
  'ServerSideDiff fails on it: Argo CD says Unknown of the app and does not sync it by itself.';

/** Each row is what Argo CD 3.2.6 did with another selector of a Deployment. */
describe('an immutable change in Argo CD', () => {
  it.each<[string, AppPolicy, string, boolean, string | undefined]>([
    ['no word', argoPolicy, '', false, undefined],
    ['force', argoPolicy, 'Prune=false, Force=true', true, undefined],
    ['a replacement', argoPolicy, 'Replace=true', false, replaceAlone],
    ['a replacement of the whole app', whole, '', false, replaceAlone],
    ['a forced replacement', argoPolicy, 'Force=true,Replace=true', true, undefined],
    ['force in an app of replacements', whole, 'Force=true', true, undefined],
    ['force of the app, which it does not hear', withOption('Force=true'), '', false, undefined],
    ['force on the server', onServer, 'Force=true', false, unforced],
    [
      'force on the server by its own word',
      argoPolicy,
      'Force=true,ServerSideApply=true',
      false,
      unforced,
    ],
    [
      'force on the client by its own word',
      onServer,
      'Force=true,ServerSideApply=false',
      true,
      undefined,
    ],
    [
      'a forced replacement in an app on the server',
      onServer,
      'Force=true,Replace=true',
      true,
      undefined,
    ],
    ['server-side diff', tried, '', false, uncompared],
    ['force with server-side diff', tried, 'Force=true', true, uncompared],
    [
      'a replacement with server-side diff',
      tried,
      'Replace=true',
      false,
      `${replaceAlone} ${uncompared}`,
    ],
  ])('by %s', (_name, policy, words, isRecreated, because) => {
    const object = web(words);
    const expected = { isRecreated, ...(because === undefined ? {} : { because }) };
    expect(recreationOf(policy, object)).toEqual(expected);
    expect(recreationOf(policyOf(policy, object), object)).toEqual(expected);
  });

  function withOption(option: string): AppPolicy {
    return { ...argoPolicy, syncOptions: [option] };
  }
});

describe('an immutable change elsewhere', () => {
  const forced = (value: string): KubeObject => ({
    ...web(),
    metadata: { name: 'web', annotations: { 'kustomize.toolkit.fluxcd.io/force': value } },
  });

  it.each<[string, AppPolicy, KubeObject, boolean]>([
    ['Flux', fluxPolicy, web(), false],
    ['Flux by spec.force', { ...fluxPolicy, recreates: true }, web(), true],
    ['Flux by a word of the object', fluxPolicy, forced('Enabled'), true],
    ['Flux by another word', fluxPolicy, forced('disabled'), false],
    ['Flux, which hears no word of Argo CD', fluxPolicy, web('Force=true'), false],
    ['Argo CD, which hears no word of Flux', argoPolicy, forced('enabled'), false],
    ['helm', helmPolicy, web(), false],
    ['helm by upgrade.force', { ...helmPolicy, recreates: true }, web(), true],
  ])('%s', (_name, policy, object, isRecreated) => {
    expect(recreationOf(policy, object).isRecreated).toBe(isRecreated);
  });
});

describe('force, whatever has changed', () => {
  const outOfSyncOnly: AppPolicy = { ...whole, syncOptions: ['ApplyOutOfSyncOnly=true'] };
  const anew = 'Each sync deletes it and makes it anew: it has Force=true and Replace=true.';
  it.each<[string, AppPolicy, KubeObject, boolean, readonly string[]]>([
    ['no word', argoPolicy, web(), true, []],
    ['force alone', argoPolicy, web('Force=true'), true, []],
    ['on the server', onServer, web('Force=true'), true, [`Will be refused: ${unforced}`]],
    ['on the server without a change', onServer, web('Force=true'), false, []],
    ['a replacement', argoPolicy, web('Force=true,Replace=true'), true, [anew]],
    ['a replacement without a change', whole, web('Force=true'), false, [anew]],
    ['what is applied only where it differs', outOfSyncOnly, web('Force=true'), true, [anew]],
    ['what is not applied', outOfSyncOnly, web('Force=true'), false, []],
    ['a Namespace', whole, web('Force=true', 'Namespace', 'v1'), true, []],
    [
      'a definition',
      whole,
      web('Force=true', 'CustomResourceDefinition', 'apiextensions.k8s.io/v1'),
      true,
      [],
    ],
    ['another tool', fluxPolicy, web('Force=true,Replace=true'), true, []],
  ])('%s', (_name, policy, object, differs, messages) => {
    expect(forceNotes(policy, object, differs).map(({ message }) => message)).toEqual(messages);
  });
});

describe('the notes of a live comparison', () => {
  const git = { ...web('Force=true'), spec: { replicas: 3 } };
  const live = { ...web('Force=true'), spec: { replicas: 2 } };
  const notes = (policy: AppPolicy, more: object = {}): readonly string[] => {
    const pair = { id: resourceIdOf(git), desired: desired(git), live };
    return compareLive({
      pair,
      policy,
      appliedKnown: false,
      targetKnown: false,
      workingKnown: false,
      digest,
      ...more,
    }).notes.map(({ kind, message }) => `${kind}: ${message}`);
  };

  it('say that a forced apply on the server fails', () => {
    expect(notes(onServer)).toContain(`refused: Will be refused: ${unforced}`);
    expect(notes(argoPolicy)).toEqual([]);
  });

  it('say that force makes anew what the server finds immutable', () => {
    const predicted: AccessRefusal = {
      kind: 'invalid',
      message: 'spec.size may not change',
      immutable: true,
    };
    expect(notes(argoPolicy, { predicted })).toEqual([
      'recreated: Will be recreated: spec.size may not change.',
    ]);
    expect(notes(fluxPolicy, { predicted })).toEqual([
      'immutable: Will be refused: spec.size may not change.',
    ]);
  });
});
