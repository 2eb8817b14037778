import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAt, textAt } from '../../src/model/fields';
import type { KubeObject } from '../../src/model/resource';
import { healthOf } from '../../src/sync/health';
import { realRenderer } from '../unit/render/engine';
import type { LabCluster } from './liveLab';
import { connectTo, describeLab, labState, never, object } from './liveLab';

interface ArgoServer {
  readonly url: string;
  readonly token: string;
}

interface Judged {
  readonly name: string;
  readonly object: KubeObject;
  readonly argo: string;
}

const renderer = realRenderer({ maxEngines: 1 });

async function ask(path: string): Promise<unknown> {
  const { argocd } = JSON.parse(readFileSync(labState ?? '', 'utf8')) as { argocd: ArgoServer };
  const headers = { authorization: `Bearer ${argocd.token}` };
  const response = await fetch(`${argocd.url}/api/v1${path}`, { headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}

/** Every object of an app that Argo CD gives a health to, its Pods and ReplicaSets too. */
async function judged(cluster: LabCluster, app: string): Promise<readonly Judged[]> {
  const tree = await ask(`/applications/${app}/resource-tree`);
  const found = await Promise.all(
    listAt(tree, 'nodes').map(async (node): Promise<readonly Judged[]> => {
      const [group, kind] = [textAt(node, 'group') ?? '', textAt(node, 'kind') ?? ''];
      const version = textAt(node, 'version') ?? '';
      const argo = textAt(node, 'health', 'status');
      if (argo === undefined) return [];
      const id = { name: textAt(node, 'name') ?? '', namespace: textAt(node, 'namespace') ?? '' };
      const apiVersion = group === '' ? version : `${group}/${version}`;
      const read = await cluster.get(object(apiVersion, kind, id));
      const name = `${app}: ${kind} ${id.name}`;
      return read.kind === 'ok' ? [{ name, object: read.value, argo }] : [];
    }),
  );
  return found.flat();
}

describe.skipIf(labState === undefined)("the health that the lab's Argo CD sees", () => {
  const held: { all: readonly Judged[] } = { all: [] };

  beforeAll(async () => {
    const cluster = await connectTo(describeLab(), 'production');
    const apps = listAt(await ask('/applications'), 'items').flatMap((app) => {
      const here = textAt(app, 'spec', 'destination', 'server')?.includes('kubernetes.default');
      return here === true ? [textAt(app, 'metadata', 'name') ?? ''] : [];
    });
    held.all = (await Promise.all(apps.map((app) => judged(cluster, app)))).flat();
  });
  afterAll(() => renderer.dispose());

  it('is ours, of every object of every seeded app', async () => {
    const statuses = await renderer.health(
      held.all.map((one) => one.object),
      never,
    );
    const ours = held.all.map((one, index) => {
      const kstatus = statuses[index] ?? { status: 'Unknown', message: '' };
      return `${one.name}: ${healthOf(one.object, kstatus, 'argocd').status}`;
    });
    expect(ours).toEqual(held.all.map(({ name, argo }) => `${name}: ${argo}`));
    expect(held.all.length).toBeGreaterThan(10);
    expect(new Set(held.all.map((one) => one.object.kind)).size).toBeGreaterThan(3);
  });
});
