import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { check, copyOfSample, editFile, onScreen } from './page.mjs';

const run = promisify(execFile);
const UNTICKED = 'deploy/status-page/deployment.yaml';
const TITLE = 'Give the shop more memory';

/** From an edit to a pull request on the lab's Gitea, with the working tree as it was. */
export const pullRequest = {
  name: 'pull request: from the ticked file to an open request, nothing else touched',
  async run(world) {
    const folder = await copyOfSample(world);
    await editFile(join(folder, 'charts/shop/values-prod.yaml'), '768Mi', '832Mi');
    await editFile(join(folder, UNTICKED), 'replicas: 2', 'replicas: 3');
    await editFile(join(folder, 'README.md'), '\n', '\nnot for the pull request\n');
    const before = await stateOf(folder);
    await onScreen(world, { folder, kubeconfig: world.lab.kubeconfig }, async (screen) => {
      await screen.openView();
      await screen.row(/^charts\/shop\/values-prod\.yaml, 1 app/).waitFor();
      await untick(screen.row(/^deploy\/status-page\/deployment\.yaml, 1 app/));
      await screen.shot('ticks');
      await create(screen, world.lab.gitea);
    });
    check((await stateOf(folder)) === before, 'HEAD, index and files are as they were');
    await checkRequest(world.lab.gitea);
  },
};

async function untick(row) {
  const box = row.getByRole('checkbox');
  await box.click();
  await row.getByRole('checkbox', { checked: false }).waitFor();
}

async function create(screen, gitea) {
  const { page } = screen;
  await screen.command('Plumbline: Create Pull Request…');
  await page.locator('.quick-input-widget').getByText('Create Pull Request (1/3)').waitFor();
  const picks = page.locator('.quick-input-list');
  await picks.getByText('charts/shop/values-prod.yaml').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.quick-input-widget').getByText('Create Pull Request (2/3)').waitFor();
  await screen.answer(TITLE);
  await page.locator('.quick-input-widget').getByText('Create Pull Request (3/3)').waitFor();
  await screen.answer(`more-memory-${randomUUID().slice(0, 8)}`);
  const { question: dialog } = screen;
  await dialog.getByText(/charts\/shop\/values-prod\.yaml/).waitFor();
  const words = await dialog.innerText();
  check(!/README\.md|status-page/.test(words), `an unticked file is in the question: ${words}`);
  await screen.shot('pull-request');
  await dialog.getByRole('button', { name: 'Create Pull Request' }).click();
  await page
    .locator('.quick-input-widget')
    .getByText(/Access token for/)
    .waitFor();
  await screen.answer(gitea.token);
  await page
    .locator('.notifications-toasts')
    .getByText(/Pull request #\d+ is open/)
    .waitFor();
}

async function stateOf(folder) {
  const git = async (...args) => (await run('git', ['-C', folder, ...args])).stdout;
  return [
    await git('rev-parse', 'HEAD'),
    await git('symbolic-ref', 'HEAD'),
    await git('status', '--porcelain'),
    await git('diff'),
  ].join('\n');
}

async function checkRequest({ url, token }) {
  const answer = await fetch(`${url}/api/v1/repos/acme/gitops/pulls?state=open`, {
    headers: { Authorization: `token ${token}` },
  });
  const requests = await answer.json();
  const ours = requests.find(({ title }) => title === TITLE);
  check(
    ours !== undefined,
    `no request of that title among ${requests.map(({ title }) => title).join(', ')}`,
  );
  const files = await (
    await fetch(`${url}/api/v1/repos/acme/gitops/pulls/${ours.number}/files`, {
      headers: { Authorization: `token ${token}` },
    })
  ).json();
  check(
    files.length === 1 && files[0].filename === 'charts/shop/values-prod.yaml',
    `files: ${files.map(({ filename }) => filename).join(', ')}`,
  );
  check(/832Mi/.test(ours.body), 'the body shows what changes');
}
