import { join } from 'node:path';
import { clickUntil, copyOfSample, editFile, onScreen } from './page.mjs';

const THEMES = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'high-contrast': 'Default High Contrast',
};

/** The same picture in each kind of theme, for people to look at. */
export const themes = {
  name: 'themes: clusters, changes and a diff in dark, light and high contrast',
  needsLab: true,
  async run(world) {
    const folder = await copyOfSample(world);
    await editFile(join(folder, 'charts/shop/values-prod.yaml'), '768Mi', '896Mi');
    await editFile(
      join(folder, 'charts/shop/values-prod.yaml'),
      'maxMemory: 256mb',
      'maxMemory: 512mb',
    );
    for (const [name, theme] of Object.entries(THEMES)) {
      const settings = { 'workbench.colorTheme': theme };
      const options = { folder, kubeconfig: world.lab.kubeconfig, settings };
      await onScreen(world, options, (screen) => paint(screen, name));
    }
  },
};

async function paint(screen, name) {
  const { page, row } = screen;
  await screen.openView();
  await row(/^Cluster production/).click();
  await row(/shop-production, cluster production, .*drifted/).waitFor({ timeout: 60_000 });
  await row(/shop-production, cluster production/).click();
  const diff = page.getByRole('tab', { name: /Deployment shop-web: live ↔ Git/ });
  await clickUntil(row(/^Deployment shop-web, .*Differs from Git/), diff);
  await page
    .locator('.monaco-diff-editor .view-line', { hasText: /replicas/ })
    .first()
    .waitFor();
  await screen.shot(`theme-${name}`);
  await screen.openFile('charts/shop/values-prod.yaml');
  await page
    .locator('.codelens-decoration')
    .getByText(/1 app · \d objects? change/)
    .waitFor();
  await clickUntil(row(/^App argocd\/shop-production, cluster production/), row(/, shop, changed/));
  await screen.shot(`theme-${name}-edit`);
}
