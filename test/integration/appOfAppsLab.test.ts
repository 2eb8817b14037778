import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder } from '../unit/render/engine';
import { appNamed, deployment, openWorkbench } from './pipelineWorld';

const stateFile = process.env['PLUMBLINE_LAB_STATE'];
const id = randomBytes(4).toString('hex');
const IN_CLUSTER = 'https://kubernetes.default.svc';

interface Lab {
  readonly gitea: Readonly<Record<'url' | 'user' | 'token' | 'organization', string>>;
  readonly argocd: Readonly<Record<'url' | 'token', string>>;
}

function application(name: string, source: JsonObject, namespace = 'argocd'): string {
  return JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: `${name}-${id}`, namespace: 'argocd' },
    spec: { project: 'default', source, destination: { server: IN_CLUSTER, namespace } },
  });
}

/** Roots of three kinds: a chart of Applications, an overlay that patches them, and a folder. */
function filesFor(repoURL: string): Readonly<Record<string, string>> {
  const of = (path: string, more: JsonObject = {}): JsonObject => ({
    repoURL,
    targetRevision: 'HEAD',
    path,
    ...more,
  });
  return {
    'roots/chart.json': application('chart', of('apps')),
    'roots/overlay.json': application('overlay', of('overlay')),
    'roots/folder.json': application('folder', of('folder')),
    'apps/Chart.yaml': '{apiVersion: v2, name: apps, version: 1.0.0}\n',
    'apps/values.yaml': '{apps: [{name: one, banner: first}, {name: two, banner: "2"}]}\n',
    'apps/templates/apps.yaml': [
      '{{- range .Values.apps }}',
      '---',
      'apiVersion: argoproj.io/v1alpha1',
      'kind: Application',
      'metadata:',
      `  name: {{ .name }}-${id}`,
      '  labels: {release: {{ $.Release.Name | quote }}}',
      'spec:',
      '  project: default',
      '  source:',
      `    repoURL: ${repoURL}`,
      '    targetRevision: HEAD',
      '    path: shop',
      '    helm:',
      '      valuesObject: {banner: {{ .banner | quote }}}',
      '      parameters: [{name: replicas, value: "4"}]',
      `  destination: {server: '${IN_CLUSTER}', namespace: {{ .name }}}`,
      '{{- end }}',
      '',
    ].join('\n'),
    'overlay/kustomization.yaml': [
      'resources: [base.json]',
      'patches:',
      '  - target: {kind: Application}',
      '    patch: |',
      '      - {op: replace, path: /spec/source/path, value: overlay/web}',
      '      - {op: add, path: /spec/source/kustomize, value: {namePrefix: patched-}}',
      '',
    ].join('\n'),
    'overlay/base.json': application('three', of('nowhere'), 'three'),
    'overlay/web/kustomization.yaml': 'resources: [web.yaml]\n',
    'overlay/web/web.yaml': deployment('web', 1),
    'folder/four.json': application('four', of('overlay/web'), 'four'),
    'shop/Chart.yaml': '{apiVersion: v2, name: shop, version: 1.0.0}\n',
    'shop/values.yaml': '{replicas: 1, banner: none}\n',
    'shop/templates/web.yaml': deployment('{{ .Release.Name }}', '{{ .Values.replicas }}'),
    'shop/templates/map.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {banner: {{ .Values.banner | quote }}}\n',
  };
}

async function ask(
  { base, authorization }: { readonly base: string; readonly authorization: string },
  [method, path, body]: readonly [string, string, unknown?],
): Promise<unknown> {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

interface World {
  readonly workbench: CoreWorkbench;
  readonly create: (application: JsonObject) => Promise<void>;
  readonly manifests: (name: string) => Promise<readonly JsonObject[]>;
  readonly end: () => Promise<void>;
}

async function world(lab: Lab): Promise<World> {
  const { url, user, token, organization } = lab.gitea;
  const gitea = { base: url, authorization: `token ${token}` };
  const argo = { base: lab.argocd.url, authorization: `Bearer ${lab.argocd.token}` };
  const repository = `nested-${id}`;
  await ask(gitea, ['POST', `/orgs/${organization}/repos`, { name: repository }]);
  const cloneUrl = `${url}/${organization}/${repository}.git`;
  const folder = createFolder(filesFor(cloneUrl));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@acme.example', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', cloneUrl);
  git('add', '-A');
  git('commit', '-q', '-m', 'apps');
  git('push', '-q', cloneUrl.replace('//', `//${user}:${token}@`), 'main');
  const created: string[] = [];
  const workbench = openWorkbench([folder.path]);
  await workbench.whenIdle();
  return {
    workbench,
    async create(application) {
      const metadata = application['metadata'] as JsonObject;
      const annotations = { 'argocd.argoproj.io/skip-reconcile': 'true' };
      const quiet = { ...application, metadata: { ...metadata, annotations } };
      await ask(argo, ['POST', '/applications?validate=false&upsert=true', quiet]);
      created.push(nameOf(application));
    },
    async manifests(name) {
      const answer = await ask(argo, ['GET', `/applications/${name}/manifests`]);
      const { manifests } = answer as { readonly manifests: readonly string[] };
      return manifests.map((text) => JSON.parse(text) as JsonObject);
    },
    async end() {
      workbench.dispose();
      folder.remove();
      for (const name of created) {
        await ask(argo, ['DELETE', `/applications/${name}?cascade=false`]);
      }
      await ask(gitea, ['DELETE', `/repos/${organization}/${repository}`]);
    },
  };
}

function nameOf(object: JsonObject): string {
  return (object['metadata'] as { readonly name: string }).name;
}

/** Without the tracking that Argo CD adds, in the order of names. */
function plain(objects: readonly JsonObject[]): readonly string[] {
  const shown = objects.map((object) => {
    const { annotations, ...metadata } = object['metadata'] as {
      readonly annotations?: JsonObject;
    } & JsonObject;
    const own = Object.entries(annotations ?? {}).filter(([name]) => !name.includes('tracking-id'));
    const kept: JsonObject = own.length === 0 ? {} : { annotations: Object.fromEntries(own) };
    return sorted({ ...object, metadata: { ...metadata, ...kept } });
  });
  return shown.sort();
}

function sorted(value: JsonObject): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

describe.skipIf(stateFile === undefined)('apps of apps as Argo CD renders them', () => {
  let here: World | undefined;
  beforeAll(async () => {
    here = await world(JSON.parse(readFileSync(stateFile ?? '', 'utf8')) as Lab);
  });
  afterAll(async () => {
    await here?.end();
  });

  it.each([
    ['chart', ['one', 'two'], true],
    ['overlay', ['three'], true],
    ['folder', ['four'], false],
  ])(
    'the root %s makes the apps %j, and they make the same objects',
    async (root, names, changed) => {
      if (here === undefined) throw new Error('The lab is not there.');
      const { workbench, create, manifests } = here;
      const rootName = `${root}-${id}`;
      await create(appNamed(workbench, `argocd/${rootName}`).app.definition ?? {});
      const children = await manifests(rootName);
      const ours = workbench.state().apps.filter(({ app }) => app.renderedBy?.name === rootName);
      expect(ours.map(({ app }) => app.name).sort()).toEqual(names.map((name) => `${name}-${id}`));
      expect(ours.map(({ app }) => app.renderedBy?.changed)).toEqual(names.map(() => changed));
      expect(plain(ours.map(({ app }) => app.definition ?? {}))).toEqual(
        plain(children.map((child) => withNamespace(child))),
      );
      for (const child of children) {
        await create(child);
        const name = nameOf(child);
        const { working } = appNamed(workbench, `argocd/${name}`);
        if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
        const objects = working.desired.objects.map(
          ({ object }) => object as unknown as JsonObject,
        );
        const theirs = await manifests(name);
        expect(theirs.length).toBeGreaterThan(0);
        expect(plain(objects)).toEqual(plain(theirs));
      }
    },
    60_000,
  );
});

/** Argo CD puts an object without a namespace into that of the app's destination. */
function withNamespace(object: JsonObject): JsonObject {
  return { ...object, metadata: { namespace: 'argocd', ...(object['metadata'] as JsonObject) } };
}
