import type { Problem } from './problem';
import type { RenderInput, Snapshot } from './render';
import type { JsonObject, KubeObject } from './resource';

/** Which text stands for a repository, as a git generator of an ApplicationSet writes both. */
export interface ApplicationSetRepository extends Snapshot {
  readonly repoURL: string;
  /** Absent: for every revision that has no entry of its own. */
  readonly generatorRevision?: string;
}

/** What a cluster secret of Argo CD says about a cluster; never its credentials. */
export interface ApplicationSetCluster {
  readonly name: string;
  readonly server: string;
  readonly project?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ApplicationSetRequest {
  readonly applicationSet: KubeObject;
  readonly repositories: readonly ApplicationSetRepository[];
  /** Absent: unknown, and the clusters generator needs the server. */
  readonly clusters?: readonly ApplicationSetCluster[];
  /** The controller's option of that name: doublestar globs in place of Git's pathspecs. */
  readonly newFileGlobbing?: boolean;
}

export interface GeneratedApplication {
  /** The Application as the controller creates it. */
  readonly object: KubeObject;
  readonly params: JsonObject;
  /** JSON pointer of the generator in the set. */
  readonly pointer: string;
  /** The cluster whose Argo CD server generated it; absent: made of the files. */
  readonly by?: string;
}

/** A generator that files alone do not answer. */
export interface ServerNeed {
  readonly generator: string;
  /** One sentence. */
  readonly reason: string;
  /** JSON pointer of the generator in the set. */
  readonly pointer: string;
  /** With `revision`, what another entry of `repositories` would answer. */
  readonly repoURL?: string;
  readonly revision?: string;
}

export interface ApplicationSetInputs {
  readonly root: string;
  readonly revision?: string;
  readonly inputs: readonly RenderInput[];
}

export interface ApplicationSetResult {
  readonly applications: readonly GeneratedApplication[];
  readonly needsServer: readonly ServerNeed[];
  readonly problems: readonly Problem[];
  /** What was asked for, found or not, by repository: the set changes with nothing else. */
  readonly inputs: readonly ApplicationSetInputs[];
  /** Argo CD leaves every Application of the set as it is until the problems are gone. */
  readonly blocked: boolean;
  /** A template calls a function that gives another value at each reconciliation. */
  readonly random?: boolean;
}
