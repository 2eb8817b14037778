import { pointerTokens, toPointer } from '../base/pointer';
import type { IgnoreRule } from '../model/app';
import type { FieldOwner } from '../model/change';
import { parseLabelSelector } from '../model/labelSelector';
import type { Labels } from '../model/labelSelector';
import { anchoredPattern } from '../model/pattern';
import { versionOf } from '../model/resource';
import type { KubeObject, ResourceId } from '../model/resource';
import { isWithin, pointerOn } from './path';
import type { Path } from './path';

/** What a rule of the app is asked about: one difference of one object. */
export interface IgnoreQuestion {
  readonly path: Path;
  readonly owners: readonly FieldOwner[];
}

/** A glob as Argo CD reads group and kind: `*` for any text, `?` for one character. */
export function matchesGlob(pattern: string, value: string): boolean {
  if (pattern === value) return true;
  return /[*?]/.test(pattern) && globbed(pattern, value);
}

/** Without backtracking: patterns come from whoever wrote the settings. */
function globbed(pattern: string, value: string): boolean {
  let [at, from, star, matched] = [0, 0, -1, 0];
  while (from < value.length) {
    if (pattern[at] === '?' || (pattern[at] === value[from] && pattern[at] !== '*')) {
      at += 1;
      from += 1;
    } else if (pattern[at] === '*') {
      star = at;
      matched = from;
      at += 1;
    } else if (star >= 0) {
      at = star + 1;
      matched += 1;
      from = matched;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

function matches(pattern: string | undefined, value: string): boolean {
  return pattern === undefined || pattern === '' || matchesGlob(pattern, value);
}

/** A rule that names a kind and no group is about the core group, as in Argo CD. */
function matchesGroup(rule: IgnoreRule, group: string): boolean {
  if (rule.group !== undefined && rule.group !== '') return matchesGlob(rule.group, group);
  return group === '' || rule.kind === undefined;
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
    isNamed(rule.name, id.name) &&
    isNamed(rule.namespace, id.namespace)
  );
}

function isNamed(wanted: string | undefined, own: string): boolean {
  return wanted === undefined || wanted === '' || wanted === own;
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
