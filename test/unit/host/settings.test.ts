import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Configuration, Surroundings } from '../../../src/host/settings';
import { connectMode, coreSettings, editorSettings } from '../../../src/host/settings';

function configuration(values: Readonly<Record<string, unknown>>): Configuration {
  return { get: (key) => values[key], all: (key) => [values[key]] };
}

const around: Surroundings = { kubeconfigVariable: undefined, home: '/home/sam', cores: 8 };

describe('settings of the core', () => {
  it('have defaults for everything', () => {
    expect(coreSettings(configuration({}), around)).toEqual({
      contexts: {},
      assignments: {},
      kubeconfigs: ['/home/sam/.kube/config'],
      protectedClusters: [],
      maxEngines: 4,
      renderTimeoutMs: 30_000,
      renderMemoryLimitBytes: 1024 * 1024 * 1024,
      fetchAllowed: true,
      fetchMode: 'onDemand',
    });
  });

  it.each([
    [['~/a', '/b'], '/c', ['/home/sam/a', '/b']],
    [[], ['/c', '', '/d'].join(delimiter), ['/c', '/d']],
    [undefined, '', ['/home/sam/.kube/config']],
    [[3, null], '/c', ['/c']],
  ])('kubeconfigs of setting %o and variable %s', (kubeconfigs, kubeconfigVariable, files) => {
    const settings = coreSettings(configuration({ kubeconfigs }), {
      ...around,
      kubeconfigVariable,
    });
    expect(settings.kubeconfigs).toEqual(files);
  });

  it('read contexts and assignments, and leave out what is no such thing', () => {
    const settings = coreSettings(
      configuration({
        contexts: {
          production: { file: '/k', name: 'prod' },
          broken: { file: '/k' },
          worse: 'prod',
        },
        assignments: { key: 'production', other: 4 },
      }),
      around,
    );
    expect(settings.contexts).toEqual({ production: { file: '/k', name: 'prod' } });
    expect(settings.assignments).toEqual({ key: 'production' });
  });

  it('only ever add protection: no scope takes away what another protects', () => {
    const settings = coreSettings(
      { get: () => undefined, all: () => [['production'], [], ['staging', 'production'], 'x'] },
      around,
    );
    expect(settings.protectedClusters).toEqual(['production', 'staging']);
  });

  it.each([
    [{ 'engines.maximum': 2 }, 'maxEngines', 2],
    [{ 'engines.maximum': 99 }, 'maxEngines', 16],
    [{ 'engines.maximum': -1 }, 'maxEngines', 4],
    [{ 'engines.maximum': 'all' }, 'maxEngines', 4],
    [{ 'engines.timeoutSeconds': 0 }, 'renderTimeoutMs', 1000],
    [{ 'engines.timeoutSeconds': Number.NaN }, 'renderTimeoutMs', 30_000],
    [{ 'engines.memoryLimitMegabytes': 1 }, 'renderMemoryLimitBytes', 128 * 1024 * 1024],
    [{ fetch: 'onDemand' }, 'fetchAllowed', true],
    [{ fetch: 'never' }, 'fetchAllowed', false],
    [{ fetch: 'never' }, 'fetchMode', 'never'],
    [{ fetch: 'automatic' }, 'fetchAllowed', true],
    [{ fetch: 'automatic' }, 'fetchMode', 'automatic'],
    [{ fetch: 'always' }, 'fetchMode', 'onDemand'],
  ] as const)('%o gives %s %s', (values, key, expected) => {
    expect(coreSettings(configuration(values), around)[key]).toBe(expected);
  });

  it('take one engine on one core', () => {
    expect(coreSettings(configuration({}), { ...around, cores: 1 }).maxEngines).toBe(1);
  });
});

describe('settings of the editor', () => {
  it('show results on save, and while typing only when asked', () => {
    expect(editorSettings(configuration({}))).toEqual({
      whileTyping: false,
      codeLens: true,
      gutterMarks: true,
      problemsScope: 'openAndChanged',
      detectHelm: true,
      connect: {},
      environment: {},
    });
    const environment = { PATH: '/opt:${env:PATH}', NONE: null, '': 'x', odd: 5 };
    expect(editorSettings(configuration({ environment })).environment).toEqual({
      PATH: '/opt:${env:PATH}',
      NONE: null,
    });
    expect(editorSettings(configuration({ whileTyping: true })).whileTyping).toBe(true);
    expect(editorSettings(configuration({ 'problems.scope': 'all' })).problemsScope).toBe('all');
  });

  it('connect by cluster, else by the star, else on expand', () => {
    const settings = editorSettings(
      configuration({ connect: { staging: 'onOpen', '*': 'onCommand', odd: 'always' } }),
    );
    expect(connectMode(settings, 'staging')).toBe('onOpen');
    expect(connectMode(settings, 'production')).toBe('onCommand');
    expect(connectMode(settings, 'odd')).toBe('onCommand');
    expect(connectMode(editorSettings(configuration({})), 'production')).toBe('onExpand');
  });
});
