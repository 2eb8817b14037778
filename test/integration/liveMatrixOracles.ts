import { spawn } from 'node:child_process';
import { textAt } from '../../src/model/fields';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import type { Way } from './liveMatrixObjects';
import type { Fields } from './liveMatrixVerdicts';
import { differing } from './liveMatrixVerdicts';
import type { MatrixWorld } from './liveMatrixWorld';
import { describeLab, textOf } from './liveLab';

/** The program of the lab that calls `ResourceManager.Diff` of `fluxcd/pkg/ssa`. */
export const fluxDiff = process.env['PLUMBLINE_FLUXDIFF'];

export type Verdicts = ReadonlyMap<string, Fields>;

function stateOf(item: JsonObject, name: string): JsonObject | undefined {
  return (JSON.parse(textAt(item, name) ?? 'null') as JsonObject | null) ?? undefined;
}

/** What Argo CD's server says of each managed object, by `Kind name`. */
export async function argoVerdicts(world: MatrixWorld, way: Way): Promise<Verdicts> {
  const items = await world.managedResources(way);
  return new Map(
    items.map((item) => [
      `${textOf(item, 'kind')} ${textOf(item, 'name')}`,
      differing(stateOf(item, 'normalizedLiveState'), stateOf(item, 'predictedLiveState')),
    ]),
  );
}

interface FluxVerdict {
  readonly action: string;
  readonly live?: JsonObject;
  readonly merged?: JsonObject;
  readonly error?: string;
}

/** The objects that Git has now, as kustomize-controller applies them. */
function ownedByFlux(world: MatrixWorld): readonly KubeObject[] {
  const namespace = world.namespace('flux');
  const group = 'kustomize.toolkit.fluxcd.io';
  const owner = { [`${group}/name`]: `${world.id}-flux`, [`${group}/namespace`]: namespace };
  return world.scenarios('flux').flatMap(({ base, next }) => {
    if (next === null) return [];
    const { metadata, ...rest } = next ?? base;
    const labels = { ...metadata.labels, ...owner };
    return [{ ...rest, metadata: { ...metadata, namespace, labels } }];
  });
}

/** What Flux says of each object that Git has. */
export async function fluxVerdicts(world: MatrixWorld): Promise<Verdicts> {
  const objects = ownedByFlux(world);
  const ignore = world
    .scenarios('flux')
    .flatMap(({ name, base, ignore: rule }) =>
      rule?.jsonPointers === undefined
        ? []
        : [{ paths: rule.jsonPointers, selector: { kind: base.kind, name } }],
    );
  const { kubeconfig } = describeLab();
  const answer = await asked({ kubeconfig, context: 'staging', objects, ignore });
  const verdicts = JSON.parse(answer) as readonly FluxVerdict[];
  return new Map(
    objects.map((object, index) => [
      `${object.kind} ${object.metadata.name ?? ''}`,
      fieldsOf(verdicts[index]),
    ]),
  );
}

function fieldsOf(verdict: FluxVerdict | undefined): Fields {
  if (verdict?.error !== undefined) throw new Error(verdict.error);
  if (verdict?.action === 'created') return [''];
  return verdict?.action === 'configured' ? differing(verdict.live, verdict.merged) : [];
}

async function asked(question: object): Promise<string> {
  const child = spawn(fluxDiff ?? '', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`the oracle of Flux ended with ${code ?? ''}`)),
    );
  });
  child.stdin.end(JSON.stringify(question));
  await ended;
  return Buffer.concat(parts).toString();
}
