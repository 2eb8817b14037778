import assert from 'node:assert/strict';
import { kubectl } from '../kubectl.mjs';
import { waitFor } from '../net.mjs';

/** @typedef {import('../lab.mjs').Description} Description */

/** @param {Description} description @param {string} [kubeconfig] */
export function kubectlOf({ tools, dir, kubeconfig: admin }, kubeconfig = admin) {
  /** @type {(...args: string[]) => Promise<string>} */
  const run = (...args) => kubectl({ tools, dir, kubeconfig }, args);
  return run;
}

/** @param {Description} description */
export async function checkClusters(description) {
  const run = kubectlOf(description);
  for (const context of ['production', 'staging']) {
    const at = ['--context', context, '-n', 'default'];
    const version = JSON.parse(await run(...at, 'version', '-o', 'json'));
    assert.equal(version.serverVersion.gitVersion, 'v1.36.3');
    await run(...at, 'create', 'deployment', 'probe', '--image=probe', '--replicas=2');
    await waitFor(`two pods on ${context}`, async () => {
      const out = await run(...at, 'get', 'deployment', 'probe', '-o', 'json');
      return JSON.parse(out).status.readyReplicas === 2;
    });
    await run(...at, 'delete', 'deployment', 'probe');
  }
  await run('--context', 'staging', 'create', 'namespace', 'only-staging');
  const onProduction = await run('--context', 'production', 'get', 'namespaces', '-o', 'name');
  assert.ok(!onProduction.includes('only-staging'), 'the clusters share their objects');
  await run('--context', 'staging', 'delete', 'namespace', 'only-staging');
}

/** @param {Description} description */
export async function checkUsers(description) {
  const { kubeconfigViewer, kubeconfigNamespaced, namespacedNamespace } = description;
  const viewer = kubectlOf(description, kubeconfigViewer);
  for (const context of ['production-viewer', 'staging-viewer']) {
    const at = ['--context', context];
    await viewer(...at, 'get', 'deployments,services,configmaps', '-A');
    await assert.rejects(viewer(...at, 'get', 'secrets', '-A'), /Forbidden/);
    const patch = ['annotate', 'namespace', 'default', 'probe=1'];
    await assert.rejects(viewer(...at, ...patch, '--dry-run=server'), /Forbidden/);
  }
  await viewer('--context', 'production-viewer', 'get', 'applications', '-A');
  await viewer('--context', 'staging-viewer', 'get', 'kustomizations,helmreleases', '-A');
  const namespaced = kubectlOf(description, kubeconfigNamespaced);
  await namespaced('get', 'deployments', '-n', namespacedNamespace);
  await assert.rejects(namespaced('get', 'deployments', '-n', 'checkout'), /Forbidden/);
  await assert.rejects(namespaced('get', 'namespaces'), /Forbidden/);
}
