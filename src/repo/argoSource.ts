import type { HelmParameter, HelmSource, KustomizeOverrides, RenderSource } from '../model/render';
import type { Json, JsonObject } from '../model/resource';
import type { Findings } from './definition';
import {
  fieldAt,
  flagAt,
  given,
  isObject,
  listAt,
  objectAt,
  objectsAt,
  textAt,
  textMapAt,
  textsAt,
} from './fields';
import { isGlob, matchesGlob } from './glob';
import { resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

/** One entry of an Application's sources, and what of the Application its rendering uses. */
export interface ArgoSourceInput {
  readonly source: JsonObject;
  /** JSON pointer of the source: `/spec/source` or `/spec/sources/0`. */
  readonly pointer: string;
  readonly appName: string;
  readonly appNamespace: string;
  readonly project: string;
  readonly destinationNamespace: string;
  readonly findings: Findings;
}

/** The namespace of Argo CD's installation manifests. */
export const ARGO_NAMESPACE = 'argocd';

type ArgoTool = 'helm' | 'kustomize' | 'directory' | 'plugin';

const TOOL_BLOCKS: readonly ArgoTool[] = ['kustomize', 'helm', 'directory', 'plugin'];

/** Fields that change the result and are not applied here: said, never passed over in silence. */
const UNAPPLIED: Readonly<Record<string, readonly string[]>> = {
  helm: ['fileParameters', 'kubeVersion', 'apiVersions'],
  kustomize: ['kubeVersion', 'apiVersions', 'labelWithoutSelector', 'labelIncludeTemplates'],
};

/** How Argo CD's repo server renders the source, or one sentence why that cannot be done here. */
export function argoRenderSource(input: ArgoSourceInput, tree: SourceTree): RenderSource | string {
  const path = resolvePath('', textAt(input.source, 'path') ?? '');
  const tool = argoTool(input.source, path, tree);
  noteUnapplied(input, path, tree);
  switch (tool) {
    case 'helm':
      return helmSource(input, path, tree);
    case 'kustomize':
      return { kind: 'kustomize', path, ...given('overrides', kustomizeOverrides(input)) };
    case 'directory':
      return directorySource(input.source, path);
    case 'plugin':
      return 'It is rendered by a config management plugin, which cannot run here.';
    default:
      return `It names more than one tool (${tool.conflict.join(', ')}); Argo CD refuses that.`;
  }
}

/**
 * An explicit block wins, several are an error (`ExplicitType`). Else Argo CD walks the folder in
 * name order and the last marker wins, so a kustomization beats a Chart.yaml beside it.
 */
function argoTool(
  source: JsonObject,
  path: string,
  tree: SourceTree,
): ArgoTool | { readonly conflict: readonly string[] } {
  const explicit = TOOL_BLOCKS.filter((block) => isObject(fieldAt(source, block)));
  if (explicit.length > 1) return { conflict: explicit };
  if (explicit[0] !== undefined) return explicit[0];
  if (tree.kustomizations.has(path)) return 'kustomize';
  return tree.files.has(path === '' ? 'Chart.yaml' : `${path}/Chart.yaml`) ? 'helm' : 'directory';
}

function directorySource(source: JsonObject, path: string): RenderSource {
  return {
    kind: 'directory',
    path,
    recurse: flagAt(source, 'directory', 'recurse'),
    ...given('include', textAt(source, 'directory', 'include')),
    ...given('exclude', textAt(source, 'directory', 'exclude')),
  };
}

function kustomizeOverrides(input: ArgoSourceInput): KustomizeOverrides {
  const block = objectAt(input.source, 'kustomize');
  const annotations = textMapAt(block, 'commonAnnotations');
  const substituted = flagAt(block, 'commonAnnotationsEnvsubst')
    ? Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [key, buildEnvironment(input)(value)]),
      )
    : annotations;
  return {
    ...given('namePrefix', textAt(block, 'namePrefix')),
    ...given('nameSuffix', textAt(block, 'nameSuffix')),
    ...given('namespace', textAt(block, 'namespace')),
    ...given('images', textsAt(block, 'images')),
    ...given('replicas', replicasOf(block)),
    ...given('commonLabels', textMapAt(block, 'commonLabels')),
    ...given('commonAnnotations', substituted),
    ...given('patches', objectsAt(block, 'patches')),
    ...given('components', textsAt(block, 'components')),
  };
}

function replicasOf(block: JsonObject | undefined): KustomizeOverrides['replicas'] {
  return objectsAt(block, 'replicas').flatMap((entry) => {
    const count = Number(entry['count']);
    const name = textAt(entry, 'name');
    return name === undefined || !Number.isInteger(count) ? [] : [{ name, count }];
  });
}

function helmSource(input: ArgoSourceInput, path: string, tree: SourceTree): HelmSource {
  const helm = objectAt(input.source, 'helm');
  const values = objectAt(helm, 'valuesObject');
  return {
    kind: 'helm',
    path,
    releaseName: textAt(helm, 'releaseName') ?? input.appName,
    namespace: textAt(helm, 'namespace') ?? input.destinationNamespace,
    valueFiles: valueFilesOf(input, path, tree),
    ...given('ignoreMissingValueFiles', flagAt(helm, 'ignoreMissingValueFiles') || undefined),
    // `valuesObject` replaces `values` (docs: Helm, "Values").
    ...(values === undefined ? given('valuesText', textAt(helm, 'values')) : { values }),
    ...given('parameters', parametersOf(input, helm)),
    includeCrds: !flagAt(helm, 'skipCrds'),
    ...given('skipTests', flagAt(helm, 'skipTests') || undefined),
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

function scalarText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

/** Relative to the source, or to the repository with a leading slash; globs in lexical order. */
function valueFilesOf(input: ArgoSourceInput, path: string, tree: SourceTree): readonly string[] {
  const substitute = buildEnvironment(input);
  return listAt(input.source, 'helm', 'valueFiles').flatMap((entry, index) => {
    const written = scalarText(entry);
    const pointer = `${input.pointer}/helm/valueFiles/${index}`;
    const refusal = valueFileRefusal(written);
    if (refusal !== undefined) {
      input.findings.add({
        severity: 'warning',
        code: 'unresolved-values',
        message: refusal,
        pointer,
      });
      return [];
    }
    const file = resolvePath(path, substitute(written));
    return isGlob(file) ? expand(file, tree) : [file];
  });
}

function valueFileRefusal(written: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
    return 'A values file with a URL is not fetched; the result lacks its values.';
  }
  if (/^\$(?!ARGOCD_|\{)/.test(written)) {
    return `The values file ${written} is in another source, which is not supported yet; the result lacks its values.`;
  }
  return undefined;
}

function expand(pattern: string, tree: SourceTree): readonly string[] {
  return [...tree.files].filter((file) => matchesGlob(pattern, file)).sort();
}

/**
 * Argo CD's build environment, as far as it is known before a sync; `$$` stands for a dollar, an
 * unknown name for nothing, both as `os.Expand` does it.
 */
function buildEnvironment(input: ArgoSourceInput): (text: string) => string {
  const known: Readonly<Record<string, string>> = {
    ARGOCD_APP_NAME: instanceName(input),
    ARGOCD_APP_NAMESPACE: input.destinationNamespace,
    ARGOCD_APP_PROJECT_NAME: input.project,
    ARGOCD_APP_SOURCE_PATH: textAt(input.source, 'path') ?? '',
    ARGOCD_APP_SOURCE_REPO_URL: textAt(input.source, 'repoURL') ?? '',
    ARGOCD_APP_SOURCE_TARGET_REVISION: textAt(input.source, 'targetRevision') ?? '',
    $: '$',
  };
  const replace = (_: string, braced?: string, bare?: string): string => {
    const name = braced ?? bare ?? '';
    if (/^ARGOCD_APP_REVISION/.test(name)) noteRevisionVariable(input, name);
    return known[name] ?? '';
  };
  return (text) => text.replace(/\$(?:\{([^}]*)\}|(\$|\w+))/g, replace);
}

/** Applications outside the control plane's namespace are named with theirs (`InstanceName`). */
function instanceName(input: ArgoSourceInput): string {
  const own = input.appNamespace === '' || input.appNamespace === ARGO_NAMESPACE;
  return own ? input.appName : `${input.appNamespace}_${input.appName}`;
}

function noteRevisionVariable(input: ArgoSourceInput, name: string): void {
  input.findings.add({
    severity: 'info',
    code: 'depends-on-revision',
    message: `It uses ${name}, which is known only when Argo CD syncs; it is left empty here.`,
    pointer: input.pointer,
  });
}

function noteUnapplied(input: ArgoSourceInput, path: string, tree: SourceTree): void {
  const fields = Object.entries(UNAPPLIED).flatMap(([block, names]) =>
    names
      .filter((name) => isSet(fieldAt(input.source, block, name)))
      .map((name) => `${block}/${name}`),
  );
  for (const field of fields) {
    input.findings.add({
      severity: 'warning',
      code: 'unsupported-field',
      message: `${field.replace('/', '.')} of the source is not applied yet; the controller's result can differ.`,
      pointer: `${input.pointer}/${field}`,
    });
  }
  const overrides = ['.argocd-source.yaml', `.argocd-source-${instanceName(input)}.yaml`]
    .map((name) => resolvePath(path, name))
    .filter((file) => tree.files.has(file));
  for (const file of overrides) {
    input.findings.add({
      severity: 'warning',
      code: 'unsupported-field',
      message: `${file} changes the source and is not applied yet; the controller's result can differ.`,
    });
  }
}

function isSet(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false;
}
