import { describe, expect, it } from 'vitest';
import { storyOf } from '../../../src/host/story';
import {
  cluster,
  compared,
  CONNECTED,
  drifted,
  root,
  same,
  state,
  workspace,
} from '../views/states';

const empty = workspace({ roots: [] });

describe('the story of a session', () => {
  it('tells once when the repository has been read', () => {
    const reading = workspace({ roots: [root({ indexing: true })] });
    const done = workspace({ apps: [state('shop')] });
    expect(storyOf(empty, reading)).toEqual([]);
    expect(storyOf(reading, done)).toEqual(['read 1 repositories with 1 apps']);
    expect(storyOf(done, done)).toEqual([]);
  });

  it('tells how clusters are reached, and what they do not let us read', () => {
    const at = (one: Parameters<typeof cluster>[1], limits: readonly string[] = []) =>
      workspace({ roots: [], clusters: [cluster('production', one, { limits })] });
    expect(storyOf(empty, at({ kind: 'idle' }))).toEqual([]);
    expect(storyOf(at({ kind: 'idle' }), at({ kind: 'connecting' }))).toEqual([
      'cluster production: connecting to https://production.example',
    ]);
    expect(
      storyOf(at({ kind: 'connecting' }), at(CONNECTED, ['No right to list Secrets.'])),
    ).toEqual(['cluster production: connected, Kubernetes v1.36.3', 'No right to list Secrets.']);
    const failed = {
      kind: 'failed',
      cause: 'unreachable',
      message: 'It does not answer.',
    } as const;
    expect(storyOf(at({ kind: 'connecting' }), at(failed))).toEqual([
      'cluster production: It does not answer.',
    ]);
    expect(storyOf(at(failed), at({ kind: 'idle' }))).toEqual([
      'cluster production: not connected',
    ]);
  });

  it('tells what an app came to', () => {
    const before = workspace({ apps: [state('shop')] });
    const now = (parts: Parameters<typeof state>[1]) => workspace({ apps: [state('shop', parts)] });
    expect(storyOf(before, now({ live: compared(drifted(), same('b')) }))).toEqual([
      'app argocd/shop: compared 2 objects in 3 requests, 1 differ',
    ]);
    expect(storyOf(before, now({ live: { kind: 'unavailable', reason: 'No right.' } }))).toEqual([
      'app argocd/shop: No right.',
    ]);
    const problem = { severity: 'error', code: 'x', message: 'nil pointer' } as const;
    expect(
      storyOf(before, now({ working: { kind: 'invalid', problems: [problem], inputs: [] } })),
    ).toEqual(['app argocd/shop: nil pointer']);
    expect(
      storyOf(before, now({ working: { kind: 'unavailable', reason: 'The engine stopped.' } })),
    ).toEqual(['app argocd/shop: The engine stopped.']);
  });
});
