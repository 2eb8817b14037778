import type { Disposable } from '../base/dispose';
import type { Access, AccessRefusal, ContextRef } from './cluster';
import type { KubeObject, ResourceId } from './resource';

const FILE = 'argocd:';

/** The address that a cluster's own Argo CD has for it, and the name. */
export const IN_CLUSTER = { name: 'in-cluster', server: 'https://kubernetes.default.svc' } as const;

/** A destination of an Argo CD as a context: its server (`host` or `host:port`) stands for the file. */
export function argoContext(server: string, destination: string): ContextRef {
  return { file: `${FILE}${server}`, name: destination };
}

/** The Argo CD server whose API tells of the context; `undefined` for one of a kubeconfig. */
export function argoServerOf(context: ContextRef | undefined): string | undefined {
  const file = context?.file ?? '';
  return file.startsWith(FILE) ? file.slice(FILE.length) : undefined;
}

/** A server as a person is told of it: each Argo CD calls its own cluster by the same address. */
export function serverWords(context: ContextRef, address: string): string {
  const server = argoServerOf(context);
  return server === undefined ? address : `${address} of the Argo CD at ${server}`;
}

/** What the API of an Argo CD tells of a destination beside what any API server would. */
export interface ArgoView {
  /** `host` or `host:port`. */
  readonly server: string;
  /** A Secret without its values, which the server hides. */
  secret(id: ResourceId, signal: AbortSignal): Promise<Access<HiddenSecret>>;
  /** By Argo CD's own checks, as they were told last; `undefined` of what it does not check. */
  health(id: ResourceId, signal: AbortSignal): Promise<ArgoHealth | undefined>;
  /** Why nothing is known of an object that none of its apps has. */
  unknown(id: ResourceId): AccessRefusal;
  /** Keys of objects of which something is said to have moved, while Applications are watched. */
  onMoved(listener: (keys: readonly string[]) => void): Disposable;
}

/** In Argo CD's words: `Healthy`, `Degraded`. */
export interface ArgoHealth {
  readonly status: string;
  readonly message: string;
}

export interface HiddenSecret {
  /** Without `data`, and without annotations that repeat it. */
  readonly object: KubeObject;
  readonly keys: HiddenKeys;
  /** What was applied last, in the same way. */
  readonly applied?: { readonly object: KubeObject; readonly keys: HiddenKeys };
}

/** Keys, and whether each value is that of the revision which Argo CD compared with, or was applied last. */
export type HiddenKeys = ReadonlyMap<string, 'same' | 'applied' | 'other'>;
