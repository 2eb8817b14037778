import type { Problem } from '../model/problem';
import type { RenderedObject } from '../model/render';
import { isCrd } from './crd';
import { keyOf, objectLabel } from './fieldPath';
import type { Destination, Finding } from './rules/rule';
import { BATCH_RULES, OBJECT_RULES } from './rules/rules';
import type { KindSchema, Schemas } from './schemas';

export interface ValidateOptions {
  /** The objects of one app. CRDs among them count for its other objects. */
  readonly objects: readonly RenderedObject[];
  readonly schemas: Schemas;
  readonly destination?: Destination;
  readonly signal: AbortSignal;
}

/** Work between two pauses, so that a thread that also answers a user is never held for long. */
const SLICE_MS = 8;

/**
 * Everything that is certainly wrong with the objects, in their order. A location is the file that
 * made the object; `placeProblems` narrows it to the line of the field.
 */
export async function validateObjects(options: ValidateOptions): Promise<readonly Problem[]> {
  const { signal } = options;
  signal.throwIfAborted();
  const objects = options.objects.filter(isTyped);
  const untyped = options.objects.filter((rendered) => !isTyped(rendered));
  const checks = await schemasByKind({ ...options, objects });
  const schemaOf = (index: number): KindSchema | undefined =>
    checks.get(kindOf(objects[index]))?.schema;
  const found = objects.map((): Finding[] => []);
  const destination = options.destination ?? {};
  for (const rule of BATCH_RULES) {
    const hasSchema = (index: number): boolean => schemaOf(index) !== undefined;
    for (const { index, finding } of rule({ objects, destination, hasSchema })) {
      found[index]?.push(finding);
    }
  }
  const pause = pacer(signal);
  for (const [index, { object }] of objects.entries()) {
    const context = { object, schema: schemaOf(index), destination };
    for (const rule of OBJECT_RULES) found[index]?.push(...rule(context));
    await pause();
  }
  const problems = objects.flatMap((rendered, index) =>
    (found[index] ?? []).map((finding) => problemOf(finding, rendered)),
  );
  return [...untyped.map(untypedProblem), ...problems];
}

function isTyped({ object }: RenderedObject): boolean {
  const { apiVersion, kind } = object as { readonly apiVersion: unknown; readonly kind: unknown };
  return isText(apiVersion) && isText(kind);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function untypedProblem({ origin }: RenderedObject): Problem {
  return {
    severity: 'error',
    code: 'missing-kind',
    message: 'An object has no apiVersion or no kind.',
    location: { ...origin },
  };
}

function kindOf(rendered: RenderedObject | undefined): string {
  return `${rendered?.object.apiVersion}/${rendered?.object.kind}`;
}

async function schemasByKind({
  objects,
  schemas,
  signal,
}: ValidateOptions): Promise<ReadonlyMap<string, { readonly schema: KindSchema | undefined }>> {
  const crds = objects.map(({ object }) => object).filter(isCrd);
  const all = crds.length === 0 ? schemas : schemas.withCrds(crds, 'app');
  const result = new Map<string, { readonly schema: KindSchema | undefined }>();
  for (const rendered of objects) {
    const key = kindOf(rendered);
    if (result.has(key)) continue;
    const { apiVersion, kind } = rendered.object;
    result.set(key, { schema: await all.find(apiVersion, kind) });
    signal.throwIfAborted();
  }
  return result;
}

function pacer(signal: AbortSignal): () => Promise<void> | undefined {
  const state = { sliceEndsAt: performance.now() + SLICE_MS };
  return () => {
    if (performance.now() < state.sliceEndsAt) return undefined;
    return new Promise((resolve, reject) => {
      setTimeout(() => {
        state.sliceEndsAt = performance.now() + SLICE_MS;
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      }, 0);
    });
  };
}

function problemOf(finding: Finding, { object, origin }: RenderedObject): Problem {
  const { severity, code, message, pointer } = finding;
  return {
    severity,
    code,
    message: `${objectLabel(object)}: ${message}`,
    location: origin.line === undefined ? { path: origin.path } : { ...origin, line: origin.line },
    resource: keyOf(object),
    ...(pointer === undefined ? {} : { pointer }),
  };
}
