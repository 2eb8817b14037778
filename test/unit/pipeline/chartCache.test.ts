import { describe, expect, it } from 'vitest';
import type { Rendered } from '../../../src/model/appState';
import { CACHED_CHARTS } from '../../../src/model/render';
import { inUse } from '../../../src/pipeline/chartCache';
import { rendered, state } from '../views/states';

const hex = (digit: string): string => digit.repeat(64);

function made(paths: readonly string[], digests: readonly string[] = []): Rendered {
  return {
    ...rendered(),
    charts: digests.map((digest) => ({ name: 'web', digest })),
    objects: paths.map((path) => ({
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
      origin: { path },
      role: 'resource',
      generated: [],
    })),
  };
}

describe('what is in use', () => {
  it('are those that a render names or took objects from, each once', () => {
    const desired = made(
      [
        `${CACHED_CHARTS}/${hex('a')}/templates/x.yaml`,
        `${CACHED_CHARTS}/${hex('a')}/templates/y.yaml`,
        `charts/own/${CACHED_CHARTS}/${hex('c')}/x.yaml`,
        'charts/own/templates/x.yaml',
      ],
      [`sha256:${hex('b')}`],
    );
    expect(inUse([state('a', { working: { kind: 'rendered', desired } })]).digests).toEqual([
      `sha256:${hex('a')}`,
      `sha256:${hex('b')}`,
    ]);
  });

  it('are those of the last good render too', () => {
    const lastGood = made([], [`sha256:${hex('b')}`]);
    const working = { kind: 'invalid', problems: [], inputs: [], lastGood } as const;
    expect(inUse([state('a', { working }), state('b')]).digests).toEqual([`sha256:${hex('b')}`]);
  });

  it('are files of servers and fetched commits, but none that an open folder answered for', () => {
    const url = 'https://git.example.com/acme/base';
    const fetched = { url, ref: 'v1', mount: 'm', commit: hex('1'), fetchedAt: '2026-01-01' };
    const desired: Rendered = {
      ...rendered(),
      files: [{ url: 'https://example.com/a.yaml', digest: `sha256:${hex('d')}` }],
      repositories: [
        fetched,
        { ...fetched, ref: 'main' },
        { url, ref: 'v2', mount: 'n', commit: hex('2'), root: '/open' },
      ],
    };
    expect(inUse([state('a', { working: { kind: 'rendered', desired } })])).toEqual({
      digests: [`sha256:${hex('d')}`],
      repositories: [{ url, commit: hex('1') }],
    });
  });
});
