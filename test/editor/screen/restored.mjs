import { copyOfSample, eventually, onScreen } from './page.mjs';

const STATE_WRITTEN_MS = 8_000;

/** A reload keeps the tabs, and computes them again. */
export const restored = {
  name: 'restored tabs: a rendered document is there again after a reload',
  needsLab: true,
  async run(world) {
    const folder = await copyOfSample(world);
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      const { page } = screen;
      await screen.openView();
      await screen.openFile('deploy/status-page/deployment.yaml');
      await page
        .locator('.codelens-decoration')
        .getByText('No object changes')
        .waitFor({ timeout: 60_000 });
      await screen.command('Plumbline: Show Rendered');
      const list = page.locator('.quick-input-list');
      await list.getByText('status-page').first().waitFor();
      await page.keyboard.press('Enter');
      const tab = page.getByRole('tab', { name: /status-page \(rendered\)/ });
      await tab.waitFor();
      await page.locator('.view-line', { hasText: 'kind:' }).first().waitFor();
      await tab.dblclick();
      // The editor in a browser writes its state every few seconds, and says nothing when it did.
      await page.waitForTimeout(STATE_WRITTEN_MS);
      await page.reload();
      await tab.waitFor({ timeout: 60_000 });
      await tab.click();
      await eventually(
        'the rendered text',
        async () =>
          (await page
            .locator('.view-line', { hasText: /kind:\s(Deployment|ConfigMap|Namespace)/ })
            .count()) > 0,
      );
    });
  },
};
