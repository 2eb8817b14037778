import { afterEach, describe, expect, it } from 'vitest';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import {
  appNamed,
  changesOf,
  createRepository,
  edit,
  localOf,
  openWorkbench,
  remove,
  type TestRepository,
} from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const WORKFLOW = '.github/workflows/deploy.yml';

function workflow(command: string): string {
  return `on: push\njobs:\n  deploy:\n    steps:\n      - run: ${command}\n`;
}

const TEMPLATE = `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {stage: {{ .Values.stage | quote }}, tag: {{ .Values.tag | quote }}}
`;

const FILES = {
  [WORKFLOW]: workflow('helm upgrade -i web charts/web -f env/prod.yaml --set tag=1'),
  'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'charts/web/values.yaml': 'stage: none\ntag: none\n',
  'charts/web/templates/config.yaml': TEMPLATE,
  'env/prod.yaml': 'stage: prod\n',
  'env/staging.yaml': 'stage: staging\n',
};

async function open(
  files: Readonly<Record<string, string>> = FILES,
): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  const repository = createRepository(files);
  owned.push(repository.remove);
  const workbench = openWorkbench([repository.path]);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

function namesOf(workbench: CoreWorkbench): readonly string[] {
  return workbench.state().apps.map(({ app }) => app.name);
}

function dataOf(workbench: CoreWorkbench, name: string): unknown {
  const { working } = appNamed(workbench, name);
  if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
  return formOf(working.desired.objects).map(({ object }) => object['data']);
}

describe('edits of what a pipeline deploys', () => {
  it('of its command change the app', async () => {
    const { workbench, repository } = await open();
    expect(dataOf(workbench, 'web')).toEqual([{ stage: 'prod', tag: '1' }]);
    await edit(workbench, repository, {
      [WORKFLOW]: workflow('helm upgrade -i web charts/web -f env/staging.yaml --set tag=2'),
    });
    expect(dataOf(workbench, 'web')).toEqual([{ stage: 'staging', tag: '2' }]);
    expect(changesOf(workbench, 'web')).toEqual([
      'ConfigMap web changed /data/stage "prod"→"staging"',
      'ConfigMap web changed /data/tag "1"→"2"',
    ]);
  });

  it('of its values file change the app', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { 'env/prod.yaml': 'stage: live\n' });
    expect(dataOf(workbench, 'web')).toEqual([{ stage: 'live', tag: '1' }]);
    await edit(workbench, repository, { 'env/staging.yaml': 'stage: other\n' });
    expect(changesOf(workbench, 'web')).toEqual([
      'ConfigMap web changed /data/stage "prod"→"live"',
    ]);
  });

  it('that are not saved count', async () => {
    const { workbench, repository } = await open();
    workbench.setBuffer(
      repository.file(WORKFLOW),
      workflow('helm upgrade -i web charts/web --set tag=typed'),
    );
    await workbench.whenIdle();
    expect(dataOf(workbench, 'web')).toEqual([{ stage: 'none', tag: 'typed' }]);
  });

  it('that take the command away leave the guess, and the app as one that goes', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { [WORKFLOW]: workflow('echo nothing') });
    expect(namesOf(workbench)).toEqual(['charts/web', 'web']);
    expect(localOf(workbench, 'web').appAction).toBe('removed');
    await remove(workbench, repository, WORKFLOW);
    expect(namesOf(workbench)).toEqual(['charts/web', 'web']);
  });

  it('that bring a pipeline stand in for the guess', async () => {
    const rest = Object.fromEntries(Object.entries(FILES).filter(([path]) => path !== WORKFLOW));
    const { workbench, repository } = await open(rest);
    expect(namesOf(workbench)).toEqual(['charts/web']);
    await edit(workbench, repository, { '.gitlab-ci.yml': 'a: {script: [./x.sh]}\n' });
    expect(namesOf(workbench)).toEqual(['charts/web']);
    await edit(workbench, repository, { 'x.sh': 'helm upgrade -i shop charts/web\n' });
    expect(namesOf(workbench)).toContain('shop');
    expect(localOf(workbench, 'shop').appAction).toBe('added');
    await edit(workbench, repository, { 'x.sh': 'helm upgrade -i store charts/web\n' });
    expect(namesOf(workbench)).not.toContain('shop');
    expect(namesOf(workbench)).toContain('store');
  });

  it('that bring the file that a command names mend it', async () => {
    const { workbench, repository } = await open({
      ...FILES,
      [WORKFLOW]: workflow('helm upgrade -i web charts/web -f env/late.yaml'),
    });
    expect(appNamed(workbench, 'web').app.source).toEqual({
      kind: 'unsupported',
      reason: 'The values file env/late.yaml is not in the repository.',
    });
    await edit(workbench, repository, { 'env/late.yaml': 'stage: late\n' });
    expect(dataOf(workbench, 'web')).toEqual([{ stage: 'late', tag: 'none' }]);
  });

  it('elsewhere leave it as it is', async () => {
    const { workbench, repository } = await open();
    const before = appNamed(workbench, 'web').app;
    await edit(workbench, repository, { 'README.md': 'hello\n', 'env/new.yaml': 'a: 1\n' });
    expect(appNamed(workbench, 'web').app).toBe(before);
  });

  it('are told at the line of the workflow where a run decides', async () => {
    const { workbench } = await open({
      ...FILES,
      [WORKFLOW]: workflow('helm upgrade -i web charts/web --set tag=$GITHUB_SHA'),
    });
    expect(dataOf(workbench, 'web')).toEqual([{ stage: 'none', tag: '<pipeline:GITHUB_SHA>' }]);
    expect(appNamed(workbench, 'web').app.problems).toMatchObject([
      { severity: 'info', location: { path: WORKFLOW, line: 5 } },
    ]);
  });
});
