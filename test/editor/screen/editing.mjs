import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { check, clickUntil, copyOfSample, eventually, hoverUntil, onScreen } from './page.mjs';

const VALUES = 'charts/shop/values-prod.yaml';

/** The second question: what does this save change? */
export const editing = {
  name: 'editing: a save shows in lens, marks, Changes and hover; a mistake in Problems',
  async run(world) {
    const folder = await copyOfSample(world);
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      const { page, row } = screen;
      await screen.openView();
      await screen.sideBar.getByText('Nothing differs from what the controllers follow').waitFor();
      await screen.openFile(VALUES);
      const lens = page.locator('.codelens-decoration');
      await lens.getByText('No object changes').waitFor();

      await screen.replace('memory: 768Mi', 'memory: 896Mi');
      await page.keyboard.press('Control+S');
      await lens.getByText('1 app · 1 object changes').waitFor();
      await row(/^charts\/shop\/values-prod\.yaml, 1 app · 1 object$/).waitFor();
      await screen.expand(/^App argocd\/shop-production, cluster production, 1 changed/);
      const text = await readFile(join(folder, VALUES), 'utf8');
      check(text.includes('896Mi'), 'the file is saved');

      const edited = page.locator('.view-line', { hasText: '896Mi' }).locator('span').last();
      // The editor lays a code block out a moment after the rest.
      const laidOut = page.locator('.monaco-tokenized-source', { hasText: 'working copy' });
      const all = page.locator('.monaco-hover', { hasText: 'Show all changes' });
      const hover = all.filter({ has: laidOut });
      await hoverUntil(page, edited, hover);
      check(/memory: 896Mi/.test(await hover.innerText()), 'the hover shows the field');
      await page.screenshot({ path: join(world.shots, 'edit.png') });

      await page.keyboard.press('Escape');
      const diff = /Deployment shop-web: target ↔ working copy \(production\)/;
      await clickUntil(
        row(/^Deployment shop-web, changed, memory 768Mi→896Mi, namespace shop$/),
        page.getByRole('tab', { name: diff }),
      );
      await screen.shot('change-diff');
      await makeMistake(screen);
    });
  },
};

async function makeMistake(screen) {
  const { page } = screen;
  await screen.openFile('deploy/status-page/deployment.yaml');
  await screen.replace('replicas: 2', 'replicaz: 2');
  await page.keyboard.press('Control+S');
  await eventually('a squiggle', async () => (await page.locator('.squiggly-error').count()) > 0);
  await screen.command('Problems: Focus on Problems View');
  await page
    .locator('.markers-panel')
    .getByText(/replicaz/)
    .first()
    .waitFor();
  await screen.shot('problems');
}
