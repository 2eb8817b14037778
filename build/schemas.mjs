/**
 * Makes `schemas/kubernetes-<version>.json.br`: the schemas that are used where no cluster is
 * connected. Sources, all pinned by the lab's own go.mod files: the OpenAPI v3 documents in the
 * module of Kubernetes, over them those of a running API server of the same version when
 * `--server URL --token TOKEN` is given (it adds the enumerations, which the module's documents leave
 * out), and the CRDs of Argo CD and Flux from their modules. Descriptions are dropped.
 *
 *     node build/schemas.mjs [--server https://127.0.0.1:6443 --token …]
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { parseAllDocuments } from 'yaml';

/** @typedef {{ [key: string]: any }} Schema */
/** @typedef {{ from: string, namespaced: boolean, schema: Schema }} CustomResource */

const run = promisify(execFile);
const top = join(import.meta.dirname, '..');

/** Folders of CRDs by the part of the lab whose go.mod pins the module. */
const CRD_MODULES = [
  {
    part: 'argocd',
    module: 'github.com/argoproj/argo-cd/v3',
    folder: 'manifests/crds',
    product: 'Argo CD',
  },
  ...['kustomize', 'helm', 'source'].map((name) => ({
    part: name === 'kustomize' ? 'flux' : `flux${name}`,
    module: `github.com/fluxcd/${name}-controller`,
    folder: 'config/crd/bases',
    product: `Flux ${name}-controller`,
  })),
];

/** Nothing that decides about a value, or about how values are merged on the server, is in these. */
const DROPPED = new Set([
  'description',
  'example',
  'externalDocs',
  'title',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-selectable-fields',
  'x-kubernetes-unions',
  'x-kubernetes-validations',
]);

/** Generated schemas carry zero values as defaults. @param {any} value */
function says(value) {
  return typeof value === 'object' ? Object.keys(value ?? {}).length > 0 : Boolean(value);
}

/** @param {any} schema @param {boolean} keepDefaults @returns {any} */
function compact(schema, keepDefaults) {
  if (schema === null || typeof schema !== 'object') return schema;
  /** @type {Schema} */
  const result = {};
  for (const [key, value] of Object.entries(schema)) {
    if (DROPPED.has(key) || (key === 'default' && !keepDefaults && !says(value))) continue;
    result[key] = compactKeyword(key, value, keepDefaults);
  }
  return result;
}

/** @param {string} key @param {any} value @param {boolean} keepDefaults */
function compactKeyword(key, value, keepDefaults) {
  if (key === 'properties') {
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, compact(schema, keepDefaults)]),
    );
  }
  if (['allOf', 'anyOf', 'oneOf'].includes(key)) {
    return value.map((/** @type {any} */ schema) => compact(schema, keepDefaults));
  }
  if (['items', 'additionalProperties', 'not'].includes(key)) return compact(value, keepDefaults);
  return value;
}

/** @param {string} part @param {string} module @returns {Promise<{ dir: string, version: string }>} */
async function moduleFolder(part, module) {
  const goMod = await readFile(join(top, 'test/lab/parts', part, 'go.mod'), 'utf8');
  const line = goMod
    .split('\n')
    .find((text) => text.replace('require ', '').trim().startsWith(`${module} v`));
  const version = /(v\S+)/.exec(line?.slice(line.indexOf(module) + module.length) ?? '')?.[1];
  if (version === undefined) throw new Error(`${part}/go.mod does not require ${module}`);
  const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`]);
  return { dir: JSON.parse(stdout).Dir, version };
}

/** @param {string} dir @returns {Promise<Schema[]>} */
async function documentsOfModule(dir) {
  const folder = join(dir, 'api/openapi-spec/v3');
  const names = (await readdir(folder)).filter((name) => name.includes('__v')).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
}

/** Of the groups of Kubernetes itself. @param {string} server @param {string} token @param {Schema[]} own @returns {Promise<Schema[]>} */
async function documentsOfServer(server, token, own) {
  const groups = new Set(own.flatMap(({ paths }) => Object.keys(paths).map(groupVersionOf)));
  /** @param {string} path */
  const get = async (path) => {
    const answer = await fetch(new URL(path, server), {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { paths } = await get('/openapi/v3');
  const wanted = Object.keys(paths).filter((path) => groups.has(path));
  return Promise.all(wanted.sort().map((path) => get(paths[path].serverRelativeURL)));
}

/** `apis/apps/v1` of `/apis/apps/v1/namespaces/{namespace}/deployments`. @param {string} path */
function groupVersionOf(path) {
  return /^\/(api\/v1|apis\/[^/]+\/v[^/]+)/.exec(path)?.[1] ?? '';
}

/** @param {Schema[]} documents */
function definitionsOf(documents) {
  /** @type {Record<string, Schema>} */
  const definitions = {};
  for (const document of documents) {
    Object.assign(definitions, document.components?.schemas);
  }
  return definitions;
}

/** Kinds that can be created, and whether they have a namespace, from the paths of the documents. @param {Schema[]} documents */
function scopesOf(documents) {
  /** @type {Map<string, boolean>} */
  const scopes = new Map();
  for (const { paths } of documents) {
    for (const [path, operations] of Object.entries(paths)) {
      const gvk = operations.post?.['x-kubernetes-group-version-kind'];
      if (gvk === undefined || /\/\{name\}/.test(path)) continue;
      const key = gvkKey(gvk);
      scopes.set(key, (scopes.get(key) ?? false) || path.includes('/namespaces/{namespace}/'));
    }
  }
  return scopes;
}

/** @param {{ group: string, version: string, kind: string }} gvk */
function gvkKey({ group, version, kind }) {
  return `${group === '' ? version : `${group}/${version}`}/${kind}`;
}

/** @param {Record<string, Schema>} definitions @param {Map<string, boolean>} scopes */
function kindsOf(definitions, scopes) {
  /** @type {Record<string, { definition: string, namespaced: boolean }>} */
  const kinds = {};
  for (const [definition, schema] of Object.entries(definitions)) {
    for (const gvk of schema['x-kubernetes-group-version-kind'] ?? []) {
      const namespaced = scopes.get(gvkKey(gvk));
      if (namespaced !== undefined && schema.properties?.metadata !== undefined) {
        kinds[gvkKey(gvk)] = { definition, namespaced };
      }
    }
  }
  return kinds;
}

/** The definitions that the kinds reach. @param {Record<string, Schema>} definitions @param {Iterable<string>} roots */
function reachable(definitions, roots) {
  /** @type {Record<string, Schema>} */
  const kept = {};
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (kept[name] !== undefined) continue;
    const { 'x-kubernetes-group-version-kind': _, ...schema } = definitions[name];
    kept[name] = compact(schema, false);
    for (const [, next] of JSON.stringify(kept[name]).matchAll(
      /#\/components\/schemas\/([^"]+)/g,
    )) {
      waiting.push(next);
    }
  }
  return sorted(kept);
}

/** @template T @param {Record<string, T>} object @returns {Record<string, T>} */
function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function customResources() {
  /** @type {Record<string, CustomResource>} */
  const result = {};
  for (const { part, module, folder, product } of CRD_MODULES) {
    const { dir, version } = await moduleFolder(part, module);
    const names = (await readdir(join(dir, folder))).filter((name) => name.endsWith('.yaml'));
    for (const name of names.sort()) {
      const text = await readFile(join(dir, folder, name), 'utf8');
      for (const document of parseAllDocuments(text))
        addCrd(document.toJS(), `${product} ${version}`, result);
    }
  }
  return sorted(result);
}

/** @param {any} crd @param {string} from @param {Record<string, CustomResource>} into */
function addCrd(crd, from, into) {
  if (crd?.kind !== 'CustomResourceDefinition') return;
  const { group, names, scope, versions } = crd.spec;
  for (const version of versions.filter((/** @type {any} */ { served }) => served)) {
    into[gvkKey({ group, version: version.name, kind: names.kind })] = {
      from,
      namespaced: scope === 'Namespaced',
      schema: compact(version.schema.openAPIV3Schema, true),
    };
  }
}

const { values: options } = parseArgs({
  options: {
    server: { type: 'string' },
    token: { type: 'string' },
  },
});

const kubernetes = await moduleFolder('kubernetes', 'k8s.io/kubernetes');
const documents = await documentsOfModule(kubernetes.dir);
if (options.server !== undefined) {
  documents.push(...(await documentsOfServer(options.server, options.token ?? '', documents)));
}
const definitions = definitionsOf(documents);
const kinds = sorted(kindsOf(definitions, scopesOf(documents)));
const bundle = {
  version: kubernetes.version,
  kinds,
  definitions: reachable(
    definitions,
    Object.values(kinds).map(({ definition }) => definition),
  ),
  customResources: await customResources(),
};
const text = JSON.stringify(bundle);
const bytes = brotliCompressSync(text, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
});
const file = join(top, 'schemas', `kubernetes-${kubernetes.version.replace(/^v/, '')}.json.br`);
await mkdir(join(top, 'schemas'), { recursive: true });
await writeFile(file, bytes);
process.stdout.write(
  `${file}: ${Object.keys(kinds).length} kinds, ${Object.keys(bundle.definitions).length} definitions, ` +
    `${Object.keys(bundle.customResources).length} custom kinds, ${text.length} → ${bytes.length} bytes\n`,
);
