// `npm start`: an editor with Plumbline on a sample repository with two live clusters behind it.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies, node, root, run, say } from './steps.mjs';
import { ensureSystemPackages, onPath } from './system.mjs';

const settings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'git.autofetch': false,
  // The folder is made by this script; the question comes at once instead of as a banner.
  'security.workspace.trust.startupPrompt': 'always',
};

const FIRST_STEPS =
  'in it: trust the folder, open Plumbline in the side bar, change charts/shop/values-prod.yaml and save';
const CLUSTERS_READY =
  'the clusters are ready: expand production or staging in Plumbline to see what drifted';

/** Folders of this run; nothing of the user's own editor or kubeconfig is touched. */
function createFolders() {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-demo-'));
  const folders = { home, lab: join(home, 'lab'), sample: join(home, 'acme-gitops') };
  return { ...folders, kubeconfig: join(folders.lab, 'kubeconfig') };
}

/** The sample with the addresses that the clusters and Gitea will have once they are up. */
async function createDemoSample(folders) {
  const { freePorts } = await import('../test/lab/net.mjs');
  const { createSample } = await import('../test/lab/sample.mjs');
  const [production, staging, gitea] = await freePorts(3);
  await createSample({
    dir: folders.sample,
    cloneUrl: `http://127.0.0.1:${gitea}/acme/gitops.git`,
    servers: {
      production: `https://127.0.0.1:${production}`,
      staging: `https://127.0.0.1:${staging}`,
    },
  });
  return { production, staging, gitea };
}

/** Clusters, controllers and Gitea, behind the editor; ends with the returned function. */
function startLab(folders, ports) {
  const args = ['test/lab/lab.mjs', '--state', join(folders.home, 'lab.json')];
  args.push('--dir', folders.lab, '--sample', folders.sample, '--keep-sample');
  args.push('--ports', JSON.stringify(ports));
  const lab = spawn(node, args, { cwd: root, stdio: ['pipe', 'inherit', 'pipe'] });
  lab.stderr.on('data', (chunk) => {
    process.stderr.write(chunk);
    if (String(chunk).includes('seeded ready')) say(CLUSTERS_READY);
  });
  const ended = new Promise((resolve) => lab.on('exit', resolve));
  lab.on(
    'exit',
    (code) => code === 0 || say('the clusters have stopped; the editor goes on without them'),
  );
  return async () => {
    lab.stdin.end();
    await ended;
  };
}

/** @returns {Promise<{ended: Promise<unknown>, stop: () => Promise<void>}>} */
async function openDesktop(code, folders, vsix, env) {
  const data = [
    '--user-data-dir',
    join(folders.home, 'editor'),
    '--extensions-dir',
    join(folders.home, 'extensions'),
  ];
  mkdirSync(join(folders.home, 'editor/User'), { recursive: true });
  writeFileSync(join(folders.home, 'editor/User/settings.json'), JSON.stringify(settings));
  const installed = await run(code, [...data, '--install-extension', vsix], { quiet: true });
  if (installed.code !== 0) throw new Error('the editor did not install the package');
  const child = spawn(code, [...data, '--new-window', '--wait', folders.sample], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  say('VS Code is open; close its window or press Ctrl+C to stop everything');
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return { ended, stop: async () => void child.kill() };
}

async function serveEditor(folders, vsix, env) {
  const { ensureEditor } = await import('../test/editor/install.mjs');
  const { startEditor } = await import('../test/editor/editor.mjs');
  const editor = await ensureEditor({ log: say });
  const server = await startEditor({ editor, vsix, settings, env, guarded: true });
  say(`open ${server.url(folders.sample)}`);
  say('press Ctrl+C to stop everything');
  return { ended: new Promise(() => {}), stop: () => server.stop() };
}

async function main() {
  await ensureDependencies();
  ensureSystemPackages(say);
  const folders = createFolders();
  const { packageTarget, hostTarget } = await import('./package.mjs');
  const vsix = await packageTarget(hostTarget(), { log: say });
  const ports = await createDemoSample(folders);
  const env = { KUBECONFIG: folders.kubeconfig };
  const told = new Promise((resolve) =>
    ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((name) => process.once(name, resolve)),
  );
  const code = onPath('code');
  const editor = await (code === undefined
    ? serveEditor(folders, vsix, env)
    : openDesktop(code, folders, vsix, env));
  say(FIRST_STEPS);
  say('starting the clusters behind it; the first time they are built from source');
  const stopLab = startLab(folders, ports);
  await Promise.race([told, editor.ended]);
  say('stopping');
  await Promise.all([editor.stop(), stopLab()]);
  rmSync(folders.home, { recursive: true, force: true });
}

try {
  await main();
  process.exit(0);
} catch (error) {
  say(`stopped: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
