import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { appLabel } from '../../../src/model/app';
import type { KubeObject } from '../../../src/model/resource';
import { writtenRepositories } from '../../../src/pipeline/setRepositories';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createFolder, realRenderer } from '../render/engine';
import type { Folder } from '../render/engine';
import { EU, forbidden, memoryCluster, memoryClusters, object } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';
import type { MemoryClusterOptions } from './memoryCluster';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const REMOTE = 'https://git.acme.example/acme/gitops.git';

const FLEET = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: fleet, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: [missingkey=error]
  generators:
    - clusters: {selector: {matchLabels: {tier: edge}}}
  template:
    metadata: {name: 'web-{{.name}}'}
    spec:
      project: '{{.project}}'
      source: {repoURL: ${REMOTE}, targetRevision: HEAD, path: web}
      destination: {server: '{{.server}}', namespace: 'in-{{.metadata.annotations.zone}}'}
`;

function repository(set: string): Folder {
  const folder = createFolder({
    'fleet.yaml': set,
    'web/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n',
  });
  owned.push(folder.remove);
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@acme.example', ...args], {
      cwd: folder.path,
    });
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', REMOTE);
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  return folder;
}

/** A cluster secret as kubectl leaves it, with credentials where each of its readers could see them. */
function clusterSecret(name: string, tier: string): KubeObject {
  return object('v1', 'Secret', `cluster-${name}`, {
    data: {
      name: btoa(name),
      server: btoa(`https://${name}.acme.example`),
      project: btoa('edge'),
      config: btoa('{"bearerToken":"hunter2"}'),
    },
    metadata: {
      namespace: 'argocd',
      labels: { tier, 'argocd.argoproj.io/secret-type': 'cluster' },
      annotations: {
        zone: `z-${name}`,
        'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"config":"hunter2"}}',
      },
    },
  });
}

/** An Application that this Argo CD has, made by the set of that name. */
function reported(set: string, name: string, path: string): KubeObject {
  return object('argoproj.io/v1alpha1', 'Application', name, {
    metadata: { namespace: 'argocd', ownerReferences: [{ kind: 'ApplicationSet', name: set }] },
    spec: { source: { repoURL: REMOTE, path }, destination: { server: EU.server } },
  });
}

interface World {
  readonly assignments?: Readonly<Record<string, string>>;
  readonly owner?: string;
  readonly refuse?: MemoryClusterOptions['refuse'];
  readonly folder?: Folder;
  /** A sentence stands for an engine that cannot answer. */
  readonly broken?: () => string | undefined;
}

async function open(world: World): Promise<CoreWorkbench> {
  const { assignments = {}, owner = 'other', refuse, broken } = world;
  const renderer = realRenderer({ maxEngines: 1 });
  const secrets = [
    clusterSecret('a', 'edge'),
    clusterSecret('b', 'core'),
    clusterSecret('c', 'edge'),
  ];
  const memory = memoryCluster({
    objects: [reported(owner, 'web-old', 'old'), reported(owner, 'web-c', 'web'), ...secrets],
    ...(refuse === undefined ? {} : { refuse }),
  });
  const workbench = memoryWorkbench({
    renderer: {
      ...renderer,
      expandApplicationSet: (request, signal) => {
        const reason = broken?.();
        if (reason !== undefined) return Promise.reject(new Error(reason));
        return renderer.expandApplicationSet(request, signal);
      },
    },
    clusters: () => memoryClusters(memory.cluster),
    settings: { assignments },
  });
  owned.push(() => workbench.dispose());
  workbench.setFolders([(world.folder ?? repository(FLEET)).path]);
  await workbench.whenIdle();
  return workbench;
}

function made(workbench: CoreWorkbench): readonly string[] {
  return workbench
    .state()
    .apps.flatMap(({ app }) =>
      app.generatedBy === undefined ? [] : [`${appLabel(app)} ${app.destination.namespace}`],
    );
}

function codes(workbench: CoreWorkbench): readonly string[] {
  return workbench.state().roots.flatMap(({ problems }) => problems.map(({ code }) => code));
}

const EDGE = ['argocd/web-a in-z-a', 'argocd/web-c in-z-c'];

describe('the clusters of a set', () => {
  it.each<[string, World]>([
    ['as Git is assigned', { assignments: { 'argocd/fleet': 'eu' } }],
    ['as the cluster reports what the set made', { owner: 'fleet' }],
  ])('are those that its Argo CD knows, %s, once that is connected', async (_, world) => {
    const workbench = await open(world);
    expect(made(workbench)).toEqual([]);
    expect(codes(workbench)).toEqual(['application-set-needs-server']);
    await workbench.openCluster('eu', never);
    await workbench.whenIdle();
    expect(made(workbench)).toEqual(EDGE);
    expect(codes(workbench)).toEqual([]);
    const web = workbench.state().apps.find(({ app }) => app.name === 'web-a');
    expect(web?.app.generatedBy?.params).toMatchObject({ name: 'a', project: 'edge' });
    // Both sides know the clusters: nothing was added.
    expect(web?.local).toMatchObject({ comparison: { appAction: 'kept', changes: [] } });
    const whole = JSON.stringify(workbench.state());
    expect(whole).not.toContain('hunter2');
    expect(whole).not.toContain(btoa('{"bearerToken":"hunter2"}'));
  });

  it('make the app that the cluster reports, and not a second one', async () => {
    const workbench = await open({ owner: 'fleet' });
    await workbench.openCluster('eu', never);
    await workbench.whenIdle();
    const { apps } = workbench.state();
    expect(apps.map(({ app }) => `${app.name} ${app.presence}`)).toEqual([
      'web-a git',
      'web-c both',
      'web-old cluster',
    ]);
    const both = apps.find(({ app }) => app.name === 'web-c')?.app;
    expect(both).toMatchObject({
      controlCluster: 'eu',
      generatedBy: { set: { name: 'fleet' } },
      definition: { spec: { project: 'edge' } },
      reported: { metadata: { ownerReferences: [{ name: 'fleet' }] } },
    });
  });

  it('are unknown where nothing says that the set is of this Argo CD', async () => {
    const workbench = await open({});
    await workbench.openCluster('eu', never);
    await workbench.whenIdle();
    expect(made(workbench)).toEqual([]);
    expect(codes(workbench)).toEqual(['application-set-needs-server']);
  });

  it('are unknown, and not none, where the secrets may not be read', async () => {
    const workbench = await open({
      owner: 'fleet',
      refuse: (request) =>
        request.startsWith('list v1/Secret') ? forbidden('list', 'secrets', 'argocd') : undefined,
    });
    await workbench.openCluster('eu', never);
    await workbench.whenIdle();
    expect(codes(workbench)).toEqual(['application-set-needs-server']);
  });
});

describe('the clusters that .plumbline.yaml lists', () => {
  const file = (clusters: string) => `argocd:\n  clusters:\n${clusters}`;
  const listed = file(
    `    - {name: x, server: 'https://x.acme.example', project: edge, labels: {tier: edge}, annotations: {zone: z-x}}\n`,
  );
  async function openListed(world: World = {}) {
    const folder = repository(FLEET);
    folder.write({ '.plumbline.yaml': listed });
    return { folder, workbench: await open({ ...world, folder }) };
  }

  it('are those of a set while no Argo CD is connected', async () => {
    const { folder, workbench } = await openListed();
    expect(made(workbench)).toEqual(['argocd/web-x in-z-x']);
    expect(codes(workbench)).toEqual([]);
    const web = workbench.state().apps.find(({ app }) => app.name === 'web-x');
    expect(web?.app.destination.cluster).toEqual({
      kind: 'server',
      server: 'https://x.acme.example',
    });
    folder.write({
      '.plumbline.yaml': file(`    - {name: other, server: 'https://y', labels: {tier: core}}\n`),
    });
    workbench.filesChanged([{ path: `${folder.path}/.plumbline.yaml`, kind: 'changed' }]);
    await workbench.whenIdle();
    expect(made(workbench)).toEqual([]);
    expect(codes(workbench)).toEqual([]);
  });

  it('give way to those that the instance knows once it is connected', async () => {
    const { workbench } = await openListed({ owner: 'fleet' });
    await workbench.openCluster('eu', never);
    await workbench.whenIdle();
    expect(made(workbench)).toEqual(EDGE);
  });
});

describe('file patterns of a set', () => {
  const FILES = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: files, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - git: {repoURL: ${REMOTE}, revision: HEAD, files: [{path: 'env/*.yaml'}]}
  template:
    metadata: {name: '{{.name}}'}
    spec:
      project: default
      source: {repoURL: ${REMOTE}, targetRevision: HEAD, path: web}
      destination: {server: 'https://x', namespace: shop}
`;

  it.each([
    ['as Git reads them', '{}', ['argocd/deep shop', 'argocd/flat shop']],
    ['as globs where the controller is set so', '{newFileGlobbing: true}', ['argocd/flat shop']],
  ])('are read %s', async (_, argocd, names) => {
    const folder = repository(FILES);
    folder.write({
      'env/a.yaml': 'name: flat\n',
      'env/sub/b.yaml': 'name: deep\n',
      '.plumbline.yaml': `argocd: ${argocd}\n`,
    });
    expect([...made(await open({ folder }))].sort()).toEqual(names);
  });
});

describe('an engine that does not answer', () => {
  it('leaves the apps as they were, says so, and is asked again', async () => {
    const list = FLEET.replace(
      /- clusters.*/,
      "- list: {elements: [{name: a, project: edge, server: 'https://a', metadata: {annotations: {zone: z}}}]}",
    );
    const folder = repository(list);
    let reason: string | undefined;
    const workbench = await open({ folder, broken: () => reason });
    expect(made(workbench)).toEqual(['argocd/web-a in-z']);
    const edit = async (path: string, text: string): Promise<void> => {
      folder.write({ [path]: text });
      workbench.filesChanged([{ path: `${folder.path}/${path}`, kind: 'changed' }]);
      await workbench.whenIdle();
    };
    reason = 'The engine needed too much memory.';
    await edit('fleet.yaml', list.replace('name: a,', 'name: b,'));
    expect(made(workbench)).toEqual(['argocd/web-a in-z']);
    const { problems = [] } = workbench.state().roots[0] ?? {};
    expect(problems).toMatchObject([{ code: 'engine', location: { path: 'fleet.yaml', line: 1 } }]);
    expect(problems[0]?.message).toContain('needed too much memory. Its Applications are shown');
    reason = undefined;
    await edit('notes.txt', 'nothing that a set reads');
    expect(made(workbench)).toEqual(['argocd/web-b in-z', 'argocd/web-a in-z']);
    expect(codes(workbench)).toEqual([]);
  });
});

describe('the repositories of a set', () => {
  it('are those of its git generators, however deep', () => {
    const git = (repoURL: unknown, revision?: unknown): object => ({ git: { repoURL, revision } });
    const spec = {
      generators: [
        git('a', 'v1'),
        { matrix: { generators: [git('b'), { merge: [git('c', 3)] }] } },
      ],
      template: { spec: { source: { repoURL: 'not me' } } },
      more: [git(7), { git: 'text' }, { git: null }, null, 1],
    };
    expect(writtenRepositories(spec as never)).toEqual([
      { repoURL: 'a', revision: 'v1' },
      { repoURL: 'b', revision: '' },
      { repoURL: 'c', revision: '' },
    ]);
  });
});
