import { check, clickUntil, copyOfSample, eventually, hoverUntil, onScreen } from './page.mjs';

/** The first question of the product, answered on the screen. */
export const drift = {
  name: 'drift: expand a cluster, see what drifted and who did it, open live ↔ Git',
  async run(world) {
    const folder = await copyOfSample(world);
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      const { page, row } = screen;
      await screen.openView();
      await row(/^Cluster production, not connected · \d+ apps/).waitFor();
      await screen.expand(/^Cluster production/);
      await row(/^Cluster production, \d+ drifted · Argo CD · \d+ apps$/).waitFor();
      await eventually('the drifted apps to come first', async () => {
        const apps = (await screen.rows()).filter((label) => /, cluster production,/.test(label));
        const firstCalm = apps.findIndex((label) => !/drifted/.test(label));
        const lastDrifted = apps.findLastIndex((label) => /drifted/.test(label));
        return lastDrifted >= 0 && lastDrifted < firstCalm;
      });

      await screen.expand(/shop-production, cluster production/);
      const scaled = row(/^Deployment shop-web, Differs from Git, replicas 3→5/);
      await scaled.waitFor();
      await row(/objects in sync/).waitFor();
      await page
        .getByRole('tab', { name: /Plumbline.*apps? drifted · 1 of 2 clusters connected/ })
        .first()
        .waitFor();

      const diff = page.getByRole('tab', {
        name: /Deployment shop-web: live ↔ Git \(production\)/,
      });
      await clickUntil(scaled, diff);
      await eventually('both sides of the diff', async () => {
        const texts = await page.locator('.monaco-diff-editor .view-lines').allInnerTexts();
        return (
          texts.some((text) => /replicas:\s5/.test(text)) &&
          texts.some((text) => /replicas:\s3/.test(text))
        );
      });
      const tooltip = page
        .locator('.workbench-hover, .monaco-hover')
        .filter({ hasText: 'spec.replicas' })
        .first();
      await hoverUntil(page, scaled, tooltip);
      check(/kubectl/.test(await tooltip.innerText()), 'the tooltip says who changed it');
      await screen.shot('drift');

      // The cursor is at the first difference: the replicas, which the values decide.
      await page.getByRole('button', { name: /^Ln 16, Col/ }).waitFor();
      await page.locator('.editor-actions').getByRole('button', { name: 'Open Source' }).click();
      await page.getByRole('tab', { name: /^values-prod\.yaml/ }).waitFor();
      await screen.expand(/^Cluster staging/);
      await row(/^Cluster staging, \d+ drifted · Argo CD, Flux · \d+ apps$/).waitFor();
      await screen.shot('clusters');
    });
  },
};
