import assert from 'node:assert/strict';
import { isAlive } from '../cache.mjs';
import { KubeApi } from '../kube.mjs';
import { waitFor } from '../net.mjs';

const PART = 'staging-apiserver';

/** An API server goes away and comes back with its objects. @param {import('../lab.mjs').Lab} lab */
export async function checkRestart(lab) {
  const cluster = lab.description.clusters.staging;
  assert.ok(cluster);
  const before = lab.description.pids[PART] ?? 0;
  await lab.kill(PART);
  assert.ok(!isAlive(before));
  const api = await KubeApi.forCluster(cluster);
  try {
    await assert.rejects(api.get('/readyz'), /ECONNREFUSED|ECONNRESET/);
    await lab.restart(PART);
    await waitFor('the restarted API server', async () => {
      return (await api.send('GET', '/readyz')).status === 200;
    });
    assert.ok((await api.list('/apis/apps/v1/deployments')).length > 0);
    assert.ok((lab.description.pids[PART] ?? 0) !== before);
  } finally {
    api.close();
  }
}
