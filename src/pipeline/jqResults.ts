import { messageOf } from '../base/userError';
import type { AppPolicy, IgnoreRule } from '../model/app';
import type { KubeObject } from '../model/resource';
import type { JqResult } from '../diff/fields';
import { jqRulesFor, ruledObject } from '../diff/ignore';
import type { Pair } from '../diff/pair';
import { EngineError } from '../render/engineError';
import type { Core } from './core';

/** Both sides without what the app's jq rules select; a rule that jq refuses hides nothing. */
export async function jqResults(
  core: Core,
  { id, desired, live }: Pair,
  policy: AppPolicy,
  signal: AbortSignal,
): Promise<readonly JqResult[]> {
  if (desired === undefined || live === undefined) return [];
  const sides = { live, desired: desired.object };
  const rules = jqRulesFor(policy.ignoreRules, ruledObject(id, desired.object));
  const results = await Promise.all(rules.map((rule) => applyRule(core, rule, sides, signal)));
  return results.flat();
}

async function applyRule(
  core: Core,
  rule: IgnoreRule,
  sides: { readonly live: KubeObject; readonly desired: KubeObject },
  signal: AbortSignal,
): Promise<JqResult[]> {
  const { renderer, log } = core.deps;
  const { jqPathExpressions } = rule;
  try {
    const [live, desired] = await Promise.all([
      renderer.jqDelete(sides.live, jqPathExpressions, signal),
      renderer.jqDelete(sides.desired, jqPathExpressions, signal),
    ]);
    return [{ rule, live, desired }];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    log.warn(`${rule.label}: ${messageOf(error)}`);
    return [];
  }
}
