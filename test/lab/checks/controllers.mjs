import assert from 'node:assert/strict';
import { giteaApi } from '../gitea.mjs';
import { git } from '../sample.mjs';
import { kubectlOf } from './clusters.mjs';

/** @typedef {import('../lab.mjs').Description} Description */

/** @param {Description} description */
export async function checkGitea({ gitea, sampleDir = '' }) {
  assert.ok(gitea);
  const head = await git(sampleDir, ['rev-parse', 'HEAD']);
  const branch = await giteaApi(gitea, 'GET', '/repos/acme/gitops/branches/main');
  assert.equal(branch.commit.id, head);
  assert.equal(await git(sampleDir, ['rev-parse', 'origin/main']), head);
  const text = await git(sampleDir, ['grep', '-c', gitea.cloneUrl, '--', 'argocd', 'clusters']);
  assert.equal(text.split('\n').length, 7, 'a file does not name the repository');
  await git(sampleDir, ['push', '--quiet', 'origin', 'HEAD:refs/heads/probe']);
  await git(sampleDir, ['push', '--quiet', 'origin', '--delete', 'probe']);
  await git(sampleDir, ['fetch', '--quiet', '--prune', 'origin']);
  assert.equal(await git(sampleDir, ['status', '--porcelain']), '');
}

/** @param {Description} description */
export async function checkArgoCd(description) {
  const run = kubectlOf(description);
  const list = JSON.parse(await run('get', 'applications', '-n', 'argocd', '-o', 'json'));
  const seen = Object.fromEntries(
    list.items.map((/** @type {any} */ app) => [
      app.metadata.name,
      `${app.status.sync.status} ${app.status.health.status}`,
    ]),
  );
  assert.deepEqual(seen, {
    root: 'Synced Healthy',
    'checkout-production': 'OutOfSync Missing',
    'checkout-staging': 'Synced Healthy',
    platform: 'Synced Healthy',
    'shop-production': 'OutOfSync Healthy',
    'shop-staging': 'OutOfSync Healthy',
  });
  const { argocd } = description;
  assert.ok(argocd);
  const headers = { authorization: `Bearer ${argocd.token}` };
  const answer = await fetch(`${argocd.url}/api/v1/applications`, { headers });
  assert.equal((await answer.json()).items.length, list.items.length);
  const anonymous = await fetch(`${argocd.url}/api/v1/applications`);
  assert.equal(anonymous.status, 401);
}

/** @param {Description} description */
export async function checkFlux(description) {
  const run = kubectlOf(description);
  const at = ['--context', 'staging'];
  const kinds = 'gitrepositories,kustomizations,helmcharts,helmreleases';
  const list = JSON.parse(await run(...at, 'get', kinds, '-n', 'flux-system', '-o', 'json'));
  assert.equal(list.items.length, 6);
  for (const item of list.items) {
    const ready = item.status.conditions.find((/** @type {any} */ { type }) => type === 'Ready');
    assert.equal(ready?.status, 'True', `${item.kind} ${item.metadata.name}: ${ready?.message}`);
  }
  const config = await run(
    ...at,
    'get',
    'configmap',
    'notifications',
    '-n',
    'notifications',
    '-ojson',
  );
  const { data, metadata } = JSON.parse(config);
  assert.equal(data.PUBLIC_URL, 'https://notify.staging.acme.example');
  assert.equal(metadata.labels['kustomize.toolkit.fluxcd.io/name'], 'notifications');
  assert.equal(metadata.labels.team, 'customer-care');
  const mailer = JSON.parse(
    await run(...at, 'get', 'deployment', 'mailer', '-n', 'mailer', '-ojson'),
  );
  assert.equal(mailer.metadata.labels['helm.toolkit.fluxcd.io/name'], 'mailer');
  assert.equal(mailer.status.readyReplicas, 2);
  const stored = await run(...at, 'get', 'secrets', '-n', 'flux-system', '-o', 'name');
  assert.match(stored, /sh\.helm\.release\.v1\.mailer\.v2/);
}
