import type { ApplicationSetRequest, ApplicationSetResult } from '../model/applicationSet';
import type {
  ParsedFile,
  RenderInput,
  RenderOutcome,
  RenderRequest,
  Repository,
  Snapshot,
} from '../model/render';
import type {
  DecidingLine,
  LinesRequest,
  NoOrigin,
  OriginRequest,
  SourcePlace,
} from '../model/origin';
import type {
  AppliedResult,
  AppliesRequest,
  HealthStatus,
  ThreeWayRequest,
  ThreeWayResult,
} from '../model/ports';
import type { KubeObject } from '../model/resource';

/** What the engine says of itself when it starts. */
export interface EngineInfo {
  readonly engineVersion: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Kubernetes version that templates see when none is given. */
  readonly kubeVersion: string;
}

/** The wire form of a revision that cannot be read. */
export interface WireUnavailable {
  readonly unavailable: string;
}

/** What an earlier render asked for: in its root, and in the cache of fetched charts. */
export interface InputList {
  readonly inputs: readonly RenderInput[];
  readonly cached?: readonly string[];
}

/** Every request of the engine: JSON-RPC 2.0 over stdio with LSP framing, one object as params. */
export interface EngineMethods {
  readonly initialize: {
    readonly params: {
      readonly memoryLimitBytes: number;
      readonly timeLimitMs: number;
      /** Absolute folder of fetched charts, which the engine only reads. */
      readonly cacheRoot?: string;
    };
    readonly result: EngineInfo;
  };
  readonly render: {
    /** With `digest`, the result tells the digest of its inputs, where there can be one. */
    readonly params: RenderRequest & { readonly digest?: boolean };
    readonly result: RenderOutcome;
  };
  readonly digests: {
    readonly params: Snapshot & { readonly lists: readonly InputList[] };
    readonly result: { readonly digests: readonly string[] } | WireUnavailable;
  };
  readonly applicationSet: {
    readonly params: ApplicationSetRequest;
    readonly result: ApplicationSetResult;
  };
  readonly origin: {
    readonly params: OriginRequest;
    readonly result: { readonly places: readonly SourcePlace[] | null; readonly why?: NoOrigin };
  };
  readonly lines: {
    readonly params: LinesRequest;
    readonly result: { readonly lines: readonly DecidingLine[] | null };
  };
  readonly list: {
    readonly params: Snapshot;
    readonly result: { readonly paths: readonly string[] | null } | WireUnavailable;
  };
  readonly parse: {
    readonly params: Snapshot & { readonly paths: readonly string[] };
    readonly result: { readonly files: readonly ParsedFile[] | null } | WireUnavailable;
  };
  readonly read: {
    readonly params: Snapshot & { readonly path: string };
    readonly result: { readonly text: string } | { readonly missing: true } | WireUnavailable;
  };
  readonly repository: {
    readonly params: { readonly path: string };
    readonly result: Repository | { readonly none: true };
  };
  readonly changed: {
    readonly params: Snapshot & { readonly paths: readonly string[] | null };
    readonly result: { readonly paths: readonly string[] | null } | WireUnavailable;
  };
  readonly health: {
    readonly params: readonly { readonly object: KubeObject }[];
    readonly result: readonly HealthStatus[] | null;
  };
  readonly threeWay: { readonly params: ThreeWayRequest; readonly result: ThreeWayResult };
  readonly apply: { readonly params: AppliesRequest; readonly result: readonly AppliedResult[] };
  readonly jq: {
    readonly params: { readonly object: KubeObject; readonly expressions: readonly string[] };
    readonly result: KubeObject;
  };
}

export type EngineMethod = keyof EngineMethods;
export type ParamsOf<M extends EngineMethod> = EngineMethods[M]['params'];
export type ResultOf<M extends EngineMethod> = EngineMethods[M]['result'];
