import type { IgnoreRule } from '../model/app';
import type { FieldOwner } from '../model/change';
import { parseLabelSelector } from '../model/labelSelector';
import type { Labels } from '../model/labelSelector';
import { anchoredPattern } from '../model/pattern';
import { versionOf } from '../model/resource';
import type { KubeObject, ResourceId } from '../model/resource';
import { isWithin, pointerOn, pointerTokens, toPointer } from './path';
import type { Path } from './path';

/** What a rule of the app is asked about: one difference of one object. */
export interface IgnoreQuestion {
  readonly path: Path;
  readonly owners: readonly FieldOwner[];
}

/** `*` stands for any text, as Argo CD reads group and kind. */
function matches(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined || pattern === '' || pattern === value) return true;
  if (!pattern.includes('*')) return false;
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(value);
}

/** An empty group in a rule means the core group once a kind is named, as in Argo CD. */
function matchesGroup(rule: IgnoreRule, group: string): boolean {
  if (rule.group === undefined) return true;
  return rule.group === '' ? group === '' || rule.kind === undefined : matches(rule.group, group);
}

/** Which object a rule is held against: labels and annotations are those that Git wants. */
export interface RuledObject {
  readonly id: ResourceId;
  readonly version: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export function ruledObject(id: ResourceId, { apiVersion, metadata }: KubeObject): RuledObject {
  const { labels = {}, annotations = {} } = metadata;
  return { id, version: versionOf(apiVersion), labels, annotations };
}

export function rulesFor(rules: readonly IgnoreRule[], object: RuledObject): readonly IgnoreRule[] {
  return rules.filter((rule) =>
    rule.matching === 'pattern' ? selects(rule, object) : names(rule, object.id),
  );
}

function names(rule: IgnoreRule, id: ResourceId): boolean {
  return (
    matchesGroup(rule, id.group) &&
    matches(rule.kind, id.kind) &&
    matches(rule.name, id.name) &&
    matches(rule.namespace, id.namespace)
  );
}

/** As Flux selects (fluxcd/pkg ssa/jsondiff/selector.go): what is not given matches everything. */
function selects(rule: IgnoreRule, object: RuledObject): boolean {
  const { id, version, labels, annotations } = object;
  return (
    isPatternOf(rule.group, id.group) &&
    isPatternOf(rule.version, version) &&
    isPatternOf(rule.kind, id.kind) &&
    isPatternOf(rule.name, id.name) &&
    isPatternOf(rule.namespace, id.namespace) &&
    holds(rule.labelSelector, labels) &&
    holds(rule.annotationSelector, annotations)
  );
}

function isPatternOf(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined || pattern === '') return true;
  return anchoredPattern(pattern)?.test(text) ?? false;
}

function holds(selector: string | undefined, labels: Labels): boolean {
  return selector === undefined || (parseLabelSelector(selector)?.(labels) ?? false);
}

/** The rule that leaves the whole object out of the comparison: the pointer of the document. */
export function wholeObjectRule(rules: readonly IgnoreRule[]): IgnoreRule | undefined {
  return rules.find(({ jsonPointers }) => jsonPointers.includes(''));
}

function hidesPointer(rule: IgnoreRule, path: Path): boolean {
  if (rule.jsonPointers.length === 0) return false;
  const pointers = [pointerOn(path, 'before'), pointerOn(path, 'after')];
  return rule.jsonPointers.some((written) => {
    const pointer = toPointer(pointerTokens(written));
    return pointers.some((own) => isWithin(own, pointer));
  });
}

function hidesManager(rule: IgnoreRule, owners: readonly FieldOwner[]): boolean {
  return owners.some((owner) => rule.managedFieldsManagers.includes(owner.manager));
}

/** The first of the rules that hides the difference by pointer or manager. */
export function hidingRule(
  rules: readonly IgnoreRule[],
  question: IgnoreQuestion,
): IgnoreRule | undefined {
  return rules.find(
    (rule) => hidesPointer(rule, question.path) || hidesManager(rule, question.owners),
  );
}

/** Rules that need a jq engine: the caller has the paths deleted from both objects. */
export function jqRulesFor(
  rules: readonly IgnoreRule[],
  object: RuledObject,
): readonly IgnoreRule[] {
  return rulesFor(rules, object).filter((rule) => rule.jqPathExpressions.length > 0);
}
