import type { KubeObject } from '../../model/resource';
import { groupOf } from '../../model/resource';
import { valueAt } from '../fieldPath';
import { isOpaque } from '../opaque';
import type { Finding, ObjectRule } from './rule';
import { NO_FINDINGS } from './rule';

const WORKLOADS = new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']);

interface Requirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

/** The API server refuses a workload whose selector does not select its own pods. */
export const selectorMismatchRule: ObjectRule = ({ object }) => {
  if (groupOf(object.apiVersion) !== 'apps' || !WORKLOADS.has(object.kind)) return NO_FINDINGS;
  const selector = valueAt(object, '/spec/selector');
  // What is not there, or not an object, is the schema rule's to tell.
  if (!isRecord(selector) || !isRecord(valueAt(object, '/spec/template'))) return NO_FINDINGS;
  const labels = recordAt(object, '/spec/template/metadata/labels');
  const matchLabels = recordAt(selector, '/matchLabels');
  const expressions = requirementsOf(selector);
  if (Object.keys(matchLabels).length === 0 && expressions.length === 0) {
    return [finding('spec.selector is empty and would select every pod', '/spec/selector')];
  }
  return [
    ...labelFindings(matchLabels, labels, object),
    ...expressionFindings(expressions, labels),
  ];
};

function recordAt(value: unknown, pointer: string): Readonly<Record<string, unknown>> {
  const found = valueAt(value, pointer);
  return isRecord(found) ? found : {};
}

function requirementsOf(selector: Readonly<Record<string, unknown>>): readonly Requirement[] {
  const found = selector['matchExpressions'];
  return Array.isArray(found) ? (found as readonly unknown[]).filter(isRecord) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function labelFindings(
  matchLabels: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, unknown>>,
  object: KubeObject,
): readonly Finding[] {
  return Object.entries(matchLabels)
    .filter(([key, value]) => !Object.hasOwn(labels, key) || labels[key] !== value)
    .filter(([key, value]) => !isOpaque(value, object) && !isOpaque(labels[key], object))
    .map(([key, value]) => {
      const found = Object.hasOwn(labels, key) ? `have ${key}=${shown(labels[key])}` : 'lack it';
      return finding(
        `spec.selector wants the label ${key}=${shown(value)}, but the pods of spec.template ${found}`,
        '/spec/selector/matchLabels',
      );
    });
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function expressionFindings(
  expressions: readonly Requirement[],
  labels: Readonly<Record<string, unknown>>,
): readonly Finding[] {
  return expressions.flatMap((requirement, index) =>
    holds(requirement, labels)
      ? []
      : [
          finding(
            `spec.selector wants ${requirement.key} ${requirement.operator}, which the labels of spec.template do not fulfil`,
            `/spec/selector/matchExpressions/${index}`,
          ),
        ],
  );
}

const OPERATORS: Readonly<Record<string, (present: boolean, listed: boolean) => boolean>> = {
  In: (_present, listed) => listed,
  NotIn: (_present, listed) => !listed,
  Exists: (present) => present,
  DoesNotExist: (present) => !present,
};

function holds(requirement: Requirement, labels: Readonly<Record<string, unknown>>): boolean {
  const { key, operator, values } = requirement;
  const listedValues = (Array.isArray(values) ? values : []) as readonly unknown[];
  const decide = Object.hasOwn(OPERATORS, operator ?? '') ? OPERATORS[operator ?? ''] : undefined;
  if (typeof key !== 'string' || decide === undefined) return true;
  const present = Object.hasOwn(labels, key);
  return decide(present, present && listedValues.includes(labels[key]));
}

function finding(message: string, pointer: string): Finding {
  return { severity: 'error', code: 'selector-mismatch', message, pointer };
}
