import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseGitUrl, sameRepository } from '../../../src/repo/gitUrl';

describe('sameRepository', () => {
  /** One table for both halves of the product: the engine's test reads it as well. */
  const groups = JSON.parse(
    readFileSync('test/fixtures/gitUrls.json', 'utf8'),
  ) as readonly (readonly string[])[];

  it.each(groups.map((urls) => [urls[0], urls] as const))('%s', (_, urls) => {
    for (const a of urls) {
      for (const b of urls) expect(`${a} ${sameRepository(a, b)}`).toBe(`${a} true`);
      for (const other of groups.filter((group) => group !== urls).flat()) {
        expect(`${a} = ${other}: ${sameRepository(a, other)}`).toBe(`${a} = ${other}: false`);
      }
    }
  });

  it('never holds for an empty URL', () => {
    expect(sameRepository('', '')).toBe(false);
    expect(sameRepository('', 'https://a.example/b')).toBe(false);
  });
});

describe('any URL', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const path = fc.array(word, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/'));
  const host = fc.tuple(word, word).map(([name, domain]) => `${name}.${domain}.example`);

  it('is one repository in all its forms', () => {
    fc.assert(
      fc.property(host, path, word, fc.nat(65535), (server, name, user, port) => {
        const forms = [
          `https://${server}/${name}`,
          `https://${user}:${user}@${server}/${name}.git`,
          `${user}@${server}:${name}.git`,
          `ssh://${user}@${server}:${port}/${name}`,
          `HTTPS://${server.toUpperCase()}/${name}.git/`,
        ];
        expect(new Set(forms.map(normaliseGitUrl)).size).toBe(1);
      }),
    );
  });

  it('of another path or host is another repository', () => {
    fc.assert(
      fc.property(host, path, path, (server, a, b) => {
        fc.pre(a !== b && !a.startsWith('scm/') && !b.startsWith('scm/'));
        expect(sameRepository(`https://${server}/${a}`, `git@${server}:${b}`)).toBe(false);
        expect(sameRepository(`https://${server}/${a}`, `https://x.${server}/${a}`)).toBe(false);
      }),
    );
  });

  // The generator of whole URLs takes seconds for a hundred of them.
  const urls = fc
    .record({
      start: fc.constantFrom(
        'https://',
        'http://',
        'ssh://git@',
        'git://',
        'git@',
        'user:pass@',
        '',
      ),
      host: fc.stringMatching(/^[a-zA-Z0-9-]{1,12}(\.[a-z]{2,6})?(:[0-9]{1,5})?$/),
      between: fc.constantFrom('/', ':', '//', ''),
      path: fc.array(fc.string({ maxLength: 8 }), { maxLength: 4 }),
      end: fc.constantFrom('', '.git', '/', '?ref=main', '#x', '.git?a=b#c'),
    })
    .map(({ start, host, between, path, end }) => start + host + between + path.join('/') + end);

  it('is read without an error, and stays what it is when read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), urls), (url) => {
        const once = normaliseGitUrl(url);
        expect(normaliseGitUrl(url)).toBe(once);
        if (url.trim() !== '') expect(sameRepository(url, url)).toBe(true);
      }),
    );
  });

  it('is read quickly, however hostile', () => {
    for (const url of [
      '/'.repeat(50_000),
      `a@${':'.repeat(50_000)}`,
      `https://${'a@'.repeat(50_000)}`,
    ]) {
      expect(typeof normaliseGitUrl(url)).toBe('string');
    }
  });
});
