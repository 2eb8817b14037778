import { readFileSync } from 'node:fs';
import { desiredObjects } from '../../../src/diff/desired';
import type { DesiredInput, DesiredObject } from '../../../src/diff/desired';
import { pairLive } from '../../../src/diff/pair';
import type { Pair } from '../../../src/diff/pair';
import type { AppPolicy } from '../../../src/model/app';
import type { RenderSource } from '../../../src/model/render';
import { resourceIdOf, resourceKey } from '../../../src/model/resource';
import type { KubeObject } from '../../../src/model/resource';
import { argoPolicy, fluxPolicy, helmPolicy } from './builders';

/**
 * Objects as real controllers rendered and real API servers returned them: the lab's sample, after
 * people changed it by hand (test/lab/drift.mjs).
 */
interface Recording {
  readonly recorded: { readonly cluster: string; readonly namespace: string };
  readonly target: readonly KubeObject[];
  /** Where the applied revision is not the target. */
  readonly applied?: readonly KubeObject[];
  readonly live: readonly KubeObject[];
  /** Answers to server-side dry runs by the controller's field manager. */
  readonly predicted?: readonly KubeObject[];
}

export type RecordedName =
  | 'shop-production'
  | 'shop-staging'
  | 'checkout-production'
  | 'platform'
  | 'notifications'
  | 'infrastructure'
  | 'status-page'
  | 'mailer';

const directory: RenderSource = { kind: 'directory', path: '', recurse: false };
const mailerChart: RenderSource = {
  kind: 'helm',
  path: 'charts/mailer',
  releaseName: 'mailer',
  namespace: 'mailer',
  valueFiles: [],
  includeCrds: false,
};
const argo = { tool: 'argocd', kind: 'Application', namespace: 'argocd' } as const;
const flux = { tool: 'flux', kind: 'Kustomization', namespace: 'flux-system' } as const;

type TestApp = Pick<DesiredInput['app'], 'tool' | 'kind' | 'namespace' | 'policy'>;

const apps: Readonly<Record<RecordedName, TestApp>> = {
  'shop-production': { ...argo, policy: { ...argoPolicy, prune: false } },
  'shop-staging': { ...argo, policy: argoPolicy },
  'checkout-production': {
    ...argo,
    policy: {
      ...argoPolicy,
      comparison: 'server-side',
      syncOptions: ['ServerSideApply=true', 'RespectIgnoreDifferences=true'],
      ignoreRules: [
        {
          label: 'spec.ignoreDifferences[0] of Application checkout-production',
          group: 'apps',
          kind: 'Deployment',
          name: 'checkout',
          jsonPointers: ['/spec/replicas'],
          jqPathExpressions: [],
          managedFieldsManagers: [],
        },
      ],
    },
  },
  platform: { ...argo, policy: argoPolicy },
  notifications: {
    ...flux,
    policy: { ...fluxPolicy, commonMetadata: { labels: { team: 'customer-care' } } },
  },
  infrastructure: { ...flux, policy: fluxPolicy },
  'status-page': {
    tool: 'push',
    kind: 'Folder',
    namespace: '',
    policy: { ...argoPolicy, fieldManager: 'kubectl-client-side-apply' },
  },
  mailer: { ...flux, kind: 'HelmRelease', policy: helmPolicy },
};

export const recordedNames = Object.keys(apps) as readonly RecordedName[];

export interface RecordedPair {
  readonly pair: Pair;
  readonly applied?: DesiredObject;
  readonly predicted?: KubeObject | undefined;
}

export interface Recorded {
  readonly policy: AppPolicy;
  readonly pairs: readonly RecordedPair[];
}

export function recorded(name: RecordedName): Recorded {
  const file = new URL(`../../fixtures/live/${name}.json`, import.meta.url);
  const recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  const target = desiredOf(name, recording, recording.target);
  const applied = desiredOf(name, recording, recording.applied ?? recording.target);
  const answers = new Map(
    (recording.predicted ?? []).map((o) => [resourceKey(resourceIdOf(o)), o]),
  );
  const pairs = pairLive(target, recording.live).map((pair): RecordedPair => {
    const key = resourceKey(pair.id);
    const before = applied.find((object) => resourceKey(object.id) === key);
    const predicted = answers.get(key);
    return { pair, ...(before ? { applied: before } : {}), ...(predicted ? { predicted } : {}) };
  });
  return { policy: apps[name].policy, pairs };
}

function desiredOf(
  name: RecordedName,
  recording: Recording,
  objects: readonly KubeObject[],
): readonly DesiredObject[] {
  const render = name === 'mailer' ? mailerChart : directory;
  const app: DesiredInput['app'] = {
    ...apps[name],
    name,
    source: { kind: 'local', root: '/repository', render },
    destination: { cluster: { kind: 'control' }, namespace: recording.recorded.namespace },
  };
  return desiredObjects({
    app,
    objects: objects.map((object) => ({
      object,
      origin: { path: `${name}.yaml` },
      role: object.metadata.annotations?.['helm.sh/hook'] ? 'hook' : 'resource',
      generated: [],
    })),
    isNamespaced: () => undefined,
  });
}
