import type { IgnoreRule } from '../model/app';
import type { FieldOwner } from '../model/change';
import type { ResourceId } from '../model/resource';
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

export function rulesFor(rules: readonly IgnoreRule[], id: ResourceId): readonly IgnoreRule[] {
  return rules.filter(
    (rule) =>
      matchesGroup(rule, id.group) &&
      matches(rule.kind, id.kind) &&
      matches(rule.name, id.name) &&
      matches(rule.namespace, id.namespace),
  );
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
export function jqRulesFor(rules: readonly IgnoreRule[], id: ResourceId): readonly IgnoreRule[] {
  return rulesFor(rules, id).filter((rule) => rule.jqPathExpressions.length > 0);
}
