import type { Problem, SourceLocation } from './problem';
import { OTHER_TREES } from './remote';
import type { GitManner, GitReference } from './remote';
import type { FileEdit, RenderSource } from './render';
import type { JsonObject } from './resource';

/** Who applies the app: an Argo CD or Flux controller, or a pipeline that pushes. */
export type Tool = 'argocd' | 'flux' | 'push';

/** The custom resource that defines the app, or what stands in for one. */
export type AppKind =
  'Application' | 'Kustomization' | 'HelmRelease' | 'Chart' | 'Overlay' | 'Folder';

/** Where the files of an app are. */
export type AppSource =
  | {
      readonly kind: 'local';
      readonly root: string;
      readonly render: RenderSource;
      /** Other repositories, revisions and open folders that it is rendered from as well. */
      readonly mounts?: readonly SourceMount[];
    }
  /** Its repository is in no open folder; `git` is what to fetch. */
  | {
      readonly kind: 'elsewhere';
      readonly repoUrl: string;
      readonly path: string;
      readonly git?: GitReference;
      /** How it is rendered, with paths of its own repository, where no file there decides that. */
      readonly render?: RenderSource;
    }
  /** Plumbline cannot render this kind of source; `reason` is one sentence. */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** A repository at a revision that stands below `OTHER_TREES` in the paths of a source. */
export interface SourceMount extends FollowedRef, GitManner {
  /** The last part of its folder. */
  readonly name: string;
  /** The open folder that has it; absent for one that is fetched. */
  readonly root?: string;
}

/** The ref that the controller follows, as written in its object (`HEAD` where nothing is written). */
export interface FollowedRef {
  readonly repoUrl: string;
  readonly revision: string;
}

/** Where the objects go, as the app's own definition says it. */
export type DestinationCluster =
  /** The cluster in which the custom resource lives (Argo CD's in-cluster address, Flux by default). */
  | { readonly kind: 'control' }
  | { readonly kind: 'server'; readonly server: string }
  /** The name of an Argo CD cluster secret. */
  | { readonly kind: 'name'; readonly name: string }
  /** Flux `spec.kubeConfig`: the Secret that holds it. */
  | { readonly kind: 'kubeconfig-secret'; readonly secret: string }
  /** What a pipeline calls it: a context of its own kubeconfig, or the cluster that it logs in to. */
  | { readonly kind: 'context'; readonly name: string }
  /** A push app: nothing in the repository says where it goes unless a mapping does. */
  | { readonly kind: 'unknown' };

export interface Destination {
  readonly cluster: DestinationCluster;
  /** Namespace that namespaced objects without one get; empty when the tool sets none. */
  readonly namespace: string;
}

/** Which fields a tool leaves out of its comparison, and where that was written. */
export interface IgnoreRule {
  /** Shown to the user: `spec.ignoreDifferences[0] of Application shop-web`. */
  readonly label: string;
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  /** API version of the object, without the group. */
  readonly version?: string;
  /** Label selector expressions on the labels and annotations of the desired object. */
  readonly labelSelector?: string;
  readonly annotationSelector?: string;
  /** How group, version, kind, name and namespace are read; `glob` where it is not said. */
  readonly matching?: 'glob' | 'pattern';
  readonly jsonPointers: readonly string[];
  readonly jqPathExpressions: readonly string[];
  readonly managedFieldsManagers: readonly string[];
}

/** `Create` leaves those that are there; `CreateReplace` updates them; nothing deletes one. */
export type CrdPolicy = 'Skip' | 'Create' | 'CreateReplace';

export interface ChartReleasePolicy {
  /**
   * `version`: edits of a chart in Git are released with its next version in Chart.yaml only
   * (`reconcileStrategy: ChartVersion`); `revision`: with each commit.
   */
  readonly chartBy: 'version' | 'revision';
  /** What becomes of the files in `crds/` at the first install and at upgrades. */
  readonly crds: { readonly install: CrdPolicy; readonly upgrade: CrdPolicy };
}

/** How the app's own controller compares and applies. */
export interface AppPolicy {
  /**
   * `three-way`: client-side with last-applied (Argo CD's default, `kubectl apply`);
   * `server-side`: server-side apply by `fieldManager`;
   * `helm-manifest`: against the manifest stored in the Helm release.
   */
  readonly comparison: 'three-way' | 'server-side' | 'helm-manifest';
  readonly fieldManager: string;
  /** The merge of a `three-way` comparison is tried on the server: `kubectl`, Argo CD `ServerSideDiff=true`. */
  readonly asksServer?: true;
  /** A server-side apply that does not force: a field that somebody else set otherwise stops it. */
  readonly stopsAtConflicts?: true;
  readonly automated: boolean;
  readonly selfHeal: boolean;
  /** `spec.driftDetection.mode` of a HelmRelease; absent for everything else. */
  readonly driftDetection?: 'enabled' | 'warn' | 'disabled';
  readonly prune: boolean;
  readonly suspended: boolean;
  /** Flux `spec.force`, helm's `upgrade.force`: immutable changes are recreated. */
  readonly recreates: boolean;
  /** Argo CD `Replace=true`: an object is written whole, so what only live has goes. */
  readonly replaces?: true;
  readonly syncOptions: readonly string[];
  /** `spec.syncPolicy.retry` of an Argo CD Application, copied into an operation. */
  readonly retry?: JsonObject;
  readonly compareOptions: readonly string[];
  readonly ignoreRules: readonly IgnoreRule[];
  /** How helm-controller takes a changed chart in; absent for everything but a HelmRelease. */
  readonly release?: ChartReleasePolicy;
  /** Flux `spec.commonMetadata`, or what Argo CD's managedNamespaceMetadata is not: added to every object. */
  readonly commonMetadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Of an Application that an ApplicationSet makes. */
export interface GeneratedBy {
  readonly set: { readonly namespace: string; readonly name: string };
  /** What the generator gave the template; without the logins of addresses. */
  readonly params: JsonObject;
  /** The generator, in the file of the set. */
  readonly place: SourceLocation & { readonly root: string };
  /** As the set made it last: it cannot be expanded as it is now. */
  readonly stale?: boolean;
  /** The cluster whose Argo CD server generated it, from what is pushed; absent: made of the files. */
  readonly by?: string;
}

/** The app whose objects hold the custom resource of another one (app of apps, nested Kustomizations). */
export interface RenderedBy {
  readonly key: string;
  readonly kind: AppKind;
  readonly namespace: string;
  readonly name: string;
  /** The definition is not what the file says: a template made it, or patches and variables changed it. */
  readonly changed: boolean;
  /** How many apps there are above. */
  readonly depth: number;
}

/** A command of a pipeline in the repository. */
export interface PipelineStep {
  readonly system: 'GitHub Actions' | 'GitLab CI' | 'Azure Pipelines' | 'Jenkins';
  /** The line of the command: in the pipeline's own file, or in what that one calls. */
  readonly place: SourceLocation & { readonly root: string };
  /** With the values of its matrix: `deploy (production)`. */
  readonly job: string;
}

/** The pipeline that makes and applies a push app. */
export interface Pipeline {
  /** Those that do just the same stand together. */
  readonly steps: readonly PipelineStep[];
  /** It only renders: nothing in the repository applies the result. */
  readonly rendersOnly?: true;
  /** What only a run knows, as written: `$GITHUB_SHA`. The render has `<pipeline:GITHUB_SHA>` for it. */
  readonly unresolved?: readonly string[];
  /** What it does to files before they are rendered. */
  readonly edits?: readonly FileEdit[];
}

/** What an app's custom resource says in a connected cluster. */
export interface AppStatus {
  /** `Synced`, `OutOfSync`, `Ready`, `Not Ready`, `Suspended`, `Unknown`: the tool's own word. */
  readonly sync: string;
  readonly health?: string;
  readonly message?: string;
  /** Full commit ids (or chart versions) applied last, one a source. */
  readonly appliedRevisions: readonly string[];
  /** Running, succeeded or failed operation, in the tool's own words. */
  readonly operation?: { readonly phase: string; readonly message: string; readonly at?: string };
  /** Objects that the tool says it manages, with what it says of each. */
  readonly managed: readonly ManagedResource[];
}

export interface ManagedResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly status?: string;
  readonly health?: string;
  readonly hook?: boolean;
  readonly requiresPruning?: boolean;
}

/**
 * One app: a unit that one controller or pipeline renders from one source and applies to one
 * destination. Identity is (control cluster, namespace, kind, name); `key` is its opaque, stable form.
 */
export interface App {
  readonly key: string;
  readonly kind: AppKind;
  readonly tool: Tool;
  /** Namespace of the custom resource; empty for push apps. */
  readonly namespace: string;
  readonly name: string;
  /** In the working tree; absent for an app that only a cluster reports. */
  readonly definedIn?: SourceLocation & { readonly root: string };
  readonly presence: 'git' | 'cluster' | 'both';
  /** Absent for an app whose custom resource is written out. */
  readonly generatedBy?: GeneratedBy;
  /** Absent for an app that no other app of the workspace makes. */
  readonly renderedBy?: RenderedBy;
  /** Absent for a push app that is only guessed from its files. */
  readonly pipeline?: Pipeline;
  readonly source: AppSource;
  readonly follows?: FollowedRef;
  /** Flux `spec.dependsOn`: `namespace/name` of apps of its kind that must be ready before it. */
  readonly dependsOn?: readonly string[];
  readonly destination: Destination;
  readonly policy: AppPolicy;
  /** The custom resource as Git has it; absent for push apps and apps of a cluster only. */
  readonly definition?: JsonObject;
  /** The custom resource as the control cluster has it (uid, status and all). */
  readonly reported?: JsonObject;
  readonly status?: AppStatus;
  /** Logical names; absent where nothing maps it (shown under "No cluster"). */
  readonly controlCluster?: string;
  readonly destinationCluster?: string;
  readonly problems: readonly Problem[];
  /** As CODEOWNERS says of its source or its definition; absent where it says nothing. */
  readonly owners?: readonly string[];
}

/** Where the source of an app is, for people: `apps/web`, or `apps/web of https://… at v1`. */
export function sourcePlace({
  render: { path },
  mounts = [],
}: Pick<Extract<AppSource, { kind: 'local' }>, 'render' | 'mounts'>): string {
  const mount = mounts.find(({ name }) => isBelow(path, `${OTHER_TREES}/${name}`));
  if (mount === undefined) return path === '' ? '.' : path;
  const below = path.slice(`${OTHER_TREES}/${mount.name}/`.length);
  return `${below === '' ? '.' : below} of ${mount.repoUrl} at ${mount.revision}`;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** How users name it: `namespace/name`, or the path for what has no custom resource. */
export function appLabel(app: Pick<App, 'namespace' | 'name'>): string {
  return app.namespace === '' ? app.name : `${app.namespace}/${app.name}`;
}
