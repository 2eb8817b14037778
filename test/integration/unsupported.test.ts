import { afterEach, describe, expect, it } from 'vitest';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createClustersPresenter } from '../../src/views/clusters/present';
import { presentRepository } from '../../src/views/repository/present';
import type { Row } from '../../src/views/row';
import { tooltipText } from '../unit/views/rows';
import { application, createRepository, deployment, openWorkbench, REMOTE } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

async function open(files: Readonly<Record<string, string>>): Promise<CoreWorkbench> {
  const repository = createRepository(files);
  const workbench = openWorkbench([repository.path]);
  owned.push(repository.remove, () => workbench.dispose());
  await workbench.whenIdle();
  return workbench;
}

function rowsBelow(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => [row, ...rowsBelow(row.children?.() ?? [])]);
}

function rowOf(rows: readonly Row[], label: string): Row {
  const found = rowsBelow(rows).find((row) => row.label === label);
  if (found === undefined) throw new Error(`no row ${label}`);
  return found;
}

const container = JSON.stringify({
  apiVersion: 'example.com/v1',
  kind: 'Labels',
  metadata: {
    name: 'labels',
    annotations: {
      'config.kubernetes.io/function': 'container: {image: registry.acme.example/labels:1}',
    },
  },
});
const exec = JSON.stringify({
  apiVersion: 'example.com/v1',
  kind: 'Maker',
  metadata: {
    name: 'maker',
    annotations: { 'config.kubernetes.io/function': 'exec: {path: ./make.sh}' },
  },
});

function kustomize(text: string, fn: string): Readonly<Record<string, string>> {
  return {
    'app/kustomization.yaml': text,
    'app/web.yaml': deployment('web', 1),
    'app/fn.yaml': fn,
    'apps/app.json': application('app', { path: 'app' }),
  };
}

const CASES: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'a function in a container that generates everything',
    kustomize('generators: [fn.yaml]\n', container),
    /Labels|fn\.yaml/,
  ],
  [
    'a function in a container that changes what is there',
    kustomize('resources: [web.yaml]\ntransformers: [fn.yaml]\n', container),
    /Labels|fn\.yaml/,
  ],
  ['a program that generates', kustomize('generators: [fn.yaml]\n', exec), /Maker|fn\.yaml/],
  [
    'a program that checks',
    kustomize('resources: [web.yaml]\nvalidators: [fn.yaml]\n', exec),
    /Maker|fn\.yaml/,
  ],
  [
    'a config management plugin',
    {
      'apps/app.json': application('app', { path: 'app', plugin: { name: 'own' } }),
      'app/x.yaml': deployment('web', 1),
    },
    /config management plugin/,
  ],
  [
    'the source hydrator',
    {
      'app/web.yaml': deployment('web', 1),
      'apps/app.json': application(
        'app',
        {},
        {
          source: undefined,
          sourceHydrator: {
            drySource: { repoURL: REMOTE, targetRevision: 'HEAD', path: 'app' },
            syncSource: { targetBranch: 'environments/prod', path: 'app' },
          },
        },
      ),
    },
    /hydrator/,
  ],
];

describe('what cannot be rendered here', () => {
  it.each(CASES)('%s is said on the row of the app, in both trees', async (_, files, words) => {
    const workbench = await open(files);
    const state = workbench.state();
    for (const rows of [createClustersPresenter(() => 0).rows(state), presentRepository(state)]) {
      const row = rowOf(rows, labelIn(rows));
      expect(`${row.description ?? ''} ${row.spoken}`).toMatch(words);
      expect(tooltipText(row)).toMatch(words);
    }
  });
});

/** Below one parent the name alone is enough. */
function labelIn(rows: readonly Row[]): string {
  return rowsBelow(rows).some(({ label }) => label === 'argocd/app') ? 'argocd/app' : 'app';
}
