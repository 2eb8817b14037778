import { describe, expect, it } from 'vitest';
import type { App, DestinationCluster } from '../../../src/model/app';
import type { ContextRef } from '../../../src/model/cluster';
import type { LogicalCluster } from '../../../src/model/config';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { ClusterSession } from '../../../src/pipeline/clusterSession';
import type { Core } from '../../../src/pipeline/core';
import { isProtected } from '../../../src/pipeline/protection';
import { memoryCluster } from './memoryCluster';

const HOST = 'argocd.acme.example';
const INSIDE = 'https://kubernetes.default.svc';
const FAR = 'https://far.k8s.acme.example:6443';

function sessionOf(name: string, context: ContextRef, server: string): ClusterSession {
  const session = createClusterSession(name);
  const cluster = { ...memoryCluster().cluster, context, server };
  return { ...session, cluster, argoClusters: [{ name: 'far', server: FAR }] };
}

const argo = sessionOf(
  'in-cluster (2)',
  { file: `argocd:${HOST}`, name: 'in-cluster' },
  'https://kubernetes.default.svc',
);
const eu = sessionOf('eu', { file: '/kube', name: 'eu-context' }, 'https://eu.acme.example');

interface Rules {
  readonly setting?: readonly string[];
  readonly declared?: readonly Partial<LogicalCluster>[];
}

interface Writes {
  readonly session?: ClusterSession;
  readonly to?: DestinationCluster;
  readonly destinationCluster?: string;
}

function judge({ setting = [], declared = [] }: Rules, writes: Writes = {}): boolean {
  const { session = argo, to = { kind: 'control' }, destinationCluster } = writes;
  const clusters = declared.map((one) => ({
    name: 'production',
    destinations: [],
    folders: [],
    protected: true,
    ...one,
  }));
  const core = {
    settings: { protectedClusters: setting },
    roots: new Map([['/repo', { discovery: { config: { clusters } } }]]),
    clusters: new Map([
      [argo.name, argo],
      [eu.name, eu],
    ]),
    store: { state: () => ({ clusters: [{ name: 'unopened', server: 'https://un.example' }] }) },
  } as unknown as Core;
  const app = {
    destination: { cluster: to, namespace: 'shop' },
    ...(destinationCluster === undefined ? {} : { destinationCluster }),
  } as App;
  return isProtected(core, session, app);
}

describe('a protected cluster', () => {
  const far: DestinationCluster = { kind: 'server', server: `${FAR}/` };
  it.each<[string, string, Writes]>([
    ['its name in the tree', 'in-cluster (2)', {}],
    ['its name in Argo CD', 'in-cluster', {}],
    ['what it says of itself', `${INSIDE}/`, {}],
    ['the address of its Argo CD', `argocd:${HOST}`, {}],
    ['that address in other words', `argocd:${HOST.toUpperCase()}:443`, {}],
    ['that address as a browser has it', `https://${HOST}/`, {}],
    ['the address that its objects go to', 'https://FAR.k8s.acme.example:6443', { to: far }],
    ['the name of that in Argo CD', 'far', { to: far }],
    ['that address, where an app gives the name', FAR, { to: { kind: 'name', name: 'far' } }],
    ['the Argo CD between, wherever they go', `argocd:${HOST}`, { to: far }],
    ['the cluster that they go to', 'eu', { to: far, destinationCluster: 'eu' }],
    ['its address', 'https://eu.acme.example:443', { to: far, destinationCluster: 'eu' }],
    [
      'the address of one that nobody opened',
      'https://un.example',
      { to: far, destinationCluster: 'unopened' },
    ],
    ['the name of a kubeconfig', 'eu-context', { session: eu }],
    [
      'the name that a pipeline has',
      'prod',
      { session: eu, to: { kind: 'context', name: 'prod' } },
    ],
  ])('is told by %s', (_name, rule, writes) => {
    expect(judge({ setting: [rule] }, writes)).toBe(true);
    expect(judge({ declared: [{ destinations: [rule] }] }, writes)).toBe(true);
    expect(judge({ declared: [{ name: rule }] }, writes)).toBe(true);
    expect(judge({ declared: [{ destinations: [rule], protected: false }] }, writes)).toBe(false);
  });

  it.each<[string, Writes]>([
    ['in', {}],
    ['argocd:other.acme.example', {}],
    ['argocd:', {}],
    [FAR, {}],
    ['far', {}],
    [INSIDE, { session: eu, to: far }],
    [`argocd:${HOST}`, { session: eu }],
    ['secret', { session: eu, to: { kind: 'kubeconfig-secret', secret: 'secret' } }],
  ])('is not told by %s', (rule, writes) => {
    expect(judge({ setting: [rule], declared: [{ name: rule }] }, writes)).toBe(false);
  });
});
