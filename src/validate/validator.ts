import type { Disposable } from '../base/dispose';
import type { Problem } from '../model/problem';
import type { RenderedObject } from '../model/render';
import type { JsonObject, KubeObject } from '../model/resource';
import type { Destination } from './rules/rule';
import type { Schemas } from './schemas';
import { validateObjects } from './validateObjects';

export interface ValidateRequest {
  /** The objects of one app. */
  readonly objects: readonly RenderedObject[];
  /** CRDs of the whole repository. The same array means the same CRDs: keep it while they are. */
  readonly crds?: readonly KubeObject[];
  /** The destination's OpenAPI v3 documents by group version; kept by identity, like `crds`. */
  readonly openApi?: ReadonlyMap<string, JsonObject>;
  readonly destination?: Destination;
}

/** Finds what is certainly wrong with rendered objects, in this thread or in another one. */
export interface Validator extends Disposable {
  /** Rejects with the signal's reason, and for nothing else. */
  validate(request: ValidateRequest, signal: AbortSignal): Promise<readonly Problem[]>;
}

/** In this thread, with pauses; what was compiled for the same CRDs and documents is used again. */
export function createValidator(schemas: Schemas): Validator {
  const withSources = cachedSchemas(schemas);
  return {
    validate: ({ objects, crds, openApi, destination = {} }, signal) =>
      validateObjects({ objects, schemas: withSources(crds, openApi), destination, signal }),
    dispose: () => undefined,
  };
}

type Crds = readonly KubeObject[];
type Documents = ReadonlyMap<string, JsonObject>;

function cachedSchemas(schemas: Schemas) {
  const byCrds = new WeakMap<Crds, WeakMap<Documents, Schemas>>();
  return (crds: Crds = NO_CRDS, openApi: Documents = NO_DOCUMENTS): Schemas => {
    const byDocuments = byCrds.get(crds) ?? new WeakMap<Documents, Schemas>();
    byCrds.set(crds, byDocuments);
    const known = byDocuments.get(openApi) ?? schemas.withCluster(openApi).withCrds(crds);
    byDocuments.set(openApi, known);
    return known;
  };
}

const NO_CRDS: Crds = [];
const NO_DOCUMENTS: Documents = new Map();
