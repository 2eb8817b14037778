import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/diff/analysis';
import { compareLive } from '../../../src/diff/compareLive';
import { comparisonFor, provablyEqual } from '../../../src/diff/comparison';
import { describeChange } from '../../../src/diff/describe';
import { isMap } from '../../../src/diff/json';
import type { KindFacts } from '../../../src/diff/kinds';
import { normalize } from '../../../src/diff/normalize';
import type { ResourceChange } from '../../../src/model/change';
import type { Json, JsonObject, KubeObject } from '../../../src/model/resource';
import { digest } from './builders';
import { recorded, recordedNames } from './recorded';
import type { Recorded, RecordedName, RecordedPair } from './recorded';

const now = Date.parse('2026-11-21T12:00:00Z');

function compare(app: Recorded, one: RecordedPair, more: object = {}): ResourceChange {
  const { pair, applied, predicted } = one;
  return compareLive({
    pair,
    appliedKnown: true,
    policy: app.policy,
    digest,
    ...(applied ? { applied, stored: applied.object } : {}),
    ...(pair.desired ? { target: pair.desired } : {}),
    targetKnown: true,
    ...(predicted ? { predicted } : {}),
    ...more,
  });
}

/** Times depend on the zone of this machine and have their own test. */
function summary(change: ResourceChange): readonly string[] {
  const head = `${change.action} ${change.id.kind} ${change.id.name}`;
  const fields = change.fields.map(({ owner, ...field }) => {
    if (!owner) return field;
    return { ...field, owner: { ...owner, time: undefined } };
  });
  const lines = describeChange({ ...change, fields }, now);
  const said = lines.map((line, index) => `${fields[index]?.whose} ${line}`);
  return [head, ...change.notes.map((note) => `note ${note.message}`), ...said];
}

const expected: Readonly<Record<RecordedName, readonly (readonly string[])[]>> = {
  'shop-production': [
    [
      'changed Deployment shop-web',
      'drift replicas 3→5 · kubectl scale · will be reverted',
      'pending memory 512Mi→768Mi',
    ],
    [
      'removed ConfigMap shop-incident-flags',
      'note Not pruned: this app does not prune.',
      'drift in the cluster, never in Git · will stay',
    ],
  ],
  'shop-staging': [
    [
      'changed Deployment shop-web',
      'drift image …4.13.0-rc.2→…4.13.0-debug · kubectl set · will be reverted',
    ],
  ],
  'checkout-production': [
    ['added Service checkout', 'drift deleted in the cluster · will be created'],
    ['changed Deployment checkout', 'drift memory 1Gi→2Gi · kubectl edit · will be reverted'],
  ],
  platform: [],
  notifications: [
    [
      'changed Deployment notifications-worker',
      'drift replicas 2→4 · kubectl scale · will be reverted',
    ],
  ],
  infrastructure: [],
  'status-page': [
    [
      'changed ConfigMap status-page',
      'drift refresh-seconds 60→5 · kubectl patch · will be reverted',
    ],
  ],
  mailer: [['changed Deployment mailer', 'drift env none→DEBUG=smtp · kubectl set · will stay']],
};

describe.each(recordedNames)('recorded app %s', (name) => {
  const app = recorded(name);
  const both = app.pairs.filter(({ pair }) => pair.desired && pair.live);

  it('shows the drift that people put in, and nothing else', () => {
    const changes = app.pairs.map((one) => compare(app, one));
    expect(changes.filter(({ action }) => action !== 'same').map(summary)).toEqual(expected[name]);
  });

  it('needs no question for objects that are as Git says', () => {
    for (const one of both) {
      const change = compare(app, one);
      const asked = change.fields.some(
        ({ fate, whose }) => fate !== 'stays' && whose !== 'ignored',
      );
      const equal = provablyEqual(one.pair, app.policy, one.applied?.object);
      expect(equal, `${change.id.kind} ${change.id.name}`).toBe(!asked);
    }
  });

  it('says the same with and without the answer of the server', () => {
    for (const one of both) {
      const local = { ...one, predicted: undefined };
      expect(summary(compare(app, local))).toEqual(summary(compare(app, one)));
    }
  });

  it('shows two equal texts where nothing differs, two different ones where something does', () => {
    for (const one of both) {
      const change = compare(app, one);
      if (change.notes.some((note) => note.kind === 'hook')) continue;
      const shown = change.fields.some(({ whose }) => whose !== 'ignored');
      const same = JSON.stringify(change.before) === JSON.stringify(change.after);
      expect(same, `${change.id.kind} ${change.id.name}`).toBe(!shown);
    }
  });

  it('never calls an object in sync when any value that Git sets is another one in the cluster', () => {
    const missed: string[] = [];
    for (const one of both) {
      const { desired, live } = one.pair;
      if (!desired || !live || desired.role === 'hook') continue;
      for (const [path, mutant] of mutants(desired.object, live, app)) {
        const pair = { ...one.pair, live: mutant };
        const change = compare(app, { ...one, predicted: undefined, pair });
        const found = change.fields.some(({ pointer }) => pointer !== '');
        if (!found || provablyEqual(pair, app.policy, one.applied?.object)) {
          missed.push(`${change.id.kind} ${change.id.name} ${path}`);
        }
      }
    }
    expect(missed).toEqual([]);
  });
});

/** The live object with one leaf that Git sets changed, and with it taken away. */
function* mutants(
  wanted: KubeObject,
  live: KubeObject,
  app: Recorded,
): Generator<readonly [string, KubeObject]> {
  const { facts } = analyse({
    live,
    desired: {
      object: wanted,
      id: { group: '', kind: '', namespace: '', name: '' },
      notes: [],
      origin: { path: '' },
      role: 'resource',
      generated: [],
    },
    policy: app.policy,
  });
  for (const [path, leaf] of leaves(normalize(wanted), [])) {
    const names = path.join('/');
    if (/^(apiVersion|kind|metadata\/(name|namespace))$/.test(names)) continue;
    for (const change of ['changed', 'taken away'] as const) {
      const copy = structuredClone(live) as unknown as JsonObject;
      if (change === 'taken away' && isEmpty(leaf)) continue;
      if (mutate(copy, path, change, facts)) {
        yield [`/${names} ${change}`, copy as unknown as KubeObject];
      }
    }
  }
}

function isEmpty(leaf: Json): boolean {
  return (
    leaf === '' || leaf === null || (typeof leaf === 'object' && Object.keys(leaf).length === 0)
  );
}

/** Path of keys; elements of lists by index in Git, to be found again by their key. */
function* leaves(
  value: Json,
  path: readonly string[],
): Generator<readonly [readonly string[], Json]> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    yield [path, value];
    return;
  }
  for (const [key, item] of Object.entries<Json>(value)) {
    const element = Array.isArray(value) ? elementName(item) : undefined;
    yield* leaves(item, [...path, element ?? key]);
  }
}

function elementName(item: Json): string | undefined {
  return isMap(item) && typeof item['name'] === 'string' ? `name:${item['name']}` : undefined;
}

function mutate(
  copy: JsonObject,
  path: readonly string[],
  change: 'changed' | 'taken away',
  facts: KindFacts,
): boolean {
  let level: unknown = copy;
  for (const part of path.slice(0, -1)) level = childOf(level, part);
  const last = path[path.length - 1] ?? '';
  if (typeof level !== 'object' || level === null) return false;
  const holder = level as Record<string, Json>;
  if (!Object.hasOwn(holder, last)) return false;
  if (change === 'changed') holder[last] = otherThan(holder[last] ?? null);
  else if (Array.isArray(level)) level.splice(Number(last), 1);
  else delete holder[last];
  return facts.kind !== '';
}

function childOf(level: unknown, part: string): unknown {
  if (Array.isArray(level) && part.startsWith('name:')) {
    return level.find((item: Json) => elementName(item) === part);
  }
  return (level as Record<string, unknown> | undefined)?.[part];
}

function otherThan(value: Json): Json {
  if (typeof value === 'number') return value + 7;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}x`;
  return 'something else';
}

describe('what is asked about recorded objects', () => {
  it.each([
    ['shop-production', 'Deployment', 'three-way', false],
    ['status-page', 'ConfigMap', 'three-way', false],
    ['checkout-production', 'Deployment', 'dry-run', undefined],
    ['notifications', 'Deployment', 'dry-run', undefined],
    ['mailer', 'Deployment', 'helm-manifest', true],
  ] as const)('of %s, %s: %s', (name, kind, question, thenDryRun) => {
    const app = recorded(name);
    const one = app.pairs.find(({ pair }) => pair.id.kind === kind && pair.desired && pair.live);
    if (!one) throw new Error('not recorded');
    const comparison = comparisonFor(one.pair, app.policy, one.applied?.object);
    expect(comparison.kind).toBe(question);
    expect('thenDryRun' in comparison ? comparison.thenDryRun : undefined).toBe(thenDryRun);
  });
});
