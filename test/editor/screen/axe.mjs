import { readFile } from 'node:fs/promises';
import { check } from './page.mjs';

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

/** The accessibility checker finds nothing in the views as they are now, and every row has a spoken label. */
export async function checkAccessibility({ page, rows }, { axe }) {
  await page.mouse.move(900, 600);
  const silent = (await rows()).filter((label) => label.trim() === '');
  check(silent.length === 0, `${silent.length} rows have no label`);

  await page.evaluate(await readFile(axe, 'utf8'));
  const violations = await page.evaluate(async (ignored) => {
    const rules = Object.fromEntries(ignored.map((id) => [id, { enabled: false }]));
    const views = [...document.querySelectorAll('[id="workbench.parts.sidebar"] .pane-body')];
    const result = await globalThis.axe.run({ include: views }, { rules });
    return result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    );
  }, OF_THE_EDITOR);
  check(violations.length === 0, violations.join('\n'));
}
