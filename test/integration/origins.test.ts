import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main';
import type { Tools } from '../../src/cli/command';
import type { OriginPlace } from '../../src/model/origin';
import type { KubeObject } from '../../src/model/resource';
import { resourceIdOf, resourceKey } from '../../src/model/resource';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createSample } from '../lab/sample.mjs';
import { never } from '../unit/render/engine';
import {
  application,
  appNamed,
  createRepository,
  deployment,
  openWorkbench,
  shopChart,
} from './pipelineWorld';

/** What the values schema of the sample takes in place of one another. */
const KNOWN_WORDS = ['warn', 'CHF', 'NodePort', 'Always'];

/** What a person would type over a value: another one of the same sort, quotes left as they are. */
function retyped(value: string): readonly string[] {
  const number = /^\d+/.exec(value)?.[0];
  const next = number === undefined ? [] : [`${Number(number) + 1}${value.slice(number.length)}`];
  const flags = { true: 'false', false: 'true' };
  const flag = Object.entries(flags).find(([word]) => value.startsWith(word));
  const flipped = flag === undefined ? [] : [`${flag[1]}${value.slice(flag[0].length)}`];
  const end = /["',}\]\s]*$/.exec(value)?.index ?? value.length;
  const comma = value.indexOf(',');
  const item = comma < 0 ? [] : [`${value.slice(0, comma)}x${value.slice(comma)}`];
  return [
    ...next,
    ...flipped,
    ...item,
    `${value.slice(0, end)}x${value.slice(end)}`,
    `${value}x`,
    ...KNOWN_WORDS,
  ];
}

function edits(text: string, { line = 1, column }: OriginPlace): readonly string[] {
  const lines = text.split('\n');
  const old = lines[line - 1] ?? '';
  const named = /^(\s*(?:- )?(?:[^\s:]+:\s+)*)/.exec(old)?.[0].length ?? 0;
  const at = Math.max(named, column === undefined ? 0 : column - 1);
  return retyped(old.slice(at)).map((changed) =>
    lines.with(line - 1, old.slice(0, at) + changed).join('\n'),
  );
}

function fieldOf(object: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (holder, part) =>
        typeof holder === 'object' && holder !== null
          ? (holder as Readonly<Record<string, unknown>>)[part]
          : undefined,
      object,
    );
}

function pointersOf(value: unknown, at = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return value === '' ? [] : [at];
  return Object.entries(value).flatMap(([key, entry]) =>
    pointersOf(entry, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** The app's objects as its source makes them now. */
function rendered(workbench: CoreWorkbench, name: string): readonly KubeObject[] {
  const { working } = appNamed(workbench, name);
  return working.kind === 'rendered'
    ? formOf(working.desired.objects).map(({ object }) => object)
    : [];
}

interface Question {
  readonly app: string;
  readonly object: KubeObject;
  readonly pointer: string;
}

/** Whether the object has another value in the field, or went with the name that the field is. */
function moved(workbench: CoreWorkbench, { app, object, pointer }: Question): boolean {
  const key = resourceKey(resourceIdOf(object));
  const before = fieldOf(object, pointer);
  const objects = rendered(workbench, app);
  const now = objects.find((one) => resourceKey(resourceIdOf(one)) === key);
  if (now !== undefined) return fieldOf(now, pointer) !== before;
  return objects.some((one) => one.kind === object.kind && fieldOf(one, pointer) !== before);
}

async function decides(
  workbench: CoreWorkbench,
  question: Question,
  place: OriginPlace,
): Promise<boolean> {
  const file = join(place.root, place.path);
  try {
    for (const text of edits(readFileSync(file, 'utf8'), place)) {
      workbench.setBuffer(file, text);
      await workbench.whenIdle();
      if (moved(workbench, question)) return true;
    }
    return false;
  } finally {
    workbench.setBuffer(file, undefined);
    await workbench.whenIdle();
  }
}

function lineAt({ root, path, line = 1 }: OriginPlace): string {
  return readFileSync(join(root, path), 'utf8').split('\n')[line - 1]?.trim() ?? '';
}

describe('the sample repository', () => {
  const top = mkdtempSync(join(realpathSync(tmpdir()), 'plumbline-origins-'));
  const sample = join(top, 'sample');
  const opened: CoreWorkbench[] = [];
  const open = (): CoreWorkbench => {
    const workbench = openWorkbench([sample]);
    opened.push(workbench);
    return workbench;
  };
  beforeAll(async () => {
    await createSample({ dir: sample });
  });
  afterAll(() => {
    for (const workbench of opened) workbench.dispose();
    rmSync(top, { recursive: true, force: true });
  });

  it.each([
    ['argocd/shop-staging', 'value: debug', 'parameter', /LOG_LEVEL$/],
    ['flux-system/notifications', "worker_replicas: '2'", 'substitution', /^\/spec\/replicas$/],
    ['flux-system/notifications', 'cluster_name: staging', 'substitution', /CLUSTER$/],
    ['flux-system/notifications', 'targetNamespace: notifications', 'transformer', /namespace$/],
    ['flux-system/mailer', 'host: smtp.staging.acme.example', 'inline-values', /./],
    ['flux-system/mailer', 'replicas: 2', 'inline-values', /^\/spec\/replicas$/],
  ])('%s has %s decide a field as %s', async (app, line, kind, field) => {
    const workbench = open();
    await workbench.whenIdle();
    const { key } = appNamed(workbench, app).app;
    const value = line.slice(line.indexOf(': ') + 2).replaceAll("'", '');
    for (const object of rendered(workbench, app)) {
      for (const pointer of pointersOf(object).filter((one) => field.test(one))) {
        if (!String(fieldOf(object, pointer)).includes(value)) continue;
        const resource = resourceKey(resourceIdOf(object));
        const { places } = await workbench.originsOf(key, resource, pointer, never);
        const place = places.find((one) => one.kind === kind && lineAt(one) === line);
        if (place === undefined) continue;
        expect(await decides(workbench, { app, object, pointer }, place)).toBe(true);
        return;
      }
    }
    throw new Error(`no field of ${app} has its place at ${line}`);
  });

  it('has the first-named place of every field that it asks about decide that field', async () => {
    const workbench = open();
    await workbench.whenIdle();
    const counts = { fields: 0, named: 0 };
    const wrong: string[] = [];
    for (const { app } of workbench.state().apps) {
      const name = `${app.namespace}/${app.name}`.replace(/^\//, '');
      for (const object of rendered(workbench, name)) {
        const resource = resourceKey(resourceIdOf(object));
        const own = pointersOf(object).filter((one) => !/^\/(kind|apiVersion)$/.test(one));
        // Its address is what tells that the folder is the repository of the app itself.
        if (object.kind === 'GitRepository') continue;
        for (const pointer of own.filter((_, index) => index % 9 === 4)) {
          counts.fields += 1;
          const { places } = await workbench.originsOf(app.key, resource, pointer, never);
          const [first] = places;
          if (first === undefined) continue;
          counts.named += 1;
          const right = await decides(workbench, { app: name, object, pointer }, first);
          if (!right) wrong.push(`${name} ${resource} ${pointer} → ${first.label}:${first.line}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(counts.fields).toBeGreaterThan(60);
    expect(counts.named / counts.fields).toBeGreaterThan(0.9);
  }, 240_000);

  it('answers on the command line', async () => {
    const run = async (...argv: string[]) => {
      const out: string[] = [];
      const err: string[] = [];
      const tools: Tools = {
        workbench: () => {
          const workbench = openWorkbench([]);
          opened.push(workbench);
          return workbench;
        },
        renderer: () => {
          throw new Error('not needed');
        },
        validator: () => {
          throw new Error('not needed');
        },
        fetcher: () => {
          throw new Error('not needed');
        },
      };
      const io = {
        out: (text: string) => out.push(text),
        err: (text: string) => err.push(text),
        colour: false,
        cwd: sample,
        environment: {},
        signal: never,
      };
      return { code: await main(argv, io, tools), out: out.join(''), err: err.join('\n') };
    };
    const field = 'spec.replicas';
    const app = 'flux-system/notifications';
    const text = await run('origin', app, 'Deployment/notifications-worker', field);
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(text.out).toMatch(/^clusters\/staging\/notifications\.yaml:\d+:\d+ +substitution /);
    const asJson = await run(
      'origin',
      app,
      'deployment/notifications-worker',
      `/${field.replace('.', '/')}`,
      '-o',
      'json',
    );
    expect(JSON.parse(asJson.out)).toMatchObject([
      { path: 'clusters/staging/notifications.yaml', kind: 'substitution', direct: true },
    ]);
    expect(
      await run('origin', app, 'Deployment/notifications-worker', 'spec.nothing'),
    ).toMatchObject({
      code: 1,
    });
    const unknown = await run('origin', app, 'Deployment/none', field);
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('apps/Deployment/notifications/notifications-worker');
    expect(await run('origin', app)).toMatchObject({ code: 2 });
  });
});

describe('inline values of Argo CD', () => {
  it('names their lines in the Application, and follows none that differs from the file', async () => {
    const shop = (name: string, helm: Readonly<Record<string, unknown>>): string =>
      JSON.stringify(JSON.parse(application(name, { path: 'charts/shop', helm })), undefined, 2);
    const repository = createRepository({
      ...shopChart('charts/shop'),
      'apps/object.json': shop('object', { valuesObject: { banner: 'from the object' } }),
      'apps/text.yaml': [
        'apiVersion: argoproj.io/v1alpha1',
        'kind: Application',
        'metadata: { name: text, namespace: argocd }',
        'spec:',
        '  project: default',
        '  destination: { server: https://kubernetes.default.svc, namespace: text }',
        '  source:',
        '    repoURL: https://git.acme.example/acme/gitops.git',
        '    targetRevision: HEAD',
        '    path: charts/shop',
        '    helm:',
        '      values: |',
        '        # first',
        '        banner: from the text',
        '',
      ].join('\n'),
      'apps/kustomize.json': application('kustomize', {
        path: 'checkout',
        kustomize: { images: ['registry.acme.example/main:7'], namePrefix: 'a-' },
      }),
      'checkout/kustomization.yaml': 'resources: [web.yaml]\n',
      'checkout/web.yaml': deployment('checkout', 2),
    });
    const workbench = openWorkbench([repository.path]);
    try {
      await workbench.whenIdle();
      const ask = async (app: string, resource: string, pointer: string) => {
        const { key } = appNamed(workbench, app).app;
        const { places } = await workbench.originsOf(key, resource, pointer, never);
        const [first] = places;
        return first && { kind: first.kind, path: first.path, text: lineAt(first) };
      };
      expect(await ask('argocd/object', '/ConfigMap//config', '/data/banner')).toEqual({
        kind: 'inline-values',
        path: 'apps/object.json',
        text: '"banner": "from the object"',
      });
      expect(await ask('argocd/text', '/ConfigMap//config', '/data/banner')).toEqual({
        kind: 'inline-values',
        path: 'apps/text.yaml',
        text: 'banner: from the text',
      });
      const rendered = {
        kind: 'rendered',
        appKey: appNamed(workbench, 'argocd/text').app.key,
      } as const;
      const shown = await workbench.document(rendered, never);
      const lines = 'text' in shown ? shown.text.split('\n') : [];
      const shownAt = async (text: string) => {
        const line = lines.findIndex((one) => one.trim() === text) + 1;
        const { places } = await workbench.originsAt(rendered, line, never);
        const [first] = places;
        return first && lineAt(first);
      };
      expect(await shownAt('banner: from the text')).toBe('banner: from the text');
      expect(await shownAt('replicas: 1')).toBe('replicas: 1');
      // What Argo CD adds stands in the Application; of a mapping the place of most of what is in it.
      expect(await shownAt('namespace: text')).toBe(
        'destination: { server: https://kubernetes.default.svc, namespace: text }',
      );
      expect(await shownAt('template:')).toBeDefined();
      expect(await ask('argocd/text', 'apps/Deployment//web', '/spec/replicas')).toEqual({
        kind: 'value',
        path: 'charts/shop/values.yaml',
        text: 'replicas: 1',
      });
      const image = '/spec/template/spec/containers/0/image';
      expect(await ask('argocd/kustomize', 'apps/Deployment//a-checkout', image)).toMatchObject({
        kind: 'transformer',
        path: 'apps/kustomize.json',
      });
      expect(
        await ask('argocd/kustomize', 'apps/Deployment//a-checkout', '/metadata/name'),
      ).toEqual({ kind: 'node', path: 'checkout/web.yaml', text: 'name: checkout' });
    } finally {
      workbench.dispose();
      repository.remove();
    }
  });
});
