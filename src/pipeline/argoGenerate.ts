import type { ApplicationSetResult, GeneratedApplication } from '../model/applicationSet';
import { listAt, recordAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import type { DefinedSet } from '../repo/applicationSets';
import { askArgo } from './argoApi';
import type { ClusterSession, GeneratedSet } from './clusterSession';
import type { Core, RootEntry } from './core';
import { ownerOf } from './setRepositories';
import { sameData } from './share';

/** A set by the root and the place of its definition. */
function setKeyOf({ root }: Pick<RootEntry, 'root'>, { key }: DefinedSet): string {
  return `${root}#${key}`;
}

/**
 * Has the Argo CD of a connected cluster generate what files alone do not tell (`generate` creates
 * nothing). True when an answer is another than before.
 */
export async function generateSets(
  core: Core,
  session: ClusterSession,
  signal: AbortSignal,
): Promise<boolean> {
  const wanted = [...core.roots.values()].flatMap((entry) =>
    [...entry.sets.values()]
      .filter(({ asksServer, set }) => asksServer && ownerOf(core, entry, set) === session.name)
      .map(({ set }) => [setKeyOf(entry, set), set.object] as const),
  );
  if (wanted.length === 0 && session.generated.size === 0) return false;
  const answers = await Promise.all(
    wanted.map(
      async ([key, object]) => [key, await generate(core, session, object, signal)] as const,
    ),
  );
  const now = new Map(answers);
  const moved = !sameData([...session.generated], [...now]);
  if (moved) session.generated = now;
  return moved;
}

async function generate(
  core: Core,
  session: ClusterSession,
  object: KubeObject,
  signal: AbortSignal,
): Promise<GeneratedSet> {
  const request = {
    method: 'POST',
    path: '/api/v1/applicationsets/generate',
    body: { applicationSet: object },
  } as const;
  const access = await askArgo(core, session, request, signal);
  if (access.kind !== 'ok') return { kind: 'refused', object, reason: access.message };
  const applications = listAt(access.value, 'applications').flatMap((one) => asApplication(one));
  return { kind: 'generated', object, applications, by: session.name };
}

/** Lists of the API come without types, and with a status that nothing has written. */
function asApplication(value: unknown): readonly KubeObject[] {
  const metadata = recordAt(value, 'metadata');
  const spec = recordAt(value, 'spec');
  if (metadata === undefined || spec === undefined || textAt(metadata, 'name') === undefined) {
    return [];
  }
  return [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata, spec }];
}

/** The result with what the server said of what the files do not tell. */
export function withGenerated(
  result: ApplicationSetResult,
  answer: GeneratedSet | undefined,
): ApplicationSetResult {
  if (answer === undefined || result.needsServer.length === 0) return result;
  const [need] = result.needsServer;
  if (answer.kind === 'refused') {
    const told = result.needsServer.map((one) => ({
      ...one,
      reason: `${one.reason} ${answer.reason}`,
    }));
    return { ...result, needsServer: told };
  }
  const { by } = answer;
  const pointer = need?.pointer ?? '';
  return {
    ...result,
    applications: answer.applications.map((object) => known(result, { object, pointer, by })),
    needsServer: [],
  };
}

/** Of what the files tell as well, the parameters are known. */
function known(
  { applications }: ApplicationSetResult,
  {
    object,
    pointer,
    by,
  }: { readonly object: KubeObject; readonly pointer: string; readonly by: string },
): GeneratedApplication {
  const same = applications.find((one) => one.object.metadata.name === object.metadata.name);
  return { object, params: same?.params ?? {}, pointer: same?.pointer ?? pointer, by };
}
