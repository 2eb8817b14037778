import { readFile } from 'node:fs/promises';
import { check, copyOfSample, editFile, onScreen } from './page.mjs';
import { join } from 'node:path';

/** Rules about the page that the editor itself is answerable for. */
const OF_THE_EDITOR = [
  'region',
  'landmark-one-main',
  'page-has-heading-one',
  'scrollable-region-focusable',
  // Trees speak what the extension gives them, which says more than the text; ticks are reached by
  // the space key on their row.
  'label-content-name-mismatch',
  'tabindex',
];

/** The accessibility checker over our views, with rows of every kind on the screen. */
export const axe = {
  name: 'accessibility: the checker finds nothing in the views, and every row has a spoken label',
  async run(world) {
    const folder = await copyOfSample(world);
    await editFile(join(folder, 'charts/shop/values-prod.yaml'), '768Mi', '896Mi');
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      const { page, row } = screen;
      await screen.openView();
      await screen.expand(/^Cluster production/);
      await row(/shop-production, cluster production, .*drifted/).waitFor();
      await screen.expand(/shop-production, cluster production/);
      await row(/^Deployment shop-web, .*Differs from Git/).waitFor();
      await row(/values-prod/).waitFor();
      await page.mouse.move(900, 600);
      const silent = (await screen.rows()).filter((label) => label.trim() === '');
      check(silent.length === 0, `${silent.length} rows have no label`);

      await page.evaluate(await readFile(world.editor.axe, 'utf8'));
      const violations = await page.evaluate(async (ignored) => {
        const rules = Object.fromEntries(ignored.map((id) => [id, { enabled: false }]));
        const views = [...document.querySelectorAll('[id="workbench.parts.sidebar"] .pane-body')];
        const result = await globalThis.axe.run({ include: views }, { rules });
        return result.violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
        );
      }, OF_THE_EDITOR);
      check(violations.length === 0, violations.join('\n'));
    });
  },
};
