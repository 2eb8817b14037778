import { recordAt, textAt } from '../model/fields';
import type { Access, ContextRef, PatchRequest, ServedKind } from '../model/cluster';
import type { Cluster, ServiceRequest } from '../model/ports';
import type { Capabilities } from '../model/render';
import type { JsonObject, KubeObject, ResourceId } from '../model/resource';
import type { Discovery } from './kinds';
import { createKindReader } from './kinds';
import { listPages } from './pages';
import { groupVersionPath, isPathSegment, objectPath, subjectOf, withQuery } from './paths';
import type { Reflect } from './reflector';
import type { Rest } from './rest';
import type { Subject } from './status';

const contentTypes: Readonly<Record<PatchRequest['type'], string>> = {
  // The body is JSON, which is YAML.
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

export function createCluster(
  context: ContextRef,
  server: string,
  { rest, reflect }: { readonly rest: Rest; readonly reflect: Reflect },
): Cluster {
  const kindReader = createKindReader(rest);
  const version = (signal: AbortSignal): Promise<Access<string>> => readVersion(rest, signal);
  const kinds = (signal: AbortSignal): Promise<Access<Discovery>> => kindReader.read(signal);
  return {
    context,
    server,
    version,
    kinds,
    list: async (request, signal) => {
      const listed = await listPages(rest, request, signal);
      return listed.kind === 'ok' ? ok(listed.value.objects) : listed;
    },
    get: (kind, id, signal) => getObject(rest, { kind, id }, signal),
    patch: (request, signal) => patchObject(rest, request, signal),
    openApi: (groupVersion, signal) => readOpenApi(rest, groupVersion, signal),
    capabilities: async (signal) => {
      const [kubeVersion, served] = await Promise.all([version(signal), kinds(signal)]);
      if (kubeVersion.kind !== 'ok') return kubeVersion;
      return served.kind === 'ok'
        ? ok(capabilitiesOf(kubeVersion.value, served.value.kinds))
        : served;
    },
    service: (request, signal) => askService(rest, request, signal),
    watch: reflect,
    get requestCount() {
      return rest.requestCount();
    },
  };
}

/** `services/proxy`: the connection to the service is the API server's own. */
async function askService(
  rest: Rest,
  request: ServiceRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const { namespace, name, scheme, port, method, body } = request;
  if (!isPathSegment(namespace) || !isPathSegment(name)) return notAName(name);
  const service = `${scheme}:${name}:${port}`;
  const path = `/api/v1/namespaces/${namespace}/services/${service}/proxy${request.path}`;
  const verb = method === 'GET' ? 'get' : 'create';
  const answer = await rest.send(
    {
      method,
      path,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      subject: { verb, resource: 'services/proxy', namespace, secret: false },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    signal,
  );
  return answer.kind === 'ok' ? ok(answer.value.value) : answer;
}

async function readVersion(rest: Rest, signal: AbortSignal): Promise<Access<string>> {
  const subject = { verb: 'get', resource: '/version', namespace: '', secret: false };
  const answer = await getJson(rest, '/version', subject, signal);
  if (answer.kind !== 'ok') return answer;
  const version = textAt(answer.value, 'gitVersion');
  return version === undefined
    ? unexpected('The server does not tell its Kubernetes version.')
    : ok(version);
}

/** As Helm's `.Capabilities.APIVersions` has them. */
function capabilitiesOf(kubeVersion: string, kinds: readonly ServedKind[]): Capabilities {
  const apiVersions = new Set<string>();
  for (const kind of kinds) {
    const groupVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    apiVersions.add(groupVersion).add(`${groupVersion}/${kind.kind}`);
  }
  return { kubeVersion, apiVersions: [...apiVersions].sort() };
}

interface ObjectRef {
  readonly kind: ServedKind;
  readonly id: ResourceId;
}

async function getObject(
  rest: Rest,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const wrong = wrongName(ref);
  if (wrong !== undefined) return wrong;
  const subject = subjectOf('get', ref.kind, ref.id.namespace);
  return asObject(await getJson(rest, objectPath(ref.kind, ref.id), subject, signal));
}

async function patchObject(
  rest: Rest,
  request: PatchRequest,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const wrong = wrongName(request);
  if (wrong !== undefined) return wrong;
  const { kind, id, type } = request;
  const path = withQuery(objectPath(kind, id), {
    fieldManager: request.fieldManager,
    // The server refuses `force` on other patches.
    force: request.force === true && type === 'apply' ? 'true' : undefined,
    dryRun: request.dryRun ? 'All' : undefined,
  });
  const answer = await rest.send(
    {
      method: 'PATCH',
      path,
      headers: { accept: 'application/json', 'content-type': contentTypes[type] },
      body: JSON.stringify(request.body),
      subject: subjectOf('patch', kind, id.namespace),
    },
    signal,
  );
  return asObject(answer.kind === 'ok' ? ok(answer.value.value) : answer);
}

async function readOpenApi(
  rest: Rest,
  groupVersion: string,
  signal: AbortSignal,
): Promise<Access<JsonObject>> {
  const [first = '', second] = groupVersion.split('/');
  const path = second === undefined ? groupVersionPath('', first) : groupVersionPath(first, second);
  const subject = { verb: 'get', resource: '/openapi/v3', namespace: '', secret: false };
  const answer = await getJson(rest, `/openapi/v3${path}`, subject, signal);
  if (answer.kind !== 'ok') return answer;
  const document = recordAt(answer.value);
  return document === undefined
    ? unexpected(`The server has no OpenAPI document of ${groupVersion}.`)
    : ok(document as JsonObject);
}

async function getJson(
  rest: Rest,
  path: string,
  subject: Subject,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const headers = { accept: 'application/json' };
  const answer = await rest.send({ method: 'GET', path, headers, subject }, signal);
  return answer.kind === 'ok' ? ok(answer.value.value) : answer;
}

function asObject(answer: Access<unknown>): Access<KubeObject> {
  if (answer.kind !== 'ok') return answer;
  const record = recordAt(answer.value);
  const metadata = recordAt(answer.value, 'metadata');
  const apiVersion = textAt(answer.value, 'apiVersion');
  const kind = textAt(answer.value, 'kind');
  if (
    record === undefined ||
    metadata === undefined ||
    apiVersion === undefined ||
    kind === undefined
  ) {
    return unexpected('The API server answered with something that is not an object.');
  }
  return ok({ ...record, apiVersion, kind, metadata });
}

function wrongName(ref: ObjectRef): Access<never> | undefined {
  const { kind, id } = ref;
  if (!isPathSegment(id.name)) return notAName(id.name);
  return kind.namespaced && !isPathSegment(id.namespace) ? notAName(id.namespace) : undefined;
}

function notAName(name: string): Access<never> {
  return unexpected(`${JSON.stringify(name)} cannot be the name of an object or a namespace.`);
}

function unexpected(message: string): Access<never> {
  return { kind: 'failed', status: 0, message };
}

function ok<T>(value: T): Access<T> {
  return { kind: 'ok', value };
}
