import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, editFile, freshSample, onScreen } from './page.mjs';

/** Without any kubeconfig the apps are there, and what Git can tell about them. */
export const noKubeconfig = {
  name: 'no kubeconfig: the apps are shown, edits are explained, and the view says what is missing',
  async run(world) {
    const folder = await freshSample(world);
    await editFile(join(folder, 'charts/shop/values-prod.yaml'), '768Mi', '896Mi');
    await onScreen(world, { folder, kubeconfig: 'none' }, async (screen) => {
      const { row } = screen;
      await screen.openView();
      await row(/^Cluster production, no kubeconfig/).waitFor();
      await screen.expand(/^Cluster production/);
      await row(/^Application argocd\/shop-production, cluster production/).waitFor();
      await row(/^App argocd\/shop-production, cluster production, 1 changed/).waitFor();
      await screen.shot('no-kubeconfig');
      await checkQuiet(screen);
    });
  },
};

/** Nobody listens there. */
const MENDED = `apiVersion: v1
kind: Config
clusters:
  - name: production
    cluster: { server: "https://127.0.0.1:1" }
users:
  - name: production
    user: { token: none }
contexts:
  - name: production
    context: { cluster: production, user: production }
`;

/** A kubeconfig that cannot be read is one row that says why; everything local goes on. */
export const brokenKubeconfig = {
  name: 'broken kubeconfig: one sentence at a row, no notification, the apps are shown, and a mended one shows by itself',
  async run(world) {
    const folder = await freshSample(world);
    const file = join(await mkdtemp(join(world.folder, 'broken-')), 'team-kubeconfig');
    await writeFile(file, 'apiVersion: v1\nkind: Config\nclusters: [\n');
    await onScreen(world, { folder, kubeconfig: file }, async (screen) => {
      const { row } = screen;
      await screen.openView();
      await row(
        /^Cluster production, team-kubeconfig is not valid YAML.* · no context chosen/,
      ).waitFor();
      await screen.expand(/other context/);
      await screen.expand(/^Cluster team-kubeconfig/);
      await row(/^Cluster team-kubeconfig, team-kubeconfig is not valid YAML/).waitFor();
      await screen.expand(/^Cluster production/);
      await row(/^Application argocd\/shop-production, cluster production/).waitFor();
      await screen.shot('broken-kubeconfig');
      await checkQuiet(screen);

      // As a login program or another tool would: nothing is asked of the editor.
      await writeFile(file, MENDED);
      await row(/^Cluster production, not connected/).waitFor();
      check(
        (await screen.rows()).every((label) => !/not valid YAML/.test(label)),
        'it is mended',
      );
    });
  },
};

async function checkQuiet({ page }) {
  const toasts = await page
    .locator('.notifications-toasts .notification-list-item')
    .allInnerTexts();
  const ours = toasts.filter((text) => /plumbline|kubeconfig/i.test(text));
  check(ours.length === 0, `a notification: ${ours.join(' / ')}`);
}
