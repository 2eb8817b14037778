import { afterEach, describe, expect, it } from 'vitest';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { presentChanges } from '../../src/views/changes/present';
import { presentLens } from '../../src/views/impact/present';
import { changesOf, createRepository, edit, localOf, openWorkbench, REMOTE } from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const CRD = [
  'apiVersion: apiextensions.k8s.io/v1',
  'kind: CustomResourceDefinition',
  'metadata: {name: widgets.acme.example}',
  'spec: {group: acme.example, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: []}',
  '',
].join('\n');

function template(label: string): string {
  return [
    'apiVersion: v1',
    'kind: ConfigMap',
    `metadata: {name: web, labels: {look: ${label}}}`,
    'data: {size: {{ .Values.size | quote }}}',
    '',
  ].join('\n');
}

function chart(version: string): string {
  return `apiVersion: v2\nname: shop\nversion: ${version}\n`;
}

function release(spec: Readonly<Record<string, unknown>> = {}, chartSpec = {}): string {
  return JSON.stringify({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'shop', namespace: 'web' },
    spec: {
      chart: {
        spec: {
          chart: './charts/shop',
          sourceRef: { kind: 'GitRepository', name: 'gitops' },
          ...chartSpec,
        },
      },
      ...spec,
    },
  });
}

const FILES = {
  'clusters/source.yaml': JSON.stringify({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'gitops', namespace: 'web' },
    spec: { url: REMOTE, ref: { branch: 'main' } },
  }),
  'clusters/release.yaml': release(),
  'charts/shop/Chart.yaml': chart('1.0.0'),
  'charts/shop/values.yaml': 'size: 1\n',
  'charts/shop/templates/web.yaml': template('plain'),
  'charts/shop/crds/widget.yaml': CRD,
};

async function open(
  files: Readonly<Record<string, string>> = {},
): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  const repository = createRepository({ ...FILES, ...files });
  owned.push(repository.remove);
  const workbench = openWorkbench([repository.path]);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

const TEMPLATE = 'charts/shop/templates/web.yaml';
const NO_RELEASE = {
  kind: 'no-release',
  message: expect.stringMatching(/^No release: bump the version\. .*1\.0\.0.* 1 object,/) as string,
};

describe('a chart in Git with reconcileStrategy ChartVersion', () => {
  it('makes no release of edited templates until its version is another', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { [TEMPLATE]: template('new') });
    expect(localOf(workbench, 'web/shop')).toMatchObject({ changes: [], notes: [NO_RELEASE] });
    const impact = workbench.impactOf(repository.file(TEMPLATE));
    expect(impact).toMatchObject({ apps: [], objectCount: 0, notes: [NO_RELEASE.message] });
    const file = { reserved: true, indexing: false, stale: false };
    expect(presentLens(impact, file)).toBe('No release: bump the version ⚠');
    const [row] = presentChanges({
      state: workbench.state(),
      impactOf: (path) => workbench.impactOf(path),
      ticked: () => undefined,
      nowMs: 0,
    });
    expect(row?.description).toContain('No release: bump the version.');
    expect(row?.description).not.toContain('changes no object');

    await edit(workbench, repository, { 'charts/shop/Chart.yaml': chart('1.0.1') });
    expect(localOf(workbench, 'web/shop')).not.toHaveProperty('notes');
    expect(changesOf(workbench, 'web/shop')).toEqual([
      'ConfigMap web changed /metadata/labels/look "plain"→"new"',
    ]);
    // Which of two files changes what is rendered once somebody asks.
    workbench.impactOf(repository.file(TEMPLATE));
    await workbench.whenIdle();
    expect(workbench.impactOf(repository.file(TEMPLATE))).toMatchObject({ objectCount: 1 });
  });

  it('releases new values over the chart as it was', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, {
      [TEMPLATE]: template('new'),
      'clusters/release.yaml': release({ values: { size: 2 } }),
    });
    expect(changesOf(workbench, 'web/shop')).toEqual(['ConfigMap web changed /data/size "1"→"2"']);
    expect(localOf(workbench, 'web/shop')).toMatchObject({ notes: [NO_RELEASE] });
    expect(workbench.impactOf(repository.file(TEMPLATE))).toMatchObject({ objectCount: 0 });
    const definition = workbench.impactOf(repository.file('clusters/release.yaml'));
    expect(definition).toMatchObject({ objectCount: 1 });
  });

  it('releases values that a generator takes from a file', async () => {
    const values = release({ valuesFrom: [{ kind: 'ConfigMap', name: 'values' }] });
    const { workbench, repository } = await open({
      'clusters/release.yaml': values,
      'clusters/kustomization.yaml':
        'namespace: web\nresources: [release.yaml, source.yaml]\nconfigMapGenerator:\n- {name: values, files: [values.yaml=env/shop.yaml]}\n',
      'clusters/env/shop.yaml': 'size: 3\n',
    });
    await edit(workbench, repository, {
      'clusters/env/shop.yaml': 'size: 4\n',
      [TEMPLATE]: template('new'),
    });
    expect(changesOf(workbench, 'web/shop')).toEqual(['ConfigMap web changed /data/size "3"→"4"']);
    expect(localOf(workbench, 'web/shop')).toMatchObject({ notes: [NO_RELEASE] });
  });

  it.each([
    ['with strategy Revision', release({}, { reconcileStrategy: 'Revision' }), {}],
    [
      'once the chart reference is edited',
      release(),
      { 'clusters/release.yaml': release({}, { interval: '9m' }) },
    ],
  ])('is released %s', async (_name, definition, more) => {
    const { workbench, repository } = await open({ 'clusters/release.yaml': definition });
    await edit(workbench, repository, { [TEMPLATE]: template('new'), ...more });
    expect(changesOf(workbench, 'web/shop')).toHaveLength(1);
  });

  it('says nothing where the edits change no object', async () => {
    const { workbench, repository } = await open();
    await edit(workbench, repository, { [TEMPLATE]: `${template('plain')}# note\n` });
    expect(localOf(workbench, 'web/shop')).toMatchObject({ changes: [] });
    expect(localOf(workbench, 'web/shop')).not.toHaveProperty('notes');
  });
});

describe('the files in crds/', () => {
  const bumped = { 'charts/shop/Chart.yaml': chart('1.0.1') };
  const OLD = {
    'charts/shop/crds/widget.yaml': CRD.replace('versions: []', 'versions: [{name: v1}]'),
  };
  const NEW = {
    'charts/shop/crds/gadget.yaml': CRD.replaceAll('widget', 'gadget').replace('Widget', 'Gadget'),
  };

  it.each([
    [{ crds: 'Skip' }, [], 'gadgets.acme.example, widgets.acme.example'],
    [{}, ['added', 'changed'], undefined],
    [{ crds: 'Create' }, ['added', 'changed'], undefined],
    [{ serverSideApply: 'disabled' }, ['added'], 'widgets.acme.example'],
    [{ crds: 'CreateReplace', serverSideApply: 'disabled' }, ['added', 'changed'], undefined],
  ])('under upgrade %j', async (upgrade, actions, unapplied) => {
    const definition = release({ upgrade });
    const { workbench, repository } = await open({ 'clusters/release.yaml': definition });
    await edit(workbench, repository, { ...bumped, ...OLD, ...NEW });
    const { changes, notes = [] } = localOf(workbench, 'web/shop');
    expect(changes.map(({ action }) => action).sort()).toEqual(actions);
    const said = notes.map(({ message }) => message).join();
    expect(said).toBe(
      unapplied === undefined
        ? ''
        : `Not applied: ${unapplied} in crds/, since spec.upgrade.crds is ${'crds' in upgrade ? upgrade.crds : 'Create'}.`,
    );
  });
});
