import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepLastGood } from '../../../src/repo/lastGood';
import { configMap, parsed } from './inMemory';

const A = configMap('a');
const B = configMap('b');
const BROKEN = 'apiVersion: v1\nkind: [\n';

function namesOf(before: string, now: string): readonly unknown[] {
  const file = keepLastGood(parsed('x.yaml', before), parsed('x.yaml', now));
  return file.documents.map(
    ({ value }) => (value['metadata'] as { name?: string } | undefined)?.name,
  );
}

describe('keepLastGood', () => {
  it('keeps the documents of a file that does not parse', () => {
    expect(namesOf(A, BROKEN)).toEqual(['a']);
    const kustomization = parsed('kustomization.yaml', 'resources: [a.yaml]\n');
    const now = keepLastGood(kustomization, parsed('kustomization.yaml', 'resources: [\n'));
    expect(now.documents).toEqual(kustomization.documents);
    expect(now.problems).toHaveLength(1);
  });

  it('keeps only what is broken; the rest is as it is now', () => {
    expect(namesOf(`${A}---\n${B}`, `${A}---\n${BROKEN}`)).toEqual(['a', 'b']);
    expect(
      namesOf(`${A}---\n${B}---\n${configMap('c')}`, `${BROKEN}---\n${configMap('d')}`),
    ).toEqual(['a', 'd']);
  });

  it('lets go of what was taken out of a file that parses', () => {
    expect(namesOf(`${A}---\n${B}`, A)).toEqual(['a']);
    expect(namesOf(A, '')).toEqual([]);
  });

  it('lets go of a file that is gone, and has nothing to keep of a new one', () => {
    const gone = {
      path: 'x.yaml',
      documents: [],
      problems: [{ severity: 'error', code: 'not-found', message: 'It is not there.' }],
    } as const;
    expect(keepLastGood(parsed('x.yaml', A), gone)).toBe(gone);
    const broken = parsed('x.yaml', BROKEN);
    expect(keepLastGood(undefined, broken)).toBe(broken);
  });

  it('never keeps more documents than are broken, nor loses one that is there', () => {
    const documents = fc.array(fc.constantFrom(A, B, configMap('c'), BROKEN), { maxLength: 5 });
    fc.assert(
      fc.property(documents, documents, (first, second) => {
        const before = parsed('x.yaml', first.join('---\n'));
        const now = parsed('x.yaml', second.join('---\n'));
        const kept = keepLastGood(before, now);
        expect(kept.documents.length - now.documents.length).toBeLessThanOrEqual(
          now.problems.length,
        );
        for (const document of now.documents) expect(kept.documents).toContain(document);
        expect(kept.problems).toEqual(now.problems);
      }),
    );
  });
});
