import type { Disposable } from '../base/dispose';
import type { Fetcher } from '../model/fetch';
import type { ArgoServers, Clock, Clusters, Digest, Git, KnownClusters, Log } from '../model/ports';
import type { PooledRenderer } from '../render/renderer';
import type { Schemas } from '../validate/schemas';
import type { Validator } from '../validate/validator';

/** What a kubeconfig reader needs to know; the pipeline asks for a new one when it changes. */
export interface ClustersRequest {
  readonly kubeconfigFiles: readonly string[];
  readonly workspaceFolders: readonly string[];
}

/** Everything outside the core that the pipeline works with. */
export interface WorkbenchDeps {
  readonly renderer: PooledRenderer;
  /** Absent where nothing can be fetched. Asked only for a trusted workspace. */
  readonly fetcher?: Fetcher;
  /** Folder of the cache of fetched charts; absent where there is none. */
  readonly chartsFolder?: string;
  readonly clusters: (request: ClustersRequest) => Clusters & Disposable;
  /** Absent where no login of an `argocd` is known. */
  readonly argoServers?: ArgoServers;
  /** Absent where nothing is kept. */
  readonly knownClusters?: KnownClusters;
  /** Of the bundle; tells which kinds have a namespace. */
  readonly schemas: Schemas;
  /** Absent where nobody looks at findings. */
  readonly validator?: Validator;
  readonly git: Git;
  readonly log: Log;
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly digest: Digest;
  /** Who acts, for `initiatedBy` of an Argo CD operation. */
  readonly user: string;
}
