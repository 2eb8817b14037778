// Builds extension, command line, worker, vendored libraries, schemas and the engine into dist/.
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Libraries loaded on first use only: package name → file in dist/vendor. */
export const vendored = {
  '@kubernetes/client-node': 'kubernetes',
  '@kubernetes/client-node/dist/oidc_auth.js': 'oidc',
  '@octokit/rest': 'octokit',
  ajv: 'ajv',
  'simple-git': 'git',
  undici: 'undici',
  'vscode-jsonrpc/node': 'jsonrpc',
  yaml: 'yaml',
};

/** Imported as usual, and still a bundle of its own: the core is too long to load in one go with it. */
const apart = ['yaml'];

/**
 * Of these only what is asked for: the rest would be loaded with it, on a thread that the user waits
 * for. What their index files do beside exporting is done here, too.
 */
const reduced = {
  '@kubernetes/client-node': `export { loadYaml } from '@kubernetes/client-node';`,
  undici: `
    import api from 'undici/lib/api/index.js';
    import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
    export { default as Agent } from 'undici/lib/dispatcher/agent.js';
    export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
    Object.assign(Dispatcher.prototype, api);`,
};

/** Turns `import('library')`, and that of the core, into a load of a bundle beside the entry. */
const vendorPlugin = {
  name: 'vendor',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^\.\/compose$/ }, (args) =>
      args.kind === 'dynamic-import' ? { path: './core.js', external: true } : undefined,
    );
    build.onResolve({ filter: /^[^./]/ }, (args) => {
      const name = vendored[args.path];
      if (name === undefined) return undefined;
      if (args.kind !== 'dynamic-import' && !apart.includes(args.path)) return undefined;
      return { path: `./vendor/${name}.js`, external: true };
    });
  },
};

function options({ production }) {
  return {
    absWorkingDir: root,
    bundle: true,
    format: /** @type {const} */ ('cjs'),
    platform: /** @type {const} */ ('node'),
    target: 'node20',
    minify: production,
    keepNames: true,
    sourcemap: production ? false : /** @type {const} */ ('linked'),
    external: ['vscode'],
    // A vendored bundle is required, not imported: one loader, no file URLs on Windows.
    supported: { 'dynamic-import': false },
    logLevel: /** @type {const} */ ('warning'),
    metafile: true,
  };
}

/** @param {{production?: boolean, outdir?: string}} settings */
export async function buildScripts({ production = false, outdir = join(root, 'dist') } = {}) {
  const esbuild = await import('esbuild');
  const common = options({ production });
  const entries = {
    extension: 'src/extension.ts',
    core: 'src/compose.ts',
    cli: 'src/cli.ts',
    worker: 'src/workerEntry.ts',
    kubeconfig: 'src/kubeconfigEntry.ts',
  };
  const present = Object.entries(entries).filter(([, path]) => existsSync(join(root, path)));
  for (const [name, path] of present) {
    await esbuild.build({
      ...common,
      entryPoints: [path],
      outfile: join(outdir, `${name}.js`),
      plugins: [vendorPlugin],
      banner: name === 'cli' ? { js: '#!/usr/bin/env node' } : {},
    });
  }
  await buildVendored(outdir, common);
  if (existsSync(join(outdir, 'cli.js'))) chmodSync(join(outdir, 'cli.js'), 0o755);
}

/** @param {string} outdir */
export async function buildVendored(outdir, common = options({ production: true })) {
  const esbuild = await import('esbuild');
  for (const [path, name] of Object.entries(vendored)) {
    const contents = reduced[path];
    const input =
      contents === undefined
        ? { entryPoints: [path] }
        : { stdin: { contents, resolveDir: root, sourcefile: `${name}.mjs` } };
    await esbuild.build({
      ...common,
      ...input,
      sourcemap: false,
      minify: true,
      outfile: join(outdir, 'vendor', `${name}.js`),
    });
  }
}

/** @param {string} outdir */
export function copySchemas(outdir = join(root, 'dist')) {
  const source = join(root, 'schemas');
  if (!existsSync(source)) return;
  mkdirSync(join(outdir, 'schemas'), { recursive: true });
  cpSync(source, join(outdir, 'schemas'), { recursive: true });
}

/** @param {{production?: boolean, log?: (line: string) => void, target?: string}} settings */
export async function buildAll({ production = false, log = console.log, target } = {}) {
  const bundles = ['extension', 'core', 'cli', 'worker', 'kubeconfig'].map((name) => `${name}.js`);
  for (const part of ['vendor', 'schemas', ...bundles]) {
    rmSync(join(root, 'dist', part), { recursive: true, force: true });
  }
  const started = Date.now();
  await buildScripts({ production });
  copySchemas();
  log(`extension and command line built in ${Date.now() - started} ms`);
  const { buildEngine } = await import('./engine.mjs');
  return buildEngine({ ...(target === undefined ? {} : { target }), log });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildAll({ production: process.argv.includes('--production') });
}
