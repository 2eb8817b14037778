import assert from 'node:assert/strict';
import { kubectlOf } from './clusters.mjs';

/** @typedef {{ at: [context: string, namespace: string, object: string], manager: string,
 *   value: [path: string, expected: string] }} Expected */

/** @type {readonly Expected[]} */
const EXPECTED = [
  {
    at: ['production', 'shop', 'deployment/shop-web'],
    manager: 'kubectl',
    value: ['.spec.replicas', '5'],
  },
  {
    at: ['production', 'shop', 'configmap/shop-incident-flags'],
    manager: 'kubectl-create',
    value: ['.data.FEATURE_GIFT_CARDS', 'false'],
  },
  {
    at: ['production', 'checkout', 'deployment/checkout'],
    manager: 'kubectl-edit',
    value: ['.spec.template.spec.containers[0].resources.limits.memory', '2Gi'],
  },
  {
    at: ['staging', 'shop', 'deployment/shop-web'],
    manager: 'kubectl-set',
    value: [
      '.spec.template.spec.containers[0].image',
      'registry.acme.example/shop/web:4.13.0-debug',
    ],
  },
  {
    at: ['staging', 'notifications', 'deployment/notifications-worker'],
    manager: 'kubectl',
    value: ['.spec.replicas', '4'],
  },
  {
    at: ['staging', 'mailer', 'deployment/mailer'],
    manager: 'kubectl-set',
    value: ['.spec.template.spec.containers[0].env[0].value', 'smtp'],
  },
  {
    at: ['production', 'status-page', 'configmap/status-page'],
    manager: 'kubectl-patch',
    value: ['.data.refresh-seconds', '5'],
  },
];

/** @param {import('../lab.mjs').Description} description */
export async function checkDrift(description) {
  const run = kubectlOf(description);
  for (const { at, manager, value } of EXPECTED) {
    const [context, namespace, object] = at;
    const get = ['--context', context, '-n', namespace, 'get', object, '--show-managed-fields'];
    const template = `jsonpath={${value[0]}}`;
    assert.equal(await run(...get, '-o', template), value[1], object);
    const managers = await run(...get, '-o', 'jsonpath={.metadata.managedFields[*].manager}');
    assert.ok(managers.split(' ').includes(manager), `${object} was changed by ${managers}`);
  }
  const service = ['get', 'service', 'checkout', '-n', 'checkout', '--context', 'production'];
  await assert.rejects(run(...service), /NotFound/);
  await checkPendingChange(run);
}

/** @param {(...args: string[]) => Promise<string>} run */
async function checkPendingChange(run) {
  const app = JSON.parse(
    await run('get', 'application', 'shop-production', '-n', 'argocd', '-ojson'),
  );
  const applied = app.status.operationState.syncResult.revision;
  assert.notEqual(applied, app.status.sync.revision, 'the last commit was synced already');
  const toPrune = app.status.resources
    .filter((/** @type {any} */ item) => item.requiresPruning && !item.hook)
    .map((/** @type {any} */ item) => item.name);
  assert.deepEqual(toPrune, ['shop-banner', 'shop-incident-flags']);
}
