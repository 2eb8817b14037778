import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCancellation } from '../../../src/base/userError';
import type { Answer, TempFolder, TestServer } from './testServer';
import {
  clustersOf,
  configMaps,
  connected,
  deployments,
  failure,
  json,
  kubeconfig,
  never,
  secrets,
  startServer,
  tempFolder,
} from './testServer';

const web = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const object = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
};

describe('what a cluster answers', () => {
  const held: { folder?: TempFolder; server?: TestServer } = {};
  beforeEach(async () => {
    held.folder = await tempFolder();
  });
  afterEach(async () => {
    await held.server?.close();
    await held.folder?.remove();
  });

  /** `answerMs` is short only where the server never answers. */
  async function setUp(answer: Answer, user: object = { token: 'first' }, answerMs = 20_000) {
    held.server = await startServer(answer);
    const text = kubeconfig({ server: held.server.url }, user);
    const file = (await held.folder?.write('config', text)) ?? '';
    const made = clustersOf([file], { timeouts: { connectMs: 20_000, answerMs } });
    return { ...made, file, server: held.server, cluster: await connected(made.clusters, file) };
  }

  it('sends the token and reads an object', async () => {
    const { cluster, server } = await setUp((_, response) => json(response, 200, object));
    const access = await cluster.get(deployments, web, never);
    expect(access).toEqual({ kind: 'ok', value: object });
    expect(server.seen[0]?.path).toBe('/apis/apps/v1/namespaces/shop/deployments/web');
    expect(server.seen[0]?.headers.authorization).toBe('Bearer first');
    expect(cluster.requestCount).toBe(1);
  });

  it('keeps no token and no body in the log', async () => {
    const { cluster, log } = await setUp((_, response) =>
      json(response, 200, { ...object, data: 'CANARY' }),
    );
    await cluster.get(deployments, web, never);
    expect(log.lines).toHaveLength(1);
    expect(log.lines.join()).not.toMatch(/first|CANARY/);
    expect(log.lines.join()).toMatch(
      /GET 127\.0\.0\.1:\d+\/apis\/apps\/v1\/namespaces\/shop\/deployments\/web → 200/,
    );
  });

  it.each([
    [401, failure(401, 'Unauthorized', 'Unauthorized'), { kind: 'unauthorised' }],
    [
      404,
      failure(404, 'NotFound', 'deployments.apps "web" not found'),
      { kind: 'not-found', message: 'deployments.apps "web" not found' },
    ],
    [
      409,
      failure(409, 'Conflict', 'the object has been modified'),
      { kind: 'conflict', message: 'the object has been modified' },
    ],
    [
      500,
      failure(500, 'InternalError', 'etcd is gone'),
      { kind: 'failed', status: 500, message: 'etcd is gone' },
    ],
    [
      500,
      'not a status',
      {
        kind: 'failed',
        status: 500,
        message: 'The API server answered 500 (an error of its own) to "get deployments.apps".',
      },
    ],
  ])('turns %i into a refusal', async (status, body, expected) => {
    const { cluster } = await setUp((_, response) => json(response, status, body));
    expect(await cluster.get(deployments, web, never)).toMatchObject(expected);
  });

  it.each([
    [
      'deployments.apps is forbidden: User "viewer" cannot list resource "deployments" in API group "apps" in the namespace "shop"',
      {
        verb: 'list',
        resource: 'deployments.apps',
        namespace: 'shop',
        message: 'You may not list deployments.apps in namespace shop.',
      },
    ],
    [
      'nodes is forbidden: User "viewer" cannot list resource "nodes" in API group "" at the cluster scope: reason',
      {
        verb: 'list',
        resource: 'nodes',
        namespace: '',
        message: 'You may not list nodes in the whole cluster.',
      },
    ],
    ['the gateway says no', { verb: 'get', resource: 'deployments.apps', namespace: 'shop' }],
  ])('says what is forbidden: %s', async (message, expected) => {
    const { cluster } = await setUp((_, response) =>
      json(response, 403, failure(403, 'Forbidden', message)),
    );
    expect(await cluster.get(deployments, web, never)).toMatchObject({
      kind: 'forbidden',
      ...expected,
    });
  });

  it.each([
    'pods "x" is forbidden: exceeded quota: compute, requested: pods=1',
    'pods "x" is forbidden: violates PodSecurity "restricted:latest"',
  ])('does not take a denial by admission for a missing right: %s', async (message) => {
    const { cluster } = await setUp((_, response) =>
      json(response, 403, failure(403, 'Forbidden', message)),
    );
    expect(await cluster.get(deployments, web, never)).toEqual({
      kind: 'invalid',
      message,
      immutable: false,
    });
  });

  it.each([
    [403, `deployments.apps "x" is forbidden: ValidatingAdmissionPolicy 'replicas' denied request`],
    [422, `deployments.apps "x" is forbidden: ValidatingAdmissionPolicy 'r' denied request: no`],
    [403, 'admission webhook "validation.gatekeeper.sh" denied the request: [limits] none are set'],
    // Whatever code the webhook gives, it is no missing login, object or right.
    [400, 'admission webhook "w" denied the request: no'],
    [404, 'admission webhook "w" denied the request: no such team'],
    [409, 'admission webhook "w" denied the request: locked'],
  ])('tells a policy that says no, with %i: %s', async (code, message) => {
    const { cluster } = await setUp((_, response) =>
      json(response, code, failure(code, 'Forbidden', message)),
    );
    expect(await cluster.get(deployments, web, never)).toEqual({
      kind: 'invalid',
      message,
      immutable: false,
      byPolicy: true,
    });
  });

  it('takes an invalid policy for no policy that says no', async () => {
    const message = `ValidatingAdmissionPolicy.admissionregistration.k8s.io "x" is invalid: spec.validations: Required value`;
    const { cluster } = await setUp((_, response) =>
      json(response, 422, failure(422, 'Invalid', message)),
    );
    expect(await cluster.get(deployments, web, never)).not.toHaveProperty('byPolicy');
  });

  it.each([
    ['spec.selector: Invalid value: {}: field is immutable', true],
    [
      'spec: Forbidden: updates to statefulset spec for fields other than replicas are forbidden',
      true,
    ],
    ['spec.clusterIPs[0]: Invalid value: null: may not change once set', true],
    ['roleRef: Invalid value: {}: cannot change roleRef', true],
    [
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
      true,
    ],
    ['spec.replicas: Invalid value: -1: must be greater than or equal to 0', false],
  ])('knows an immutable field: %s', async (message, immutable) => {
    const body = failure(422, 'Invalid', `Deployment.apps "web" is invalid: ${message}`);
    const { cluster } = await setUp((_, response) => json(response, 422, body));
    const request = {
      kind: deployments,
      id: web,
      type: 'merge',
      body: {},
      fieldManager: 'm',
      dryRun: true,
    } as const;
    expect(await cluster.patch(request, never)).toMatchObject({ kind: 'invalid', immutable });
  });

  it('repeats no value of a Secret from an error', async () => {
    const causes = [
      { reason: 'FieldValueInvalid', field: 'data[token]', message: 'Invalid value: "CANARY"' },
    ];
    const body = failure(
      422,
      'Invalid',
      'Secret "s" is invalid: data[token]: Invalid value: "CANARY"',
      { causes },
    );
    const { cluster } = await setUp((_, response) => json(response, 422, body));
    const access = await cluster.patch(
      {
        kind: secrets,
        id: { ...web, name: 's' },
        type: 'apply',
        body: {},
        fieldManager: 'm',
        dryRun: true,
      },
      never,
    );
    expect(access).toEqual({
      kind: 'invalid',
      immutable: false,
      message: 'The API server refused to patch the Secret (data[token]: FieldValueInvalid).',
    });
  });

  it('asks again with the token that a file has by now', async () => {
    const token = (await held.folder?.write('token', 'old\n')) ?? '';
    const { cluster, server } = await setUp(
      (request, response) =>
        request.headers.authorization === 'Bearer new'
          ? json(response, 200, object)
          : json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')),
      { tokenFile: 'token' },
    );
    expect(token).not.toBe('');
    expect((await cluster.get(deployments, web, never)).kind).toBe('unauthorised');
    expect(server.seen).toHaveLength(1);
    await held.folder?.write('token', 'new');
    expect((await cluster.get(deployments, web, never)).kind).toBe('ok');
    expect(server.seen.map((it) => it.headers.authorization)).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('asks once more after a 401 in the middle of a session', async () => {
    await held.folder?.write('token', 'old');
    const state = { accepted: 'Bearer old' };
    const { cluster, server } = await setUp(
      (request, response) =>
        request.headers.authorization === state.accepted
          ? json(response, 200, object)
          : json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')),
      { tokenFile: 'token' },
    );
    expect((await cluster.get(deployments, web, never)).kind).toBe('ok');
    state.accepted = 'Bearer new';
    await held.folder?.write('token', 'new');
    const answers = await Promise.all([1, 2, 3].map(() => cluster.get(deployments, web, never)));
    expect(answers.map((it) => it.kind)).toEqual(['ok', 'ok', 'ok']);
    expect(
      server.seen.filter((it) => it.headers.authorization === 'Bearer old').length,
    ).toBeLessThanOrEqual(4);
  });

  it('waits as long as a busy server asks', async () => {
    const { cluster, slept } = await setUp((_, response, index) =>
      index < 2
        ? json(
            response,
            429,
            failure(429, 'TooManyRequests', 'busy'),
            index === 0 ? { 'retry-after': '3' } : {},
          )
        : json(response, 200, object),
    );
    expect((await cluster.get(deployments, web, never)).kind).toBe('ok');
    expect(slept).toEqual([3000, 1000]);
    expect(cluster.requestCount).toBe(3);
  });

  it('gives up on a server that stays busy, and does not wait for long', async () => {
    const busy = await setUp((_, response) =>
      json(response, 429, failure(429, 'TooManyRequests', 'busy')),
    );
    expect(await busy.cluster.get(deployments, web, never)).toEqual({
      kind: 'failed',
      status: 429,
      message: 'busy',
    });
    expect(busy.slept).toHaveLength(4);
    await busy.server.close();
    const asleep = await setUp((_, response) =>
      json(response, 503, failure(503, 'ServiceUnavailable', 'later'), { 'retry-after': '3600' }),
    );
    expect(await asleep.cluster.get(deployments, web, never)).toMatchObject({
      kind: 'failed',
      status: 503,
    });
    expect(asleep.slept).toEqual([]);
  });

  it('does not repeat a patch that failed without a word on when', async () => {
    const { cluster, server } = await setUp((_, response) =>
      json(response, 500, failure(500, 'InternalError', 'no')),
    );
    const request = {
      kind: deployments,
      id: web,
      type: 'merge',
      body: {},
      fieldManager: 'm',
      dryRun: false,
    } as const;
    expect((await cluster.patch(request, never)).kind).toBe('failed');
    expect(server.seen).toHaveLength(1);
  });

  it('calls half an answer incomplete', async () => {
    const { cluster } = await setUp((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"apiVersion":"apps/v1","kind"', () => response.destroy());
    });
    const access = await cluster.get(deployments, web, never);
    expect(access).toMatchObject({ kind: 'failed', status: 200 });
    expect((access as { message: string }).message).toMatch(
      /^The answer of 127\.0\.0\.1:\d+ ended before it was complete\.$/,
    );
    expect(cluster.requestCount).toBe(2);
  });

  it('calls a web page no API server', async () => {
    const { cluster } = await setUp((_, response) => response.end('<html>Log in</html>'));
    expect(await cluster.get(deployments, web, never)).toMatchObject({
      kind: 'failed',
      status: 200,
      message: expect.stringContaining('did not answer as a Kubernetes API server') as string,
    });
  });

  it.each([
    ['an object of another shape', []],
    ['an object without metadata', { apiVersion: 'v1', kind: 'ConfigMap' }],
    ['metadata of another type', { apiVersion: 'v1', kind: 'ConfigMap', metadata: 'x' }],
  ])('refuses %s', async (_, body) => {
    const { cluster } = await setUp((__, response) => json(response, 200, body));
    expect(await cluster.get(configMaps, web, never)).toMatchObject({ kind: 'failed' });
  });

  it('says so when nobody answers in time', async () => {
    const { cluster } = await setUp(() => undefined, {}, 300);
    expect(await cluster.get(deployments, web, never)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/did not answer in time\.$/) as string,
    });
  });

  it('says so when an answer stops half way', async () => {
    const stop: Answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    };
    const { cluster } = await setUp(stop, {}, 300);
    expect(await cluster.get(deployments, web, never)).toMatchObject({
      kind: 'failed',
      status: 200,
    });
  });

  it('says so when nothing listens', async () => {
    const { cluster, server } = await setUp((_, response) => json(response, 200, object));
    await server.close();
    expect(await cluster.get(deployments, web, never)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(
        /^Nothing answers at 127\.0\.0\.1:\d+ \(connection refused\)\.$/,
      ) as string,
    });
  });

  it('asks again when the server had closed a kept connection', async () => {
    const { cluster } = await setUp((_, response, index) => {
      if (index === 0) response.destroy();
      else json(response, 200, object);
    });
    expect((await cluster.get(deployments, web, never)).kind).toBe('ok');
    expect(cluster.requestCount).toBe(2);
  });

  it('ends at once when cancelled, running or waiting', async () => {
    const { cluster, server } = await setUp(() => undefined);
    const controller = new AbortController();
    const running = Array.from({ length: 40 }, () =>
      cluster.get(deployments, web, controller.signal).catch((error: unknown) => error),
    );
    await expect.poll(() => server.seen.length, { timeout: 120_000 }).toBe(32);
    controller.abort();
    const ended = await Promise.all(running);
    expect(ended.every(isCancellation)).toBe(true);
    await expect(cluster.get(deployments, web, controller.signal)).rejects.toThrow();
    expect(server.seen).toHaveLength(32);
  });

  it('keeps its connections and asks at most 32 at once', async () => {
    const state = { now: 0, most: 0 };
    const { cluster, server } = await setUp((_, response) => {
      state.now += 1;
      state.most = Math.max(state.most, state.now);
      setTimeout(() => {
        state.now -= 1;
        json(response, 200, object);
      }, 5);
    });
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => cluster.get(deployments, web, never)),
    );
    expect(answers.every((it) => it.kind === 'ok')).toBe(true);
    expect(state.most).toBeLessThanOrEqual(32);
    expect(state.most).toBeGreaterThan(1);
    expect(server.connectionCount()).toBeLessThanOrEqual(32);
  });

  it('understands a compressed answer', async () => {
    const { cluster } = await setUp((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(object)));
    });
    expect(await cluster.get(deployments, web, never)).toEqual({ kind: 'ok', value: object });
  });

  it('impersonates as the kubeconfig says, groups and extras included', async () => {
    const { cluster, server } = await setUp((_, response) => json(response, 200, object), {
      username: 'ann',
      password: 'pa:ss',
      as: 'deployer',
      'as-groups': ['a', 'b'],
      'as-user-extra': { 'Team/Name': ['x'] },
    });
    await cluster.get(deployments, web, never);
    const headers = server.seen[0]?.headers ?? {};
    expect(headers.authorization).toBe(`Basic ${Buffer.from('ann:pa:ss').toString('base64')}`);
    expect(headers['impersonate-user']).toBe('deployer');
    expect(headers['impersonate-group']).toBe('a, b');
    expect(headers['impersonate-extra-team%2fname']).toBe('x');
  });
});
