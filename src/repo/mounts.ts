import { sha256Hex } from '../base/sha256';
import type { App, FollowedRef, SourceMount } from '../model/app';
import { CACHED_CHARTS } from '../model/render';
import type { HelmSource, RenderSource, SingleSource } from '../model/render';
import { OTHER_TREES, mannerOf } from '../model/remote';
import type { GitManner, GitReference } from '../model/remote';
import { normaliseGitUrl, withoutUser } from './gitUrl';
import { resolvePath } from './paths';

/** What git is asked for: `HEAD` is what the repository says, and a login is left to git. */
export function gitReference(
  { repoUrl, revision }: FollowedRef,
  manner: GitManner = {},
): GitReference {
  const ref = revision === 'HEAD' ? '' : revision;
  return { url: withoutUser(repoUrl), ref, ...mannerOf(manner) };
}

/**
 * Argo CD updates submodules wherever a commit has them, and checks out what has the first seven
 * digits of a commit (util/git, `Checkout` and `IsTruncatedCommitSHA`).
 */
export function argoManner({ revision }: Pick<FollowedRef, 'revision'>): GitManner {
  const isAbbreviated = /^[0-9a-f]{7,39}$/i.test(revision);
  return { submodules: true, ...(isAbbreviated ? { abbreviated: true } : {}) };
}

/** Tells repositories and revisions apart by its digest; the rest of the name is for people. */
export function mountName({ repoUrl, revision }: FollowedRef): string {
  const repository = normaliseGitUrl(repoUrl);
  const words = `${repository.slice(repository.lastIndexOf('/') + 1)}@${revision}`;
  const digest = sha256Hex(`${repository}\n${revision}`).slice(0, 8);
  return `${words.replaceAll(/[^A-Za-z0-9@._-]+/g, '-').replace(/^[.-]+/, '')}-${digest}`;
}

export function mountFolder({ name }: Pick<SourceMount, 'name'>): string {
  return `${OTHER_TREES}/${name}`;
}

/** A path of a repository below the folder that stands for it, which nothing in it leads out of. */
export function belowFolder(folder: string, path: string): string {
  return resolvePath('', `${folder}/${resolvePath('', path)}`);
}

/** Whether a path is one of another repository, a fetched chart or an address. */
function isElsewhere(path: string): boolean {
  const isBelow = (top: string): boolean => path === top || path.startsWith(`${top}/`);
  return isBelow(OTHER_TREES) || isBelow(CACHED_CHARTS) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
}

/** The source with its paths, which are those of its own repository, below a folder. */
export function placedBelow(folder: string, source: RenderSource): RenderSource {
  if (source.kind !== 'several') return singleBelow(folder, source);
  const parts = source.parts.map((part) =>
    'source' in part ? { ...part, source: singleBelow(folder, part.source) } : part,
  );
  return { ...source, path: belowFolder(folder, source.path), parts };
}

export function singleBelow(folder: string, source: SingleSource): SingleSource {
  const placed = (path: string): string => (isElsewhere(path) ? path : belowFolder(folder, path));
  const path = belowFolder(folder, source.path);
  switch (source.kind) {
    case 'kustomize':
    case 'flux':
      return { ...source, path };
    case 'directory': {
      const { jsonnet } = source;
      if (jsonnet?.libs === undefined) return { ...source, path };
      return { ...source, path, jsonnet: { ...jsonnet, libs: jsonnet.libs.map(placed) } };
    }
    case 'helm':
      return { ...source, path, ...filesBelow(source, placed) };
  }
}

type Files = Pick<HelmSource, 'valueFiles' | 'chartValueFiles' | 'fileParameters'>;

function filesBelow(
  { valueFiles, chartValueFiles, fileParameters }: HelmSource,
  placed: (path: string) => string,
): Files {
  return {
    valueFiles: valueFiles.map(placed),
    ...(chartValueFiles && { chartValueFiles: chartValueFiles.map(placed) }),
    ...(fileParameters && {
      fileParameters: fileParameters.map((one) => ({ ...one, path: placed(one.path) })),
    }),
  };
}

/** The ref that an app follows in the repository of its root; none where its source is elsewhere. */
export function followsInRoot({ source, follows }: App): FollowedRef | undefined {
  const isMounted = source.kind === 'local' && isElsewhere(source.render.path);
  return isMounted ? undefined : follows;
}
