import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { withholdSteps } from '../../src/diff/withhold';
import type { RenderOutcome, RenderRequest, RenderSource } from '../../src/model/render';
import { createFetcher } from '../../src/render/fetch';
import type { PooledRenderer, RendererOptions } from '../../src/render/renderer';
import { chartInputs } from '../bench/charts';
import { writeFiles } from '../bench/inputs';
import { overlayInputs } from '../bench/overlays';
import { chartArchive } from '../unit/render/chartArchive';
import {
  CONFIG_MAP,
  createFolder,
  enginePath,
  helmSource,
  never,
  realRenderer,
  silent,
  unseal,
} from '../unit/render/engine';
import type { Folder } from '../unit/render/engine';

const owned: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of owned.splice(0)) one.dispose();
});

function folder(files: Readonly<Record<string, string>> = {}): Folder {
  const made = createFolder(files);
  owned.push({ dispose: () => made.remove() });
  return made;
}

/** Another window, or the next one: its own processes on the same renders. */
function window(renders?: string, options: Partial<RendererOptions> = {}): PooledRenderer {
  const made = realRenderer({
    ...(renders === undefined ? {} : { renders: { folder: renders, withhold: withholdSteps } }),
    ...options,
  });
  owned.push(made);
  return made;
}

/** What the editor asks first, which is how the engine's version becomes known. */
async function opened(renders: string, root: string): Promise<PooledRenderer> {
  const renderer = window(renders);
  await renderer.list({ root }, never);
  return renderer;
}

function told(outcome: RenderOutcome): object {
  if (outcome.kind !== 'rendered') return outcome;
  return { ...outcome.result, inputsDigest: undefined, cacheInputs: undefined };
}

/** A repository of one chart in the versions that it has by now. */
async function chartServer(versions: readonly string[]): Promise<string> {
  const archive = (version: string): Buffer =>
    chartArchive({
      'web/Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
      'web/templates/a.yaml': `${CONFIG_MAP}data: {version: {{ .Chart.Version }}}\n`,
    });
  const server = createServer((request, response) => {
    const version = /^\/web-(.*)\.tgz$/.exec(request.url ?? '')?.[1];
    const list = versions.map(
      (one) => `{apiVersion: v2, name: web, version: ${one}, urls: [web-${one}.tgz]}`,
    );
    const index = `apiVersion: v1\nentries:\n  web: [${list.join(', ')}]\n`;
    response.end(version === undefined ? index : archive(version));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owned.push({
    dispose() {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const helmAt = (path: string): RenderSource => ({ ...helmSource, path });

describe('renders on disk', () => {
  it('are what another window makes anew, whatever the source is', async () => {
    const root = folder({ 'plain/a.yaml': CONFIG_MAP, 'plain/deep/b.yaml': CONFIG_MAP }).path;
    const charts = chartInputs().filter(({ input }) => !/copies|large/.test(input));
    const overlays = overlayInputs().filter(({ input }) => !/unit|images/.test(input));
    for (const { files } of [...charts, ...overlays]) writeFiles(root, files);
    const kustomization = { spec: { path: './plain', prune: true } };
    const sources: readonly RenderSource[] = [
      ...charts.map(({ path, valueFiles = [] }) => ({ ...helmSource, path, valueFiles })),
      ...overlays.map(({ path }) => ({ kind: 'kustomize', path }) as const),
      { kind: 'directory', path: 'plain', recurse: true },
      { kind: 'flux', path: 'plain', kustomization },
    ];
    const renders = folder().path;
    const first = await opened(renders, root);
    const cold = [];
    for (const source of sources) cold.push(await first.render({ root, source }, never));
    await first.written();
    const second = await opened(renders, root);
    const cached = [];
    for (const source of sources) cached.push(await second.render({ root, source }, never));
    expect(cached.map(told)).toEqual(cold.map(told));
    const storable = cold.filter(
      (outcome) =>
        outcome.kind === 'rendered' &&
        !outcome.result.objects.some(({ object }) => object.kind === 'Secret' && 'data' in object),
    );
    expect(second.stats().diskHits).toBe(storable.length);
    expect(storable.length).toBeGreaterThan(sources.length - 3);
  });

  it('come back with the text that they were made of: A, B, A', async () => {
    const files = (tag: string): Record<string, string> => ({
      'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'values.yaml': `tag: ${tag}\n`,
      'templates/a.yaml': `${CONFIG_MAP}data: {tag: {{ .Values.tag }}}\n`,
    });
    const { path: root, write } = folder(files('a'));
    const renderer = await opened(folder().path, root);
    const render = async (): Promise<unknown> =>
      told(await renderer.render({ root, source: helmSource }, never));
    const a = await render();
    write(files('b'));
    const b = await render();
    await renderer.written();
    write(files('a'));
    expect([await render(), renderer.stats().diskHits]).toEqual([a, 1]);
    write(files('b'));
    expect([await render(), renderer.stats().diskHits]).toEqual([b, 2]);
    expect(a).not.toEqual(b);
  });

  it('are not disturbed by edits of what nobody read', async () => {
    const { path: root, write } = folder({ 'a/a.yaml': CONFIG_MAP, 'b/b.yaml': CONFIG_MAP });
    const renders = folder().path;
    const request: RenderRequest = {
      root,
      source: { kind: 'directory', path: 'a', recurse: false },
    };
    const first = await opened(renders, root);
    await first.render(request, never);
    await first.written();
    write({ 'b/b.yaml': 'kind: Other\n', 'b/c.yaml': CONFIG_MAP, 'README.md': '# Read\n' });
    const second = await opened(renders, root);
    await second.render(request, never);
    expect(second.stats().diskHits).toBe(1);
  });

  it('serve another clone of the same files, and a commit of them', async () => {
    const files = { 'a/a.yaml': CONFIG_MAP };
    const [one, two] = [folder(files), folder(files)];
    const renders = folder().path;
    const first = await opened(renders, one.path);
    const source = { kind: 'directory', path: 'a', recurse: false } as const;
    const made = await first.render({ root: one.path, source }, never);
    await first.written();
    const second = await opened(renders, two.path);
    expect(told(await second.render({ root: two.path, source }, never))).toEqual(told(made));
    expect(second.stats().diskHits).toBe(1);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@acme.example', ...args], {
        cwd: two.path,
        encoding: 'utf8',
      }).trim();
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    const revision = git('rev-parse', 'HEAD');
    const committed = await second.render({ root: two.path, revision, source }, never);
    expect(committed).toMatchObject({ kind: 'rendered', result: { commit: revision } });
    expect(second.stats().diskHits).toBe(2);
    two.write({ 'a/a.yaml': CONFIG_MAP.replace('demo', 'other') });
    const edited = await second.render({ root: two.path, source }, never);
    expect(second.stats().diskHits).toBe(2);
    await second.written();
    const third = await opened(renders, two.path);
    expect(told(await third.render({ root: two.path, revision, source }, never))).toEqual(
      told(committed),
    );
    const again = await third.render({ root: two.path, source }, never);
    expect(told(again)).toEqual(told(edited));
    expect(again).not.toHaveProperty('result.commit');
    expect(third.stats().diskHits).toBe(2);
  });

  it('hold no value of a Secret, and no digest of one that can be made without the salt', async () => {
    const canary = 'CANARY-5e1f';
    const short = 'q7';
    const forms = [canary, short].flatMap((value) => {
      const bytes = Buffer.from(value);
      return [value, bytes.toString('base64'), bytes.toString('hex')].flatMap((text) => [
        text,
        ...['hex', 'base64'].map((form) =>
          createHash('sha256')
            .update(text)
            .digest(form as 'hex'),
        ),
      ]);
    });
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n';
    const { path: root } = folder({
      'plain/a.yaml': `${secret}stringData: {password: ${canary}, pin: ${short}}\n`,
      'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'chart/templates/a.yaml': `${CONFIG_MAP}data: {password: {{ .Values.password }}}\n`,
      'flux/a.yaml': `${CONFIG_MAP}data: {password: "\${password}"}\n`,
      'list/a.yaml': `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: t}\n    data: {password: ${Buffer.from(canary).toString('base64')}}\n`,
      'copied/a.yaml': `${secret}stringData: {password: ${canary}}\n---\n${CONFIG_MAP}data: {url: "db://${canary}@db"}\n`,
      'named/a.yaml': `${secret}stringData: {password: ${canary}}\n---\n${CONFIG_MAP.replace('demo', canary.toLowerCase())}  labels: {a: ${canary}}\n`,
      'generated/kustomization.yaml': 'secretGenerator: [{name: g, files: [pin]}]\n',
      'generated/pin': short,
    });
    const renders = folder().path;
    const renderer = await opened(renders, root);
    const directory = (path: string): RenderSource => ({ kind: 'directory', path, recurse: false });
    const withheld: readonly RenderSource[] = [
      ...['plain', 'list', 'copied'].map(directory),
      { kind: 'kustomize', path: 'generated' },
    ];
    const neverKept: readonly RenderSource[] = [
      directory('named'),
      {
        ...helmSource,
        path: 'chart',
        valuesFrom: [{ kind: 'Secret', name: 's', text: `password: ${canary}\n` }],
      },
      {
        kind: 'flux',
        path: 'flux',
        kustomization: { spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 's' }] } } },
        variables: { password: canary },
        secretVariables: ['password'],
      },
    ];
    const made = new Map<RenderSource, unknown>();
    for (const source of [...withheld, ...neverKept]) {
      const outcome = await renderer.render({ root, source }, never);
      expect(JSON.stringify(outcome)).toMatch(/CANARY-5e1f|Q0FOQVJZLTVlMWY|cTc=/);
      made.set(source, told(outcome));
    }
    await renderer.written();
    const files = readdirSync(renders, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const kept = files.map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    expect(files.filter(({ name }) => name !== 'salt')).toHaveLength(withheld.length);
    // Shorter ones stand in a digest by chance, unless they are all that is between quotes.
    const telling = forms.map((form) => (form.length > 4 ? form : `"${form}"`));
    for (const text of [...kept.map(String), ...files.map(({ name }) => name)]) {
      for (const form of telling) expect(text).not.toContain(form);
    }
    for (const { name, parentPath } of files) {
      expect(statSync(join(parentPath, name)).mode & 0o777).toBe(0o600);
    }
    // Whoever needs the values has them made anew; whoever does not, has the rest from disk.
    const next = await opened(renders, root);
    for (const source of withheld) {
      const known = await next.renderKnown({ root, source }, never);
      if (known.kind !== 'rendered') throw new Error(known.kind);
      expect(known.result.objects.some((one) => one.withheld !== undefined)).toBe(true);
      const { diskHits } = next.stats();
      const whole = await next.render({ root, source }, never);
      expect(told(whole)).toEqual(made.get(source));
      expect(next.stats().diskHits).toBe(diskHits);
    }
    expect(next.stats().diskHits).toBe(withheld.length);
    await next.written();
    // They were on disk already.
    expect(readdirSync(renders, { recursive: true })).toHaveLength(
      new Set(files.map(({ parentPath }) => parentPath)).size - 1 + files.length,
    );
  });

  it('hold nothing that lacks a chart, and nothing of unsaved text', async () => {
    const { path: root } = folder({
      'Chart.yaml':
        'apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: a, version: 1.0.0, repository: "https://charts.acme.example"}]\n',
      'templates/a.yaml': CONFIG_MAP,
      'plain/a.yaml': CONFIG_MAP,
    });
    const renders = folder().path;
    const renderer = await opened(renders, root);
    await renderer.render({ root, source: helmSource }, never);
    const source = { kind: 'directory', path: 'plain', recurse: false } as const;
    const overlay = { 'plain/a.yaml': CONFIG_MAP.replace('demo', 'other') };
    await renderer.render({ root, overlay, source }, never);
    await renderer.written();
    expect(readdirSync(renders)).toEqual([]);
  });

  it('know a fetched chart by what its reference means now', async () => {
    const versions = ['1.0.0'];
    const url = await chartServer(versions);
    const home = folder().path;
    owned.unshift({ dispose: () => unseal(home) });
    const cacheRoot = join(home, 'cache');
    const fetch = async (): Promise<void> => {
      const environment = { HOME: home, PATH: process.env['PATH'] ?? '' };
      const fetcher = createFetcher({
        enginePath,
        cacheRoot,
        environment,
        trusted: true,
        log: silent,
      });
      const want = { kind: 'chart', repository: url, name: 'web', version: '^1' } as const;
      const [answer] = await fetcher.fetch([want], never);
      expect(answer?.failures).toEqual([]);
    };
    const root = folder({ 'README.md': '# Nothing\n' }).path;
    const chart = { repository: url, name: 'web', version: '^1' };
    const request: RenderRequest = { root, source: { ...helmSource, chart } };
    const renders = folder().path;
    const render = async (): Promise<readonly [RenderOutcome, number]> => {
      const renderer = window(renders, { cacheRoot });
      await renderer.list({ root }, never);
      const outcome = await renderer.render(request, never);
      await renderer.written();
      return [outcome, renderer.stats().diskHits];
    };
    expect(await render()).toMatchObject([{ kind: 'failed' }, 0]);
    await fetch();
    const first = await render();
    expect(first).toMatchObject([{ result: { charts: [{ version: '1.0.0' }] } }, 0]);
    const [cached, hits] = await render();
    expect([told(cached), hits]).toEqual([told(first[0]), 1]);
    versions.push('1.1.0');
    await fetch();
    expect(await render()).toMatchObject([{ result: { charts: [{ version: '1.1.0' }] } }, 0]);
    expect(await render()).toMatchObject([{ result: { charts: [{ version: '1.1.0' }] } }, 1]);
    rmSync(join(cacheRoot, 'archives'), { recursive: true });
    expect(await render()).toMatchObject([{ kind: 'failed' }, 0]);
  });

  it('are the same from one process and from four', async () => {
    const root = folder().path;
    const overlays = overlayInputs().filter(({ input }) =>
      /deep|namespaces|generators/.test(input),
    );
    for (const { files } of overlays) writeFiles(root, files);
    const all = async (renderer: PooledRenderer): Promise<readonly unknown[]> =>
      (
        await Promise.all(
          overlays.map(({ path }) =>
            renderer.render({ root, source: { kind: 'kustomize', path } }, never),
          ),
        )
      ).map(told);
    const one = await all(window(undefined, { maxEngines: 1 }));
    expect(await all(window(folder().path, { maxEngines: 4 }))).toEqual(one);
  });

  it('are left alone by a render that is given up, which leaves the engine usable', async () => {
    const slow = `${CONFIG_MAP}data:\n{{- range $i := until 200000 }}\n  k{{ $i }}: {{ sha256sum (print $i) | quote }}\n{{- end }}\n`;
    const { path: root, write } = folder({
      'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'templates/a.yaml': slow,
    });
    const renders = folder().path;
    const renderer = await opened(renders, root);
    const abort = new AbortController();
    const given = renderer.render({ root, source: helmSource }, abort.signal);
    setTimeout(() => abort.abort(), 30);
    await expect(given).rejects.toThrow();
    await renderer.written();
    expect(readdirSync(renders)).toEqual([]);
    write({ 'templates/a.yaml': CONFIG_MAP });
    expect(await renderer.render({ root, source: helmSource }, never)).toMatchObject({
      kind: 'rendered',
      result: { objects: [{ origin: { path: 'templates/a.yaml' } }] },
    });
  });
});

/** Edits that a person, a tool or a checkout makes; each path has its few texts. */
const TEXTS: Readonly<Record<string, readonly (string | null)[]>> = {
  'chart/values.yaml': ['tag: a\n', 'tag: b\n', 'tag: [\n'],
  'chart/templates/a.yaml': [
    `${CONFIG_MAP}data: {tag: {{ .Values.tag }}}\n`,
    `${CONFIG_MAP}data: {tag: {{ .Values.tag | upper }}, files: {{ .Files.Get "note.txt" | quote }}}\n`,
    '{{ fail "no" }}\n',
  ],
  'chart/templates/b.yaml': [null, CONFIG_MAP.replace('demo', 'b')],
  'chart/note.txt': [null, 'one', 'two'],
  'chart/.helmignore': [null, 'templates/b.yaml\n'],
  'chart/values.schema.json': [null, '{"properties": {"tag": {"enum": ["a"]}}}'],
  'chart/values-prod.yaml': [null, 'tag: prod\n'],
  'base/kustomization.yaml': ['resources: [a.yaml]\n', 'resources: [a.yaml, b.yaml]\n'],
  'base/a.yaml': [CONFIG_MAP, CONFIG_MAP.replace('demo', 'other')],
  'base/b.yaml': [null, CONFIG_MAP.replace('demo', 'b')],
  'overlay/kustomization.yaml': [
    'resources: [../base]\n',
    'namePrefix: p-\nresources: [../base]\n',
  ],
  'flat/a.yaml': [CONFIG_MAP, CONFIG_MAP.replace('demo', 'other')],
  'flat/deep/b.yaml': [null, CONFIG_MAP.replace('demo', 'b')],
  'flat/linked.yaml': [null, '@../chart/values-prod.yaml', '@../base/a.yaml'],
  '.gitignore': [null, 'flat/deep\n', '*.txt\n'],
  'README.md': ['# One\n', '# Two\n'],
};

const SOURCES: readonly RenderSource[] = [
  helmAt('chart'),
  {
    ...helmSource,
    path: 'chart',
    valueFiles: ['chart/values-prod.yaml'],
    ignoreMissingValueFiles: true,
  },
  { kind: 'kustomize', path: 'overlay' },
  { kind: 'directory', path: 'flat', recurse: true },
  { kind: 'flux', path: 'flat', kustomization: { spec: { path: './flat' } } },
];

/** A text, a link (`@target`), or nothing. */
function put(root: Folder, path: string, text: string | null | undefined): void {
  rmSync(join(root.path, path), { force: true, recursive: true });
  if (text === null || text === undefined) return;
  if (text.startsWith('@')) symlinkSync(text.slice(1), join(root.path, path));
  else root.write({ [path]: text });
}

const edit = fc
  .constantFrom(...Object.keys(TEXTS))
  .chain((path) => fc.constantFrom(...(TEXTS[path] ?? [])).map((text) => ({ path, text })));

describe('renders on disk, after any edits', () => {
  it('are never others than those made anew', async () => {
    const root = folder();
    execFileSync('git', ['init', '-q'], { cwd: root.path });
    const anew = window(undefined, { maxEngines: 1 });
    const renders = folder().path;
    const cached = await opened(renders, root.path);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@acme.example', ...args], {
        cwd: root.path,
        encoding: 'utf8',
      }).trim();
    const expectSame = async (at: { readonly revision?: string }): Promise<void> => {
      for (const source of SOURCES) {
        const request = { root: root.path, source, ...at };
        const now = told(await anew.render(request, never));
        const kept = told(await cached.render(request, never));
        // A working tree asks for ignore files, too, which decide nothing of a commit.
        const ofCommit = at.revision === undefined ? {} : { inputs: expect.anything() as unknown };
        expect(kept).toEqual({ ...now, ...ofCommit });
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
        for (const [path, [text]] of Object.entries(TEXTS)) put(root, path, text);
        root.write({ 'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n' });
        for (const { path, text } of edits) {
          put(root, path, text);
          await expectSame({});
          await cached.written();
        }
        // What is ignored is in the working tree only.
        git('rm', '-r', '-q', '--cached', '--ignore-unmatch', '.');
        git('add', '-A');
        git('commit', '-q', '--allow-empty', '-m', 'next');
        await expectSame({ revision: git('rev-parse', 'HEAD') });
        await cached.written();
      }),
      { numRuns: 40 },
    );
    expect(cached.stats().diskHits).toBeGreaterThan(100);
  });
});
