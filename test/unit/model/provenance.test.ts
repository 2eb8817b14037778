import { describe, expect, it } from 'vitest';
import type { Rendered } from '../../../src/model/appState';
import { provenanceOf, provenanceWords } from '../../../src/model/provenance';
import { rendered, state } from '../views/states';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const fetchedAt = '2026-01-02T03:04:05.678Z';
const url = 'https://git.example.com/acme/base';

const desired: Rendered = {
  ...rendered(),
  charts: [
    {
      name: 'web',
      repository: 'https://charts.example.com',
      version: '1.4.0',
      digest: DIGEST,
      fetchedAt,
    },
    { name: 'shop', dependency: true },
  ],
  repositories: [
    { url, ref: 'v1', mount: 'm', commit: COMMIT, fetchedAt },
    { url, ref: '', mount: 'n', root: '/open/base', inputs: [] },
  ],
  files: [{ url: 'https://example.com/crds.yaml', digest: DIGEST, fetchedAt }],
};

describe('where objects come from', () => {
  it('is told of charts, repositories and files, each with its digest', () => {
    const told = provenanceOf(state('a', { working: { kind: 'rendered', desired } }));
    expect(told.map(({ kind, digest }) => [kind, digest])).toEqual([
      ['chart', DIGEST],
      ['repository', COMMIT],
      ['repository', undefined],
      ['file', DIGEST],
    ]);
    expect(told.map(provenanceWords)).toEqual([
      'With chart web 1.4.0, sha256:0123456789ab, fetched 2026-01-02 03:04',
      `With ${url} v1, 0123456789ab, fetched 2026-01-02 03:04`,
      `With ${url} HEAD, of the open folder /open/base`,
      'With file https://example.com/crds.yaml, sha256:0123456789ab, fetched 2026-01-02 03:04',
    ]);
  });

  it('is that of the last good render while a newer one is under way, and nothing before', () => {
    const working = { kind: 'rendering', lastGood: desired } as const;
    expect(provenanceOf(state('a', { working }))).toHaveLength(4);
    expect(provenanceOf(state('a', { working: { kind: 'discovered' } }))).toEqual([]);
  });
});
