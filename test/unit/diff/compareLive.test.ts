import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLive, notCompared } from '../../../src/diff/compareLive';
import type { LiveComparisonInput } from '../../../src/diff/compareLive';
import { isDrifted } from '../../../src/diff/describe';
import type { AppPolicy, IgnoreRule } from '../../../src/model/app';
import type { ResourceChange } from '../../../src/model/change';
import type { AccessRefusal } from '../../../src/model/cluster';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/model/resource';
import { argoPolicy, desired, digest, fieldsV1, fluxPolicy, helmPolicy } from './builders';

type Body = Readonly<Record<string, unknown>>;

function configMap(data: Body, metadata: Body = {}): KubeObject {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', ...metadata },
    data,
  };
  return object;
}

function managed(
  manager: string,
  operation: 'Apply' | 'Update',
  paths: readonly (readonly string[])[],
): ManagedFieldsEntry {
  const fields = fieldsV1(paths) as ManagedFieldsEntry['fieldsV1'];
  return {
    manager,
    operation,
    time: '2026-11-20T10:00:00Z',
    ...(fields ? { fieldsV1: fields } : {}),
  };
}

interface Case {
  readonly git: KubeObject;
  readonly live: KubeObject;
  readonly applied?: KubeObject;
  readonly target?: KubeObject;
  readonly working?: KubeObject;
  readonly policy?: AppPolicy;
  readonly more?: Partial<LiveComparisonInput>;
}

function compare({ git, live, applied, target, working, policy, more }: Case): ResourceChange {
  return compareLive({
    pair: { id: resourceIdOf(git), desired: desired(git), live },
    appliedKnown: applied !== undefined,
    ...(applied ? { applied: desired(applied) } : {}),
    ...(target ? { target: desired(target) } : {}),
    ...(working ? { working: desired(working) } : {}),
    policy: policy ?? argoPolicy,
    digest,
    ...more,
  });
}

function short(change: ResourceChange): readonly string[] {
  return change.fields.map(({ pointer, whose, fate, rule }) =>
    [pointer, whose, fate, rule].filter((part) => part !== undefined).join(' '),
  );
}

describe('whose a difference is', () => {
  const value = (text: string): KubeObject => configMap({ a: text });

  it.each<[string, Omit<Case, 'git' | 'live'> & { git: string; live: string }, string]>([
    ['live moved', { git: '1', live: '2', applied: value('1') }, 'drift reverted'],
    ['the target moved', { git: '2', live: '1', applied: value('1') }, 'pending'],
    ['both moved', { git: '3', live: '2', applied: value('1') }, 'drift reverted'],
    [
      'only the working copy moved',
      { git: '2', live: '1', applied: value('1'), target: value('1') },
      'mine',
    ],
    [
      'the working copy and the target moved',
      { git: '3', live: '1', applied: value('1'), target: value('2') },
      'pending',
    ],
    [
      'the working copy adopts live',
      { git: '1', live: '2', applied: value('1'), target: value('1'), working: value('2') },
      'already',
    ],
    ['nothing is known of what was applied', { git: '1', live: '2' }, 'differs reverted'],
    [
      'nothing is known of what was applied, and live is the target',
      { git: '2', live: '1', target: value('1') },
      'mine',
    ],
  ])('when %s', (_name, { git, live, ...rest }, expected) => {
    const change = compare({ git: value(git), live: value(live), ...rest });
    expect(short(change)).toEqual([`/data/a ${expected}`]);
    expect(isDrifted(change)).toBe(expected.startsWith('drift') || expected.startsWith('differs'));
  });

  it('is pending when the controller itself wrote what is live and nobody touched it since', () => {
    const owned = (manager: string): KubeObject =>
      configMap({ a: '1' }, { managedFields: [managed(manager, 'Apply', [['data', 'a']])] });
    const git = value('2');
    expect(
      short(compare({ git, live: owned('kustomize-controller'), policy: fluxPolicy })),
    ).toEqual(['/data/a pending']);
    expect(short(compare({ git, live: owned('somebody'), policy: fluxPolicy }))).toEqual([
      '/data/a differs reverted',
    ]);
  });

  it('takes last-applied for what was applied where the revision is not known', () => {
    const lastApplied = (data: Body): Body => ({
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(configMap(data)),
      },
    });
    const moved = configMap({ a: '2' }, lastApplied({ a: '1' }));
    expect(short(compare({ git: value('1'), live: moved }))).toEqual(['/data/a drift reverted']);
    const behind = configMap({ a: '1' }, lastApplied({ a: '1' }));
    expect(short(compare({ git: value('2'), live: behind }))).toEqual(['/data/a pending']);
  });
});

describe('fields that only live has', () => {
  const git = configMap({ a: '1' });
  const lastApplied = JSON.stringify(configMap({ a: '1', old: 'x' }));
  const annotation = { 'kubectl.kubernetes.io/last-applied-configuration': lastApplied };
  const live = (manager: string, operation: 'Apply' | 'Update', metadata: Body = {}): KubeObject =>
    configMap(
      { a: '1', old: 'x' },
      { ...metadata, managedFields: [managed(manager, operation, [['data', 'old']])] },
    );

  it.each<[string, KubeObject, AppPolicy, readonly string[]]>([
    [
      'go with a three-way merge when they were applied last',
      live('argocd-controller', 'Update', { annotations: annotation }),
      argoPolicy,
      ['/data/old drift reverted'],
    ],
    [
      'stay with a three-way merge when a person set them',
      live('kubectl-patch', 'Update'),
      argoPolicy,
      ['/data/old drift stays'],
    ],
    [
      'go with Flux when they were applied by it',
      live('kustomize-controller', 'Apply'),
      fluxPolicy,
      ['/data/old drift reverted'],
    ],
    [
      'go with Flux when a person set them with kubectl, whose fields it takes over',
      live('kubectl-patch', 'Update'),
      fluxPolicy,
      ['/data/old drift reverted'],
    ],
    [
      'stay with Flux when another tool set them',
      live('k9s', 'Update'),
      fluxPolicy,
      ['/data/old drift stays'],
    ],
    ['are the business of controllers', live('cert-manager-cainjector', 'Update'), argoPolicy, []],
    ['are the business of helm-controller', live('helm-controller', 'Update'), argoPolicy, []],
    ['are defaults when nobody owns them', configMap({ a: '1', old: 'x' }), argoPolicy, []],
    [
      'are defaults when the own client-side apply owns them and never said them',
      live('argocd-controller', 'Update'),
      argoPolicy,
      [],
    ],
  ])('%s', (_name, object, policy, expected) => {
    expect(short(compare({ git, live: object, applied: git, policy }))).toEqual(expected);
  });

  it('are pending when what was applied still had them', () => {
    const object = live('argocd-controller', 'Update', { annotations: annotation });
    const applied = configMap({ a: '1', old: 'x' });
    expect(short(compare({ git, live: object, applied }))).toEqual(['/data/old pending']);
  });

  it('of Helm go when the stored manifest has them', () => {
    const object = live('helm', 'Update');
    const stored = configMap({ a: '1', old: 'x' });
    const change = compare({
      git,
      live: object,
      applied: stored,
      policy: helmPolicy,
      more: { stored },
    });
    expect(short(change)).toEqual(['/data/old pending']);
    const other = compare({
      git,
      live: live('kubectl-edit', 'Update'),
      applied: git,
      policy: helmPolicy,
      more: { stored: git },
    });
    expect(short(other)).toEqual(['/data/old drift stays']);
  });

  it('show a restart by its name', () => {
    const path = [
      'spec',
      'template',
      'metadata',
      'annotations',
      'kubectl.kubernetes.io/restartedAt',
    ];
    const deployment = (annotations: Body, metadata: Body = {}): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', ...metadata },
      spec: { template: { metadata: { annotations } } },
    });
    const restarted = deployment(
      { 'kubectl.kubernetes.io/restartedAt': '2026-11-20T10:00:00Z' },
      { managedFields: [managed('kubectl-rollout', 'Update', [path])] },
    );
    const change = compare({ git: deployment({}), live: restarted });
    expect(change.fields.map((field) => [field.whose, field.rule])).toEqual([
      ['ignored', 'kubectl rollout restart'],
    ]);
    expect(isDrifted(change)).toBe(false);
  });

  it.each(['reconcile.fluxcd.io/requestedAt', 'argocd.argoproj.io/refresh'])(
    'do not take the request %s for drift',
    (name) => {
      const path = ['metadata', 'annotations', name];
      const git = configMap({ a: '1' });
      const live: KubeObject = {
        ...git,
        metadata: {
          ...git.metadata,
          annotations: { [name]: '2026-11-20T10:00:00Z' },
          managedFields: [managed('flux-client-side-apply', 'Update', [path])],
        },
      };
      const change = compare({ git, live });
      expect(change.fields.map((field) => field.whose)).toEqual(['ignored']);
      expect(isDrifted(change)).toBe(false);
    },
  );
});

describe('the answer of the server', () => {
  const git = configMap({ a: '01', b: '2' });
  const live = configMap({ a: '1', b: '2' });

  it('wins over what was found here', () => {
    expect(compare({ git, live, applied: git }).action).toBe('changed');
    const written = compare({ git, live, applied: git, more: { predicted: live } });
    expect(written.action).toBe('same');
    expect(written.before).toEqual(written.after);
  });

  it('adds what a removal brings back, and leaves out what webhooks do besides', () => {
    const owned = { managedFields: [managed('kustomize-controller', 'Apply', [['data', 'mode']])] };
    const current = configMap({ a: '01', b: '2', mode: 'special' }, owned);
    const predicted = configMap({ a: '01', b: '2', mode: 'plain', stamp: 'webhook' }, owned);
    const change = compare({
      git,
      live: current,
      applied: git,
      policy: fluxPolicy,
      more: { predicted },
    });
    expect(change.fields).toMatchObject([
      { pointer: '/data/mode', before: 'special', after: 'plain', whose: 'drift' },
    ]);
  });

  it('says that a field which Git gave up stays', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(configMap({ old: 'x' })),
    };
    const current = configMap({ a: '01', b: '2', old: 'x' }, { annotations });
    const change = compare({ git, live: current, applied: git, more: { predicted: current } });
    expect(short(change)).toEqual(['/data/old drift stays']);
  });

  it('cannot hide what the take-over of Flux removes before it applies', () => {
    const current = configMap(
      { a: '01', b: '2', extra: 'x' },
      { managedFields: [managed('kubectl-edit', 'Update', [['data', 'extra']])] },
    );
    const change = compare({
      git,
      live: current,
      applied: git,
      policy: fluxPolicy,
      more: { predicted: current },
    });
    expect(short(change)).toEqual(['/data/extra drift reverted']);
  });

  it('lets fields stay that Flux was told to merge with', () => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' };
    const managedFields = [managed('kubectl-edit', 'Update', [['data', 'extra']])];
    const change = compare({
      git: configMap({ a: '1' }, { annotations }),
      live: configMap({ a: '1', extra: 'x' }, { annotations, managedFields }),
      applied: configMap({ a: '1' }, { annotations }),
      policy: fluxPolicy,
    });
    expect(short(change)).toEqual(['/data/extra drift stays']);
  });

  it('finds a field by its key where the server has its elements in another order', () => {
    const pods = (...names: string[]): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        template: { spec: { containers: names.map((name) => ({ name: name[0], image: name })) } },
      },
    });
    const change = compare({
      git: pods('b2', 'a1'),
      live: pods('a1', 'b1'),
      applied: pods('b1', 'a1'),
      more: { predicted: pods('a1', 'b2') },
    });
    expect(change.fields).toMatchObject([
      { pointer: '/spec/template/spec/containers/0/image', before: 'b1', after: 'b2' },
    ]);
  });
});

describe('ignore rules', () => {
  const rule = (more: Partial<IgnoreRule>): IgnoreRule => ({
    label: 'the rule',
    jsonPointers: [],
    jqPathExpressions: [],
    managedFieldsManagers: [],
    ...more,
  });
  const git = configMap({ 'a/b': '1', c: '1' });
  const live = configMap(
    { 'a/b': '2', c: '2' },
    { managedFields: [managed('autoscaler', 'Update', [['data', 'c']])] },
  );
  const run = (one: IgnoreRule, more: Partial<AppPolicy> = {}): ResourceChange =>
    compare({ git, live, applied: git, policy: { ...argoPolicy, ignoreRules: [one], ...more } });

  it.each<[string, Partial<IgnoreRule>, readonly string[]]>([
    ['pointers with escapes', { jsonPointers: ['/data/a~1b'] }, ['ignored', 'drift']],
    ['pointers to a whole map', { jsonPointers: ['/data'] }, ['ignored', 'ignored']],
    ['field managers', { managedFieldsManagers: ['autoscaler'] }, ['drift', 'ignored']],
    [
      'group and kind with wildcards',
      { group: '*', kind: '*', jsonPointers: ['/data/c'] },
      ['drift', 'ignored'],
    ],
    ['another kind', { kind: 'Secret', jsonPointers: ['/data'] }, ['drift', 'drift']],
    [
      'another group',
      { group: 'apps', kind: 'ConfigMap', jsonPointers: ['/data'] },
      ['drift', 'drift'],
    ],
    ['another name', { name: 'other', jsonPointers: ['/data'] }, ['drift', 'drift']],
    ['another namespace', { namespace: 'other', jsonPointers: ['/data'] }, ['drift', 'drift']],
    ['a pointer that is only a prefix of the name', { jsonPointers: ['/dat'] }, ['drift', 'drift']],
  ])('by %s', (_name, more, whose) => {
    expect(run(rule(more)).fields.map((field) => field.whose)).toEqual(whose);
  });

  it('are named, do not count as drift, and do not show in the texts', () => {
    const change = run(rule({ jsonPointers: ['/data'] }));
    expect(change.fields.map((field) => field.rule)).toEqual(['the rule', 'the rule']);
    expect(change.action).toBe('changed');
    expect(isDrifted(change)).toBe(false);
    expect(change.before).toEqual(change.after);
  });

  it('tell whether a sync respects them', () => {
    const pointers = rule({ jsonPointers: ['/data/c'] });
    expect(run(pointers).fields[1]?.fate).toBe('reverted');
    const respected = run(pointers, { syncOptions: ['RespectIgnoreDifferences=true'] });
    expect(respected.fields[1]?.fate).toBe('stays');
  });

  it('by jq hide what is equal once their paths are gone', () => {
    const jq = rule({ label: 'a jq rule', jqPathExpressions: ['.data.c'] });
    const result = {
      rule: jq,
      live: configMap({ 'a/b': '2' }),
      desired: configMap({ 'a/b': '1' }),
    };
    const change = compare({ git, live, applied: git, more: { jqResults: [result] } });
    expect(short(change)).toEqual([
      '/data/a~1b drift reverted',
      '/data/c ignored reverted a jq rule',
    ]);
  });

  it.each([
    ['kustomize.toolkit.fluxcd.io/ssa', 'IfNotPresent'],
    ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
    ['helm.toolkit.fluxcd.io/driftDetection', 'disabled'],
  ])('of the object itself: %s: %s', (name, word) => {
    const annotations = { [name]: word };
    const change = compare({
      git: configMap({ a: '1' }, { annotations }),
      live: configMap({ a: '2' }, { annotations }),
      policy: fluxPolicy,
    });
    expect(short(change)).toEqual([`/data/a ignored stays ${name}: ${word}`]);
  });

  it('cover the rules of an aggregated ClusterRole', () => {
    const role = (rules: readonly Body[]): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
      rules,
    });
    const change = compare({ git: role([{ verbs: ['get'] }]), live: role([{ verbs: ['list'] }]) });
    expect(change.fields.map((field) => field.whose)).toEqual(['ignored']);
  });
});

describe('objects that only one side has', () => {
  const git = configMap({ a: '1' });
  const missing = (more: Partial<LiveComparisonInput>, object = git): ResourceChange =>
    compareLive({
      pair: { id: resourceIdOf(object), desired: desired(object) },
      appliedKnown: true,
      policy: argoPolicy,
      digest,
      ...more,
    });
  const extra = (more: Partial<LiveComparisonInput>, metadata: Body = {}): ResourceChange => {
    const live = configMap({ a: '1' }, { uid: 'u', ...metadata });
    return compareLive({
      pair: { id: resourceIdOf(live), live },
      appliedKnown: true,
      policy: argoPolicy,
      digest,
      ...more,
    });
  };

  it.each<[string, Partial<LiveComparisonInput>, string]>([
    ['deleted', { applied: desired(git) }, 'drift reverted'],
    ['not yet applied', {}, 'pending'],
    ['only in the working copy', { targetKnown: true }, 'mine'],
    ['of an unknown past', { appliedKnown: false }, 'differs reverted'],
  ])('are missing: %s', (_name, more, expected) => {
    const change = missing(more);
    expect(change.action).toBe('added');
    expect(short(change)).toEqual([` ${expected}`]);
    expect(change.after).toEqual(git);
  });

  it.each<[string, Partial<LiveComparisonInput>, string]>([
    ['no longer in the target', { applied: desired(git), targetKnown: true }, 'pending reverted'],
    ['never in Git', { targetKnown: true }, 'drift reverted'],
    [
      'only gone from the working copy',
      { target: desired(git), applied: desired(git) },
      'mine reverted',
    ],
    ['of an unknown past', { appliedKnown: false }, 'differs reverted'],
    ['without pruning', { policy: { ...argoPolicy, prune: false } }, 'drift stays'],
  ])('are extra: %s', (_name, more, expected) => {
    const change = extra(more);
    expect(change.action).toBe('removed');
    expect(short(change)).toEqual([` ${expected}`]);
    expect(change.before?.metadata.uid).toBeUndefined();
  });

  it.each([
    [argoPolicy, 'argocd.argoproj.io/sync-options', 'Validate=false,Prune=false'],
    [argoPolicy, 'argocd.argoproj.io/sync-options', 'Prune=confirm'],
    [helmPolicy, 'helm.sh/resource-policy', 'keep'],
  ])('are not pruned: %#', (policy, name, value) => {
    const change = extra({ policy }, { annotations: { [name]: value } });
    expect(change.fields[0]?.fate).toBe('stays');
    expect(change.notes.map((note) => note.kind)).toEqual(['not-pruned']);
  });

  it('are ignored when their compare options say so', () => {
    const annotations = { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' };
    const change = extra({}, { annotations });
    expect(change.fields[0]?.whose).toBe('ignored');
    expect(isDrifted(change)).toBe(false);
  });

  it('cannot be neither', () => {
    const pair = { id: resourceIdOf(git) };
    expect(() => compareLive({ pair, appliedKnown: true, policy: argoPolicy, digest })).toThrow(
      /Neither side/,
    );
  });

  const job = (body: Body, metadata: Body = { name: 'migrate' }): KubeObject => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: body,
  });

  it.each<[string, KubeObject, 'hook' | 'resource']>([
    ['hooks', configMap({}), 'hook'],
    [
      'Argo hooks',
      configMap({}, { annotations: { 'argocd.argoproj.io/hook': 'PreSync' } }),
      'resource',
    ],
    ['objects named by the server', job({}, { generateName: 'migrate-' }), 'resource'],
    ['Jobs that clean themselves up', job({ ttlSecondsAfterFinished: 60 }), 'resource'],
  ])('are no drift: %s', (_name, object, role) => {
    const change = compareLive({
      pair: { id: resourceIdOf(object), desired: desired(object, { role }) },
      appliedKnown: true,
      applied: desired(object),
      policy: argoPolicy,
      digest,
    });
    expect(change.action).toBe('same');
    expect(change.notes.map((note) => note.kind)).toEqual(['hook']);
  });

  it('are Jobs all the same while they run, or when nothing cleans them up', () => {
    const git1 = job({ parallelism: 1 });
    expect(missing({ applied: desired(git1) }, git1).action).toBe('added');
    const running = job({ parallelism: 2, ttlSecondsAfterFinished: 60 });
    const wanted = job({ parallelism: 1, ttlSecondsAfterFinished: 60 });
    expect(compare({ git: wanted, live: running }).action).toBe('changed');
    const finished = {
      ...running,
      status: { conditions: [{ type: 'Complete', status: 'True' }] },
    };
    expect(compare({ git: wanted, live: finished }).action).toBe('same');
  });
});

describe('values that Git does not say', () => {
  const secret = (data: Body, more: Body = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'shop' },
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...more,
  });
  const ciphertext = 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]';
  const live = secret({ password: 'Q0FOQVJZ' });

  it.each<[string, KubeObject, string]>([
    ['SOPS in data', secret({ password: ciphertext }, { sops: { mac: ciphertext } }), 'encrypted'],
    [
      'SOPS in stringData',
      secret({}, { stringData: { password: ciphertext }, sops: { mac: ciphertext } }),
      'encrypted',
    ],
    ['a placeholder', secret({ password: '<path:kv/data/db#password>' }), 'placeholder'],
    [
      'a placeholder in base64',
      secret({ password: Buffer.from('<path:kv/data/db#password>').toString('base64') }),
      'placeholder',
    ],
    ['what a pipeline knows', secret({ password: '<pipeline:secrets.DB>' }), 'placeholder'],
    [
      'what a pipeline knows, in base64',
      secret({ password: Buffer.from('<pipeline:secrets.DB>').toString('base64') }),
      'placeholder',
    ],
    [
      'a short placeholder',
      secret(
        {},
        {
          metadata: {
            name: 'db',
            namespace: 'shop',
            annotations: { 'avp.kubernetes.io/path': 'kv/db' },
          },
          stringData: { password: '<password>' },
        },
      ),
      'placeholder',
    ],
  ])('compare keys only: %s', (_name, git, note) => {
    const annotations = git.metadata.annotations;
    const current = annotations ? { ...live, metadata: { ...live.metadata, annotations } } : live;
    const change = compare({ git, live: current, applied: git });
    expect(change.action).toBe('same');
    expect(change.notes.map(({ kind }) => kind)).toEqual([note]);
    expect(change.before).toEqual(change.after);
  });

  it('are no drift in an image either, and say so', () => {
    const image = (text: string): KubeObject => configMap({ image: text, other: 'a' });
    const git = image('acme/web:<pipeline:GITHUB_SHA>');
    const change = compare({ git, live: image('acme/web:4f2c1d9'), applied: git });
    expect(change.action).toBe('same');
    expect(change.notes).toEqual([
      {
        kind: 'placeholder',
        message: 'Holds values that only a run of the pipeline knows: they are not compared.',
      },
    ]);
    const drifted = { ...image('acme/web:4f2c1d9'), data: { image: 'acme/web:1', other: 'b' } };
    expect(short(compare({ git, live: drifted, applied: git }))).toEqual([
      '/data/other drift reverted',
    ]);
  });

  it('still show keys that one side lacks', () => {
    const git = secret({ password: ciphertext, user: ciphertext }, { sops: { mac: ciphertext } });
    const change = compare({ git, live, applied: git });
    expect(short(change)).toEqual(['/data/user drift reverted']);
  });

  it('of a SealedSecret differ by ciphertext alone, which is shown and is no drift', () => {
    const sealed = (text: string): KubeObject => ({
      apiVersion: 'bitnami.com/v1alpha1',
      kind: 'SealedSecret',
      metadata: { name: 'db', namespace: 'shop' },
      spec: { encryptedData: { password: text } },
    });
    const change = compare({ git: sealed('AgB1'), live: sealed('AgB2') });
    expect(change.fields.map((field) => field.whose)).toEqual(['ignored']);
    expect(isDrifted(change)).toBe(false);
    expect(compare({ git: sealed('AgB1'), live: sealed('AgB1') }).action).toBe('same');
  });

  it('compare stringData in Git with data in the cluster', () => {
    const plain = (text: string): KubeObject => secret({}, { stringData: { password: text } });
    expect(compare({ git: plain('CANARY'), live }).action).toBe('same');
    const change = compare({ git: plain('other'), live, applied: plain('CANARY') });
    expect(short(change)).toEqual(['/data/password pending']);
    expect(JSON.stringify(change)).not.toMatch(/CANARY|Q0FOQVJZ|other|b3RoZXI/);
  });

  it('never leak, whatever is compared with whatever', () => {
    const canary = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `CANARY-${text}-END`);
    const values = fc.dictionary(fc.constantFrom('a', 'b', 'c'), canary, { minKeys: 1 });
    const form = fc.constantFrom('data', 'stringData', 'raw');
    const make = (form_: string, texts: Readonly<Record<string, string>>): KubeObject => {
      const encoded = Object.fromEntries(
        Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
      );
      if (form_ === 'stringData') return secret({}, { stringData: texts });
      const body = secret(form_ === 'raw' ? texts : encoded);
      const annotations = {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(body),
        note: `see ${Object.values(texts).join()}`,
      };
      return { ...body, metadata: { ...body.metadata, annotations } };
    };
    const side = fc
      .tuple(form, values)
      .map(([name, texts]) => ({ object: make(name, texts), texts }));
    fc.assert(
      fc.property(side, side, side, fc.boolean(), (git, current, other, refused) => {
        const all = [git, current, other].flatMap(({ texts }) => Object.values(texts));
        const refusal: AccessRefusal = {
          kind: 'invalid',
          immutable: false,
          message: `cannot take ${Object.values(git.texts).join(' or ')} and ${Object.values(current.texts).join()}`,
        };
        const change = compare({
          git: git.object,
          live: current.object,
          applied: other.object,
          more: { predicted: refused ? refusal : other.object },
        });
        const text = JSON.stringify(change);
        expect(text).not.toContain('CANARY');
        for (const one of all) expect(text).not.toContain(Buffer.from(one).toString('base64'));
      }),
    );
  });
});

describe('notes', () => {
  const deployment = (app: string): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { matchLabels: { app } } },
  });

  it('tell that an immutable field will be refused, once', () => {
    const refusal: AccessRefusal = {
      kind: 'invalid',
      immutable: true,
      message: 'Deployment.apps "web" is invalid: spec.selector: field is immutable',
    };
    const change = compare({
      git: deployment('a'),
      live: deployment('b'),
      more: { predicted: refusal },
    });
    expect(change.notes).toEqual([
      { kind: 'immutable', message: 'Will be refused: spec.selector is immutable.' },
    ]);
    expect(change.predicted).toBe(true);
  });

  it.each<[AccessRefusal, string, string]>([
    [
      { kind: 'forbidden', message: 'x', verb: 'patch', resource: 'configmaps', namespace: 'shop' },
      'no-patch-right',
      'No right to patch configmaps in shop: compared here only.',
    ],
    [
      {
        kind: 'forbidden',
        message: 'Argo CD does not give dry runs.',
        verb: 'get',
        resource: 'dry runs',
        namespace: '',
        noRightHelps: true,
      },
      'no-patch-right',
      'Argo CD does not give dry runs: compared here only.',
    ],
    [
      { kind: 'not-found', message: 'namespaces "shop" not found' },
      'new-namespace',
      'namespaces "shop" not found.',
    ],
    [
      { kind: 'not-found', message: 'the server could not find the requested resource' },
      'new-kind',
      'the server could not find the requested resource.',
    ],
    [{ kind: 'conflict', message: 'conflict with "hpa"' }, 'conflict', 'conflict with "hpa".'],
    [
      { kind: 'invalid', immutable: false, message: 'data: Invalid value' },
      'refused',
      'Will be refused: data: Invalid value.',
    ],
    [
      {
        ...{ kind: 'invalid', immutable: false, byPolicy: true },
        message: 'admission webhook "w" denied the request: no',
      },
      'refused-for-you',
      'Refused for you; its controller may be let. Compared here only: admission webhook "w" denied the request: no.',
    ],
    [
      {
        ...{ kind: 'invalid', immutable: true, byPolicy: true },
        message: 'admission webhook "w" denied the request: spec.size is immutable',
      },
      'immutable',
      'Will be refused: admission webhook "w" denied the request: spec.size is immutable.',
    ],
    [
      { kind: 'failed', status: 400, message: 'admission webhook "w" does not support dry run' },
      'unreadable',
      'Compared here only: admission webhook "w" does not support dry run.',
    ],
    [{ kind: 'failed', status: 500, message: 'etcd is gone' }, 'unreadable', 'etcd is gone.'],
    [{ kind: 'unreachable', message: 'no route to host' }, 'unreadable', 'no route to host.'],
  ])('of %j', (refusal, kind, message) => {
    const git = configMap({ a: '1' });
    const change = compare({ git, live: configMap({ a: '2' }), more: { predicted: refusal } });
    expect(change.notes).toEqual([{ kind, message }]);
    expect(change.action).toBe('changed');
    expect(change.predicted).toBe(true);
  });

  it('mark an answer that could only be made here', () => {
    const git = configMap({ a: '1' });
    expect(compare({ git, live: configMap({ a: '2' }), more: { localOnly: true } }).predicted).toBe(
      true,
    );
    expect(compare({ git, live: configMap({ a: '2' }) }).predicted).toBe(false);
  });

  it('tell why an object could not be read', () => {
    const git = desired(configMap({ a: '1' }));
    const refusal: AccessRefusal = {
      kind: 'forbidden',
      message: 'x',
      verb: 'list',
      resource: 'configmaps',
      namespace: '',
    };
    expect(notCompared(git, refusal).notes).toEqual([
      { kind: 'forbidden', message: 'No right to list configmaps.' },
    ]);
    expect(notCompared(git, { kind: 'unreachable', message: 'down' }).notes[0]?.kind).toBe(
      'unreadable',
    );
  });
});

describe('values that the cluster decides', () => {
  const git = configMap({ token: 'x', a: '1' });
  const compare = (pointer: string, live: KubeObject | undefined) =>
    compareLive({
      pair: {
        id: resourceIdOf(git),
        desired: desired(git, { clusterDependent: [pointer] }),
        ...(live && { live }),
      },
      appliedKnown: true,
      applied: desired(git),
      policy: argoPolicy,
      digest,
    });

  it('are never drift and look alike', () => {
    const change = compare('/data/token', configMap({ token: 'y', a: '1' }));
    expect(short(change)).toEqual(['/data/token cluster']);
    expect(isDrifted(change)).toBe(false);
    expect(change.before).toEqual(change.after);
  });

  it('are no drift where the object may be none of the release', () => {
    const change = compare('', undefined);
    expect(change.action).toBe('added');
    expect(change.fields).toEqual([{ pointer: '', whose: 'cluster' }]);
    expect(isDrifted(change)).toBe(false);
  });
});

describe('generated values', () => {
  it('are never drift and look alike', () => {
    const git = configMap({ token: 'x', a: '1' });
    const change = compareLive({
      pair: {
        id: resourceIdOf(git),
        desired: desired(git, { generated: ['/data/token'] }),
        live: configMap({ token: 'y', a: '1' }),
      },
      appliedKnown: true,
      applied: desired(git),
      policy: argoPolicy,
      digest,
    });
    expect(short(change)).toEqual(['/data/token generated']);
    expect(isDrifted(change)).toBe(false);
    expect(change.before).toEqual(change.after);
  });
});

describe('what a sync leaves and what it takes away', () => {
  const widget = (spec: Body, entries: readonly ManagedFieldsEntry[] = []): KubeObject => {
    const metadata = { name: 'w', namespace: 'shop', managedFields: entries };
    return { apiVersion: 'acme.example/v1', kind: 'Widget', metadata, spec };
  };
  const kubectl = (...path: readonly string[]): ManagedFieldsEntry =>
    managed('kubectl-patch', 'Update', [['spec', ...path]]);
  const rule = 'k:{"name":"a"}';

  it.each<[string, AppPolicy, string]>([
    ['a merge patch writes lists of custom resources as a whole', argoPolicy, 'drift reverted'],
    [
      'an apply on the server merges them',
      { ...argoPolicy, comparison: 'server-side' },
      'drift stays',
    ],
  ])('%s', (_name, policy, expected) => {
    const git = widget({ rules: [{ name: 'a' }] });
    const live = widget({ rules: [{ name: 'a', weight: 1 }] }, [kubectl('rules', rule, 'weight')]);
    expect(short(compare({ git, live, policy, applied: git }))).toEqual([
      `/spec/rules/0/weight ${expected}`,
    ]);
  });

  it('tells elements of a set apart, in whatever order', () => {
    const git = widget({ hosts: ['a', 'b'] });
    const entries = [
      managed('argocd-controller', 'Update', [
        ['spec', 'hosts', 'v:"a"'],
        ['spec', 'hosts', 'v:"b"'],
      ]),
      kubectl('hosts', 'v:"c"'),
    ];
    const live = widget({ hosts: ['b', 'c', 'a'] }, entries);
    expect(short(compare({ git, live, applied: git }))).toEqual(['/spec/hosts/1 drift reverted']);
  });

  it('leaves a restart that was asked for', () => {
    const name = 'kubectl.kubernetes.io/restartedAt';
    const git = configMap({ a: '1' });
    const live = configMap(
      { a: '1' },
      {
        annotations: { [name]: '2026-11-20' },
        managedFields: [managed('kubectl-rollout', 'Update', [['metadata', 'annotations', name]])],
      },
    );
    expect(short(compare({ git, live, applied: git }))).toEqual([
      `/metadata/annotations/kubectl.kubernetes.io~1restartedAt ignored stays kubectl rollout restart`,
    ]);
  });

  it.each([
    ['reconcile', 'disabled', 'ignored stays'],
    ['ssa', 'Ignore', 'ignored stays'],
    ['ssa', 'IfNotPresent', 'drift reverted'],
  ])('knows that Flux does not create what says %s: %s', (name, word, expected) => {
    const rule = `kustomize.toolkit.fluxcd.io/${name}`;
    const git = configMap({ a: '1' }, { annotations: { [rule]: word } });
    const change = compareLive({
      pair: { id: resourceIdOf(git), desired: desired(git) },
      applied: desired(git),
      appliedKnown: true,
      policy: fluxPolicy,
      digest,
    });
    const label = expected.startsWith('ignored') ? ` ${rule}: ${word}` : '';
    expect(short(change)).toEqual([` ${expected}${label}`]);
  });

  it('counts on the defaults that the API server writes again after an apply', () => {
    const deployment = (spec: Body, entries: readonly ManagedFieldsEntry[] = []): KubeObject => {
      const metadata = { name: 'web', namespace: 'shop', managedFields: entries };
      return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    };
    const own = managed('kustomize-controller', 'Apply', [
      ['spec', 'replicas'],
      ['spec', 'strategy'],
    ]);
    const strategy = {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
    };
    const git = deployment({ replicas: 2 });
    const live = deployment({ replicas: 3, strategy, template: { metadata: {} } }, [own]);
    const predicted = deployment({ replicas: 2 }, [own]);
    const change = compare({ git, live, applied: git, policy: fluxPolicy, more: { predicted } });
    expect(short(change)).toEqual(['/spec/replicas drift reverted']);
  });

  it('says that what is predicted here was not asked of the server', () => {
    const git = configMap({ a: '1' });
    const refusal: AccessRefusal = {
      kind: 'forbidden',
      message: 'no',
      verb: 'patch',
      resource: 'configmaps',
      namespace: 'shop',
    };
    const live = configMap({ a: '2' });
    const more = { predicted: git, localOnly: true, refusal };
    const change = compare({ git, live, applied: git, policy: fluxPolicy, more });
    expect(change.predicted).toBe(true);
    expect(change.notes.map(({ kind }) => kind)).toEqual(['no-patch-right']);
    expect(short(change)).toEqual(['/data/a drift reverted']);
  });
});
