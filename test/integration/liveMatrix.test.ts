import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PruneForecast, ResourceChange } from '../../src/model/change';
import type { KubeObject } from '../../src/model/resource';
import { pruneForecast } from '../../src/diff/pruneForecast';
import { argoPolicy } from '../unit/diff/builders';
import type { Log } from '../../src/model/ports';
import { changeDiff } from '../../src/pipeline/changeText';
import { createFolder } from '../unit/render/engine';
import type { Scenario, Way } from './liveMatrixObjects';
import { better } from './liveMatrixCases';
import { canaries, isArgo, ways } from './liveMatrixObjects';
import { few } from './liveMatrixOptions';
import type { Verdicts } from './liveMatrixOracles';
import { argoVerdicts, fluxDiff, fluxVerdicts } from './liveMatrixOracles';
import type { Fields } from './liveMatrixVerdicts';
import { agree, differing, writtenBy } from './liveMatrixVerdicts';
import type { MatrixWorld } from './liveMatrixWorld';
import { matrixWorld } from './liveMatrixWorld';
import { describeLab, kubeconfigOf, labState, never } from './liveLab';
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
  /** What the controller's own comparison says; absent where it has none. */
  readonly theirs: Fields | undefined;
  /** What the sync then did. */
  readonly done: Fields;
}

/** Every line that is logged, for the canary. */
const logged: string[] = [];
const add = (line: string): void => void logged.push(line);
const log: Log = { debug: add, info: add, warn: add, error: add };

async function compareAll(world: MatrixWorld, role: Role): Promise<ReadonlyMap<Way, Changes>> {
  const file = kubeconfigOf(describeLab(), role);
  const context = (cluster: string) => ({
    file,
    name: role === 'admin' ? cluster : `${cluster}-${role}`,
  });
  const contexts = { production: context('production'), staging: context('staging') };
  const home = createFolder();
  const workbench = openWorkbench([world.repository.path], {
    settings: { ...settings, kubeconfigs: [file], contexts },
    environment: { HOME: home.path },
    log,
  });
  await workbench.whenIdle();
  for (const cluster of Object.keys(contexts)) await workbench.openCluster(cluster, never);
  await workbench.whenIdle();
  const found = new Map<Way, Changes>();
  for (const way of ways) {
    const named = () => workbench.state().apps.find(({ app }) => app.name === world.appName(way));
    await workbench.compareLive(named()?.app.key ?? '', never);
    const live = named()?.live;
    if (live?.kind !== 'compared') throw new Error(`${way}: ${JSON.stringify(live)}`);
    const changes = live.comparison.changes.map(
      (one) => [`${one.id.kind} ${one.id.name}`, one] as const,
    );
    found.set(way, new Map(changes));
  }
  workbench.dispose();
  home.remove();
  return found;
}

async function verdictsOf(world: MatrixWorld, way: Way): Promise<Verdicts> {
  if (way === 'flux') return await fluxVerdicts(world);
  return isArgo(way) ? await argoVerdicts(world, way) : new Map<string, Fields>();
}

async function rowsOf(world: MatrixWorld): Promise<ReadonlyMap<Way, readonly Row[]>> {
  const [admin, viewer] = [await compareAll(world, 'admin'), await compareAll(world, 'viewer')];
  const before = await Promise.all(ways.map((way) => world.live(way)));
  const verdicts = await Promise.all(ways.map((way) => verdictsOf(world, way)));
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

    it('gives out no value of a Secret', () => {
      const rows = ways.flatMap((way) => rowsFor(way));
      const changes = rows.flatMap(({ ours, readOnly }) => [ours, readOnly]);
      const texts = changes.flatMap((change) =>
        change === undefined
          ? []
          : [JSON.stringify(change), changeDiff(change, { before: 'live', after: 'Git' })],
      );
      const told = [...texts, ...logged].join('\n');
      expect(told).toContain('<secret ');
      for (const value of canaries) {
        expect(told).not.toContain(value);
        expect(told).not.toContain(Buffer.from(value).toString('base64'));
      }
    });
  },
);
