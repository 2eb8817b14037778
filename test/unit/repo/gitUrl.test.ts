import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseGitUrl, sameRepository } from '../../../src/repo/gitUrl';

describe('sameRepository', () => {
  const groups: readonly (readonly string[])[] = [
    [
      'https://git.acme.example/acme/gitops.git',
      'https://git.acme.example/acme/gitops',
      'https://git.acme.example/acme/gitops/',
      'https://git.acme.example:443/acme/gitops.git/',
      'http://git.acme.example/acme/gitops',
      'https://me:token@git.acme.example/Acme/GitOps.git',
      'git@git.acme.example:acme/gitops.git',
      'git.acme.example:acme/gitops',
      'git@git.acme.example:/acme/gitops.git',
      'ssh://git@git.acme.example/acme/gitops.git',
      'ssh://git@git.acme.example:2222/acme/gitops.git',
      'git+ssh://git@git.acme.example/acme/gitops',
      'git://git.acme.example:9418/acme/gitops',
      ' https://GIT.acme.example//acme//gitops.git ',
    ],
    [
      'https://git.acme.example:3000/acme/gitops',
      'https://u@git.acme.example:3000/acme/gitops.git',
    ],
    ['https://git.acme.example/acme/gitops2'],
    ['https://github.com/acme/web', 'ssh://git@ssh.github.com:443/acme/web.git'],
    [
      'https://dev.azure.com/acme/shop/_git/web',
      'https://acme@dev.azure.com/acme/shop/_git/web',
      'git@ssh.dev.azure.com:v3/acme/shop/web',
      'https://acme.visualstudio.com/shop/_git/web',
      'https://acme.visualstudio.com/DefaultCollection/shop/_git/web',
      'acme@vs-ssh.visualstudio.com:v3/acme/shop/web',
    ],
    ['https://dev.azure.com/acme/_git/web', 'https://dev.azure.com/acme/web/_git/web'],
    [
      'https://bitbucket.acme.example/scm/shop/web.git',
      'ssh://git@bitbucket.acme.example:7999/shop/web.git',
    ],
    ['file:///srv/git/gitops.git', '/srv/git/gitops', '/srv/git/gitops.git/'],
    ['/srv/git/GitOps'],
    ['C:\\git\\gitops', 'C:/git/gitops.git'],
    ['../gitops'],
    ['https://[::1]:8443/acme/gitops', 'https://[::1]:8443/acme/gitops.git'],
  ];

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

  it('is read without an error, and stays what it is when read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (url) => {
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
