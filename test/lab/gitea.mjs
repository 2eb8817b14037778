import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts, waitFor } from './net.mjs';

const run = promisify(execFile);

/**
 * @typedef {object} Gitea
 * @property {string} url       without a slash at the end
 * @property {string} user
 * @property {string} password
 * @property {string} token     of that user, with every scope
 * @property {string} organization
 * @property {string} repository
 * @property {string} cloneUrl  readable by everybody
 * @property {string} pushUrl   the same with the user's token in it
 */

const USER = 'plumbline';
const ORGANIZATION = 'acme';
const REPOSITORY = 'gitops';

/**
 * @param {import('./clusters.mjs').Context} context @returns {Promise<Gitea>} with an empty
 *   repository `acme/gitops`
 */
export async function startGitea(context) {
  const { dir, tools, assets, processes, signal } = context;
  const [free = 0] = await freePorts(1);
  const port = context.ports?.gitea ?? free;
  const folder = join(dir, 'gitea');
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'app.ini');
  await mkdir(join(folder, 'data'), { recursive: true });
  await writeFile(config, configuration({ folder, port, url, assets: assets.gitea ?? '' }));
  const binary = tools.gitea ?? '';
  const admin = await createAdmin({ binary, folder, config, signal });
  await processes.start({
    name: 'gitea',
    command: binary,
    args: ['web', '--config', config, '--work-path', folder],
    env: { ...environment(folder), GOGC: '60' },
  });
  const api = `${url}/api/v1`;
  await waitFor('Gitea', async () => (await fetch(`${api}/version`, { signal })).ok, { signal });
  const gitea = {
    url,
    user: USER,
    ...admin,
    organization: ORGANIZATION,
    repository: REPOSITORY,
    cloneUrl: `${url}/${ORGANIZATION}/${REPOSITORY}.git`,
    pushUrl: `http://${USER}:${admin.token}@127.0.0.1:${port}/${ORGANIZATION}/${REPOSITORY}.git`,
  };
  await giteaApi(gitea, 'POST', '/orgs', { username: ORGANIZATION, full_name: 'Acme' });
  await giteaApi(gitea, 'POST', `/orgs/${ORGANIZATION}/repos`, {
    name: REPOSITORY,
    default_branch: 'main',
    description: 'What runs where at Acme',
    private: false,
  });
  return gitea;
}

/**
 * @param {Gitea} gitea @param {string} method @param {string} path below `/api/v1`
 * @param {unknown} [body] @returns {Promise<any>}
 */
export async function giteaApi(gitea, method, path, body) {
  const response = await fetch(`${gitea.url}/api/v1${path}`, {
    method,
    headers: { authorization: `token ${gitea.token}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Gitea ${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** @param {{ binary: string, folder: string, config: string, signal?: AbortSignal }} options */
async function createAdmin({ binary, folder, config, signal }) {
  const password = randomBytes(12).toString('hex');
  const common = ['--config', config, '--work-path', folder];
  const options = { env: environment(folder), cwd: folder, signal };
  await run(binary, ['migrate', ...common], options);
  const create = ['admin', 'user', 'create', '--admin', '--username', USER, '--password', password];
  create.push('--email', `${USER}@acme.example`, '--must-change-password=false');
  create.push('--access-token', '--access-token-name', 'lab', '--access-token-scopes', 'all');
  const { stdout } = await run(binary, [...create, ...common], options);
  const token = /\b[0-9a-f]{40}\b/.exec(stdout)?.[0];
  if (token === undefined) throw new Error(`Gitea named no access token: ${stdout}`);
  return { password, token };
}

/** @param {string} folder */
function environment(folder) {
  return { PATH: process.env.PATH ?? '', HOME: folder, USER: userInfo().username };
}

/** @param {{ folder: string, port: number, url: string, assets: string }} options */
function configuration({ folder, port, url, assets }) {
  return `APP_NAME = Acme Git
RUN_MODE = prod
RUN_USER = ${userInfo().username}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = ${folder}

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${url}/
STATIC_ROOT_PATH = ${assets}
APP_DATA_PATH = ${join(folder, 'data')}
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false

[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}

[repository]
ROOT = ${join(folder, 'repositories')}
DEFAULT_BRANCH = main

[security]
INSTALL_LOCK = true
SECRET_KEY = ${randomBytes(32).toString('hex')}
PASSWORD_HASH_ALGO = pbkdf2

[service]
DISABLE_REGISTRATION = true

[indexer]
ISSUE_INDEXER_TYPE = db

[log]
MODE = console
LEVEL = warn
ROOT_PATH = ${join(folder, 'log')}

[actions]
ENABLED = false

[packages]
ENABLED = false

[cron]
ENABLED = false
`;
}
