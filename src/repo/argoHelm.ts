import type { ChartReference, HelmParameter, HelmSource } from '../model/render';
import { CHART_ITSELF } from '../model/render';
import type { Json, JsonObject } from '../model/resource';
import { type ArgoSourceInput, buildEnvironment } from './argoEnvironment';
import { fieldAt, flagAt, given, listAt, objectAt, objectsAt, textAt, textsAt } from './fields';
import { isGlob, matchesGlob } from './glob';
import { belowFolder } from './mounts';
import { resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

/** What `helm template` gets from a source (reposerver/repository, helmTemplate). */
export function argoHelmSource(
  input: ArgoSourceInput,
  path: string,
  tree: SourceTree | undefined,
): HelmSource {
  const helm = objectAt(input.source, 'helm');
  const values = objectAt(helm, 'valuesObject');
  const flags = ['ignoreMissingValueFiles', 'skipTests', 'skipSchemaValidation'] as const;
  return {
    kind: 'helm',
    path: chartOf(input.source) === undefined ? path : '',
    releaseName: textAt(helm, 'releaseName') ?? input.appName,
    namespace: textAt(helm, 'namespace') ?? input.destinationNamespace,
    valueFiles: valueFilesOf(input, path, tree),
    ...Object.fromEntries(flags.filter((name) => flagAt(helm, name)).map((name) => [name, true])),
    // `valuesObject` replaces `values` (docs: Helm, "Values").
    ...(values === undefined ? given('valuesText', textAt(helm, 'values')) : { values }),
    ...given('parameters', parametersOf(input, helm)),
    ...given('fileParameters', fileParametersOf(input, path)),
    includeCrds: !flagAt(helm, 'skipCrds'),
    ...namedVersions(helm),
    ...given('chart', chartOf(input.source)),
  };
}

/** The chart of a chart repository that a source names; a repository without a scheme is a registry. */
export function chartOf(source: JsonObject): ChartReference | undefined {
  const name = textAt(source, 'chart');
  const repository = textAt(source, 'repoURL') ?? '';
  if (name === undefined) return undefined;
  return {
    repository: /^[a-z]+:\/\//i.test(repository) ? repository : `oci://${repository}`,
    name,
    version: textAt(source, 'targetRevision') ?? '',
  };
}

/** Versions in place of the destination's, and Argo CD's own Helm; of Kustomize they are for its charts. */
export function namedVersions(
  block: JsonObject | undefined,
): Pick<HelmSource, 'kubeVersion' | 'apiVersions' | 'helm'> {
  return {
    helm: 3,
    ...given('kubeVersion', textAt(block, 'kubeVersion')),
    ...given('apiVersions', textsAt(block, 'apiVersions')),
  };
}

function parametersOf(
  input: ArgoSourceInput,
  helm: JsonObject | undefined,
): readonly HelmParameter[] {
  const substitute = buildEnvironment(input);
  return objectsAt(helm, 'parameters').map((entry) => ({
    name: scalarText(entry['name']),
    value: substitute(scalarText(entry['value'])),
    ...given('forceString', flagAt(entry, 'forceString') || undefined),
  }));
}

function fileParametersOf(input: ArgoSourceInput, path: string): HelmSource['fileParameters'] {
  return objectsAt(input.source, 'helm', 'fileParameters').map((entry) => ({
    name: scalarText(entry['name']),
    path: placed(input, path, scalarText(entry['path'])),
  }));
}

function scalarText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

const REMOTE = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Globs stand for what they match, in lexical order; an address stays one and is missing later. */
function valueFilesOf(
  input: ArgoSourceInput,
  path: string,
  tree: SourceTree | undefined,
): readonly string[] {
  return listAt(input.source, 'helm', 'valueFiles').flatMap((entry, index) => {
    const written = scalarText(entry);
    noteVariable(input, written, `${input.pointer}/helm/valueFiles/${index}`);
    const file = placed(input, path, written);
    const known = input.refs?.get(written.split('/')[0] ?? '')?.tree ?? tree;
    if (known === undefined || REMOTE.test(file) || !isGlob(file)) return [file];
    noteGlob(input, written, `${input.pointer}/helm/valueFiles/${index}`);
    return expand(file, known, folderOf(input, written));
  });
}

/**
 * Below the source, or with a leading slash below the repository; `$ref/` is the root of the other
 * source's repository, with the environment filled in only after it.
 */
function placed(input: ArgoSourceInput, path: string, written: string): string {
  const [first = ''] = written.split('/');
  const substitute = buildEnvironment(input);
  if (input.refs?.has(first) === true)
    return belowFolder(folderOf(input, written), substitute(written.slice(first.length)));
  const text = substitute(written);
  if (REMOTE.test(text)) return text;
  const inRepository = resolvePath(path, text);
  return chartOf(input.source) === undefined ? inRepository : `${CHART_ITSELF}/${inRepository}`;
}

/** `$name` of one `source` is no reference: it is filled in as an unknown variable, with nothing. */
function noteVariable(input: ArgoSourceInput, written: string, pointer: string): void {
  const [first = ''] = written.split('/');
  const isVariable = /^\$(?!ARGOCD_|\{|\$)/.test(first);
  if (!isVariable || input.refs !== undefined) return;
  input.findings.add({
    severity: 'warning',
    code: 'unresolved-values',
    message: `${first} is no source of this Application, which has no sources with a ref: Argo CD puts nothing in its place.`,
    pointer,
  });
}

/** `getResolvedValueFiles` of 3.2 looks for a file of that very name. */
function noteGlob(input: ArgoSourceInput, written: string, pointer: string): void {
  input.findings.add({
    severity: 'info',
    code: 'values-glob',
    message: `Argo CD up to 3.2 takes ${written} for the name of one file; newer versions expand it, as is done here.`,
    pointer,
  });
}

/** Where the repository of a `$ref/` stands: the root itself, or a folder for another repository. */
function folderOf({ refs }: ArgoSourceInput, written: string): string {
  return refs?.get(written.split('/')[0] ?? '')?.folder ?? '';
}

function expand(pattern: string, tree: SourceTree, folder: string): readonly string[] {
  const files = [...tree.files].map((file) => belowFolder(folder, file));
  return files.filter((file) => matchesGlob(pattern, file)).sort();
}

/** Paths of values and file parameters that name a source by its `ref`. */
export function referencesOf(source: JsonObject): readonly string[] {
  const files = [
    ...listAt(source, 'helm', 'valueFiles'),
    ...objectsAt(source, 'helm', 'fileParameters').map((entry) => fieldAt(entry, 'path') ?? ''),
  ];
  return files.map(scalarText).filter((file) => file.startsWith('$'));
}
