import { lazy } from '../base/lazy';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import { groupOf, versionOf } from '../model/resource';
import { crdKinds, isCrd } from './crd';
import { referencesOf } from './kubernetesSchema';
import type { Check, Definitions, Registry } from './registry';
import { createRegistry } from './registry';

/** Where a schema comes from: the destination's API server, a CRD in Git, or Plumbline itself. */
export type SchemaSource = 'cluster' | 'repository' | 'bundled';

export interface KindSchema {
  readonly source: SchemaSource;
  /**
   * The release that a bundled schema of a custom resource is from: another one that the cluster may
   * run can have fields that this one has not.
   */
  readonly from?: string;
  readonly check: Check;
}

/** What objects of each kind must look like. Immutable: `with…` gives another one that shares the work done. */
export interface Schemas {
  /** `undefined` where no source knows the kind or its schema cannot be used. */
  find(apiVersion: string, kind: string): Promise<KindSchema | undefined>;
  /** OpenAPI v3 documents by group version (`apps/v1`, `v1`); they go before what is bundled. */
  withCluster(openApiByGroupVersion: ReadonlyMap<string, JsonObject>): Schemas;
  /**
   * CRDs found in Git. Those of the app itself are applied with its other objects and go before the
   * cluster's present ones; those elsewhere in the repository come after them.
   */
  withCrds(crds: readonly KubeObject[], place?: 'app' | 'repository'): Schemas;
  /** Whether objects of the kind have a namespace; `undefined` where no source knows the kind. */
  namespaced(group: string, kind: string): Promise<boolean | undefined>;
  /** The bundled kinds of a group version (`apps/v1`, `v1`) as an API server publishes them: OpenAPI v3. */
  document(apiVersion: string): Promise<JsonObject | undefined>;
  /** The Kubernetes version of the bundled schemas: `v1.36.3`. */
  bundledVersion(): Promise<string>;
}

export interface SchemaOptions {
  /** The bundled schemas, uncompressed (UTF-8 JSON); asked for once, on first use. */
  readonly bundle: () => Promise<Uint8Array>;
}

interface Bundle {
  readonly version: string;
  readonly kinds: Readonly<Record<string, { definition: string; namespaced: boolean }>>;
  readonly definitions: Definitions;
  readonly customResources: Readonly<Record<string, BundledCustomResource>>;
}

interface BundledCustomResource {
  readonly from: string;
  readonly namespaced: boolean;
  readonly schema: JsonObject;
}

interface Source {
  find(key: string): Promise<KindSchema | undefined>;
  namespaced(group: string, kind: string): Promise<boolean | undefined>;
}

interface Sources {
  readonly app: readonly Source[];
  readonly cluster: readonly Source[];
  readonly repository: readonly Source[];
}

/** Asking for a scope needs the data only, not the schema library. */
interface Loaded {
  readonly bundle: () => Promise<Bundle>;
  readonly registry: () => Promise<Registry>;
}

type CustomCheck = (schema: JsonObject) => Promise<Check>;

export function createSchemas({ bundle: read }: SchemaOptions): Schemas {
  const loaded: Loaded = {
    bundle: lazy(async () => JSON.parse(new TextDecoder().decode(await read())) as Bundle),
    registry: lazy(async () => createRegistry((await loaded.bundle()).definitions)),
  };
  const customCheck = cachedCustomCheck(async (schema) =>
    (await loaded.registry()).customResourceCheck(schema),
  );
  const bundled = bundledSource(loaded, customCheck);

  const build = (sources: Sources): Schemas => {
    const all = [...sources.app, ...sources.cluster, ...sources.repository, bundled];
    return {
      find: (apiVersion, kind) => first(all, (source) => source.find(`${apiVersion}/${kind}`)),
      namespaced: (group, kind) => first(all, (source) => source.namespaced(group, kind)),
      document: async (apiVersion) => documentOf(await loaded.bundle(), apiVersion),
      bundledVersion: async () => (await loaded.bundle()).version,
      withCluster: (documents) =>
        build({ ...sources, cluster: [clusterSource(documents, customCheck)] }),
      withCrds: (crds, place = 'repository') =>
        build({ ...sources, [place]: [crdSource(crds, customCheck)] }),
    };
  };
  return build({ app: [], cluster: [], repository: [] });
}

async function first<T>(
  sources: readonly Source[],
  ask: (source: Source) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const source of sources) {
    const answer = await ask(source);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function documentOf({ kinds, definitions }: Bundle, apiVersion: string): JsonObject | undefined {
  const own = Object.entries(kinds).flatMap(([key, { definition }]) => {
    const slash = key.lastIndexOf('/');
    if (key.slice(0, slash) !== apiVersion) return [];
    const version = versionOf(apiVersion);
    const stated = { group: groupOf(apiVersion), version, kind: key.slice(slash + 1) };
    const schema = { ...definitions[definition], 'x-kubernetes-group-version-kind': [stated] };
    return [[definition, schema] as const];
  });
  if (own.length === 0) return undefined;
  return { components: { schemas: { ...definitions, ...Object.fromEntries(own) } } };
}

function bundledSource({ bundle: read, registry }: Loaded, customCheck: CustomCheck): Source {
  const find = remember(async (key) => {
    const bundle = await read();
    const definition = bundle.kinds[key]?.definition;
    if (definition !== undefined) {
      return { source: 'bundled', check: (await registry()).kubernetesCheck(definition) };
    }
    const custom = bundle.customResources[key];
    if (custom === undefined) return undefined;
    return { source: 'bundled', from: custom.from, check: await customCheck(custom.schema) };
  });
  const scopes = lazy(async () => scopesOf(await read()));
  return {
    find,
    namespaced: async (group, kind) => (await scopes()).get(`${group}/${kind}`),
  };
}

/** By group and kind; of several versions the first counts. */
function scopesOf({ kinds, customResources }: Bundle): ReadonlyMap<string, boolean> {
  const scopes = new Map<string, boolean>();
  for (const [key, { namespaced }] of Object.entries({ ...kinds, ...customResources })) {
    const slash = key.lastIndexOf('/');
    const name = `${groupOf(key.slice(0, slash))}/${key.slice(slash + 1)}`;
    if (!scopes.has(name)) scopes.set(name, namespaced);
  }
  return scopes;
}

/** A schema that cannot be compiled is one that is not there: nothing certain follows from it. */
function remember(load: Source['find']): Source['find'] {
  const known = new Map<string, Promise<KindSchema | undefined>>();
  const attempt = async (key: string): Promise<KindSchema | undefined> => {
    try {
      return await load(key);
    } catch {
      return undefined;
    }
  };
  return (key) => {
    const found = known.get(key) ?? attempt(key);
    known.set(key, found);
    return found;
  };
}

function clusterSource(
  documents: ReadonlyMap<string, JsonObject>,
  customCheck: CustomCheck,
): Source {
  const definitions = definitionsOf([...documents.values()]);
  const names = namesByKind(definitions);
  const registry = lazy(() => createRegistry(definitions));
  return {
    find: remember(async (key) => {
      const name = names.get(key);
      const definition = name === undefined ? undefined : definitions[name];
      if (name === undefined || definition === undefined) return undefined;
      const check = isCustomResource(name, definition)
        ? await customCheck(definition)
        : (await registry()).kubernetesCheck(name);
      return { source: 'cluster', check };
    }),
    namespaced: () => Promise.resolve(undefined),
  };
}

function definitionsOf(documents: readonly JsonObject[]): Definitions {
  const all = documents.map((document) => {
    const components = document['components'] as JsonObject | undefined;
    return (components?.['schemas'] ?? {}) as Definitions;
  });
  return Object.assign({}, ...all) as Definitions;
}

function namesByKind(definitions: Definitions): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = definition['x-kubernetes-group-version-kind'];
    for (const entry of Array.isArray(kinds) ? (kinds as readonly Json[]) : []) {
      const { group, version, kind } = entry as Readonly<Record<string, string>>;
      names.set(`${group === '' ? '' : `${group}/`}${version}/${kind}`, name);
    }
  }
  return names;
}

/**
 * The documents do not say which definitions come from a CRD. Those of Go types carry the path of
 * their package and refer to other definitions; those of CRDs refer to metadata only.
 */
function isCustomResource(name: string, definition: JsonObject): boolean {
  if (name.startsWith('io.k8s.api.') || name.includes('.pkg.')) return false;
  return referencesOf(definition).every((reference) => reference.endsWith('.meta.v1.ObjectMeta'));
}

function crdSource(crds: readonly KubeObject[], customCheck: CustomCheck): Source {
  const specs = crds.filter(isCrd).flatMap(crdKinds);
  const schemas = new Map(specs.flatMap((spec) => [...spec.schemas]));
  return {
    find: remember(async (key) => {
      const schema = schemas.get(key);
      return schema === undefined
        ? undefined
        : { source: 'repository', check: await customCheck(schema) };
    }),
    namespaced: (group, kind) =>
      Promise.resolve(specs.find((one) => one.group === group && one.kind === kind)?.namespaced),
  };
}

const CUSTOM_CHECKS_KEPT = 300;

/**
 * The same CRD arrives as another object after every render (and in a worker with every message),
 * so that what is compiled is kept by its text.
 */
function cachedCustomCheck(compile: CustomCheck): CustomCheck {
  const bySchema = new WeakMap<JsonObject, Promise<Check>>();
  const byText = new Map<string, Promise<Check>>();
  return (schema) => {
    const known = bySchema.get(schema);
    if (known !== undefined) return known;
    const text = JSON.stringify(schema);
    const check = byText.get(text) ?? compile(schema);
    byText.delete(text);
    byText.set(text, check);
    const oldest = byText.keys().next().value;
    if (byText.size > CUSTOM_CHECKS_KEPT && oldest !== undefined) byText.delete(oldest);
    bySchema.set(schema, check);
    return check;
  };
}
