// `npm run package`: one VSIX a platform. `--target linux-x64` makes one only.
import { cpSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildScripts, copySchemas, root } from './build.mjs';
import { buildEngine, hostTarget } from './engine.mjs';
import { ensureDependencies, node, run, say } from './steps.mjs';

export const targets = ['linux', 'alpine', 'darwin', 'win32'].flatMap((os) =>
  ['x64', 'arm64'].map((arch) => `${os}-${arch}`),
);

const limitBytes = 25 * 1024 * 1024;

export { hostTarget };

/**
 * Stages a production build with the engine of one target in a folder of its own, so that a package
 * never contains what a development build left behind.
 * @param {string} target
 * @param {{log: (line: string) => void}} options
 * @returns {Promise<string>} absolute path of the VSIX
 */
export async function packageTarget(target, { log }) {
  const stage = join(root, 'out/package', target);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, 'dist'), { recursive: true });
  for (const part of [
    'package.json',
    'package.nls.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    '.vscodeignore',
    'media',
    'syntaxes',
  ]) {
    cpSync(join(root, part), join(stage, part), { recursive: true });
  }
  await buildScripts({ production: true, outdir: join(stage, 'dist') });
  copySchemas(join(stage, 'dist'));
  await buildEngine({ target, outDir: join(stage, 'dist/engine', target), log });
  const file = join(root, 'out', `plumbline-${target}.vsix`);
  const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
  const args = [
    vsce,
    'package',
    '--no-dependencies',
    '--skip-license',
    '--target',
    target,
    '--out',
    file,
  ];
  const { code } = await run(node, args, { cwd: stage, quiet: true });
  if (code !== 0) throw new Error(`vsce could not package ${target}`);
  const { size } = statSync(file);
  log(`plumbline-${target}.vsix ${(size / 1024 / 1024).toFixed(1)} MB`);
  if (size > limitBytes) throw new Error(`${target} is larger than 25 MB`);
  return file;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true } } });
  const chosen = values.target ?? targets;
  const unknown = chosen.find((target) => !targets.includes(target));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${targets.join(', ')}`);
  await ensureDependencies();
  for (const target of chosen) await packageTarget(target, { log: say });
}
