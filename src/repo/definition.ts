import type {
  App,
  AppSource,
  FollowedRef,
  GeneratedBy,
  RenderedBy,
  SourceMount,
} from '../model/app';
import type { Problem, SourceLocation } from '../model/problem';
import type { RenderSource } from '../model/render';
import type { JsonObject } from '../model/resource';
import { normaliseGitUrl, withoutUser } from './gitUrl';
import type { GitManner } from '../model/remote';
import { gitReference, mountFolder, mountName, placedBelow } from './mounts';
import type { SourceTree } from './sourceTree';

/** What turning a custom resource into an app needs to know beyond the object itself. */
export interface DefinitionContext {
  /** Trees of open folders; the one in which the object is defined comes first. */
  readonly trees: readonly SourceTree[];
  /** The Git repository behind a Flux source reference. */
  readonly gitSource: (reference: SourceReference) => FluxGitSource;
  /** A source of charts that Git defines; absent where nothing is known of such. */
  readonly object?: (reference: SourceReference) => JsonObject | undefined;
  /** Data of a ConfigMap or a Secret that the repository defines. */
  readonly data: (reference: SourceReference) => DataObject;
}

/** What Git says of the data of a ConfigMap or a Secret. */
export type DataObject =
  | {
      readonly kind: 'known';
      readonly values: Readonly<Record<string, string>>;
      /** Keys whose text is that of a file: its path below the root. */
      readonly files: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'encrypted'; readonly by: 'SOPS' | 'a SealedSecret' }
  | { readonly kind: 'unknown' };

export interface SourceReference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export type FluxGitSource =
  | {
      readonly kind: 'known';
      readonly follows: FollowedRef;
      readonly manner?: GitManner;
      readonly ignore?: string;
    }
  /** Taken to be the repository that defines the object itself. */
  | { readonly kind: 'own'; readonly follows?: FollowedRef }
  | { readonly kind: 'unknown' };

/** Where the custom resource stands and what it is called. */
export interface Placement {
  readonly key: string;
  readonly presence: App['presence'];
  readonly namespace: string;
  readonly name: string;
  readonly definedIn?: SourceLocation & { readonly root: string };
  readonly generatedBy?: GeneratedBy;
  readonly renderedBy?: RenderedBy;
}

/** Collects the problems of one definition, each at its place. */
export interface Findings {
  add(problem: Finding): void;
  readonly all: readonly Problem[];
}

export interface Finding {
  readonly severity: Problem['severity'];
  readonly code: string;
  readonly message: string;
  readonly pointer?: string;
}

export function createFindings(location: SourceLocation | undefined): Findings {
  const all: Problem[] = [];
  const at =
    location === undefined
      ? undefined
      : {
          path: location.path,
          ...(location.line === undefined ? {} : { line: location.line }),
        };
  return {
    all,
    add: (finding) => all.push({ ...finding, ...(at === undefined ? {} : { location: at }) }),
  };
}

export interface SourceRequest {
  readonly follows: FollowedRef;
  readonly manner?: GitManner;
  readonly path: string;
  readonly context: DefinitionContext;
  readonly findings: Findings;
  /** Makes the source once the tree is known; a sentence says why it cannot. */
  readonly build: (tree: SourceTree) => RenderSource | string;
}

/** Finds the open folder that has the repository of a source, by any of its remotes. */
export function locateSource(request: SourceRequest): AppSource {
  const { follows, path, context, findings } = request;
  const tree = treeOf(follows.repoUrl, path, context, follows.revision);
  if (tree === undefined) return notHere(request);
  if (tree.revision !== undefined) return builtFromFetched(tree, request);
  if (tree.remotes.size > 0) return builtFrom(tree, request);
  findings.add({
    severity: 'info',
    code: 'assumed-repository',
    message: `This folder has no Git remote; it is taken to be ${withoutUser(follows.repoUrl)}.`,
  });
  return builtFrom(tree, request);
}

/**
 * The open folder with a repository, else what was fetched of it at the revision. Without a remote
 * nothing says which repository a folder is; the one that has that very path is the best guess.
 */
export function treeOf(
  repoUrl: string,
  path: string,
  { trees }: DefinitionContext,
  revision: string,
): SourceTree | undefined {
  const wanted = normaliseGitUrl(repoUrl);
  const known = trees.filter((candidate) => candidate.remotes.has(wanted));
  const open = known.find((candidate) => candidate.revision === undefined);
  const found = open ?? known.find((candidate) => candidate.revision === revision);
  if (found !== undefined) return found;
  const [own] = trees;
  return own?.remotes.size === 0 && own.folders.has(path) ? own : undefined;
}

export function builtFrom(tree: SourceTree, request: Pick<SourceRequest, 'build'>): AppSource {
  const render = request.build(tree);
  return typeof render === 'string'
    ? { kind: 'unsupported', reason: render }
    : { kind: 'local', root: tree.root, render };
}

function notHere({ follows, manner, path }: SourceRequest): AppSource {
  const git = gitReference(follows, manner);
  return { kind: 'elsewhere', repoUrl: follows.repoUrl, path, git };
}

/** A fetched repository stands below the root of the app's own folder. */
function builtFromFetched(tree: SourceTree, request: SourceRequest): AppSource {
  const { build, context, follows, manner } = request;
  const own = context.trees.find(({ revision }) => revision === undefined);
  if (own === undefined) return notHere(request);
  const mount: SourceMount = { name: mountName(follows), ...follows, ...manner };
  const built = builtFrom(own, { build: () => build(tree) });
  if (built.kind !== 'local') return built;
  return { ...built, render: placedBelow(mountFolder(mount), built.render), mounts: [mount] };
}

export function definedApp(
  placement: Placement,
  definition: JsonObject,
  rest: Pick<
    App,
    'kind' | 'tool' | 'source' | 'follows' | 'dependsOn' | 'destination' | 'policy' | 'problems'
  >,
): App {
  const fromCluster = placement.presence === 'cluster';
  return {
    ...placement,
    ...rest,
    ...(fromCluster ? { reported: definition } : { definition }),
  };
}
