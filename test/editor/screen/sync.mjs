import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { check, copyOfSample, eventually, onScreen } from './page.mjs';

const run = promisify(execFile);

/** The third question: make it so, and watch it arrive. */
export const sync = {
  name: 'sync: a question that names cluster and app, and after a yes the drift is gone',
  needsLab: true,
  async run(world) {
    const folder = await copyOfSample(world);
    const settings = { 'plumbline.protectedClusters': ['production'] };
    const options = { folder, kubeconfig: world.lab.kubeconfig, settings };
    try {
      await onScreen(world, options, makeItSo);
    } finally {
      await putDriftBack(world.lab);
    }
  },
};

async function makeItSo(screen) {
  const { page, row } = screen;
  await screen.openView();
  await row(/^Cluster production/).click();
  await row(/shop-production, cluster production, .*drifted/).waitFor({ timeout: 60_000 });
  await row(/shop-production, cluster production/).click();
  await screen.command('Plumbline: Sync…');
  await page.locator('.quick-input-list').getByText('argocd/shop-production').first().waitFor();
  await page.locator('.quick-input-widget input[type="text"]').first().fill('shop-production');
  await page.keyboard.press('Enter');
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.getByText(/Cluster: production/).waitFor({ timeout: 60_000 });
  const question = await dialog.innerText();
  check(/shop-production/.test(question) && /shop-web/.test(question), `the question: ${question}`);
  await screen.shot('sync');
  await dialog.getByRole('button', { name: 'Sync' }).click();
  const typed = page.locator('.quick-input-widget').getByText(/production is protected/);
  await typed.waitFor();
  await page.locator('.quick-input-widget input[type="text"]').first().fill('production');
  await page.keyboard.press('Enter');
  await page
    .locator('.notifications-toasts')
    .getByText(/argocd\/shop-production on production:/)
    .first()
    .waitFor({ timeout: 90_000 });
  await eventually('the drift to go', async () => {
    const rows = await screen.rows();
    const isThere = rows.some((label) => /^\d+ objects in sync/.test(label));
    return isThere && !rows.some((label) => /^Deployment shop-web, .*Differs/.test(label));
  });
  await screen.shot('synced');
}

/** What the lab's seed did, so that the journeys can run again on the same lab. */
async function putDriftBack({ tools, kubeconfig }) {
  const where = ['--kubeconfig', kubeconfig, '--context', 'production', '-n', 'shop'];
  await run(tools.kubectl, [...where, 'scale', 'deployment/shop-web', '--replicas=5']);
}
