import type { HelmValuesReference } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { DataObject, DefinitionContext, Findings, SourceReference } from './definition';
import { flagAt, given, objectsAt, textAt } from './fields';
import { dataReference, referenceLabel, unresolvedData, whyUnresolved } from './fluxData';

export interface ValuesInput {
  readonly object: JsonObject;
  readonly namespace: string;
  readonly context: DefinitionContext;
  readonly findings: Findings;
}

/**
 * The entries of `spec.valuesFrom` in order; those that the repository does not resolve are named, for
 * the cluster to say. A key that is not there fails the release unless the entry is optional
 * (fluxcd/pkg chartutil).
 */
export function valuesReferences(input: ValuesInput): readonly HelmValuesReference[] {
  return objectsAt(input.object, 'spec', 'valuesFrom').flatMap((entry, index) => {
    const reference = dataReference(entry, input.namespace);
    const data = input.context.data(reference);
    const why = whyUnresolved(data);
    if (data.kind === 'known') return resolved(input, { entry, index, reference, data });
    input.findings.add({
      severity: flagAt(entry, 'optional') ? 'info' : 'warning',
      code: 'unresolved-values',
      message: `The values of ${referenceLabel(reference)} are unknown here: ${why ?? 'it cannot be read'}. The result lacks them and is incomplete.`,
      pointer: `/spec/valuesFrom/${index}`,
    });
    const unresolved = unresolvedData(entry, reference, `/spec/valuesFrom/${index}`);
    return [{ ...written(entry, reference), unresolved }];
  });
}

interface Resolution {
  readonly entry: JsonObject;
  readonly index: number;
  readonly reference: SourceReference;
  readonly data: Extract<DataObject, { kind: 'known' }>;
}

function resolved(
  { findings }: ValuesInput,
  { entry, index, reference, data }: Resolution,
): readonly HelmValuesReference[] {
  const key = textAt(entry, 'valuesKey') ?? 'values.yaml';
  const content = contentOf(data, key);
  if (content !== undefined) return [{ ...written(entry, reference), ...content }];
  if (!flagAt(entry, 'optional')) {
    findings.add({
      severity: 'error',
      code: 'missing-values-key',
      message: `${referenceLabel(reference)} has no key ${key}: helm-controller refuses the release.`,
      pointer: `/spec/valuesFrom/${index}`,
    });
  }
  return [];
}

function contentOf(
  { values, files }: Resolution['data'],
  key: string,
): Pick<HelmValuesReference, 'text' | 'file'> | undefined {
  if (Object.hasOwn(values, key)) return given('text', values[key]);
  return Object.hasOwn(files, key) ? given('file', files[key]) : undefined;
}

function written(entry: JsonObject, { kind, name }: SourceReference): HelmValuesReference {
  return {
    kind: kind === 'Secret' ? 'Secret' : 'ConfigMap',
    name,
    ...given('valuesKey', textAt(entry, 'valuesKey')),
    ...given('targetPath', textAt(entry, 'targetPath')),
    ...given('optional', flagAt(entry, 'optional') || undefined),
    ...given('literal', flagAt(entry, 'literal') || undefined),
  };
}
