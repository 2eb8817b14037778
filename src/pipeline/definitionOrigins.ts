import { toPointer } from '../base/pointer';
import type { App } from '../model/app';
import type { Json, JsonObject } from '../model/resource';
import type { RenderSource } from '../model/render';
import { isKustomizationFile } from '../repo/sourceTree';
import type { Core, RootEntry } from './core';
import { scalarText, valueAt } from './jsonValues';

/** A field of a document of a file that says what a field of a render source says. */
export interface Written {
  readonly root: RootEntry;
  readonly path: string;
  readonly documentIndex: number;
  readonly pointer: string;
  /** Its text may be shown to nobody. */
  readonly secret?: boolean;
}

/** What a render source says at a JSON pointer of it. */
export interface Said {
  readonly source: RenderSource;
  readonly pointer: string;
  readonly said: string;
}

/** Where the files say it: what is laid over the source, the custom resource itself, what that refers to. */
export function findWritten(core: Core, app: App, said: Said): Written | undefined {
  return (
    inOverrides(core, app, said) ??
    inOwnDefinition(core, app, said) ??
    inValuesFrom(core, app, said) ??
    inSubstitution(core, app, said)
  );
}

/** `.argocd-source-APP.yaml` wins over `.argocd-source.yaml`, and both over the Application. */
function inOverrides(core: Core, app: App, said: Said): Written | undefined {
  if (app.kind !== 'Application' || app.source.kind !== 'local') return undefined;
  const root = core.roots.get(app.source.root);
  const folder = folderOf(said);
  if (root === undefined || folder === undefined) return undefined;
  const pointers = pointersOf(app, said).map((one) => one.replace(SOURCE, '/'));
  const found = overrideFiles(app, folder).flatMap((path) => {
    const document = firstDocument(root, path);
    const pointer = pointers.find((one) => isSaid(valueAt(document, one), said.said));
    return pointer === undefined ? [] : [{ root, path, documentIndex: 0, pointer }];
  });
  return found[0];
}

function firstDocument({ parsed }: RootEntry, path: string): JsonObject | undefined {
  return parsed.get(path)?.documents[0]?.value;
}

function overrideFiles({ name }: App, folder: string): readonly string[] {
  const names = [`.argocd-source-${name}.yaml`, '.argocd-source.yaml'];
  return names.map((one) => (folder === '' ? one : `${folder}/${one}`));
}

const SOURCE = /^\/spec\/sources?(\/\d+)?\//;

/** Of the source, or of the one of several that the pointer is in. */
function folderOf({ source, pointer }: Said): string | undefined {
  const [, part] = /^\/parts\/(\d+)\/source\//.exec(pointer) ?? [];
  const at = part === undefined ? '/path' : `/parts/${part}/source/path`;
  return scalarText(valueAt(source as unknown as Json, at));
}

function pointersOf(app: App, { pointer, source }: Said): readonly string[] {
  return definitionPointers(app, pointer, source);
}

function inOwnDefinition(core: Core, app: App, said: Said): Written | undefined {
  const own = app.generatedBy === undefined ? ownDocument(core, app) : undefined;
  if (own === undefined) return undefined;
  const { root, path, documentIndex, value } = own;
  const pointer = pointersOf(app, said).find((one) => isSaid(valueAt(value, one), said.said));
  return pointer === undefined ? undefined : { root, path, documentIndex, pointer };
}

/** The document that stands where the app is defined: its custom resource, or what that is made of. */
export function ownDocument(
  core: Core,
  { definedIn }: App,
): (Omit<Written, 'pointer'> & { readonly value: JsonObject }) | undefined {
  if (definedIn === undefined) return undefined;
  const { path, line } = definedIn;
  const root = core.roots.get(definedIn.root);
  const documents = root?.parsed.get(path)?.documents ?? [];
  const documentIndex = documents.findIndex((one) => one.line === line);
  const value = documents[documentIndex]?.value;
  return root && value && { root, path, documentIndex, value };
}

/** The text itself, or one that Argo CD puts variables of the build environment into. */
function isSaid(value: Json | undefined, said: string): boolean {
  const text = scalarText(value);
  return text === said || (text !== undefined && /\$\{?ARGOCD_/.test(text));
}

/** Fields of the custom resource that a field of the source can be taken from, likely ones first. */
export function definitionPointers(
  app: Pick<App, 'kind'>,
  pointer: string,
  source?: RenderSource,
): readonly string[] {
  const [, part, rest = ''] = /^\/parts\/(\d+)\/source(\/.*)$/.exec(pointer) ?? [, , pointer];
  switch (app.kind) {
    case 'HelmRelease':
      return replaced(rest, HELM_RELEASE, '');
    case 'Application':
      return part === undefined
        ? replaced(rest, APPLICATION, '/spec/source')
        : replaced(rest, APPLICATION, `/spec/sources/${sourceIndex(source, Number(part))}`);
    case 'Kustomization':
      return replaced(rest, KUSTOMIZATION, '');
    default:
      return [];
  }
}

/** Sources that are only referred to are no parts. */
function sourceIndex(source: RenderSource | undefined, part: number): number {
  return source?.kind === 'several' ? (source.parts[part]?.index ?? part) : part;
}

type Rules = readonly (readonly [string, readonly string[]])[];

/** A target that starts with `~` is of the custom resource itself and not of its source. */
const APPLICATION: Rules = [
  ['/valuesText', ['/helm/values']],
  ['/values', ['/helm/valuesObject', '/helm/values']],
  ['/parameters', ['/helm/parameters']],
  ['/releaseName', ['/helm/releaseName', '~/metadata/name']],
  ['/namespace', ['/helm/namespace', '~/spec/destination/namespace']],
  ['/overrides', ['/kustomize']],
  ['/jsonnet', ['/directory/jsonnet']],
];
const HELM_RELEASE: Rules = [
  ['/values', ['/spec/values']],
  ['/releaseName', ['/spec/releaseName', '/metadata/name']],
  ['/namespace', ['/spec/targetNamespace', '/metadata/namespace']],
  ['/postRenderers', ['/spec/postRenderers']],
];
const KUSTOMIZATION: Rules = [['/kustomization', ['']]];

function replaced(pointer: string, rules: Rules, base: string): readonly string[] {
  const rule = rules.find(([from]) => pointer === from || pointer.startsWith(`${from}/`));
  if (rule === undefined) return [];
  const [from, targets] = rule;
  const rest = pointer.slice(from.length);
  return targets.map((to) => (to.startsWith('~') ? to.slice(1) + rest : base + to + rest));
}

/** The ConfigMap or Secret that an entry of `valuesFrom` names. */
function inValuesFrom(core: Core, app: App, { source, pointer, said }: Said): Written | undefined {
  const [, index] = /^\/valuesFrom\/(\d+)\/text$/.exec(pointer) ?? [];
  if (index === undefined || source.kind !== 'helm') return undefined;
  const entry = source.valuesFrom?.[Number(index)];
  if (entry === undefined) return undefined;
  const { kind, name, valuesKey = 'values.yaml' } = entry;
  return dataField(core, app, { kind, name, key: valuesKey, said });
}

/** The object of `substituteFrom` that says a variable; the last one wins, as in the controller. */
function inSubstitution(core: Core, app: App, { pointer, said }: Said): Written | undefined {
  const [, key] = /^\/variables\/(.+)$/.exec(pointer) ?? [];
  if (key === undefined) return undefined;
  for (const { kind, name } of substitutedFrom(app).toReversed()) {
    const found = dataField(core, app, { kind, name, key, said });
    if (found !== undefined) return found;
  }
  return undefined;
}

function substitutedFrom(
  app: App,
): readonly { readonly kind: 'ConfigMap' | 'Secret'; readonly name: string }[] {
  const entries = valueAt(app.definition, '/spec/postBuild/substituteFrom');
  return (Array.isArray(entries) ? (entries as readonly Json[]) : []).flatMap((entry) => {
    const name = valueAt(entry, '/name');
    const kind = valueAt(entry, '/kind');
    const isKnown = kind === 'ConfigMap' || kind === 'Secret';
    return isKnown && typeof name === 'string' ? [{ kind, name }] : [];
  });
}

interface DataField {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly key: string;
  readonly said: string;
}

/** Only where one object of the name says it: of several, nobody can tell which is meant. */
function dataField(core: Core, app: App, wanted: DataField): Written | undefined {
  const root = app.definedIn && core.roots.get(app.definedIn.root);
  if (root === undefined) return undefined;
  const found = [...root.parsed.values()].flatMap(({ path, documents }) =>
    documents.flatMap(({ value }, documentIndex) => {
      const pointer = isNamed(value, app, wanted) ? fieldSaying(value, wanted) : undefined;
      const secret = wanted.kind === 'Secret';
      return pointer === undefined ? [] : [{ root, path, documentIndex, pointer, secret }];
    }),
  );
  const all = found.length === 0 ? generatedFields(root, wanted) : found;
  return all.length === 1 ? all[0] : undefined;
}

/** The literals of generators, which references in the same build name without the hash. */
function generatedFields(root: RootEntry, wanted: DataField): readonly Written[] {
  const list = wanted.kind === 'Secret' ? 'secretGenerator' : 'configMapGenerator';
  const secret = wanted.kind === 'Secret';
  return [...root.parsed.values()]
    .filter(({ path }) => isKustomizationFile(path))
    .flatMap(({ path, documents }) =>
      documents.flatMap(({ value }, documentIndex) =>
        itemsAt(value[list]).flatMap((generator, index) =>
          valueAt(generator, '/name') !== wanted.name
            ? []
            : itemsAt(valueAt(generator, '/literals')).flatMap((literal, at) => {
                const pointer = toPointer([list, String(index), 'literals', String(at)]);
                return isLiteral(literal, wanted)
                  ? [{ root, path, documentIndex, pointer, secret }]
                  : [];
              }),
        ),
      ),
    );
}

function itemsAt(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** `key=value`, with quotes around the value or without. */
function isLiteral(literal: Json, { key, said }: DataField): boolean {
  return [said, `"${said}"`, `'${said}'`].some((value) => literal === `${key}=${value}`);
}

function isNamed(value: JsonObject, app: App, { kind, name }: DataField): boolean {
  const namespace = valueAt(value, '/metadata/namespace') ?? app.namespace;
  return (
    value['kind'] === kind &&
    valueAt(value, '/metadata/name') === name &&
    namespace === app.namespace
  );
}

function fieldSaying(value: JsonObject, { key, said }: DataField): string | undefined {
  return ['stringData', 'data']
    .map((field) => toPointer([field, key]))
    .find((pointer) => {
      const text = scalarText(valueAt(value, pointer));
      return text === said || (text !== undefined && isBase64Of(text, said));
    });
}

function isBase64Of(text: string, said: string): boolean {
  return text.trim() === Buffer.from(said).toString('base64');
}
