import { join } from 'node:path';
import { adminKubeconfig } from './clusters.mjs';
import { putDriftIn } from './drift.mjs';
import { kubectl } from './kubectl.mjs';
import { KubeApi } from './kube.mjs';
import { waitFor } from './net.mjs';
import { createSample, pushSample } from './sample.mjs';

const APPLICATIONS = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const KUSTOMIZATIONS = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';
const HELM_RELEASES = '/apis/helm.toolkit.fluxcd.io/v2/namespaces/flux-system/helmreleases';
const GIT_REPOSITORY =
  '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/gitops';
/** Its sync is left to the user, so that a merged change waits there. */
const BEHIND = 'shop-production';
const ARGO_APPS = [
  'root',
  'shop-production',
  'shop-staging',
  'checkout-production',
  'checkout-staging',
  'platform',
];
const FLUX_APPS = ['staging', 'infrastructure', 'notifications'];
/** Syncs take seconds; asking more often would only keep the API server busy. */
const SYNC_WAIT = { timeoutMs: 240_000, pollMs: 400 };
/** Argo CD syncs an automated app again when it drifts at a revision that it has not synced yet. */
const DRIFTS_WITHOUT_RETURN = 'shop-staging';

/**
 * Makes the sample repository, lets the controllers apply its state before the last commit, pushes
 * that commit, and puts drift in.
 *
 * @param {object} options
 * @param {import('./clusters.mjs').Context & { parts: ReadonlySet<string> }} options.context
 * @param {import('./lab.mjs').Description} options.description
 * @param {import('./gitea.mjs').Gitea} options.gitea
 * @param {string} options.sampleDir
 * @param {boolean} [options.keepSample]
 */
export async function seed({ context, description, gitea, sampleDir, keepSample }) {
  const { production, staging } = description.clusters;
  if (production === undefined || staging === undefined)
    throw new Error('the clusters are missing');
  const sample = await createSample({
    dir: sampleDir,
    cloneUrl: gitea.cloneUrl,
    servers: { production: production.server, staging: staging.server },
    login: gitea,
    keep: keepSample,
  });
  await pushSample(sampleDir, sample.beforeLast);
  const session = {
    context,
    sampleDir,
    signal: context.signal,
    production: await KubeApi.forCluster(production),
    staging: await KubeApi.forCluster(staging),
  };
  const byArgo = only(session, 'argocd');
  const byFlux = only(session, 'flux');
  try {
    await Promise.all([
      timed(session, 'CI has applied the status page', () => runFromCi(session)),
      byArgo('Argo CD has delivered', () => deliverByArgo(session, sample.beforeLast)),
      byFlux('Flux has delivered', () => deliverByFlux(session, sample.beforeLast)),
    ]);
    await pushSample(sampleDir, sample.head);
    await Promise.all([
      byArgo('Argo CD follows the last commit', () => followByArgo(session, sample.head)),
      byFlux('Flux follows the last commit', () => followByFlux(session, sample.head)),
    ]);
    await timed(session, 'drift is in', () => putDriftIn(session));
    await byArgo('Argo CD sees it', () => seeDriftByArgo(session));
  } finally {
    session.production.close();
    session.staging.close();
  }
}

/** @param {Session} session @param {string} part whose steps are left out where it does not run */
function only(session, part) {
  /** @param {string} what @param {() => Promise<void>} work */
  return async (what, work) => {
    if (session.context.parts.has(part)) await timed(session, what, work);
  };
}

/** @param {Session} session @param {string} what @param {() => Promise<void>} work */
async function timed({ context }, what, work) {
  const started = Date.now();
  await work();
  context.log?.(`${what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/**
 * @typedef {object} Session
 * @property {import('./clusters.mjs').Context & { parts: ReadonlySet<string> }} context
 * @property {string} sampleDir
 * @property {AbortSignal} [signal]
 * @property {KubeApi} production
 * @property {KubeApi} staging
 */

/** What the workflow of the status page does. @param {Session} session */
async function runFromCi({ context, sampleDir }) {
  const kubeconfig = adminKubeconfig(context.dir, 'production');
  const folder = join(sampleDir, 'deploy', 'status-page');
  await kubectl({ ...context, kubeconfig }, ['apply', '-f', join(folder, 'namespace.yaml')]);
  await kubectl({ ...context, kubeconfig }, ['apply', '-f', folder]);
}

/** @param {Session} session @param {string} revision */
async function deliverByArgo(session, revision) {
  const { context, sampleDir, production, signal } = session;
  const kubeconfig = adminKubeconfig(context.dir, 'production');
  await kubectl({ ...context, kubeconfig }, [
    'apply',
    '-f',
    join(sampleDir, 'argocd', 'root.yaml'),
  ]);
  for (const name of ARGO_APPS) {
    await waitFor(`application ${name}`, () => production.get(`${APPLICATIONS}/${name}`), {
      ...SYNC_WAIT,
      signal,
    });
  }
  const byHand = ['shop-production', 'checkout-production'];
  await Promise.all(byHand.map((name) => syncApplication(session, name, revision)));
  await Promise.all(ARGO_APPS.map((name) => waitForSync(session, name, { revision })));
}

/** @param {Session} session @param {string} revision */
async function followByArgo(session, revision) {
  await Promise.all(ARGO_APPS.map((name) => refreshApplication(session, name)));
  await syncApplication(session, DRIFTS_WITHOUT_RETURN, revision);
  const following = ARGO_APPS.filter((name) => name !== BEHIND);
  await Promise.all(following.map((name) => waitForSync(session, name, { revision })));
  await waitForSync(session, BEHIND, { revision, status: 'OutOfSync' });
}

/** @param {Session} session */
async function seeDriftByArgo(session) {
  const drifted = ['shop-production', 'shop-staging', 'checkout-production'];
  await Promise.all(drifted.map((name) => refreshApplication(session, name)));
  const expected = { status: /** @type {const} */ ('OutOfSync'), health: undefined };
  await Promise.all(drifted.map((name) => waitForSync(session, name, expected)));
}

/** @param {Session} session @param {string} name */
function refreshApplication({ production }, name) {
  return production.mergePatch(`${APPLICATIONS}/${name}`, {
    metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } },
  });
}

/** As the button does, once no other operation runs. @param {Session} session @param {string} name @param {string} revision */
async function syncApplication({ production, signal }, name, revision) {
  const path = `${APPLICATIONS}/${name}`;
  await waitFor(
    `${name} to be free`,
    async () => {
      const app = await production.get(path);
      return app.operation === undefined && app.status?.operationState?.phase !== 'Running';
    },
    { ...SYNC_WAIT, signal },
  );
  const { spec } = await production.get(path);
  await production.mergePatch(path, {
    operation: {
      initiatedBy: { username: 'admin' },
      sync: { revision, syncOptions: spec.syncPolicy?.syncOptions },
    },
  });
  await waitFor(
    `the sync of ${name}`,
    async () => {
      const state = (await production.get(path)).status?.operationState;
      const done = state?.syncResult?.revision === revision && state.finishedAt !== undefined;
      return done && state.phase === 'Succeeded';
    },
    { ...SYNC_WAIT, signal },
  );
}

/**
 * @param {Session} session @param {string} name
 * @param {{ revision?: string, status?: 'Synced' | 'OutOfSync', health?: string }} expected
 */
async function waitForSync({ production, signal }, name, expected) {
  const { revision, status = 'Synced' } = expected;
  const health = 'health' in expected ? expected.health : 'Healthy';
  await waitFor(
    `application ${name} to be ${status}${health === undefined ? '' : ` and ${health}`}`,
    async () => {
      const app = (await production.get(`${APPLICATIONS}/${name}`))?.status;
      const seen = `${app?.sync?.status} ${app?.health?.status} at ${app?.sync?.revision}`;
      const asExpected =
        app?.sync?.status === status &&
        (health === undefined || app.health?.status === health) &&
        (revision === undefined || app.sync.revision === revision);
      if (!asExpected) throw new Error(`is ${seen}`);
      return true;
    },
    { ...SYNC_WAIT, signal },
  );
}

/** @param {Session} session @param {string} revision */
async function deliverByFlux(session, revision) {
  const { context, sampleDir } = session;
  const kubeconfig = adminKubeconfig(context.dir, 'staging');
  const start = join(sampleDir, 'clusters', 'staging', 'gitops.yaml');
  await kubectl({ ...context, kubeconfig }, ['apply', '--server-side', '-f', start]);
  await waitForFlux(session, revision);
}

/** @param {Session} session @param {string} revision */
async function followByFlux(session, revision) {
  await session.staging.mergePatch(GIT_REPOSITORY, {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } },
  });
  await waitForFlux(session, revision);
}

/** @param {Session} session @param {string} revision */
async function waitForFlux({ staging, signal }, revision) {
  const options = { ...SYNC_WAIT, signal };
  for (const name of FLUX_APPS) {
    const path = `${KUSTOMIZATIONS}/${name}`;
    await waitFor(
      `Kustomization ${name}`,
      async () => {
        const object = await staging.get(path);
        return isReady(object) && object.status.lastAppliedRevision.endsWith(revision);
      },
      options,
    );
  }
  await waitFor(
    'HelmRelease mailer',
    async () => {
      const object = await staging.get(`${HELM_RELEASES}/mailer`);
      const applied = object?.status?.history?.[0]?.chartVersion ?? '';
      return isReady(object) && applied.endsWith(revision.slice(0, 12));
    },
    options,
  );
}

/** @param {any} object whether Ready is true for the generation that the object has now */
function isReady(object) {
  const ready = object?.status?.conditions?.find(
    (/** @type {{ type: string }} */ condition) => condition.type === 'Ready',
  );
  const current = object?.status?.observedGeneration === object?.metadata?.generation;
  if (ready?.status !== 'True' || !current) throw new Error(ready?.message ?? 'no status yet');
  return true;
}
