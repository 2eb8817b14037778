import { listAt, textAt, valueAt } from '../model/fields';
import type { App, AppPolicy, IgnoreRule } from '../model/app';
import type { JsonObject, ResourceId } from '../model/resource';
import { matchesGlob } from '../diff/ignore';

/** What an Argo CD instance says of comparing, for every app that it controls. */
export interface ArgoCustomizations {
  readonly ignoreRules: readonly IgnoreRule[];
  /** `controller.diff.server.side` of `argocd-cmd-params-cm`. */
  readonly serverSideDiff: boolean;
  readonly exclusions: readonly ResourceFilter[];
  readonly inclusions: readonly ResourceFilter[];
  /** What Argo CD does and is not done here: one sentence each. */
  readonly limits: readonly string[];
}

/** `resource.exclusions` and `resource.inclusions`; an empty list stands for everything. */
export interface ResourceFilter {
  readonly label: string;
  readonly apiGroups: readonly string[];
  readonly kinds: readonly string[];
  readonly clusters: readonly string[];
}

export const CUSTOMIZATION = 'resource.customizations.ignoreDifferences.';
const STRUCTURED = ['resource.compareoptions', 'resource.exclusions', 'resource.inclusions'];

/** Keys of `argocd-cm` whose text is YAML that matters here. */
export function isStructured(key: string): boolean {
  return STRUCTURED.includes(key) || key.startsWith(CUSTOMIZATION);
}

/** Argo CD util/settings/resources_filter.go: high-volume kinds that are never watched. */
const CORE_EXCLUSIONS: readonly ResourceFilter[] = [
  { apiGroups: ['events.k8s.io', 'metrics.k8s.io'], kinds: [] },
  { apiGroups: [''], kinds: ['Event'] },
  { apiGroups: ['coordination.k8s.io'], kinds: ['Lease'] },
].map((filter) => ({ ...filter, clusters: [], label: 'the exclusions built into Argo CD' }));

export interface CustomizationInput {
  /** Parsed values by key of `argocd-cm`. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly serverSideDiff: boolean;
  /** `argocd-cm in argocd`: where the rules are from. */
  readonly from: string;
}

/** Argo CD util/settings/settings.go, `GetResourceOverrides` and `GetResourcesFilter`. */
export function customizationsOf(input: CustomizationInput): ArgoCustomizations {
  const { values, serverSideDiff, from } = input;
  const options = values.get('resource.compareoptions');
  const overrides = [...values].filter(([key]) => key.startsWith(CUSTOMIZATION));
  const aggregated = valueAt(options, 'ignoreAggregatedRoles') === true;
  return {
    ignoreRules: [
      ...overrides.flatMap(([key, value]) => overrideRules(key, value, from)),
      ...(aggregated ? [aggregatedRolesRule(from)] : []),
    ],
    serverSideDiff,
    exclusions: [...CORE_EXCLUSIONS, ...filtersOf('resource.exclusions', values, from)],
    inclusions: filtersOf('resource.inclusions', values, from),
    limits: statusLimits(options, from),
  };
}

function texts(value: unknown, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((one): one is string => typeof one === 'string');
}

/** `apps_Deployment`, `Service` (the core group) or `all`. */
function overrideRules(key: string, value: unknown, from: string): readonly IgnoreRule[] {
  const target = key.slice(CUSTOMIZATION.length);
  const parts = target.split('_');
  if (target === '' || parts.length > 2) return [];
  const [kind = '', group = ''] = [...parts].reverse();
  const selected = target === 'all' ? {} : { group, kind };
  const rule = {
    label: `${key} of ${from}`,
    ...selected,
    jsonPointers: texts(value, 'jsonPointers'),
    jqPathExpressions: texts(value, 'jqPathExpressions'),
    managedFieldsManagers: isExact(target) ? texts(value, 'managedFieldsManagers') : [],
  };
  return [rule];
}

/** Managers are looked up by the exact group and kind, so no wildcard and no bare kind finds them. */
function isExact(target: string): boolean {
  return target === 'all' || (target.includes('_') && !target.includes('*'));
}

function aggregatedRolesRule(from: string): IgnoreRule {
  return {
    label: `resource.compareoptions ignoreAggregatedRoles of ${from}`,
    group: 'rbac.authorization.k8s.io',
    kind: '*Role',
    jsonPointers: [],
    jqPathExpressions: ['select(.aggregationRule != null) | .rules'],
    managedFieldsManagers: [],
  };
}

function statusLimits(options: unknown, from: string): readonly string[] {
  const written = valueAt(options, 'ignoreResourceStatusField');
  const compared = new Map<unknown, string>([
    ['none', 'every kind'],
    ['off', 'every kind'],
    ['false', 'every kind'],
    [false, 'every kind'],
    ['crd', 'every kind but CustomResourceDefinition'],
  ]).get(written);
  if (compared === undefined) return [];
  return [
    `Argo CD compares the status of ${compared} (resource.compareoptions of ${from}); it is left out here.`,
  ];
}

function filtersOf(
  key: string,
  values: ReadonlyMap<string, unknown>,
  from: string,
): readonly ResourceFilter[] {
  return listAt(values.get(key)).map((entry) => ({
    label: `${key} of ${from}`,
    apiGroups: texts(entry, 'apiGroups'),
    kinds: texts(entry, 'kinds'),
    clusters: texts(entry, 'clusters'),
  }));
}

/** The policy of an app with what its Argo CD instance adds to it. */
export function withCustomizations(policy: AppPolicy, argo: ArgoCustomizations): AppPolicy {
  const asked = argo.serverSideDiff && !policy.compareOptions.includes('ServerSideDiff=false');
  return {
    ...policy,
    ...(asked && policy.comparison === 'three-way' ? { asksServer: true } : {}),
    ignoreRules: [...policy.ignoreRules, ...argo.ignoreRules],
  };
}

/** The setting that keeps Argo CD from looking at the object: exclusions win over inclusions. */
export function excludingRule(
  argo: ArgoCustomizations,
  { group, kind }: Pick<ResourceId, 'group' | 'kind'>,
  server: string,
): string | undefined {
  const isOf = (filter: ResourceFilter): boolean =>
    some(filter.apiGroups, (one) => matchesGlob(one, group)) &&
    some(filter.kinds, (one) => one === '*' || one === kind) &&
    isFor(filter, server);
  const excluded = argo.exclusions.find(isOf);
  if (excluded !== undefined) return excluded.label;
  if (argo.inclusions.some(isOf)) return undefined;
  return argo.inclusions.find((filter) => isFor(filter, server))?.label;
}

const EXCLUDED = /^Resource ([^\s/]*)\/(\S+) (\S+) is excluded in the settings$/;

/**
 * Whether Argo CD said that it left the object out when it compared the app last (`controller/state.go`,
 * which names no namespace): its API does not tell of the setting.
 */
export function excludedByWord(
  { reported }: Pick<App, 'reported'>,
  { group, kind, name }: ResourceId,
): string | undefined {
  const isSaid = listAt(reported, 'status', 'conditions').some((condition) => {
    if (textAt(condition, 'type') !== 'ExcludedResourceWarning') return false;
    const [, ...said] = EXCLUDED.exec(textAt(condition, 'message') ?? '') ?? [];
    return [group, kind, name].every((part, at) => said[at] === part);
  });
  return isSaid ? 'its settings exclude such objects, as it says of the app' : undefined;
}

function some(list: readonly string[], test: (one: string) => boolean): boolean {
  return list.length === 0 || list.some(test);
}

function isFor({ clusters }: ResourceFilter, server: string): boolean {
  return some(clusters, (one) => matchesGlob(one, server));
}

/** The address by which Argo CD knows the destination of an app. */
export function destinationServer(
  { destination }: Pick<App, 'destination'>,
  known: readonly { readonly name: string; readonly server: string }[],
): string {
  const { cluster } = destination;
  if (cluster.kind === 'server') return cluster.server;
  if (cluster.kind !== 'name') return 'https://kubernetes.default.svc';
  return known.find(({ name }) => name === cluster.name)?.server ?? '';
}

/** One YAML text a key, so that a broken one leaves the others readable. */
export function asDocument(text: string): string {
  return `value:\n${text.replaceAll(/^/gm, '  ')}\n`;
}

export function valueOfDocument(document: JsonObject): unknown {
  return valueAt(document, 'value');
}

export function isTrue(settings: Readonly<Record<string, string>>, key: string): boolean {
  return /^(1|t|true)$/i.test(textAt(settings, key) ?? '');
}
