import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RenderOutcome, RenderRequest } from '../../src/model/render';
import type { PooledRenderer } from '../../src/render/renderer';
import { createFolder, type Folder, never, realRenderer } from '../unit/render/engine';
import { type CorpusCase, copyCorpus, corpusCases } from './corpusCases';
import { createRepository, type TestRepository } from './pipelineWorld';

/** Everything that a render says, but for the commit that it read and what it is kept by. */
function said(outcome: RenderOutcome): unknown {
  if (outcome.kind !== 'rendered') return outcome;
  const entries = Object.entries(outcome.result).filter(([key]) => !/^(commit|digest)$/.test(key));
  return { kind: outcome.kind, result: Object.fromEntries(entries) };
}

describe('the corpus', () => {
  let repository: TestRepository;
  const owned: { dispose(): void }[] = [];

  const request = (one: CorpusCase, more: Partial<RenderRequest> = {}): RenderRequest => ({
    root: repository.path,
    source: one.source,
    capabilities: one.capabilities,
    ...more,
  });
  const renderer = (maxEngines: number): PooledRenderer => {
    const made = realRenderer({ maxEngines, timeLimitMs: 120_000 });
    owned.push(made);
    return made;
  };
  const all = async (
    by: PooledRenderer,
    more: Partial<RenderRequest> = {},
  ): Promise<ReadonlyMap<string, unknown>> =>
    new Map(
      await Promise.all(
        corpusCases.map(
          async (one) => [one.name, said(await by.render(request(one, more), never))] as const,
        ),
      ),
    );
  const same = (got: ReadonlyMap<string, unknown>, want: ReadonlyMap<string, unknown>): void => {
    for (const { name } of corpusCases) expect(got.get(name), name).toEqual(want.get(name));
  };
  let first: ReadonlyMap<string, unknown>;

  beforeAll(async () => {
    repository = createRepository({ 'README.md': 'all cases\n' });
    copyCorpus(repository.path);
    repository.publish('the corpus');
    first = await all(renderer(1));
  });

  afterAll(() => {
    for (const one of owned) one.dispose();
    repository.remove();
  });

  it('renders what it should and fails what it should', () => {
    for (const { name, fails } of corpusCases) {
      expect(first.get(name), name).toMatchObject({ kind: fails ? 'failed' : 'rendered' });
    }
    expect(corpusCases.length).toBeGreaterThanOrEqual(60);
  });

  it('is the same by one process or four', async () => {
    const four = renderer(4);
    same(await all(four), first);
    expect(four.stats().started).toBe(4);
  });

  it('is the same in another order', async () => {
    const one = renderer(1);
    const got = new Map<string, unknown>();
    for (const each of corpusCases.toReversed()) {
      got.set(each.name, said(await one.render(request(each), never)));
    }
    same(got, first);
  });

  it('is the same after each case was rendered otherwise', async () => {
    const one = renderer(2);
    const got = await Promise.all(
      corpusCases.map(async (each) => {
        await one.render(request(each), never);
        for (const path of readFiles(first.get(each.name))) {
          const overlay = { [path]: null };
          await one.render(request(each, { overlay }), never);
        }
        return [each.name, said(await one.render(request(each), never))] as const;
      }),
    );
    same(new Map(got), first);
  }, 240_000);

  it('is the same out of a commit', async () => {
    const head = repository.git('rev-parse', 'HEAD');
    same(await all(renderer(2), { revision: head }), first);
  });

  it('is the same in a checkout whose lines end with both characters', async () => {
    const clone: Folder = createFolder();
    owned.push({ dispose: () => clone.remove() });
    const path = join(clone.path, 'clone');
    // The option of this one command stands for the configuration of a machine.
    const options = ['-c', 'core.autocrlf=true', 'clone', '-q', repository.path, path];
    execFileSync('git', options, { stdio: 'pipe' });
    expect(readFileSync(join(path, 'cases/helm/tpl/Chart.yaml'), 'utf8')).toContain('\r\n');
    same(await all(renderer(2), { root: path }), first);
  });

  it('is the same when renders before were cancelled', async () => {
    const two = renderer(2);
    const waiting = corpusCases.map(async (each, index) => {
      const abort = new AbortController();
      const outcome = two.render(request(each), abort.signal).then(said, (cause: unknown) => cause);
      setTimeout(() => abort.abort(), index % 40);
      return await outcome;
    });
    const ended = await Promise.all(waiting);
    expect(ended.some((cause) => cause instanceof Error && cause.name === 'AbortError')).toBe(true);
    same(await all(two), first);
  });

  it('is the same, and asks for nothing else, when other files change', async () => {
    const others = {
      'README.md': 'edited\n',
      'values.yaml': 'a: other\n',
      'cases/values.yaml': 'a: other\n',
      'cases/kustomization.yaml': 'namePrefix: other-\n',
      'cases/helm/Chart.yaml': 'name: [\n',
      'other/deep/kustomization.yaml': 'resources: [\n',
    };
    repository.write(others);
    same(await all(renderer(2)), first);
    for (const { name } of corpusCases) {
      const inputs = JSON.stringify(first.get(name));
      for (const path of Object.keys(others)) {
        expect(inputs, name).not.toContain(`"path":"${path}"`);
      }
    }
    repository.git('checkout', '-q', '.');
    repository.git('clean', '-q', '-f', '-d');
  });
});

/** Up to three of the files that a render found. */
function readFiles(outcome: unknown): readonly string[] {
  const text = JSON.stringify(outcome);
  const found = [...text.matchAll(/\{"kind":"file","path":"([^"]+)","found":true\}/g)];
  return found.slice(0, 3).flatMap(([, path]) => (path === undefined ? [] : [path]));
}
