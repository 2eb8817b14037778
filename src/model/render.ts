import type { CapabilityQuestion, ClusterFacts, Lookup } from './clusterFacts';
import type { JsonObject, KubeObject } from './resource';
import type { Problem } from './problem';
import type { GitReference, UsedFile } from './remote';

/**
 * How the objects of an app are made. Every path is relative to the root (the Git top level), with
 * forward slashes, `''` being the root itself.
 */
export type RenderSource = SingleSource | SeveralSources;

export type SingleSource = DirectorySource | KustomizeSource | HelmSource | FluxSource;

interface Confidential {
  /** What it says was made with values of Secrets: it is for rendering only, and never kept. */
  readonly secret?: true;
}

/** The `sources` of an Argo CD Application: rendered in order and united, the last of equals wins. */
export interface SeveralSources extends Confidential {
  readonly kind: 'several';
  /** Of the first part that is rendered. */
  readonly path: string;
  /** The destination's, which objects without a namespace get: it tells which are equal. */
  readonly namespace: string;
  readonly parts: readonly SourcePart[];
}

export type SourcePart =
  /** `index`: its place among the `sources` of the Application, as its status counts them. */
  | { readonly index: number; readonly source: SingleSource }
  | { readonly index: number; readonly missing: MissingReference };

/** What a source is rendered from: itself, or the parts that are at hand. */
export function singleSources(source: RenderSource): readonly SingleSource[] {
  if (source.kind !== 'several') return [source];
  return source.parts.flatMap((part) => ('source' in part ? [part.source] : []));
}

/** Folders that it is rendered from; a fetched chart is in none. */
export function sourceFolders(source: RenderSource): readonly string[] {
  return singleSources(source).flatMap((single) =>
    single.kind === 'helm' && single.chart !== undefined ? [] : [single.path],
  );
}

/** Plain YAML and JSON, as Argo CD's directory type or `kubectl apply -f` reads it. */
export interface DirectorySource extends Confidential {
  readonly kind: 'directory';
  readonly path: string;
  readonly recurse: boolean;
  /** Globs as Argo CD's `directory.include`/`exclude`, matched against the path below `path`. */
  readonly include?: string;
  readonly exclude?: string;
  /** How `.jsonnet` files are evaluated. */
  readonly jsonnet?: JsonnetSettings;
}

/** `spec.source.directory.jsonnet` of an Argo CD Application. */
export interface JsonnetSettings {
  readonly extVars?: readonly JsonnetVariable[];
  readonly tlas?: readonly JsonnetVariable[];
  /** Folders below the root. */
  readonly libs?: readonly string[];
}

/** A string, or with `code` an expression. */
export interface JsonnetVariable {
  readonly name: string;
  readonly value: string;
  readonly code?: boolean;
}

/** Versions that a source names in place of those of its destination. */
export interface NamedVersions extends Confidential {
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
  /** Charts are rendered as by Helm 3, which Argo CD calls; else as by Helm 4. */
  readonly helm?: 3;
}

/** `kustomize build` of a folder, after the edits that Argo CD makes with `kustomize edit`. */
export interface KustomizeSource extends NamedVersions {
  readonly kind: 'kustomize';
  readonly path: string;
  readonly overrides?: KustomizeOverrides;
  /** `spec.source.kustomize.version`: a version that the Argo CD instance has registered. */
  readonly version?: string;
  /** Options of the build; absent where nothing is known of them. */
  readonly build?: KustomizeBuild;
}

export interface KustomizeBuild {
  readonly enableHelm: boolean;
  /** Files outside of the folder are read, as far as they are in the repository. */
  readonly loadRestrictions?: 'none';
  readonly reorder?: 'legacy' | 'none';
}

/** `spec.source.kustomize` of an Argo CD Application. */
export interface KustomizeOverrides {
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly namespace?: string;
  /** In `kustomize edit set image` notation: `name=new:tag`, `name:tag`, `name@digest`. */
  readonly images?: readonly string[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  readonly patches?: readonly JsonObject[];
  readonly components?: readonly string[];
  readonly ignoreMissingComponents?: boolean;
  readonly forceCommonLabels?: boolean;
  readonly forceCommonAnnotations?: boolean;
  readonly labelWithoutSelector?: boolean;
  readonly labelIncludeTemplates?: boolean;
}

/** What `helm template` renders, with the arguments the controller would give it. */
export interface HelmSource extends NamedVersions {
  readonly kind: 'helm';
  readonly path: string;
  readonly releaseName: string;
  readonly namespace: string;
  /**
   * Paths below the root, in order, later wins. Lower in precedence than `valuesText`, `values` and
   * `parameters`, in that order.
   */
  readonly valueFiles: readonly string[];
  readonly ignoreMissingValueFiles?: boolean;
  /** Values as YAML text (Argo CD's `values`); parsed by the engine. */
  readonly valuesText?: string;
  /** Values as data (Argo CD's `valuesObject`, a HelmRelease's `values`). */
  readonly values?: JsonObject;
  /** `--set` and, with `forceString`, `--set-string`. */
  readonly parameters?: readonly HelmParameter[];
  /** `--set-file`; paths below the root. */
  readonly fileParameters?: readonly { readonly name: string; readonly path: string }[];
  readonly skipSchemaValidation?: boolean;
  /**
   * Files that stand in for the `values.yaml` of the chart (Flux `chart.spec.valuesFiles`): below the
   * root, or below the chart itself where `chart` is set.
   */
  readonly chartValueFiles?: readonly string[];
  /** `crds/` is part of the result, as with `--include-crds`. */
  readonly includeCrds: boolean;
  readonly skipTests?: boolean;
  /** `.Release.IsUpgrade` in place of `.Release.IsInstall`. */
  readonly isUpgrade?: boolean;
  /** A HelmRelease's `valuesFrom`, in its order; merged with `values` as helm-controller does. */
  readonly valuesFrom?: readonly HelmValuesReference[];
  /** A HelmRelease's `postRenderers`, as written. */
  readonly postRenderers?: readonly JsonObject[];
  /** Which objects the post-renderers get; absent: `combined`, hooks among them. */
  readonly postRenderStrategy?: 'nohooks' | 'combined' | 'separate';
  /** A fetched chart in place of the folder at `path`; missing where it was never fetched. */
  readonly chart?: ChartReference;
  /** What a command line sets; over everything else, in Helm's own order of the flags. */
  readonly arguments?: readonly HelmArgument[];
  /** `--no-hooks`. */
  readonly skipHooks?: boolean;
}

/**
 * `--set` and its like with the text as the shell hands it over. Files of `set-file` are looked for
 * from `folder`, which is below the root.
 */
export interface HelmArgument {
  readonly flag: 'set' | 'set-string' | 'set-file' | 'set-json' | 'set-literal';
  readonly text: string;
  readonly folder?: string;
}

/**
 * An entry of `valuesFrom` that is known: `text` is what its key holds, or `file` the path of what a
 * generator takes it from. The text of a Secret is for rendering only.
 */
export interface HelmValuesReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly valuesKey?: string;
  readonly targetPath?: string;
  readonly optional?: boolean;
  readonly literal?: boolean;
  readonly text?: string;
  readonly file?: string;
  /** Git does not say what it holds: where a cluster is to be asked for it. Left out by the engine. */
  readonly unresolved?: UnresolvedData;
}

/** A ConfigMap or Secret whose data Git does not have, in the control cluster of its app. */
export interface UnresolvedData {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string;
  readonly name: string;
  readonly optional?: boolean;
  /** JSON pointer of the entry in the custom resource. */
  readonly pointer: string;
}

/** An entry of `substituteFrom` that Git does not resolve. */
export interface UnresolvedVariables extends UnresolvedData {
  /** Known variables of later entries, which win over its own. */
  readonly losesTo: readonly string[];
}

/** A chart as it is asked for. A `digest` (`sha256:…` of the archive), where given, decides alone. */
export interface ChartReference {
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  readonly digest?: string;
  /** Plain HTTP to a registry (Flux `spec.insecure`): how it is fetched, not which chart it is. */
  readonly insecure?: boolean;
}

/** A chart of the cache that a render took; with `dependency`, the dependencies of the chart `name`. */
export interface UsedChart {
  readonly name: string;
  readonly repository?: string;
  readonly version?: string;
  readonly digest?: string;
  /** ISO 8601: when the reference meant this. */
  readonly fetchedAt?: string;
  readonly dependency?: boolean;
  /** The number of the release in the cluster whose chart it is: it was never fetched. */
  readonly release?: number;
}

/**
 * The folder that stands for fetched charts in paths of origins: below it, the digest of the archive
 * without `sha256:` and the path in the chart, as below `charts/` of the cache.
 */
export const CACHED_CHARTS = '.plumbline-charts';

/** In `valueFiles` of a source with a `chart`: the folder of that chart itself. */
export const CHART_ITSELF = `${CACHED_CHARTS}/chart`;

export interface HelmParameter {
  readonly name: string;
  readonly value: string;
  readonly forceString?: boolean;
}

/** What Flux's kustomize-controller builds for one Kustomization object. */
export interface FluxSource extends Confidential {
  readonly kind: 'flux';
  readonly path: string;
  /** The `Kustomization` object itself; its spec drives the generator and the substitution. */
  readonly kustomization: JsonObject;
  /** Variables of `postBuild.substituteFrom` that the caller resolved; `substitute` wins over them. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Which of the `variables` come from a Secret: their values are for rendering only. */
  readonly secretVariables?: readonly string[];
  readonly unresolvedVariables?: readonly UnresolvedVariables[];
  /**
   * Undefined variables become empty, as before kustomize-controller 1.9 or with its feature gate
   * `StrictPostBuildSubstitutions` off.
   */
  readonly laxSubstitution?: boolean;
  /** `spec.ignore` of the source: patterns of files that are not in its artifact. */
  readonly ignore?: string;
}

/** What the destination cluster can do, as templates see it. */
export interface Capabilities {
  /** `v1.36.3`. */
  readonly kubeVersion: string;
  /** `apps/v1` and `apps/v1/Deployment` forms. Empty: the engine's built-in list for Kubernetes. */
  readonly apiVersions: readonly string[];
  /** `apiVersions` are added to the built-in list, as `helm template --api-versions` and Argo CD do. */
  readonly addToBuiltIn?: boolean;
}

/** Which text of the files is meant. */
export interface Snapshot {
  /** Absolute path of the Git top level, or of the folder where there is no repository. */
  readonly root: string;
  /** A full commit id, branch, tag or remote-tracking ref; absent: the working tree. */
  readonly revision?: string;
  /** Unsaved text by path below the root, over the working tree; `null` stands for a deleted file. */
  readonly overlay?: Readonly<Record<string, string | null>>;
  /** What was fetched of a repository, in place of `root`. */
  readonly fetched?: GitReference;
}

export interface RenderRequest extends Snapshot {
  readonly source: RenderSource;
  readonly mounts?: readonly RenderMount[];
  /** The other open folders, whose clones answer for the addresses of their remotes. */
  readonly openRoots?: readonly string[];
  readonly capabilities?: Capabilities;
  /** Of a HelmRelease or a chart that a pipeline releases; its result is never kept on disk. */
  readonly cluster?: ClusterFacts;
  /** What a pipeline has done to files before; its result is never kept on disk. */
  readonly edits?: readonly FileEdit[];
}

/** A file as a pipeline has changed it: `path` has the text of `from`, which may be itself, after these steps. */
export interface FileEdit {
  readonly path: string;
  readonly from: string;
  readonly steps: readonly TextStep[];
}

/** One program on the way of a text. */
export type TextStep =
  | {
      readonly kind: 'envsubst';
      /** What the program is given; for any other name stands the name between the texts of `unknown`. */
      readonly variables: Readonly<Record<string, string>>;
      readonly unknown: readonly [string, string];
      /** Other names are left as they are. */
      readonly only?: readonly string[];
    }
  | {
      readonly kind: 'replace';
      /** An extended regular expression of POSIX, matched within lines. */
      readonly pattern: string;
      readonly replacement: readonly ({ readonly text: string } | { readonly group: number })[];
      readonly all: boolean;
    };

/**
 * A path that a render asked for, found or not: the exact invalidation key. A `listing` asked for
 * every name directly below `path`, or at any depth when `recursive`.
 */
export type RenderInput =
  | { readonly kind: 'file'; readonly path: string; readonly found: boolean }
  | { readonly kind: 'listing'; readonly path: string; readonly recursive: boolean };

export interface RenderedObject {
  readonly object: KubeObject;
  /** The file that made it (a template, a resource of a base); `line` is 1-based where it is known. */
  readonly origin: { readonly path: string; readonly line?: number };
  /** Helm's `crds/`, hooks and tests are kept apart; everything else is a resource. */
  readonly role: 'resource' | 'crd' | 'hook' | 'test';
  /** JSON pointers of fields that random or time functions of templates make anew at each render. */
  readonly generated: readonly string[];
  /** JSON pointers of fields that depend on what `ClusterFacts` does not say; `''`: the whole object. */
  readonly clusterDependent?: readonly string[];
  /** Set where values were withheld, which is another type (`WithheldObject`). */
  readonly withheld?: undefined;
}

/** Something remote or absent that the render needs and may not fetch. */
export interface MissingReference {
  readonly kind: 'chart' | 'base' | 'file' | 'generator';
  /** As written: a URL, an OCI reference, `name version repository` of a dependency. */
  readonly reference: string;
  readonly path: string;
  readonly line?: number;
  /** What to fetch. */
  readonly chart?: ChartReference;
  /** What to fetch are the dependencies of the `Chart.yaml` at `path`. */
  readonly dependency?: boolean;
  /** What to fetch is a commit of a repository. */
  readonly git?: GitReference;
  /** What to fetch is one file of an HTTP server. */
  readonly url?: string;
}

/** A commit, or a working tree, of another repository that a render read. */
export interface UsedRepository extends GitReference {
  /** The folder below the root that stands for it in paths. */
  readonly mount: string;
  /** Absent for a working tree. */
  readonly commit?: string;
  /** ISO 8601: when the ref meant this commit. Absent where an open folder answered. */
  readonly fetchedAt?: string;
  /** The open folder that answered. */
  readonly root?: string;
  /** What was asked for in the working tree of `root`, by paths below it. */
  readonly inputs?: readonly RenderInput[];
  /** Its submodules to any depth, by the folders at which they stand. */
  readonly modules?: readonly {
    readonly path: string;
    readonly url: string;
    readonly commit: string;
  }[];
}

/** Other text at a folder below `OTHER_TREES`, for the paths of a source. */
export interface RenderMount {
  /** The last part of the folder. */
  readonly name: string;
  /** Of an open folder, else what was fetched of `git`. */
  readonly snapshot?: Snapshot;
  readonly git?: GitReference;
}

export interface RenderResult {
  readonly objects: readonly RenderedObject[];
  readonly inputs: readonly RenderInput[];
  readonly problems: readonly Problem[];
  readonly missing: readonly MissingReference[];
  /** True when a template asked for capabilities and none were given. */
  readonly capabilitiesAssumed: boolean;
  readonly capabilitiesAsked?: readonly CapabilityQuestion[];
  /** What templates looked up in the cluster, answered or not. */
  readonly lookups?: readonly Lookup[];
  /** A template may ask whether the release is an upgrade, or for its number. */
  readonly releaseAsked?: boolean;
  /** The revision as a full commit id, when one was asked for. */
  readonly commit?: string;
  /** The state of all inputs at the render, for whoever keeps results. */
  readonly inputsDigest?: string;
  /** What of them is in the cache of fetched charts. */
  readonly cacheInputs?: readonly string[];
  /** Of the cache; absent where there are none. */
  readonly charts?: readonly UsedChart[];
  /** Other repositories, and files of servers. */
  readonly repositories?: readonly UsedRepository[];
  readonly files?: readonly UsedFile[];
}

/**
 * `failed`: nothing could be rendered, the problems say why; the inputs are still complete, so that
 * an edit that mends the input leads to a new render.
 * `unavailable`: the revision or the engine cannot be had; never to be read as absence.
 */
export type RenderOutcome =
  | { readonly kind: 'rendered'; readonly result: RenderResult }
  | {
      readonly kind: 'failed';
      readonly problems: readonly Problem[];
      readonly inputs: readonly RenderInput[];
      readonly missing: readonly MissingReference[];
      /** It may have failed for the lack of an answer. */
      readonly lookups?: readonly Lookup[];
      readonly releaseAsked?: boolean;
      /** It may have failed on an assumption. */
      readonly capabilitiesAssumed?: boolean;
    }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A YAML or JSON document as Kubernetes reads it (YAML 1.1 values), with its place. */
export interface ParsedDocument {
  readonly value: JsonObject;
  /** 1-based line of the first token. */
  readonly line: number;
}

export interface ParsedFile {
  readonly path: string;
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
}

export interface Remote {
  readonly name: string;
  readonly urls: readonly string[];
}

export interface GitRef {
  /** Full name: `refs/heads/main`, `refs/remotes/origin/main`, `refs/tags/v1`. */
  readonly name: string;
  readonly commit: string;
  /** The ref a symbolic ref points to, as `refs/remotes/origin/HEAD` does. */
  readonly target?: string;
}

/** A repository as read without a `git` process. */
export interface Repository {
  /** Absolute path of the top level. */
  readonly topLevel: string;
  readonly gitDir: string;
  readonly commonDir: string;
  /** `refs/heads/main`, or absent when detached. */
  readonly headRef?: string;
  /** Absent before the first commit. */
  readonly headCommit?: string;
  /** URLs with `insteadOf` of the repository's own configuration applied. */
  readonly remotes: readonly Remote[];
  readonly refs: readonly GitRef[];
  /** `branch.<name>.remote` and `.merge` of the current branch. */
  readonly upstream?: { readonly remote: string; readonly ref: string };
  readonly shallow: boolean;
  readonly partial: boolean;
  readonly sparse: boolean;
  /** Seconds since the epoch at which `FETCH_HEAD` was written last. */
  readonly fetchedAtSeconds?: number;
}
