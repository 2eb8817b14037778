import { describe, expect, it } from 'vitest';
import { withEditorProxy } from '../../../src/host/editorProxy';
import { proxyFor } from '../../../src/live/proxy';

const PROXY = 'http://proxy.acme.example:3128';
const server = new URL('https://prod.acme.example:6443');
const on = { proxy: PROXY, noProxy: [], support: 'override' };

describe("the editor's proxy", () => {
  it('is the way to clusters, but for those that it is not for', () => {
    const environment = withEditorProxy(
      { PATH: '/bin', NO_PROXY: 'a.example' },
      { ...on, noProxy: ['10.0.0.0/8', 7, 'dev.acme.example'] },
    );
    expect(environment['PATH']).toBe('/bin');
    expect(proxyFor(server, undefined, environment)).toBe(PROXY);
    for (const exempt of ['a.example', '10.1.2.3', 'dev.acme.example', 'localhost'])
      expect(proxyFor(new URL(`https://${exempt}`), undefined, environment)).toBeUndefined();
    expect(proxyFor(server, 'http://own.example:1', environment)).toBe('http://own.example:1');
  });

  it.each([
    ['switched off', {}, { ...on, support: 'off' }],
    ['not set', {}, { ...on, proxy: '' }],
    ['not usable', {}, { ...on, proxy: 'file:///etc/passwd' }],
    ['of another type', {}, { ...on, proxy: 7 }],
    ['behind a variable', { https_proxy: 'http://env.example:1' }, on],
    ['behind the other variable', { HTTP_PROXY: 'http://env.example:1' }, on],
  ])('changes nothing where it is %s', (_, environment, http) => {
    expect(withEditorProxy(environment, http)).toBe(environment);
  });
});
