import type { AnySchema, ErrorObject, ValidateFunction } from 'ajv';
import type { JsonObject, KubeObject } from '../model/resource';
import { isBase64, isInt32, isQuantity, isTime } from './formats';
import { goPattern } from './goPattern';
import type { CompilableSchema } from './kubernetesSchema';
import { kubernetesSchema, referencesOf, withoutNulls } from './kubernetesSchema';
import { customResourceSchema, withDefaults } from './structuralSchema';
import type { Violation } from './violation';
import { isBelow, violationsOf } from './violation';

/** In what an object does not fit; empty where it does. */
export type Check = (object: KubeObject) => readonly Violation[];

export type Definitions = Readonly<Record<string, JsonObject>>;

/** Compiles definitions of one set on first use; what two kinds share is compiled once. */
export interface Registry {
  /** Throws where the definition cannot be compiled. */
  kubernetesCheck(name: string): Check;
  /** Throws where the schema cannot be compiled. */
  customResourceCheck(schema: JsonObject): Check;
}

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export async function createRegistry(definitions: Definitions): Promise<Registry> {
  const ajv = await createAjv();
  const added = new Set<string>();

  const add = (root: string): void => {
    const waiting = [root];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const definition = definitions[name];
      if (added.has(name) || definition === undefined) continue;
      added.add(name);
      ajv.addSchema(kubernetesSchema(name, definition), name);
      waiting.push(...referencesOf(definition));
    }
  };

  const parts = new Map<string, string>();
  const nameOf = (part: CompilableSchema): string => {
    const text = JSON.stringify(part);
    const name = parts.get(text) ?? `part-${parts.size}`;
    if (!parts.has(text)) ajv.addSchema(part, name);
    parts.set(text, name);
    return name;
  };

  return {
    kubernetesCheck(name) {
      add(name);
      const validate = ajv.getSchema(name);
      if (validate === undefined) throw new Error(`no definition ${name}`);
      return (object) => kubernetesViolations(validate, object);
    },
    customResourceCheck(schema) {
      add(OBJECT_META);
      const references = { metadata: OBJECT_META, nameOf };
      const validate = ajv.compile(customResourceSchema(schema, references) as AnySchema);
      return (object) => customResourceViolations(validate, object, schema);
    },
  };
}

async function createAjv() {
  const { default: Ajv } = await import('ajv');
  const regExp = (pattern: string): RegExp => goPattern(pattern) ?? /(?:)/;
  return new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    messages: false,
    validateSchema: false,
    logger: false,
    inlineRefs: false,
    addUsedSchema: false,
    code: { optimize: false, regExp: Object.assign(regExp, { code: 'goPattern' }) },
    formats: {
      byte: isBase64,
      'date-time': isTime,
      int32: { type: 'number', validate: isInt32 },
      quantity: isQuantity,
    },
  });
}

function run(validate: ValidateFunction, value: unknown): readonly ErrorObject[] {
  return validate(value) ? [] : (validate.errors ?? []);
}

/** The server drops `status` after decoding, so that there only decoding can fail. */
function kubernetesViolations(
  validate: ValidateFunction,
  object: KubeObject,
): readonly Violation[] {
  const errors = run(validate, withoutNulls(object));
  if (errors.length === 0) return [];
  // Go reads a null item of a list as the zero value.
  const refused = errors.filter(({ keyword, data }) => keyword !== 'type' || data !== null);
  return violationsOf(refused).filter(
    (violation) =>
      !isBelow(violation, 'status') ||
      violation.kind === 'unknown-field' ||
      violation.kind === 'wrong-type',
  );
}

/** Custom resources are decoded without types: below `status` only an unknown field is refused. */
function customResourceViolations(
  validate: ValidateFunction,
  object: KubeObject,
  schema: JsonObject,
): readonly Violation[] {
  const errors = run(validate, withDefaults(object as unknown as JsonObject, schema));
  return violationsOf(errors).filter(
    (violation) => !isBelow(violation, 'status') || violation.kind === 'unknown-field',
  );
}
