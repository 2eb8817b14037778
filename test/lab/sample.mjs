import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { claimFolder, hasCode } from './cache.mjs';

const run = promisify(execFile);
const FIXTURE = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'sample');
const MARK = join('.git', 'plumbline-lab');
/** Where the last commit of the sample stays known while a person commits on top of it. */
const LAST_COMMIT = 'refs/plumbline/sample';
const PLACEHOLDERS = {
  cloneUrl: 'https://git.acme.example/acme/gitops.git',
  production: 'https://production.k8s.acme.example:6443',
  staging: 'https://staging.k8s.acme.example:6443',
};

/** @typedef {{ file: string, from: string, to: string }} Edit */
/**
 * @typedef {object} Commit
 * @property {string} message
 * @property {string} author
 * @property {string} date
 * @property {readonly string[]} paths  folders and files that this commit brings
 * @property {readonly Edit[]} [edits]  how their text at that time differs from the fixture's
 */

const MARTA = 'Marta Ilves <marta.ilves@acme.example>';
const JONAS = 'Jonas Weber <jonas.weber@acme.example>';
const PRIYA = 'Priya Nair <priya.nair@acme.example>';
const SALE_BANNER =
  "\n\nbanner:\n  enabled: true\n  text: '{{ .Release.Name | title }} sale: 20 % off until Sunday'\n";
/** Production before the last commit: less memory, and a banner that is taken down by it. */
const BEFORE_LAST = [
  { file: 'charts/shop/values-prod.yaml', from: 'memory: 768Mi', to: 'memory: 512Mi' },
  { file: 'charts/shop/values-prod.yaml', from: '\n\ncache:', to: `${SALE_BANNER}\ncache:` },
];

/** @type {readonly Commit[]} */
const HISTORY = [
  {
    message: 'Shop chart with values for staging and production',
    author: MARTA,
    date: '2026-09-01T08:12:00Z',
    paths: ['README.md', '.gitignore', '.plumbline.yaml', 'charts/shop', 'argocd/root.yaml'],
    edits: BEFORE_LAST,
  },
  {
    message: 'Checkout: base, two overlays and tracing as a component',
    author: JONAS,
    date: '2026-09-03T14:40:00Z',
    paths: ['apps/checkout', 'argocd/apps'],
  },
  {
    message: 'Backup policies of the platform team',
    author: PRIYA,
    date: '2026-09-15T09:05:00Z',
    paths: ['apps/platform'],
  },
  {
    message: 'Let Flux run notifications and mailer on staging',
    author: PRIYA,
    date: '2026-10-02T11:31:00Z',
    paths: ['clusters', 'infrastructure', 'apps/notifications', 'charts/mailer'],
  },
  {
    message: 'Deploy the status page from CI',
    author: JONAS,
    date: '2026-10-20T16:18:00Z',
    paths: ['deploy', '.github'],
  },
  {
    message: 'Shop: more memory in production, sale banner down',
    author: MARTA,
    date: '2026-11-09T07:54:00Z',
    paths: ['charts/shop/values-prod.yaml'],
  },
];

/**
 * @typedef {object} SampleOptions
 * @property {string} dir  made when absent, emptied when an earlier run made it
 * @property {string} [cloneUrl]  what `origin` and every `repoURL` become
 * @property {{ production?: string, staging?: string }} [servers]  addresses of the API servers
 * @property {{ user: string, token: string }} [login]  kept in the repository's own Git
 *   configuration for `cloneUrl`, so that a push asks nobody
 * @property {boolean} [keep]  leaves a sample that is there already as it is, but for the login
 */

/**
 * Makes a Git repository out of the fixture: branch `main`, several commits, the remote `origin`.
 * The last commit changes only `charts/shop/values-prod.yaml`.
 *
 * @param {SampleOptions} options
 * @returns {Promise<{ dir: string, head: string, beforeLast: string }>} commits by their SHA
 */
export async function createSample({ dir, cloneUrl, servers = {}, login, keep = false }) {
  if (keep && existsSync(join(dir, MARK))) {
    if (cloneUrl !== undefined && login !== undefined) await rememberLogin(dir, cloneUrl, login);
    return commitsOf(dir);
  }
  await claimFolder(dir, MARK);
  await git(dir, ['init', '--quiet', '--initial-branch=main']);
  const replace = replacer({ ...servers, cloneUrl });
  for (const commit of HISTORY) await makeCommit(dir, commit, replace);
  await git(dir, ['config', 'user.name', 'Sam Rivera']);
  await git(dir, ['config', 'user.email', 'sam.rivera@acme.example']);
  await git(dir, ['remote', 'add', 'origin', cloneUrl ?? PLACEHOLDERS.cloneUrl]);
  if (cloneUrl !== undefined && login !== undefined) await rememberLogin(dir, cloneUrl, login);
  await git(dir, ['update-ref', LAST_COMMIT, 'HEAD']);
  return commitsOf(dir);
}

/** @param {string} dir of a sample, whatever was committed to it since */
async function commitsOf(dir) {
  const commits = await git(dir, ['rev-parse', LAST_COMMIT, `${LAST_COMMIT}~1`]);
  const [head = '', beforeLast = ''] = commits.split('\n');
  return { dir, head, beforeLast };
}

/** @param {string} dir @param {string} revision becomes `main` of `origin` */
export async function pushSample(dir, revision) {
  await git(dir, ['push', '--quiet', 'origin', `${revision}:refs/heads/main`]);
  await git(dir, ['fetch', '--quiet', 'origin']);
  await git(dir, ['branch', '--quiet', '--set-upstream-to=origin/main', 'main']);
}

/**
 * Git without the user's and the machine's configuration.
 *
 * @param {string} cwd @param {readonly string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<string>} standard output, trimmed
 */
export async function git(cwd, args, env = {}) {
  const { stdout } = await run('git', [...args], {
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: cwd,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...env,
    },
  });
  return stdout.trim();
}

/** @param {string} dir @param {Commit} commit @param {(text: string) => string} replace */
async function makeCommit(dir, commit, replace) {
  for (const path of commit.paths) {
    await cp(join(FIXTURE, path), join(dir, path), { recursive: true });
    for (const file of await filesBelow(join(dir, path))) {
      await rewrite(file, (text) => replace(edited(text, relative(dir, file), commit.edits)));
    }
  }
  const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(commit.author) ?? [];
  const env = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: commit.date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: commit.date,
  };
  await git(dir, ['add', '--all'], env);
  await git(dir, ['commit', '--quiet', '-m', commit.message], env);
}

/** @param {string} text @param {string} file @param {readonly Edit[]} [edits] */
function edited(text, file, edits = []) {
  let result = text;
  for (const edit of edits.filter((candidate) => candidate.file === file)) {
    if (!result.includes(edit.from)) throw new Error(`${file} has no ${JSON.stringify(edit.from)}`);
    result = result.replace(edit.from, () => edit.to);
  }
  return result;
}

/** @param {{ cloneUrl?: string, production?: string, staging?: string }} values */
function replacer(values) {
  const pairs = Object.entries(PLACEHOLDERS).map(([name, placeholder]) => ({
    placeholder,
    value: values[/** @type {keyof typeof values} */ (name)] ?? placeholder,
  }));
  /** @param {string} text */
  return (text) =>
    pairs.reduce((result, { placeholder, value }) => result.replaceAll(placeholder, value), text);
}

/** @param {string} file @param {(text: string) => string} change */
async function rewrite(file, change) {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  if (changed !== text) await writeFile(file, changed);
}

/** @param {string} path @returns {Promise<string[]>} */
async function filesBelow(path) {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((error) => {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** @param {string} dir @param {string} cloneUrl @param {{ user: string, token: string }} login */
async function rememberLogin(dir, cloneUrl, { user, token }) {
  const basic = Buffer.from(`${user}:${token}`).toString('base64');
  const key = `http.${new URL(cloneUrl).origin}/.extraHeader`;
  await git(dir, ['config', key, `Authorization: Basic ${basic}`]);
}
