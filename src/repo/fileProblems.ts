import type { Problem } from '../model/problem';
import type { ParsedFile } from '../model/render';
import { CONFIG_PATH } from './candidates';
import type { Claims } from './claims';
import type { KustomizationFile } from './kustomizations';
import type { Manifest } from './manifests';
import { baseNameOf, parentOf } from './paths';
import { isKustomizationFile } from './sourceTree';

export interface FileProblemInput {
  readonly files: ReadonlyMap<string, ParsedFile>;
  readonly manifests: readonly Manifest[];
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  readonly claims: Claims;
}

/**
 * Problems of source files that can matter to an app. Repositories are full of YAML of other tools,
 * templates among it, that no Kubernetes parser can read: those are nobody's concern here.
 */
export function fileProblems(input: FileProblemInput): readonly Problem[] {
  const folders = new Set(input.manifests.map(({ path }) => parentOf(path)));
  const listed = new Set(
    [...input.kustomizations.values()].flatMap(({ resources, patches }) => [
      ...resources,
      ...patches,
    ]),
  );
  const matters = (path: string): boolean =>
    isDefinition(path) ||
    folders.has(parentOf(path)) ||
    listed.has(path) ||
    input.claims.covers(path);
  return [...input.files.values()].flatMap(({ path, problems }) =>
    problems
      .filter(({ code }) => code !== 'not-an-object' && code !== 'not-found')
      .filter(({ code }) => code === 'conflict-marker' || matters(path))
      .map((problem) => ({ ...problem, location: { ...problem.location, path } })),
  );
}

function isDefinition(path: string): boolean {
  return path === CONFIG_PATH || isKustomizationFile(path) || baseNameOf(path) === 'Chart.yaml';
}
