import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import type { RemoteOptions, WorkerThread } from '../../../src/validate/remoteValidator';
import { createRemoteValidator } from '../../../src/validate/remoteValidator';
import type { ToWorker } from '../../../src/validate/workerProtocol';
import { createValidator } from '../../../src/validate/validator';
import { startThread } from '../../../src/workerThread';
import { committedSchemas, deployment, rendered } from './bundle';

const NEVER = new AbortController().signal;
const top = join(import.meta.dirname, '../../..');
const shared = { folder: '', entry: '' };

/** `(a+)+` takes a time exponential in the text that does not match. */
const HOSTILE_CRD: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'traps.example.com' },
  spec: {
    group: 'example.com',
    names: { kind: 'Trap' },
    versions: [
      {
        name: 'v1',
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { text: { type: 'string', pattern: '^(a+)+$' } },
          },
        },
      },
    ],
  },
};
const trap = { apiVersion: 'example.com/v1', kind: 'Trap', metadata: { name: 't' } };
const hanging = rendered({ ...trap, text: `${'a'.repeat(60)}!` });
const broken = rendered(deployment({ replica: 1 }));

beforeAll(async () => {
  shared.folder = await mkdtemp(join(tmpdir(), 'plumbline-worker-'));
  shared.entry = join(shared.folder, 'worker.js');
  await build({
    absWorkingDir: top,
    entryPoints: ['src/workerEntry.ts'],
    outfile: shared.entry,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
});

afterAll(async () => {
  await rm(shared.folder, { recursive: true, force: true });
});

interface Recorded {
  readonly sent: ToWorker[];
  readonly threads: WorkerThread[];
  readonly warnings: string[];
}

function remote(options: Partial<RemoteOptions> = {}) {
  const recorded: Recorded = { sent: [], threads: [], warnings: [] };
  const start = (): WorkerThread => {
    const thread: WorkerThread = startThread(shared.entry, {
      schemasPath: join(top, 'schemas'),
    });
    recorded.threads.push(thread);
    return {
      ...thread,
      post: (message) => {
        recorded.sent.push(message);
        thread.post(message);
      },
    };
  };
  const log = { warn: (text: string) => void recorded.warnings.push(text) };
  const validator = createRemoteValidator({ start, timeLimitMs: 60_000, log, ...options });
  return { validator, recorded };
}

describe('validation in a thread', () => {
  it('finds what validation in this thread finds', async () => {
    const { validator, recorded } = remote();
    const objects = [
      broken,
      rendered({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: '!' } }),
      rendered({ ...trap, text: 'b' }),
      ...Array.from({ length: 120 }, (_, index) => rendered(deployment({}, { name: `w${index}` }))),
    ];
    const request = { objects, crds: [HOSTILE_CRD], destination: { version: 'v1.36.3' } };
    const here = await createValidator(committedSchemas()).validate(request, NEVER);
    expect(await validator.validate(request, NEVER)).toEqual(here);
    expect(here.map(({ code }) => code)).toEqual([
      'unknown-field',
      'invalid-value',
      'invalid-value',
    ]);
    expect(recorded.sent.filter(({ kind }) => kind === 'objects')).toHaveLength(3);
    validator.dispose();
  });

  it('is sent what stays the same only once, and forgets the oldest', async () => {
    const { validator, recorded } = remote();
    const crds = [HOSTILE_CRD];
    const openApi = new Map([['apps/v1', {}]]);
    await validator.validate({ objects: [broken], crds, openApi }, NEVER);
    await validator.validate({ objects: [broken], crds, openApi }, NEVER);
    const kept = () => recorded.sent.filter(({ kind }) => kind === 'keep').length;
    expect(kept()).toBe(2);
    for (let round = 0; round < 25; round += 1) {
      await validator.validate({ objects: [], crds: [HOSTILE_CRD] }, NEVER);
    }
    expect(recorded.sent.filter(({ kind }) => kind === 'forget')).toHaveLength(3);
    const found = await validator.validate({ objects: [broken], crds, openApi }, NEVER);
    expect(found).toHaveLength(1);
    expect(kept()).toBe(2 + 25 + 2);
    validator.dispose();
  });

  it('that never ends is given up and says so, and the next job has a new thread', async () => {
    const { validator, recorded } = remote({ timeLimitMs: 8_000 });
    await validator.validate({ objects: [broken] }, NEVER);
    const request = { objects: [hanging], crds: [HOSTILE_CRD] };
    const [given, next] = await Promise.all([
      validator.validate(request, NEVER),
      validator.validate({ objects: [] }, NEVER),
    ]);
    expect(given).toMatchObject([
      { severity: 'warning', code: 'not-validated', location: { path: 'app.yaml' } },
    ]);
    expect(next).toEqual([]);
    expect(recorded.threads).toHaveLength(2);
    expect(recorded.warnings).toEqual(['validation: no answer within 8000 ms']);
    validator.dispose();
  });

  it('whose thread ends says so, and the next job has a new one', async () => {
    const { validator, recorded } = remote();
    const job = validator.validate({ objects: [hanging], crds: [HOSTILE_CRD] }, NEVER);
    await expect.poll(() => recorded.sent.some(({ kind }) => kind === 'run')).toBe(true);
    recorded.threads[0]?.terminate();
    expect(await job).toMatchObject([{ code: 'not-validated' }]);
    const { objects } = { objects: [rendered(deployment())] };
    expect(await validator.validate({ objects }, NEVER)).toEqual([]);
    expect(recorded.threads).toHaveLength(2);
    validator.dispose();
  });

  it('is left at once when it is cancelled, while it runs or waits', async () => {
    const { validator, recorded } = remote();
    const abort = new AbortController();
    const request = { objects: [hanging], crds: [HOSTILE_CRD] };
    const running = validator.validate(request, abort.signal);
    const waiting = validator.validate(request, abort.signal);
    await expect.poll(() => recorded.sent.some(({ kind }) => kind === 'run')).toBe(true);
    abort.abort(new DOMException('enough', 'AbortError'));
    await expect(running).rejects.toThrow('enough');
    await expect(waiting).rejects.toThrow('enough');
    await expect(validator.validate(request, abort.signal)).rejects.toThrow('enough');
    expect(recorded.sent.filter(({ kind }) => kind === 'run')).toHaveLength(1);
    validator.dispose();
  });

  it('that cannot start says so', async () => {
    const { validator } = remote({
      start: () => startThread(join(shared.folder, 'absent.js'), { schemasPath: '' }),
    });
    expect(await validator.validate({ objects: [broken] }, NEVER)).toMatchObject([
      { code: 'not-validated' },
    ]);
    validator.dispose();
  });

  it('does not keep a process that has nothing else to do', async () => {
    const script = join(shared.folder, 'idle.cjs');
    const request = JSON.stringify({ objects: [broken] });
    const data = JSON.stringify({ schemasPath: join(top, 'schemas') });
    await build({
      absWorkingDir: top,
      stdin: {
        resolveDir: top,
        contents: `
          import { startThread } from './src/workerThread';
          import { createRemoteValidator } from './src/validate/remoteValidator';
          const start = () => startThread(${JSON.stringify(shared.entry)}, ${data});
          const validator = createRemoteValidator({ start, timeLimitMs: 60_000, log: console });
          void validator
            .validate(${request}, new AbortController().signal)
            .then(([problem]) => process.stdout.write(problem.code));`,
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 200_000 });
    expect(stdout).toBe('unknown-field');
  });
});
