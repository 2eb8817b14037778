import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { messageOf } from './base/userError';
import type { Io } from './cli/io';
import { main } from './cli/main';
import { createTools } from './cli/tools';
import { compose, composeFetcher, composeRenderer, composeValidator } from './compose';
import type { Log } from './model/ports';

const verbose = process.argv.includes('--verbose') || process.argv.includes('-v');
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());
process.once('SIGTERM', () => abort.abort());

const line = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
const logged = (text: string): void => {
  if (verbose) line(text);
};
// Node ends with 1 then, which says that a difference or a problem was found.
process.once('uncaughtException', (error) => {
  line(`plumbline stopped: ${messageOf(error)}`);
  logged(error.stack ?? '');
  process.exit(2);
});
const log: Log = { debug: logged, info: logged, warn: logged, error: logged };

/** The engine beside this file; the Linux binary is static and serves every libc. */
function enginePath(): string {
  const given = process.env['PLUMBLINE_ENGINE'];
  const name = process.platform === 'win32' ? 'plumbline-engine.exe' : 'plumbline-engine';
  return given ?? join(__dirname, 'engine', `${process.platform}-${process.arch}`, name);
}

const folders: string[] = [];

/** A folder that stays empty, for git: made anew in each run, so that nobody prepared it. */
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
  folders.push(folder);
  return folder;
}

/** Fetched charts or renders, shared by all runs of this user. */
function cacheFolder(name: 'charts' | 'renders'): string {
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(caches, 'plumbline', name);
}

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question, { signal: abort.signal });
  } finally {
    reader.close();
  }
}

const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
const io: Io = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: line,
  ...(isTerminal ? { ask } : {}),
  colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  cwd: process.cwd(),
  environment: process.env,
  signal: abort.signal,
};

const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  ),
);
const schemasPath = join(__dirname, 'schemas');

const tools = createTools({
  workbench: (options) =>
    compose({
      ...options,
      enginePath: enginePath(),
      schemasPath,
      emptyFolder: emptyFolder(),
      chartsFolder: cacheFolder('charts'),
      rendersFolder: cacheFolder('renders'),
      environment,
      trusted: true,
      user: userInfo().username,
      log,
      allowExec: () => false,
    }),
  renderer: (settings) =>
    composeRenderer({
      enginePath: enginePath(),
      chartsFolder: cacheFolder('charts'),
      rendersFolder: cacheFolder('renders'),
      settings,
      environment,
      log,
    }),
  validator: () => composeValidator({ schemasPath, log }),
  fetcher: () =>
    composeFetcher({
      enginePath: enginePath(),
      chartsFolder: cacheFolder('charts'),
      emptyFolder: emptyFolder(),
      environment,
      log,
    }),
});

void main(process.argv.slice(2), io, tools).then((code) => {
  tools.dispose();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  process.exitCode = code;
});
