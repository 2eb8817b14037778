import type { App } from '../../../src/model/app';
import {
  type FileEdit,
  type RenderSource,
  singleSources,
  type SingleSource,
} from '../../../src/model/render';
import { discovered, type FileTable } from './inMemory';

/** A chart, overlays, and plain manifests, as push repositories have them. */
export const CONTENT: FileTable = {
  'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'charts/web/values.yaml': 'a: 1\n',
  'charts/web/values-prod.yaml': 'a: 2\n',
  'charts/web/values-staging.yaml': 'a: 3\n',
  'charts/api/Chart.yaml': 'apiVersion: v2\nname: api\nversion: 1.0.0\n',
  'env/prod.yaml': 'b: 1\n',
  'env/staging.yaml': 'b: 2\n',
  'base/kustomization.yaml': 'resources: [cm.yaml]\n',
  'base/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\n',
  'overlays/prod/kustomization.yaml': 'resources: [../../base]\n',
  'overlays/staging/kustomization.yaml': 'resources: [../../base]\n',
  'manifests/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
  'manifests/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n',
};

/** The apps that pipelines make of the content and these files, one line each. */
export function told(files: FileTable): readonly string[] {
  return pipelineApps(files).map(lineOf);
}

export function pipelineApps(files: FileTable): readonly App[] {
  return discovered({ ...CONTENT, ...files }).apps.filter(({ pipeline }) => pipeline !== undefined);
}

/** `name: kind source @namespace >context ?unresolved !notes`, without what is not said. */
export function lineOf(app: App): string {
  const { destination, pipeline, source, problems } = app;
  const { cluster, namespace } = destination;
  const notes = problems.filter(({ code }) => code === 'pipeline-note');
  return [
    `${app.name}:`,
    pipeline?.rendersOnly === true ? 'renders' : '',
    sourceText(app),
    source.kind === 'local' && source.render.kind === 'helm' ? '' : namespace && `@${namespace}`,
    cluster.kind === 'context' ? `>${cluster.name}` : '',
    ...(pipeline?.unresolved ?? []).map((one) => `?${one}`),
    ...(pipeline?.edits ?? []).map(editText),
    ...notes.map(({ message }) => `!${message}`),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** `~path<from envsubst a=1`. */
function editText({ path, from, steps }: FileEdit): string {
  const programs = steps.map((step) =>
    step.kind === 'replace'
      ? ` s/${step.pattern}/`
      : ` envsubst${Object.entries(step.variables)
          .map((pair) => ` ${pair.join('=')}`)
          .join('')}${step.only === undefined ? '' : ` only ${step.only.join(',')}`}`,
  );
  return `~${path}${path === from ? '' : `<${from}`}${programs.join('')}`;
}

function sourceText({ source }: App): string {
  if (source.kind === 'unsupported') return `UNSUPPORTED ${source.reason}`;
  return source.kind === 'local' ? renderText(source.render) : source.kind;
}

function renderText(render: RenderSource): string {
  return render.kind === 'several'
    ? singleSources(render).map(singleText).join(' + ')
    : singleText(render);
}

function singleText(source: SingleSource): string {
  switch (source.kind) {
    case 'helm': {
      const { chart, path, releaseName, namespace, valueFiles } = source;
      const from =
        chart === undefined ? path : `${chart.repository} ${chart.name} ${chart.version}`;
      return [
        `helm ${releaseName} ${from.trim()} @${namespace}`,
        ...valueFiles.map((file) => `-f ${file}`),
        ...(source.arguments ?? []).map(
          ({ flag, text, folder }) =>
            `--${flag} ${text}${folder === undefined || folder === '' ? '' : ` in ${folder}`}`,
        ),
        ...(source.values === undefined ? [] : [JSON.stringify(source.values)]),
        ...(source.includeCrds ? [] : ['no-crds']),
        ...(source.isUpgrade === true ? ['upgrade'] : []),
        ...(source.skipHooks === true ? ['no-hooks'] : []),
        ...(source.kubeVersion === undefined ? [] : [source.kubeVersion]),
        ...(source.apiVersions ?? []),
      ].join(' ');
    }
    case 'kustomize':
      return `kustomize ${source.path}${source.overrides === undefined ? '' : ` ${JSON.stringify(source.overrides)}`}`;
    case 'directory':
      return `folder ${source.path}${source.recurse ? '/**' : ''}${source.include === undefined ? '' : ` ${source.include}`}${source.exclude === undefined ? '' : ` not ${source.exclude}`}`;
    case 'flux':
      return 'flux';
  }
}

/** A GitHub workflow of one job with these steps as `run`. */
export function workflow(...scripts: readonly string[]): FileTable {
  const steps = scripts.map(
    (script) =>
      `      - run: |\n${script
        .split('\n')
        .map((line) => `          ${line}`)
        .join('\n')}`,
  );
  return {
    '.github/workflows/deploy.yml': `on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n${steps.join('\n')}\n`,
  };
}
