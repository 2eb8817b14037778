import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { adminKubeconfig } from './clusters.mjs';

const run = promisify(execFile);

/**
 * @typedef {object} Drift
 * @property {'production' | 'staging'} cluster
 * @property {'core' | 'argocd' | 'flux'} part  what must run for the object to be there
 * @property {readonly string[]} args  of kubectl
 * @property {string} [editor]  what `kubectl edit` calls
 * @property {object} [input]  a manifest for `-f FILE`
 */

const EXTRA_OBJECT = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'shop-incident-flags',
    namespace: 'shop',
    annotations: {
      'argocd.argoproj.io/tracking-id': 'shop-production:/ConfigMap:shop/shop-incident-flags',
    },
  },
  data: { FEATURE_GIFT_CARDS: 'false', REASON: 'orders were charged twice' },
};

/** What people do to clusters when something burns, each with the field manager of its command. */
/** @type {readonly Drift[]} */
export const DRIFT = [
  {
    cluster: 'production',
    part: 'argocd',
    args: ['scale', 'deployment/shop-web', '-n', 'shop', '--replicas=5'],
  },
  { cluster: 'production', part: 'argocd', args: ['create'], input: EXTRA_OBJECT },
  {
    cluster: 'production',
    part: 'argocd',
    args: ['delete', 'service/checkout', '-n', 'checkout'],
  },
  {
    cluster: 'production',
    part: 'argocd',
    args: ['edit', 'deployment/checkout', '-n', 'checkout'],
    editor: 'sed -i s/memory:.1Gi/memory:\\ 2Gi/',
  },
  {
    cluster: 'staging',
    part: 'argocd',
    args: [
      ...['set', 'image', 'deployment/shop-web', '-n', 'shop'],
      'web=registry.acme.example/shop/web:4.13.0-debug',
    ],
  },
  {
    cluster: 'staging',
    part: 'flux',
    args: ['scale', 'deployment/notifications-worker', '-n', 'notifications', '--replicas=4'],
  },
  {
    cluster: 'staging',
    part: 'flux',
    args: [...['set', 'env', 'deployment/mailer', '-n', 'mailer'], 'DEBUG=smtp'],
  },
  {
    cluster: 'production',
    part: 'core',
    args: [
      ...['patch', 'configmap/status-page', '-n', 'status-page', '--type=merge'],
      '--patch={"data":{"refresh-seconds":"5"}}',
    ],
  },
];

/** @param {import('./seed.mjs').Session} session */
export async function putDriftIn({ context }) {
  const { dir, tools, parts, signal } = context;
  for (const drift of DRIFT) {
    if (drift.part !== 'core' && !parts.has(drift.part)) continue;
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: dir,
      KUBECONFIG: adminKubeconfig(dir, drift.cluster),
      ...(drift.editor === undefined ? {} : { KUBE_EDITOR: drift.editor }),
    };
    const args = [...drift.args, ...(await inputArguments(dir, drift))];
    await run(tools.kubectl ?? '', args, { env, signal });
  }
}

/** @param {string} dir @param {Drift} drift */
async function inputArguments(dir, { input }) {
  if (input === undefined) return [];
  const file = join(dir, 'drift.json');
  await writeFile(file, JSON.stringify(input));
  return ['-f', file];
}
