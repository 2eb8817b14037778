import { describe, expect, it } from 'vitest';
import { environmentToken, githubSignIn } from '../../../src/pipeline/environmentToken';

const enterprise = 'https://ghe.acme.example';

describe('environmentToken', () => {
  it.each([
    [{ GITHUB_TOKEN: 't' }, 'github', 'https://github.com'],
    [{ GITHUB_TOKEN: 't', GITHUB_SERVER_URL: '' }, 'github', 'https://github.com'],
    [{ GITHUB_TOKEN: 't', GITHUB_SERVER_URL: `${enterprise}/` }, 'github', enterprise],
    [{ GITEA_TOKEN: 't' }, 'gitea', 'http://127.0.0.1:3000'],
    [{ GITEA_TOKEN: 't', GITEA_SERVER_URL: enterprise }, 'gitea', enterprise],
  ] as const)('%j gives its token to %s at %s', (environment, forge, baseUrl) => {
    expect(environmentToken(environment, forge, baseUrl)).toEqual({ kind: 'token', token: 't' });
  });

  it.each([
    [{ GITHUB_TOKEN: 't' }, 'github', 'https://github.com.evil.example'],
    [{ GITHUB_TOKEN: 't' }, 'github', 'http://github.com'],
    [{ GITHUB_TOKEN: 't' }, 'github', enterprise],
    [{ GITHUB_TOKEN: 't', GITHUB_SERVER_URL: enterprise }, 'github', 'https://github.com'],
    [{ GITEA_TOKEN: 't', GITEA_SERVER_URL: enterprise }, 'gitea', 'https://git.evil.example'],
    [{ GITEA_TOKEN: 't', GITEA_SERVER_URL: 'ghe' }, 'gitea', enterprise],
  ] as const)('%j keeps its token from %s at %s, and says so', (environment, forge, baseUrl) => {
    const found = environmentToken(environment, forge, baseUrl);
    expect(found.kind).toBe('kept');
    expect(found.kind === 'kept' ? found.reason : '').toContain(`not sent to ${baseUrl}`);
  });

  it.each([
    [{}, 'github'],
    [{ GITHUB_TOKEN: '' }, 'github'],
    [{ GITHUB_TOKEN: 't' }, 'gitea'],
    [{ GITEA_TOKEN: 't' }, 'github'],
  ] as const)('%j has none for %s', (environment, forge) => {
    expect(environmentToken(environment, forge, 'https://github.com')).toEqual({ kind: 'none' });
  });
});

describe('githubSignIn', () => {
  it.each([
    ['https://github.com', '', 'github'],
    ['https://github.com', enterprise, 'github'],
    [enterprise, `${enterprise}/`, 'github-enterprise'],
    [enterprise, '', undefined],
    ['https://github.com.evil.example', enterprise, undefined],
    ['http://github.com', '', undefined],
    ['https://evil.example', 'no address', undefined],
  ] as const)('for %s with the setting %j is %s', (baseUrl, setting, provider) => {
    expect(githubSignIn(baseUrl, setting)).toBe(provider);
  });
});
