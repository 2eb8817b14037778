import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, onScreen } from './page.mjs';

/** What an empty view says, where there is nothing to show. */
export const welcome = {
  name: 'welcome: no folder, and a folder without anything to deploy; no notification by itself',
  async run(world) {
    await onScreen(world, {}, async (screen) => {
      await screen.openView();
      await screen.sideBar.getByText(/Open a folder with Helm charts/).waitFor();
      await screen.sideBar.getByRole('button', { name: 'Open Folder' }).waitFor();
    });
    const folder = await mkdtemp(join(world.folder, 'plain-'));
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'src', 'notes.txt'), 'nothing here\n');
    await onScreen(world, { folder }, async (screen) => {
      await screen.openView();
      await screen.sideBar.getByText(/No kubeconfig with a context was found/).waitFor();
      const toasts = await screen.page
        .locator('.notifications-toasts .notification-list-item')
        .allInnerTexts();
      check(
        !toasts.some((text) => /plumbline/i.test(text)),
        `a notification: ${toasts.join(' / ')}`,
      );
    });
  },
};
