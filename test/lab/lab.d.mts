/**
 * Starts the asked parts and, with Gitea, the sample repository applied by the controllers.
 *
 * @param {Options} options @returns {Promise<Lab>} when the last stage is reached
 */
export function startLab(options: Options): Promise<Lab>;
/** A running lab. `close` stops every process; nothing else does, short of this process's end. */
export class Lab {
  /** @param {Options} options @param {Processes} processes */
  constructor(options: Options, processes: Processes);
  /** @type {Description} */
  description: Description;
  /** @param {Stage} stage @param {Partial<Description>} [news] */
  reached(stage: Stage, news?: Partial<Description>): Promise<void>;
  /** @param {string} part a key of `description.pids`; ends it the hard way */
  kill(part: string): Promise<void>;
  /** @param {string} part a key of `description.pids` */
  restart(part: string): Promise<void>;
  close(): Promise<void>;
  #private;
}
export type PartName = 'core' | 'argocd' | 'flux' | 'gitea';
export type Stage = 'starting' | 'clusters' | 'controllers' | 'seeded';
/**
 * What a test or the demo needs to know; the state file holds exactly this.
 */
export type Description = {
  dir: string;
  /**
   * the last one that is complete
   */
  stage: Stage;
  clusters: Record<string, import('./kubeconfig.mjs').Cluster>;
  kubeconfig: string;
  kubeconfigViewer: string;
  kubeconfigNamespaced: string;
  /**
   * the namespace that the `namespaced` user may read
   */
  namespacedNamespace: string;
  tools: Record<string, string>;
  gitea?: import('./gitea.mjs').Gitea | undefined;
  argocd?:
    | {
        url: string;
        token?: string;
        username: string;
        password: string;
      }
    | undefined;
  sampleDir?: string | undefined;
  pids: Record<string, number>;
};
export type Options = {
  /**
   * made when absent, emptied when an earlier lab made it
   */
  dir: string;
  /**
   * all by default; `core` is always there
   */
  parts?: readonly PartName[] | undefined;
  /**
   * where the sample repository is made (`<dir>/sample` by default)
   */
  sampleDir?: string | undefined;
  /**
   * use the sample that is in `sampleDir` already, edits and all
   */
  keepSample?: boolean | undefined;
  /**
   * of `production`, `staging` and `gitea`, where a
   * sample made before the lab names them already; free ones by default
   */
  ports?: Record<string, number> | undefined;
  log?: ((line: string) => void) | undefined;
  onStage?: ((description: Description) => Promise<void> | void) | undefined;
  /**
   * a part ended by itself (while the
   * lab starts, that also fails the start)
   */
  onCrash?: ((name: string, reason: string) => void) | undefined;
  signal?: AbortSignal | undefined;
};
import { Processes } from './processes.mjs';
