import { afterEach, describe, expect, it } from 'vitest';
import { withholdSteps } from '../../../src/diff/withhold';
import type { AppState } from '../../../src/model/appState';
import { formOf, withAllValues } from '../../../src/model/withheld';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import type { PooledRenderer } from '../../../src/render/renderer';
import { createRepository, REMOTE } from '../../integration/pipelineWorld';
import { createFolder, realRenderer } from '../render/engine';
import { EU, memoryCluster, memoryClusters, object } from './memoryCluster';
import type { MemoryCluster } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';

const never = new AbortController().signal;
const owned: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of owned.splice(0).reverse()) await end();
});

const PASSWORD = 'CANARY-8f3c';
const SECRET = `apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: ${PASSWORD}
`;
const APPLICATION = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source: {repoURL: "${REMOTE}", path: web, targetRevision: main}
  destination: {name: eu, namespace: shop}
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: web
          env: [{name: URL, value: "db://${PASSWORD}@db"}]
`;

interface World extends MemoryCluster {
  readonly workbench: CoreWorkbench;
  readonly renderer: PooledRenderer;
}

/** One window on a folder, its renders beside those of other windows. */
async function window(root: string, renders: string): Promise<World> {
  const live = object('v1', 'Secret', 'db', {
    data: { password: Buffer.from('other').toString('base64') },
    metadata: {
      name: 'db',
      namespace: 'shop',
      uid: 'u1',
      managedFields: [
        {
          manager: 'argocd-controller',
          operation: 'Apply',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:password': {} } },
        },
      ],
    },
  });
  const memory = memoryCluster({ objects: [live] });
  const renderer = realRenderer({
    maxEngines: 1,
    renders: { folder: renders, withhold: withholdSteps },
  });
  const workbench = memoryWorkbench({
    clusters: () => memoryClusters(memory.cluster, [EU]),
    renderer,
    settings: { assignments: { web: 'eu', 'argocd/web': 'eu' } },
  });
  owned.push(async () => {
    await renderer.written();
    workbench.dispose();
  });
  workbench.setFolders([root]);
  await workbench.whenIdle();
  return Object.assign(memory, { workbench, renderer });
}

function web({ workbench }: World): AppState {
  const found = workbench.state().apps.find(({ app }) => app.name === 'web');
  if (found === undefined) throw new Error('no app web');
  return found;
}

function objectsOf(world: World) {
  const { working } = web(world);
  if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
  return working.desired.objects;
}

/** Two windows on one folder: one that rendered it, and one that found that on disk. */
async function reopened(change?: (file: (path: string) => string) => void) {
  const repository = createRepository({
    'app.yaml': APPLICATION,
    'web/secret.yaml': SECRET,
    'web/deployment.yaml': DEPLOYMENT,
    'web/kustomization.yaml': 'resources: [secret.yaml, deployment.yaml]\n',
  });
  const renders = createFolder();
  owned.push(repository.remove, renders.remove);
  change?.(repository.file);
  if (change !== undefined) {
    repository.write({ 'web/secret.yaml': SECRET.replace(PASSWORD, `${PASSWORD}-new`) });
  }
  const first = await window(repository.path, renders.path);
  await first.renderer.written();
  const next = await window(repository.path, renders.path);
  return { repository, first, next, key: web(next).app.key };
}

describe('an app that comes from disk without the values of its Secrets', () => {
  it('is found without a render, and says so in its type', async () => {
    const { first, next } = await reopened();
    expect(withAllValues(objectsOf(first))).toBeDefined();
    expect(withAllValues(objectsOf(next))).toBeUndefined();
    expect(next.renderer.stats().diskHits).toBe(1);
    const form = formOf(objectsOf(next));
    expect(form.map((one) => one.object.kind)).toEqual(
      objectsOf(first).map((one) => one.object.kind),
    );
    expect(JSON.stringify(form)).not.toContain(PASSWORD);
    expect(web(next).problems).toEqual(web(first).problems);
    expect(web(next).local).toEqual(web(first).local);
  });

  it('is rendered again for a document, which is then that of any window', async () => {
    const { first, next, key } = await reopened();
    const request = { kind: 'rendered', appKey: key } as const;
    const before = await first.workbench.document(request, never);
    const shown = await next.workbench.document(request, never);
    expect(shown).toEqual(before);
    expect(JSON.stringify(shown)).toContain(`<secret ${PASSWORD.length}>`);
    expect(withAllValues(objectsOf(next))).toEqual(withAllValues(objectsOf(first)));
  });

  it('is rendered again for who asks for the values themselves', async () => {
    const { next, key } = await reopened();
    const objects = await next.workbench.objects(key, { showSecrets: true }, never);
    expect(JSON.stringify(objects)).toContain(`"password":"${PASSWORD}"`);
    expect(JSON.stringify(objects)).toContain(`db://${PASSWORD}@db`);
  });

  it('is rendered again to be compared with any revision', async () => {
    const { next, key } = await reopened();
    expect(await next.workbench.compareWith(key, 'HEAD', never)).toEqual([]);
  });

  it('is compared with its target by its values where it differs from it', async () => {
    const { first, next } = await reopened(() => undefined);
    const { local } = web(next);
    expect(local).toEqual(web(first).local);
    if (local.kind !== 'compared') throw new Error(local.kind);
    const [change, ...others] = local.comparison.changes;
    expect(others).toEqual([]);
    expect([change?.id.kind, change?.action]).toEqual(['Secret', 'changed']);
    expect(JSON.stringify(local)).not.toContain(PASSWORD);
    expect(JSON.stringify(local)).not.toContain('plumbline/withheld');
  });

  it('sends a cluster the values of Git, and never a digest', async () => {
    const repository = createRepository({});
    const renders = createFolder();
    owned.push(repository.remove, renders.remove);
    // Without a commit, what is compared with the cluster is the working copy.
    const app = `${APPLICATION}  syncPolicy: {syncOptions: [ServerSideApply=true]}\n`;
    repository.write({ 'app.yaml': app, 'web/secret.yaml': SECRET });
    await (await window(repository.path, renders.path)).renderer.written();
    const next = await window(repository.path, renders.path);
    expect(withAllValues(objectsOf(next))).toBeUndefined();
    await next.workbench.openCluster('eu', never);
    await next.workbench.compareLive(web(next).app.key, never);
    await next.workbench.whenIdle();
    const { live } = web(next);
    if (live.kind !== 'compared') throw new Error(JSON.stringify(live));
    expect(live.comparison.changes.map(({ id }) => id.kind)).toContain('Secret');
    const sent = JSON.stringify(next.patches);
    expect(sent).not.toContain('plumbline/withheld');
    expect(sent).toMatch(new RegExp(`${PASSWORD}|${Buffer.from(PASSWORD).toString('base64')}`));
    expect(JSON.stringify(next.workbench.state())).not.toContain('plumbline/withheld');
  });

  it('shows no digest of what can no longer be rendered', async () => {
    const { repository, next, key } = await reopened();
    next.workbench.setBuffer(repository.file('web/kustomization.yaml'), 'a: [');
    await next.workbench.whenIdle();
    expect(web(next).working).toMatchObject({ kind: 'invalid', lastGood: {} });
    const shown = await next.workbench.document({ kind: 'rendered', appKey: key }, never);
    expect(shown).toMatchObject({ kind: 'refusal' });
    expect(JSON.stringify(shown)).not.toContain('plumbline/withheld');
  });
});
