import { describe, expect, it } from 'vitest';
import type { AppPolicy } from '../../../src/model/app';
import { customizationsOf } from '../../../src/pipeline/argoCustomizations';
import type { TrackingSettings } from '../../../src/pipeline/clusterSession';
import { instanceRules } from '../../../src/pipeline/instanceRules';
import { argoPolicy } from '../diff/builders';

const usual: TrackingSettings = {
  method: 'annotation',
  labelKey: 'app.kubernetes.io/instance',
  controllerNamespace: 'argocd',
};

interface Given {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly serverSideDiff?: boolean;
  readonly tracking?: Partial<TrackingSettings>;
  readonly policy?: Partial<AppPolicy>;
  readonly limits?: readonly string[];
}

function rules({ values = {}, serverSideDiff = false, tracking, policy, limits = [] }: Given) {
  const from = 'argocd-cm in argocd';
  const argo = customizationsOf({ values: new Map(Object.entries(values)), serverSideDiff, from });
  const session = { argo, argoLimits: limits, tracking: { ...usual, ...tracking } };
  return instanceRules(session, { policy: { ...argoPolicy, ...policy } });
}

const parameter = 'controller.diff.server.side of argocd-cmd-params-cm in argocd';
const rule = 'resource.customizations.ignoreDifferences.';

describe('what an Argo CD instance decides about a comparison', () => {
  it.each<[string, Given, readonly string[]]>([
    ['nothing but defaults', {}, []],
    [
      'server-side diff',
      { serverSideDiff: true },
      [
        `${parameter} has every app compared on the server; its sync merges on the client all the same.`,
      ],
    ],
    [
      'server-side diff of an app that applies there',
      { serverSideDiff: true, policy: { comparison: 'server-side' } },
      [`${parameter} has every app compared on the server.`],
    ],
    [
      'server-side diff that an app does not want',
      { serverSideDiff: true, policy: { compareOptions: ['ServerSideDiff=false'] } },
      [
        `${parameter} has every app compared on the server, and this one says ServerSideDiff=false.`,
      ],
    ],
    [
      'ignored differences',
      { values: { [`${rule}apps_Deployment`]: { jsonPointers: ['/spec/replicas'] } } },
      [`Rules for all apps: ${rule}apps_Deployment of argocd-cm in argocd.`],
    ],
    [
      'what is left out and what is looked at',
      {
        values: {
          'resource.exclusions': [
            { apiGroups: [''], kinds: ['Endpoints', 'Pod'] },
            { apiGroups: ['cilium.io'], kinds: ['*'] },
            { apiGroups: ['', 'acme.example'] },
          ],
          'resource.inclusions': [{ apiGroups: ['*'], clusters: ['https://eu'] }],
        },
      },
      [
        'resource.exclusions of argocd-cm in argocd leaves out Endpoints, Pod, every kind of cilium.io, every kind of the core group, acme.example.',
        'resource.inclusions of argocd-cm in argocd looks only at every kind in https://eu.',
      ],
    ],
    [
      'how it tracks',
      { tracking: { method: 'label', installationId: 'eu' } },
      [
        'Objects are tracked by the label app.kubernetes.io/instance (application.resourceTrackingMethod).',
        'Objects are those of the installation eu (installationID).',
      ],
    ],
    [
      'what could not be read',
      { limits: ['argocd-cm could not be read.'] },
      ['argocd-cm could not be read.'],
    ],
  ])('%s', (_name, given, expected) => {
    expect(rules(given)).toEqual(expected);
  });

  it('names a few of many rules', () => {
    const kinds = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const values = Object.fromEntries(
      kinds.map((kind) => [`${rule}${kind}`, { jsonPointers: ['/x'] }]),
    );
    expect(rules({ values })[0]).toMatch(/ and 2 more\.$/);
  });

  it('is nothing where no Argo CD is known', () => {
    const none = { argo: undefined, argoLimits: [], tracking: undefined };
    expect(instanceRules(none, { policy: argoPolicy })).toEqual([]);
  });
});
