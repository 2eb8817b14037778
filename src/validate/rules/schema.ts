import { closestName } from '../closestName';
import { fieldPath, valueAt } from '../fieldPath';
import { isOpaque, isSopsMetadata } from '../opaque';
import type { Violation } from '../violation';
import { fieldOf } from '../violation';
import type { Finding, ObjectContext, ObjectRule } from './rule';
import { NO_FINDINGS } from './rule';

/** Unknown and missing fields, types and values, by the schema of the kind. */
export const schemaRule: ObjectRule = (context) => {
  if (context.schema === undefined) return NO_FINDINGS;
  const violations = context.schema.check(context.object);
  return violations.filter((one) => isCertain(one, context)).map((one) => findingOf(one, context));
};

/** Not for what is replaced before the cluster sees it, and not for what the name rule says better. */
function isCertain(violation: Violation, { object }: ObjectContext): boolean {
  const { pointer, kind } = violation;
  if (isSopsMetadata(pointer, object)) return false;
  if (pointer === '/metadata/name' && kind === 'wrong-type') return false;
  return kind === 'unknown-field' || !isOpaque(valueAt(object, pointer), object);
}

function findingOf(violation: Violation, { object, schema }: ObjectContext): Finding {
  const pointer = fieldOf(violation);
  const path = fieldPath(pointer);
  const from = violation.kind === 'unknown-field' ? schema?.from : undefined;
  const finding = { code: violation.kind, pointer } as const;
  return from === undefined
    ? { ...finding, severity: 'error', message: message() }
    : { ...finding, severity: 'warning', message: `${message()} (by the schema of ${from})` };

  function message(): string {
    switch (violation.kind) {
      case 'unknown-field':
        return `unknown field ${path}${suggestion(violation, object)}`;
      case 'missing-field':
        return `required field ${path} is missing`;
      case 'wrong-type':
      case 'invalid-value':
        return `${path === '' ? 'it' : path} ${violation.text}`;
    }
  }
}

type UnknownField = Extract<Violation, { readonly kind: 'unknown-field' }>;

/** Among the names that are still free there: a field that is set already was not meant. */
function suggestion({ pointer, field, known }: UnknownField, object: unknown): string {
  const parent = valueAt(object, pointer.slice(0, pointer.lastIndexOf('/'))) as object | undefined;
  const free = known.filter((name) => !Object.hasOwn(parent ?? {}, name));
  const closest = closestName(field, free);
  return closest === undefined ? '' : `, did you mean ${closest}?`;
}
