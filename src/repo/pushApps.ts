import type { App, AppKind, AppPolicy } from '../model/app';
import type { ParsedFile, RenderSource } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { Deployment } from './ciDeployment';
import type { Claims } from './claims';
import { isControllerGroup } from './defineApp';
import { objectsAt, textAt } from './fields';
import type { KustomizationFile } from './kustomizations';
import type { Manifest } from './manifests';
import { ancestorsOf, baseNameOf, folderName, parentOf, resolvePath } from './paths';
import { type PipelineApps, pipelineApps } from './pipelineApps';
import type { SourceTree } from './sourceTree';

export interface PushInput {
  readonly tree: SourceTree;
  readonly files: ReadonlyMap<string, ParsedFile>;
  readonly manifests: readonly Manifest[];
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  readonly claims: Claims;
  /** What the pipelines of the repository do. */
  readonly deployments?: readonly Deployment[];
}

/**
 * Apps that no custom resource defines: what pipelines deploy, and of what none of them touches the
 * charts, overlays that nobody includes, and plain folders of manifests.
 */
export function pushApps(input: PushInput): readonly App[] {
  const { tree, claims, deployments = [] } = input;
  // A check of what a controller applies is no deployment.
  const counted = deployments.filter(
    ({ rendersOnly, path }) => !rendersOnly || path === undefined || !claims.isUsed(path),
  );
  const policies = { helm: HELM_POLICY, kubectl: KUBECTL_POLICY };
  const pipelines = pipelineApps(tree.root, counted, policies);
  const guessed = [...chartApps(input), ...overlayApps(input), ...folderApps(input)];
  return [...pipelines.apps, ...guessed.filter((app) => !isTaken(app, pipelines))];
}

function isTaken({ kind, source }: App, pipelines: PipelineApps): boolean {
  return source.kind === 'local' && pipelines.isTaken(source.render.path, kind);
}

interface PushDefinition {
  readonly kind: Extract<AppKind, 'Chart' | 'Overlay' | 'Folder'>;
  readonly path: string;
  /** What tells several apps of one path apart: the values file. */
  readonly variant?: string;
  readonly definedAt: string;
  readonly render: RenderSource;
}

function pushApp({ root }: SourceTree, definition: PushDefinition): App {
  const { kind, path, variant, definedAt, render } = definition;
  return {
    key: `${root}#${path}#${kind}/${variant ?? ''}`,
    kind,
    tool: 'push',
    namespace: '',
    name: variant === undefined ? folderName(path) : `${folderName(path)} (${variant})`,
    definedIn: { root, path: definedAt, line: 1 },
    presence: 'git',
    source: { kind: 'local', root, render },
    destination: { cluster: { kind: 'unknown' }, namespace: '' },
    policy: kind === 'Chart' ? HELM_POLICY : KUBECTL_POLICY,
    problems: [],
  };
}

const PLAIN_POLICY = {
  automated: false,
  selfHeal: false,
  prune: false,
  suspended: false,
  recreates: false,
  syncOptions: [],
  compareOptions: [],
  ignoreRules: [],
};
/**
 * `helm upgrade`: the manager is the name of the binary; Helm removes what a release no longer has, and
 * of a release that was applied on the server forces nothing unless told to (pkg/cmd/upgrade.go).
 */
const HELM_POLICY: AppPolicy = {
  ...PLAIN_POLICY,
  comparison: 'helm-manifest',
  fieldManager: 'helm',
  stopsAtConflicts: true,
  prune: true,
};
const KUBECTL_POLICY: AppPolicy = {
  ...PLAIN_POLICY,
  comparison: 'three-way',
  asksServer: true,
  fieldManager: 'kubectl-client-side-apply',
};

/** A chart once for each values file beside its base values, or once with these alone. */
function chartApps(input: PushInput): readonly App[] {
  const { tree, claims, kustomizations } = input;
  const parts = chartsUsedAsParts(input);
  return [...tree.charts].flatMap((folder) => {
    const chart = chartFile(input, folder);
    const isPart = textAt(chart, 'type') === 'library' || parts.has(folder);
    if (isPart || claims.isUsed(folder) || kustomizations.has(folder)) return [];
    const variants = tree.environments.get(folder) ?? [];
    const common = {
      kind: 'Chart',
      path: folder,
      definedAt: resolvePath(folder, 'Chart.yaml'),
    } as const;
    const render = {
      kind: 'helm',
      path: folder,
      releaseName: textAt(chart, 'name') ?? baseNameOf(folder),
      namespace: 'default',
      includeCrds: true,
    } as const;
    if (variants.length === 0) {
      return [pushApp(tree, { ...common, render: { ...render, valueFiles: [] } })];
    }
    return variants.map((variant) =>
      pushApp(tree, {
        ...common,
        variant,
        render: { ...render, valueFiles: [resolvePath(folder, variant)] },
      }),
    );
  });
}

function chartFile({ files }: PushInput, folder: string): JsonObject {
  return files.get(resolvePath(folder, 'Chart.yaml'))?.documents[0]?.value ?? {};
}

/** Charts that another chart names as a `file://` dependency or that a kustomization inflates. */
function chartsUsedAsParts(input: PushInput): ReadonlySet<string> {
  const dependencies = [...input.tree.charts].flatMap((folder) =>
    objectsAt(chartFile(input, folder), 'dependencies')
      .map((entry) => textAt(entry, 'repository') ?? '')
      .filter((repository) => repository.startsWith('file://'))
      .map((repository) => resolvePath(folder, repository.slice('file://'.length))),
  );
  const inflated = [...input.kustomizations.values()].flatMap(({ charts }) => charts);
  return new Set([...dependencies, ...inflated]);
}

/** Kustomizations that no other one and no app includes; components are parts by definition. */
function overlayApps({ tree, kustomizations, claims }: PushInput): readonly App[] {
  const included = new Set([...kustomizations.values()].flatMap(({ folders }) => folders));
  return [...kustomizations.values()]
    .filter(({ folder, isComponent }) => !isComponent && !included.has(folder))
    .filter(({ folder }) => !claims.isUsed(folder) && !isInChart(folder, tree))
    .map(({ folder, path }) =>
      pushApp(tree, {
        kind: 'Overlay',
        path: folder,
        definedAt: path,
        render: { kind: 'kustomize', path: folder },
      }),
    );
}

function isInChart(path: string, tree: SourceTree): boolean {
  return ancestorsOf(path).some((folder) => folder !== '' && tree.charts.has(folder));
}

/**
 * Folders of manifests that nothing else covers. The topmost one with manifests of its own is the
 * app and takes in the folders below, unless a chart, a kustomization or another app's source stands
 * among them: then every such folder is an app by itself. Folders of nothing but Argo CD and Flux
 * objects are none: those objects are shown as the apps that they define.
 */
function folderApps(input: PushInput): readonly App[] {
  const { tree } = input;
  const plain = plainFolders(input);
  const mixed = mixedFolders(input);
  const nesting = new Set([...plain.keys()].flatMap(ancestorsOf));
  const tops = [...plain].filter(
    ([folder]) => !ancestorsOf(folder).some((above) => plain.has(above) && !mixed.has(above)),
  );
  return tops.map(([folder, definedAt]) =>
    pushApp(tree, {
      kind: 'Folder',
      path: folder,
      definedAt,
      render: {
        kind: 'directory',
        path: folder,
        recurse: nesting.has(folder) && !mixed.has(folder),
      },
    }),
  );
}

/** Folders in or below which something is rendered by other means. */
function mixedFolders({ tree, kustomizations, claims }: PushInput): ReadonlySet<string> {
  const used = [...tree.folders].filter((folder) => claims.usersOf(folder).length > 0);
  const places = [...tree.charts, ...kustomizations.keys(), ...used];
  return new Set(places.flatMap((place) => [place, ...ancestorsOf(place)]));
}

/** Folder → its first manifest. */
function plainFolders(input: PushInput): ReadonlyMap<string, string> {
  const { kustomizations } = input;
  const listed = new Set(
    [...kustomizations.values()].flatMap(({ resources, patches }) => [...resources, ...patches]),
  );
  const found = new Map<string, string>();
  const isPlain = ({ path, apiVersion }: Manifest): boolean =>
    !isControllerGroup(apiVersion) &&
    !listed.has(path) &&
    !isInHiddenFolder(path) &&
    !input.claims.covers(path) &&
    !isManaged(path, input);
  for (const manifest of input.manifests) {
    const folder = parentOf(manifest.path);
    if (!found.has(folder) && isPlain(manifest)) found.set(folder, manifest.path);
  }
  return found;
}

function isInHiddenFolder(path: string): boolean {
  return ancestorsOf(path).some((folder) => baseNameOf(folder).startsWith('.'));
}

/**
 * In or below the folder of a kustomization or chart; one at the root speaks only for its own folder.
 */
function isManaged(path: string, { tree, kustomizations }: PushInput): boolean {
  const isBuilt = (folder: string): boolean =>
    kustomizations.has(folder) || tree.charts.has(folder);
  return ancestorsOf(path).some(
    (folder) => isBuilt(folder) && (folder !== '' || parentOf(path) === ''),
  );
}
