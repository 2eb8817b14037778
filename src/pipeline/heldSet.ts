import type {
  ApplicationSetCluster,
  ApplicationSetResult,
  GeneratedApplication,
} from '../model/applicationSet';
import type { Snapshot } from '../model/render';
import type { KubeObject } from '../model/resource';
import type { DefinedSet, Expansion } from '../repo/applicationSets';
import type { GeneratedSet } from './clusterSession';

/** A repository as a generator asks for it. */
export interface AskedRepository {
  readonly repoURL: string;
  readonly revision: string;
}

/** Everything but the files that an expansion depends on. */
export interface SetBasis {
  readonly object: KubeObject;
  /** The commit that the set itself was read from; absent for the working copy. */
  readonly commit?: string;
  readonly asked: readonly AskedRepository[];
  /** Which text answered each of `asked`, without buffers; `null` for one that is not here. */
  readonly answered: readonly (Snapshot | null)[];
  readonly clusters?: readonly ApplicationSetCluster[];
  readonly newFileGlobbing?: boolean;
  /** What an Argo CD server makes of this very set. */
  readonly generated?: GeneratedSet;
}

/** An expansion that holds until something that it asked for changes. */
export interface HeldSet {
  readonly basis: SetBasis;
  readonly result: ApplicationSetResult;
  readonly expansion: Expansion;
  /** What the set made when it could be expanded whole. */
  readonly good: readonly GeneratedApplication[];
  /** Taken into account when the folder has no remote and the answer is not empty. */
  readonly assumes: boolean;
  readonly set: DefinedSet;
  /** The files do not tell all that it makes. */
  readonly asksServer: boolean;
  stale: boolean;
}
