import type { KubeObject } from '../../model/resource';
import { childPointer, fieldPath } from '../fieldPath';
import { isOpaque } from '../opaque';
import type { Finding, ObjectRule } from './rule';

const QUALIFIED_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Keys of labels and annotations, and values of labels, as `ValidateLabels` accepts them. */
export const labelsRule: ObjectRule = ({ object }) => [
  ...keyFindings(object, 'labels'),
  ...keyFindings(object, 'annotations'),
  ...valueFindings(object),
];

function entriesOf(object: KubeObject, field: 'labels' | 'annotations') {
  const map: unknown = object.metadata?.[field];
  return typeof map === 'object' && map !== null ? Object.entries(map) : [];
}

function keyFindings(object: KubeObject, field: 'labels' | 'annotations'): readonly Finding[] {
  const faulty = entriesOf(object, field).filter(
    // Annotation keys are compared in lower case (`ValidateAnnotations`).
    ([key]) => !isKey(field === 'labels' ? key : key.toLowerCase()) && !isOpaque(key, object),
  );
  return faulty.map(([key]) =>
    finding(
      childPointer(`/metadata/${field}`, key),
      'has a key that is not a qualified name: an optional DNS prefix with "/", then at most 63 letters, digits, "-", "_" or "."',
    ),
  );
}

function isKey(key: string): boolean {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  if (slash >= 0 && !isPrefix(key.slice(0, slash))) return false;
  return name.length <= 63 && QUALIFIED_NAME.test(name);
}

function isPrefix(text: string): boolean {
  return text.length <= 253 && PREFIX.test(text);
}

function valueFindings(object: KubeObject): readonly Finding[] {
  const faulty = entriesOf(object, 'labels').filter(
    ([, value]) => typeof value === 'string' && !isLabelValue(value) && !isOpaque(value, object),
  );
  return faulty.map(([key]) =>
    finding(
      childPointer('/metadata/labels', key),
      'must be at most 63 letters, digits, "-", "_" or ".", and begin and end with a letter or digit',
    ),
  );
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && QUALIFIED_NAME.test(value));
}

function finding(pointer: string, text: string): Finding {
  return {
    severity: 'error',
    code: 'invalid-label',
    message: `${fieldPath(pointer)} ${text}`,
    pointer,
  };
}
