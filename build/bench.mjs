// `npm run bench`: measures and writes BENCHMARKS.md and bench/results/.
import { join } from 'node:path';
import { benchLive } from './benchLive.mjs';
import { ensureDependencies, node, root, run, say } from './steps.mjs';

await ensureDependencies();
const { buildAll } = await import('./build.mjs');
const engine = await buildAll({ production: true, log: say });
const { ensureTools } = await import('../test/lab/build.mjs');
const { helm, kustomize } = await ensureTools(['helm', 'kustomize'], { log: say });
const esbuild = await import('esbuild');
const bundle = join(root, 'out/bench.js');
await esbuild.build({
  absWorkingDir: root,
  entryPoints: {
    bench: 'test/bench/main.ts',
    fleet: 'test/bench/fleet.ts',
    memory: 'test/bench/memory.ts',
  },
  outdir: join(root, 'out'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'warning',
});
say('in the extension host');
const { packageTarget, hostTarget } = await import('./package.mjs');
const vsix = await packageTarget(hostTarget(), { log: say });
const measured = await run(node, ['test/editor/bench.mjs', '--vsix', vsix], { quiet: true });
if (measured.code !== 0) throw new Error('the editor could not be measured');
const samples = measured.output.split('\n').findLast((line) => line.startsWith('{')) ?? '';
say('live diffs of a cluster 50 ms away');
const live = await benchLive({ engine });
const entry = join(root, 'out/package', hostTarget(), 'dist/extension.js');
const args = [
  '--samples',
  samples,
  '--live',
  live,
  '--bundle',
  entry,
  '--vsix',
  vsix,
  '--engine',
  engine,
  '--helm',
  helm,
  '--kustomize',
  kustomize,
  '--root',
  root,
];
const { code } = await run(node, [bundle, ...args]);
process.exit(code);
