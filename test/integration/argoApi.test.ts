import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appLabel } from '../../src/model/app';
import type { ArgoToken } from '../../src/model/ports';
import type { JsonObject } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder } from '../unit/render/engine';
import type { Folder } from '../unit/render/engine';
import { giteaOf, labState, waitUntil } from './liveLab';
import { appNamed, createRepository, openWorkbench, settings } from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

interface Lab {
  readonly kubeconfig: string;
  readonly tools: Readonly<Record<string, string>>;
  readonly clusters: {
    readonly production: { readonly server: string; readonly adminToken: string };
  };
  readonly gitea: { readonly url: string; readonly token: string };
  readonly argocd: { readonly url: string; readonly token: string };
}

const id = `api-${randomBytes(3).toString('hex')}`;
const never = new AbortController().signal;

/** What only Argo CD has in reach: the repository is in no open folder. */
const ELSEWHERE = {
  'web/config.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {a: from-git}\n`,
  'web/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: creds}\nstringData: {password: hunter2}\n`,
};

const applicationSet = (giteaUrl: string): JsonObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'ApplicationSet',
  metadata: { name: id, namespace: 'argocd' },
  spec: {
    goTemplate: true,
    generators: [
      {
        scmProvider: {
          gitea: { owner: id, api: giteaUrl, insecure: true },
          cloneProtocol: 'https',
        },
      },
    ],
    template: {
      metadata: { name: `${id}-{{.repository}}` },
      spec: {
        project: 'default',
        source: { repoURL: '{{.url}}', targetRevision: '{{.branch}}', path: 'web' },
        destination: { server: 'https://kubernetes.default.svc', namespace: id },
      },
    },
  },
});

describe.skipIf(labState === undefined)("the API of the lab's Argo CD", () => {
  const lab = (labState === undefined
    ? undefined
    : JSON.parse(readFileSync(labState, 'utf8'))) as unknown as Lab;
  const url = `${lab?.gitea.url}/${id}/web.git`;
  let repository: TestRepository;
  let source: TestRepository;
  const folders: Folder[] = [];
  const opened: CoreWorkbench[] = [];

  const gitea = giteaOf(lab);
  const kubectl = (args: readonly string[], input?: string): string =>
    execFileSync(
      lab.tools['kubectl'] ?? '',
      ['--kubeconfig', lab.kubeconfig, '--context', 'production', ...args],
      { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] },
    );
  const host = (): string => new URL(lab.argocd.url).host;

  /** The file that `argocd login` writes. */
  const loggedIn = (token: string): Readonly<Record<string, string>> => {
    const folder = createFolder({
      config: JSON.stringify({
        'current-context': 'lab',
        contexts: [{ name: 'lab', server: host(), user: host() }],
        servers: [{ server: host(), 'plain-text': true }],
        users: [{ name: host(), 'auth-token': token }],
      }),
    });
    folders.push(folder);
    return { ARGOCD_CONFIG_DIR: folder.path };
  };

  const open = async (
    environment: Readonly<Record<string, string>>,
    kubeconfig = lab.kubeconfig,
    stored: readonly ArgoToken[] = [],
  ): Promise<CoreWorkbench> => {
    const workbench = openWorkbench([repository.path], {
      environment,
      argoTokens: () => Promise.resolve(stored),
      settings: {
        ...settings,
        kubeconfigs: [kubeconfig],
        contexts: { production: { file: kubeconfig, name: 'production' } },
      },
      chartsFolder: join(repository.path, '.git', 'charts'),
    });
    opened.push(workbench);
    await workbench.whenIdle();
    return workbench;
  };
  const look = async (workbench: CoreWorkbench): Promise<CoreWorkbench> => {
    await workbench.openCluster('production', never);
    await workbench.whenIdle();
    return workbench;
  };
  const made = (workbench: CoreWorkbench): readonly string[] =>
    workbench
      .state()
      .apps.filter(({ app }) => app.generatedBy?.set.name === id)
      .map(({ app }) => appLabel(app))
      .sort();
  const needs = (workbench: CoreWorkbench): readonly string[] =>
    workbench
      .state()
      .roots.flatMap(({ problems }) => problems)
      .filter(({ code }) => code === 'application-set-needs-server')
      .map(({ message }) => message);

  beforeAll(async () => {
    await gitea('POST', '/orgs', { username: id });
    for (const name of ['web', 'worker']) await gitea('POST', `/orgs/${id}/repos`, { name });
    source = createRepository(ELSEWHERE);
    for (const name of ['web', 'worker']) {
      const pushUrl = url
        .replace('://', `://plumbline:${lab.gitea.token}@`)
        .replace('web.git', `${name}.git`);
      source.git('push', '-q', pushUrl, 'HEAD:refs/heads/main');
    }
    // Gitea tells of a pushed branch a moment later.
    for (const name of ['web', 'worker']) {
      const isThere = async (): Promise<boolean> =>
        await gitea('GET', `/repos/${id}/${name}/branches/main`).then(
          () => true,
          () => false,
        );
      await waitUntil(isThere, `the branch of ${name}`);
    }
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: id,
        namespace: 'argocd',
        annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' },
      },
      spec: {
        project: 'default',
        source: { repoURL: url, targetRevision: 'main', path: 'web' },
        destination: { server: 'https://kubernetes.default.svc', namespace: id },
      },
    };
    kubectl(['create', 'namespace', id]);
    const revision = source.git('rev-parse', 'HEAD');
    const status = { sync: { status: 'OutOfSync', revision } };
    kubectl(['apply', '-f', '-'], JSON.stringify({ ...application, status }));
    const marks = (kind: string, name: string) => ({
      'argocd.argoproj.io/tracking-id': `${id}:/${kind}:${id}/${name}`,
    });
    for (const [kind, name, part] of [
      ['ConfigMap', 'config', { data: { a: 'changed' } }],
      ['Secret', 'creds', { stringData: { password: 'other' } }],
    ] as const) {
      const metadata = { name, namespace: id, annotations: marks(kind, name) };
      kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind, metadata, ...part }));
    }
    repository = createRepository({
      'app.yaml': JSON.stringify(application),
      'set.yaml': JSON.stringify(applicationSet(lab.gitea.url)),
      '.plumbline.yaml': `clusters: [{name: production, folders: ['**']}]\nargocd: {server: '${host()}'}\n`,
    });
  });

  afterAll(async () => {
    for (const workbench of opened) workbench.dispose();
    kubectl(['delete', 'application', id, '-n', 'argocd', '--ignore-not-found']);
    kubectl(['delete', 'namespace', id, '--wait=false', '--ignore-not-found']);
    for (const name of ['web', 'worker']) await gitea('DELETE', `/repos/${id}/${name}`);
    await gitea('DELETE', `/orgs/${id}`);
    for (const folder of [...folders, repository, source]) folder.remove();
  });

  it('makes the apps of a set that no file tells, by a login of argocd alone', async () => {
    // Nothing says which server it is: the one with an Application of this cluster.
    const named = readFileSync(join(repository.path, '.plumbline.yaml'), 'utf8');
    repository.write({ '.plumbline.yaml': named.replace(/^argocd:.*$/m, '') });
    const workbench = await open(loggedIn(lab.argocd.token));
    expect(made(workbench)).toEqual([]);
    expect(needs(workbench)).toHaveLength(1);
    await look(workbench);
    expect(made(workbench)).toEqual([`argocd/${id}-web`, `argocd/${id}-worker`]);
    expect(needs(workbench)).toEqual([]);
    const { app } = appNamed(workbench, `argocd/${id}-web`);
    expect(app.generatedBy).toMatchObject({ by: 'production', set: { name: id } });
    expect(app.source).toMatchObject({ kind: 'elsewhere', repoUrl: url.replace('.git', '') });
    repository.write({ '.plumbline.yaml': named });
  });

  it('compares with what it renders where nothing can be rendered here', async () => {
    const workbench = await look(await open(loggedIn(lab.argocd.token)));
    const { live } = appNamed(workbench, `argocd/${id}`);
    if (live.kind !== 'compared') throw new Error(JSON.stringify(live));
    const { desiredRevision, changes } = live.comparison;
    expect(desiredRevision).toEqual({ ref: 'Argo CD', commit: source.git('rev-parse', 'HEAD') });
    const told = changes.map(({ id: { kind, name }, action, fields }) => [
      `${kind} ${name} ${action}`,
      fields.map(({ pointer, whose }) => `${pointer} ${whose}`),
    ]);
    expect(told).toEqual([
      ['ConfigMap config changed', ['/data/a pending']],
      ['Secret creds changed', [expect.stringMatching(/^\/data\/password cluster$/)]],
    ]);
    expect(JSON.stringify(workbench.state())).not.toContain('hunter2');
  });

  it('says which login it wants where there is none, or a wrong one', async () => {
    const login = `run "argocd login ${host()} --plaintext"`;
    const expired = await look(await open(loggedIn('expired')));
    expect(needs(expired).join()).toContain(login);
    const { live } = appNamed(expired, `argocd/${id}`);
    expect(live).toMatchObject({ kind: 'unavailable' });
    expect(JSON.stringify(live)).toContain('argocd login');
    expect(made(expired)).toEqual([]);
    expect(JSON.stringify(expired.state())).not.toContain('Bearer');
  });

  it('takes a token that the user stored before any other, and says whose it is', async () => {
    const stored: ArgoToken[] = [];
    const workbench = await open(loggedIn(lab.argocd.token), lab.kubeconfig, stored);
    const whoseAfter = (token: string) => {
      stored.splice(0, 1, { server: host(), plainText: true, rootPath: '', token });
      return workbench.argoUser(host(), never);
    };
    expect(await whoseAfter('wrong')).toMatchObject({ kind: 'unauthorised' });
    expect(await whoseAfter(lab.argocd.token)).toEqual({ kind: 'ok', value: 'admin' });
    await look(workbench);
    expect(made(workbench)).toEqual([`argocd/${id}-web`, `argocd/${id}-worker`]);
    expect(JSON.stringify(workbench.state())).not.toContain(lab.argocd.token);
  });

  it('is asked through the API server too, by the service, which never gets the login of argocd', async () => {
    const relay = await startRelay(lab);
    try {
      // The address itself leads nowhere: only the way through the cluster is left.
      const folder = createFolder({
        config: JSON.stringify({
          contexts: [{ name: 'lab', server: '127.0.0.1:1', user: 'lab' }],
          servers: [{ server: '127.0.0.1:1', 'plain-text': true }],
          users: [{ name: 'lab', 'auth-token': lab.argocd.token }],
        }),
        kubeconfig: JSON.stringify({
          apiVersion: 'v1',
          kind: 'Config',
          clusters: [{ name: 'c', cluster: { server: relay.url } }],
          users: [{ name: 'u', user: { token: lab.clusters.production.adminToken } }],
          contexts: [{ name: 'production', context: { cluster: 'c', user: 'u' } }],
        }),
      });
      folders.push(folder);
      repository.write({
        '.plumbline.yaml': `clusters: [{name: production, folders: ['**']}]\nargocd: {server: '127.0.0.1:1'}\n`,
      });
      const environment = { ARGOCD_CONFIG_DIR: folder.path };
      const workbench = await look(await open(environment, `${folder.path}/kubeconfig`));
      expect(made(workbench)).toEqual([]);
      expect(relay.asked).toContain('POST http:argocd-server:80');
      expect(relay.logins).toEqual([]);
      relay.letIn();
      await workbench.refreshCluster('production', never);
      await workbench.whenIdle();
      expect(made(workbench)).toEqual([`argocd/${id}-web`, `argocd/${id}-worker`]);
      expect(appNamed(workbench, `argocd/${id}`).live.kind).toBe('compared');
      expect(relay.logins).toEqual([]);
    } finally {
      relay.close();
    }
  });
});

/**
 * Stands for an API server with a service of Argo CD: the lab's server is no pod, and an API server
 * connects to no loopback address. As a real one, it keeps the login of its own caller to itself.
 * `letIn` makes it an instance that lets everybody read.
 */
async function startRelay(lab: Lab) {
  const asked: string[] = [];
  const logins: string[] = [];
  const anonymous = { cookie: '' };
  const prefix = '/api/v1/namespaces/argocd/services/';
  const target = new URL(lab.clusters.production.server);
  const textOf = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const piece of request) text += String(piece);
    return text;
  };
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    if (!url.startsWith(prefix)) {
      const options = { method, path: url, headers, rejectUnauthorized: false };
      const upstream = httpsRequest(
        { ...options, host: target.hostname, port: target.port },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(upstream);
      return;
    }
    const [service = '', ...rest] = url.slice(prefix.length).split('/proxy');
    asked.push(`${method} ${service}`);
    if (service !== 'http:argocd-server:80') {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end(
        '{"kind":"Status","message":"tls: first record does not look like a TLS handshake"}',
      );
      return;
    }
    void textOf(request).then(async (body) => {
      if (headers.cookie !== undefined) logins.push(headers.cookie);
      const forwarded = { ...anonymous, 'content-type': 'application/json' };
      const answer = await fetch(`${lab.argocd.url}${rest.join('/proxy')}`, {
        method,
        headers: forwarded,
        ...(method === 'POST' ? { body } : {}),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    logins,
    letIn() {
      anonymous.cookie = `argocd.token=${lab.argocd.token}`;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
