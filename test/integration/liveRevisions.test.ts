import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveState } from '../../src/model/appState';
import { createGit } from '../../src/git/git';
import { EU, memoryCluster, memoryClusters, object } from '../unit/pipeline/memoryCluster';
import { memoryWorkbench } from '../unit/pipeline/memoryWorkbench';
import { createFolder, never, silent } from '../unit/render/engine';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const CONFIG =
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: shop\ndata:\n  a: "';

function folder(files: Readonly<Record<string, string>> = {}): ReturnType<typeof createFolder> {
  const made = createFolder(files);
  owned.push(made.remove);
  return made;
}

function gitIn(cwd: string): (...args: string[]) => string {
  return (...args) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@acme.example', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
}

interface Origin {
  readonly url: string;
  /** Commits that say `a: 1`, `a: 2`, `a: 3`, oldest first; all but the last only there. */
  readonly commits: readonly string[];
  readonly git: ReturnType<typeof gitIn>;
  readonly commit: (files: Readonly<Record<string, string>>) => void;
}

/** A repository that serves single commits and filters, as forges do. */
function createOrigin(targetRevision = 'main'): Origin {
  const { path, write } = folder();
  const git = gitIn(path);
  git('init', '-q', '-b', 'main');
  git('config', 'uploadpack.allowFilter', 'true');
  git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const url = `file://${path}`;
  write({
    'apps/shop.json': JSON.stringify(application(url, targetRevision)),
  });
  const commit: Origin['commit'] = (files) => {
    write(files);
    git('add', '-A');
    git('commit', '-q', '-m', Object.keys(files).join());
  };
  const commits = ['1', '2', '3'].map((a) => {
    commit({ 'web/config.yaml': `${CONFIG}${a}"\n` });
    return git('rev-parse', 'HEAD');
  });
  return { url, commits, git, commit };
}

function application(repoURL: string, targetRevision: string, status: object = {}) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd', uid: 'u1' },
    spec: {
      project: 'default',
      source: { repoURL, path: 'web', targetRevision },
      destination: { server: EU.server, namespace: 'shop' },
    },
    status,
  };
}

function clone(origin: Origin, ...flags: string[]): string {
  const { path } = folder();
  gitIn(path)('clone', '-q', ...flags, origin.url, 'clone');
  return `${path}/clone`;
}

interface Look {
  readonly root: string;
  readonly origin: Origin;
  readonly applied: string;
  readonly fetchAllowed?: boolean;
  readonly targetRevision?: string;
  /** Further objects that the cluster has, and that the Application says it manages. */
  readonly others?: readonly { readonly name: string; readonly requiresPruning?: boolean }[];
}

/** Live says `a: 9`; what the controller applied last is in its Application. */
async function look({ root, origin, applied, others = [], ...more }: Look): Promise<LiveState> {
  const status = {
    sync: { status: 'OutOfSync', revision: applied },
    operationState: { phase: 'Succeeded', syncResult: { revision: applied } },
    resources: others.map((one) => ({
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'shop',
      ...one,
    })),
  };
  const memory = memoryCluster({
    objects: [
      application(origin.url, more.targetRevision ?? 'main', status),
      object('v1', 'ConfigMap', 'config', {
        data: { a: '1' },
        metadata: {
          annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:shop/config' },
        },
      }),
      ...others.map(({ name }) => object('v1', 'ConfigMap', name)),
    ],
  });
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder().path };
  const workbench = memoryWorkbench({
    clusters: () => memoryClusters(memory.cluster),
    git: createGit({ environment, emptyFolder: folder().path, log: silent }),
    settings: {
      assignments: { 'argocd/shop': 'eu' },
      fetchAllowed: more.fetchAllowed ?? true,
    },
  });
  owned.push(() => workbench.dispose());
  workbench.setFolders([root]);
  await workbench.whenIdle();
  await workbench.openCluster('eu', never);
  const shop = workbench.state().apps.find(({ app }) => app.name === 'shop');
  if (shop === undefined) throw new Error('no app shop');
  return shop.live;
}

function verdict(live: LiveState): readonly string[] {
  if (live.kind !== 'compared') return [JSON.stringify(live)];
  return live.comparison.changes.flatMap(({ fields }) =>
    fields.map(({ pointer, before, after, whose }) =>
      [pointer, before, after, whose].map(String).join(' '),
    ),
  );
}

/** Live has what was applied last, so that a known applied revision makes the difference pending. */
const pending = ['/data/a 1 3 pending'];
const unknown = ['/data/a 1 3 differs'];

describe('a revision that the clone lacks', () => {
  it.each<[string, readonly string[]]>([
    ['a shallow clone', ['--depth=1']],
    ['a partial clone', ['--filter=blob:none']],
    ['a partial clone without trees', ['--filter=tree:0']],
  ])('is fetched into %s when the cluster is opened', async (_name, flags) => {
    const origin = createOrigin();
    const [applied = ''] = origin.commits;
    const root = clone(origin, ...flags);
    expect(verdict(await look({ root, origin, applied }))).toEqual(pending);
  });

  it.each<[string, readonly string[]]>([
    ['a shallow clone', ['--depth=1']],
    ['a partial clone', ['--filter=blob:none']],
  ])('stays unknown in %s where fetching is switched off', async (_name, flags) => {
    const origin = createOrigin();
    const [applied = ''] = origin.commits;
    const root = clone(origin, ...flags);
    const before = gitIn(root)('count-objects', '-v');
    const live = await look({ root, origin, applied, fetchAllowed: false });
    expect(verdict(live)).toEqual(unknown);
    expect(gitIn(root)('count-objects', '-v')).toBe(before);
  });

  it('leaves a shallow history cut, and HEAD, refs and files as they were', async () => {
    const origin = createOrigin();
    const [applied = ''] = origin.commits;
    const root = clone(origin, '--depth=1');
    const git = gitIn(root);
    const before = [git('for-each-ref'), git('status', '--porcelain'), git('rev-list', 'HEAD')];
    await look({ root, origin, applied });
    const after = [git('for-each-ref'), git('status', '--porcelain'), git('rev-list', 'HEAD')];
    expect(after).toEqual(before);
  });

  it('is fetched where the controller follows a branch that the clone does not know', async () => {
    const origin = createOrigin('release');
    const root = clone(origin, '--single-branch');
    origin.git('branch', 'release', origin.commits[1] ?? '');
    gitIn(root)('config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
    const common = { root, origin, applied: origin.commits[0] ?? '', targetRevision: 'release' };
    const off = await look({ ...common, fetchAllowed: false });
    expect(off).toMatchObject({ comparison: { desiredRevision: { insteadOf: 'release' } } });
    const live = await look(common);
    expect(live).toMatchObject({ comparison: { desiredRevision: { ref: 'origin/release' } } });
    expect(verdict(live)).toEqual(['/data/a 1 2 pending']);
  });

  it('that nobody has leaves the difference without a past, and is asked for once', async () => {
    const origin = createOrigin();
    const root = clone(origin);
    expect(verdict(await look({ root, origin, applied: 'b'.repeat(40) }))).toEqual(unknown);
  });
});

describe('a result that lacks a remote base', () => {
  it('calls extra only what the controller says that Git has no more', async () => {
    const origin = createOrigin();
    const resources = '[config.yaml, "https://git.acme.example/bases//web?ref=v1"]';
    origin.commit({ 'web/kustomization.yaml': `resources: ${resources}\n` });
    const root = clone(origin);
    const others = [{ name: 'of-the-base' }, { name: 'gone', requiresPruning: true }];
    const live = await look({ root, origin, applied: origin.commits[2] ?? '', others });
    const names =
      live.kind === 'compared' ? live.comparison.changes.map(({ id }) => id.name) : live;
    expect(names).toEqual(expect.arrayContaining(['config', 'gone']));
    expect(names).not.toContain('of-the-base');
  });
});
