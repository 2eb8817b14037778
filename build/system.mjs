// System packages that the tests and the demo need and that no registry of code carries.
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** Debian package → a file or program that shows that it is there. */
const packages = {
  chromium: { programs: ['chromium', 'chromium-browser', 'google-chrome'] },
  'redis-server': { programs: ['redis-server'] },
  'libkrb5-dev': { files: ['/usr/include/krb5.h', '/usr/include/krb5/krb5.h'] },
  'g++': { programs: ['g++'] },
  make: { programs: ['make'] },
  python3: { programs: ['python3'] },
  strace: { programs: ['strace'] },
};

/** @param {string} program */
export function onPath(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

function missing() {
  return Object.entries(packages)
    .filter(
      ([, { programs = [], files = [] }]) =>
        ![...programs.map(onPath), ...files].some((p) => p && existsSync(p)),
    )
    .map(([name]) => name);
}

/**
 * Installs what is missing where the user may, else names it with the command to run.
 * @param {(line: string) => void} log
 * @returns {string[]} what is still missing
 */
export function ensureSystemPackages(log) {
  const wanted = missing();
  if (wanted.length === 0) return [];
  const command = `apt-get update && apt-get install -y --no-install-recommends ${wanted.join(' ')}`;
  const root = process.getuid?.() === 0;
  if (process.platform === 'linux' && root && onPath('apt-get') !== undefined) {
    log(`installing ${wanted.join(', ')}`);
    spawnSync('sh', ['-c', command], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const left = missing();
  if (left.length > 0) log(`missing: ${left.join(', ')}. On Debian: sudo sh -c '${command}'`);
  return left;
}
