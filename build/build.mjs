// Builds extension, command line, worker, vendored libraries, schemas and the engine into dist/.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

/** Bundles that the extension loads before the core, one after the other. */
const coreParts = ['coreRepository', 'coreComparison', 'coreAdapters', 'coreLooks'];

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
    for (const [module, bundle] of [
      ['compose', 'core'],
      ...coreParts.map((name) => [name, name]),
    ]) {
      build.onResolve({ filter: new RegExp(`^\\./${module}$`) }, (args) =>
        args.kind === 'dynamic-import' ? { path: `./${bundle}.js`, external: true } : undefined,
      );
    }
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
  await buildCore(outdir, common);
  await buildVendored(outdir, common);
  if (existsSync(join(outdir, 'cli.js'))) chmodSync(join(outdir, 'cli.js'), 0o755);
}

/**
 * The core and its parts, each a bundle: loaded in one go they would hold the host's thread for too
 * long. What two parts share is a bundle as well, loaded with the first of them. For development it
 * is one.
 * @param {string} outdir
 */
async function buildCore(outdir, common) {
  const esbuild = await import('esbuild');
  const shared = { ...common, plugins: [vendorPlugin] };
  if (!common.minify) {
    const core = { entryPoints: ['src/compose.ts'], outfile: join(outdir, 'core.js') };
    await esbuild.build({ ...shared, ...core });
    for (const name of coreParts) writeFileSync(join(outdir, `${name}.js`), '');
    return;
  }
  // Only modules of the language itself can be split; each file becomes one that is required then.
  const { format, minify, keepNames, target, platform, supported, ...options } = shared;
  const { outputFiles } = await esbuild.build({
    ...options,
    target,
    platform,
    format: 'esm',
    splitting: true,
    entryPoints: {
      core: 'src/compose.ts',
      ...Object.fromEntries(coreParts.map((name) => [name, `src/${name}.ts`])),
    },
    chunkNames: 'coreShared[hash]',
    outdir,
    write: false,
  });
  mkdirSync(outdir, { recursive: true });
  const settings = { format, minify, keepNames, target, platform, supported };
  for (const { path, text } of outputFiles) {
    writeFileSync(path, (await esbuild.transform(text, settings)).code);
  }
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
  const bundles = existsSync(join(root, 'dist'))
    ? readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js'))
    : [];
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
