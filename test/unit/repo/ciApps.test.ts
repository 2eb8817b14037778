import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import { assignClusters } from '../../../src/repo/assignClusters';
import { parseCandidates } from '../../../src/repo/candidates';
import { pipelineApps, told, workflow } from './ciWorld';
import { application, discovered, type FileTable, REPO_URL, ROOT, settingsOf } from './inMemory';

function only(files: FileTable): App {
  const [app, ...more] = pipelineApps(files);
  if (app === undefined || more.length > 0) throw new Error(told(files).join('\n'));
  return app;
}

/** `path:line` of each step. */
function places({ pipeline }: App): readonly string[] {
  return (pipeline?.steps ?? []).map(({ place }) => `${place.path}:${place.line}`);
}

describe('apps of pipelines', () => {
  it('are defined at the line of the command', () => {
    const app = only(workflow('echo a\necho b\nhelm upgrade -i web charts/web -n shop'));
    expect(app.definedIn).toEqual({ root: ROOT, path: '.github/workflows/deploy.yml', line: 9 });
    expect(app).toMatchObject({
      kind: 'Chart',
      tool: 'push',
      namespace: '',
      presence: 'git',
      key: `${ROOT}#charts/web#Chart/pipeline/web`,
      destination: { cluster: { kind: 'unknown' }, namespace: 'shop' },
      policy: { comparison: 'helm-manifest', fieldManager: 'helm', prune: true },
      pipeline: { steps: [{ system: 'GitHub Actions', job: 'deploy' }] },
      problems: [],
    });
  });

  it.each<readonly [string, FileTable, readonly string[]]>([
    [
      'on the line of the step',
      { 'azure-pipelines.yml': 'steps:\n  - script: kubectl apply -k overlays/prod\n' },
      ['azure-pipelines.yml:2'],
    ],
    [
      'in a block of its own',
      {
        'azure-pipelines.yml':
          'steps:\n  - bash: |\n      set -e\n\n      kubectl apply -k overlays/prod\n',
      },
      ['azure-pipelines.yml:5'],
    ],
    [
      'of a task',
      {
        'azure-pipelines.yml':
          'steps:\n  - task: Kubernetes@1\n    inputs: {command: apply, arguments: -k overlays/prod}\n',
      },
      ['azure-pipelines.yml:2'],
    ],
    [
      'in a list of lines',
      {
        '.gitlab-ci.yml':
          'a:\n  before_script:\n    - "true"\n  script:\n    - echo\n    - |\n      echo\n      kubectl apply -k overlays/prod\n',
      },
      ['.gitlab-ci.yml:8'],
    ],
    [
      'in an included file',
      {
        '.gitlab-ci.yml': 'include: [{local: ci.yml}]\n',
        'ci.yml': '\n\na:\n  script: [kubectl apply -k overlays/prod]\n',
      },
      ['ci.yml:4'],
    ],
    [
      'in a script',
      {
        '.gitlab-ci.yml': 'a: {script: [./run.sh]}\n',
        'run.sh': '#!/bin/sh\n\nkubectl apply -k overlays/prod\n',
      },
      ['run.sh:3'],
    ],
    [
      'in a makefile',
      {
        '.gitlab-ci.yml': 'a: {script: [make]}\n',
        Makefile: 'X=1\n\nall:\n\tkubectl apply -k overlays/prod\n',
      },
      ['Makefile:3'],
    ],
    [
      'in a composite action',
      {
        ...workflow('true'),
        '.github/workflows/b.yml': 'jobs: {a: {steps: [{uses: ./act}]}}\n',
        'act/action.yaml':
          'runs:\n  using: composite\n  steps:\n    - run: kubectl apply -k overlays/prod\n',
      },
      ['act/action.yaml:4'],
    ],
    [
      'in a Jenkinsfile',
      { Jenkinsfile: "node {\n  sh '''\n    echo\n    kubectl apply -k overlays/prod\n  '''\n}\n" },
      ['Jenkinsfile:4'],
    ],
    [
      'in a helmfile',
      {
        '.gitlab-ci.yml': 'a: {script: [helmfile sync]}\n',
        'helmfile.yaml': 'releases:\n  - name: web\n    chart: ./charts/web\n',
      },
      ['helmfile.yaml:2'],
    ],
    [
      'each, where several do the same',
      {
        '.gitlab-ci.yml':
          'a: {script: [kubectl apply -k overlays/prod]}\nb:\n  script: [kubectl apply -k ./overlays/prod]\n',
      },
      ['.gitlab-ci.yml:1', '.gitlab-ci.yml:3'],
    ],
  ])('name the place %s', (_, files, expected) => {
    expect(places(only(files))).toEqual(expected);
  });

  it('say at that line what only a run knows', () => {
    const app = only(workflow('helm upgrade -i web charts/web --set a=$A,b=${{ github.sha }}'));
    expect(app.problems).toEqual([
      {
        severity: 'info',
        code: 'pipeline-unresolved',
        message:
          '$A, ${{ github.sha }} are known only in a run of the pipeline; a placeholder stands for it.',
        location: { path: '.github/workflows/deploy.yml', line: 7 },
      },
    ]);
  });

  it('count what is too much to name', () => {
    const sets = ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((name) => `--set x${name}=$${name}`);
    const app = only(workflow(`helm upgrade -i web charts/web ${sets.join(' ')}`));
    expect(app.problems[0]?.message).toContain('$E and 2 more are known only in a run');
  });

  it('have their schema left alone where a placeholder stands in it', () => {
    const open = only(workflow('helm upgrade -i web charts/web --set replicas=$N'));
    const known = only(workflow('helm upgrade -i web charts/web --set replicas=2'));
    expect(open.source).toMatchObject({ render: { skipSchemaValidation: true } });
    expect(known.source).not.toMatchObject({ render: { skipSchemaValidation: true } });
  });

  it('apply as the pipeline does', () => {
    const client = only(workflow('kubectl apply -k overlays/prod'));
    const server = only(
      workflow('kubectl apply --server-side --field-manager ci -k overlays/prod'),
    );
    expect(client.policy).toMatchObject({ comparison: 'three-way' });
    expect(server.policy).toMatchObject({ comparison: 'server-side', fieldManager: 'ci' });
  });

  it.each([
    ['helm upgrade -i web charts/web', true],
    ['helm upgrade -i web charts/web --force-conflicts', undefined],
    ['kubectl apply --server-side -k overlays/prod', true],
    ['kubectl apply --server-side --force-conflicts -k overlays/prod', undefined],
    ['kubectl apply -k overlays/prod', undefined],
  ])('%s: stops at conflicts or forces them', (command, stops) => {
    expect(only(workflow(command)).policy.stopsAtConflicts).toBe(stops);
  });

  it('stand in place of what would be guessed', () => {
    const names = (files: FileTable): readonly string[] =>
      discovered(files).apps.map(({ name }) => name);
    const files = {
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'charts/web/values-prod.yaml': 'a: 1\n',
      'charts/web/values-dev.yaml': 'a: 1\n',
      'm/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    };
    expect(names(files)).toEqual([
      'charts/web (values-dev.yaml)',
      'charts/web (values-prod.yaml)',
      'm',
    ]);
    expect(
      names({
        ...files,
        ...workflow('helm upgrade -i shop charts/web -f charts/web/values-prod.yaml'),
      }),
    ).toEqual(['shop', 'm']);
    expect(names({ ...files, ...workflow('kubectl apply -R -f .') })).toEqual([
      '.',
      'charts/web (values-dev.yaml)',
      'charts/web (values-prod.yaml)',
    ]);
  });

  it('from no folder leave the chart at the top to the guess', () => {
    const files = {
      'Chart.yaml': 'apiVersion: v2\nname: top\nversion: 1.0.0\n',
      ...workflow(
        'helm upgrade -i db oci://registry.acme.example/db\nfind . | xargs kubectl apply -f',
      ),
    };
    const names = discovered(files).apps.map(({ name }) => name);
    expect(names).toEqual(['db', 'xargs', '.']);
    const top = discovered({ ...files, ...workflow('helm upgrade -i top .') });
    expect(top.apps.map(({ name }) => name)).toEqual(['top']);
  });

  it('stand beside an Application with the same source, unless they only render it', () => {
    const files = {
      'apps/web.yaml': application('web', { source: { repoURL: REPO_URL, path: 'charts/web' } }),
    };
    const applied = told({ ...files, ...workflow('helm upgrade -i review charts/web') });
    expect(applied).toEqual(['review: helm review charts/web @default']);
    expect(told({ ...files, ...workflow('helm template charts/web | kubeconform') })).toEqual([]);
  });

  it('have names and keys of their own', () => {
    const apps = pipelineApps(
      workflow(
        'helm upgrade -i web charts/web -n a\nhelm upgrade -i web charts/web -n b\nhelm upgrade -i web charts/api -n b\nhelm upgrade -i web charts/web -n b --set c=d',
      ),
    );
    expect(new Set(apps.map(({ key }) => key)).size).toBe(4);
    expect(apps.map(({ name }) => name)).toEqual([
      'web (a)',
      'web (b, charts/web)',
      'web (b, charts/api)',
      'web (b, charts/web, #2)',
    ]);
  });

  it('keep their keys when other jobs come', () => {
    const before = pipelineApps(workflow('kubectl apply -k overlays/prod')).map(({ key }) => key);
    const after = pipelineApps(
      workflow('kubectl apply -f manifests\nkubectl apply -k overlays/prod'),
    ).map(({ key }) => key);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it('go to the cluster that maps the name of their context, or was picked', () => {
    const app = only(workflow('kubectl apply -k overlays/prod --context prod-eks'));
    const placed = (
      destinations: readonly string[],
      assignments = {},
      folders: readonly string[] = [],
    ) =>
      assignClusters([app], {
        configs: new Map([
          [
            ROOT,
            {
              clusters: [
                { name: 'by-folder', destinations: [], folders, protected: false },
                { name: 'production', destinations, folders: [], protected: false },
              ],
            },
          ],
        ]),
        settings: settingsOf({ assignments }),
        contexts: [],
        argoClusters: [],
      })[0]?.destinationCluster;
    expect(app.destination.cluster).toEqual({ kind: 'context', name: 'prod-eks' });
    expect(placed(['prod-eks'])).toBe('production');
    expect(placed(['prod-eks'], {}, ['overlays'])).toBe('production');
    expect(placed(['prod'])).toBeUndefined();
    expect(placed(['prod'], {}, ['overlays'])).toBe('by-folder');
    expect(placed(['prod-eks'], { [app.key]: 'staging' })).toBe('staging');
  });

  it('never come from a context of the same name by itself', () => {
    const app = only(workflow('kubectl apply -k overlays/prod --context prod'));
    const [placed] = assignClusters([app], {
      configs: new Map(),
      settings: settingsOf(),
      contexts: [{ ref: { file: '/home/config', name: 'prod' }, server: 'https://x.example' }],
      argoClusters: [],
    });
    expect(placed?.destinationCluster).toBeUndefined();
  });

  it('are not looked for among the manifests', () => {
    const paths = ['.github/workflows/deploy.yml', '.gitlab-ci.yml', 'Jenkinsfile', 'deploy.sh'];
    expect(parseCandidates(paths)).toEqual([]);
  });
});
