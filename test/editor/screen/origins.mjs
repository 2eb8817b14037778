import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { check, eventually, hoverUntil, onScreen } from './page.mjs';

const REMOTE = 'https://git.acme.example/acme/gitops.git';

function application(name, source, namespace) {
  return [
    'apiVersion: argoproj.io/v1alpha1',
    'kind: Application',
    `metadata: {name: ${name}, namespace: argocd}`,
    'spec:',
    '  project: default',
    `  source: {repoURL: ${REMOTE}, targetRevision: HEAD, ${source}}`,
    `  destination: {server: 'https://kubernetes.default.svc', namespace: ${namespace}}`,
    '',
  ].join('\n');
}

const FILES = {
  'root.yaml': application('root', 'path: apps', 'argocd'),
  'plugin.yaml': application('planned', 'path: shop, plugin: {name: own}', 'shop'),
  'apps/Chart.yaml': '{apiVersion: v2, name: apps, version: 1.0.0}\n',
  'apps/values.yaml': 'replicas: 3\n',
  'apps/templates/shop.yaml': application(
    'shop',
    'path: shop, helm: {valuesObject: {replicas: {{ .Values.replicas }}}}',
    'shop',
  ),
  'shop/Chart.yaml': '{apiVersion: v2, name: shop, version: 1.0.0}\n',
  'shop/values.yaml': 'replicas: 1\n',
  'shop/templates/web.yaml': [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: {name: web}',
    'spec:',
    '  replicas: {{ .Values.replicas }}',
    '  selector: {matchLabels: {app: web}}',
    '  template:',
    '    metadata: {labels: {app: web}}',
    "    spec: {containers: [{name: web, image: 'nginx:1.27'}]}",
    '',
  ].join('\n'),
};

async function repository(world) {
  const folder = await mkdtemp(join(world.folder, 'nested-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@acme.example', ...args], {
      cwd: folder,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', REMOTE);
  git('add', '-A');
  git('commit', '-q', '-m', 'apps');
  return folder;
}

/** An app that a chart makes: where it hangs, and which line of that chart decides a field of its. */
export const origins = {
  name: 'origins: an app of an app in the trees; a rendered line leads to the chart above; a plugin says so',
  async run(world) {
    const folder = await repository(world);
    await onScreen(world, { folder }, async (screen) => {
      const { page, row } = screen;
      await screen.openView();
      await screen.expand(/^3 apps without a cluster/);
      await screen.expand(/^Application argocd\/root/);
      await screen.expand(/^Renders, 1 app/);
      await row(/^argocd\/shop, apps\/templates\/shop\.yaml/).waitFor();
      await screen.sideBar
        .getByRole('button', { name: /^Repository/ })
        .first()
        .click();
      await screen.expand(/^Applications, 3/);
      await row(/^argocd\/shop, in argocd\/root · apps\/templates\/shop\.yaml/).waitFor();
      await row(/^argocd\/planned, plugin\.yaml · .*config management plugin/).waitFor();
      await screen.shot('nested-apps');

      await screen.openFile('shop/values.yaml');
      await screen.command('Plumbline: Show Rendered');
      await screen.pick('argocd/shop');
      const rendered = page.locator('.monaco-editor[data-uri^="plumbline-rendered:"]').first();
      const line = rendered.locator('.view-line', { hasText: 'replicas: 3' });
      await line.waitFor();
      const hover = page.locator('.monaco-hover', { hasText: 'spec.replicas' });
      await hoverUntil(page, line.locator('span').last(), hover);
      const text = await hover.innerText();
      check(
        /apps\/values\.yaml:1\b/.test(text.replaceAll('\u00a0', ' ')),
        `the hover says: ${text}`,
      );
      await page.screenshot({ path: join(world.shots, 'origin-hover.png') });
      await page.keyboard.press('Escape');

      await line.locator('span').last().click();
      await screen.command('Plumbline: Open Source');
      await eventually('the values of the chart above', async () => {
        const editor = page.locator('.monaco-editor[data-uri$="/apps/values.yaml"]');
        return (await editor.count()) > 0;
      });
      await screen.shot('origin-source');
    });
  },
};
