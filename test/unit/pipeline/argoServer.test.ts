import { describe, expect, it } from 'vitest';
import type { Access } from '../../../src/model/cluster';
import type { ArgoServers } from '../../../src/model/ports';
import type { KubeObject } from '../../../src/model/resource';
import { recognisedServer } from '../../../src/pipeline/argoServer';
import { createClusterSession } from '../../../src/pipeline/clusterSession';

const never = new AbortController().signal;

const application = (uid: string): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'argocd', uid },
});

function sessionWith(...reported: readonly KubeObject[]) {
  const session = createClusterSession('production');
  session.reported = reported;
  return session;
}

type Answer = Access<unknown> | 'silent';

function serversOf(answers: Readonly<Record<string, Answer>>) {
  const asked: string[] = [];
  const servers: ArgoServers = {
    dispose: () => undefined,
    known: () => Promise.resolve(Object.keys(answers)),
    stream: () => Promise.reject(new Error('nothing is streamed')),
    fingerprint: () => Promise.resolve(''),
    ask: (server, { path }, signal) => {
      asked.push(`${server} ${path}`);
      const answer = answers[server];
      if (answer !== 'silent') return Promise.resolve(answer as Access<unknown>);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
  };
  return { servers, asked };
}

const has = (uid: string): Answer => ({ kind: 'ok', value: { metadata: { uid } } });

describe('the Argo CD server of a cluster', () => {
  it('is the one that has an Application of it, by its uid', async () => {
    const { servers, asked } = serversOf({ a: has('1'), b: has('2'), c: has('') });
    const session = sessionWith(application('2'));
    expect(await recognisedServer(servers, session, never)).toBe('b');
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe('a /api/v1/applications/web?appNamespace=argocd');
    expect(await recognisedServer(servers, session, never)).toBe('b');
    expect(asked).toHaveLength(3);
  });

  it('is none of those that have another of that name, refuse, or do not answer', async () => {
    const { servers } = serversOf({
      a: has('1'),
      b: { kind: 'unauthorised', message: 'log in' },
      c: { kind: 'ok', value: undefined },
    });
    expect(await recognisedServer(servers, sessionWith(application('2')), never)).toBeUndefined();
  });

  it('is looked for where the cluster shows what to look for, and not among too many', async () => {
    const { servers, asked } = serversOf({ a: has('1') });
    const other = { ...application('1'), apiVersion: 'app.k8s.io/v1' };
    for (const object of [other, application('')]) {
      expect(await recognisedServer(servers, sessionWith(object), never)).toBeUndefined();
    }
    expect(asked).toEqual([]);
    const many = serversOf(
      Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`s${String(at)}`, has('x')])),
    );
    await recognisedServer(many.servers, sessionWith(application('1')), never);
    expect(many.asked).toHaveLength(8);
  });

  it('is looked for again with other logins, and after an end by the user', async () => {
    const session = sessionWith(application('1'));
    const silent = serversOf({ a: 'silent' });
    const ended = new AbortController();
    const looking = recognisedServer(silent.servers, session, ended.signal);
    setImmediate(() => ended.abort(new Error('enough')));
    await expect(looking).rejects.toThrow('enough');
    const { servers } = serversOf({ a: has('1') });
    expect(await recognisedServer(servers, session, never)).toBe('a');
    const more = serversOf({ b: has('1') });
    expect(await recognisedServer(more.servers, session, never)).toBe('b');
  });
});
