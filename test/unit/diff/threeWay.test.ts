import { afterAll, describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import { comparisonFor, provablyEqual } from '../../../src/diff/comparison';
import type { ResourceChange } from '../../../src/model/change';
import type { KubeObject } from '../../../src/model/resource';
import { never, realRenderer } from '../render/engine';
import { digest } from './builders';
import { recorded } from './recorded';
import type { Recorded, RecordedPair } from './recorded';

/** The engine's merge is the code that kubectl and Argo CD merge with: it must agree with ours. */
describe('the three-way merge of the engine', () => {
  const renderer = realRenderer({ maxEngines: 1 });
  afterAll(() => renderer.dispose());

  async function predictedBy(app: Recorded, one: RecordedPair): Promise<KubeObject | undefined> {
    const comparison = comparisonFor(one.pair, app.policy, one.applied?.object);
    if (!('request' in comparison)) return undefined;
    const result = await renderer.threeWay(comparison.request, never);
    return result.predicted;
  }

  function compare(app: Recorded, one: RecordedPair, predicted?: KubeObject): ResourceChange {
    return compareLive({
      pair: one.pair,
      appliedKnown: true,
      ...(one.applied ? { applied: one.applied } : {}),
      policy: app.policy,
      digest,
      ...(predicted ? { predicted } : {}),
    });
  }

  it.each(['shop-production', 'shop-staging', 'platform', 'status-page', 'mailer'] as const)(
    'says of %s what was found without it',
    async (name) => {
      const app = recorded(name);
      const both = app.pairs.filter(({ pair }) => pair.desired && pair.live);
      for (const one of both) {
        const predicted = await predictedBy(app, one);
        const alone = compare(app, one);
        const told = compare(app, one, predicted);
        expect(told.fields, `${one.pair.id.kind} ${one.pair.id.name}`).toEqual(alone.fields);
        expect(told.before).toEqual(alone.before);
        expect(told.after).toEqual(alone.after);
      }
      expect(both.length).toBeGreaterThan(0);
    },
  );

  it('changes nothing about objects that are provably equal', async () => {
    const app = recorded('platform');
    for (const one of app.pairs) {
      if (!provablyEqual(one.pair, app.policy)) continue;
      const predicted = await predictedBy(app, one);
      expect(compare(app, one, predicted).action).toBe('same');
    }
  });
});
