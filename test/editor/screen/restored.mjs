import { copyOfSample, eventually, onScreen } from './page.mjs';

/**
 * In the page: whether the editor, which writes its state every few seconds and says nothing when it
 * did, has written that the rendered document is open.
 */
async function isStored() {
  const result = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db')) continue;
    const database = await result(indexedDB.open(name));
    const [store] = database.objectStoreNames;
    const state = database.transaction(store).objectStore(store);
    const parts = await result(state.get('memento/workbench.parts.editor'));
    database.close();
    if (String(parts).includes('plumbline-rendered')) return true;
  }
  return false;
}

/** A reload keeps the tabs, and computes them again. */
export const restored = {
  name: 'restored tabs: a rendered document is there again after a reload',
  async run(world) {
    const folder = await copyOfSample(world);
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      const { page } = screen;
      await screen.openView();
      await screen.openFile('deploy/status-page/deployment.yaml');
      await page.locator('.codelens-decoration').getByText('No object changes').waitFor();
      await screen.command('Plumbline: Show Rendered');
      const list = page.locator('.quick-input-list');
      await list.getByText('status-page').first().waitFor();
      await page.keyboard.press('Enter');
      const tab = page.getByRole('tab', { name: /status-page \(rendered\)/ });
      await tab.waitFor();
      await page.locator('.view-line', { hasText: 'kind:' }).first().waitFor();
      await tab.dblclick();
      await eventually('the tab to be in the stored state', () => page.evaluate(isStored));
      await page.reload();
      await tab.waitFor();
      await tab.click();
      await eventually(
        'the rendered text',
        async () =>
          (await page
            .locator('.view-line', { hasText: /kind:\s(Deployment|ConfigMap|Namespace)/ })
            .count()) > 0,
      );
    });
  },
};
