import type { App } from '../model/app';
import type { CapabilityQuestion } from '../model/clusterFacts';
import type { KnownResult } from '../model/withheld';
import { knownDestination } from './capabilities';
import { entryOf } from './core';
import type { Core } from './core';
import { controlData, dataKey, unresolvedOf } from './liveData';

/** What a render owes to a cluster, or does not know for the lack of one: a sentence each. */
export function clusterNotes(core: Core, app: App, result: KnownResult): readonly string[] {
  return [
    ...capabilityNotes(core, app, result),
    ...chartNotes(app, result),
    ...dataNotes(core, app),
    ...dependentNotes(core, app, result),
  ];
}

function capabilityNotes(core: Core, app: App, result: KnownResult): readonly string[] {
  const { capabilitiesAssumed, capabilitiesAsked = [] } = result;
  if (capabilitiesAssumed) {
    // A version that a chart requires and the assumed one has decides nothing.
    const asked = capabilitiesAsked.map(questionWords);
    return asked.length === 0 ? [] : [`The chart asks ${listed(asked)}.`];
  }
  const known = entryOf(core, app.key).asksCapabilities ? knownDestination(core, app) : undefined;
  if (known === undefined) return [];
  const day = new Date(known.readAtMs).toISOString().slice(0, 10);
  const { kubeVersion } = known.capabilities;
  return [
    `Rendered for what ${app.destinationCluster ?? 'the cluster'} could do on ${day} (${kubeVersion}).`,
  ];
}

/** `whether the cluster has monitoring.coreos.com/v1: assumed not` */
function questionWords(question: CapabilityQuestion): string {
  switch (question.kind) {
    case 'api-version':
      return `whether the cluster has ${question.asked}: assumed ${question.answer ? 'so' : 'not'}`;
    case 'kube-version': {
      if (question.asked === undefined) return "for the cluster's Kubernetes version: assumed";
      const answer = question.answer === true ? 'so' : 'not';
      return `whether its Kubernetes is ${question.asked}: assumed ${answer}`;
    }
    case 'api-versions':
      return 'for all API versions of the cluster: assumed';
  }
}

const MOST_LISTED = 5;

function listed(parts: readonly string[]): string {
  const more = parts.length - MOST_LISTED;
  const shown = parts.slice(0, MOST_LISTED).join('; ');
  return more > 0 ? `${shown}; and ${more} more` : shown;
}

function chartNotes({ destinationCluster = '' }: App, { charts = [] }: KnownResult) {
  return charts.flatMap(({ name, version = '', release }) =>
    release === undefined
      ? []
      : [`Chart ${name} ${version} is the one of release v${release} in ${destinationCluster}.`],
  );
}

function dataNotes(core: Core, app: App): readonly string[] {
  if (app.source.kind !== 'local') return [];
  const open = unresolvedOf(app.source.render);
  if (open.length === 0) return [];
  const data = controlData(core, app);
  const found = open.map(dataKey).filter((key) => data.get(key)?.kind === 'found');
  if (found.length === 0) return [];
  return [
    `Read live from ${app.controlCluster ?? 'the cluster'}: ${[...new Set(found)].join(', ')}.`,
  ];
}

function dependentNotes(core: Core, app: App, result: KnownResult): readonly string[] {
  const dependent = result.objects.filter((object) => object.clusterDependent !== undefined);
  const [first] = dependent;
  if (first === undefined) return [];
  const { kind, metadata } = first.object;
  const more = dependent.length > 1 ? ` and ${dependent.length - 1} more` : '';
  const limits = entryOf(core, app.key).release?.limits ?? [];
  const name = metadata.name ?? '';
  return [`Depends on the cluster: ${kind} ${name}${more}.`, ...limits];
}
