import assert from 'node:assert/strict';
import { FaultProxy } from '../faultProxy.mjs';
import { KubeApi } from '../kube.mjs';

const DEPLOYMENTS = '/apis/apps/v1/deployments';
const SERVICES = '/api/v1/services';
const DELAY_MS = 150;

/** @param {import('../lab.mjs').Description} description */
export async function checkFaultProxy({ clusters }) {
  const cluster = clusters.production;
  assert.ok(cluster);
  const proxy = await FaultProxy.inFrontOf(cluster);
  const api = await KubeApi.forCluster({ ...cluster, server: proxy.server });
  try {
    assert.ok((await api.list(DEPLOYMENTS)).length > 0);
    await checkDelay(proxy, api);
    await checkAnswers(proxy, api);
    await checkCuts(proxy, api);
    proxy.faults = [];
    assert.ok((await api.list(DEPLOYMENTS)).length > 0);
    assert.ok(proxy.seen.length >= 7);
  } finally {
    api.close();
    await proxy.close();
  }
}

/** @param {FaultProxy} proxy @param {KubeApi} api */
async function checkDelay(proxy, api) {
  proxy.faults = [{ path: /deployments/, delayMs: DELAY_MS }];
  const started = Date.now();
  await api.list(DEPLOYMENTS);
  assert.ok(Date.now() - started >= DELAY_MS - 1, 'no delay');
}

/** @param {FaultProxy} proxy @param {KubeApi} api */
async function checkAnswers(proxy, api) {
  proxy.faults = [{ path: /\/services/, status: 403, message: 'services is forbidden' }];
  await assert.rejects(api.list(SERVICES), /403 services is forbidden/);
  await api.list(DEPLOYMENTS);
  proxy.faults = [{ status: 401, times: 1 }];
  await assert.rejects(api.list(SERVICES), /401/);
  await api.list(SERVICES);
  proxy.faults = [{ status: 500 }];
  await assert.rejects(api.list(SERVICES), /500/);
}

/** @param {FaultProxy} proxy @param {KubeApi} api */
async function checkCuts(proxy, api) {
  proxy.faults = [{ cut: 'half' }];
  await assert.rejects(api.list(DEPLOYMENTS), /aborted/);
  proxy.faults = [{ cut: 'reset' }];
  await assert.rejects(api.list(DEPLOYMENTS), /ECONNRESET|hang up/);
}
