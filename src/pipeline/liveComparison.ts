import type { App, Tool } from '../model/app';
import type { LiveComparison } from '../model/appState';
import type { ResourceChange } from '../model/change';
import type { AccessRefusal } from '../model/cluster';
import type { HealthStatus } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { resourceKey } from '../model/resource';
import { compareLive, notCompared, notLookedAt } from '../diff/compareLive';
import type { LiveComparisonInput } from '../diff/compareLive';
import { provablyEqual } from '../diff/comparison';
import { withStoppedPrunes } from '../diff/conflict';
import type { DesiredObject } from '../diff/desired';
import { hookNote } from '../diff/hooks';
import { missingLists } from '../diff/orphans';
import { policyOf } from '../diff/objectPolicy';
import { pairLive } from '../diff/pair';
import type { Pair } from '../diff/pair';
import { healthOf } from '../sync/health';
import { EngineError } from '../render/engineError';
import { withHidden } from './argoSecrets';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import { withFlapping } from './flapping';
import { instanceRules } from './instanceRules';
import { jqResults } from './jqResults';
import { applyLocally } from './localApplies';
import type { LiveObjects } from './liveReader';
import type { Prepared, Revision } from './livePreparation';
import { predict } from './prediction';
import type { Unmade } from './prediction';

export interface LiveRead {
  readonly session: ClusterSession;
  readonly live: LiveObjects;
  readonly readAtMs: number;
}

interface Look {
  readonly core: Core;
  readonly prepared: Prepared;
  readonly read: LiveRead;
  readonly signal: AbortSignal;
  readonly applied: ReadonlyMap<string, DesiredObject>;
  readonly target: ReadonlyMap<string, DesiredObject>;
  readonly working: ReadonlyMap<string, DesiredObject>;
  /** What the tool says of each object. */
  readonly said: ReadonlyMap<string, string>;
}

/** Every object of an app, live against Git; those that are provably equal cost no request. */
export async function compareApp(
  core: Core,
  prepared: Prepared,
  read: LiveRead,
  signal: AbortSignal,
): Promise<LiveComparison> {
  const requestsBefore = read.session.cluster?.requestCount ?? 0;
  const look: Look = {
    core,
    prepared,
    read,
    signal,
    applied: byKey(prepared.applied?.objects),
    target: byKey(prepared.target?.objects),
    working: byKey(prepared.working),
    said: saidBy(prepared.app),
  };
  const pairs = withHidden(core, prepared, {
    pairs: pairLive(prepared.desired, liveObjects(look)),
    hidden: read.live.hidden,
  });
  const settled = await settle(
    look,
    await Promise.all(pairs.map((pair) => comparePair(look, pair))),
  );
  const changes = withStoppedPrunes(settled, prepared.policy);
  return {
    cluster: read.session.name,
    changes: withFlapping(
      read.session.sightings,
      { appKey: prepared.key, atMs: read.readAtMs },
      await withHealth(look, pairs, changes),
    ),
    readAtMs: read.readAtMs,
    desiredRevision: prepared.label,
    ...labelled('applied', prepared.applied),
    ...labelled('target', prepared.target),
    ...(prepared.release === undefined ? {} : { release: prepared.release }),
    policy: prepared.policy,
    ...rulesPart(core, prepared),
    requests: (read.session.cluster?.requestCount ?? 0) - requestsBefore,
  };
}

function rulesPart(core: Core, { app }: Prepared): Pick<LiveComparison, 'instanceRules'> {
  const { controlCluster = '', tool } = app;
  const control = tool === 'argocd' ? core.clusters.get(controlCluster) : undefined;
  return control === undefined ? {} : { instanceRules: instanceRules(control, app) };
}

function saidBy({ status }: App): ReadonlyMap<string, string> {
  return new Map(
    (status?.managed ?? []).flatMap((one) =>
      one.status === undefined ? [] : [[resourceKey(one), one.status]],
    ),
  );
}

function labelled(
  name: 'applied' | 'target',
  revision: Revision | undefined,
): Pick<LiveComparison, 'applied' | 'target'> {
  return revision === undefined ? {} : { [name]: revision.label };
}

function byKey(objects: readonly DesiredObject[] | undefined): ReadonlyMap<string, DesiredObject> {
  return new Map(objects?.map((object) => [resourceKey(object.id), object]));
}

/** The app's own objects: those that Git names and those that its tool lists. */
function liveObjects({ prepared, read }: Look): readonly KubeObject[] {
  const keys = new Set(prepared.ids.map(resourceKey));
  return [...keys].flatMap((key) => read.live.objects.get(key) ?? []);
}

/** A comparison that waits for what the engine makes of the object. */
interface Unsettled {
  readonly input: LiveComparisonInput;
  readonly unmade: Unmade;
}

/** The applies that the engine has to make are made together. */
async function settle(
  { core, read, signal }: Look,
  compared: readonly (ResourceChange | Unsettled)[],
): Promise<readonly ResourceChange[]> {
  const open = compared.filter((one): one is Unsettled => 'unmade' in one);
  const applies = open.map(({ unmade }) => unmade.apply);
  const results = await applyLocally(core, read.session, applies, signal);
  const changes = await Promise.all(
    open.map(async ({ input, unmade }, index) =>
      compareLive({ ...input, ...(await unmade.finish(results[index])) }),
    ),
  );
  const byInput = new Map(open.map((one, index) => [one, changes[index]]));
  return compared.flatMap((one) => ('unmade' in one ? (byInput.get(one) ?? []) : one));
}

async function comparePair(look: Look, pair: Pair): Promise<ResourceChange | Unsettled> {
  const unseen = notSeen(look, pair);
  if (unseen !== undefined) return unseen;
  const { read, prepared } = look;
  const key = resourceKey(pair.id);
  const input = inputFor(look, pair);
  if (read.live.unserved.has(key)) return compareLive({ ...input, predicted: notServed(pair) });
  const stored = prepared.stored?.get(key);
  const isSettled = !pair.desired || !pair.live || provablyEqual(pair, input.policy, stored);
  return isSettled ? await compareSettled(look, input) : await compareByAsking(look, input);
}

/** Objects that the controller does not look at, or that the cluster does not let be read. */
function notSeen({ read, prepared }: Look, { id, desired }: Pair): ResourceChange | undefined {
  if (desired === undefined) return undefined;
  const excluded = prepared.excludedBy?.(id);
  if (excluded !== undefined) return notLookedAt(desired, excluded);
  const refusal = read.live.refusals.get(resourceKey(id));
  // A hook is neither missing nor drifted, whatever the cluster has of it.
  const isOpen = refusal === undefined || hookNote(desired) !== undefined;
  return isOpen ? undefined : unread(desired, refusal);
}

/** Nothing to ask the cluster; what others added can still be hidden by an expression. */
async function compareSettled(
  { core, signal }: Look,
  input: LiveComparisonInput,
): Promise<ResourceChange> {
  const change = compareLive(input);
  if (change.fields.length === 0) return change;
  const jq = await jqResults(core, input.pair, input.policy, signal);
  return jq.length === 0 ? change : compareLive({ ...input, jqResults: jq });
}

/** What is not provably equal is asked about, as the app's controller would apply it. */
async function compareByAsking(
  { core, read, signal }: Look,
  input: LiveComparisonInput,
): Promise<ResourceChange | Unsettled> {
  const { pair, policy, stored } = input;
  const [predicted, jq] = await Promise.all([
    predict(core, read.session, { pair, policy, ...(stored && { stored }) }, signal),
    jqResults(core, pair, policy, signal),
  ]);
  const known = jq.length > 0 ? { ...input, jqResults: jq } : input;
  return 'apply' in predicted
    ? { input: known, unmade: predicted }
    : compareLive({ ...known, ...predicted });
}

/** The cluster would not let the object be read, so nothing is said of it but that. */
function unread(desired: DesiredObject, refusal: AccessRefusal): ResourceChange {
  const change = notCompared(desired, refusal);
  if (refusal.kind !== 'forbidden' || refusal.noRightHelps === true) return change;
  const where = refusal.namespace === '' ? '' : ` in ${refusal.namespace}`;
  const message = `No right to ${refusal.verb} ${refusal.resource}${where}: it cannot be compared.`;
  const others = change.notes.filter(({ kind }) => kind !== 'forbidden');
  return { ...change, notes: [...others, { kind: 'forbidden', message }] };
}

function inputFor(look: Look, pair: Pair): LiveComparisonInput {
  const { prepared, core } = look;
  const key = resourceKey(pair.id);
  return {
    pair,
    ...optional('applied', look.applied.get(key)),
    ...optional('target', look.target.get(key)),
    ...optional('working', look.working.get(key)),
    appliedKnown: prepared.applied !== undefined,
    targetKnown: prepared.target !== undefined,
    workingKnown: prepared.working !== undefined,
    ...storedPart(prepared, key),
    policy: policyOf(prepared.policy, pair.desired?.object),
    owner: { namespace: prepared.app.namespace, name: prepared.app.name },
    ...orphanPart(look, key),
    ...saidPart(look, key),
    ...(prepared.upgradeDue === undefined ? {} : { upgradeDue: prepared.upgradeDue }),
    digest: core.deps.digest,
  };
}

function saidPart({ said }: Look, key: string): Pick<LiveComparisonInput, 'toolSays'> {
  const toolSays = said.get(key);
  return toolSays === undefined ? {} : { toolSays };
}

function orphanPart({ prepared, read }: Look, key: string): Pick<LiveComparisonInput, 'unlisted'> {
  const orphans = read.session.orphans.get(prepared.key) ?? [];
  if (!orphans.some((id) => resourceKey(id) === key)) return {};
  const { kind } = prepared.app;
  const isListed = kind === 'Application' || kind === 'Kustomization';
  return { unlisted: missingLists[isListed ? kind : 'release'] };
}

function storedPart({ stored }: Prepared, key: string): Pick<LiveComparisonInput, 'stored'> {
  const object = stored?.get(key);
  return object === undefined ? {} : { stored: object };
}

function optional<K extends string>(
  name: K,
  object: DesiredObject | undefined,
): { readonly [key in K]?: DesiredObject } {
  return object === undefined ? {} : ({ [name]: object } as { [key in K]: DesiredObject });
}

function notServed({ id }: Pair): AccessRefusal {
  const group = id.group === '' ? 'the core group' : id.group;
  return { kind: 'not-found', message: `The cluster does not serve ${id.kind} of ${group}.` };
}

/** What the tool's own server says of each live object; kstatus of the others, in one request to the engine. */
async function withHealth(
  { core, prepared, read, signal }: Look,
  pairs: readonly Pair[],
  changes: readonly ResourceChange[],
): Promise<readonly ResourceChange[]> {
  const tool = core.store.app(prepared.key)?.app.tool;
  const present = pairs.flatMap(({ live, id }, index) => (live ? [{ live, id, index }] : []));
  const { argo } = read.session.cluster ?? {};
  const told = new Map(
    await Promise.all(
      present.map(async ({ id, index }) => [index, await argo?.health(id, signal)] as const),
    ),
  );
  const open = present.filter(({ index }) => told.get(index) === undefined);
  const statuses = await healthStatuses(
    core,
    open.map(({ live }) => live),
    signal,
  );
  const byIndex = new Map(
    open.map(({ live, index }, at) => [index, healthFor(live, statuses[at], tool)]),
  );
  return changes.map((change, index) => {
    const health = told.get(index) ?? byIndex.get(index);
    return health === undefined ? change : { ...change, health };
  });
}

/** Without the engine's word the comparison stands, and no health is shown. */
async function healthStatuses(
  core: Core,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly HealthStatus[]> {
  if (objects.length === 0) return [];
  try {
    return await core.deps.renderer.health(objects, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    core.deps.log.warn(error.message);
    return [];
  }
}

function healthFor(
  live: KubeObject,
  status: HealthStatus | undefined,
  tool: Tool | undefined,
): ResourceChange['health'] {
  if (status === undefined) return undefined;
  const { status: word, message } = healthOf(live, status, tool);
  return { status: word, message };
}
