import type { ApplicationSetCluster } from './applicationSet';
import type { ContextRef } from './cluster';
import type { FetchMode } from './fetch';

/** `.plumbline.yaml`, checked in: destinations and folders to logical cluster names. */
export interface RepositoryConfig {
  readonly clusters: readonly LogicalCluster[];
  /** Stands in for the settings of an Argo CD instance that is not connected. */
  readonly argocd?: ArgoSettings;
}

/** How an Argo CD instance renders and expands; what is not set has Argo CD's default. */
export interface ArgoSettings {
  /** Where it is written: `argocd-cm in argocd`. */
  readonly from: string;
  /** Host of its server, as `argocd login` takes it. */
  readonly server?: string;
  /** `kustomize.buildOptions`. */
  readonly kustomizeBuildOptions?: string;
  /** Registered versions of Kustomize with the options of each. */
  readonly kustomizeVersions?: Readonly<Record<string, string>>;
  /** `helm.valuesFileSchemes`. */
  readonly valuesFileSchemes?: readonly string[];
  /** `applicationsetcontroller.enable.new.git.file.globbing`. */
  readonly newFileGlobbing?: boolean;
  /** `reposerver.enable.git.submodule`; they come along where nothing is said. */
  readonly gitSubmodules?: boolean;
  /** Its cluster secrets, without logins; absent: not known. */
  readonly clusters?: readonly ApplicationSetCluster[];
}

export interface LogicalCluster {
  readonly name: string;
  /** Server addresses or Argo CD cluster names that mean this cluster. */
  readonly destinations: readonly string[];
  /** Globs of folders below the root whose custom resources live in, or plain manifests go to, it. */
  readonly folders: readonly string[];
  /** Read-only or asks for the name to be typed. */
  readonly protected: boolean;
}

/** The user's own settings, as the editor and the command line both give them to the core. */
export interface Settings {
  /** Logical cluster → context. */
  readonly contexts: Readonly<Record<string, ContextRef>>;
  /** App key or label → logical cluster, as assigned with a pick. */
  readonly assignments: Readonly<Record<string, string>>;
  /** Kubeconfig files, in order; from KUBECONFIG, a setting, or the default place. */
  readonly kubeconfigs: readonly string[];
  /** Logical names or server addresses where writes need the name typed. */
  readonly protectedClusters: readonly string[];
  /** How many engine processes at most. */
  readonly maxEngines: number;
  readonly renderTimeoutMs: number;
  readonly renderMemoryLimitBytes: number;
  readonly fetchAllowed: boolean;
  /** Charts of registries; `onDemand` where nothing is said, `never` where `fetchAllowed` is false. */
  readonly fetchMode?: FetchMode;
}
