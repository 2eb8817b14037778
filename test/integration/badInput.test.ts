import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AppState } from '../../src/model/appState';
import type { Problem } from '../../src/model/problem';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder, never } from '../unit/render/engine';
import {
  appNamed,
  application,
  changesOf,
  createRepository,
  deployment,
  edit,
  openWorkbench,
  remove,
  sampleFiles,
  settings,
  shopChart,
} from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

function own<T extends { readonly remove: () => void }>(it: T): T {
  owned.push(it.remove);
  return it;
}

type Options = Parameters<typeof openWorkbench>[1];

async function look(folders: readonly string[], options: Options = {}): Promise<CoreWorkbench> {
  const workbench = openWorkbench(folders, options);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return workbench;
}

async function open(
  files: Readonly<Record<string, string>> = sampleFiles(),
  options: Options = {},
): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  const repository = own(createRepository(files));
  return { repository, workbench: await look([repository.path], options) };
}

function sentencesOf({ app, working, problems }: AppState): readonly Problem[] {
  const render =
    working.kind === 'invalid'
      ? working.problems
      : working.kind === 'rendered'
        ? working.desired.problems
        : [];
  return [...app.problems, ...render, ...problems];
}

/** One line, no path of this machine, not a stack. */
function expectSentence(message: string, root: string): void {
  expect(message).not.toBe('');
  expect(message).not.toContain('\n');
  expect(message).not.toContain(root);
  expect(message).not.toMatch(/^\s*at |goroutine|panic:|\[object /);
  expect(message.length).toBeLessThan(500);
}

/** The other apps are as if nothing had happened. */
function expectOthersWell(workbench: CoreWorkbench): void {
  for (const name of ['argocd/shop-prod', 'argocd/shop-test']) {
    const { working, local } = appNamed(workbench, name);
    expect([name, working.kind, local.kind]).toEqual([name, 'rendered', 'compared']);
  }
}

const ALIASES = Array.from(
  { length: 12 },
  (_, index) => `a${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(', ')}]`,
).join('\n');

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n';
const WEB = 'checkout/web.yaml';
const KUSTOMIZATION = 'checkout/kustomization.yaml';

/** Name, files that replace those of the app `checkout`, where it is told, and words of it. */
const BROKEN: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  { readonly path: string; readonly line?: number },
  RegExp,
])[] = [
  ['half-typed YAML', { [WEB]: `${CONFIG}data: {a: [1,\n` }, { path: WEB }, /./],
  ['a tab', { [WEB]: `${CONFIG}data:\n\ta: b\n` }, { path: WEB, line: 6 }, /tab/i],
  [
    'a duplicate key',
    { [WEB]: `${CONFIG}data:\n  a: b\n  a: c\n` },
    { path: WEB, line: 7 },
    /duplicate|twice|already/i,
  ],
  [
    'Git conflict markers',
    { [WEB]: `${CONFIG}<<<<<<< HEAD\ndata: {a: b}\n=======\ndata: {a: c}\n>>>>>>> other\n` },
    { path: WEB, line: 5 },
    /conflict/i,
  ],
  ['an alias bomb', { [WEB]: `${CONFIG}a0: &a0 [x, x, x]\n${ALIASES}\n` }, { path: WEB }, /alias/i],
  [
    'a file of 30 MB',
    { [WEB]: `${CONFIG}# ${'x'.repeat(30 * 1024 ** 2)}\n` },
    { path: WEB },
    /large|MB|MiB/,
  ],
  ['binary text', { [WEB]: `${CONFIG}\u0000\u0001\u0002` }, { path: WEB }, /./],
  [
    'an object without a name',
    { [WEB]: 'apiVersion: v1\nkind: ConfigMap\ndata: {}\n' },
    { path: WEB },
    /name/,
  ],
  [
    'a kustomization that names a missing file',
    { [KUSTOMIZATION]: 'resources:\n  - web.yaml\n  - gone.yaml\n' },
    { path: KUSTOMIZATION, line: 3 },
    /gone\.yaml does not exist/,
  ],
  [
    'a cycle of bases',
    {
      [KUSTOMIZATION]: 'resources: [../other]\n',
      'other/kustomization.yaml': 'resources: [../checkout]\n',
    },
    { path: 'other/kustomization.yaml' },
    /in a circle: checkout, other, checkout\./,
  ],
  [
    'a file outside of the repository',
    { [KUSTOMIZATION]: 'resources:\n  - ../../../etc/passwd\n' },
    { path: KUSTOMIZATION },
    /./,
  ],
];

describe('a broken file', () => {
  it.each(BROKEN)('%s: one sentence at its place, the last result stays', async (...row) => {
    const [, files, place, words] = row;
    const { workbench, repository } = await open();
    const whole = appNamed(workbench, 'argocd/checkout').working;
    const before = Object.fromEntries(
      Object.keys(files).map((path) => [path, sampleFiles()[path]]),
    );

    await edit(workbench, repository, files);
    const state = appNamed(workbench, 'argocd/checkout');
    expect(state.working.kind).toBe('invalid');
    if (state.working.kind !== 'invalid' || whole.kind !== 'rendered') throw new Error('state');
    expect(state.working.lastGood?.objects).toEqual(whole.desired.objects);
    const [problem] = state.working.problems;
    expect(problem?.location).toMatchObject(place);
    expect(problem?.severity).toBe('error');
    expect(problem?.message).toMatch(words);
    for (const { message } of sentencesOf(state)) expectSentence(message, repository.path);
    expect(workbench.problems().get(repository.file(place.path))?.length).toBeGreaterThan(0);
    expectOthersWell(workbench);

    for (const [path, text] of Object.entries(before)) {
      if (text === undefined) await remove(workbench, repository, path);
      else await edit(workbench, repository, { [path]: text });
    }
    expect(appNamed(workbench, 'argocd/checkout').working.kind).toBe('rendered');
    expect(changesOf(workbench, 'argocd/checkout')).toEqual([]);
  });

  it('keeps the last comparison, marked as old', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { [WEB]: deployment('checkout', 5) });
    await edit(workbench, repository, { [WEB]: 'a: [\n' });
    const { local } = appNamed(workbench, 'argocd/checkout');
    expect(local).toMatchObject({
      kind: 'unavailable',
      last: { changes: [{ id: { kind: 'Deployment', name: 'checkout' }, action: 'changed' }] },
    });
  });

  it('shows the rendered objects of before, too', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { [WEB]: 'a: [\n' });
    const { app } = appNamed(workbench, 'argocd/checkout');
    const document = await workbench.document({ kind: 'rendered', appKey: app.key }, never);
    expect('text' in document ? document.text : document.reason).toContain('name: checkout');
  });
});

describe('a broken chart', () => {
  const chart = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
    ...sampleFiles(),
    ...shopChart('charts/other'),
    'apps/other.json': application('other', { path: 'charts/other' }),
    ...files,
  });

  it.each([
    [
      'a template that fails',
      { 'charts/other/templates/web.yaml': 'a: b\nc: {{ fail "no luck" }}\n' },
      { path: 'charts/other/templates/web.yaml', line: 2 },
      /no luck/,
    ],
    [
      'a template that calls itself',
      {
        'charts/other/templates/web.yaml':
          '{{ define "me" }}{{ include "me" . }}{{ end }}{{ include "me" . }}',
      },
      { path: 'charts/other/templates/web.yaml' },
      /./,
    ],
    [
      'a missing dependency',
      {
        'charts/other/Chart.yaml':
          'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - name: far\n    version: 1.x\n    repository: https://charts.acme.example\n',
      },
      { path: 'charts/other/Chart.yaml', line: 5 },
      /far/,
    ],
    [
      'values that are no YAML',
      { 'charts/other/values.yaml': 'replicas: 1\nbanner: [\n' },
      { path: 'charts/other/values.yaml', line: 2 },
      /./,
    ],
  ])('%s: one sentence at its place, the last result stays', async (...row) => {
    const [, files, place, words] = row;
    const { workbench, repository } = await open(chart({}));
    await edit(workbench, repository, files);
    const state = appNamed(workbench, 'argocd/other');
    expect(state.working).toMatchObject({ kind: 'invalid', lastGood: { objects: [{}, {}] } });
    const [problem] = sentencesOf(state);
    expect(problem?.location).toMatchObject(place);
    expect(problem?.message).toMatch(words);
    for (const { message } of sentencesOf(state)) expectSentence(message, repository.path);
    expectOthersWell(workbench);
  });

  it('that loops is stopped at the time limit, and said to be', async () => {
    const { workbench, repository } = await open(chart({}), {
      settings: { ...settings, renderTimeoutMs: 8000 },
    });
    const loop =
      '{{ range until 100000 }}{{ range until 100000 }}{{ sha256sum "x" }}{{ end }}{{ end }}';
    await edit(workbench, repository, { 'charts/other/templates/web.yaml': loop });
    const state = appNamed(workbench, 'argocd/other');
    expect(['invalid', 'unavailable']).toContain(state.working.kind);
    const sentences =
      state.working.kind === 'unavailable'
        ? [state.working.reason]
        : sentencesOf(state).map(({ message }) => message);
    expect(sentences[0]).toMatch(/8 s|time|long/i);
    for (const sentence of sentences) expectSentence(sentence, repository.path);
    expect(state.working).toMatchObject({ lastGood: { objects: [{}, {}] } });
    expectOthersWell(workbench);
  });
});

describe('references that lead away', () => {
  it('a remote base is named as missing while the rest renders', async () => {
    const { workbench, repository } = await open();
    const remote = 'https://git.acme.example/acme/base.git//overlay?ref=v1';
    await edit(workbench, repository, {
      [KUSTOMIZATION]: `resources:\n  - web.yaml\n  - ${remote}\n`,
    });
    const { working } = appNamed(workbench, 'argocd/checkout');
    expect(working).toMatchObject({ kind: 'rendered' });
    if (working.kind !== 'rendered') return;
    expect(working.desired.missing.map(({ reference }) => reference)).toEqual([remote]);
    expect(working.desired.objects).toHaveLength(1);
    expectOthersWell(workbench);
  });

  it('a link out of the folder is refused, and nothing of its target is told', async () => {
    const outside = own(
      createFolder({ 'secret.yaml': `${CONFIG}data: {password: do-not-tell}\n` }),
    );
    const { workbench, repository } = await open();
    symlinkSync(join(outside.path, 'secret.yaml'), repository.file('checkout/link.yaml'));
    await edit(workbench, repository, { [KUSTOMIZATION]: 'resources: [web.yaml, link.yaml]\n' });
    const state = appNamed(workbench, 'argocd/checkout');
    expect(state.working).toMatchObject({ kind: 'invalid', lastGood: { objects: [{}] } });
    expect(JSON.stringify(state)).not.toContain('do-not-tell');
    for (const { message } of sentencesOf(state)) {
      expectSentence(message, repository.path);
      expect(message).not.toContain(outside.path);
    }
    expectOthersWell(workbench);
  });
});

describe('objects and files that are not alone', () => {
  it('two apps that render the same object both render and compare', async () => {
    const twin = application(
      'twin',
      { path: 'checkout' },
      {
        destination: { server: 'https://kubernetes.default.svc', namespace: 'checkout' },
      },
    );
    const config = 'clusters: [{ name: production, folders: ["apps/**"] }]\n';
    const { workbench, repository } = await open({
      ...sampleFiles(),
      'apps/twin.json': twin,
      '.plumbline.yaml': config,
    });
    for (const name of ['argocd/checkout', 'argocd/twin']) {
      expect(appNamed(workbench, name).working.kind).toBe('rendered');
    }
    const told = [...workbench.problems().values()].flat();
    const shared = told.filter(({ code }) => code === 'shared-object');
    expect(shared.map(({ message }) => message).join(' ')).toMatch(
      /argocd\/twin.*argocd\/checkout/,
    );
    for (const { message } of shared) expectSentence(message, repository.path);
    expectOthersWell(workbench);
  });

  it('a file that is deleted while it is rendered leaves a sentence, and comes back', async () => {
    const { workbench, repository } = await open();
    const files = Array.from({ length: 20 }, (_, index) => `part-${index}.yaml`);
    const parts = Object.fromEntries(
      files.map((file, index) => [`checkout/${file}`, CONFIG.replace('config', `part-${index}`)]),
    );
    const list = `resources: [web.yaml, ${files.join(', ')}]\n`;
    const rendering = edit(workbench, repository, { ...parts, [KUSTOMIZATION]: list });
    rmSync(repository.file('checkout/part-19.yaml'));
    await rendering;
    await remove(workbench, repository, 'checkout/part-18.yaml');
    const state = appNamed(workbench, 'argocd/checkout');
    expect(state.working.kind).toBe('invalid');
    for (const { message } of sentencesOf(state)) expectSentence(message, repository.path);
    await edit(workbench, repository, parts);
    const { working } = appNamed(workbench, 'argocd/checkout');
    expect(working.kind === 'rendered' && working.desired.objects.length).toBe(21);
    expectOthersWell(workbench);
  });
});

describe('unusual clones', () => {
  it('an empty repository has no apps, and no error', async () => {
    const repository = own(createRepository({}));
    const workbench = await look([repository.path]);
    expect(workbench.state().apps).toEqual([]);
    for (const { message } of workbench.state().roots[0]?.problems ?? []) {
      expectSentence(message, repository.path);
    }
    repository.write(sampleFiles());
    repository.publish();
    workbench.filesChanged(
      Object.keys(sampleFiles()).map((path) => ({ path: repository.file(path), kind: 'created' })),
    );
    await workbench.whenIdle();
    expect(appNamed(workbench, 'argocd/checkout').working.kind).toBe('rendered');
  });

  it('a folder that is not there leaves the others open', async () => {
    const repository = own(createRepository(sampleFiles()));
    const workbench = await look([
      repository.path,
      join(repository.path, '..', 'not-there-at-all'),
    ]);
    expectOthersWell(workbench);
  });

  function cloneOf(repository: TestRepository, ...args: readonly string[]): string {
    const folder = own(createFolder());
    const path = join(folder.path, 'clone');
    repository.git('config', 'uploadpack.allowFilter', 'true');
    execFileSync('git', ['clone', '-q', ...args, `file://${repository.path}`, path], {
      stdio: 'pipe',
    });
    execFileSync(
      'git',
      ['remote', 'set-url', 'origin', repository.git('remote', 'get-url', 'origin')],
      {
        cwd: path,
      },
    );
    return path;
  }

  it('a shallow clone renders and compares; a revision that it lacks is one sentence', async () => {
    const repository = own(createRepository(sampleFiles()));
    const first = repository.git('rev-parse', 'HEAD');
    repository.write({ [WEB]: deployment('checkout', 4) });
    repository.publish('second');
    const path = cloneOf(repository, '--depth', '1');
    const workbench = await look([path]);
    expectOthersWell(workbench);
    writeFileSync(join(path, WEB), deployment('checkout', 6));
    workbench.filesChanged([{ path: join(path, WEB), kind: 'changed' }]);
    await workbench.whenIdle();
    expect(changesOf(workbench, 'argocd/checkout')).toEqual([
      'Deployment checkout changed /spec/replicas 4→6',
    ]);
    const answer = await workbench.compareWith(
      appNamed(workbench, 'argocd/checkout').app.key,
      first,
      never,
    );
    expect(answer).toMatchObject({ kind: 'refusal' });
    if ('reason' in answer) expectSentence(answer.reason, path);
  });

  it('a partial clone says what it lacks in place of taking it for absent', async () => {
    const repository = own(createRepository(sampleFiles()));
    const first = repository.git('rev-parse', 'HEAD');
    repository.write({ [WEB]: deployment('checkout', 4) });
    repository.publish('second');
    const path = cloneOf(repository, '--filter=blob:none');
    const workbench = await look([path]);
    expectOthersWell(workbench);
    const { app } = appNamed(workbench, 'argocd/checkout');
    const answer = await workbench.compareWith(app.key, first, never);
    expect(answer).toMatchObject({ kind: 'refusal' });
    if ('reason' in answer) expectSentence(answer.reason, path);
  });

  it('a sparse checkout shows no file outside of it as deleted', async () => {
    const repository = own(createRepository(sampleFiles()));
    const path = cloneOf(repository);
    execFileSync('git', ['sparse-checkout', 'set', 'apps', 'checkout'], {
      cwd: path,
      stdio: 'pipe',
    });
    const workbench = await look([path]);
    expect(appNamed(workbench, 'argocd/checkout').working.kind).toBe('rendered');
    expect(changesOf(workbench, 'argocd/checkout')).toEqual([]);
    const shop = appNamed(workbench, 'argocd/shop-prod');
    const removed =
      shop.local.kind === 'compared'
        ? shop.local.comparison.changes.map(({ action }) => action)
        : [];
    expect(removed).toEqual([]);
    for (const { message } of sentencesOf(shop)) expectSentence(message, path);
  });

  it('a submodule is no part of the repository above it, and does not disturb it', async () => {
    const inner = own(createRepository(shopChart('inner')));
    const repository = own(createRepository(sampleFiles()));
    repository.git(
      '-c',
      'protocol.file.allow=always',
      'submodule',
      'add',
      '-q',
      `file://${inner.path}`,
      'modules/inner',
    );
    repository.publish('submodule');
    const workbench = await look([repository.path]);
    expectOthersWell(workbench);
    for (const { message } of workbench.state().roots[0]?.problems ?? []) {
      expectSentence(message, repository.path);
    }
  });
});

describe('kubeconfigs', () => {
  const EXEC = (command: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [
        {
          name: 'u',
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command,
              interactiveMode: 'Never',
            },
          },
        },
      ],
      contexts: [{ name: 'ctx', context: { cluster: 'c', user: 'u' } }],
    });

  async function withKubeconfig(
    file: string,
    options: { readonly files?: Readonly<Record<string, string>> } = {},
  ) {
    const { workbench, repository } = await open(
      { ...sampleFiles(), '.plumbline.yaml': CLUSTERS, ...options.files },
      { settings: { ...settings, kubeconfigs: [file], contexts: { here: { file, name: 'ctx' } } } },
    );
    return { workbench, repository };
  }
  const CLUSTERS =
    'clusters:\n  - name: here\n    destinations: ["https://kubernetes.default.svc"]\n    folders: ["apps/**"]\n';

  async function failureOf(workbench: CoreWorkbench): Promise<string> {
    await workbench.openCluster('here', never);
    await workbench.whenIdle();
    const cluster = workbench.state().clusters.find(({ name }) => name === 'here');
    if (cluster?.connection.kind !== 'failed') throw new Error(JSON.stringify(cluster));
    return cluster.connection.message;
  }

  it.each([
    ['that is missing', undefined],
    ['that is no YAML', 'clusters: [\n'],
    ['that is a list', '- a\n'],
    ['without that context', 'apiVersion: v1\nkind: Config\ncontexts: []\n'],
    [
      'of a server that is down',
      EXEC('true').replace(/"exec":\{[^}]*\}/, '"token":"t0ken-not-real"'),
    ],
  ])('%s: one sentence at the cluster; every app is rendered', async (_, text) => {
    const folder = own(createFolder());
    const file = join(folder.path, 'kubeconfig');
    if (text !== undefined) writeFileSync(file, text);
    const { workbench } = await withKubeconfig(file);
    const sentence = await failureOf(workbench);
    expectSentence(sentence, folder.path);
    expect(sentence).not.toContain('t0ken-not-real');
    expectOthersWell(workbench);
  });

  it('whose login plugin lies in the workspace runs nothing', async () => {
    const folder = own(createFolder());
    const file = join(folder.path, 'kubeconfig');
    const witness = join(folder.path, 'ran');
    const script = `#!/bin/sh\ntouch ${witness}\n`;
    const { workbench, repository } = await withKubeconfig(file, {
      files: { 'bin/login': script },
    });
    execFileSync('chmod', ['+x', repository.file('bin/login')]);
    mkdirSync(join(folder.path, 'empty'));
    writeFileSync(file, EXEC(repository.file('bin/login')));
    const sentence = await failureOf(workbench);
    expect(sentence).toMatch(/login|plugin|workspace/i);
    expectSentence(sentence, folder.path);
    expect(() => execFileSync('test', ['-e', witness])).toThrow();
    expectOthersWell(workbench);
  });
});
