import { groupOf } from '../../src/model/resource';
import type { JsonObject } from '../../src/model/resource';
import { textOf } from './liveLab';
import { scenariosOf } from './liveMatrixCases';
import { configMap, isArgo, named, releaseWays, ways } from './liveMatrixObjects';
import type { Way } from './liveMatrixObjects';

export const appOptions: Readonly<Partial<Record<Way, readonly string[]>>> = {
  'argo-ssa': ['ServerSideApply=true'],
  'argo-options': ['RespectIgnoreDifferences=true', 'ApplyOutOfSyncOnly=true', 'PruneLast=true'],
};

export function applicationOf(
  way: Way,
  place: { readonly id: string; readonly url: string },
): JsonObject {
  const options = appOptions[way] ?? [];
  const compare = { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' };
  const rules = scenariosOf(way, '').flatMap(({ name, base, ignore }) =>
    ignore === undefined
      ? []
      : [{ group: groupOf(base.apiVersion), kind: base.kind, name, ...ignore }],
  );
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: `${place.id}-${way}`,
      namespace: 'argocd',
      ...(way === 'argo-ssd' ? { annotations: compare } : {}),
    },
    spec: {
      project: 'default',
      source: { repoURL: place.url, targetRevision: 'main', path: `ways/${way}` },
      destination: { server: 'https://kubernetes.default.svc', namespace: `${place.id}-${way}` },
      ignoreDifferences: rules,
      syncPolicy: { syncOptions: options },
    },
  };
}

/** What becomes of the objects of a Kustomization that goes: by its policy, and whether it prunes. */
export const deletions: readonly (readonly [policy: string, prune: boolean])[] = [
  ['MirrorPrune', false],
  ['Delete', false],
  ['Orphan', true],
  ['WaitForTermination', false],
];

/** By its own name the ConfigMap that is all it has. */
export function deletionName(policy: string): string {
  return `deletion-${policy.toLowerCase()}`;
}

function deletionObjects(id: string): readonly JsonObject[] {
  return deletions.map(([deletionPolicy, prune]) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: deletionName(deletionPolicy), namespace: `${id}-flux` },
    spec: {
      interval: '1h',
      prune,
      deletionPolicy,
      path: `./ways/${deletionName(deletionPolicy)}`,
      targetNamespace: `${id}-flux`,
      sourceRef: { kind: 'GitRepository', name: `${id}-flux` },
    },
  }));
}

export function fluxObjects({
  id,
  url,
}: {
  readonly id: string;
  readonly url: string;
}): readonly JsonObject[] {
  const metadata = { name: `${id}-flux`, namespace: `${id}-flux` };
  const ignore = scenariosOf('flux', '').flatMap(({ name, base, ignore: rule }) =>
    rule?.jsonPointers === undefined
      ? []
      : [{ paths: rule.jsonPointers, target: { kind: base.kind, name } }],
  );
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: { url, interval: '1h', ref: { branch: 'main' } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        interval: '1h',
        prune: true,
        path: './ways/flux',
        targetNamespace: `${id}-flux`,
        sourceRef: { kind: 'GitRepository', name: `${id}-flux` },
        ignore,
      },
    },
    ...deletionObjects(id),
  ];
}

const driftModes: Readonly<Partial<Record<Way, string>>> = {
  helmrelease: 'enabled',
  'helmrelease-warn': 'warn',
};

export function releaseOf(way: Way, id: string): JsonObject {
  const name = `${id}-${way}`;
  const ignore = scenariosOf(way, '').flatMap(({ name: object, base, ignore: rule }) =>
    rule?.jsonPointers === undefined
      ? []
      : [{ paths: rule.jsonPointers, target: { kind: base.kind, name: object } }],
  );
  const sourceRef = { kind: 'GitRepository', name: `${id}-flux`, namespace: `${id}-flux` };
  const mode = driftModes[way];
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace: name },
    spec: {
      interval: '1h',
      releaseName: way,
      chart: { spec: { chart: `./ways/${way}`, sourceRef, interval: '1h' } },
      install: { disableWait: true },
      ...(mode === undefined ? {} : { driftDetection: { mode, ignore } }),
    },
  };
}

function isChart(way: Way): boolean {
  return way.startsWith('helm');
}

export function manifestPath(way: Way, name: string): string {
  return isChart(way) ? `ways/${way}/templates/${name}.yaml` : `ways/${way}/${name}.yaml`;
}

export function filesOf(place: {
  readonly id: string;
  readonly url: string;
  readonly group: string;
}) {
  const { id } = place;
  const workflow = [
    'on: push',
    'jobs:',
    '  deploy:',
    '    runs-on: ubuntu-latest',
    '    steps:',
    `      - run: helm upgrade --install --force-conflicts matrix ways/helm --namespace ${id}-helm --kube-context staging`,
    `      - run: helm upgrade --install polite ways/helm-polite --namespace ${id}-helm-polite --kube-context staging`,
    `      - run: kubectl apply --namespace ${id}-kubectl --context staging -f ways/kubectl`,
    `      - run: kubectl apply --server-side --namespace ${id}-kubectl-ssa --context staging -f ways/kubectl-ssa`,
    '',
  ];
  const clusters = [
    { name: 'production', folders: ['argo/**'] },
    { name: 'staging', destinations: ['staging'], folders: ['flux/**', '.github/**', 'ways/**'] },
  ];
  const manifests = ways.flatMap((way) =>
    scenariosOf(way, place.group).map(({ name, base }) => [
      manifestPath(way, name),
      JSON.stringify(base),
    ]),
  );
  const argo = ways
    .filter(isArgo)
    .map((way) => [`argo/${way}.json`, JSON.stringify(applicationOf(way, place))]);
  return Object.fromEntries([
    ...manifests,
    ...argo,
    ...fluxObjects(place).map((object) => [
      `flux/${textOf(object, 'kind')}-${textOf(object['metadata'], 'name')}.json`,
      JSON.stringify(object),
    ]),
    ...deletions.map(([policy]) => {
      const name = deletionName(policy);
      return [`ways/${name}/map.yaml`, JSON.stringify(named(name, configMap))];
    }),
    ['.plumbline.yaml', JSON.stringify({ clusters })],
    ['.github/workflows/deploy.yaml', workflow.join('\n')],
    ...releaseWays.map((way) => [`flux/${way}.json`, JSON.stringify(releaseOf(way, id))]),
    ...ways
      .filter(isChart)
      .map((way) => [`ways/${way}/Chart.yaml`, 'apiVersion: v2\nname: matrix\nversion: 1.0.0\n']),
  ]) as Readonly<Record<string, string>>;
}
