import { copyOfSample, eventually, onScreen, pressUntil, soon } from './page.mjs';

/** Everything that the mouse does, without one. */
export const keyboard = {
  name: 'keyboard alone: focus the view, expand, open the diff, walk its changes, act from the palette',
  async run(world) {
    const folder = await copyOfSample(world);
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      const { page, row } = screen;
      await screen.command('Plumbline: Focus on Clusters View');
      await row(/^Cluster production, not connected/).waitFor();
      // The first command woke the extension; now there are rows that can have the focus.
      await screen.command('Plumbline: Focus on Clusters View');
      await walkTo(screen, /^Cluster production/);
      await page.keyboard.press('ArrowRight');
      await row(/^Cluster production, .*Argo CD/).waitFor();
      await row(/, cluster production, .*drifted/).waitFor();
      await walkTo(screen, /shop-production, cluster production/);
      await page.keyboard.press('ArrowRight');
      await row(/^Deployment shop-web, .*Differs from Git/).waitFor();
      await walkTo(screen, /^Deployment shop-web, .*Differs from Git/);
      await page.keyboard.press('Enter');
      await page.getByRole('tab', { name: /Deployment shop-web: live ↔ Git/ }).waitFor();
      await screen.command('View: Focus Active Editor Group');
      const viewer = page
        .locator('.diff-review, .accessible-diff-viewer, [class*="accessibleDiffViewer"]')
        .first();
      // A key that comes before the diff is computed does nothing.
      await pressUntil(page, 'F7', viewer);
      await page.keyboard.press('Escape');

      await screen.command('Plumbline: Show Diff');
      const list = page.locator('.quick-input-list');
      await list.getByText('shop-production').first().waitFor();
      await page.keyboard.press('Escape');
    });
  },
};

/** Down, until the focused row is the one; from the top again, where the rows moved meanwhile. */
async function walkTo(screen, name) {
  const focused = () =>
    screen.sideBar
      .locator('.monaco-list-row.focused')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label') ?? ''));
  await eventually(`the focus on ${name}`, async () => {
    const before = await focused();
    if (before.some((label) => name.test(label))) return true;
    await screen.page.keyboard.press('ArrowDown');
    // The next key only when this one has had its effect.
    const hasMoved = await soon(async () => (await focused()).join() !== before.join());
    if (!hasMoved) await screen.page.keyboard.press('Home');
    return false;
  });
}
