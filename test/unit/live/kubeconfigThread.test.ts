import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thread } from '../../../src/base/thread';
import { parseKubeconfig } from '../../../src/live/clientNode';
import type { ParseText } from '../../../src/live/clientNode';
import { createThreadParser } from '../../../src/live/kubeconfigThread';
import type {
  ParsedMessage,
  TextMessage,
  ThreadParserOptions,
} from '../../../src/live/kubeconfigThread';
import { startThread } from '../../../src/workerThread';

const top = join(import.meta.dirname, '../../..');
const shared = { folder: '', entry: '' };

beforeAll(async () => {
  shared.folder = await mkdtemp(join(tmpdir(), 'plumbline-kubeconfig-'));
  shared.entry = join(shared.folder, 'kubeconfig.js');
  await build({
    absWorkingDir: top,
    entryPoints: ['src/kubeconfigEntry.ts'],
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

interface Started {
  readonly parse: ParseText;
  readonly threads: Thread<TextMessage, ParsedMessage>[];
  readonly ends: string[];
}

function parser(options: Partial<ThreadParserOptions> = {}, entry = shared.entry): Started {
  const threads: Thread<TextMessage, ParsedMessage>[] = [];
  const ends: string[] = [];
  const start = (): Thread<TextMessage, ParsedMessage> => {
    const thread = startThread<TextMessage, ParsedMessage>(entry);
    thread.onExit((reason) => ends.push(reason));
    threads.push(thread);
    return thread;
  };
  const parse = createThreadParser({ start, idleMs: 60_000, timeLimitMs: 60_000, ...options });
  return { parse, threads, ends };
}

describe('kubeconfigs parsed in a thread', () => {
  const texts = [
    'apiVersion: v1\nkind: Config\ncontexts: [{name: prod}]\n',
    '{"kind": "Config", "users": []}',
    'a: [1',
    'just text',
    '- a\n- b\n',
    '\tx: 1',
  ];

  it('are what they are in this thread, whichever answer comes first', async () => {
    const { parse, threads } = parser();
    const there = await Promise.all(texts.map(parse));
    expect(there).toEqual(await Promise.all(texts.map(parseKubeconfig)));
    expect(threads).toHaveLength(1);
    threads[0]?.terminate();
  });

  it('need no thread any more once it has been idle, and get another one later', async () => {
    const { parse, threads, ends } = parser({ idleMs: 1 });
    await parse('kind: Config');
    await expect.poll(() => ends.length, { timeout: 120_000 }).toBe(1);
    expect(await parse('kind: Config')).toEqual({ kind: 'ok', value: { kind: 'Config' } });
    expect(threads).toHaveLength(2);
    await expect.poll(() => ends.length, { timeout: 120_000 }).toBe(2);
  });

  it('are broken with the reason when the thread ends, hangs or never starts', async () => {
    const killed = parser();
    const asked = killed.parse('kind: Config');
    killed.threads[0]?.terminate();
    expect(await asked).toMatchObject({
      kind: 'broken',
      reason: expect.stringMatching(/^the worker ended with [01]$/) as string,
    });

    const slow = parser({ timeLimitMs: 1 });
    expect(await slow.parse('kind: Config')).toMatchObject({ kind: 'broken' });

    const absent = parser({}, join(shared.folder, 'absent.js'));
    expect(await absent.parse('kind: Config')).toMatchObject({
      kind: 'broken',
      reason: expect.stringContaining('absent.js') as string,
    });
  });

  it('keep a process alive until they are answered, and no longer', async () => {
    const main = join(shared.folder, 'main.cjs');
    await build({
      absWorkingDir: top,
      stdin: {
        contents: `
          import { createThreadParser } from './src/live/kubeconfigThread';
          import { startThread } from './src/workerThread';
          const start = () => startThread(${JSON.stringify(shared.entry)});
          createThreadParser({ start, idleMs: 600_000, timeLimitMs: 600_000 })('kind: Config')
            .then((result) => console.log(JSON.stringify(result)));
        `,
        resolveDir: top,
      },
      outfile: main,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [main]);
    expect(stdout.trim()).toBe('{"kind":"ok","value":{"kind":"Config"}}');
  });
});
