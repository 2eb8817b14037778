import type { Access } from '../model/cluster';
import type { Digest } from '../model/ports';
import { resourceKey } from '../model/resource';
import type { KubeObject, ResourceId } from '../model/resource';
import type { DocumentText, Refusal, StrayDocument } from '../model/workbench';
import { maskSides } from '../diff/mask';
import { toKube } from '../diff/json';
import { normalize } from '../diff/normalize';
import { printYaml } from '../yaml/print';
import { servedKind } from './clusterSession';
import type { Core } from './core';

/** The masked text of an object that is left behind, read just now; of others nothing is read. */
export async function strayText(
  core: Core,
  { cluster: name, resource }: StrayDocument,
  signal: AbortSignal,
): Promise<DocumentText | Refusal> {
  const session = core.clusters.get(name);
  if (session?.connection.kind !== 'connected' || session.cluster === undefined) {
    return refuse(`${name} is not connected.`);
  }
  const id = strayId(core, name, resource);
  const kind = id && servedKind(session, id.group, id.kind);
  if (id === undefined || kind === undefined) {
    return refuse(`${name} has nothing left behind of that name.`);
  }
  const read = await session.cluster.get(kind, id, signal);
  return textOf(read, name, core.deps.digest);
}

function strayId(core: Core, name: string, resource: string): ResourceId | undefined {
  const state = core.store.state().clusters.find((one) => one.name === name);
  const ids = state?.strays?.flatMap((stray) => stray.ids);
  return ids?.find((id) => resourceKey(id) === resource);
}

function textOf(read: Access<KubeObject>, cluster: string, digest: Digest): DocumentText | Refusal {
  const label = `live · ${cluster}`;
  if (read.kind === 'not-found') return { text: '', label };
  if (read.kind !== 'ok') return refuse(read.message);
  const { before } = maskSides({ before: normalize(read.value) }, digest);
  return { text: before === undefined ? '' : printYaml(toKube(before)), label };
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
