import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { check, copyOfSample, eventually, onScreen } from './page.mjs';

const run = promisify(execFile);

/** The third question: make it so, and watch it arrive. */
export const sync = {
  name: 'sync: a question that names cluster and app, and after a yes the drift is gone',
  async run(world) {
    const folder = await copyOfSample(world);
    const settings = { 'plumbline.protectedClusters': ['production'] };
    const options = { folder, kubeconfig: world.lab.kubeconfig, settings };
    try {
      await onScreen(world, options, (screen) => makeItSo(screen, world.lab));
    } finally {
      await putDriftBack(world.lab);
    }
  },
};

async function makeItSo(screen, lab) {
  const { page, row } = screen;
  await screen.openView();
  await screen.expand(/^Cluster production/);
  await row(/shop-production, cluster production, .*drifted/).waitFor();
  await screen.expand(/shop-production, cluster production/);
  await screen.command('Plumbline: Sync…');
  await screen.pick('argocd/shop-production');
  const { question: dialog } = screen;
  await dialog.getByText(/Cluster: production/).waitFor();
  const question = await dialog.innerText();
  check(/shop-production/.test(question) && /shop-web/.test(question), `the question: ${question}`);
  check(
    question.includes('ConfigMap shop/shop-incident-flags (this app does not prune)'),
    `the question says what stays: ${question}`,
  );
  await screen.shot('sync');
  await dialog.getByRole('button', { name: 'Sync' }).click();
  const typed = page.locator('.quick-input-widget').getByText(/production is protected/);
  await typed.waitFor();
  await screen.answer('production');
  await page
    .locator('.notifications-toasts')
    .getByText(/argocd\/shop-production on production:/)
    .first()
    .waitFor();
  // A redrawn tree has no such row for a moment, long before: the cluster is asked as well.
  await eventually('Argo CD to set the replicas back', async () => (await replicas(lab)) === '3');
  await eventually('the drift to go', async () => {
    const rows = await screen.rows();
    const isThere = rows.some((label) => /^\d+ objects in sync/.test(label));
    return isThere && !rows.some((label) => /^Deployment shop-web, .*Differs/.test(label));
  });
  await screen.shot('synced');
}

/** What the lab's seed did, so that the journeys can run again on the same lab. */
async function putDriftBack(lab) {
  await inShop(lab, ['scale', 'deployment/shop-web', '--replicas=5']);
}

async function replicas(lab) {
  return inShop(lab, ['get', 'deployment/shop-web', '--output=jsonpath={.spec.replicas}']);
}

async function inShop({ tools, kubeconfig }, args) {
  const where = ['--kubeconfig', kubeconfig, '--context', 'production', '--namespace', 'shop'];
  const { stdout } = await run(tools.kubectl, [...where, ...args]);
  return stdout;
}
