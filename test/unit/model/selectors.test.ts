import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from '../../../src/model/labelSelector';
import { anchoredPattern } from '../../../src/model/pattern';

describe('a pattern of a Flux selector', () => {
  it.each([
    ['Deployment', 'Deployment', true],
    ['Deployment', 'Deployments', false],
    ['(HelmRelease|HelmChart)', 'HelmChart', true],
    ['HelmRelease|HelmChart', 'xHelmChart', false],
    ['.*.toolkit.fluxcd.io', 'helm.toolkit.fluxcd.io', true],
    [String.raw`v2beta[\d]`, 'v2beta2', true],
    ['', '', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(anchoredPattern(pattern)?.test(text)).toBe(expected);
  });

  it.each(['(a+)+', '(a|a)*', '(a{2}){9}', '.*.*.*.*', String.raw`(a)\1`, '(?=a)', '(', '[z-a]'])(
    'does not run %s',
    (pattern) => {
      expect(anchoredPattern(pattern)).toBeUndefined();
    },
  );
});

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', 'acme.example/team': 'shop' };
  it.each([
    ['', true],
    ['app=web', true],
    ['app == web', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (api, web)', true],
    ['app in (api),tier=front', false],
    ['app notin (api)', true],
    ['other notin (api)', true],
    ['acme.example/team', true],
    ['!acme.example/team', false],
    ['!other,app=web , tier in (front,back)', true],
    ['constructor', false],
  ])('%s: %s', (text, expected) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(expected);
  });

  it.each(['a b', 'a in x', '=web', 'a=b,', 'a>1'])('does not read %s', (text) => {
    expect(parseLabelSelector(text)).toBeUndefined();
  });
});
