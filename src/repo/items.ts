import type { App } from '../model/app';
import type { RepositoryItem } from '../model/appState';
import { sourceFolders } from '../model/render';
import { appsOfSet, type DefinedSet, type Expansion, setNotes } from './applicationSets';
import type { Claims } from './claims';
import type { KustomizationFile } from './kustomizations';
import { type Manifest, nameOf, namespaceOf } from './manifests';
import { folderName, resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

export interface ItemInput {
  readonly tree: SourceTree;
  readonly apps: readonly App[];
  readonly claims: Claims;
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  readonly sets: readonly {
    readonly set: DefinedSet;
    readonly expansion: Expansion | undefined;
  }[];
  readonly crds: readonly Manifest[];
}

const APP_ITEMS = {
  Application: 'application',
  Kustomization: 'flux-kustomization',
  HelmRelease: 'helm-release',
  Folder: 'folder',
} as const satisfies Partial<Record<App['kind'], RepositoryItem['kind']>>;

/** What the *Repository* view lists, by kind and path. */
export function repositoryItems(input: ItemInput): readonly RepositoryItem[] {
  const items = [
    ...chartItems(input),
    ...kustomizationItems(input),
    ...appItems(input),
    ...setItems(input),
    ...input.crds.map((crd) => manifestItem('crd', crd, input)),
  ];
  return items.sort((a, b) => compare(a.kind, b.kind) || compare(a.path, b.path));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function chartItems({ tree, apps }: ItemInput): readonly RepositoryItem[] {
  const users = new Map<string, string[]>();
  for (const { key, source } of apps) {
    if (source.kind !== 'local') continue;
    for (const folder of sourceFolders(source.render)) {
      users.set(folder, [...(users.get(folder) ?? []), key]);
    }
  }
  return [...tree.charts].map((folder) => ({
    kind: 'chart',
    name: folderName(folder),
    root: tree.root,
    path: resolvePath(folder, 'Chart.yaml'),
    apps: users.get(folder) ?? [],
  }));
}

function kustomizationItems({
  tree,
  kustomizations,
  claims,
  apps,
}: ItemInput): readonly RepositoryItem[] {
  const overlays = new Map(
    apps.flatMap(({ kind, key, source }) =>
      kind === 'Overlay' && source.kind === 'local' ? [[source.render.path, key]] : [],
    ),
  );
  return [...kustomizations.values()].map(({ folder, path }) => {
    const overlay = overlays.get(folder);
    return {
      kind: 'kustomization',
      name: folderName(folder),
      root: tree.root,
      path,
      apps: [...claims.usersOf(folder), ...(overlay === undefined ? [] : [overlay])],
    };
  });
}

function appItems({ apps }: ItemInput): readonly RepositoryItem[] {
  return apps.flatMap((app) => {
    const kind = app.kind in APP_ITEMS ? APP_ITEMS[app.kind as keyof typeof APP_ITEMS] : undefined;
    // Those that a set makes stand below it.
    if (kind === undefined || app.definedIn === undefined || app.generatedBy) return [];
    const { root, path, line } = app.definedIn;
    return [
      {
        kind,
        name: app.namespace === '' ? app.name : `${app.namespace}/${app.name}`,
        root,
        path,
        ...(line === undefined ? {} : { line }),
        apps: [app.key],
      },
    ];
  });
}

function setItems(input: ItemInput): readonly RepositoryItem[] {
  const { tree, apps, sets } = input;
  return sets.map(({ set, expansion }) => {
    const notes = setNotes(expansion);
    return {
      ...manifestItem('application-set', set.manifest, input),
      apps: appsOfSet(set, tree.root, apps).map(({ key }) => key),
      ...(notes.length === 0 ? {} : { notes }),
    };
  });
}

function manifestItem(
  kind: RepositoryItem['kind'],
  manifest: Manifest,
  { tree }: ItemInput,
): RepositoryItem {
  const namespace = namespaceOf(manifest.object);
  const name = nameOf(manifest.object);
  return {
    kind,
    name: namespace === undefined ? name : `${namespace}/${name}`,
    root: tree.root,
    path: manifest.path,
    line: manifest.line,
    apps: [],
  };
}
