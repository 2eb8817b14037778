import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import type { ServedKind } from '../../src/model/cluster';

/** The file that says where the lab's API servers are; absent when no lab runs. */
export const LAB_STATE = process.env['PLUMBLINE_LAB_STATE'];

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

/** What the API server says of an object that it is asked to create, without creating it. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** It could not be decoded; `unknownFields` when that was the reason. */
  | {
      readonly kind: 'undecodable';
      readonly unknownFields: readonly string[];
      readonly message: string;
    }
  /** Decoded, then refused by the kind's own rules; `fields` names the culprits. */
  | { readonly kind: 'invalid'; readonly fields: readonly string[]; readonly message: string };

/** The staging API server of the lab, as its administrator. */
export interface LabServer {
  readonly served: readonly ServedKind[];
  openApi(groupVersion: string): Promise<JsonObject>;
  dryRun(object: KubeObject): Promise<Verdict>;
  create(object: KubeObject): Promise<Answer>;
  delete(object: KubeObject): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Reads again what is served. */
  refresh(): Promise<void>;
}

interface Connection {
  readonly server: string;
  readonly ca: Buffer;
  readonly token: string;
}

export async function connectToLab(stateFile: string): Promise<LabServer> {
  const connection = connectionOf(stateFile);
  const state = { served: [] as readonly ServedKind[] };
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    send(connection, { method, path, body });
  const get = (path: string): Promise<Answer> => call('GET', path);
  const refresh = async (): Promise<void> => {
    state.served = await servedKinds(get);
  };
  await refresh();
  return {
    get served() {
      return state.served;
    },
    get,
    refresh,
    openApi: async (groupVersion) => {
      const path = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
      return (await get(`/openapi/v3/${path}`)).body;
    },
    dryRun: async (object) => {
      const path = collectionPath(object, state.served);
      return verdictOf(await call('POST', `${path}?dryRun=All&fieldValidation=Strict`, object));
    },
    create: (object) => call('POST', collectionPath(object, state.served), object),
    delete: (object) =>
      call('DELETE', `${collectionPath(object, state.served)}/${object.metadata.name}`),
  };
}

function connectionOf(stateFile: string): Connection {
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as {
    clusters: Record<string, { server: string; caFile: string; adminToken: string }>;
  };
  const cluster = state.clusters['staging'];
  if (cluster === undefined) throw new Error('the lab has no cluster named staging');
  return {
    server: cluster.server,
    ca: readFileSync(cluster.caFile),
    token: cluster.adminToken,
  };
}

function send(
  { server, ca, token }: Connection,
  { method, path, body }: { method: string; path: string; body?: object | undefined },
): Promise<Answer> {
  const { hostname, port } = new URL(server);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, ca, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: parsed(text) });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** A document that is not published yet has no text; other answers may be plain text. */
function parsed(text: string): JsonObject {
  return text.startsWith('{') ? (JSON.parse(text) as JsonObject) : { message: text };
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

async function servedKinds(get: (path: string) => Promise<Answer>): Promise<readonly ServedKind[]> {
  const { body } = await get('/apis');
  const groups = body as unknown as {
    groups: { name: string; versions: { groupVersion: string; version: string }[] }[];
  };
  const versions = groups.groups.flatMap(({ name, versions: all }) =>
    all.map(({ version }) => ({ group: name, version, path: `/apis/${name}/${version}` })),
  );
  const lists = await Promise.all(
    [{ group: '', version: 'v1', path: '/api/v1' }, ...versions].map(async (one) => {
      const { resources } = (await get(one.path)).body as unknown as ResourceList;
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, ...rest }) => ({
          ...rest,
          group: one.group,
          version: one.version,
          resource: name,
          preferred: true,
        }));
    }),
  );
  return lists.flat();
}

function collectionPath(object: KubeObject, served: readonly ServedKind[]): string {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  const kind = served.find(
    (one) => one.group === group && one.version === version && one.kind === object.kind,
  );
  if (kind === undefined) throw new Error(`not served: ${object.apiVersion} ${object.kind}`);
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const namespace = object.metadata?.namespace ?? 'default';
  return kind.namespaced
    ? `${prefix}/namespaces/${namespace}/${kind.resource}`
    : `${prefix}/${kind.resource}`;
}

function verdictOf({ status, body }: Answer): Verdict {
  const message = typeof body['message'] === 'string' ? body['message'] : '';
  if (status < 300) return { kind: 'accepted' };
  if (status === 400) {
    const unknownFields = [...message.matchAll(/unknown field "([^"]+)"/g)].map((m) => m[1] ?? '');
    return { kind: 'undecodable', unknownFields, message };
  }
  const details = body['details'] as { causes?: readonly { field?: string }[] } | undefined;
  const fields = (details?.causes ?? []).map(({ field }) => field ?? '');
  if (status === 422) return { kind: 'invalid', fields, message };
  throw new Error(`unexpected answer ${status}: ${message}`);
}
