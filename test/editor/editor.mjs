import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, waitFor } from '../lab/net.mjs';

const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_LINES = 40;

/** What a test starts from: nothing opens by itself, nothing moves, dialogs are the editor's own. */
export const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.experimentalOnboarding': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.autofetch': false,
  'git.openRepositoryInParentFolders': 'always',
  'window.dialogStyle': 'custom',
  'window.commandCenter': false,
  'files.simpleDialog.enable': true,
  // The editor in a browser saves by itself after a moment; the desktop does not.
  'files.autoSave': 'off',
  'remote.autoForwardPorts': false,
  'editor.minimap.enabled': false,
  'workbench.editor.useModal': 'off',
  // A tooltip that opens by itself covers the row that a test clicks next.
  'workbench.hover.delay': 2500,
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'workbench.colorTheme': 'Default Dark Modern',
  'window.autoDetectColorScheme': false,
  'window.autoDetectHighContrast': false,
};

/**
 * @typedef {object} EditorServer
 * @property {string} origin
 * @property {string} authority  as remote URIs name it
 * @property {(path: string, payload?: readonly (readonly [string, string])[]) => string} url
 * @property {() => string} output  what the server printed
 * @property {() => Promise<string>} log  the end of the extension's own log
 * @property {(settings: Record<string, unknown>) => Promise<void>} configure  sets these on top of
 *   those of the start, in the running editor
 * @property {() => Promise<void>} stop
 */

/**
 * Starts VS Code's own server with folders of its own; everything goes with `stop`.
 *
 * @param {object} options
 * @param {import('./install.mjs').Editor} options.editor
 * @param {string} [options.vsix]  installed before the start
 * @param {string} [options.extensions]  a folder of installed extensions to start from
 * @param {Record<string, unknown>} [options.settings]  on top of the quiet ones
 * @param {Record<string, string>} [options.env]
 * @param {boolean} [options.tests]  hands the page what runs tests inside the extension host
 * @param {boolean} [options.guarded]  asks for a token, which the addresses carry: for a person's
 *   browser, where another page must not reach the editor
 * @returns {Promise<EditorServer>}
 */
export async function startEditor({
  editor,
  vsix,
  extensions,
  settings = {},
  env = {},
  tests = false,
  guarded = false,
}) {
  const home = await mkdtemp(join(tmpdir(), 'plumbline-editor-'));
  const data = join(home, 'data');
  const installed = join(home, 'extensions');
  const folders = ['--user-data-dir', data, '--extensions-dir', installed];
  if (extensions === undefined) await mkdir(installed, { recursive: true });
  else await cp(extensions, installed, { recursive: true });
  const configure = (/** @type {Record<string, unknown>} */ more) =>
    writeSettings(data, { ...QUIET_SETTINGS, ...settings, ...more });
  await configure({});

  const environment = { ...cleanEnvironment(), ...env, VSCODE_IPC_HOOK_CLI: '' };
  if (vsix !== undefined) await install({ editor, vsix, folders, environment });

  const [port] = await freePorts(1);
  const token = guarded ? randomBytes(16).toString('hex') : undefined;
  const args = [
    editor.server,
    ...['--host', '127.0.0.1', '--port', String(port)],
    ...(token === undefined ? ['--without-connection-token'] : ['--connection-token', token]),
    ...['--accept-server-license-terms', '--telemetry-level', 'off', ...folders],
    ...['--log', 'plumbline.plumbline:debug', '--log', 'info'],
    ...(tests ? ['--enable-smoke-test-driver'] : []),
  ];
  const child = spawn(editor.node, args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines = collect(child);
  const authority = `127.0.0.1:${port}`;
  const origin = `http://${authority}`;
  await waitFor('the editor to answer', async () => (await fetch(`${origin}/version`)).ok, {
    timeoutMs: START_TIMEOUT_MS,
  });
  return {
    origin,
    authority,
    output: () => lines.join(''),
    url(path, payload) {
      const kind = path.endsWith('.code-workspace') ? 'workspace' : 'folder';
      const query = new URLSearchParams({ [kind]: path });
      if (token !== undefined) query.set('tkn', token);
      if (payload !== undefined) query.set('payload', JSON.stringify(payload));
      return `${origin}/?${query}`;
    },
    log: () => extensionLog(join(data, 'logs')),
    configure,
    async stop() {
      await stopGroup(child);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * Installs a package once, for any number of editors that start from the folder.
 *
 * @param {object} options
 * @param {import('./install.mjs').Editor} options.editor
 * @param {string} options.vsix
 * @param {string} options.folder  made when absent
 * @returns {Promise<string>} the folder
 */
export async function installExtensions({ editor, vsix, folder }) {
  await mkdir(folder, { recursive: true });
  const data = await mkdtemp(join(tmpdir(), 'plumbline-editor-install-'));
  try {
    const folders = ['--user-data-dir', data, '--extensions-dir', folder];
    await install({ editor, vsix, folders, environment: cleanEnvironment() });
  } finally {
    await rm(data, { recursive: true, force: true });
  }
  return folder;
}

/** @param {string} folder */
async function extensionLog(folder) {
  const files = await readdir(folder, { recursive: true });
  const logs = files.filter((file) => file.endsWith('Plumbline.log'));
  const texts = await Promise.all(logs.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.join('\n').split('\n').slice(-LOG_LINES).join('\n');
}

/** @param {string} dataFolder @param {Record<string, unknown>} settings */
export async function writeSettings(dataFolder, settings) {
  // Settings of the machine's scope are read from `Machine` where the editor runs in a browser.
  for (const scope of ['User', 'Machine']) {
    await mkdir(join(dataFolder, scope), { recursive: true });
    await writeFile(join(dataFolder, scope, 'settings.json'), JSON.stringify(settings, null, 2));
  }
}

/** Variables of an editor that this test may run inside of would reach into that editor. */
function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VSCODE_|ELECTRON_|CODE_SERVER|KUBECONFIG$)/.test(name),
    ),
  );
}

/** @param {import('node:child_process').ChildProcess} child */
function collect(child) {
  /** @type {string[]} */
  const lines = [];
  const keep = (chunk) => {
    lines.push(String(chunk));
    if (lines.length > 400) lines.shift();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return lines;
}

async function install({ editor, vsix, folders, environment }) {
  const args = [editor.server, '--install-extension', vsix, '--force', ...folders];
  const child = spawn(editor.node, [...args, '--accept-server-license-terms'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = collect(child);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`the editor did not install the package: ${lines.join('')}`);
}

/** The server starts hosts of its own: the whole group goes. @param {import('node:child_process').ChildProcess} child */
async function stopGroup(child) {
  if (child.pid === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const kill = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  // Hosts that outlive the server by a moment.
  kill('SIGKILL');
}
