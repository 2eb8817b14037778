import { describe, expect, it } from 'vitest';
import {
  argoAddress,
  createArgoTokens,
  keepIfAccepted,
  tokenProblem,
} from '../../../src/host/argoTokens';
import type { Access } from '../../../src/model/cluster';
import type { ArgoToken } from '../../../src/model/ports';

/** What the editor's secret storage does, over a map. */
function storage(given: Readonly<Record<string, string>> = {}) {
  const held = new Map(Object.entries(given));
  return {
    held,
    get: (key: string) => Promise.resolve(held.get(key)),
    store: (key: string, value: string) => {
      held.set(key, value);
      return Promise.resolve();
    },
    delete: (key: string) => {
      held.delete(key);
      return Promise.resolve();
    },
  };
}

const token = (server: string, text = 'hunter2'): ArgoToken => ({
  server,
  plainText: false,
  rootPath: '',
  token: text,
});

describe('stored tokens of Argo CD', () => {
  it('are one for each server, the latest first, and leave nothing behind', async () => {
    const secrets = storage();
    const tokens = createArgoTokens(secrets);
    expect(await tokens.store(token('a.example'))).toBeUndefined();
    await tokens.store(token('b.example:8443'));
    expect(await tokens.store(token('a.example', 'new'))).toEqual(token('a.example'));
    expect(await createArgoTokens(secrets).all()).toEqual([
      token('a.example', 'new'),
      token('b.example:8443'),
    ]);
    await tokens.forget('a.example');
    await tokens.forget('never.example');
    expect(await tokens.all()).toEqual([token('b.example:8443')]);
    await tokens.forget('b.example:8443');
    expect(secrets.held.size).toBe(0);
  });

  it.each(['', '{{', '{}', '[1,{"server":"a"},{"token":"b"},{"server":1,"token":"c"}]'])(
    'are none in %j',
    async (text) => {
      expect(await createArgoTokens(storage({ 'argocd.tokens': text })).all()).toEqual([]);
    },
  );

  it.each<[string, string, boolean, string]>([
    ['argocd.example.com', 'argocd.example.com', false, ''],
    [' https://ArgoCD.example.com:443/ ', 'argocd.example.com', false, ''],
    ['argocd.example.com:8443/tools/argo/', 'argocd.example.com:8443', false, '/tools/argo'],
    ['https://a.example/tools/applications/argocd/web?view=tree', 'a.example', false, '/tools'],
    ['https://a.example/login', 'a.example', false, ''],
    ['http://localhost:8080', 'localhost:8080', true, ''],
    ['http://127.0.0.1:8080/settings', '127.0.0.1:8080', true, ''],
    ['http://[::1]:8080', '[::1]:8080', true, ''],
  ])('belong to the server that %j means', (written, server, plainText, rootPath) => {
    expect(argoAddress(written)).toEqual({ kind: 'address', server, plainText, rootPath });
  });

  it.each([
    ['', 'This is no address.'],
    ['https://', 'This is no address.'],
    ['two words', 'This is no address.'],
    ['https://admin:pw@a.example', 'An address without a login.'],
    ['http://a.example', 'A token is only sent by https, or to this machine.'],
    ['http://127.evil.example', 'A token is only sent by https, or to this machine.'],
  ])('have no server in %j', (written, reason) => {
    expect(argoAddress(written)).toEqual({ kind: 'refused', reason });
  });

  it('are one word that a header can carry', () => {
    expect(tokenProblem(' eyJhbGciOi.J9.x-_ \n')).toBeUndefined();
    for (const text of ['', '  ', 'two words', 'line\nbreak', 'ünicode']) {
      expect(tokenProblem(text)).toBe('A token is one word.');
    }
  });
});

describe('a token that is stored', () => {
  const unauthorised: Access<string> = { kind: 'unauthorised', message: 'nobody' };

  it('is in force while its server is asked, and stays when that accepts it', async () => {
    const tokens = createArgoTokens(storage());
    const answer = await keepIfAccepted(tokens, token('a.example'), async (server) => {
      expect(server).toBe('a.example');
      expect(await tokens.all()).toEqual([token('a.example')]);
      return { kind: 'ok', value: 'admin' };
    });
    expect(answer).toEqual({ kind: 'ok', value: 'admin' });
    expect(await tokens.all()).toEqual([token('a.example')]);
  });

  it('stays when its server cannot be asked just now', async () => {
    const tokens = createArgoTokens(storage());
    const away: Access<string> = { kind: 'unreachable', message: 'no route' };
    expect(await keepIfAccepted(tokens, token('a.example'), () => Promise.resolve(away))).toBe(
      away,
    );
    expect(await tokens.all()).toHaveLength(1);
  });

  it('gives way to what was there when its server does not accept it, or the user stops', async () => {
    const tokens = createArgoTokens(storage());
    const refuse = () => Promise.resolve(unauthorised);
    await keepIfAccepted(tokens, token('a.example'), refuse);
    expect(await tokens.all()).toEqual([]);
    await tokens.store(token('a.example', 'old'));
    await keepIfAccepted(tokens, token('a.example', 'new'), refuse);
    expect(await tokens.all()).toEqual([token('a.example', 'old')]);
    const stopped = new Error('stopped');
    const stop = () => Promise.reject(stopped);
    await expect(keepIfAccepted(tokens, token('a.example', 'new'), stop)).rejects.toBe(stopped);
    expect(await tokens.all()).toEqual([token('a.example', 'old')]);
  });
});
