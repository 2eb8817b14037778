import type { App } from '../model/app';
import { includedFolders, type KustomizationFile, type PatchTarget } from './kustomizations';
import { type Manifest, nameOf } from './manifests';
import { folderName } from './paths';

/** Folders of the kustomizations that build a manifest and patch objects like it, sorted. */
export function patcherLookup(
  kustomizations: ReadonlyMap<string, KustomizationFile>,
): (manifest: Manifest) => readonly string[] {
  const builds = [...kustomizations.values()]
    .filter(({ isComponent }) => !isComponent)
    .map(({ folder }) => buildOf(folder, kustomizations))
    .filter(({ targets }) => targets.length > 0);
  const byResource = indexed(builds);
  return (manifest) =>
    (byResource.get(manifest.path) ?? [])
      .filter(({ targets }) => targets.some((target) => aimsAt(target, manifest)))
      .map(({ folder }) => folder)
      .sort();
}

/** Thousands of manifests ask thousands of kustomizations. */
function indexed(builds: readonly Build[]): ReadonlyMap<string, readonly Build[]> {
  const byResource = new Map<string, Build[]>();
  for (const build of builds) {
    for (const resource of build.resources) {
      const known = byResource.get(resource);
      if (known === undefined) byResource.set(resource, [build]);
      else known.push(build);
    }
  }
  return byResource;
}

interface Build {
  readonly folder: string;
  readonly resources: ReadonlySet<string>;
  readonly targets: readonly PatchTarget[];
}

function buildOf(folder: string, kustomizations: ReadonlyMap<string, KustomizationFile>): Build {
  const parts = [...includedFolders(folder, kustomizations)].flatMap((place) => {
    const part = kustomizations.get(place);
    return part === undefined ? [] : [part];
  });
  return {
    folder,
    resources: new Set(parts.flatMap(({ resources }) => resources)),
    targets: parts.flatMap(({ targets }) => targets),
  };
}

/** A name with signs of a pattern may fit any: a note too many harms less than none. */
function aimsAt({ kind, name }: PatchTarget, manifest: Manifest): boolean {
  if (kind !== undefined && kind !== manifest.kind) return false;
  return name === undefined || !/^[\w.-]+$/.test(name) || name === nameOf(manifest.object);
}

/** Says that the app as shown is the one before these kustomizations change its definition. */
export function withPatchNotes(app: App, folders: readonly string[]): App {
  const { definedIn } = app;
  if (folders.length === 0 || definedIn === undefined) return app;
  const names = folders.map(folderName).join(', ');
  return {
    ...app,
    problems: [
      ...app.problems,
      {
        severity: 'warning',
        code: 'patched-definition',
        message: `This ${app.kind} is patched by ${names}; it is shown without the patches.`,
        location: {
          path: definedIn.path,
          ...(definedIn.line === undefined ? {} : { line: definedIn.line }),
        },
      },
    ],
  };
}
