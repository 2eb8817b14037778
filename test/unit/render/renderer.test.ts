import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startEngine } from '../../../src/render/engineProcess';
import type { PooledRenderer, RendererOptions } from '../../../src/render/renderer';
import {
  chart,
  CONFIG_MAP,
  createFolder,
  enginePath,
  helmSource,
  never,
  realRenderer,
  silent,
} from './engine';
import type { Folder } from './engine';

const owned: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of owned.splice(0)) one.dispose();
});

function folder(files: Readonly<Record<string, string>>): Folder {
  const made = createFolder(files);
  owned.push({ dispose: () => made.remove() });
  return made;
}

function renderer(options: Partial<RendererOptions> = {}): PooledRenderer {
  const made = realRenderer(options);
  owned.push(made);
  return made;
}

/** Long enough for several of them to overlap, and it ends by itself. */
const SLOW = `${CONFIG_MAP}data:\n{{- range $i := until 400000 }}\n  k{{ $i }}: {{ sha256sum (print $i) | quote }}\n{{- end }}\n`;
/** Would run for hours. */
const ENDLESS = `${CONFIG_MAP}data:\n  x: {{ range until 30000 }}{{ range until 30000 }}{{ sha256sum "a" | trunc 0 }}{{ end }}{{ end }}"y"\n`;
const HUNGRY = `${CONFIG_MAP}data:\n  x: {{ range until 100000 }}{{ repeat 100000 "x" }}{{ end }}\n`;

describe('renderer', () => {
  it('renders with one process, started on first use and used again', async () => {
    const { path } = folder(chart(CONFIG_MAP));
    const r = renderer();
    expect(r.stats()).toMatchObject({ processes: 0, started: 0 });
    const render = async () => (await r.render({ root: path, source: helmSource }, never)).kind;
    expect([await render(), await render(), await render()]).toEqual(Array(3).fill('rendered'));
    expect(r.stats()).toMatchObject({ processes: 1, started: 1, cacheHits: 0, requests: 3 });
  });

  it('starts no more processes than allowed, and all of them under load', async () => {
    const { path } = folder(chart(SLOW.replace('400000', '20000')));
    const r = renderer({ maxEngines: 2 });
    const all = [1, 2, 3, 4, 5].map(() => r.render({ root: path, source: helmSource }, never));
    expect((await Promise.all(all)).map(({ kind }) => kind)).toEqual(Array(5).fill('rendered'));
    expect(r.stats()).toMatchObject({ processes: 2, started: 2 });
  });

  it('answers a cancel at once and renders the next request', async () => {
    const { path, write } = folder(chart(ENDLESS));
    const r = renderer({ maxEngines: 1, graceMs: 100 });
    await r.list({ root: path }, never);
    const abort = new AbortController();
    const running = r.render({ root: path, source: helmSource }, abort.signal);
    setTimeout(() => abort.abort(), 50);
    await expect(running).rejects.toThrow();
    expect(r.stats()).toMatchObject({ processes: 1, killed: 0 });
    write({ 'templates/object.yaml': CONFIG_MAP });
    const next = await r.render({ root: path, source: helmSource }, never);
    expect(next.kind).toBe('rendered');
    // The cancelled render never ends by itself, so its process had to go.
    expect(r.stats()).toMatchObject({ killed: 1, started: 2 });
  });

  it('gives up a render that crosses the time limit, says so, and serves the next one', async () => {
    const { path, write } = folder(chart(ENDLESS));
    const r = renderer({ maxEngines: 1, timeLimitMs: 5000 });
    const outcome = await r.render({ root: path, source: helmSource }, never);
    expect(outcome.kind).not.toBe('rendered');
    const said = outcome.kind === 'failed' ? outcome.problems[0]?.message : undefined;
    const reason = outcome.kind === 'unavailable' ? outcome.reason : said;
    expect(reason).toMatch(/time limit|did not end within/);
    write({ 'templates/object.yaml': CONFIG_MAP });
    expect((await r.render({ root: path, source: helmSource }, never)).kind).toBe('rendered');
  });

  it('loses the process to a render that wants too much memory, and never repeats that render', async () => {
    const { path, write } = folder(chart(HUNGRY));
    const r = renderer({ maxEngines: 1, memoryLimitBytes: 400 * 1024 ** 2 });
    const outcome = await r.render({ root: path, source: helmSource }, never);
    expect(outcome).toMatchObject({ kind: 'unavailable' });
    expect(outcome.kind === 'unavailable' ? outcome.reason : '').toContain('the top folder');
    expect(r.stats()).toMatchObject({ requests: 1, crashed: 1, processes: 0 });
    write({ 'templates/object.yaml': CONFIG_MAP });
    expect((await r.render({ root: path, source: helmSource }, never)).kind).toBe('rendered');
  });

  it('says in one sentence that the engine cannot be started', async () => {
    const r = renderer({ enginePath: '/nowhere/plumbline-engine' });
    const outcome = await r.render({ root: '/', source: helmSource }, never);
    expect(outcome).toEqual({
      kind: 'unavailable',
      reason: 'The engine gave up on the top folder: it cannot be started.',
    });
    await expect(r.list({ root: '/' }, never)).rejects.toThrow('it cannot be started');
  });

  it('gives broken input back as problems with their line', async () => {
    const { path } = folder(chart(`${CONFIG_MAP}data:\n  a: {{ .Values.a.b.c }}\n`));
    const outcome = await renderer().render({ root: path, source: helmSource }, never);
    expect(outcome).toMatchObject({
      kind: 'failed',
      problems: [{ severity: 'error', location: { path: 'templates/object.yaml', line: 6 } }],
    });
  });

  it('stops its processes when idle and when disposed', async () => {
    const { path } = folder(chart(CONFIG_MAP));
    const r = renderer({ idleMs: 30 });
    await r.render({ root: path, source: helmSource }, never);
    await expect.poll(() => r.stats().processes).toBe(0);
    expect((await r.render({ root: path, source: helmSource }, never)).kind).toBe('rendered');
    r.dispose();
    expect(r.stats().processes).toBe(0);
    const after = await r.render({ root: path, source: helmSource }, never);
    expect(after).toMatchObject({ kind: 'unavailable' });
  });

  it('keeps renders of a full commit, and of nothing else', async () => {
    const { path, write } = folder(chart(CONFIG_MAP));
    const git = (...args: string[]) => execFileSync('git', args, { cwd: path, encoding: 'utf8' });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'one');
    const revision = git('rev-parse', 'HEAD').trim();
    const r = renderer();
    const request = { root: path, revision, source: helmSource };
    const first = await r.render(request, never);
    expect(await r.render(request, never)).toBe(first);
    expect(r.stats()).toMatchObject({ cacheHits: 1, requests: 1 });
    await r.render({ ...request, source: { ...helmSource, releaseName: 'other' } }, never);
    await r.render({ ...request, revision: 'main' }, never);
    await r.render({ ...request, overlay: { 'values.yaml': 'a: 1' } }, never);
    write({ 'values.yaml': 'a: 2' });
    await r.render({ root: path, source: helmSource }, never);
    expect(r.stats()).toMatchObject({ cacheHits: 1, requests: 5 });
  });

  it('asks the engine for listings, texts, differences, health, merges and jq', async () => {
    const { path } = folder({ 'a.yaml': CONFIG_MAP, 'b/c.yaml': 'x: 1\n' });
    const r = renderer();
    expect(await r.list({ root: path }, never)).toEqual(['a.yaml', 'b/c.yaml']);
    expect(await r.read({ root: path }, 'b/c.yaml', never)).toEqual({ text: 'x: 1\n' });
    expect(await r.read({ root: path }, 'none.yaml', never)).toBeUndefined();
    expect(await r.repository(path, never)).toBeUndefined();
    expect(await r.changed({ root: path, revision: 'main' }, undefined, never)).toMatchObject({
      kind: 'unavailable',
    });
    const parsed = await r.parse({ root: path }, ['a.yaml'], never);
    expect(parsed).toMatchObject([{ path: 'a.yaml', documents: [{ line: 1 }] }]);
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { a: '1' },
    };
    expect(await r.health([object, object], never)).toMatchObject([
      { status: 'Current' },
      { status: 'Current' },
    ]);
    expect(await r.jqDelete(object, ['.data.a'], never)).toMatchObject({ data: {} });
    const merged = await r.threeWay(
      { modified: { ...object, data: { a: '2' } }, current: object },
      never,
    );
    expect(merged.predicted).toMatchObject({ data: { a: '2' } });
  });

  it('expands an ApplicationSet over unsaved files, and says what it needs', async () => {
    const { path: root } = folder({ 'envs/.keep': '' });
    const r = renderer();
    const set = (repoURL: string) => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { name: 'set', namespace: 'argocd' },
      spec: {
        goTemplate: true,
        generators: [{ git: { repoURL, revision: 'HEAD', files: [{ path: 'envs/*.yaml' }] } }],
        template: {
          metadata: { name: '{{.name}}' },
          spec: {
            project: 'p',
            destination: { name: 'c' },
            source: { repoURL, path: '{{.path.path}}' },
          },
        },
      },
    });
    const repositories = [{ root, repoURL: 'mine', overlay: { 'envs/x.yaml': 'name: unsaved' } }];
    const expanded = await r.expandApplicationSet(
      { applicationSet: set('mine'), repositories },
      never,
    );
    expect(expanded).toMatchObject({ blocked: false, problems: [], needsServer: [] });
    expect(expanded.applications).toMatchObject([
      {
        object: {
          metadata: { name: 'unsaved', namespace: 'argocd' },
          spec: { source: { path: 'envs' } },
        },
        params: { name: 'unsaved' },
        pointer: '/spec/generators/0',
      },
    ]);
    expect(expanded.inputs).toMatchObject([{ root }]);
    const elsewhere = await r.expandApplicationSet(
      { applicationSet: set('theirs'), repositories },
      never,
    );
    expect(elsewhere.needsServer).toMatchObject([
      { generator: 'git', repoURL: 'theirs', revision: 'HEAD' },
    ]);
  });
});

describe('engine process', () => {
  it.skipIf(process.platform !== 'linux')('has no environment and its own folder', async () => {
    const engine = await startEngine({
      enginePath,
      timeLimitMs: 1000,
      memoryLimitBytes: 10 ** 9,
      environment: {},
      log: silent,
    });
    owned.push({ dispose: () => engine.kill() });
    expect(readFileSync(`/proc/${engine.pid}/environ`, 'utf8')).toBe('PATH=\0');
    expect(engine.info.versions).toHaveProperty('helm');
  });

  it('answers what was asked when it is killed, with the reason', async () => {
    const { path } = folder(chart(SLOW));
    const engine = await startEngine({
      enginePath,
      timeLimitMs: 60_000,
      memoryLimitBytes: 10 ** 10,
      environment: {},
      log: silent,
    });
    const asked = engine.request('render', { root: path, source: helmSource });
    engine.kill();
    expect(await asked).toEqual({ kind: 'gone', reason: 'it stopped' });
    expect(await engine.ended).toBe('it stopped');
    expect(engine.alive()).toBe(false);
  });
});
