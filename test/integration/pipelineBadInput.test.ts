import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder } from '../unit/render/engine';
import {
  application,
  appNamed,
  changesOf,
  createRepository,
  deployment,
  edit,
  localOf,
  openWorkbench,
  remove,
  sampleFiles,
} from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

async function start(
  repository: TestRepository,
  folder = repository.path,
): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  owned.push(repository.remove);
  const workbench = openWorkbench([folder]);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

async function open(extra: Readonly<Record<string, string>> = {}) {
  return await start(createRepository({ ...sampleFiles(), ...extra }));
}

/** The sentences that the user reads about one app, wherever they stand. */
function sentences(workbench: CoreWorkbench, name: string): string {
  const { app, working, problems } = appNamed(workbench, name);
  const rendered = working.kind === 'rendered' ? working.desired : undefined;
  const own = working.kind === 'invalid' ? working.problems : [];
  const missing = rendered?.missing.map(({ reference }) => `missing: ${reference}`) ?? [];
  const reason = working.kind === 'unavailable' ? [working.reason] : [];
  const messages = [...app.problems, ...own, ...(rendered?.problems ?? []), ...problems].map(
    ({ message }) => message,
  );
  return [...reason, ...messages, ...missing].join('\n');
}

function expectOthersWork(workbench: CoreWorkbench, names: readonly string[]): void {
  for (const name of names) {
    expect(appNamed(workbench, name).working.kind, name).toBe('rendered');
  }
}

interface Broken {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  readonly says: RegExp;
  readonly line?: number;
}

const SHOP = ['argocd/shop-prod', 'argocd/shop-test'];
const conflict = `<<<<<<< HEAD\n${deployment('checkout', 2)}=======\n${deployment('checkout', 3)}>>>>>>> other\n`;
const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
  .split('')
  .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join()}]`)
  .join('\n')}\n`;

const broken: readonly Broken[] = [
  {
    what: 'broken YAML',
    path: 'checkout/web.yaml',
    text: 'a: [1,\nb: }\n',
    says: /yaml|flow|did not find/i,
  },
  {
    what: 'half-typed YAML',
    path: 'checkout/web.yaml',
    text: 'apiVersion: apps/v1\nkin',
    says: /yaml|could not find|key/i,
  },
  {
    what: 'a tab',
    path: 'checkout/web.yaml',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n',
    says: /tab/i,
    line: 4,
  },
  {
    what: 'conflict markers',
    path: 'checkout/web.yaml',
    text: conflict,
    says: /conflict/i,
    line: 1,
  },
  {
    what: 'a duplicate key',
    path: 'checkout/web.yaml',
    text: `${deployment('checkout', 2)}kind: Deployment\n`,
    says: /already|duplicate|twice/i,
  },
  {
    what: 'an alias bomb',
    path: 'checkout/web.yaml',
    text: bomb,
    says: /alias|anchor|expan|limit/i,
  },
  {
    what: 'a missing file',
    path: 'checkout/kustomization.yaml',
    text: 'resources: [none.yaml]\n',
    says: /none\.yaml/,
  },
  {
    what: 'a cycle of bases',
    path: 'checkout/kustomization.yaml',
    text: 'resources: [web.yaml, ../checkout]\n',
    says: /in a circle/,
  },
  {
    what: 'an object without a name',
    path: 'checkout/web.yaml',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n',
    says: /name/i,
  },
];

describe('broken input of a kustomization', () => {
  it.each(broken)('$what', async ({ path, text, says, line }) => {
    const { workbench, repository } = await open();
    const good = appNamed(workbench, 'argocd/checkout').working;
    await edit(workbench, repository, { [path]: text });
    const state = appNamed(workbench, 'argocd/checkout');
    expect(sentences(workbench, 'argocd/checkout')).toMatch(says);
    expect(sentences(workbench, 'argocd/checkout')).not.toContain(repository.path);
    if (state.working.kind === 'invalid') {
      // The last good result stays, and is known to be old.
      expect(state.working.lastGood).toBe(good.kind === 'rendered' ? good.desired : undefined);
      expect(state.local.kind).toBe('unavailable');
    }
    const here = workbench.problems().get(repository.file(path)) ?? [];
    const places = [...workbench.problems().values()].flat();
    expect(places.length).toBeGreaterThan(0);
    if (line !== undefined) expect(here.map(({ location }) => location?.line)).toContain(line);
    expectOthersWork(workbench, SHOP);
    await edit(workbench, repository, { [path]: sampleFiles()[path] ?? '' });
    expect(appNamed(workbench, 'argocd/checkout').working.kind).toBe('rendered');
    expect(localOf(workbench, 'argocd/checkout').changes).toEqual([]);
    expect(workbench.problems().get(repository.file(path)) ?? []).toEqual([]);
  });
});

describe('a definition that is being typed', () => {
  it('leaves its app, and says what is wrong in its file', async () => {
    const { workbench, repository } = await open();
    const good = appNamed(workbench, 'argocd/checkout');
    const path = good.app.definedIn?.path ?? '';
    await edit(workbench, repository, { [path]: 'apiVersion: argoproj.io/v1alpha1\nkin' });
    const state = appNamed(workbench, 'argocd/checkout');
    expect(state.app.definition).toEqual(good.app.definition);
    expect(localOf(workbench, 'argocd/checkout').changes).toEqual([]);
    expect(workbench.problems().get(repository.file(path)) ?? []).not.toEqual([]);
    await edit(workbench, repository, { [path]: sampleFiles()[path] ?? '' });
    expect(workbench.problems().get(repository.file(path)) ?? []).toEqual([]);
  });
});

describe('broken input of a chart', () => {
  const template = 'charts/shop/templates/config.yaml';

  it('a template that fails stands at its line', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, {
      [template]: 'a: 1\n---\n{{ required "say a banner" .Values.none }}\n',
    });
    expect(sentences(workbench, 'argocd/shop-prod')).toContain('say a banner');
    const [problem] = workbench.problems().get(repository.file(template)) ?? [];
    expect(problem?.location?.line).toBe(3);
    expectOthersWork(workbench, ['argocd/checkout']);
  });

  it('a template that includes itself ends, and says so', async () => {
    const { workbench, repository } = await open();
    const text = '{{- define "loop" }}{{ include "loop" . }}{{ end }}\nx: {{ include "loop" . }}\n';
    await edit(workbench, repository, { [template]: text });
    expect(sentences(workbench, 'argocd/shop-prod')).toMatch(/includes itself/);
    expectOthersWork(workbench, ['argocd/checkout']);
  });

  it('a missing dependency is named, and nothing is fetched', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, {
      'charts/shop/Chart.yaml':
        'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - name: redis\n    version: 1.2.3\n    repository: https://charts.acme.example\n',
    });
    expect(sentences(workbench, 'argocd/shop-prod')).toContain('redis');
    expectOthersWork(workbench, ['argocd/checkout']);
  });

  it('a values file that is not there is named', async () => {
    const { workbench, repository } = await open();
    await remove(workbench, repository, 'charts/shop/values-prod.yaml');
    expect(sentences(workbench, 'argocd/shop-prod')).toContain('values-prod.yaml');
    expectOthersWork(workbench, ['argocd/shop-test', 'argocd/checkout']);
  });
});

describe('the tree', () => {
  it('never follows a link out of the repository', async () => {
    const outside = createFolder({
      'secret.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: CANARY\n',
    });
    owned.push(outside.remove);
    const { workbench, repository } = await open();
    symlinkSync(join(outside.path, 'secret.yaml'), repository.file('checkout/out.yaml'));
    await edit(workbench, repository, {
      'checkout/kustomization.yaml': 'resources: [web.yaml, out.yaml]\n',
    });
    expect(appNamed(workbench, 'argocd/checkout').working.kind).toBe('invalid');
    expect(sentences(workbench, 'argocd/checkout')).toContain('out.yaml');
    expect(JSON.stringify(workbench.state())).not.toContain('CANARY');
    expectOthersWork(workbench, SHOP);
  });

  it('leaves a file of 30 MB unread, and says so', async () => {
    const { workbench, repository } = await open({ 'big/small.yaml': deployment('big', 1) });
    writeFileSync(repository.file('big/huge.yaml'), '# x\n');
    truncateSync(repository.file('big/huge.yaml'), 30 * 1024 ** 2);
    workbench.filesChanged([{ path: repository.file('big/huge.yaml'), kind: 'created' }]);
    await workbench.whenIdle();
    const problems = workbench.problems().get(repository.file('big/huge.yaml')) ?? [];
    expect(problems.map(({ message }) => message).join()).toMatch(/10 MB/);
    expectOthersWork(workbench, [...SHOP, 'argocd/checkout']);
  });

  it('lives through files that go while they are rendered', async () => {
    const { workbench, repository } = await open();
    const path = repository.file('checkout/web.yaml');
    for (let round = 0; round < 5; round += 1) {
      rmSync(path);
      workbench.filesChanged([{ path, kind: 'deleted' }]);
      repository.write({ 'checkout/web.yaml': deployment('checkout', round) });
      workbench.filesChanged([{ path, kind: 'created' }]);
    }
    await workbench.whenIdle();
    expect(changesOf(workbench, 'argocd/checkout')).toEqual([
      'Deployment checkout changed /spec/replicas 2→4',
    ]);
  });

  it('notes two apps that make the same object only where it is true', async () => {
    const { workbench, repository } = await open();
    const twice = `${deployment('checkout', 2)}---\n${deployment('checkout', 3)}`;
    await edit(workbench, repository, {
      'apps/plain.json': application('plain', { path: 'plain' }),
      'plain/twice.yaml': twice,
    });
    expect(sentences(workbench, 'argocd/plain')).toMatch(/Deployment .*checkout/);
    expect(localOf(workbench, 'argocd/plain').changes).toHaveLength(1);
    expectOthersWork(workbench, [...SHOP, 'argocd/checkout']);
  });
});

describe('repositories', () => {
  it('an empty one has no apps and no error', async () => {
    const { workbench } = await start(createRepository({}));
    expect(workbench.state()).toMatchObject({
      apps: [],
      roots: [{ indexing: false, problems: [] }],
    });
  });

  it('one without a commit renders, and says that there is nothing to compare with', async () => {
    const repository = createRepository({});
    repository.write({ 'web.yaml': deployment('web', 1) });
    const { workbench } = await start(repository);
    expect(workbench.state().apps[0]).toMatchObject({
      working: { kind: 'rendered' },
      local: { kind: 'unavailable', reason: 'There is no commit yet to compare with.' },
    });
  });

  it('a shallow clone compares with its one commit', async () => {
    const origin = createRepository(sampleFiles());
    owned.push(origin.remove);
    const clone = createFolder();
    owned.push(clone.remove);
    rmSync(clone.path, { recursive: true });
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${origin.path}`, clone.path]);
    execFileSync(
      'git',
      ['remote', 'set-url', 'origin', 'https://git.acme.example/acme/gitops.git'],
      { cwd: clone.path },
    );
    const workbench = openWorkbench([clone.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    writeFileSync(join(clone.path, 'checkout/web.yaml'), deployment('checkout', 6));
    workbench.filesChanged([{ path: join(clone.path, 'checkout/web.yaml'), kind: 'changed' }]);
    await workbench.whenIdle();
    expect(changesOf(workbench, 'argocd/checkout')).toHaveLength(1);
    expect(workbench.state().roots[0]?.repository?.shallow).toBe(true);
  });

  it('a partial clone says what it cannot read, and renders what it has', async () => {
    const origin = createRepository(sampleFiles());
    owned.push(origin.remove);
    origin.git('config', 'uploadpack.allowFilter', 'true');
    const clone = createFolder();
    owned.push(clone.remove);
    rmSync(clone.path, { recursive: true });
    execFileSync('git', [
      'clone',
      '-q',
      '--filter=blob:none',
      '--no-checkout',
      `file://${origin.path}`,
      clone.path,
    ]);
    mkdirSync(join(clone.path, 'plain'));
    writeFileSync(join(clone.path, 'plain/web.yaml'), deployment('web', 1));
    const workbench = openWorkbench([clone.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    const state = appNamed(workbench, 'plain');
    expect(state.working.kind).toBe('rendered');
    // Never read as if the commit had nothing: what is not in the clone is not known.
    expect(state.local.kind === 'compared' ? state.local.comparison.appAction : '').not.toBe(
      'kept',
    );
    expect(workbench.state().roots[0]?.repository?.partial).toBe(true);
  });

  it('a sparse checkout renders what is checked out', async () => {
    const { workbench, repository } = await open();
    repository.git('sparse-checkout', 'set', '--no-cone', '/checkout/', '/apps/');
    workbench.filesChanged([{ path: repository.file('.git/index'), kind: 'changed' }]);
    workbench.filesChanged([{ path: repository.file('charts'), kind: 'deleted' }]);
    await workbench.whenIdle();
    expect(workbench.state().roots[0]?.repository?.sparse).toBe(true);
    expect(appNamed(workbench, 'argocd/checkout').working.kind).toBe('rendered');
    expect(appNamed(workbench, 'argocd/shop-prod').working.kind).not.toBe('rendered');
  });

  it('a submodule is a root of its own', async () => {
    const inner = createRepository({ 'web.yaml': deployment('inner', 1) });
    owned.push(inner.remove);
    const outer = createRepository(sampleFiles());
    outer.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', inner.path, 'sub');
    const { workbench } = await start(outer, outer.file('sub'));
    expect(workbench.state().roots.map(({ root }) => root)).toEqual([outer.file('sub')]);
    expect(workbench.state().apps).toHaveLength(1);
  });

  it('one whose engine cannot start says so in one sentence', async () => {
    const repository = createRepository(sampleFiles());
    owned.push(repository.remove);
    const workbench = openWorkbench([repository.path], { enginePath: '/nowhere/engine' });
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    const [root] = workbench.state().roots;
    expect(root).toMatchObject({ indexing: false });
    expect(root?.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('it cannot be started'),
    ]);
  });
});
