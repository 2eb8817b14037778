import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentRequest, documentUri } from '../../../src/host/documentUri';
import { SCHEMES } from '../../../src/host/ids';
import type { DocumentRequest } from '../../../src/model/workbench';

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
);

describe('URIs of documents', () => {
  it('hold the whole request, so that a restored tab can be computed again', () => {
    fc.assert(
      fc.property(requests, fc.string(), (request, title) => {
        expect(documentRequest(documentUri(request, title))).toEqual(request);
      }),
    );
  });

  it('keep the title as one name with the ending of the language', () => {
    fc.assert(
      fc.property(requests, fc.string(), (request, title) => {
        const { path } = documentUri(request, title);
        expect(path.lastIndexOf('/')).toBe(0);
        expect(path.endsWith('.plumbline-manifest')).toBe(true);
        expect(/[\p{Cc}\\]/u.test(path)).toBe(false);
      }),
    );
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
