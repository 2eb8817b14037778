import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, clickUntil, copyOfSample, onScreen } from './page.mjs';

/** The file that `argocd login` writes. @param {string} folder @param {string} host @param {string} token */
async function writeLogin(folder, host, token) {
  const login = {
    contexts: [{ name: 'lab', server: host, user: host }],
    'current-context': 'lab',
    servers: [{ server: host, 'plain-text': true }],
    users: [{ name: host, 'auth-token': token }],
  };
  await writeFile(join(folder, 'config'), JSON.stringify(login), { mode: 0o600 });
}

/** No kubeconfig, and a login of `argocd` that is no good until the user has logged in again. */
export const argoOnly = {
  name: 'Argo CD alone: Sign In in a terminal, then tree, drift and diff with no login to Kubernetes',
  async run(world) {
    const folder = await copyOfSample(world);
    const login = await mkdtemp(join(world.folder, 'argocd-'));
    const { url, token } = world.lab.argocd;
    const { host } = new URL(url);
    await writeLogin(login, host, 'of-yesterday');
    const contexts = { production: { file: `argocd:${host}`, name: 'in-cluster' } };
    const options = {
      folder,
      settings: { 'plumbline.contexts': contexts },
      env: { ARGOCD_CONFIG_DIR: login },
    };
    await onScreen(world, options, async (screen) => {
      await signIn(screen, host);
      await writeLogin(login, host, token);
      await look(screen);
    });
  },
};

async function signIn(screen, host) {
  const { page, row } = screen;
  await screen.openView();
  await screen.expand(/^Cluster production/);
  const words = `argocd login ${host} --plaintext`;
  await row(/^Sign In…, cluster production, runs argocd login/).waitFor();
  await screen.shot('argo-sign-in');
  await clickUntil(
    row(/^Sign In…, cluster production/),
    page.locator('.terminal-wrapper.active .xterm').first(),
  );
  const label = await row(/^Sign In…, cluster production/).getAttribute('aria-label');
  check(label?.includes(words) === true, `the row says what is run: ${label}`);
  await page.getByText('Sign in to production').first().waitFor();
  await screen.shot('argo-terminal');
}

async function look(screen) {
  const { page, row } = screen;
  // Nobody asks: the new login is noticed.
  await row(/shop-production, cluster production, .*drifted/).waitFor();
  await screen.expand(/shop-production, cluster production/);
  const diff = page.getByRole('tab', { name: /Deployment shop-web: live ↔ Git \(production\)/ });
  await clickUntil(row(/^Deployment shop-web, .*Differs from Git/), diff);
  await page.locator('.view-line', { hasText: 'replicas: 5' }).first().waitFor();
  await screen.shot('argo-only');
}
