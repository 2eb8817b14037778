import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { check, copyOfSample, eventually, hoverUntil, onScreen } from './page.mjs';

const run = promisify(execFile);
const APP = 'flux-system/notifications';
const GROUP = 'kustomize.toolkit.fluxcd.io';
const PRUNE = `${GROUP}/prune`;
const [OLD, KEPT] = ['old-flags', 'kept-flags'];

/** The same question for Flux: its source and the object, followed until the controller is done. */
export const reconcile = {
  name: 'reconcile: rows and a question that name what is changed, pruned and kept, followed until Flux has done it',
  async run(world) {
    const folder = await copyOfSample(world);
    try {
      await takeFromGit(world.lab);
      await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, makeItSo);
      check(!(await isThere(world.lab, OLD)), 'the old object was not pruned');
      check(await isThere(world.lab, KEPT), 'the protected object was pruned');
    } finally {
      await putDriftBack(world.lab);
    }
  },
};

async function makeItSo(screen) {
  const { page, row, question } = screen;
  await screen.openView();
  await screen.expand(/^Cluster staging/);
  await row(/notifications, cluster staging, .*drifted/).waitFor();
  await screen.expand(/notifications, cluster staging/);
  await row(/^Deployment notifications-worker, .*Differs from Git/).waitFor();
  await row(/^ConfigMap old-flags, .*the next sync deletes it · not in Git/).waitFor();
  const kept = row(/^ConfigMap kept-flags, .*not in Git · stays/);
  const why = page
    .locator('.workbench-hover, .monaco-hover')
    .filter({ hasText: `${PRUNE} is disabled.` })
    .first();
  await hoverUntil(page, kept, why);
  await screen.shot('prunes');
  await screen.command('Plumbline: Reconcile…');
  await screen.pick(APP);
  await question.getByText(/Cluster: staging/).waitFor();
  const words = await question.innerText();
  check(words.includes(`Reconcile ${APP}`), `the question names the app: ${words}`);
  check(
    /Deployment (notifications\/)?notifications-worker/.test(words),
    `the question says what changes: ${words}`,
  );
  check(words.includes('spec.replicas: 4→2'), `the question names the field: ${words}`);
  check(/Will be deleted:\s+• ConfigMap notifications\/old-flags/.test(words), words);
  check(words.includes(`ConfigMap notifications/kept-flags (${PRUNE} is disabled)`), words);
  const toasts = await page.locator('.notifications-toasts').allInnerTexts();
  check(!toasts.join().includes('fetches and compares'), 'what was awaited is still on the screen');
  await screen.shot('reconcile');
  await question.getByRole('button', { name: 'Reconcile' }).click();
  await page
    .locator('.notifications-toasts')
    .getByText(new RegExp(`${APP} on staging: Applied revision`))
    .first()
    .waitFor();
  await eventually('the drift to go', async () => {
    const rows = await screen.rows();
    return (
      rows.some((label) => /notifications, cluster staging/.test(label)) &&
      !rows.some((label) => /^Deployment notifications-worker, .*Differs/.test(label))
    );
  });
  await screen.shot('reconciled');
}

/**
 * Two objects that the Kustomization has applied, by its inventory, and that Git does not have: one
 * of them says that it is not to be pruned.
 */
async function takeFromGit(lab) {
  const labels = { [`${GROUP}/name`]: 'notifications', [`${GROUP}/namespace`]: 'flux-system' };
  for (const [name, more] of [
    [OLD, {}],
    [KEPT, { [PRUNE]: 'disabled' }],
  ]) {
    const metadata = { name, namespace: 'notifications', labels: { ...labels, ...more } };
    const file = join(lab.dir, `${name}.json`);
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata }));
    await onStaging(lab, ['apply', '-f', file]);
  }
  const entries = [OLD, KEPT].map((name) => ({ id: `notifications_${name}__ConfigMap`, v: 'v1' }));
  const patch = entries.map((value) => ({ op: 'add', path: '/status/inventory/entries/-', value }));
  const what = ['kustomization', 'notifications', '-n', 'flux-system', '--subresource=status'];
  await onStaging(lab, ['patch', ...what, '--type=json', '--patch', JSON.stringify(patch)]);
}

async function isThere(lab, name) {
  const found = await onStaging(lab, ['get', 'configmap', '-n', 'notifications', '-o', 'name']);
  return found.split('\n').includes(`configmap/${name}`);
}

/** What the lab's seed did, so that the journeys can run again on the same lab. */
async function putDriftBack(lab) {
  const where = ['-n', 'notifications'];
  await onStaging(lab, ['scale', 'deployment/notifications-worker', '--replicas=4', ...where]);
  await onStaging(lab, ['delete', 'configmap', OLD, KEPT, '--ignore-not-found', ...where]);
}

async function onStaging({ tools, kubeconfig }, args) {
  const where = ['--kubeconfig', kubeconfig, '--context', 'staging'];
  return (await run(tools.kubectl, [...where, ...args])).stdout;
}
