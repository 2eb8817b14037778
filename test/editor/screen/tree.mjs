import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { clickUntil, copyOfSample, eventually, hoverUntil, onScreen } from './page.mjs';

const run = promisify(execFile);

/** As wide as the activity bar and a side bar that leaves room for a diff. */
const NARROW = { activityBarPx: 48, sideBarPx: 260 };

const THEMES = {
  dark: { theme: 'Default Dark Modern', kind: 'vs-dark' },
  light: { theme: 'Default Light Modern', kind: 'vs' },
  'high-contrast': { theme: 'Default High Contrast', kind: 'hc-black' },
};

/** The tree as it is used where there are many apps, and in little room. */
export const tree = {
  name: 'tree: what is left behind, filter, clear, group by namespace, who stands beside the line, and 260 pixels are enough',
  async run(world) {
    const folder = await copyOfSample(world);
    await leaveBehind(world.lab);
    try {
      await lookAround(world, folder);
    } finally {
      await takeAway(world.lab);
    }
  },
};

async function lookAround(world, folder) {
  await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
    const { page, row, sideBar } = screen;
    await screen.openView();
    await screen.expand(/^Cluster production/);
    await row(/^Cluster production, \d+ drifted/).waitFor();
    await row(/^Application argocd\/platform, cluster production/).waitFor();
    await seeLeftBehind(screen);

    await screen.command('Plumbline: Filter Apps…');
    await screen.pick('Drifted');
    await sideBar.getByText(/^Filtered: state:drifted · \d+ of \d+ apps$/).waitFor();
    await eventually('apps in sync to go', async () =>
      (await screen.rows()).every((label) => !/argocd\/platform/.test(label)),
    );
    await row(/shop-production, cluster production/).waitFor();
    await screen.command('Plumbline: Clear Filter');
    await row(/^Application argocd\/platform, cluster production/).waitFor();
    await sideBar.getByText(/^Filtered:/).waitFor({ state: 'hidden' });

    await screen.command('Plumbline: Group Apps…');
    await screen.pick('Where the objects of an app go');
    await row(/^Namespace shop, /).waitFor();
    await screen.expand(/^Namespace shop, /);
    await row(/shop-production, cluster production, /).waitFor();
    await screen.shot('tree-by-namespace');
    await screen.command('Plumbline: Group Apps…');
    await screen.pick('Each cluster with the apps that go to it');
    await row(/^Cluster production, \d+ drifted/).waitFor();

    await narrow(page);
    await screen.expand(/^Cluster production/);
    await screen.expand(/shop-production, cluster production/);
    const scaled = row(/^Deployment shop-web, Differs from Git, replicas 3→5/);
    await clickUntil(scaled, page.getByRole('tab', { name: /Deployment shop-web: live ↔ Git/ }));
    await eventually('who set the replicas, beside the line', async () => {
      const notes = await page.evaluate(() =>
        [...document.querySelectorAll('.monaco-diff-editor .view-line span')].map(
          (span) => getComputedStyle(span, '::after').content,
        ),
      );
      return notes.some((note) => /kubectl scale.* the next sync reverts it/.test(note));
    });
    for (const [name, { theme, kind }] of Object.entries(THEMES)) {
      await screen.configure({ 'workbench.colorTheme': theme });
      await page.locator(`.monaco-workbench.${kind}`).waitFor();
      await screen.shot(`tree-narrow-${name}`);
    }
  });
}

/** Drags the edge of the side bar. */
async function narrow(page) {
  const box = await page.locator('[id="workbench.parts.sidebar"]').boundingBox();
  if (box === null) throw new Error('there is no side bar');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width, y);
  await page.mouse.down();
  await page.mouse.move(NARROW.activityBarPx + NARROW.sideBarPx, y, { steps: 8 });
  await page.mouse.up();
}

const LEFT = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'guestbook-flags',
    namespace: 'shop',
    annotations: {
      'argocd.argoproj.io/tracking-id': 'guestbook:/ConfigMap:shop/guestbook-flags',
    },
  },
  data: { GREETING: 'still here' },
};

/** As an Application leaves it that was deleted without its objects. */
async function leaveBehind(lab) {
  const file = `${lab.dir}/left-behind.json`;
  await writeFile(file, JSON.stringify(LEFT));
  await kubectl(lab, ['apply', '-f', file]);
}

async function takeAway(lab) {
  await kubectl(lab, [
    'delete',
    'configmap',
    LEFT.metadata.name,
    '-n',
    'shop',
    '--ignore-not-found',
  ]);
}

async function kubectl({ tools, kubeconfig }, args) {
  await run(tools.kubectl, ['--kubeconfig', kubeconfig, '--context', 'production', ...args]);
}

async function seeLeftBehind({ page, row, expand, shot }) {
  await row(/^\d+ objects? left behind, nothing here prunes them/).waitFor();
  await expand(/^\d+ objects? left behind/);
  await expand(/^Application guestbook, gone, 1 object left behind/);
  const left = row(/^ConfigMap guestbook-flags, left behind, namespace shop/);
  await clickUntil(
    left,
    page.getByRole('tab', { name: /ConfigMap guestbook-flags \(live, production\)/ }),
  );
  await page.locator('.monaco-editor .view-line', { hasText: 'still here' }).first().waitFor();
  const why = page
    .locator('.workbench-hover, .monaco-hover')
    .filter({ hasText: 'belongs to the Application guestbook, which this cluster does not have' })
    .first();
  await hoverUntil(page, left, why);
  await shot('left-behind');
}
