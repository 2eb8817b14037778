import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentText } from '../../../src/host/documentText';
import { documentRequest, documentUri } from '../../../src/host/documentUri';
import { DOCUMENT_NAMES, SCHEMES } from '../../../src/host/ids';
import type { DocumentRequest } from '../../../src/model/workbench';
import { changeDiff } from '../../../src/views/changes/present';
import { liveDiff } from '../../../src/views/clusters/resources';
import { app, drifted } from '../views/states';

const requests: fc.Arbitrary<DocumentRequest> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('live' as const, 'desired' as const),
    appKey: fc.string(),
    resource: fc.string(),
  }),
  fc.record({
    kind: fc.constantFrom('target' as const, 'working' as const),
    appKey: fc.string(),
    resource: fc.string(),
  }),
  fc.record({ kind: fc.constant('rendered' as const), appKey: fc.string() }),
  fc.record({
    kind: fc.constant('stray' as const),
    cluster: fc.string(),
    resource: fc.string(),
  }),
  fc.record({ kind: fc.constant('source' as const), appKey: fc.string(), path: fc.string() }),
);

/** The editor's globs, as far as these patterns use them. */
function patternOf(glob: string): RegExp {
  return new RegExp(`^${glob.replace(/[()]/g, '\\$&').replaceAll('*', '.*')}$`);
}

describe('the text of a document', () => {
  const request = { kind: 'live', appKey: 'a', resource: 'r' } as const;

  it('is what the core answers, or its reason as a comment', () => {
    expect(documentText(request, { text: 'kind: Pod\n', label: 'x' })).toBe('kind: Pod\n');
    expect(documentText(request, { kind: 'refusal', reason: 'It is gone.' })).toBe(
      '# It is gone.\n',
    );
  });

  it('says so where a side does not have the object', () => {
    const nothing = { text: '', label: 'live · production' };
    expect(documentText(request, nothing)).toBe('# Not in the cluster (live · production).\n');
    const stray = { kind: 'stray', cluster: 'eu', resource: 'r' } as const;
    expect(documentText(stray, nothing)).toMatch(/^# Not in the cluster any more /);
    expect(documentText({ ...request, kind: 'desired' }, { ...nothing, label: 'Git' })).toBe(
      '# Not in Git (Git).\n',
    );
  });
});

describe('URIs of documents', () => {
  it('hold the whole request, so that a restored tab can be computed again', () => {
    fc.assert(
      fc.property(requests, fc.string(), (request, title) => {
        expect(documentRequest(documentUri(request, title))).toEqual(request);
      }),
    );
  });

  it('keep the title as one name, without an ending that breadcrumbs would show', () => {
    fc.assert(
      fc.property(requests, fc.string(), (request, title) => {
        const { path } = documentUri(request, title);
        expect(path.lastIndexOf('/')).toBe(0);
        expect(path.length).toBeGreaterThan(1);
        expect(/[\p{Cc}\\]/u.test(path)).toBe(false);
      }),
    );
  });

  it('end as the language of the documents wants it', () => {
    const change = { ...drifted(), id: { group: '', kind: 'Service', namespace: '', name: 'web' } };
    const live = liveDiff(change, { app: app('shop'), cluster: 'production' });
    const local = changeDiff(change, app('shop'));
    const titles = [live, local].flatMap((diff) => [diff.leftTitle, diff.rightTitle]);
    const patterns = DOCUMENT_NAMES.map((glob) => patternOf(glob));
    for (const title of [...titles, 'argocd/shop (rendered)']) {
      const { path } = documentUri({ kind: 'rendered', appKey: 'a' }, title);
      expect(patterns.some((pattern) => pattern.test(path.slice(1)))).toBe(true);
    }
    expect(patterns.some((pattern) => pattern.test('values (copy).yaml'))).toBe(false);
  });

  it('tell live, Git and rendered apart by their scheme', () => {
    const resource = 'apps/Deployment/shop/web';
    expect(documentUri({ kind: 'live', appKey: 'a', resource }, 't').scheme).toBe(SCHEMES.live);
    expect(documentUri({ kind: 'working', appKey: 'a', resource }, 't').scheme).toBe(SCHEMES.git);
    expect(documentUri({ kind: 'rendered', appKey: 'a' }, 't').scheme).toBe(SCHEMES.rendered);
  });

  it.each([
    ['', SCHEMES.live],
    ['not json', SCHEMES.live],
    ['null', SCHEMES.live],
    ['{"kind":"live","appKey":"a"}', SCHEMES.live],
    ['{"kind":"secret","appKey":"a","resource":"r"}', SCHEMES.live],
    ['{"kind":"live","appKey":3,"resource":"r"}', SCHEMES.live],
    ['{"kind":"live","appKey":"a","resource":"r"}', SCHEMES.git],
  ])('%s under %s is no request', (query, scheme) => {
    expect(documentRequest({ scheme, query })).toBeUndefined();
  });
});
