import type { RevisionLabel } from '../model/appState';
import { createPacer } from '../base/pacer';
import type { Pacer } from '../base/pacer';
import { messageOf } from '../base/userError';
import type { Disposable } from '../base/dispose';
import { createEmitter } from '../base/event';
import type { Emitter } from '../base/event';
import type { App } from '../model/app';
import type { ResourceChange } from '../model/change';
import type { ArgoSettings, Settings } from '../model/config';
import type { KubeContext } from '../model/cluster';
import type { KnownCluster } from '../model/clusterFacts';
import type { Clusters } from '../model/ports';
import type { Problem } from '../model/problem';
import type { Capabilities, ParsedFile, RenderInput, Repository } from '../model/render';
import type { KubeObject } from '../model/resource';
import type { Discovery } from '../repo/discover';
import type { Schemas } from '../validate/schemas';
import { createActivity } from './activity';
import type { Activity } from './activity';
import type { ClusterSession } from './clusterSession';
import type { WorkbenchDeps } from './deps';
import type { HeldRelease } from './heldRelease';
import type { HeldSet } from './heldSet';
import type { AtTarget, MadeDefinitions } from './madeDefinitions';
import { createStore } from './store';
import type { Store } from './store';

/** One Git top level (or plain folder) that is open. Replaced parts are replaced whole. */
export interface RootEntry {
  readonly root: string;
  readonly name: string;
  /** Opened folders, relative to the root; `''` is the root itself. */
  folders: readonly string[];
  repository: Repository | undefined;
  /** Unsaved buffers by path below the root. */
  overlay: Readonly<Record<string, string | null>>;
  paths: readonly string[];
  /** Those of the paths that discovery reads. */
  candidates: ReadonlySet<string>;
  parsed: ReadonlyMap<string, ParsedFile>;
  /** What discovery reads as text: `.plumbline.yaml`, pipelines, and scripts that they call. */
  texts: ReadonlyMap<string, string>;
  discovery: Discovery | undefined;
  target: TargetView | undefined;
  /** Paths that differ from a commit, by commit; each app's comparison asks for its own commit. */
  readonly changedByCommit: Map<string, ChangedPaths>;
  /** Facts about single files that somebody looks at, by path below the root. */
  readonly files: Map<string, FileFacts>;
  /** ApplicationSets as they were expanded last, by key: in the working copy, and at the target. */
  sets: ReadonlyMap<string, HeldSet>;
  targetSets: ReadonlyMap<string, HeldSet>;
  /** The branches of this repository that any app follows. */
  followed: ReadonlySet<string>;
  /** Of the root as a whole: it could not be listed or read. */
  problems: readonly Problem[];
  loaded: boolean;
}

export type ChangedPaths =
  | {
      readonly kind: 'known';
      readonly paths: ReadonlySet<string>;
      /** All files of the commit; read once something differs. */
      readonly atCommit: ReadonlySet<string> | undefined;
    }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The apps as the target revision of the root's default branch defines them. */
export type TargetView =
  | {
      readonly kind: 'known';
      readonly label: RevisionLabel;
      readonly apps: ReadonlyMap<string, App>;
    }
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'none' };

/** Target text and present text of a file, read when somebody looks at it. */
export interface FileFacts {
  readonly before: string;
  readonly after: string;
  readonly against: string;
}

/** What the pipeline remembers of an app beside its visible state. */
export interface AppEntry {
  run: AbortController | undefined;
  /** Settles when that run has ended, however. */
  done?: Promise<void>;
  /** Inputs of the last working render, and of the render of the target. */
  inputs: readonly RenderInput[] | undefined;
  targetInputs: readonly RenderInput[] | undefined;
  /** Commit of the target that the last comparison was made with. */
  targetCommit: string | undefined;
  /** Where it was defined when its state was brought in line last. */
  defined: DefinedWhere | undefined;
  /** Definitions of other apps among its objects; absent where there are none. */
  made: MadeDefinitions | undefined;
  /** What its last comparison found at the target; absent before it. */
  atTarget: AtTarget | undefined;
  /** A template asked for capabilities at least once. */
  asksCapabilities: boolean;
  /** What the last working render was told of its clusters. */
  told?: ToldOfClusters;
  /** What its templates ask of the cluster that it is released to, and what is known of that. */
  release?: HeldRelease;
  /** Grows with every render, so that answers about older ones are known as such. */
  version: number;
  /** What each changed file alone does to the app, by path; absent while not asked for. */
  readonly attribution: Map<string, Attribution>;
}

export interface ToldOfClusters {
  readonly capabilities: Capabilities | undefined;
  readonly settings: ArgoSettings | undefined;
  readonly isLax: boolean;
}

/** An app that comes or goes by what a set reads is in none of its own files. */
export interface DefinedWhere {
  /** Only the target defines it. */
  readonly gone: boolean;
  /** As the target defines it. */
  readonly target: App | undefined;
}

export interface Attribution {
  readonly version: number;
  /** Absent while it is being computed. */
  readonly changes?: readonly ResourceChange[];
}

/** The mutable heart of a workbench; every part of the pipeline works on it. */
export interface Core {
  readonly deps: WorkbenchDeps;
  /** Stands in for every target; the command line's `--against`. */
  readonly against: string | undefined;
  readonly store: Store;
  readonly activity: Activity;
  /** Long computations pause by it, so that the thread answers the user in between. */
  readonly pacer: Pacer;
  readonly roots: Map<string, RootEntry>;
  readonly apps: Map<string, AppEntry>;
  readonly clusters: Map<string, ClusterSession>;
  /** The apps that were last put together, and from what. */
  collected: { readonly from: readonly unknown[]; readonly apps: readonly App[] } | undefined;
  /** What connected clusters report, as apps of their own: the definitions that controllers use. */
  reportedApps: readonly App[];
  /** CustomResourceDefinitions that the repositories hold, for scope and validation. */
  crds: readonly KubeObject[];
  schemas: Schemas;
  /** The kubeconfigs' clusters; made anew when settings or folders change. */
  kube: (Clusters & Disposable) | undefined;
  /** What clusters could do when they were seen last, by normalised server address. */
  knownClusters: ReadonlyMap<string, KnownCluster>;
  /** Contexts of the kubeconfigs, read when the workspace is trusted. */
  contexts: readonly KubeContext[];
  settings: Settings;
  trusted: boolean;
  folders: readonly string[];
  activeFile: string | undefined;
  /** Missing charts that were asked for without anybody's request. */
  readonly triedCharts: Set<string>;
  /** Tells roots in which apps render other definitions than before. */
  readonly definitionsMoved: Emitter<string>;
  /** Ends everything at disposal. */
  readonly lifetime: AbortController;
}

export interface CoreOptions extends WorkbenchDeps {
  readonly settings: Settings;
  readonly trusted: boolean;
  /** Compares every app with this revision in place of what its controller follows. */
  readonly against?: string;
}

export function createCore(options: CoreOptions): Core {
  const { log, schemas } = options;
  return {
    deps: options,
    against: options.against,
    store: createStore((error) => log.error(`listener: ${messageOf(error)}`)),
    activity: createActivity(log),
    pacer: createPacer(),
    roots: new Map(),
    apps: new Map(),
    clusters: new Map(),
    collected: undefined,
    reportedApps: [],
    crds: [],
    schemas,
    kube: undefined,
    knownClusters: new Map(),
    contexts: [],
    settings: options.settings,
    trusted: options.trusted,
    folders: [],
    activeFile: undefined,
    triedCharts: new Set(),
    definitionsMoved: createEmitter((error) => log.error(`listener: ${messageOf(error)}`)),
    lifetime: new AbortController(),
  };
}

export function entryOf(core: Core, key: string): AppEntry {
  const known = core.apps.get(key);
  if (known !== undefined) return known;
  const entry: AppEntry = {
    run: undefined,
    inputs: undefined,
    targetInputs: undefined,
    targetCommit: undefined,
    defined: undefined,
    made: undefined,
    atTarget: undefined,
    asksCapabilities: false,
    version: 0,
    attribution: new Map(),
  };
  core.apps.set(key, entry);
  return entry;
}

/** The root whose files make the app's objects; absent when they are not here. */
export function sourceRoot(core: Core, app: App): RootEntry | undefined {
  return app.source.kind === 'local' ? core.roots.get(app.source.root) : undefined;
}
