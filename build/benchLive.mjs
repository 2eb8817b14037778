// The live part of `npm run bench`: an API server of its own, 50 ms away. Also a command by itself.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { node, root, run, say } from './steps.mjs';

const ROUND_TRIP_MS = 50;

/**
 * @param {{ engine: string }} options
 * @returns {Promise<string>} the figures of `test/bench/live.ts`, as JSON
 */
export async function benchLive({ engine }) {
  const { startLab } = await import('../test/lab/lab.mjs');
  const { FaultProxy } = await import('../test/lab/faultProxy.mjs');
  const { writeKubeconfig } = await import('../test/lab/kubeconfig.mjs');
  await bundle();
  const dir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'));
  const lab = await startLab({ dir: join(dir, 'lab'), parts: ['core'], log: say });
  const cluster = lab.description.clusters['production'];
  const proxy = await FaultProxy.inFrontOf(cluster);
  try {
    proxy.faults = [{ delayMs: ROUND_TRIP_MS }];
    const slow = join(dir, 'slow');
    await writeKubeconfig(slow, [{ ...cluster, server: proxy.server }], { user: 'admin' });
    const options = {
      core: join(root, 'dist/core.js'),
      engine,
      kubectl: lab.description.tools['kubectl'],
      kubeconfig: lab.description.kubeconfig,
      slow,
      context: cluster.contextName,
      roundTripMs: ROUND_TRIP_MS,
      objects: 200,
      largeObjects: 2000,
      runs: 9,
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { code, output } = await run(node, ['out/live.js', ...args], { quiet: true });
    if (code !== 0) throw new Error(`the live diff could not be measured:\n${output}`);
    return output.split('\n').findLast((line) => line.startsWith('{')) ?? '';
  } finally {
    await proxy.close();
    await lab.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function bundle() {
  const esbuild = await import('esbuild');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: { live: 'test/bench/live.ts' },
    outdir: join(root, 'out'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { hostTarget } = await import('./engine.mjs');
  const engine = join(root, 'dist/engine', hostTarget(), 'plumbline-engine');
  process.stdout.write(`${await benchLive({ engine: process.argv[2] ?? engine })}\n`);
}
