import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import type { LiveComparisonInput } from '../../../src/diff/compareLive';
import { comparisonFor } from '../../../src/diff/comparison';
import { describeChange } from '../../../src/diff/describe';
import type { AppPolicy, IgnoreRule } from '../../../src/model/app';
import type { ResourceChange } from '../../../src/model/change';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/model/resource';
import { desired, digest, fieldsV1, helmPolicy } from './builders';

type Mode = NonNullable<AppPolicy['driftDetection']>;

const base: AppPolicy = { ...helmPolicy, fieldManager: 'helm-controller' };
const policyOf = (driftDetection: Mode, more: Partial<AppPolicy> = {}): AppPolicy => ({
  ...base,
  driftDetection,
  selfHeal: driftDetection === 'enabled',
  ...more,
});

function config(data: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'mailer', namespace: 'mail', ...metadata },
    data,
  };
}

function entry(
  manager: string,
  operation: 'Apply' | 'Update',
  ...paths: readonly (readonly string[])[]
): ManagedFieldsEntry {
  const fields = fieldsV1(paths) as ManagedFieldsEntry['fieldsV1'];
  return { manager, operation, ...(fields ? { fieldsV1: fields } : {}) };
}

const git = config({ level: 'info' }, { labels: { tier: 'mail' } });
const helmOwned = entry('helm-controller', 'Apply', ['data', 'level']);
const drifted = config(
  { level: 'debug', extra: '1' },
  {
    labels: { tier: 'mail' },
    managedFields: [
      helmOwned,
      entry('kubectl-edit', 'Update', ['data', 'level'], ['data', 'extra']),
    ],
  },
);
/** What the API server answers to an apply by helm-controller: the stranger's key stays. */
const answer = config({ level: 'info', extra: '1' }, { labels: { tier: 'mail' } });

function compare(
  policy: AppPolicy,
  more: Partial<LiveComparisonInput> = {},
  live: KubeObject | undefined = drifted,
): ResourceChange {
  return compareLive({
    pair: { id: resourceIdOf(git), desired: desired(git), ...(live ? { live } : {}) },
    applied: desired(git),
    appliedKnown: true,
    target: desired(git),
    stored: git,
    policy,
    digest,
    ...(live ? { predicted: answer } : {}),
    ...more,
  });
}

const rule = (more: Partial<IgnoreRule> = {}): IgnoreRule => ({
  label: 'spec.driftDetection.ignore[0] of HelmRelease mailer',
  matching: 'pattern',
  jsonPointers: ['/data/level'],
  jqPathExpressions: [],
  managedFieldsManagers: [],
  ...more,
});

const fateOf = (change: ResourceChange, pointer = '/data/level') =>
  change.fields.find((field) => field.pointer === pointer);

describe('drift of a HelmRelease', () => {
  it.each<[Mode, Partial<AppPolicy>, Partial<LiveComparisonInput>, string, string]>([
    ['enabled', {}, {}, 'reverted', 'helm-controller will revert it'],
    [
      'enabled',
      { suspended: true },
      {},
      'reverted',
      'helm-controller will revert it once it is resumed',
    ],
    ['warn', {}, {}, 'stays', 'stays until the next upgrade: drift detection only warns'],
    ['disabled', {}, {}, 'stays', 'stays until the next upgrade: drift detection is off'],
    ['disabled', {}, { upgradeDue: true }, 'reverted', 'the upgrade that is due will revert it'],
  ])('with drift detection %s %j %j: %s, %s', (mode, more, input, fate, fateNote) => {
    const change = compare(policyOf(mode, more), input);
    expect(fateOf(change)).toMatchObject({ whose: 'drift', fate, fateNote });
    expect(describeChange(change, 0).join('\n')).toContain(fateNote);
  });

  it('leaves what a stranger added, as the apply of helm-controller does', () => {
    const field = fateOf(compare(policyOf('enabled')), '/data/extra');
    expect(field).toMatchObject({ whose: 'drift', fate: 'stays' });
    expect(field).not.toHaveProperty('fateNote');
  });

  it.each<[Mode, string, string]>([
    ['enabled', 'reverted', 'will be created'],
    ['warn', 'stays', 'stays until the next upgrade'],
    ['disabled', 'stays', 'stays until the next upgrade'],
  ])('of an object that was deleted, %s: %s', (mode, fate, words) => {
    const change = compareLive({
      pair: { id: resourceIdOf(git), desired: desired(git) },
      applied: desired(git),
      appliedKnown: true,
      policy: policyOf(mode),
      digest,
    });
    expect(change.fields).toMatchObject([{ pointer: '', whose: 'drift', fate }]);
    expect(describeChange(change, 0)[0]).toContain(words);
  });
});

describe('ignore rules of drift detection', () => {
  const ruled = (mode: Mode, one: IgnoreRule): ResourceChange =>
    compare(policyOf(mode, { ignoreRules: [one] }));

  it.each<[string, Partial<IgnoreRule>, string]>([
    ['for everything', {}, 'ignored'],
    ['of the kind by pattern', { kind: 'Config.*' }, 'ignored'],
    ['of another kind', { kind: 'Config' }, 'drift'],
    ['of the core version', { version: 'v1' }, 'ignored'],
    ['of another version', { version: 'v2' }, 'drift'],
    ['of the namespace', { namespace: 'ma(il|x)' }, 'ignored'],
    ['of another group', { group: 'apps' }, 'drift'],
    ['of a label', { labelSelector: 'tier in (mail)' }, 'ignored'],
    ['of another label', { labelSelector: 'tier!=mail' }, 'drift'],
    ['of an annotation that is not there', { annotationSelector: 'x' }, 'drift'],
    ['for the whole document', { jsonPointers: [''] }, 'ignored'],
  ])('%s', (_name, more, whose) => {
    expect(fateOf(ruled('enabled', rule(more)))?.whose).toBe(whose);
  });

  it('are named, and the field stays until the next upgrade', () => {
    expect(fateOf(ruled('warn', rule()))).toMatchObject({
      whose: 'ignored',
      rule: 'spec.driftDetection.ignore[0] of HelmRelease mailer',
      fate: 'stays',
      fateNote: 'stays until the next upgrade',
    });
  });

  it('hide nothing where drift detection is off', () => {
    expect(fateOf(ruled('disabled', rule()))?.whose).toBe('drift');
  });

  it('of the whole document leave a missing object alone', () => {
    const change = compareLive({
      pair: { id: resourceIdOf(git), desired: desired(git) },
      applied: desired(git),
      appliedKnown: true,
      policy: policyOf('enabled', { ignoreRules: [rule({ jsonPointers: [''] })] }),
      digest,
    });
    expect(change.fields).toMatchObject([{ pointer: '', whose: 'ignored', fate: 'stays' }]);
  });

  it('can stand on the live object, too', () => {
    const live = {
      ...drifted,
      metadata: {
        ...drifted.metadata,
        annotations: {
          'helm.toolkit.fluxcd.io/driftDetection': 'Disabled',
        },
      },
    };
    expect(fateOf(compare(policyOf('enabled'), {}, live))).toMatchObject({
      whose: 'ignored',
      rule: 'helm.toolkit.fluxcd.io/driftDetection: Disabled',
    });
  });
});

describe('the question that drift detection asks', () => {
  const clientSide = config(
    { level: 'debug' },
    {
      labels: { tier: 'mail' },
      managedFields: [entry('helm-controller', 'Update', ['data', 'level'])],
    },
  );
  const ask = (policy: AppPolicy, stored: KubeObject, live: KubeObject = clientSide) =>
    comparisonFor({ id: resourceIdOf(git), desired: desired(git), live }, policy, stored).kind;

  it('is an apply however the release was installed', () => {
    expect(ask(policyOf('enabled'), git)).toBe('dry-run');
    expect(ask(policyOf('warn'), git)).toBe('dry-run');
  });

  it('is the merge of an upgrade where drift detection is off, or something is to be removed', () => {
    expect(ask(policyOf('disabled'), git)).toBe('helm-manifest');
    const live = config({ level: 'debug', old: '1' }, { ...clientSide.metadata });
    expect(ask(policyOf('enabled'), config({ level: 'info', old: '1' }), live)).toBe(
      'helm-manifest',
    );
  });
});
