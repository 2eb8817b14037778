import fc from 'fast-check';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readContexts } from '../../../src/live/kubeconfig';
import type { TempFolder, TestServer } from './testServer';
import { clustersOf, json, kubeconfig, never, startServer, tempFolder } from './testServer';

const hostile = [
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned',
  '| touch pwned',
  '--kubeconfig=/etc/passwd',
  'a\nb',
  '../../../etc',
  '\u202egnp.exe',
  '\ufeffprod',
  '__proto__',
  'constructor',
];

describe('contexts', () => {
  const held: { folder?: TempFolder; server?: TestServer } = {};
  const folder = (): TempFolder => {
    if (held.folder === undefined) throw new Error('no folder');
    return held.folder;
  };
  beforeEach(async () => {
    held.folder = await tempFolder();
  });
  afterEach(async () => {
    await held.server?.close();
    await folder().remove();
  });

  const config = (change: object): string =>
    JSON.stringify({
      contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://prod.example:6443/' } }],
      users: [{ name: 'u', user: {} }],
      ...change,
    });

  it('reads YAML and JSON, each file on its own', async () => {
    const yaml = [
      'apiVersion: v1',
      'kind: Config',
      'contexts:',
      '- name: prod',
      '  context: {cluster: c, user: u, namespace: shop}',
      'clusters:',
      '- name: c',
      '  cluster: {server: https://one.example}',
      'users:',
      '- name: u',
      '  user: {token: t}',
    ].join('\n');
    const one = await folder().write('one', yaml);
    const two = await folder().write('two', config({}));
    const { clusters } = clustersOf([one, two, one]);
    expect(await clusters.contexts()).toEqual([
      { ref: { file: one, name: 'prod' }, server: 'https://one.example', namespace: 'shop' },
      { ref: { file: two, name: 'prod' }, server: 'https://prod.example:6443' },
    ]);
  });

  it.each([
    [
      'a cluster that is not there',
      { clusters: [] },
      'The context names the cluster "c", which is not in its file.',
    ],
    [
      'a user that is not there',
      { users: [] },
      'The context names the user "u", which is not in its file.',
    ],
    [
      'no server',
      { clusters: [{ name: 'c', cluster: {} }] },
      'The cluster "c" has no usable server address.',
    ],
    [
      'another protocol',
      { clusters: [{ name: 'c', cluster: { server: 'file:///etc/passwd' } }] },
      'The cluster "c" has no usable server address.',
    ],
    [
      'a server that is no text',
      { clusters: [{ name: 'c', cluster: { server: 7 } }] },
      'The cluster "c" has no usable server address.',
    ],
    [
      'a login that ran shell commands',
      {
        users: [
          {
            name: 'u',
            user: { 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'touch pwned' } } },
          },
        ],
      },
      'The login "auth-provider: gcp" was removed from Kubernetes; use its exec plugin.',
    ],
  ])('gives %s as a problem of that context only', async (_, change, problem) => {
    const file = await folder().write('config', config(change));
    const good = await folder().write('good', config({}));
    const { clusters } = clustersOf([file, good]);
    const contexts = await clusters.contexts();
    expect(contexts.map((it) => it.problem)).toEqual([problem, undefined]);
    expect(await clusters.connect({ file, name: 'prod' })).toEqual({
      kind: 'failed',
      status: 0,
      message: problem,
    });
  });

  it.each([
    ['missing', undefined, 'There is no kubeconfig file missing.'],
    ['broken', 'a: [b', /^broken is not valid YAML: /],
    ['text', 'hello', 'text is not a kubeconfig.'],
    ['list', '- a', 'list is not a kubeconfig.'],
    ['duplicate', 'contexts: []\ncontexts: []', /^duplicate is not valid YAML: /],
  ])('gives a %s file as one context with a problem', async (name, text, problem) => {
    const file = text === undefined ? join(folder().path, name) : await folder().write(name, text);
    const { clusters } = clustersOf([file]);
    const contexts = await clusters.contexts();
    expect(contexts).toEqual([
      {
        ref: { file, name },
        server: '',
        problem: typeof problem === 'string' ? problem : (expect.stringMatching(problem) as string),
      },
    ]);
    expect(await clusters.connect({ file, name })).toMatchObject({ kind: 'failed', status: 0 });
  });

  it('has no contexts in an empty file', async () => {
    const file = await folder().write('empty', '\n');
    expect(await clustersOf([file]).clusters.contexts()).toEqual([]);
  });

  it('sees a file that changed, and keeps the connection of one that did not', async () => {
    const file = await folder().write('config', config({}));
    const { clusters } = clustersOf([file]);
    const ref = { file, name: 'prod' };
    const first = await clusters.connect(ref);
    const second = await clusters.connect(ref);
    if (first.kind !== 'ok' || second.kind !== 'ok') throw new Error('not connected');
    expect(second.value).toBe(first.value);
    await folder().write(
      'config',
      config({ clusters: [{ name: 'c', cluster: { server: 'https://new.example' } }] }),
    );
    const third = await clusters.connect(ref);
    expect(third.kind === 'ok' && third.value.server).toBe('https://new.example');
    await folder().write('config', config({ contexts: [] }));
    expect(await clusters.connect(ref)).toMatchObject({ kind: 'failed', status: 0 });
  });

  it('connects only through configured files', async () => {
    const file = await folder().write('config', config({}));
    const { clusters } = clustersOf([]);
    expect((await clusters.connect({ file, name: 'prod' })).kind).toBe('failed');
  });

  it('contacts nobody by listing and connecting', async () => {
    held.server = await startServer((_, response) =>
      json(response, 200, { gitVersion: 'v1.36.3' }),
    );
    const file = await folder().write('config', kubeconfig({ server: held.server.url }));
    const { clusters } = clustersOf([file]);
    await clusters.contexts();
    await clusters.connect({ file, name: 'test' });
    expect(held.server.connectionCount()).toBe(0);
  });

  it('never writes the file', async () => {
    held.server = await startServer((_, response) => json(response, 401, {}));
    const file = await folder().write(
      'config',
      kubeconfig({ server: held.server.url }, { token: 't' }),
    );
    const before = [await readFile(file, 'utf8'), (await stat(file)).mtimeMs];
    const { clusters } = clustersOf([file]);
    await clusters.contexts();
    const access = await clusters.connect({ file, name: 'test' });
    if (access.kind !== 'ok') throw new Error(access.message);
    await access.value.version(never);
    clusters.dispose();
    expect([await readFile(file, 'utf8'), (await stat(file)).mtimeMs]).toEqual(before);
  });

  it.each(hostile)('takes the hostile name %j as data at every place', async (name) => {
    held.server = await startServer((_, response) =>
      json(response, 200, { gitVersion: 'v1.36.3' }),
    );
    const text = JSON.stringify({
      'current-context': name,
      contexts: [{ name, context: { cluster: name, user: name, namespace: name } }],
      clusters: [{ name, cluster: { server: held.server.url } }],
      users: [
        {
          name,
          user: { exec: { command: name, args: [name], apiVersion: name, installHint: name } },
        },
      ],
    });
    const file = await folder().write('config', text);
    const { clusters } = clustersOf([file], { environment: { PATH: folder().path } });
    expect((await clusters.contexts())[0]?.ref.name).toBe(name);
    const access = await clusters.connect({ file, name });
    if (access.kind !== 'ok') throw new Error(access.message);
    expect((await access.value.version(never)).kind).toBe('unauthorised');
    await expect(stat(join(folder().path, 'pwned'))).rejects.toThrow();
    await expect(stat('pwned')).rejects.toThrow();
  });
});

describe('readContexts', () => {
  it('reads anything without throwing, and gives each name once', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const names = readContexts(value).map((it) => it.name);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
    const entry = fc.record({
      name: fc.jsonValue(),
      context: fc.jsonValue(),
      cluster: fc.jsonValue(),
      user: fc.jsonValue(),
    });
    const lists = fc.record({
      contexts: fc.array(entry),
      clusters: fc.array(entry),
      users: fc.array(entry),
    });
    fc.assert(
      fc.property(lists, (value) => {
        for (const it of readContexts(value)) expect(['usable', 'broken']).toContain(it.kind);
      }),
    );
  });

  it('keeps every field that decides who asks and how', () => {
    const [context] = readContexts({
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: {
            server: 'https://x.example',
            'certificate-authority-data': 'Y2E=',
            'insecure-skip-tls-verify': true,
            'tls-server-name': 'kubernetes',
            'proxy-url': 'http://proxy:3128',
            'disable-compression': true,
          },
        },
      ],
      users: [
        {
          name: 'u',
          user: {
            tokenFile: 'token',
            'client-certificate': 'c.pem',
            'client-key-data': 'a2V5',
            as: 'deployer',
            'as-groups': ['g', 7],
            'auth-provider': { name: 'oidc', config: { 'id-token': 'x', other: 7 } },
          },
        },
      ],
    });
    expect(context).toMatchObject({
      kind: 'usable',
      cluster: {
        caData: 'Y2E=',
        insecure: true,
        tlsServerName: 'kubernetes',
        proxyUrl: 'http://proxy:3128',
        disableCompression: true,
      },
      user: {
        tokenFile: 'token',
        certFile: 'c.pem',
        keyData: 'a2V5',
        impersonate: { user: 'deployer', groups: ['g'], extra: {} },
        oidc: { 'id-token': 'x' },
      },
    });
  });
});
