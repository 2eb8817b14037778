import type { KubeObject, ResourceId } from './resource';

/** A context is a kubeconfig file and a name in it; files are not merged. */
export interface ContextRef {
  readonly file: string;
  readonly name: string;
}

export interface KubeContext {
  readonly ref: ContextRef;
  readonly server: string;
  readonly namespace?: string;
  /** Set when connecting would run a program; `insideWorkspace` needs the user's consent. */
  readonly exec?: { readonly command: string; readonly insideWorkspace: boolean };
  /** Set when files of the workspace decide what a login runs, reads or sends. */
  readonly consent?: LoginConsent;
  /** One sentence when the entry is unusable. */
  readonly problem?: string;
}

/** What the user is asked before a login may use files that came with a repository. */
export interface LoginConsent {
  /** Each is allowed at its present bytes: the kubeconfig, the program, scripts among its arguments. */
  readonly files: readonly string[];
  /** The program, as it will be started. */
  readonly program?: string;
  readonly args: readonly string[];
  /** Files outside the workspace that are read and sent to the server. */
  readonly reads: readonly string[];
}

/** A kind that the API server serves, from discovery. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural, as in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly preferred: boolean;
  /** Set where nobody told whether it has namespaces. */
  readonly scopeAssumed?: true;
}

/** The answer of a cluster: a value, or a refusal that is a state and never an exception. */
export type Access<T> = { readonly kind: 'ok'; readonly value: T } | AccessRefusal;

export type AccessRefusal =
  | { readonly kind: 'unreachable'; readonly message: string }
  | {
      readonly kind: 'unauthorised';
      readonly message: string;
      /** Set where a yes of the user is all that is missing. */
      readonly needsConsent?: true;
      /** Set where the login program did not give a login: it can be run again. */
      readonly canSignIn?: true;
      /** What gives a login when it is run in a terminal. */
      readonly command?: string;
    }
  | {
      readonly kind: 'forbidden';
      readonly message: string;
      readonly verb: string;
      readonly resource: string;
      readonly namespace: string;
      /** Nobody is given it there: the message says so. */
      readonly noRightHelps?: true;
    }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'conflict'; readonly message: string }
  /** 422; `immutable` when a cause says that the field cannot change. */
  | {
      readonly kind: 'invalid';
      readonly message: string;
      readonly immutable: boolean;
      /** A policy or webhook said no to this user; it may answer another one otherwise. */
      readonly byPolicy?: true;
    }
  | { readonly kind: 'failed'; readonly status: number; readonly message: string };

export interface ListRequest {
  readonly kind: ServedKind;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
}

export interface PatchRequest {
  readonly kind: ServedKind;
  readonly id: ResourceId;
  readonly type: 'apply' | 'merge' | 'strategic' | 'json';
  readonly body: unknown;
  readonly fieldManager: string;
  readonly force?: boolean;
  readonly dryRun: boolean;
  /** Of a dry run: the object as it was read, to remember the answer by. It is not sent. */
  readonly about?: KubeObject;
}
