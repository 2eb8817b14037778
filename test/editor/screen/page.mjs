import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VIEWPORT } from '../browser.mjs';
import { startEditor } from '../editor.mjs';
import { createSample } from '../../lab/sample.mjs';
import { waitFor } from '../../lab/net.mjs';

const SIDE_BAR = '[id="workbench.parts.sidebar"]';
const QUICK_ROW = '.quick-input-list .monaco-list-row';
const QUICK_ANSWER = '.quick-input-widget .quick-input-box input';
const QUICK_INPUT = '.quick-input-widget input[type="text"]';
/** How long anything may take that is not named otherwise: a busy machine is no failure. */
const LONG_MS = 300_000;
/** How long a person waits before trying again. */
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
 * @property {(name: RegExp) => Promise<void>} expand
 * @property {() => Promise<string[]>} rows  spoken labels of all rows on the screen
 * @property {(title: string) => Promise<void>} command  by the palette
 * @property {(words: string) => Promise<void>} pick  a row of the list that asks
 * @property {(text: string) => Promise<void>} answer  in the box that asks
 * @property {(path: string) => Promise<void>} openFile  shown and focused
 * @property {(name: string) => Promise<void>} shot
 * @property {(from: string, to: string) => Promise<void>} replace  in the focused editor
 * @property {(settings: Record<string, unknown>) => Promise<void>} configure
 * @property {import('playwright-core').Locator} question  the modal dialog
 */

/**
 * @param {object} world  what run.mjs hands over
 * @param {object} options
 * @param {string} [options.folder]
 * @param {string} [options.workspace]  a `.code-workspace` file, in place of a folder
 * @param {string} [options.kubeconfig]  a file; `none` for a home without any; one that is not there
 *   by default
 * @param {boolean} [options.trusted]
 * @param {Record<string, unknown>} [options.settings]
 * @param {Record<string, string>} [options.env]
 * @param {(screen: Screen) => Promise<void>} run
 */
export async function onScreen(world, options, run) {
  const { editor, browser, extensions } = world;
  const trust = options.trusted === false ? {} : { 'security.workspace.trust.enabled': false };
  const server = await startEditor({
    editor,
    extensions,
    settings: { ...trust, ...options.settings },
    env: {
      ...(options.kubeconfig === 'none'
        ? { HOME: await mkdtemp(join(world.folder, 'home-')) }
        : { KUBECONFIG: options.kubeconfig ?? join(world.folder, 'no-kubeconfig') }),
      ...options.env,
    },
  });
  const context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' });
  context.setDefaultTimeout(LONG_MS);
  const page = await context.newPage();
  try {
    const opened = options.folder ?? options.workspace;
    await page.goto(opened === undefined ? server.origin : server.url(opened));
    await page.waitForSelector('.monaco-workbench');
    await run(screenOf(page, { ...world, folder: options.folder, configure: server.configure }));
  } catch (error) {
    await page.screenshot({ path: join(world.shots, `failed-${randomUUID()}.png`) });
    throw new Error(`${error.message}\nThe log says:\n${await server.log()}`, { cause: error });
  } finally {
    await context.close();
    await server.stop();
  }
}

/** @returns {Screen} */
function screenOf(page, { folder, shots, configure }) {
  const sideBar = page.locator(SIDE_BAR);
  const screen = {
    page,
    folder,
    sideBar,
    configure,
    question: page.locator('.monaco-dialog-box'),
    async openView() {
      await page
        .getByRole('tab', { name: /^Plumbline/ })
        .first()
        .click();
      await sideBar.getByText('Clusters', { exact: true }).first().waitFor();
    },
    async expand(name) {
      const open = sideBar.getByRole('treeitem', { name, expanded: true }).first();
      // Rows move while clusters answer, so that a click may meet another one; never a second click
      // on a row that has opened.
      await eventually(`${name} to open`, async () => {
        if (await open.isVisible()) return true;
        await screen.row(name).click();
        return appears(open, GLANCE_MS);
      });
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
      const found = page.locator(QUICK_ROW, { hasText: words }).first();
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
    async pick(words) {
      await page.locator(QUICK_ROW, { hasText: words }).first().click();
    },
    async answer(text) {
      const input = page.locator(QUICK_ANSWER).first();
      await input.fill(text);
      await input.press('Enter');
    },
    async openFile(path) {
      const name = path.split('/').at(-1) ?? path;
      const parent = path.split('/').slice(0, -1).join('/');
      await page.keyboard.press('Control+P');
      const input = page.locator(QUICK_INPUT).first();
      await input.waitFor();
      await input.fill(path);
      const found = page.locator(QUICK_ROW, { hasText: name });
      await (parent === '' ? found : found.filter({ hasText: parent })).first().click();
      await page
        .locator(`.monaco-editor.focused[data-uri$="/${path}"] .view-line`)
        .first()
        .waitFor();
    },
    async shot(name) {
      await page.mouse.move(VIEWPORT.width - 5, VIEWPORT.height / 2);
      await page.screenshot({ path: join(shots, `${name}.png`) });
    },
    async replace(from, to) {
      await page.keyboard.press('Control+F');
      const widget = page.locator('.find-widget.visible');
      const find = widget.locator('textarea, input').first();
      await find.waitFor();
      await find.fill(from);
      await widget.locator('.matchesCount', { hasText: /1 of/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await widget.waitFor({ state: 'detached' });
      await page.keyboard.insertText(to);
      await page.locator('.monaco-editor.focused .view-line', { hasText: to }).first().waitFor();
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

/**
 * Clicks as a person does: again, where the rows moved under the pointer. Only for clicks that may
 * come twice.
 */
export async function clickUntil(row, outcome) {
  await eventually('the click to have its effect', async () => {
    await row.click();
    return appears(outcome, GLANCE_MS);
  });
}

/** Presses a key again, where nobody listened yet. Only for keys that may come twice. */
export async function pressUntil(page, key, outcome) {
  await eventually(`${key} to have its effect`, async () => {
    await page.keyboard.press(key);
    return appears(outcome, GLANCE_MS);
  });
}

/** Rests the pointer on something until its hover shows; again, where the text moved below it. */
export async function hoverUntil(page, target, hover) {
  await eventually('the hover', async () => {
    await page.mouse.move(VIEWPORT.width - 5, VIEWPORT.height - 5);
    await target.hover();
    return appears(hover, 2 * GLANCE_MS);
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

/** Whether it comes to be within a moment. @param {() => Promise<boolean>} ask */
export async function soon(ask) {
  return waitFor('it', ask, { timeoutMs: GLANCE_MS }).catch(() => false);
}

/** @param {unknown} value @param {string} message */
export function check(value, message) {
  if (!value) throw new Error(message);
}
