import { createServer } from 'node:net';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { check, editFile, eventually, freshSample, onScreen } from './page.mjs';

/** A server that only counts who comes. */
async function listen() {
  const visits = [];
  const server = createServer((socket) => {
    visits.push(Date.now());
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return { visits, port, close: () => new Promise((resolve) => server.close(resolve)) };
}

function kubeconfig(port) {
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    ...['production', 'staging'].flatMap((name) => [
      `- name: ${name}`,
      `  cluster: { server: "http://127.0.0.1:${port}" }`,
    ]),
    'users:',
    '- name: sam',
    '  user: { token: none }',
    'contexts:',
    ...['production', 'staging'].flatMap((name) => [
      `- name: ${name}`,
      `  context: { cluster: ${name}, user: sam }`,
    ]),
    'current-context: production',
    '',
  ].join('\n');
}

/** In Restricted Mode the local answers are there, and nobody is contacted until trust is given. */
export const canary = {
  name: 'Restricted Mode: edits are explained, no cluster is contacted; with trust it is, on expand only',
  async run(world) {
    const folder = await freshSample(world);
    const server = await listen();
    const file = join(world.folder, 'canary-kubeconfig');
    await writeFile(file, kubeconfig(server.port));
    const mapping = Object.fromEntries(
      ['production', 'staging'].map((name) => [name, { file, name }]),
    );
    const settings = {
      'security.workspace.trust.startupPrompt': 'never',
      'security.workspace.trust.untrustedFiles': 'open',
      'plumbline.contexts': mapping,
    };
    try {
      await onScreen(world, { folder, kubeconfig: file, trusted: false, settings }, (screen) =>
        look(screen, server),
      );
    } finally {
      await server.close();
    }
  },
};

async function look(screen, server) {
  const { page, row } = screen;
  await screen.openView();
  await row(/^Cluster production, not contacted in Restricted Mode/).waitFor();
  await screen.expand(/^Cluster production/);
  await row(/shop-production, cluster production/).waitFor();
  await editFile(join(screen.folder, 'charts/shop/values-prod.yaml'), '768Mi', '896Mi');
  await screen.openFile('charts/shop/values-prod.yaml');
  await page.locator('.codelens-decoration').getByText('1 app · 1 object changes').waitFor();
  await row(/^App argocd\/shop-production, cluster production, 1 changed$/).waitFor();
  await screen.shot('restricted');
  check(server.visits.length === 0, 'a cluster was contacted in Restricted Mode');

  await screen.command('Workspaces: Manage Workspace Trust');
  await page
    .getByRole('button', { name: /^Trust\b/ })
    .or(page.locator('.workspace-trust-buttons a', { hasText: 'Trust' }))
    .first()
    .click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await row(/^Cluster staging, not connected/).waitFor();
  check(server.visits.length === 0, 'trust alone contacted a cluster');
  await screen.expand(/^Cluster staging/);
  await eventually('the cluster to be contacted', async () => server.visits.length > 0);
  await row(/^Cluster staging, (?!not connected|connecting)/).waitFor();
}
