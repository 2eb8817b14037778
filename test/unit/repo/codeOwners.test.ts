import { describe, expect, it } from 'vitest';
import { ownersOf, parseCodeOwners } from '../../../src/repo/codeOwners';

const RULES = parseCodeOwners(
  [
    '# everything else',
    '*            @platform',
    '/apps/shop/  @team-shop @sam  # the shop',
    'apps/payments @team-payments',
    'vendor/',
    '[Documentation] @docs',
    '^[Optional]',
    '!apps/shop/generated',
    '/deploy/**/staging @team-staging',
    '',
  ].join('\r\n'),
);

describe('CODEOWNERS', () => {
  it.each([
    ['apps/shop', ['@team-shop', '@sam']],
    ['apps/shop/overlays/production', ['@team-shop', '@sam']],
    ['other/apps/shop', ['@platform']],
    ['apps/payments', ['@team-payments']],
    ['apps/payments-old', ['@platform']],
    ['charts/web/vendor/x', []],
    ['deploy/eu/west/staging/app', ['@team-staging']],
    ['deploy/staging', ['@team-staging']],
    ['README.md', ['@platform']],
  ])('says of %s that %j own it', (path, owners) => {
    expect(ownersOf(RULES, path)).toEqual(owners);
  });

  it('says nothing of what no rule covers', () => {
    expect(ownersOf(parseCodeOwners('/apps/ @a'), 'charts/web')).toEqual([]);
    expect(parseCodeOwners('\n# only words\n')).toEqual([]);
  });
});
