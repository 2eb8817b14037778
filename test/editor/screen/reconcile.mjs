import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { check, copyOfSample, eventually, onScreen } from './page.mjs';

const run = promisify(execFile);
const APP = 'flux-system/notifications';

/** The same question for Flux: its source and the object, followed until the controller is done. */
export const reconcile = {
  name: 'reconcile: a question that names cluster and app, followed until Flux has taken the drift back',
  async run(world) {
    const folder = await copyOfSample(world);
    try {
      await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, makeItSo);
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

/** What the lab's seed did, so that the journeys can run again on the same lab. */
async function putDriftBack({ tools, kubeconfig }) {
  const where = ['--kubeconfig', kubeconfig, '--context', 'staging', '-n', 'notifications'];
  await run(tools.kubectl, [...where, 'scale', 'deployment/notifications-worker', '--replicas=4']);
}
