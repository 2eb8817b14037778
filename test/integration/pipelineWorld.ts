import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from '../../src/compose';
import type { ComposeOptions } from '../../src/compose';
import { appLabel } from '../../src/model/app';
import type { AppState, LocalComparison } from '../../src/model/appState';
import type { Settings } from '../../src/model/config';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder, enginePath, silent } from '../unit/render/engine';
import type { Folder } from '../unit/render/engine';

const top = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..');
export const schemasPath = join(top, 'schemas');
export const REMOTE = 'https://git.acme.example/acme/gitops.git';

export const settings: Settings = {
  contexts: {},
  assignments: {},
  kubeconfigs: [],
  protectedClusters: [],
  maxEngines: 2,
  renderTimeoutMs: 20_000,
  renderMemoryLimitBytes: 2 * 1024 ** 3,
  fetchAllowed: false,
};

export interface TestRepository extends Folder {
  readonly git: (...args: string[]) => string;
  /** Commits everything and lets `origin/main` be that commit. */
  readonly publish: (message?: string) => string;
  readonly file: (path: string) => string;
}

const IDENTITY = ['-c', 'user.name=Test', '-c', 'user.email=test@acme.example'];

/** A repository whose `origin/main` is its first commit, as after a clone. */
export function createRepository(files: Readonly<Record<string, string>>): TestRepository {
  const folder = createFolder(files);
  const git = (...args: string[]): string =>
    execFileSync('git', [...IDENTITY, ...args], { cwd: folder.path, encoding: 'utf8' }).trim();
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', REMOTE);
  const publish = (message = 'change'): string => {
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', message);
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    return git('rev-parse', 'HEAD');
  };
  if (Object.keys(files).length > 0) publish('first');
  return { ...folder, git, publish, file: (path) => join(folder.path, path) };
}

export function openWorkbench(
  folders: readonly string[],
  options: Partial<ComposeOptions> = {},
): CoreWorkbench {
  const workbench = compose({
    enginePath,
    schemasPath,
    emptyFolder: createFolder().path,
    settings,
    environment: {},
    trusted: true,
    user: 'test',
    log: silent,
    allowExec: () => false,
    ...options,
  });
  workbench.setFolders(folders);
  return workbench;
}

/** A repository of its own and a workbench on it, ready; `owned` gets what ends both. */
export async function openRepository(
  files: Readonly<Record<string, string>>,
  owned: (() => void)[],
): Promise<{ readonly workbench: CoreWorkbench; readonly repository: TestRepository }> {
  const repository = createRepository(files);
  const workbench = openWorkbench([repository.path]);
  owned.push(repository.remove, () => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

/** What the editor's watcher does after a file was written. */
export async function edit(
  workbench: CoreWorkbench,
  repository: TestRepository,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  repository.write(files);
  const changes = Object.keys(files).map((path) => ({
    path: repository.file(path),
    kind: 'changed' as const,
  }));
  workbench.filesChanged(changes);
  await workbench.whenIdle();
}

export async function remove(
  workbench: CoreWorkbench,
  repository: TestRepository,
  path: string,
): Promise<void> {
  rmSync(repository.file(path), { recursive: true });
  workbench.filesChanged([{ path: repository.file(path), kind: 'deleted' }]);
  await workbench.whenIdle();
}

export function appNamed(workbench: CoreWorkbench, name: string): AppState {
  const found = workbench.state().apps.find(({ app }) => appLabel(app) === name);
  if (found === undefined) {
    const names = workbench.state().apps.map(({ app }) => appLabel(app));
    throw new Error(`no app ${name} among ${names.join(', ')}`);
  }
  return found;
}

export function localOf(workbench: CoreWorkbench, name: string): LocalComparison {
  const { local } = appNamed(workbench, name);
  if (local.kind !== 'compared') throw new Error(`${name}: ${JSON.stringify(local)}`);
  return local.comparison;
}

/** `Deployment web changed /spec/replicas 2→3`, one line a field. */
export function changesOf(workbench: CoreWorkbench, name: string): readonly string[] {
  return localOf(workbench, name).changes.flatMap(({ id, action, fields }) =>
    fields.map(
      ({ pointer, before, after }) =>
        `${id.kind} ${id.name} ${action} ${pointer} ${JSON.stringify(before)}→${JSON.stringify(after)}`,
    ),
  );
}

export function application(
  name: string,
  source: Readonly<Record<string, unknown>>,
  extra: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: REMOTE, targetRevision: 'HEAD', ...source },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      ...extra,
    },
  });
}

export function deployment(name: string, replicas: number | string): string {
  return [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    `  replicas: ${replicas}`,
    '  selector:',
    '    matchLabels:',
    `      app: ${name}`,
    '  template:',
    '    metadata:',
    '      labels:',
    `        app: ${name}`,
    '    spec:',
    '      containers:',
    '        - name: main',
    '          image: registry.acme.example/main:1',
    '',
  ].join('\n');
}

/** A chart with one Deployment and one ConfigMap, both from values. */
export function shopChart(path: string): Readonly<Record<string, string>> {
  return {
    [`${path}/Chart.yaml`]: 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
    [`${path}/values.yaml`]: 'replicas: 1\nbanner: hello\n',
    [`${path}/values-prod.yaml`]: 'replicas: 3\n',
    [`${path}/templates/web.yaml`]: deployment('web', '{{ .Values.replicas }}'),
    [`${path}/templates/config.yaml`]:
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  banner: {{ .Values.banner | quote }}\n',
  };
}

/** Two Argo CD apps of one chart, and one of a kustomization. */
export function sampleFiles(): Readonly<Record<string, string>> {
  return {
    ...shopChart('charts/shop'),
    'apps/shop-prod.json': application('shop-prod', {
      path: 'charts/shop',
      helm: { valueFiles: ['values-prod.yaml'] },
    }),
    'apps/shop-test.json': application('shop-test', { path: 'charts/shop' }),
    'apps/checkout.json': application('checkout', { path: 'checkout' }),
    'checkout/kustomization.yaml': 'resources: [web.yaml]\n',
    'checkout/web.yaml': deployment('checkout', 2),
  };
}
