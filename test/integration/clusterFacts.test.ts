import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder } from '../unit/render/engine';
import { describeLab, giteaOf, kubeconfigOf, labState } from './liveLab';
import type { Role } from './liveLab';
import { appNamed, createRepository, edit, openWorkbench, settings } from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const helm = process.env['PLUMBLINE_HELM'];
const id = `facts-${randomBytes(3).toString('hex')}`;
const never = new AbortController().signal;

/** A password that is made once, what the namespace holds, which action it is, what the cluster can do. */
const ASKING = `{{- $found := lookup "v1" "Secret" "${id}" "creds" }}
{{- $first := lookup "v1" "ConfigMap" "${id}" "first" }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-asked, namespace: ${id}}
data:
  password: {{ if $found }}{{ $found.data.password }}{{ else }}{{ randAlphaNum 12 | b64enc }}{{ end }}
  nothing: "{{ len (lookup "v1" "Secret" "${id}" "absent") }}"
  second: "{{ with $first }}{{ (lookup "v1" "ConfigMap" "${id}" .data.next).data.word }}{{ end }}"
  all: "{{ range (lookup "v1" "ConfigMap" "${id}" "").items }}{{ if hasPrefix "listed" .metadata.name }}{{ .metadata.name }} {{ end }}{{ end }}"
  namespace: "{{ with lookup "v1" "Namespace" "" "${id}" }}{{ .metadata.name }}{{ end }}"
  revision: "{{ .Release.Revision }}"
  action: "{{ if .Release.IsUpgrade }}upgrade{{ end }}{{ if .Release.IsInstall }}install{{ end }}"
  flux: "{{ .Capabilities.APIVersions.Has "helm.toolkit.fluxcd.io/v2/HelmRelease" }}"
  argo: "{{ .Capabilities.APIVersions.Has "argoproj.io/v1alpha1/Application" }}"
  version: "{{ .Capabilities.KubeVersion.Version }}"
  size: "{{ .Values.size }}"
  secret: "{{ .Values.secret }}"
{{- if not (lookup "v1" "ConfigMap" "${id}" "first") }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-only-at-first, namespace: ${id}}
{{- end }}
`;

const inNamespace = (kind: string, name: string, rest: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: id },
  ...rest,
});

/** What only the cluster has. */
const LIVE: readonly JsonObject[] = [
  inNamespace('Secret', 'creds', { stringData: { password: 'live-password', size: '7' } }),
  inNamespace('ConfigMap', 'first', { data: { next: 'other' } }),
  inNamespace('ConfigMap', 'other', { data: { word: 'found' } }),
  inNamespace('ConfigMap', 'listed-b', {}),
  inNamespace('ConfigMap', 'listed-a', {}),
  inNamespace('ConfigMap', 'region', { data: { region: 'eu-1', shared: 'cluster', tier: 'gold' } }),
  inNamespace('Secret', 'secrets', { stringData: { token: 'live-token' } }),
];

const flux = (kind: string, name: string, spec: JsonObject): string => {
  const apiVersion = {
    GitRepository: 'source.toolkit.fluxcd.io/v1',
    Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
    HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  }[kind];
  const object = { apiVersion, kind, metadata: { name, namespace: id }, spec };
  return `${JSON.stringify(object)}\n`;
};

function files(url: string): Readonly<Record<string, string>> {
  const sourceRef = { kind: 'GitRepository', name: 'repo' };
  const chart = (name: string) => ({
    [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${id}-${name}\nversion: 1.2.3\n`,
    [`${name}/values.yaml`]: 'size: 1\nsecret: none\n',
    [`${name}/templates/asked.yaml`]: ASKING,
  });
  return {
    '.plumbline.yaml': "clusters:\n  - name: staging\n    folders: ['**']\n",
    ...chart('pushed'),
    ...chart('released'),
    'substituted/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: substituted}
data:
  region: \${region}
  tier: \${tier}
  shared: \${shared}
  token: \${token}
  missing: \${missing:=default}
`,
    'flux/repo.yaml': flux('GitRepository', 'repo', {
      url,
      interval: '1h',
      ref: { branch: 'main' },
    }),
    'flux/own.yaml': JSON.stringify(
      inNamespace('ConfigMap', 'own', { data: { shared: 'git', tier: 'silver' } }),
    ),
    'flux/substituted.yaml': flux('Kustomization', 'substituted', {
      interval: '1h',
      prune: true,
      path: './substituted',
      targetNamespace: id,
      sourceRef,
      postBuild: {
        substituteFrom: [
          { kind: 'ConfigMap', name: 'region' },
          { kind: 'ConfigMap', name: 'own' },
          { kind: 'Secret', name: 'secrets' },
          { kind: 'ConfigMap', name: 'nowhere', optional: true },
        ],
        substitute: { tier: 'inline' },
      },
    }),
    'flux/release.yaml': flux('HelmRelease', 'released', {
      interval: '1h',
      releaseName: 'released',
      chart: { spec: { chart: './released', sourceRef } },
      valuesFrom: [{ kind: 'Secret', name: 'creds', valuesKey: 'size', targetPath: 'size' }],
      values: { secret: 'inline' },
    }),
  };
}

describe.skipIf(labState === undefined)('facts of a real cluster', () => {
  const lab = labState === undefined ? undefined : describeLab();
  const url = `${lab?.gitea.url ?? ''}/plumbline/${id}.git`;
  let repository: TestRepository;
  let workbench: CoreWorkbench;

  const run = (program: string | undefined, args: readonly string[], input?: string): string =>
    execFileSync(program ?? '', args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
  const kubectl = (args: readonly string[], input?: string): string =>
    run(
      lab?.tools['kubectl'],
      ['--kubeconfig', lab?.kubeconfig ?? '', '--context', 'staging', ...args],
      input,
    );
  const toHelm = (...args: readonly string[]): string =>
    run(helm, [
      ...['--kubeconfig', lab?.kubeconfig ?? '', '--kube-context', 'staging'],
      ...['-n', 'default', ...args],
    ]);
  const get = (kind: string, name: string): JsonObject =>
    JSON.parse(kubectl(['get', kind, name, '-n', id, '-o', 'json'])) as JsonObject;
  const gitea = giteaOf(lab);
  const until = async (what: string, isThere: () => boolean): Promise<void> => {
    for (let round = 0; round < 120; round += 1) {
      if (isThere()) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const state = kubectl(['get', 'helmreleases,kustomizations', '-n', id, '-o', 'yaml']);
    throw new Error(`${what}: ${state}`);
  };
  const openAs = async (role: Role): Promise<CoreWorkbench> => {
    const file = lab === undefined ? '' : kubeconfigOf(lab, role);
    const opened = openWorkbench([repository.path], {
      settings: {
        ...settings,
        kubeconfigs: [file],
        contexts: { staging: { file, name: role === 'admin' ? 'staging' : `staging-${role}` } },
      },
      chartsFolder: join(createFolder().path, 'charts'),
    });
    await opened.whenIdle();
    return opened;
  };
  const look = async (at: CoreWorkbench): Promise<void> => {
    await at.openCluster('staging', never);
    await at.whenIdle();
  };
  const rendered = (at: CoreWorkbench, name: string) => {
    const { working } = appNamed(at, name);
    if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
    return working.desired;
  };
  const data = (at: CoreWorkbench, name: string): unknown =>
    formOf(rendered(at, name).objects).map(({ object }) => object['data']);
  const marks = (at: CoreWorkbench, name: string): unknown =>
    rendered(at, name).objects.map(({ clusterDependent }) => clusterDependent ?? []);

  beforeAll(async () => {
    await gitea('POST', '/user/repos', { name: id, private: false });
    repository = createRepository(files(url));
    repository.git('remote', 'set-url', 'origin', url);
    const pushUrl = url.replace('://', `://plumbline:${lab?.gitea.token ?? ''}@`);
    repository.git('push', '-q', pushUrl, 'HEAD:refs/heads/main');
    kubectl(['create', 'namespace', id]);
    kubectl(['apply', '-f', '-'], LIVE.map((one) => JSON.stringify(one)).join('\n---\n'));
    kubectl(['apply', '-f', `${repository.path}/flux`]);
    workbench = await openAs('admin');
    const made = ['released-asked', 'substituted'];
    await until('what the controllers make', () => {
      const text = kubectl(['get', 'configmaps', '-n', id, '-o', 'name']);
      return made.every((name) => text.includes(`configmap/${name}\n`));
    });
  });

  afterAll(async () => {
    workbench.dispose();
    try {
      toHelm('uninstall', `${id}-pushed`, '--ignore-not-found');
    } finally {
      kubectl(['delete', 'helmreleases,kustomizations', '--all', '-n', id, '--timeout=60s']);
      kubectl(['delete', 'namespace', id, '--wait=false']);
      await gitea('DELETE', `/repos/plumbline/${id}`);
      repository.remove();
    }
  });

  /** What `helm upgrade --install` would apply, as the cluster answers it. */
  const byHelm = (): readonly KubeObject[] => {
    const text = toHelm(
      'upgrade',
      '--install',
      `${id}-pushed`,
      `${repository.path}/pushed`,
      ...['--dry-run=server', '-o', 'json'],
    );
    const { manifest } = JSON.parse(text) as { manifest: string };
    const documents = run(
      lab?.tools['kubectl'],
      [
        'create',
        '--dry-run=client',
        '--validate=false',
        '-o',
        'json',
        '-f',
        '-',
        '--kubeconfig',
        lab?.kubeconfig ?? '',
      ],
      manifest,
    );
    const parsed = JSON.parse(documents) as KubeObject & { items?: readonly KubeObject[] };
    return parsed.items ?? [parsed];
  };

  it('are marked before anybody connects', () => {
    const asked = ['action', 'all', 'namespace', 'nothing', 'password', 'revision', 'second'];
    expect(marks(workbench, 'pushed')).toEqual([asked.map((name) => `/data/${name}`), ['']]);
    expect(rendered(workbench, `${id}/released`).clusterNotes).toEqual(
      expect.arrayContaining([expect.stringContaining('Depends on the cluster: ConfigMap')]),
    );
  });

  it('make a first installation what helm says of it', async () => {
    await look(workbench);
    expect(data(workbench, 'pushed')).toEqual(byHelm().map((object) => object['data']));
    expect(data(workbench, 'pushed')).toEqual([
      expect.objectContaining({
        action: 'install',
        revision: '1',
        flux: 'true',
        argo: 'false',
        password: Buffer.from('live-password').toString('base64'),
        second: 'found',
        all: 'listed-a listed-b ',
        namespace: id,
      }),
    ]);
    expect(marks(workbench, 'pushed')).toEqual([[]]);
  });

  it('make an upgrade what helm says of it, and leave what is deployed as it is', async () => {
    toHelm('upgrade', '--install', `${id}-pushed`, `${repository.path}/pushed`);
    await look(workbench);
    expect(data(workbench, 'pushed')).toEqual([
      expect.objectContaining({ action: 'install', revision: '1' }),
    ]);
    const { live } = appNamed(workbench, 'pushed');
    if (live.kind !== 'compared') throw new Error(JSON.stringify(live));
    expect(live.comparison.changes.map(({ action }) => action)).toEqual(['same']);
    await edit(workbench, repository, { 'pushed/values.yaml': 'size: 2\nsecret: none\n' });
    repository.publish('more');
    workbench.filesChanged([
      { path: repository.file('.git/refs/remotes/origin/main'), kind: 'changed' },
    ]);
    await workbench.whenIdle();
    await look(workbench);
    expect(data(workbench, 'pushed')).toEqual(byHelm().map((object) => object['data']));
    expect(data(workbench, 'pushed')).toEqual([
      expect.objectContaining({ action: 'upgrade', revision: '2', size: '2' }),
    ]);
  });

  it('make a HelmRelease what helm-controller made of it, values of the cluster among them', () => {
    const asked = get('configmap', 'released-asked');
    expect(data(workbench, `${id}/released`)).toEqual([asked['data']]);
    expect(asked['data']).toMatchObject({ size: '7', secret: 'inline', revision: '1' });
    expect(rendered(workbench, `${id}/released`).clusterNotes).toEqual([
      `Read live from staging: Secret ${id}/creds.`,
    ]);
    const { live } = appNamed(workbench, `${id}/released`);
    if (live.kind !== 'compared') throw new Error(JSON.stringify(live));
    expect(live.comparison.changes.map(({ action }) => action)).toEqual(['same']);
  });

  it('make a Kustomization what kustomize-controller made of it', () => {
    const made = get('configmap', 'substituted');
    expect(data(workbench, `${id}/substituted`)).toEqual([made['data']]);
    expect(made['data']).toEqual({
      region: 'eu-1',
      tier: 'inline',
      shared: 'git',
      token: 'live-token',
      missing: 'default',
    });
    const told = appNamed(workbench, `${id}/substituted`).app.problems.map(
      ({ message }) => message,
    );
    expect(told).toContain(
      `ConfigMap ${id}/nowhere is neither in this repository nor in staging; it is optional.`,
    );
  });

  it('give the chart of the release where nobody fetched it', async () => {
    const release = JSON.parse(repositoryText('flux/release.yaml')) as { spec: JsonObject };
    const chart = {
      spec: {
        chart: `${id}-released`,
        version: '1.x',
        sourceRef: { kind: 'HelmRepository', name: 'elsewhere' },
      },
    };
    await edit(workbench, repository, {
      'flux/release.yaml': `${JSON.stringify({ ...release, spec: { ...release.spec, chart } })}\n`,
      'flux/elsewhere.yaml': `${JSON.stringify({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'HelmRepository',
        metadata: { name: 'elsewhere', namespace: id },
        spec: { url: 'https://charts.acme.example', interval: '1h' },
      })}\n`,
    });
    await look(workbench);
    expect(data(workbench, `${id}/released`)).toEqual([get('configmap', 'released-asked')['data']]);
    expect(rendered(workbench, `${id}/released`).clusterNotes).toContain(
      `Chart ${id}-released 1.2.3 is the one of release v1 in staging.`,
    );
  });

  it('stay unknown to whoever may read no Secrets, and each is told why', async () => {
    const viewer = await openAs('viewer');
    try {
      await look(viewer);
      const [asked = []] = marks(viewer, 'pushed') as readonly (readonly string[])[];
      expect(asked).toEqual(expect.arrayContaining(['/data/password', '/data/revision']));
      expect(asked).not.toContain('/data/second');
      const notes = rendered(viewer, 'pushed').clusterNotes ?? [];
      expect(notes.join(' ')).toMatch(/secrets/);
    } finally {
      viewer.dispose();
    }
  });

  function repositoryText(path: string): string {
    return execFileSync('cat', [repository.file(path)], { encoding: 'utf8' });
  }
});
