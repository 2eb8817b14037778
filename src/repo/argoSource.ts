import type {
  JsonnetSettings,
  JsonnetVariable,
  KustomizeOverrides,
  SingleSource,
} from '../model/render';
import type { JsonObject } from '../model/resource';
import { type ArgoSourceInput, buildEnvironment } from './argoEnvironment';
import { argoHelmSource, chartOf, namedVersions } from './argoHelm';
import { withOverrideFiles } from './argoOverrides';
import {
  fieldAt,
  flagAt,
  given,
  isObject,
  objectAt,
  objectsAt,
  textAt,
  textMapAt,
  textsAt,
} from './fields';
import { resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

export { ARGO_NAMESPACE, type ArgoSourceInput } from './argoEnvironment';

type ArgoTool = 'helm' | 'kustomize' | 'directory' | 'plugin';

const TOOL_BLOCKS: readonly ArgoTool[] = ['kustomize', 'helm', 'directory', 'plugin'];

/** How Argo CD's repo server renders the source, or one sentence why that cannot be done here. */
export function argoRenderSource(asked: ArgoSourceInput, tree: SourceTree): SingleSource | string {
  const path = resolvePath('', textAt(asked.source, 'path') ?? '');
  const source = withOverrideFiles(asked, path, tree);
  if (typeof source === 'string') return source;
  const input = { ...asked, source };
  const tool = argoTool(source, path, tree);
  switch (tool) {
    case 'helm':
      return argoHelmSource(input, path, tree);
    case 'kustomize':
      return {
        kind: 'kustomize',
        path,
        ...given('overrides', kustomizeOverrides(input)),
        ...given('version', textAt(source, 'kustomize', 'version')),
        ...namedVersions(objectAt(source, 'kustomize')),
      };
    case 'directory':
      return directorySource(input, path);
    case 'plugin':
      return 'It is rendered by a config management plugin, which cannot run here.';
    default:
      return `It names more than one tool (${tool.conflict.join(', ')}); Argo CD refuses that.`;
  }
}

/** A source that is a chart of a chart repository: no file beside it changes it. */
export function argoChartSource(input: ArgoSourceInput): SingleSource | string {
  const isOther = TOOL_BLOCKS.some((block) => block !== 'helm' && isSet(input.source, block));
  if (isOther) return 'It names a chart and another tool than Helm.';
  return argoHelmSource(input, '', undefined);
}

function isSet(source: JsonObject, block: string): boolean {
  return isObject(fieldAt(source, block));
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
  const explicit = TOOL_BLOCKS.filter((block) => isSet(source, block));
  if (explicit.length > 1) return { conflict: explicit };
  if (explicit[0] !== undefined) return explicit[0];
  if (chartOf(source) !== undefined) return 'helm';
  if (tree.kustomizations.has(path)) return 'kustomize';
  return tree.files.has(path === '' ? 'Chart.yaml' : `${path}/Chart.yaml`) ? 'helm' : 'directory';
}

function directorySource(input: ArgoSourceInput, path: string): SingleSource {
  const { source } = input;
  return {
    kind: 'directory',
    path,
    recurse: flagAt(source, 'directory', 'recurse'),
    ...given('include', textAt(source, 'directory', 'include')),
    ...given('exclude', textAt(source, 'directory', 'exclude')),
    ...given('jsonnet', jsonnetSettings(input)),
  };
}

function jsonnetSettings(input: ArgoSourceInput): JsonnetSettings {
  const jsonnet = objectAt(input.source, 'directory', 'jsonnet');
  const substitute = buildEnvironment(input);
  const variables = (field: string): readonly JsonnetVariable[] =>
    objectsAt(jsonnet, field).map((entry) => ({
      name: textAt(entry, 'name') ?? '',
      value: substitute(textAt(entry, 'value') ?? ''),
      ...given('code', flagAt(entry, 'code') || undefined),
    }));
  return {
    ...given('extVars', variables('extVars')),
    ...given('tlas', variables('tlas')),
    ...given(
      'libs',
      textsAt(jsonnet, 'libs').map((folder) => resolvePath('', folder)),
    ),
  };
}

const EDIT_OPTIONS = [
  'forceCommonLabels',
  'forceCommonAnnotations',
  'labelWithoutSelector',
  'labelIncludeTemplates',
  'ignoreMissingComponents',
] as const;

function kustomizeOverrides(input: ArgoSourceInput): KustomizeOverrides {
  const block = objectAt(input.source, 'kustomize');
  const substitute = buildEnvironment(input);
  const substituted = (map: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, substitute(value)]));
  const annotations = textMapAt(block, 'commonAnnotations');
  const isSubstituted = flagAt(block, 'commonAnnotationsEnvsubst');
  const options = EDIT_OPTIONS.filter((name) => flagAt(block, name));
  return {
    ...given('namePrefix', textAt(block, 'namePrefix')),
    ...given('nameSuffix', textAt(block, 'nameSuffix')),
    ...given('namespace', textAt(block, 'namespace')),
    ...given('images', textsAt(block, 'images').map(substitute)),
    ...given('replicas', replicasOf(block)),
    ...given('commonLabels', substituted(textMapAt(block, 'commonLabels'))),
    ...given('commonAnnotations', isSubstituted ? substituted(annotations) : annotations),
    ...given('patches', objectsAt(block, 'patches')),
    ...given('components', textsAt(block, 'components')),
    ...Object.fromEntries(options.map((name) => [name, true])),
  };
}

function replicasOf(block: JsonObject | undefined): KustomizeOverrides['replicas'] {
  return objectsAt(block, 'replicas').flatMap((entry) => {
    const count = Number(entry['count']);
    const name = textAt(entry, 'name');
    return name === undefined || !Number.isInteger(count) ? [] : [{ name, count }];
  });
}
