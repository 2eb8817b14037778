import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppState, ClusterState } from '../../src/model/appState';
import type { ResourceChange } from '../../src/model/change';
import { listAt, textAt } from '../../src/model/fields';
import type { Log } from '../../src/model/ports';
import type { JsonObject } from '../../src/model/resource';
import { changeDiff } from '../../src/pipeline/changeText';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder } from '../unit/render/engine';
import type { Folder } from '../unit/render/engine';
import { plumbline } from './commandWorld';
import { argoLogin, argoOf, giteaOf, labState, never, waitUntil } from './liveLab';
import { createRepository, deployment, openWorkbench, settings } from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

interface Lab {
  readonly kubeconfig: string;
  readonly tools: Readonly<Record<string, string>>;
  readonly gitea: { readonly url: string; readonly token: string };
  readonly argocd: { readonly url: string; readonly token: string };
}

const id = `told-${randomBytes(3).toString('hex')}`;
const IN_CLUSTER = 'in-cluster';
const secrets = ['canary-41d0-git', 'canary-41d0-live'] as const;

const map = (name: string, data: JsonObject): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

/** Of each app the same; what is done to them is in `disturb`. */
const objects = {
  'same.yaml': map('same', { mode: 'blue' }),
  'changed.yaml': map('changed', { mode: 'blue', level: 'info' }),
  'gone.yaml': map('gone', { mode: 'blue' }),
  'labelled.yaml': map('labelled', { mode: 'blue' }),
  'web.yaml': deployment('web', 0),
  'hook.yaml': `apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {argocd.argoproj.io/hook: PostSync}}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}
`,
  'role.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: NAME}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
`,
  'creds.yaml': `apiVersion: v1
kind: Secret
metadata: {name: creds}
stringData: {password: ${secrets[0]}, user: shop, kept: same}
`,
};

function filesOf(way: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objects).map(([name, text]) => [
      `${way}/${name}`,
      text.replace('NAME', `${id}-${way}`),
    ]),
  );
}

const WAYS = ['client', 'server'] as const;
type Way = (typeof WAYS)[number];

interface Told {
  readonly object: string;
  readonly fields: readonly string[];
  readonly notes: readonly string[];
  readonly health: string | undefined;
  readonly predicted: boolean;
}

describe.skipIf(labState === undefined)('a cluster that only Argo CD tells of', () => {
  const lab = (labState === undefined
    ? undefined
    : JSON.parse(readFileSync(labState, 'utf8'))) as unknown as Lab;
  const url = `${lab?.gitea.url}/plumbline/${id}.git`;
  const gitea = giteaOf(lab);
  const folders: Folder[] = [];
  const opened: CoreWorkbench[] = [];
  const logged: string[] = [];
  const log: Log = {
    debug: (line) => void logged.push(line),
    info: (line) => void logged.push(line),
    warn: (line) => void logged.push(line),
    error: (line) => void logged.push(line),
  };
  let repository: TestRepository;

  const host = (): string => new URL(lab.argocd.url).host;
  const appName = (way: Way): string => `${id}-${way}`;
  const kubectl = (args: readonly string[], input?: string): string =>
    execFileSync(
      lab.tools['kubectl'] ?? '',
      ['--kubeconfig', lab.kubeconfig, '--context', 'production', ...args],
      { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] },
    );
  const argo = argoOf(lab);
  const ended = (way: Way): Promise<void> =>
    waitUntil(async () => {
      const app = await argo('GET', `/applications/${appName(way)}`);
      return textAt(app, 'status', 'operationState', 'phase') === 'Succeeded';
    }, `the sync of ${way}`);

  const loggedIn = (token?: string): Folder => {
    const folder = createFolder({ config: argoLogin(token) });
    folders.push(folder);
    return folder;
  };
  const open = async (login: Folder, kubeconfigs: readonly string[] = []) => {
    const workbench = openWorkbench([repository.path], {
      environment: { ARGOCD_CONFIG_DIR: login.path },
      settings: { ...settings, kubeconfigs },
      log,
    });
    opened.push(workbench);
    await workbench.whenIdle();
    return workbench;
  };
  const look = async (workbench: CoreWorkbench, name = IN_CLUSTER): Promise<void> => {
    await workbench.openCluster(name, never);
    await workbench.whenIdle();
  };
  const clusterOf = (workbench: CoreWorkbench, name = IN_CLUSTER): ClusterState => {
    const found = workbench.state().clusters.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no cluster ${name}`);
    return found;
  };
  const appsOf = (workbench: CoreWorkbench, way: Way): readonly AppState[] =>
    workbench.state().apps.filter(({ app }) => app.name === appName(way));
  const changesOf = (workbench: CoreWorkbench, way: Way): readonly ResourceChange[] => {
    const [state, ...others] = appsOf(workbench, way);
    if (others.length > 0) throw new Error(`${way} is shown twice`);
    if (state?.live.kind !== 'compared') throw new Error(JSON.stringify(state?.live));
    return state.live.comparison.changes;
  };
  /** All that is told of each object, but for the digests, which each session salts anew. */
  const told = (changes: readonly ResourceChange[]): readonly Told[] =>
    changes
      .map(({ id: { kind, name }, action, fields, notes, health, predicted }) => ({
        object: `${kind} ${name} ${action}`,
        fields: fields.map(({ pointer, whose, fate, owner }) =>
          [pointer, whose, fate, owner?.manager, owner?.operation].join(' '),
        ),
        notes: notes.map(({ message }) => message),
        health: health?.status,
        predicted,
      }))
      .sort((a, b) => (a.object < b.object ? -1 : 1));
  /** No dry run of a Secret is had from Argo CD: what becomes of it is predicted, and says so. */
  const lessSure = (one: Told, way: Way): Partial<Told> =>
    way === 'server' && one.object.startsWith('Secret ')
      ? { object: one.object, fields: one.fields, health: one.health }
      : one;
  const hasSeen = async (way: Way, of: string, text: string): Promise<boolean> => {
    const answer = await argo('GET', `/applications/${appName(way)}/managed-resources`);
    const item = listAt(answer, 'items').find((one) => textAt(one, 'name') === of);
    return textAt(item, 'liveState')?.includes(text) === true;
  };
  const disturb = async (way: Way): Promise<void> => {
    const on = (...args: readonly string[]): string => kubectl(['-n', `${id}-${way}`, ...args]);
    on('patch', 'configmap', 'changed', '--type=merge', '-p', '{"data":{"mode":"red"}}');
    on('label', 'configmap', 'labelled', 'by=hand');
    on('delete', 'configmap', 'gone', '--wait=true');
    on('scale', 'deployment', 'web', '--replicas=1');
    const patch = JSON.stringify({ stringData: { password: secrets[1], extra: 'more' } });
    on('patch', 'secret', 'creds', '--type=merge', '-p', patch);
    const role = '{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}]}';
    kubectl(['patch', 'clusterrole', `${id}-${way}`, '--type=merge', '-p', role]);
    await waitUntil(() => hasSeen(way, `${id}-${way}`, '"list"'), 'Argo CD to see the role');
    await waitUntil(() => hasSeen(way, 'creds', '"extra"'), 'Argo CD to see the Secret');
  };

  beforeAll(async () => {
    await gitea('POST', '/user/repos', { name: id });
    const application = (way: Way): JsonObject => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: appName(way), namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: url, targetRevision: 'main', path: way },
        destination: { server: 'https://kubernetes.default.svc', namespace: `${id}-${way}` },
        syncPolicy: { syncOptions: [`ServerSideApply=${way === 'server'}`] },
      },
    });
    repository = createRepository({
      ...filesOf('client'),
      ...filesOf('server'),
      'apps/client.json': JSON.stringify(application('client')),
      'apps/server.json': JSON.stringify(application('server')),
    });
    repository.git('remote', 'set-url', 'origin', url);
    const pushUrl = url.replace('://', `://plumbline:${lab.gitea.token}@`);
    repository.git('push', '-q', pushUrl, 'HEAD:refs/heads/main');
    for (const way of WAYS) {
      kubectl(['create', 'namespace', `${id}-${way}`]);
      kubectl(['apply', '-f', '-'], JSON.stringify(application(way)));
    }
    await Promise.all(
      WAYS.map(async (way) => {
        // The hook is a Job that never ends: what it hooks into is synced without it.
        const resources = ['ConfigMap same', 'ConfigMap changed', 'ConfigMap gone'];
        const named = [...resources, 'ConfigMap labelled', 'Deployment web', 'Secret creds'];
        const picked = [...named, `ClusterRole ${id}-${way}`].map((one) => {
          const [kind = '', name] = one.split(' ');
          const groups: Record<string, string> = {
            Deployment: 'apps',
            ClusterRole: 'rbac.authorization.k8s.io',
          };
          return { group: groups[kind] ?? '', kind, name };
        });
        const body = {
          name: appName(way),
          resources: picked,
          syncOptions: { items: [] as string[] },
        };
        body.syncOptions.items.push(`ServerSideApply=${way === 'server'}`);
        await argo('POST', `/applications/${appName(way)}/sync`, body);
        await ended(way);
        await disturb(way);
      }),
    );
  });

  afterAll(async () => {
    for (const workbench of opened) workbench.dispose();
    for (const way of WAYS) {
      kubectl(['delete', 'application', appName(way), '-n', 'argocd', '--ignore-not-found']);
      kubectl(['delete', 'namespace', `${id}-${way}`, '--wait=false', '--ignore-not-found']);
      kubectl(['delete', 'clusterrole', `${id}-${way}`, '--ignore-not-found']);
    }
    await gitea('DELETE', `/repos/plumbline/${id}`);
    for (const folder of [...folders, repository]) folder.remove();
  });

  it('is asked nothing before it is opened, and compares as the cluster itself does', async () => {
    const byArgo = await open(loggedIn());
    expect(clusterOf(byArgo)).toMatchObject({
      context: { file: `argocd:${host()}`, name: IN_CLUSTER },
      connection: { kind: 'idle' },
    });
    expect(logged.filter((line) => line.includes(host()))).toEqual([]);
    await look(byArgo);
    expect(clusterOf(byArgo).connection).toMatchObject({ kind: 'connected', version: '1.36' });
    const byKube = await open(createFolder(), [lab.kubeconfig]);
    await look(byKube, 'production');
    for (const way of WAYS) {
      const [same, own] = [changesOf(byArgo, way), changesOf(byKube, way)];
      expect(told(same).map((one) => lessSure(one, way))).toEqual(
        told(own).map((one) => lessSure(one, way)),
      );
      expect(own.filter(({ action }) => action !== 'same').length).toBeGreaterThan(4);
    }
    // What stands for values is neither shown nor compared.
    const changes = WAYS.flatMap((way) => changesOf(byArgo, way));
    const texts = changes.map((one) => changeDiff(one, { before: 'live', after: 'Git' }));
    const all = [...texts, JSON.stringify(changes), ...logged].join('\n');
    for (const value of [...secrets, '++++']) expect(all).not.toContain(value);
    for (const value of secrets) expect(all).not.toContain(btoa(value));
  });

  it('shows no app twice where a kubeconfig reaches the cluster as well', async () => {
    const workbench = await open(loggedIn(), [lab.kubeconfig]);
    await look(workbench);
    expect(appsOf(workbench, 'client')[0]?.app.controlCluster).toBe(IN_CLUSTER);
    await look(workbench, 'production');
    expect(appsOf(workbench, 'client').map(({ app }) => app.controlCluster)).toEqual([
      'production',
    ]);
    const names = workbench.state().clusters.map(({ name }) => name);
    // Staging is a destination of Argo CD, and a context of its own.
    expect(names.filter((name) => name === 'staging')).toHaveLength(1);
    expect(clusterOf(workbench, 'staging').context?.file).toBe(lab.kubeconfig);
  });

  it('tells what changes there within two seconds, while somebody looks', async () => {
    const workbench = await open(loggedIn());
    workbench.follow(new Set([IN_CLUSTER]));
    await look(workbench);
    expect(clusterOf(workbench).freshness?.kind).toBe('live');
    const shown = (): string => JSON.stringify(told(changesOf(workbench, 'client')));
    const requests = logged.length;
    const tookMs: number[] = [];
    for (const value of ['one', 'two', 'three']) {
      const patch = JSON.stringify({ data: { [value]: 'added' } });
      const started = Date.now();
      kubectl(['-n', `${id}-client`, 'patch', 'configmap', 'same', '--type=merge', '-p', patch]);
      await waitUntil(
        () => Promise.resolve(shown().includes(`/data/${value}`)),
        `${value} is told`,
      );
      tookMs.push(Date.now() - started);
    }
    process.stdout.write(
      `Changes told after ${tookMs.join(', ')} ms with kubectl's own time, ${logged.length - requests} lines logged\n`,
    );
    expect(Math.min(...tookMs)).toBeLessThan(2_000);
  });

  it('is there two seconds after the first login, while somebody looks', async () => {
    const login = createFolder();
    folders.push(login);
    const workbench = await open(login);
    workbench.lookForContexts(true);
    const isThere = (): boolean =>
      workbench.state().clusters.some(({ context }) => context?.file === `argocd:${host()}`);
    expect(isThere()).toBe(false);
    const startedMs = Date.now();
    writeFileSync(join(login.path, 'config'), argoLogin());
    await waitUntil(() => Promise.resolve(isThere()), 'the cluster');
    process.stdout.write(`A first login shows after ${Date.now() - startedMs} ms\n`);
    expect(clusterOf(workbench).connection.kind).toBe('idle');
  });

  it('says which login it wants, and is read once that was made', async () => {
    const login = loggedIn('expired');
    const workbench = await open(login);
    await look(workbench);
    expect(clusterOf(workbench).connection).toMatchObject({
      kind: 'failed',
      cause: 'unauthorised',
      canSignIn: true,
      command: `argocd login ${host()} --plaintext`,
    });
    writeFileSync(join(login.path, 'config'), argoLogin());
    await waitUntil(
      () => Promise.resolve(appsOf(workbench, 'server')[0]?.live.kind === 'compared'),
      'the app is compared',
    );
    expect(clusterOf(workbench).connection.kind).toBe('connected');
  });

  it('is compared on the command line, which names Argo CD as the context', async () => {
    const options = { cwd: repository.path, env: { ARGOCD_CONFIG_DIR: loggedIn().path } };
    const diff = ['diff', appName('server'), '--against', 'live', '--context'];
    const { code, out, err } = await plumbline([...diff, `argocd:${host()}`], options);
    expect(err).toContain("argocd-cmd-params-cm in argocd could not be read: Argo CD's defaults");
    expect(out).toContain('ConfigMap');
    expect(out).toMatch(/-\s+mode: red\n\+\s+mode: blue/);
    expect(out + err).not.toContain('++++');
    expect(code).toBe(1);
    const nobody = await plumbline([...diff, 'argocd:nowhere.example'], options);
    expect(nobody.err).toContain('argocd login nowhere.example');
    expect(nobody.code).toBe(2);
  });

  it('is synced by the API of Argo CD, with the plan that was shown', async () => {
    const workbench = await open(loggedIn());
    workbench.setSettings({ ...settings, protectedClusters: [`argocd:${host()}`] });
    await look(workbench);
    const [state] = appsOf(workbench, 'client');
    const plan = await workbench.planAction(state?.app.key ?? '', never);
    if (plan.kind === 'refusal') throw new Error(plan.reason);
    expect(plan.protected).toBe(true);
    expect(plan.confirmation.changes?.length).toBeGreaterThan(3);
    const steps: string[] = [];
    const ending = new AbortController();
    const running = workbench.runAction(
      plan,
      ({ message }) => {
        steps.push(message);
        // The hook never ends; what it waits for is there by then.
        if (message.includes('hook')) ending.abort();
      },
      ending.signal,
    );
    await waitUntil(() => hasSeen('client', 'changed', '"mode":"blue"'), 'Git is there again');
    await argo('DELETE', `/applications/${appName('client')}/operation`).catch(() => undefined);
    const outcome = await running.catch((error: unknown) => error);
    expect(JSON.stringify([steps, outcome])).toMatch(/hook|waiting|Succeeded|terminated/i);
    await workbench.refreshCluster(IN_CLUSTER, never);
    const left = changesOf(workbench, 'client').filter(({ fields }) =>
      fields.some(({ fate }) => fate === 'reverted'),
    );
    expect(left.map(({ id: { kind, name } }) => `${kind} ${name}`)).toEqual([]);
  });
});
