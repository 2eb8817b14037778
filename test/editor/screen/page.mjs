import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VIEWPORT } from '../browser.mjs';
import { startEditor } from '../editor.mjs';
import { createSample } from '../../lab/sample.mjs';
import { waitFor } from '../../lab/net.mjs';

const SIDE_BAR = '[id="workbench.parts.sidebar"]';
const QUICK_INPUT = '.quick-input-widget input[type="text"]';
const LONG_MS = 60_000;
const GLANCE_MS = 4_000;

/**
 * An editor with the package installed, open on a folder in a browser page.
 *
 * @typedef {object} Screen
 * @property {import('playwright-core').Page} page
 * @property {string} folder
 * @property {import('playwright-core').Locator} sideBar
 * @property {() => Promise<void>} openView  shows the container in the side bar
 * @property {(name: RegExp) => import('playwright-core').Locator} row  by its spoken label
 * @property {() => Promise<string[]>} rows  spoken labels of all rows on the screen
 * @property {(title: string) => Promise<void>} command  by the palette
 * @property {(path: string) => Promise<void>} openFile
 * @property {(name: string) => Promise<void>} shot
 * @property {(from: string, to: string) => Promise<void>} replace  in the focused editor
 */

/**
 * @param {object} world  what run.mjs hands over
 * @param {object} options
 * @param {string} [options.folder]
 * @param {string} [options.kubeconfig]
 * @param {boolean} [options.trusted]
 * @param {Record<string, unknown>} [options.settings]
 * @param {(screen: Screen) => Promise<void>} run
 */
export async function onScreen(world, options, run) {
  const { editor, browser, vsix } = world;
  const trust = options.trusted === false ? {} : { 'security.workspace.trust.enabled': false };
  const server = await startEditor({
    editor,
    vsix,
    settings: { ...trust, ...options.settings },
    env: { KUBECONFIG: options.kubeconfig ?? join(world.folder, 'no-kubeconfig') },
  });
  const context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' });
  const page = await context.newPage();
  try {
    await page.goto(options.folder === undefined ? server.origin : server.url(options.folder));
    await page.waitForSelector('.monaco-workbench', { timeout: LONG_MS });
    await run(screenOf(page, { ...world, folder: options.folder }));
  } catch (error) {
    await page.screenshot({ path: join(world.shots, `failed-${Date.now()}.png`) });
    throw new Error(`${error.message}\nThe log says:\n${await server.log()}`, { cause: error });
  } finally {
    await context.close();
    await server.stop();
  }
}

/** @returns {Screen} */
function screenOf(page, { folder, shots }) {
  const sideBar = page.locator(SIDE_BAR);
  const screen = {
    page,
    folder,
    sideBar,
    async openView() {
      await page
        .getByRole('tab', { name: /^Plumbline/ })
        .first()
        .click({ timeout: LONG_MS });
      await sideBar.getByText('Clusters', { exact: true }).first().waitFor({ timeout: LONG_MS });
    },
    row: (name) => sideBar.getByRole('treeitem', { name }).first(),
    async rows() {
      const labels = await sideBar
        .getByRole('treeitem')
        .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label') ?? ''));
      return labels;
    },
    async command(title) {
      const words = title.replace(/^Plumbline: /, '');
      const found = page.locator('.quick-input-list .monaco-list-row', { hasText: words }).first();
      // The list is made when the palette opens, and an extension's commands may come a moment later.
      await eventually(`the command ${title}`, async () => {
        await page.keyboard.press('F1');
        const input = page.locator(QUICK_INPUT).first();
        await input.waitFor();
        await input.fill(`>${title}`);
        const isThere = await appears(found, GLANCE_MS);
        if (!isThere) await page.keyboard.press('Escape');
        return isThere;
      });
      await found.click();
    },
    async openFile(path) {
      await page.keyboard.press('Control+P');
      const input = page.locator(QUICK_INPUT).first();
      await input.waitFor();
      await input.fill(path);
      const name = path.split('/').at(-1) ?? path;
      await page
        .locator('.quick-input-list .monaco-list-row', { hasText: name })
        .first()
        .waitFor({ timeout: LONG_MS });
      await page.keyboard.press('Enter');
      await page
        .getByRole('tab', { name: new RegExp(escape(name)) })
        .first()
        .waitFor();
      await page.locator('.monaco-editor .view-line').first().waitFor();
    },
    async shot(name) {
      await page.mouse.move(VIEWPORT.width - 5, VIEWPORT.height / 2);
      await page.screenshot({ path: join(shots, `${name}.png`) });
    },
    async replace(from, to) {
      await page.keyboard.press('Control+F');
      const find = page
        .locator('.find-widget.visible textarea, .find-widget.visible input')
        .first();
      await find.waitFor();
      await find.fill(from);
      await page.locator('.find-widget.visible .matchesCount', { hasText: /1 of/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await page.keyboard.insertText(to);
    },
  };
  return screen;
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function appears(locator, timeout) {
  return locator.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

/** Clicks as a person does: again, where the rows moved under the pointer. */
export async function clickUntil(row, outcome) {
  await eventually('the click to have its effect', async () => {
    await row.click();
    return appears(outcome, GLANCE_MS);
  });
}

/** A copy of the lab's repository, so that edits of one journey meet no other. */
export async function copyOfSample(world) {
  const folder = join(await mkdtemp(join(world.folder, 'copy-')), 'gitops');
  await cp(world.lab.sampleDir, folder, { recursive: true });
  return folder;
}

/** The sample as a repository of its own, followed by no lab. */
export async function freshSample(world) {
  const dir = join(await mkdtemp(join(world.folder, 'fresh-')), 'gitops');
  await createSample({ dir });
  return dir;
}

/** @param {string} file @param {string} from @param {string} to */
export async function editFile(file, from, to) {
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${from} is not in ${file}`);
  await writeFile(file, text.replace(from, to));
}

/** @param {string} what @param {() => Promise<boolean>} ask */
export async function eventually(what, ask) {
  await waitFor(what, ask, { timeoutMs: LONG_MS });
}

/** @param {unknown} value @param {string} message */
export function check(value, message) {
  if (!value) throw new Error(message);
}
