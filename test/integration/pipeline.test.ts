import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkspaceChange } from '../../src/model/workbench';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder, never } from '../unit/render/engine';
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
  shopChart,
} from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

async function open(
  files: Readonly<Record<string, string>> = sampleFiles(),
  options: Parameters<typeof openWorkbench>[1] = {},
): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  const repository = createRepository(files);
  owned.push(repository.remove);
  const workbench = openWorkbench([repository.path], options);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

/** Keys of apps whose state moved while `act` ran, by name. */
async function movedBy(workbench: CoreWorkbench, act: () => Promise<void>): Promise<string[]> {
  const moved = new Set<string>();
  const listener = workbench.onDidChange((change) => change.apps.forEach((key) => moved.add(key)));
  await act();
  listener.dispose();
  const { apps } = workbench.state();
  return apps.flatMap(({ app }) => (moved.has(app.key) ? [app.name] : []));
}

describe('local changes', () => {
  it('has nothing to tell of a fresh clone, and has rendered everything', async () => {
    const { workbench } = await open();
    for (const name of ['argocd/shop-prod', 'argocd/shop-test', 'argocd/checkout']) {
      expect(appNamed(workbench, name).working.kind).toBe('rendered');
      expect(localOf(workbench, name)).toMatchObject({ appAction: 'kept', changes: [] });
      expect(localOf(workbench, name).against.ref).toBe('origin/main');
    }
    expect(workbench.state().roots[0]).toMatchObject({ indexing: false, changedPaths: [] });
  });

  it('shows what a saved values file changes, only in the apps that read it', async () => {
    const { workbench, repository } = await open();
    const path = 'charts/shop/values-prod.yaml';
    const moved = await movedBy(workbench, () =>
      edit(workbench, repository, { [path]: 'replicas: 5\n' }),
    );
    // No template of the chart can reach its other files, so that the other app is not asked again.
    expect(moved).toEqual(['shop-prod']);
    expect(localOf(workbench, 'argocd/shop-test').changes).toEqual([]);
    expect(changesOf(workbench, 'argocd/shop-prod')).toEqual([
      'Deployment web changed /spec/replicas 3→5',
    ]);
    expect(localOf(workbench, 'argocd/shop-prod').unchangedCount).toBe(1);
    expect(workbench.state().roots[0]?.changedPaths).toEqual([path]);
    await edit(workbench, repository, { [path]: 'replicas: 3\n' });
    expect(localOf(workbench, 'argocd/shop-prod').changes).toEqual([]);
  });

  it('counts unpushed commits, and stops when they are pushed', async () => {
    const { workbench, repository } = await open();
    repository.write({ 'charts/shop/values.yaml': 'replicas: 1\nbanner: bye\n' });
    repository.git('commit', '-q', '-a', '-m', 'banner');
    workbench.filesChanged([{ path: repository.file('.git/HEAD'), kind: 'changed' }]);
    await workbench.whenIdle();
    const line = 'ConfigMap config changed /data/banner "hello"→"bye"';
    expect(changesOf(workbench, 'argocd/shop-prod')).toEqual([line]);
    expect(changesOf(workbench, 'argocd/shop-test')).toEqual([line]);
    repository.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    workbench.filesChanged([
      { path: repository.file('.git/refs/remotes/origin/main'), kind: 'changed' },
    ]);
    await workbench.whenIdle();
    expect(localOf(workbench, 'argocd/shop-prod').changes).toEqual([]);
    expect(localOf(workbench, 'argocd/checkout').changes).toEqual([]);
  });

  it('follows a checkout that no file event told of', async () => {
    const { workbench, repository } = await open();
    repository.git('checkout', '-q', '-b', 'other');
    repository.write({ 'checkout/web.yaml': deployment('checkout', 7) });
    repository.git('commit', '-q', '-a', '-m', 'seven');
    repository.git('checkout', '-q', 'main');
    workbench.filesChanged([{ path: repository.file('.git/HEAD'), kind: 'changed' }]);
    await workbench.whenIdle();
    repository.git('checkout', '-q', 'other');
    workbench.filesChanged([{ path: repository.file('.git/HEAD'), kind: 'changed' }]);
    await workbench.whenIdle();
    expect(changesOf(workbench, 'argocd/checkout')).toEqual([
      'Deployment checkout changed /spec/replicas 2→7',
    ]);
    repository.git('checkout', '-q', 'main');
    workbench.filesChanged([{ path: repository.file('.git/HEAD'), kind: 'changed' }]);
    await workbench.whenIdle();
    expect(localOf(workbench, 'argocd/checkout').changes).toEqual([]);
  });

  it('renders unsaved text over the file, and forgets it again', async () => {
    const { workbench, repository } = await open();
    const path = repository.file('checkout/web.yaml');
    workbench.setBuffer(path, deployment('checkout', 9));
    await workbench.whenIdle();
    expect(changesOf(workbench, 'argocd/checkout')).toEqual([
      'Deployment checkout changed /spec/replicas 2→9',
    ]);
    workbench.setBuffer(path, undefined);
    await workbench.whenIdle();
    expect(localOf(workbench, 'argocd/checkout').changes).toEqual([]);
  });

  it('shows an added, a changed and a removed Application', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, {
      'apps/new.json': application('shop-new', { path: 'charts/shop' }),
      'apps/shop-test.json': application('shop-test', {
        path: 'charts/shop',
        helm: { parameters: [{ name: 'replicas', value: '4' }] },
      }),
    });
    expect(localOf(workbench, 'argocd/shop-new')).toMatchObject({ appAction: 'added' });
    expect(localOf(workbench, 'argocd/shop-new').changes.map(({ action }) => action)).toEqual([
      'added',
      'added',
    ]);
    expect(changesOf(workbench, 'argocd/shop-test')).toEqual([
      'Deployment web changed /spec/replicas 1→4',
    ]);
    await remove(workbench, repository, 'apps/checkout.json');
    const gone = localOf(workbench, 'argocd/checkout');
    expect(gone.appAction).toBe('removed');
    expect(gone.changes.map(({ id, action }) => `${id.name} ${action}`)).toEqual([
      'checkout removed',
    ]);
    // The folder is nobody's now, so it is an app of its own, with nothing that it had not before.
    expect(appNamed(workbench, 'checkout').app.kind).toBe('Overlay');
    expect(localOf(workbench, 'checkout')).toMatchObject({ appAction: 'kept', changes: [] });
  });

  it('says of a folder that becomes the source of an Application that this one is added', async () => {
    const { workbench, repository } = await open({
      ...sampleFiles(),
      'loose/deployment.yaml': deployment('loose', 1),
    });
    expect(localOf(workbench, 'loose')).toMatchObject({ appAction: 'kept', changes: [] });
    await edit(workbench, repository, {
      'apps/loose.json': application('owned', { path: 'loose' }),
    });
    expect(localOf(workbench, 'argocd/owned').changes.map(({ action }) => action)).toEqual([
      'added',
    ]);
    expect(workbench.state().apps.map(({ app }) => app.name)).not.toContain('loose');
  });

  it('renders a new file in a listed folder, and the same again when it is gone', async () => {
    const { workbench, repository } = await open({
      ...sampleFiles(),
      'apps/plain.json': application('plain', { path: 'plain', directory: { recurse: true } }),
      'plain/a.yaml': deployment('a', 1),
    });
    repository.write({ 'plain/sub/b.yaml': deployment('b', 1) });
    workbench.filesChanged([{ path: repository.file('plain/sub/b.yaml'), kind: 'created' }]);
    await workbench.whenIdle();
    const { changes } = localOf(workbench, 'argocd/plain');
    expect(changes.map(({ id, action }) => `${id.name} ${action}`)).toEqual(['b added']);
    rmSync(repository.file('plain/sub'), { recursive: true });
    // Watchers tell of the folder alone.
    workbench.filesChanged([{ path: repository.file('plain/sub'), kind: 'deleted' }]);
    await workbench.whenIdle();
    expect(localOf(workbench, 'argocd/plain').changes).toEqual([]);
  });

  it('leaves an app out that follows a tag, and says so', async () => {
    const files = {
      ...sampleFiles(),
      'apps/pinned.json': application('pinned', { path: 'charts/shop', targetRevision: 'v1' }),
    };
    const repository = createRepository(files);
    owned.push(repository.remove);
    repository.git('tag', 'v1');
    const workbench = openWorkbench([repository.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    await edit(workbench, repository, { 'charts/shop/values.yaml': 'replicas: 1\nbanner: x\n' });
    expect(appNamed(workbench, 'argocd/pinned').local).toEqual({ kind: 'pinned', revision: 'v1' });
    const impact = workbench.impactOf(repository.file('charts/shop/values.yaml'));
    expect(impact?.pinned).toEqual([{ revision: 'v1', appCount: 1 }]);
    expect(impact?.apps.map(({ app }) => app.name).sort()).toEqual(['shop-prod', 'shop-test']);
  });

  it('keeps the identity of what did not change', async () => {
    const { workbench, repository } = await open();
    const before = workbench.state();
    await edit(workbench, repository, { 'checkout/web.yaml': deployment('checkout', 3) });
    const after = workbench.state();
    const same = (name: string) =>
      before.apps.find(({ app }) => app.name === name) ===
      after.apps.find(({ app }) => app.name === name);
    expect([same('shop-prod'), same('shop-test'), same('checkout')]).toEqual([true, true, false]);
    expect(before.apps.map(({ app }) => app)).toEqual(after.apps.map(({ app }) => app));
    expect(after.clusters).toBe(before.clusters);
  });

  it('collects many changes into few events, each naming what moved', async () => {
    const { workbench, repository } = await open();
    const events: WorkspaceChange[] = [];
    workbench.onDidChange((change) => events.push(change));
    for (let replicas = 2; replicas < 12; replicas += 1) {
      workbench.setBuffer(repository.file('checkout/web.yaml'), deployment('checkout', replicas));
    }
    await workbench.whenIdle();
    await expect
      .poll(() => changesOf(workbench, 'argocd/checkout'))
      .toEqual(['Deployment checkout changed /spec/replicas 2→11']);
    const named = new Set(events.flatMap(({ apps }) => [...apps]));
    expect([...named]).toEqual([appNamed(workbench, 'argocd/checkout').app.key]);
    expect(events.every(({ structure }) => !structure)).toBe(true);
  });
});

describe('impact of a file', () => {
  it('counts objects and lines, and tells one hunk from another', async () => {
    const { workbench, repository } = await open();
    const file = repository.file('charts/shop/values.yaml');
    workbench.setActiveFile(file);
    expect(workbench.impactOf(file)).toMatchObject({ objectCount: 0, apps: [] });
    await edit(workbench, repository, {
      'charts/shop/values.yaml': 'replicas: 2\n# between\nbanner: moin\n',
    });
    const impact = workbench.impactOf(file);
    expect(impact).toMatchObject({
      objectCount: 3,
      refusedCount: 0,
      failedCount: 0,
      pendingCount: 0,
    });
    expect(impact?.hunks).toEqual([{ startLine: 1, endLine: 3, kind: 'changed' }]);
    expect(impact?.against).toMatch(/^origin\/main [0-9a-f]{7}$/);
  });

  it('attributes what two changed files do to the file that does it', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, {
      'charts/shop/values.yaml': 'replicas: 1\nbanner: moin\n',
      'charts/shop/values-prod.yaml': 'replicas: 8\n',
    });
    const ofFile = async (path: string) => {
      workbench.impactOf(repository.file(path));
      await workbench.whenIdle();
      const impact = workbench.impactOf(repository.file(path));
      return impact?.apps.map(
        ({ app, changes }) => `${app.name}: ${changes.map(({ id }) => id.name).join()}`,
      );
    };
    expect(await ofFile('charts/shop/values-prod.yaml')).toEqual(['shop-prod: web']);
    expect((await ofFile('charts/shop/values.yaml'))?.sort()).toEqual([
      'shop-prod: config',
      'shop-test: config',
    ]);
  });

  it('renders with one hunk taken back', async () => {
    const { workbench, repository } = await open();
    const path = 'charts/shop/values.yaml';
    const file = repository.file(path);
    repository.write({ [path]: 'replicas: 1\n\n\n\n\nbanner: hello\n' });
    repository.publish();
    workbench.filesChanged([{ path: repository.file('.git/HEAD'), kind: 'changed' }]);
    workbench.impactOf(file);
    await workbench.whenIdle();
    await edit(workbench, repository, { [path]: 'replicas: 4\n\n\n\n\nbanner: moin\n' });
    const hunks = workbench.impactOf(file)?.hunks ?? [];
    expect(hunks.map(({ startLine }) => startLine)).toEqual([1, 6]);
    const impacts = await Promise.all(hunks.map((hunk) => workbench.hunkImpact(file, hunk, never)));
    const summary = impacts.map((apps) =>
      apps
        .map(({ app, changes }) => `${app.name} ${changes.map(({ id }) => id.name).join()}`)
        .sort(),
    );
    // Production takes its replicas from another file.
    expect(summary).toEqual([['shop-test web'], ['shop-prod config', 'shop-test config']]);
  });

  it('marks the lines that decide what changes, and no remark beside them', async () => {
    const { workbench, repository } = await open();
    const values = repository.file('charts/shop/values.yaml');
    const template = repository.file('charts/shop/templates/web.yaml');
    const marks = async (file: string): Promise<unknown> => {
      // What each file does alone comes first, then the lines; the editor asks at each news of it.
      for (let asked = 0; asked < 2; asked += 1) {
        workbench.impactOf(file, { marked: true });
        await workbench.whenIdle();
      }
      return workbench.impactOf(file, { marked: true })?.marks;
    };
    expect(await marks(values)).toBeUndefined();
    const before = deployment('web', '{{ .Values.replicas }}');
    await edit(workbench, repository, {
      'charts/shop/values.yaml': '# A remark.\nreplicas: 2\n# between\nbanner: moin\nunused: x\n',
      'charts/shop/templates/web.yaml': `{{/* A remark. */}}\n${before.replace('spec:', 'spec:\n  paused: true')}`,
    });
    expect(await marks(values)).toEqual([
      { startLine: 2, endLine: 2, kind: 'changed', fields: 1 },
      { startLine: 4, endLine: 4, kind: 'changed', fields: 2 },
    ]);
    const paused = before.split('\n').indexOf('spec:') + 3;
    expect(await marks(template)).toEqual([{ startLine: paused, endLine: paused, kind: 'added' }]);
    // A newer text is looked at anew; until then, there are none.
    workbench.setBuffer(values, 'replicas: 1\nbanner: moin\n');
    await workbench.whenIdle();
    expect(workbench.impactOf(values, { marked: true })?.marks).toBeUndefined();
    expect(await marks(values)).toEqual([{ startLine: 2, endLine: 2, kind: 'changed', fields: 2 }]);
  });

  it('knows no impact of a file that no app reads', async () => {
    const { workbench, repository } = await open({ ...sampleFiles(), 'README.md': '# hello\n' });
    await edit(workbench, repository, { 'README.md': '# changed\n' });
    expect(workbench.impactOf(repository.file('README.md'))).toBeUndefined();
    expect(workbench.impactOf('/somewhere/else.yaml')).toBeUndefined();
  });

  it('warns of a change that the API server will refuse', async () => {
    const { workbench, repository } = await open();
    const text = deployment('checkout', 2).replaceAll('app: checkout', 'app: other');
    await edit(workbench, repository, { 'checkout/web.yaml': text });
    const impact = workbench.impactOf(repository.file('checkout/web.yaml'));
    expect(impact).toMatchObject({ objectCount: 1, refusedCount: 1 });
  });
});

describe('roots', () => {
  it('resolves a folder below the top level, and finds what it refers to above it', async () => {
    const repository = createRepository(sampleFiles());
    owned.push(repository.remove);
    const workbench = openWorkbench([join(repository.path, 'apps')]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    expect(workbench.state().roots.map(({ root }) => root)).toEqual([repository.path]);
    expect(appNamed(workbench, 'argocd/shop-prod').working.kind).toBe('rendered');
  });

  it('renders an Application of one root from the files of another', async () => {
    const charts = createRepository(shopChart('shop'));
    const definitions = createRepository({
      'apps/shop.json': application('shop', { path: 'shop' }),
    });
    definitions.git('remote', 'set-url', 'origin', 'https://git.acme.example/acme/definitions.git');
    owned.push(charts.remove, definitions.remove);
    const workbench = openWorkbench([definitions.path, charts.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    expect(appNamed(workbench, 'argocd/shop').app.source).toMatchObject({ root: charts.path });
    await edit(workbench, charts, { 'shop/values.yaml': 'replicas: 6\nbanner: hello\n' });
    expect(changesOf(workbench, 'argocd/shop')).toEqual([
      'Deployment web changed /spec/replicas 1→6',
    ]);
    workbench.setFolders([definitions.path]);
    await workbench.whenIdle();
    expect(appNamed(workbench, 'argocd/shop').app.source.kind).toBe('elsewhere');
  });

  it('compares with HEAD where there is no remote, and says so', async () => {
    const repository = createRepository(sampleFiles());
    owned.push(repository.remove);
    repository.git('remote', 'remove', 'origin');
    repository.git('update-ref', '-d', 'refs/remotes/origin/HEAD');
    repository.git('update-ref', '-d', 'refs/remotes/origin/main');
    repository.write({ 'push/web.yaml': deployment('push', 1) });
    repository.git('add', '-A');
    repository.git('commit', '-q', '-m', 'push');
    const workbench = openWorkbench([repository.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    await edit(workbench, repository, { 'push/web.yaml': deployment('push', 2) });
    expect(localOf(workbench, 'push').against.ref).toBe('HEAD');
    expect(changesOf(workbench, 'push')).toEqual(['Deployment push changed /spec/replicas 1→2']);
  });

  it('renders a folder without Git, and says that there is nothing to compare with', async () => {
    const folder = createFolder({ 'web.yaml': deployment('web', 1) });
    owned.push(folder.remove);
    const workbench = openWorkbench([folder.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    const [state] = workbench.state().apps;
    expect(state).toMatchObject({ working: { kind: 'rendered' }, local: { kind: 'unknown' } });
  });

  it('reads a linked worktree', async () => {
    const repository = createRepository(sampleFiles());
    owned.push(repository.remove);
    const linked = `${repository.path}-linked`;
    owned.push(() => rmSync(linked, { recursive: true, force: true }));
    repository.git('worktree', 'add', '-q', '-b', 'feature', linked);
    const workbench = openWorkbench([linked]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    execFileSync('sh', ['-c', 'echo "replicas: 9" > charts/shop/values-prod.yaml'], {
      cwd: linked,
    });
    workbench.filesChanged([
      { path: join(linked, 'charts/shop/values-prod.yaml'), kind: 'changed' },
    ]);
    await workbench.whenIdle();
    expect(changesOf(workbench, 'argocd/shop-prod')).toEqual([
      'Deployment web changed /spec/replicas 3→9',
    ]);
  });
});

describe('restricted mode', () => {
  it('renders and compares, and contacts nobody', async () => {
    const { workbench, repository } = await open(sampleFiles(), { trusted: false });
    await edit(workbench, repository, { 'checkout/web.yaml': deployment('checkout', 3) });
    expect(changesOf(workbench, 'argocd/checkout')).toHaveLength(1);
    const { key } = appNamed(workbench, 'argocd/checkout').app;
    await workbench.openCluster('production', never);
    await workbench.compareLive(key, never);
    expect(appNamed(workbench, 'argocd/checkout').live).toMatchObject({
      kind: 'unavailable',
      reason: 'This workspace is not trusted, so no cluster is contacted.',
    });
    expect(await workbench.planAction(key, never)).toMatchObject({ kind: 'refusal' });
    const request = { root: repository.path, appKeys: [key], paths: [] };
    expect(await workbench.planPullRequest(request, never)).toMatchObject({ kind: 'refusal' });
  });
});

describe('documents', () => {
  it('shows both sides of a change and the whole rendered app, masked', async () => {
    const secret =
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  token: CANARY-8f3c\n';
    const { workbench, repository } = await open({
      ...sampleFiles(),
      'checkout/kustomization.yaml': 'resources: [web.yaml, secret.yaml]\n',
      'checkout/secret.yaml': secret,
    });
    await edit(workbench, repository, {
      'checkout/web.yaml': deployment('checkout', 3),
      'checkout/secret.yaml': secret.replace('8f3c', '9a9a'),
    });
    const { key } = appNamed(workbench, 'argocd/checkout').app;
    const resource = 'apps/Deployment/checkout/checkout';
    const ask = async (kind: 'target' | 'working', of: string) =>
      await workbench.document({ kind, appKey: key, resource: of }, never);
    expect(await ask('target', resource)).toMatchObject({
      label: expect.stringMatching(/^Git · origin\/main/) as string,
      text: expect.stringContaining('replicas: 2') as string,
    });
    expect(await ask('working', resource)).toMatchObject({
      label: 'working copy',
      text: expect.stringContaining('replicas: 3') as string,
    });
    const secretKey = '/Secret/checkout/token';
    const texts = [
      await ask('target', secretKey),
      await ask('working', secretKey),
      await workbench.document({ kind: 'rendered', appKey: key }, never),
      workbench.state().apps.map(({ local }) => local),
    ].map((one) => JSON.stringify(one));
    expect(texts.join()).not.toMatch(/CANARY|8f3c|9a9a|Q0FOQVJZ/);
    expect(texts[0]).not.toBe(texts[1]);
    expect(workbench.originOf(key, resource)).toMatchObject({ path: 'checkout/web.yaml' });
    expect(await ask('target', 'apps/Deployment/checkout/none')).toMatchObject({ kind: 'refusal' });
  });
});
