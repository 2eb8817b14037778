import { messageOf } from '../base/userError';
import type { Problem } from '../model/problem';
import type { RenderedObject } from '../model/render';
import type { JsonObject, KubeObject } from '../model/resource';
import type { Destination } from './rules/rule';
import type { ValidateRequest, Validator } from './validator';

/** What stays the same from one request to the next: sent once and named by a number after that. */
export type Shared = readonly KubeObject[] | ReadonlyMap<string, JsonObject> | Destination;

export type ToWorker =
  | { readonly kind: 'keep'; readonly id: number; readonly value: Shared }
  | { readonly kind: 'forget'; readonly id: number }
  /** More objects of the next job. */
  | { readonly kind: 'objects'; readonly objects: readonly RenderedObject[] }
  | {
      readonly kind: 'run';
      readonly job: number;
      readonly crds?: number;
      readonly openApi?: number;
      readonly destination?: number;
    }
  | { readonly kind: 'cancel'; readonly job: number };

export type FromWorker =
  | { readonly kind: 'done'; readonly job: number; readonly problems: readonly Problem[] }
  /** Cancelled, or a defect; `message` is for the log. */
  | { readonly kind: 'failed'; readonly job: number; readonly message: string };

/** The worker's end of the wire. */
export interface WorkerWire {
  post(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

/** Answers the messages of a `createRemoteValidator`: one job at a time, cancellable in its pauses. */
export function serveValidator(wire: WorkerWire, validator: Validator): void {
  const kept = new Map<number, Shared>();
  const running = new Map<number, AbortController>();
  const collected: RenderedObject[] = [];

  const run = async (message: Extract<ToWorker, { readonly kind: 'run' }>): Promise<void> => {
    const { job } = message;
    const abort = new AbortController();
    running.set(job, abort);
    try {
      const request = requestOf(message, collected.splice(0), kept);
      wire.post({ kind: 'done', job, problems: await validator.validate(request, abort.signal) });
    } catch (error) {
      wire.post({ kind: 'failed', job, message: messageOf(error) });
    } finally {
      running.delete(job);
    }
  };

  wire.onMessage((message) => {
    switch (message.kind) {
      case 'keep':
        kept.set(message.id, message.value);
        break;
      case 'forget':
        kept.delete(message.id);
        break;
      case 'objects':
        collected.push(...message.objects);
        break;
      case 'run':
        void run(message);
        break;
      case 'cancel':
        running.get(message.job)?.abort();
    }
  });
}

function requestOf(
  { crds, openApi, destination }: Extract<ToWorker, { readonly kind: 'run' }>,
  objects: readonly RenderedObject[],
  kept: ReadonlyMap<number, Shared>,
): ValidateRequest {
  return {
    objects,
    ...(crds === undefined ? {} : { crds: kept.get(crds) as readonly KubeObject[] }),
    ...(openApi === undefined
      ? {}
      : { openApi: kept.get(openApi) as ReadonlyMap<string, JsonObject> }),
    ...(destination === undefined ? {} : { destination: kept.get(destination) as Destination }),
  };
}
