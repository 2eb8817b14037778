import { join } from 'node:path';
import { checkAccessibility } from './axe.mjs';
import { clickUntil, copyOfSample, editFile, onScreen } from './page.mjs';

const THEMES = {
  dark: { theme: 'Default Dark Modern', kind: 'vs-dark' },
  light: { theme: 'Default Light Modern', kind: 'vs' },
  'high-contrast': { theme: 'Default High Contrast', kind: 'hc-black' },
};

/** The same picture in each kind of theme, for people to look at and for the accessibility checker. */
export const themes = {
  name: 'themes: clusters, changes and a diff in dark, light and high contrast, nothing inaccessible in any',
  async run(world) {
    const folder = await copyOfSample(world);
    await editFile(join(folder, 'charts/shop/values-prod.yaml'), '768Mi', '896Mi');
    await editFile(
      join(folder, 'charts/shop/values-prod.yaml'),
      'maxMemory: 256mb',
      'maxMemory: 512mb',
    );
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      await screen.openView();
      await screen.expand(/^Cluster production/);
      await screen.row(/shop-production, cluster production, .*drifted/).waitFor();
      await screen.expand(/shop-production, cluster production/);
      await screen.row(/^Deployment shop-web, .*Differs from Git/).waitFor();
      await screen.row(/values-prod/).waitFor();
      for (const [name, { theme, kind }] of Object.entries(THEMES)) {
        await screen.configure({ 'workbench.colorTheme': theme });
        await screen.page.locator(`.monaco-workbench.${kind}`).waitFor();
        await checkAccessibility(screen, world.editor);
        await paint(screen, name);
      }
    });
  },
};

async function paint(screen, name) {
  const { page, row } = screen;
  const diff = page.getByRole('tab', { name: /Deployment shop-web: live ↔ Git/, selected: true });
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
  await screen.expand(/^App argocd\/shop-production, cluster production/);
  await screen.shot(`theme-${name}-edit`);
}
