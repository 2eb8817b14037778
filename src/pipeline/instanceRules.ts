import type { App, AppPolicy } from '../model/app';
import type { ArgoCustomizations, ResourceFilter } from './argoCustomizations';
import type { ClusterSession, TrackingSettings } from './clusterSession';

const PARAMETER = 'controller.diff.server.side of argocd-cmd-params-cm';
const MOST_NAMED = 6;

/** What the settings of an Argo CD instance decide about the comparison of an app: one sentence each. */
export function instanceRules(
  { argo, argoLimits, tracking }: Pick<ClusterSession, 'argo' | 'argoLimits' | 'tracking'>,
  { policy }: Pick<App, 'policy'>,
): readonly string[] {
  if (argo === undefined) return [];
  return [
    ...serverSideDiff(argo, policy, tracking),
    ...ignored(argo),
    ...filtered(argo.exclusions, 'leaves out'),
    ...filtered(argo.inclusions, 'looks only at'),
    ...tracked(tracking),
    ...argoLimits,
  ];
}

function serverSideDiff(
  argo: ArgoCustomizations,
  { comparison, compareOptions }: AppPolicy,
  tracking: TrackingSettings | undefined,
): readonly string[] {
  if (!argo.serverSideDiff) return [];
  const where =
    tracking === undefined ? PARAMETER : `${PARAMETER} in ${tracking.controllerNamespace}`;
  if (compareOptions.includes('ServerSideDiff=false')) {
    return [
      `${where} has every app compared on the server, and this one says ServerSideDiff=false.`,
    ];
  }
  const sync = comparison === 'server-side' ? '' : '; its sync merges on the client all the same';
  return [`${where} has every app compared on the server${sync}.`];
}

function ignored({ ignoreRules }: ArgoCustomizations): readonly string[] {
  if (ignoreRules.length === 0) return [];
  const labels = [...new Set(ignoreRules.map(({ label }) => label))];
  return [`Rules for all apps: ${some(labels)}.`];
}

function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** In one sentence: what Argo CD is installed with has many. Those built in go without saying. */
function filtered(filters: readonly ResourceFilter[], verb: string): readonly string[] {
  const own = filters.filter(({ label }) => label.startsWith('resource.'));
  const [first] = own;
  if (first === undefined) return [];
  return [`${first.label} ${verb} ${some([...new Set(own.flatMap(filterWords))])}.`];
}

function filterWords({ kinds, apiGroups, clusters }: ResourceFilter): readonly string[] {
  const where = clusters.length === 0 ? '' : ` in ${some(clusters)}`;
  const groups =
    apiGroups.includes('*') || apiGroups.length === 0
      ? ''
      : ` of ${some(apiGroups.map(groupName))}`;
  if (kinds.length === 0 || kinds.includes('*')) return [`every kind${groups}${where}`];
  return kinds.map((kind) => `${kind}${where}`);
}

function groupName(group: string): string {
  return group === '' ? 'the core group' : group;
}

/** The default goes without saying. */
function tracked(tracking: TrackingSettings | undefined): readonly string[] {
  if (tracking === undefined) return [];
  const { method, labelKey, installationId } = tracking;
  const by = method === 'label' ? `the label ${labelKey}` : `annotation and the label ${labelKey}`;
  return [
    ...(method === 'annotation'
      ? []
      : [`Objects are tracked by ${by} (application.resourceTrackingMethod).`]),
    ...(installationId === undefined
      ? []
      : [`Objects are those of the installation ${installationId} (installationID).`]),
  ];
}
