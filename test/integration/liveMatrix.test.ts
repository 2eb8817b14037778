import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PruneForecast, ResourceChange } from '../../src/model/change';
import type { KubeObject } from '../../src/model/resource';
import { pruneForecast, removalForecast } from '../../src/diff/pruneForecast';
import { argoPolicy, fluxPolicy, helmPolicy } from '../unit/diff/builders';
import type { AppState } from '../../src/model/appState';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { IN_CLUSTER } from '../../src/model/argo';
import type { Settings } from '../../src/model/config';
import { straySentence } from '../../src/model/stray';
import type { Log } from '../../src/model/ports';
import { cascadeOf } from '../../src/pipeline/appRemoval';
import { changeDiff } from '../../src/pipeline/changeText';
import { createFolder } from '../unit/render/engine';
import type { Scenario, Way } from './liveMatrixObjects';
import { better, foretold } from './liveMatrixCases';
import { canaries, isArgo, ways } from './liveMatrixObjects';
import { deletionName, deletions } from './liveMatrixFiles';
import { few } from './liveMatrixOptions';
import type { Verdicts } from './liveMatrixOracles';
import { argoVerdicts, fluxDiff, fluxVerdicts } from './liveMatrixOracles';
import type { Fields } from './liveMatrixVerdicts';
import { agree, differing, writtenBy } from './liveMatrixVerdicts';
import type { MatrixWorld } from './liveMatrixWorld';
import { matrixWorld, removableWays } from './liveMatrixWorld';
import { argoLogin, describeLab, kubeconfigOf, labState, never } from './liveLab';
import type { Role } from './liveLab';
import { openWorkbench, settings } from './pipelineWorld';

type Changes = ReadonlyMap<string, ResourceChange>;

interface Row {
  readonly name: string;
  readonly key: string;
  readonly one: Scenario;
  readonly ours: ResourceChange | undefined;
  /** The same for a user who may only read. */
  readonly readOnly: ResourceChange | undefined;
  /** The same by the API of Argo CD alone; absent where it is not Argo CD's. */
  readonly told: ResourceChange | undefined;
  /** What the controller's own comparison says; absent where it has none. */
  readonly theirs: Fields | undefined;
  /** What the sync then did. */
  readonly done: Fields;
}

/** Every line that is logged, for the canary. */
const logged: string[] = [];
const add = (line: string): void => void logged.push(line);
const log: Log = { debug: add, info: add, warn: add, error: add };

/** By a kubeconfig, or with no other login than one to Argo CD. */
type By = Role | 'argo';

function settingsFor(by: By, clusters: readonly string[]): Settings {
  if (by === 'argo') return settings;
  const file = kubeconfigOf(describeLab(), by);
  const contexts = Object.fromEntries(
    clusters.map((name) => [name, { file, name: by === 'admin' ? name : `${name}-${by}` }]),
  );
  return { ...settings, kubeconfigs: [file], contexts };
}

/** What a person sees who has opened the clusters. */
async function looked<T>(
  world: MatrixWorld,
  { by, clusters }: { readonly by: By; readonly clusters: readonly string[] },
  see: (workbench: CoreWorkbench) => Promise<T>,
): Promise<T> {
  const home = createFolder(by === 'argo' ? { '.argocd/config': argoLogin() } : {});
  const workbench = openWorkbench([world.repository.path], {
    settings: settingsFor(by, clusters),
    environment: { HOME: home.path },
    log,
  });
  await workbench.whenIdle();
  for (const cluster of clusters) await workbench.openCluster(cluster, never);
  await workbench.whenIdle();
  const seen = await see(workbench);
  workbench.dispose();
  home.remove();
  return seen;
}

function stateOf(workbench: CoreWorkbench, world: MatrixWorld, way: Way): AppState | undefined {
  return workbench.state().apps.find(({ app }) => app.name === world.appName(way));
}

const places = { clusters: ['production', 'staging'], of: ways };
/** What Argo CD itself applies, with nothing but a login to it. */
const argoPlaces = { clusters: [IN_CLUSTER.name], of: ways.filter(isArgo) };

async function compareAll(world: MatrixWorld, by: By): Promise<ReadonlyMap<Way, Changes>> {
  const { clusters, of } = by === 'argo' ? argoPlaces : places;
  return await looked(world, { by, clusters }, async (workbench) => {
    const found = new Map<Way, Changes>();
    for (const way of of) {
      await workbench.compareLive(stateOf(workbench, world, way)?.app.key ?? '', never);
      const live = stateOf(workbench, world, way)?.live;
      if (live?.kind !== 'compared') throw new Error(`${way}: ${JSON.stringify(live)}`);
      const changes = live.comparison.changes.map(
        (one) => [`${one.id.kind} ${one.id.name}`, one] as const,
      );
      found.set(way, new Map(changes));
    }
    return found;
  });
}

/** `name whose fate` of what carries the marks of an app and is in none of its lists. */
function orphansOf(state: AppState | undefined): readonly string[] {
  const changes = state?.live.kind === 'compared' ? state.live.comparison.changes : [];
  return changes
    .filter(({ orphan }) => orphan === true)
    .map(({ id, fields: [field] }) => `${id.name} ${field?.whose ?? ''} ${field?.fate ?? ''}`)
    .sort();
}

const removalPolicies = {
  'argo-options': argoPolicy,
  flux: fluxPolicy,
  'helmrelease-warn': helmPolicy,
};

/** The objects of a way that are not about to go, by `Kind name`. */
async function staying(world: MatrixWorld, way: Way): Promise<ReadonlyMap<string, KubeObject>> {
  const own = new Set(world.scenarios(way).map(({ name, base }) => `${base.kind} ${name}`));
  const live = [...(await world.live(way))].map(
    ([key, object]) => [key, object as unknown as KubeObject] as const,
  );
  return new Map(
    live.filter(
      ([key, { metadata }]) => own.has(key) && metadata['deletionTimestamp'] === undefined,
    ),
  );
}

async function verdictsOf(world: MatrixWorld, way: Way): Promise<Verdicts> {
  if (way === 'flux') return await fluxVerdicts(world);
  return isArgo(way) ? await argoVerdicts(world, way) : new Map<string, Fields>();
}

async function rowsOf(world: MatrixWorld): Promise<ReadonlyMap<Way, readonly Row[]>> {
  const [admin, viewer] = [await compareAll(world, 'admin'), await compareAll(world, 'viewer')];
  const before = await Promise.all(ways.map((way) => world.live(way)));
  const verdicts = await Promise.all(ways.map((way) => verdictsOf(world, way)));
  const told = await compareAll(world, 'argo');
  await world.sync();
  const after = await Promise.all(ways.map((way) => world.live(way)));
  return new Map(
    ways.map((way, index) => [
      way,
      world.scenarios(way).map((one): Row => {
        const key = `${one.base.kind} ${one.name}`;
        return {
          name: one.name,
          key,
          one,
          ours: admin.get(way)?.get(key),
          readOnly: viewer.get(way)?.get(key),
          told: told.get(way)?.get(key),
          theirs: verdicts[index]?.get(key),
          done: differing(before[index]?.get(key), after[index]?.get(key)),
        };
      }),
    ]),
  );
}

/** An object that Git no longer has is a difference for Argo CD, whether a sync prunes it or not. */
function saidOf(change: ResourceChange | undefined): Fields {
  return change?.action === 'removed' ? [''] : writtenBy(change);
}

/** What a sync writes; of one that is told to prune: what it takes away, asked or not. */
function saidOfSync(way: Way, change: ResourceChange | undefined): Fields {
  if (way !== 'argo-options' || change?.action !== 'removed') return writtenBy(change, true);
  const live = change.before;
  return live === undefined || forecastOf(live).fate === 'kept' ? [] : [''];
}

function forecastOf(live: KubeObject): PruneForecast {
  return pruneForecast(live, { ...argoPolicy, prune: true });
}

function line(name: string, ...sides: readonly unknown[]): string {
  return `${name}: ${sides.map((side) => JSON.stringify(side)).join(' | ')}`;
}

describe.skipIf(labState === undefined || fluxDiff === undefined)(
  'live comparison against the verdicts and the syncs of the controllers',
  () => {
    const held: { world?: MatrixWorld; rows?: ReadonlyMap<Way, readonly Row[]> } = {};
    const worldOf = (): MatrixWorld => {
      if (held.world === undefined) throw new Error('There is no world.');
      return held.world;
    };
    const rowsFor = (way: Way): readonly Row[] => held.rows?.get(way) ?? [];
    beforeAll(async () => {
      held.world = await matrixWorld();
      held.rows = await rowsOf(held.world);
    }, 300_000);
    afterAll(async () => {
      await held.world?.end();
    });

    it('is the verdict of Argo CD and of Flux, or a better one for a known reason', () => {
      const others = ways.flatMap((way) =>
        rowsFor(way)
          .filter(({ ours, theirs }) => theirs !== undefined && !agree(saidOf(ours), theirs))
          .map(({ name }) => `${way} ${name}`),
      );
      expect(others.sort()).toEqual(better.flatMap(({ names }) => names).sort());
    });

    it.each(ways.map((way) => [way]))('names what a sync of %s writes, and nothing else', (way) => {
      const rows = rowsFor(way);
      expect(rows.length).toBeGreaterThan(few[way] === undefined ? 60 : few[way].length - 1);
      const wrong = rows.flatMap(({ name, one, ours, done }) => {
        const said = [...saidOfSync(way, ours), ...(one.follows?.[way] ?? [])];
        return agree(said, done) ? [] : [line(name, said, done)];
      });
      expect(wrong).toEqual([]);
    });

    it.each(ways.map((way) => [way]))('says the same of %s to those who may only read', (way) => {
      const wrong = rowsFor(way).flatMap(({ name, one, key, ours, readOnly }) => {
        // Whoever may not read Secrets knows neither them nor what Helm keeps in them.
        const unread = key.startsWith('Secret ') || (way === 'helm' && one.next === null);
        const [all, some] = [writtenBy(ours), writtenBy(readOnly)];
        return unread || agree(all, some) ? [] : [line(name, all, some)];
      });
      expect(wrong).toEqual([]);
      const secrets = rowsFor(way).filter(({ key }) => key.startsWith('Secret '));
      expect(secrets.length).toBeGreaterThan(0);
      for (const { readOnly } of secrets) {
        expect(readOnly?.notes.map(({ kind }) => kind)).toContain('forbidden');
      }
    });

    it('is told by Argo CD alone as by the cluster, and as far from the words of Argo CD', () => {
      const all = argoPlaces.of.flatMap((way) => rowsFor(way).map((row) => ({ way, ...row })));
      expect(all.length).toBeGreaterThan(300);
      const other = all.flatMap(({ way, name, ours, told }) => {
        const [own, said] = [saidOf(ours), saidOf(told)];
        return agree(own, said) ? [] : [line(`${way} ${name}`, own, said)];
      });
      expect(other).toEqual([]);
      const missed = all.filter(
        ({ way, told, done }) => done.length > 0 && saidOfSync(way, told).length === 0,
      );
      expect(missed.map(({ way, name }) => `${way} ${name}`)).toEqual([]);
      const unlike = all.filter(({ theirs, told }) => theirs && !agree(saidOf(told), theirs));
      expect(unlike.map(({ way, name }) => `${way} ${name}`).sort()).toEqual(
        better.flatMap(({ names }) => names.filter((name) => name.startsWith('argo'))).sort(),
      );
      // Its own check of a CronJob is a script, which is not run here.
      const jobs = all.filter(({ key, told }) => key.startsWith('CronJob ') && told?.health);
      expect(new Set(jobs.map(({ told }) => told?.health?.message))).toEqual(
        new Set(['CronJob is Suspended']),
      );
      const unsure = all.filter(({ told }) => told?.predicted === true);
      expect(unsure.map(({ way, name }) => `${way} ${name}`).sort()).toEqual(
        foretold.flatMap(({ names }) => names).sort(),
      );
    });

    it('calls nothing in sync that a sync changes, and next to nothing drifted that it does not', () => {
      const all = ways.flatMap((way) => rowsFor(way).map((row) => ({ way, ...row })));
      const differ = all.filter(({ done }) => done.length > 0);
      const missed = differ.filter(({ way, ours }) => saidOfSync(way, ours).length === 0);
      const invented = all.filter(
        ({ ours, done }) => done.length === 0 && writtenBy(ours).length > 0,
      );
      const judged = all.filter(({ theirs }) => theirs !== undefined).length;
      process.stdout.write(
        `${all.length} scenarios, ${judged} judged by controllers, ${differ.length} changed by a sync: ` +
          `${missed.length} falsely in sync, ${invented.length} falsely drifted\n`,
      );
      expect(missed.map(({ name }) => name)).toEqual([]);
      expect(invented.length / all.length).toBeLessThan(0.01);
    });

    it('knows about which prunes Argo CD asks', () => {
      const asked = rowsFor('argo-options').filter(
        ({ ours }) => ours?.before && forecastOf(ours.before).fate === 'asked',
      );
      expect(asked.map(({ key }) => key)).toEqual(['ConfigMap prune-confirm']);
      // It asks of one as well that it then leaves: Prune=confirm,Prune=false.
      expect(held.world?.confirmations.join('\n')).toMatch(
        /^Waiting for pruning confirmation of \S+\/prune-(both|confirm) and 1 more resources$/,
      );
    });

    it('finds what tools have left behind, and what was made by one that is gone', async () => {
      const world = worldOf();
      const place = { by: 'admin', clusters: ['staging'] } as const;
      await looked(world, place, (workbench) => {
        // kustomize-controller forgets what it may not prune, Helm what it is told to keep.
        expect(orphansOf(stateOf(workbench, world, 'flux'))).toEqual([
          'flux-prune ignored stays',
          'flux-reconcile ignored stays',
          'kept-from-prune ignored stays',
          'label-disabled ignored stays',
        ]);
        expect(orphansOf(stateOf(workbench, world, 'helm'))).toEqual([
          'helm-keeps ignored stays',
          'kept-from-prune ignored stays',
        ]);
        expect(orphansOf(stateOf(workbench, world, 'helmrelease'))).toEqual([]);
        const strays = workbench
          .state()
          .clusters.flatMap((one) => (one.strays ?? []).map(straySentence));
        const space = world.namespace('flux');
        expect(strays.filter((text) => text.includes(world.id))).toEqual([
          `ConfigMap ${space}/labels-of-another belongs to the Kustomization ${space}/another, ` +
            'which this cluster does not have: nothing here prunes it.',
        ]);
        return Promise.resolve();
      });
    });

    it('knows what is left of Kustomizations by their policy', async () => {
      const world = worldOf();
      const place = { by: 'admin', clusters: [] } as const;
      const stays = await looked(world, place, (workbench) => {
        const names = deletions.map(([policy]) => deletionName(policy));
        const apps = workbench.state().apps.map(({ app }) => app);
        const kept = apps.filter((app) => names.includes(app.name) && !cascadeOf(app).takesObjects);
        return Promise.resolve(kept.map(({ name }) => name));
      });
      expect([...(await world.removeByPolicy())].sort()).toEqual([...stays].sort());
      expect(stays).toHaveLength(2);
    });

    it('knows what is left of apps that go', async () => {
      const world = worldOf();
      const left = removableWays.map(async (way) => {
        const before = await staying(world, way);
        const owner = { namespace: world.namespace(way), name: world.namespace(way) };
        const fateOf = (object: KubeObject): string =>
          removalForecast(object, removalPolicies[way], owner).fate;
        const kept = [...before].filter(([, object]) => fateOf(object) === 'kept');
        await world.remove(way);
        const after = await staying(world, way);
        expect([...after.keys()].sort()).toEqual(kept.map(([key]) => key).sort());
        expect(after.size).toBeGreaterThan(0);
        expect(after.size).toBeLessThan(before.size);
      });
      await Promise.all(left);
    });

    it('gives out no value of a Secret', () => {
      const rows = ways.flatMap((way) => rowsFor(way));
      const changes = rows.flatMap(({ ours, readOnly, told }) => [ours, readOnly, told]);
      const texts = changes.flatMap((change) =>
        change === undefined
          ? []
          : [JSON.stringify(change), changeDiff(change, { before: 'live', after: 'Git' })],
      );
      const told = [...texts, ...logged].join('\n');
      expect(told).toContain('<secret ');
      // What stands for values in the API of Argo CD is none.
      expect(told).not.toContain('++++');
      for (const value of canaries) {
        expect(told).not.toContain(value);
        expect(told).not.toContain(Buffer.from(value).toString('base64'));
      }
    });
  },
);
