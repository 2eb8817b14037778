import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, clickUntil, eventually, freshSample, onScreen } from './page.mjs';

const KUBECONFIG = 'ops/kubeconfig.yaml';

/** A program that says that it ran, and logs in. @param {string} folder @param {string} name */
async function writeProgram(folder, name) {
  const file = join(folder, name);
  const answer = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'of-nobody' },
  };
  await writeFile(file, `#!/bin/sh\necho ${name} >> "$0.ran"\necho '${JSON.stringify(answer)}'\n`);
  await chmod(file, 0o755);
  return file;
}

/** @param {string} command */
function kubeconfigWith(command) {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    interactiveMode: 'Never',
    command,
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'production', cluster: { server: 'https://127.0.0.1:9' } }],
    users: [{ name: 'sam', user: { exec } }],
    contexts: [{ name: 'production', context: { cluster: 'production', user: 'sam' } }],
  });
}

/** A kubeconfig of the repository may name any program: it runs after a yes to these very bytes. */
export const loginProgram = {
  name: 'login program of the workspace: no process before a yes, and another yes after any change',
  async run(world) {
    const folder = await freshSample(world);
    await mkdir(join(folder, 'ops'));
    const programs = await mkdtemp(join(world.folder, 'programs-'));
    const first = await writeProgram(programs, 'login');
    const second = await writeProgram(programs, 'other-login');
    const file = join(folder, KUBECONFIG);
    await writeFile(file, kubeconfigWith(first));
    const contexts = { production: { file, name: 'production' } };
    const settings = { 'plumbline.contexts': contexts };
    await onScreen(world, { folder, kubeconfig: file, settings }, async (screen) => {
      await screen.openView();
      await screen.row(/^Cluster production, not connected/).waitFor();
      await refuse(screen, first);
      await connect(screen, first);
      await writeFile(file, kubeconfigWith(second));
      await connect(screen, second);
      await ofRepository(screen, folder, file);
    });
  },
};

/** The program is in the repository, too: both are named, and a change of it alone asks again. */
async function ofRepository(screen, folder, file) {
  const { row, question } = screen;
  const program = await writeProgram(join(folder, 'ops'), 'login');
  await writeFile(file, kubeconfigWith('./login'));
  await clickUntil(row(/^Cluster production/), row(/^Allow Login…/));
  await screen.shot('login-program-allow-row');
  await clickUntil(row(/^Allow Login…/), question.getByText('ops/login').first());
  const words = await question.innerText();
  check(words.includes(KUBECONFIG), `the question names the kubeconfig: ${words}`);
  check(!(await hasRun(program)), 'the program ran before the answer');
  await screen.shot('login-program-of-repository');
  await question.getByRole('button', { name: 'Allow' }).click();
  await eventually('the program of the repository to run', () => hasRun(program));
  await writeFile(program, `${await readFile(program, 'utf8')}# changed\n`);
  await rm(`${program}.ran`);
  await ask(screen, 'ops/login');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  check(!(await hasRun(program)), 'the changed program ran after a no');
}

async function refuse(screen, program) {
  const { question, row } = screen;
  // The row opens and closes again: what it names stands for it.
  await clickUntil(row(/^Cluster production/), row(/^Allow Login…, cluster production/));
  check(!(await hasRun(program)), 'the program ran without a question');
  await screen.shot('login-program-row');
  await ask(screen, program);
  await screen.shot('login-program');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  check(!(await hasRun(program)), 'the program ran after a no');
}

async function connect(screen, program) {
  await ask(screen, program);
  await screen.question.getByRole('button', { name: 'Allow' }).click();
  await eventually('the program to run', () => hasRun(program));
  // Nothing listens at that address.
  await screen.row(/^Cluster production, (?!connecting)(?!.*consent)/).waitFor();
}

async function ask(screen, program) {
  const { question } = screen;
  await screen.command('Plumbline: Connect Cluster…');
  await screen.pick('production');
  await question.getByText(KUBECONFIG).first().waitFor();
  const words = await question.innerText();
  check(words.includes(program), `the question names the program: ${words}`);
  check(!(await hasRun(program)), 'the program ran before the answer');
}

async function hasRun(program) {
  return readFile(`${program}.ran`).then(
    () => true,
    () => false,
  );
}
