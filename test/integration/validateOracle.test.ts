import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Problem } from '../../src/model/problem';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import { fieldPath } from '../../src/validate/fieldPath';
import type { Schemas } from '../../src/validate/schemas';
import { createSchemas } from '../../src/validate/schemas';
import { validateObjects } from '../../src/validate/validateObjects';
import { ACCEPTED, REFUSED, WIDGET_CRD } from './validateCorpus';
import type { Mutation } from './validateMutations';
import { mutationsOf } from './validateMutations';
import type { LabServer, Verdict } from './validateServer';
import { LAB_STATE, connectToLab } from './validateServer';

const WIDGET_VERSION = 'oracle.plumbline.example/v1';
const NEVER = new AbortController().signal;

async function readBundle(): Promise<Uint8Array> {
  const folder = join(import.meta.dirname, '../../schemas');
  const name = (await readdir(folder)).find((file) => file.endsWith('.json.br'));
  return brotliDecompressSync(await readFile(join(folder, name ?? '')));
}

async function errorsOf(object: KubeObject, schemas: Schemas): Promise<readonly Problem[]> {
  const rendered = { object, origin: { path: 'a.yaml' }, role: 'resource', generated: [] } as const;
  const problems = await validateObjects({ objects: [rendered], schemas, signal: NEVER });
  return problems.filter(({ severity }) => severity === 'error');
}

function unknownFields(problems: readonly Problem[]): readonly string[] {
  const unknown = problems.filter(({ code }) => code === 'unknown-field');
  return unknown.map(({ pointer }) => fieldPath(pointer ?? '')).sort();
}

/** One line where our verdict and the server's cannot both be right; empty where they agree. */
function contradiction(label: string, verdict: Verdict, problems: readonly Problem[]): string {
  const ours = problems.map(({ message }) => message).join('; ');
  if (verdict.kind === 'accepted') return ours === '' ? '' : `false alarm, ${label}: ${ours}`;
  if (verdict.kind === 'invalid') return '';
  if (ours === '') return `missed, ${label}: ${verdict.message}`;
  // Of a list given as an object the server says that each of its fields is unknown.
  const exact = verdict.unknownFields.length === 0 || problems.some((p) => p.code === 'wrong-type');
  const same = String(unknownFields(problems)) === String([...verdict.unknownFields].sort());
  return exact || same ? '' : `other fields, ${label}: ${ours} / ${verdict.message}`;
}

/** Cases in which the server's answer is no verdict on the object. */
function isJudged({ label }: Mutation): boolean {
  // A LimitRange gets a made-up name on creation, which an apply cannot rely on.
  if (label.startsWith('LimitRange metadata ')) return false;
  // The server drops the connection (a nil pointer in its handler).
  return !/openAPIV3Schema (as null|without it)$/.test(label);
}

async function inBatches<T>(
  items: readonly T[],
  run: (item: T) => Promise<string>,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let at = 0; at < items.length; at += 16) {
    lines.push(...(await Promise.all(items.slice(at, at + 16).map(run))));
  }
  return lines.filter((line) => line !== '');
}

describe.skipIf(LAB_STATE === undefined)('validation against a real API server', () => {
  const started = {} as { lab: LabServer; bundled: Schemas; cluster: Schemas };

  beforeAll(async () => {
    const lab = await connectToLab(LAB_STATE ?? '');
    await lab.delete(WIDGET_CRD).catch(() => undefined);
    await lab.create(WIDGET_CRD);
    const documents = new Map<string, JsonObject>();
    const versions = [...new Set(ACCEPTED.map(({ apiVersion }) => apiVersion))];
    const settled = async (): Promise<void> => {
      await lab.refresh();
      expect(lab.served.some(({ kind }) => kind === 'Widget')).toBe(true);
      expect(JSON.stringify(await lab.openApi(WIDGET_VERSION))).toContain('"kind":"Widget"');
    };
    await vi.waitFor(settled, { timeout: 300_000, interval: 500 });
    for (const version of versions) documents.set(version, await lab.openApi(version));
    started.lab = lab;
    started.bundled = createSchemas({ bundle: readBundle }).withCrds([WIDGET_CRD]);
    started.cluster = createSchemas({ bundle: readBundle }).withCluster(documents);
  });

  afterAll(async () => {
    await started.lab?.delete(WIDGET_CRD);
  });

  it('finds nothing in what the server accepts', async () => {
    for (const object of ACCEPTED) {
      const verdict = await started.lab.dryRun(object);
      expect.soft(verdict, object.kind).toEqual({ kind: 'accepted' });
      expect.soft(await errorsOf(object, started.bundled), object.kind).toEqual([]);
      expect.soft(await errorsOf(object, started.cluster), object.kind).toEqual([]);
    }
  });

  it.each(REFUSED.map((one) => [one.label, one] as const))('refuses %s', async (_, one) => {
    const verdict = await started.lab.dryRun(one.object);
    expect(verdict.kind, JSON.stringify(verdict)).toBe(one.verdict);
    const unknown = verdict.kind === 'undecodable' ? [...verdict.unknownFields].sort() : [];
    expect(unknown).toEqual(one.unknownFields ?? []);
    for (const schemas of [started.bundled, started.cluster]) {
      const problems = await errorsOf(one.object, schemas);
      expect(problems.map(({ code }) => code).sort()).toEqual([...one.codes].sort());
      expect(unknownFields(problems)).toEqual(unknown);
    }
  });

  it('agrees on every field bent in every way', async () => {
    const mutations = ACCEPTED.flatMap(mutationsOf).filter(isJudged);
    expect(mutations.length).toBeGreaterThan(3000);
    const counts = { accepted: 0, undecodable: 0, invalid: 0 };
    const lines = await inBatches(mutations, async ({ label, object }) => {
      const verdict = await started.lab.dryRun(object);
      counts[verdict.kind] += 1;
      const bundled = contradiction(label, verdict, await errorsOf(object, started.bundled));
      const cluster = contradiction(label, verdict, await errorsOf(object, started.cluster));
      return bundled === '' ? cluster && `with the cluster's own: ${cluster}` : bundled;
    });
    expect(lines).toEqual([]);
    expect(Math.min(counts.accepted, counts.undecodable, counts.invalid)).toBeGreaterThan(300);
  });

  it('knows each refusal of a custom resource', async () => {
    const widgets = ACCEPTED.filter(({ kind }) => kind === 'Widget').flatMap(mutationsOf);
    const lines = await inBatches(widgets, async ({ label, object }) => {
      const verdict = await started.lab.dryRun(object);
      const ours = await errorsOf(object, started.bundled);
      return (verdict.kind === 'accepted') === (ours.length === 0) ? '' : `${label}`;
    });
    expect(lines).toEqual([]);
  });

  it('says which API versions the server does not serve', async () => {
    const objects = ['apps/v1', 'apps/v1beta1', 'oracle.plumbline.example/v2'].map(
      (apiVersion) =>
        ({
          object: {
            apiVersion,
            kind: apiVersion.startsWith('apps') ? 'Deployment' : 'Widget',
            metadata: { name: 'a' },
          },
          origin: { path: 'a.yaml' },
          role: 'resource',
          generated: [],
        }) as const,
    );
    const destination = { name: 'staging', served: started.lab.served };
    const problems = await validateObjects({
      objects,
      schemas: started.cluster,
      destination,
      signal: NEVER,
    });
    expect(problems.filter(({ code }) => code === 'removed-api').map((p) => p.message)).toEqual([
      'Deployment a: staging does not serve apps/v1beta1, it serves apps/v1',
      'Widget a: staging does not serve oracle.plumbline.example/v2, it serves oracle.plumbline.example/v1',
    ]);
  });
});
