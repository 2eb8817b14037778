import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desiredObjects } from '../../src/diff/desired';
import { textAt, valueAt } from '../../src/model/fields';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { type FluxCase, fluxCases } from './fluxCases';
import { describeLab, giteaOf, labState } from './liveLab';
import { appNamed, createRepository, openWorkbench, type TestRepository } from './pipelineWorld';

const id = `flux-builds-${randomBytes(3).toString('hex')}`;

function object(apiVersion: string, kind: string, name: string, rest: JsonObject): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name, namespace: id }, ...rest });
}

function kustomization({ name, spec }: FluxCase): string {
  return object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, {
    spec: {
      interval: '1h',
      path: `./k/${name}`,
      prune: true,
      targetNamespace: id,
      sourceRef: { kind: 'GitRepository', name: 'source' },
      ...spec,
    },
  });
}

function filesOf(url: string): Readonly<Record<string, string>> {
  const data = (kind: string, name: string, fields: JsonObject): string =>
    object('v1', kind, name, fields);
  return {
    '.sourceignore':
      '# not for the cluster\n/k/generated/ignored/\n/k/generated/own/kustomization.yaml\n',
    'cluster/source.yaml': object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'source', {
      spec: { url, interval: '1h', ref: { branch: 'main' }, ignore: '/k/generated/by-spec.yaml\n' },
    }),
    'cluster/first.yaml': data('ConfigMap', 'first', {
      data: { ONE: 'first', TWO: 'first', THREE: 'first', INLINE: 'first' },
    }),
    'cluster/second.yaml': data('Secret', 'second', {
      stringData: { TWO: 'sec\nond', THREE: 'second' },
    }),
    'cluster/third.yaml': data('ConfigMap', 'third', { data: { THREE: 'third' } }),
    ...Object.fromEntries(
      fluxCases.flatMap((one): (readonly [string, string])[] => [
        [`cluster/k-${one.name}.yaml`, kustomization(one)],
        ...Object.entries(one.files).map(
          ([path, text]) => [`k/${one.name}/${path}`, text] as const,
        ),
      ]),
    ),
  };
}

describe.skipIf(labState === undefined)(
  'Kustomizations against the real kustomize-controller',
  () => {
    const lab = labState === undefined ? undefined : describeLab();
    const url = `${lab?.gitea.url ?? ''}/plumbline/${id}.git`;
    let repository: TestRepository;
    let workbench: CoreWorkbench;
    let statuses: ReadonlyMap<string, JsonObject>;

    const kubectl = (...args: readonly string[]): string =>
      execFileSync(
        lab?.tools['kubectl'] ?? '',
        ['--kubeconfig', lab?.kubeconfig ?? '', '--context', 'staging', '-n', id, ...args],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      );
    const gitea = giteaOf(lab);
    const items = (...kinds: readonly string[]): readonly JsonObject[] =>
      (JSON.parse(kubectl('get', kinds.join(','), '-o', 'json')) as { items: JsonObject[] }).items;

    /** Waits until the controller has said something final of each. */
    async function settled(): Promise<ReadonlyMap<string, JsonObject>> {
      for (let round = 0; round < 240; round += 1) {
        const found = new Map(
          items('kustomizations').map((one) => [textAt(one, 'metadata', 'name') ?? '', one]),
        );
        if (fluxCases.every((one) => readyOf(found.get(one.name)) !== undefined)) return found;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      throw new Error(kubectl('get', 'kustomizations,gitrepositories', '-o', 'yaml'));
    }

    function liveObject(of: KubeObject): JsonObject {
      const text = kubectl(
        'get',
        `${of.kind.toLowerCase()}/${of.metadata.name ?? ''}`,
        '-o',
        'json',
      );
      return JSON.parse(text) as JsonObject;
    }

    beforeAll(async () => {
      await gitea('POST', '/user/repos', { name: id, private: false });
      repository = createRepository(filesOf(url));
      repository.git('remote', 'set-url', 'origin', url);
      const pushUrl = url.replace('://', `://plumbline:${lab?.gitea.token ?? ''}@`);
      repository.git('push', '-q', pushUrl, 'HEAD:refs/heads/main');
      kubectl('create', 'namespace', id);
      kubectl('apply', '-f', `${repository.path}/cluster`);
      workbench = openWorkbench([repository.path]);
      await workbench.whenIdle();
      statuses = await settled();
    });

    afterAll(async () => {
      workbench.dispose();
      kubectl('delete', 'kustomizations', '--all', '--timeout=90s');
      kubectl('delete', 'namespace', id, '--wait=false');
      await gitea('DELETE', `/repos/plumbline/${id}`);
      repository.remove();
    });

    it.each(fluxCases.filter(({ fails }) => fails === undefined).map((one) => [one.name]))(
      '%s',
      (name) => {
        const status = statuses.get(name);
        expect(readyOf(status), messageOf(status)).toBe('True');
        const { app, working } = appNamed(workbench, `${id}/${name}`);
        if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
        const objects = formOf(working.desired.objects);
        const desired = desiredObjects({ app, objects, isNamespaced: () => true });
        expect(desired.map(({ object: one }) => entryOf(one)).sort()).toEqual(inventoryOf(status));
        for (const { object: ours } of desired) {
          if (!isApplied(ours)) {
            expect(() => liveObject(ours)).toThrow('NotFound');
            continue;
          }
          const live = liveObject(ours);
          expect(live).toMatchObject({ ...ours, metadata: { name: ours.metadata.name } });
          expect(live['data']).toEqual(ours['data']);
          expect(valueAt(live, 'metadata', 'labels')).toEqual(ours.metadata.labels);
          expect(annotationsOf(live)).toEqual(ours.metadata.annotations ?? {});
        }
      },
    );

    it.each(fluxCases.flatMap((one) => (one.fails === undefined ? [] : [[one.name, one.fails]])))(
      '%s fails in both',
      (name, says) => {
        const status = statuses.get(name);
        expect(readyOf(status)).toBe('False');
        const { working } = appNamed(workbench, `${id}/${name}`);
        expect(working.kind).toBe('invalid');
        expect(JSON.stringify(working)).toContain(says);
      },
    );
  },
);

function conditionOf(one: JsonObject | undefined): JsonObject | undefined {
  const conditions = valueAt(one, 'status', 'conditions');
  const all = Array.isArray(conditions) ? (conditions as readonly JsonObject[]) : [];
  return all.find(({ type }) => type === 'Ready');
}

/** True or False once the controller is done with it. */
function readyOf(one: JsonObject | undefined): string | undefined {
  const status = textAt(conditionOf(one), 'status');
  const reason = textAt(conditionOf(one), 'reason') ?? '';
  if (status === 'True' && valueAt(one, 'status', 'lastAppliedRevision') !== undefined) {
    return 'True';
  }
  const failed = ['BuildFailed', 'ReconciliationFailed'].includes(reason);
  return status === 'False' && failed ? 'False' : undefined;
}

function messageOf(one: JsonObject | undefined): string {
  return textAt(conditionOf(one), 'message') ?? 'no message';
}

const MODES = 'kustomize.toolkit.fluxcd.io';

function isApplied({ metadata }: KubeObject): boolean {
  const annotations = metadata.annotations ?? {};
  return (
    annotations[`${MODES}/ssa`] !== 'Ignore' && annotations[`${MODES}/reconcile`] !== 'disabled'
  );
}

/** As the controller's inventory writes an object. */
function entryOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return [metadata.namespace ?? '', metadata.name ?? '', group, kind].join('_');
}

function inventoryOf(one: JsonObject | undefined): readonly string[] {
  const entries = valueAt(one, 'status', 'inventory', 'entries');
  const all = Array.isArray(entries) ? (entries as readonly JsonObject[]) : [];
  return all.map((entry) => textAt(entry, 'id') ?? '').sort();
}

/** Without what the cluster's own controllers write. */
function annotationsOf(live: JsonObject): JsonObject {
  const all = (valueAt(live, 'metadata', 'annotations') ?? {}) as JsonObject;
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !name.startsWith('deployment.kubernetes.io/')),
  );
}
