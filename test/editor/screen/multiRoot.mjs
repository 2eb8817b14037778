import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../lab/sample.mjs';
import { editFile, freshSample, onScreen } from './page.mjs';

const REMOTE = 'https://git.acme.example/acme/loyalty.git';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: points
spec:
  replicas: 2
  selector:
    matchLabels: { app: points }
  template:
    metadata:
      labels: { app: points }
    spec:
      containers:
        - name: points
          image: registry.acme.example/loyalty/points:1.4.0
`;

const APPLICATION = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: loyalty
  namespace: argocd
spec:
  project: default
  source:
    repoURL: ${REMOTE}
    targetRevision: main
    path: deploy
  destination:
    server: https://kubernetes.default.svc
    namespace: loyalty
`;

/** Two repositories in one window: an app is defined in one of them and has its source in the other. */
export const multiRoot = {
  name: 'multi-root: the apps of both repositories, and one that joins them',
  async run(world) {
    const gitops = await freshSample(world);
    await writeFile(join(gitops, 'argocd/apps/loyalty.yaml'), APPLICATION);
    await commit(gitops, 'Loyalty points');
    const loyalty = await sourceRepository(world.folder);
    await editFile(join(loyalty, 'deploy/points.yaml'), 'replicas: 2', 'replicas: 3');
    await editFile(join(gitops, 'charts/shop/values-prod.yaml'), '768Mi', '896Mi');
    const workspace = join(await mkdtemp(join(world.folder, 'multi-')), 'acme.code-workspace');
    const folders = [gitops, loyalty].map((path) => ({ path }));
    await writeFile(workspace, JSON.stringify({ folders }));
    await onScreen(world, { workspace }, look);
  },
};

/** @param {string} folder @returns {Promise<string>} a repository with one plain folder of manifests */
async function sourceRepository(folder) {
  const root = join(await mkdtemp(join(folder, 'source-')), 'loyalty');
  await mkdir(join(root, 'deploy'), { recursive: true });
  await writeFile(join(root, 'deploy/points.yaml'), DEPLOYMENT);
  await git(root, ['init', '--quiet', '--initial-branch=main']);
  await git(root, ['config', 'user.name', 'Sam Rivera']);
  await git(root, ['config', 'user.email', 'sam.rivera@acme.example']);
  await git(root, ['remote', 'add', 'origin', REMOTE]);
  await commit(root, 'Points');
  return root;
}

/** Makes a commit that the controllers follow. @param {string} root @param {string} message */
async function commit(root, message) {
  await git(root, ['add', '.']);
  await git(root, ['commit', '--quiet', '--message', message]);
  await git(root, ['update-ref', 'refs/remotes/origin/main', 'HEAD']);
}

async function look(screen) {
  const { row } = screen;
  await screen.openView();
  await screen.expand(/^Cluster production/);
  await row(/^Application argocd\/shop-production, cluster production/).waitFor();
  await row(/^Application argocd\/loyalty, cluster production/).waitFor();
  await row(/^Repository gitops, /).waitFor();
  await row(/^Repository loyalty, 1 app · 1 object$/).waitFor();
  await screen.expand(/^App argocd\/loyalty, cluster production, 1 changed/);
  await row(/^Deployment points, /).waitFor();
  await screen.shot('multi-root');
}
