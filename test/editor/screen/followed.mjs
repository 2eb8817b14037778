import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FaultProxy } from '../../lab/faultProxy.mjs';
import { check, clickUntil, copyOfSample, eventually, hoverUntil, onScreen } from './page.mjs';

const run = promisify(execFile);

/** An open cluster is followed: what the lab's people and controllers do shows by itself. */
export const followed = {
  name: 'followed: changes show without a refresh, a folded cluster is left alone, and a login that is over is made again',
  async run(world) {
    const folder = await copyOfSample(world);
    const proxy = await FaultProxy.inFrontOf(world.lab.clusters.staging);
    const login = await writeLogin(world);
    const file = await writeKubeconfig(world, { proxy, login });
    const contexts = { production: { file, name: 'production' } };
    const settings = { 'plumbline.contexts': contexts };
    await scale(world.lab, 5);
    try {
      await onScreen(world, { folder, kubeconfig: file, settings }, async (screen) => {
        await screen.openView();
        const quietAt = await foldStaging(screen, proxy);
        await signIn(screen, login);
        await changesShow(screen, world.lab);
        await leftAlone(screen, { proxy, quietAt });
      });
    } finally {
      await scale(world.lab, 5);
      await proxy.close();
    }
  },
};

/** Any app below the row of its cluster. */
const STAGING_APP = /shop-staging, cluster staging/;

async function changesShow(screen, lab) {
  const { page, row } = screen;
  await screen.expand(/shop-production, cluster production/);
  await row(/^Deployment shop-web, Differs from Git, replicas 3→5/).waitFor();
  await row(/^ConfigMap shop-incident-flags, .*(the next sync deletes it|stays)/).waitFor();
  const tooltip = page
    .locator('.workbench-hover, .monaco-hover')
    .filter({ hasText: 'changes are followed as they happen' })
    .first();
  await hoverUntil(page, row(/^Cluster production/), tooltip);
  await screen.shot('followed');

  await scale(lab, 6);
  await row(/^Deployment shop-web, Differs from Git, replicas 3→6/).waitFor();
  await eventually('what is written again and again to be called so', async () => {
    await patch(lab, 8);
    await row(/^Deployment shop-web, .*replicas 3→8/).waitFor();
    await patch(lab, 7);
    const changed = row(/^Deployment shop-web, .*replicas 3→7/);
    await changed.waitFor();
    return /keeps changing · kubectl/.test((await changed.getAttribute('aria-label')) ?? '');
  });
  await screen.shot('followed-keeps-changing');

  // As the autoscaler writes, which the lab plays.
  const autoscaler = ['--subresource=scale', '--field-manager=kube-controller-manager'];
  await patch(lab, 4, autoscaler);
  await row(/^Deployment shop-web, .*replicas left to the autoscaler/).waitFor();
  await screen.shot('followed-autoscaler');
}

/** @returns {Promise<number>} how many requests had ended before */
async function foldStaging({ row, expand }, proxy) {
  await expand(/^Cluster staging/);
  await row(STAGING_APP).waitFor();
  await eventually('the cluster to be read', async () =>
    proxy.seen.some(({ path }) => /deployments\?(?!.*watch=)/.test(path)),
  );
  const before = proxy.seen.length;
  await row(/^Cluster staging/).click();
  await row(STAGING_APP).waitFor({ state: 'detached' });
  return before;
}

async function signIn(screen, login) {
  const { row, page } = screen;
  await screen.expand(/^Cluster production/);
  await row(/^Cluster production, signed out · /).waitFor();
  const offer = row(/^Sign In…, cluster production/);
  await offer.waitFor();
  await screen.shot('signed-out');
  await rm(login.over);
  await clickUntil(offer, row(/shop-production, cluster production/));
  await offer.waitFor({ state: 'detached' });
  await page
    .locator('.notifications-toasts .notification-list-item')
    .waitFor({ state: 'detached' });
  await screen.shot('signed-in');
}

/** Its watches end a while after it was folded; from then on it is asked nothing. */
async function leftAlone(screen, { proxy, quietAt }) {
  await eventually('the watches to end', async () =>
    proxy.seen.slice(quietAt).some(({ path }) => /deployments\?.*watch=(true|1)/.test(path)),
  );
  const ended = proxy.seen.length;
  const asked = () => proxy.seen.slice(ended).filter(({ path }) => !/watch=(true|1)/.test(path));
  await screen.row(/^Cluster production/).hover();
  check(asked().length === 0, `a folded cluster was asked: ${JSON.stringify(asked())}`);
  await screen.expand(/^Cluster staging/);
  await screen.row(STAGING_APP).waitFor();
  await eventually('the cluster to be read anew', async () => asked().length > 0);
}

/** A login program that fails for as long as a file is there. */
async function writeLogin({ folder, lab }) {
  const home = await mkdtemp(join(folder, 'login-'));
  const [program, over] = [join(home, 'corporate-login'), join(home, 'over')];
  const answer = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: lab.clusters.production.adminToken },
  };
  const lines = [
    '#!/bin/sh',
    `if [ -e '${over}' ]; then echo 'the session is over, log in again' >&2; exit 1; fi`,
    `echo '${JSON.stringify(answer)}'`,
  ];
  await writeFile(program, `${lines.join('\n')}\n`);
  await chmod(program, 0o755);
  await writeFile(over, '');
  return { program, over };
}

/** Production behind the login; staging behind the proxy, which counts. */
async function writeKubeconfig({ folder, lab }, { proxy, login }) {
  const config = JSON.parse(await readFile(lab.kubeconfig, 'utf8'));
  const named = (/** @type {{ name: string }[]} */ all, /** @type {string} */ name) =>
    all.find((one) => one.name === name);
  const contextOf = (/** @type {string} */ name) => named(config.contexts, name).context;
  named(config.clusters, contextOf('staging').cluster).cluster.server = proxy.server;
  named(config.users, contextOf('production').user).user = {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      interactiveMode: 'Never',
      command: login.program,
    },
  };
  const file = join(await mkdtemp(join(folder, 'kubeconfig-')), 'config');
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Unlike a scale, a patch leaves its time in the managed fields. */
async function patch(lab, replicas, more = []) {
  const change = `--patch={"spec":{"replicas":${replicas}}}`;
  await shop(lab, ['patch', 'deployment/shop-web', '--type=merge', change, ...more]);
}

async function scale(lab, replicas) {
  await shop(lab, ['scale', 'deployment/shop-web', `--replicas=${replicas}`]);
}

async function shop({ tools, kubeconfig }, args) {
  const where = ['--kubeconfig', kubeconfig, '--context', 'production', '-n', 'shop'];
  await run(tools.kubectl, [...where, ...args]);
}
