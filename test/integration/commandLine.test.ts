import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSample } from '../lab/sample.mjs';
import { createFolder } from '../unit/render/engine';
import type { Ended } from './commandWorld';
import { call, gitIn, objectsByKey, oracles, plumbline } from './commandWorld';

const SHOP_PRODUCTION = 'argocd/shop-production';
const OVERLAY = 'apps/checkout/overlays/production';
const PRODUCTION_VALUES = 'charts/shop/values-prod.yaml';

const top = mkdtempSync(join(tmpdir(), 'plumbline-cli-'));
const sample = join(top, 'sample');
const git = gitIn(sample);

beforeAll(async () => {
  await createSample({ dir: sample });
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const run = (...args: readonly string[]): Promise<Ended> => plumbline(args, { cwd: sample });

/** Edits the sample for one test and takes the edits back. */
async function withFiles<T>(
  files: Readonly<Record<string, (text: string) => string>>,
  use: () => Promise<T>,
): Promise<T> {
  try {
    for (const [path, change] of Object.entries(files)) {
      const before = readFileSync(join(sample, path), 'utf8');
      const after = change(before);
      if (before === after) throw new Error(`${path} is not changed by the test`);
      writeFileSync(join(sample, path), after);
    }
    return await use();
  } finally {
    git('checkout', '-q', '--', '.');
    git('clean', '-q', '-d', '-f');
  }
}

function replicas(yaml: string, name: string): unknown {
  for (const { kind, metadata, spec } of objectsByKey(yaml).values()) {
    if (kind === 'Deployment' && metadata.name === name) {
      return (spec as { readonly replicas?: unknown }).replicas;
    }
  }
  return undefined;
}

describe('plumbline apps', () => {
  it('says what charts ask of clusters that nobody connected', async () => {
    const asking = (name: string) => ({
      [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`,
      [`${name}/templates/a.yaml`]: `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}}
data: {monitored: '{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}'}
`,
    });
    const folder = createFolder({ ...asking('one'), ...asking('two') });
    try {
      const note = 'The chart asks whether the cluster has monitoring.coreos.com/v1: assumed not.';
      const apps = await plumbline(['apps'], { cwd: folder.path });
      expect({ code: apps.code, err: apps.err }).toEqual({ code: 0, err: `one, two: ${note}\n` });
      const data = await plumbline(['apps', '-o', 'json'], { cwd: folder.path });
      expect(data.err).toBe('');
      expect(JSON.parse(data.out)).toMatchObject([{ notes: [note] }, { notes: [note] }]);
      const one = await plumbline(['render', 'one'], { cwd: folder.path });
      expect({ code: one.code, err: one.err }).toEqual({ code: 0, err: `${note}\n` });
    } finally {
      folder.remove();
    }
  });

  it('lists every app of the sample with kind, cluster, source and state', async () => {
    const { code, out, err } = await run('apps');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const rows = out
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/ {2,}/));
    expect(rows[0]).toEqual(['APP', 'KIND', 'CLUSTER', 'SOURCE', 'STATE']);
    expect(rows.slice(1).sort()).toEqual(
      [
        [
          'argocd/checkout-production',
          'Application',
          'production',
          `kustomize ${OVERLAY} (in Application argocd/root)`,
        ],
        [
          'argocd/checkout-staging',
          'Application',
          'staging',
          'kustomize apps/checkout/overlays/staging (in Application argocd/root)',
        ],
        [
          'argocd/platform',
          'Application',
          'production',
          'directory apps/platform (in Application argocd/root)',
        ],
        ['argocd/root', 'Application', 'production', 'directory argocd/apps'],
        [
          'argocd/shop-production',
          'Application',
          'production',
          'helm charts/shop (in Application argocd/root)',
        ],
        [
          'argocd/shop-staging',
          'Application',
          'staging',
          'helm charts/shop (in Application argocd/root)',
        ],
        [
          'deploy/status-page',
          'Folder',
          'production',
          'directory deploy/status-page (by GitHub Actions)',
        ],
        [
          'flux-system/infrastructure',
          'Kustomization',
          'staging',
          'flux infrastructure/staging (in Kustomization flux-system/staging)',
        ],
        [
          'flux-system/mailer',
          'HelmRelease',
          'staging',
          'helm charts/mailer (in Kustomization flux-system/staging)',
        ],
        [
          'flux-system/notifications',
          'Kustomization',
          'staging',
          'flux apps/notifications (in Kustomization flux-system/staging)',
        ],
        ['flux-system/staging', 'Kustomization', 'staging', 'flux clusters/staging'],
      ].map((row): unknown[] => [...row, expect.stringMatching(/^[1-9]\d* objects$/)]),
    );
  });

  it('gives the same as data, from another folder', async () => {
    const { code, out } = await plumbline(['apps', '-o', 'json', '--root', 'sample'], { cwd: top });
    expect(code).toBe(0);
    const apps = JSON.parse(out) as readonly Readonly<Record<string, unknown>>[];
    expect(apps).toHaveLength(11);
    expect(apps.find(({ name }) => name === 'shop-production')).toMatchObject({
      namespace: 'argocd',
      kind: 'Application',
      destinationCluster: 'production',
      definedIn: 'argocd/apps/shop-production.yaml',
      state: 'rendered',
      objects: 9,
      problems: [],
    });
  });
});

describe('plumbline render PATH', () => {
  it('equals helm template --include-crds, hooks included, object by object', async () => {
    const { helm } = await oracles();
    const values = ['--values', PRODUCTION_VALUES];
    const place = ['shop', 'charts/shop', '--namespace', 'shop', '--include-crds'];
    const oracle = await call(helm, ['template', ...place, ...values], {
      cwd: sample,
      env: { PATH: process.env['PATH'] ?? '', HOME: top },
    });
    expect(oracle.code, oracle.err).toBe(0);
    const release = ['--release', 'shop', '--namespace', 'shop'];
    const { code, out, err } = await run('render', 'charts/shop', ...release, ...values);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(objectsByKey(out)).toEqual(objectsByKey(oracle.out));
    expect([...objectsByKey(out).values()].map(({ kind }) => kind)).toContain('Job');
  });

  it('takes the defaults of helm where no release is named', async () => {
    const { helm } = await oracles();
    const oracle = await call(helm, ['template', 'charts/mailer', '--include-crds'], {
      cwd: sample,
      env: { PATH: process.env['PATH'] ?? '', HOME: top },
    });
    const { out } = await run('render', 'charts/mailer');
    expect(objectsByKey(out)).toEqual(objectsByKey(oracle.out));
  });

  it('equals kustomize build, object by object', async () => {
    const { kustomize } = await oracles();
    const oracle = await call(kustomize, ['build', OVERLAY], { cwd: sample });
    expect(oracle.code, oracle.err).toBe(0);
    const { code, out, err } = await run('render', OVERLAY, '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual([...objectsByKey(oracle.out).values()]);
  });

  it('shows the Secrets of a folder as they are', async () => {
    const { code, out } = await run('render', 'apps/platform');
    expect(code).toBe(0);
    expect(out).toContain('sample-secret-key-not-real');
  });

  it('needs no Git repository', async () => {
    const folder = join(top, 'plain');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'a.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n',
    );
    const { code, out } = await plumbline(['render', '.'], { cwd: folder });
    expect(code).toBe(0);
    expect([...objectsByKey(out).values()]).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
    ]);
  });

  it('says where a chart is broken, and prints nothing', async () => {
    const broken = {
      'charts/shop/templates/cache.yaml': (text: string) => `{{ .Nope.x }\n${text}`,
    };
    const { code, out, err } = await withFiles(broken, () => run('render', 'charts/shop'));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^charts\/shop\/templates\/cache\.yaml:1\S* error /m);
  });

  it.each([
    [['render'], 'Say one APP or PATH to render.'],
    [['render', 'a', 'b'], 'Say one APP or PATH to render.'],
    [['render', 'nothing'], 'There is no app nothing here.'],
    [['render', './nothing'], 'The folder nothing does not exist.'],
    [['render', 'charts/shop', '--values', 'no.yaml'], 'The values file no.yaml cannot be read.'],
    [['render', OVERLAY, '--values', 'README.md'], `${OVERLAY} is no chart: it takes no values.`],
    [['render', 'charts/shop', '--revision', 'none'], 'Revision "none" is not in the local'],
  ])('refuses %j in one line', async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toContain(sentence);
  });
});

describe('plumbline render APP', () => {
  it('masks the values of Secrets, unless told to show them', async () => {
    const masked = await run('render', 'argocd/platform');
    const shown = await run('render', 'platform', '--show-secrets');
    expect([masked.code, shown.code]).toEqual([0, 0]);
    expect(masked.out).toMatch(/kind: Secret/);
    expect(masked.out).not.toMatch(/SAMPLE-ACCESS-KEY|sample-secret-key-not-real/);
    const encoded = Buffer.from('sample-secret-key-not-real').toString('base64');
    expect(masked.out).not.toContain(encoded);
    const clear = shown.out.includes('sample-secret-key-not-real') || shown.out.includes(encoded);
    expect(clear).toBe(true);
  });

  it('is what the controller applies: namespaces and tracking are there', async () => {
    const { out } = await run('render', SHOP_PRODUCTION);
    const objects = [...objectsByKey(out).values()];
    const web = objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'shop-web',
    );
    expect(web?.metadata).toMatchObject({
      namespace: 'shop',
      annotations: {
        'argocd.argoproj.io/tracking-id': 'shop-production:apps/Deployment:shop/shop-web',
      },
    });
  });

  it('renders another revision and leaves the working tree alone', async () => {
    const edit = {
      [PRODUCTION_VALUES]: (text: string) => text.replace(/replicas: \d+/, 'replicas: 9'),
    };
    await withFiles(edit, async () => {
      const now = await run('render', 'shop-production');
      const head = await run('render', 'shop-production', '--revision', 'HEAD');
      const before = await run(
        'render',
        'shop-production',
        '--revision',
        git('rev-parse', 'HEAD~1'),
      );
      expect(replicas(now.out, 'shop-web')).toBe(9);
      expect(replicas(head.out, 'shop-web')).toBe(3);
      expect([head.out.includes('shop-banner'), before.out.includes('shop-banner')]).toEqual([
        false,
        true,
      ]);
      expect(git('status', '--porcelain')).toBe(`M ${PRODUCTION_VALUES}`);
    });
  });

  it('asks which one of two apps is meant, with the candidates', async () => {
    const copy = readFileSync(join(sample, 'argocd/apps/shop-production.yaml'), 'utf8');
    const file = join(sample, 'argocd/apps/other.yaml');
    try {
      writeFileSync(file, copy.replace('namespace: argocd', 'namespace: argocd-2'));
      const { code, out, err } = await run('render', 'shop-production');
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('shop-production can be several apps:');
      expect(err).toContain('Application argocd/shop-production');
      expect(err).toContain('Application argocd-2/shop-production');
      const one = await run('render', SHOP_PRODUCTION);
      expect(one.code).toBe(0);
    } finally {
      rmSync(file, { force: true });
    }
  });
});

describe('plumbline diff --against HEAD', () => {
  const edit = {
    [PRODUCTION_VALUES]: (text: string) => text.replace(/replicas: \d+/, 'replicas: 9'),
  };

  it('ends with 0 where nothing differs', async () => {
    expect(await run('diff', '--against', 'HEAD')).toEqual({ code: 0, out: '', err: '' });
  });

  it('ends with 1 and shows the objects of the apps that an edit changes', async () => {
    const { code, out, err } = await withFiles(edit, () => run('diff', '--against', 'HEAD'));
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out.match(/^# .*/gm)).toEqual([
      `# ${SHOP_PRODUCTION}: Deployment shop/shop-web changed`,
    ]);
    expect(out.match(/^[+-] .*/gm)).toEqual(['-  replicas: 3', '+  replicas: 9']);
  });

  it('looks at the named apps only, and gives data', async () => {
    const [staging, production] = await withFiles(edit, async () => [
      await run('diff', 'shop-staging', '--against', 'HEAD'),
      await run('diff', 'shop-production', '--against', 'HEAD', '-o', 'json'),
    ]);
    expect(staging).toMatchObject({ code: 0, out: '' });
    expect(production?.code).toBe(1);
    const [answer] = JSON.parse(production?.out ?? '[]') as readonly {
      readonly changes: readonly {
        readonly id: object;
        readonly fields: readonly object[];
      }[];
    }[];
    expect(answer?.changes).toHaveLength(1);
    expect(answer?.changes[0]).toMatchObject({
      id: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'shop-web' },
      action: 'changed',
      fields: [{ pointer: '/spec/replicas', before: 3, after: 9 }],
    });
  });

  it('never shows what a Secret held or holds', async () => {
    const secret = {
      'apps/platform/backup-credentials.yaml': (text: string) =>
        text.replace('sample-secret-key-not-real', 'another-secret-not-real'),
    };
    for (const format of ['text', 'json']) {
      const { code, out, err } = await withFiles(secret, () =>
        run('diff', 'platform', '--against', 'HEAD', '-o', format),
      );
      expect(code).toBe(1);
      expect(out).toContain('backup-credentials');
      for (const value of ['sample-secret-key-not-real', 'another-secret-not-real']) {
        expect(out + err).not.toContain(value);
        expect(out + err).not.toContain(Buffer.from(value).toString('base64'));
      }
    }
  });

  it('ends with 2 where an app cannot be rendered, and still compares the others', async () => {
    const broken = {
      ...edit,
      'apps/checkout/base/deployment.yaml': (text: string) => text.replace('kind:', '\tkind:'),
    };
    const { code, out, err } = await withFiles(broken, () => run('diff', '--against', 'HEAD'));
    expect(code).toBe(2);
    expect(out).toContain(`# ${SHOP_PRODUCTION}: Deployment shop/shop-web changed`);
    expect(err).toMatch(/^(.+, )?argocd\/checkout-production[,:] /m);
    expect(err).not.toContain(top);
  });

  it.each([
    [['diff', 'nothing'], 'There is no app nothing here.'],
    [['diff', '--against', 'none'], 'Revision "none" is not in the'],
    [['diff', 'platform', '--against', 'none'], 'argocd/platform: Revision "none" is not in the'],
    [
      ['diff', 'platform', '--against', 'live'],
      'argocd/platform: No context is chosen for production.',
    ],
  ])('ends %j with 2 and one line', async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toContain(sentence);
  });
});

describe('plumbline validate', () => {
  const FILE = 'deploy/status-page/deployment.yaml';
  const wrong = { [FILE]: (text: string) => text.replace('  replicas: 2', '  replicsa: 2') };
  const line = 9;

  it('finds nothing in the sample', async () => {
    expect(await run('validate')).toEqual({ code: 0, out: '', err: '' });
  });

  it('names file and line of an unknown field, in text, JSON and SARIF', async () => {
    await withFiles(wrong, async () => {
      const textual = await run('validate');
      expect(textual.code).toBe(1);
      expect(textual.out.trimEnd().split('\n')).toHaveLength(1);
      expect(textual.out).toMatch(new RegExp(`^${FILE}:${line}:\\d+ error \\S+ .*replicsa`));

      const data = await run('validate', 'deploy/status-page', '-o', 'json');
      expect({ code: data.code, err: data.err }).toEqual({ code: 1, err: '' });
      expect(JSON.parse(data.out)).toMatchObject([
        { severity: 'error', location: { path: FILE, line } },
      ]);

      const sarif = await run('validate', FILE.slice(0, FILE.lastIndexOf('/')), '-o', 'sarif');
      expect({ code: sarif.code, err: sarif.err }).toEqual({ code: 1, err: '' });
      const [report] = (JSON.parse(sarif.out) as { readonly runs: readonly SarifRun[] }).runs;
      const [result] = report?.results ?? [];
      expect(report?.tool.driver.rules.map(({ id }) => id)).toEqual([result?.ruleId]);
      expect(result).toMatchObject({
        level: 'error',
        locations: [
          { physicalLocation: { artifactLocation: { uri: FILE }, region: { startLine: line } } },
        ],
      });
    });
  });

  it('checks a path that belongs to no app', async () => {
    const folder = join(sample, 'drafts');
    try {
      mkdirSync(folder);
      writeFileSync(
        join(folder, 'a.yaml'),
        'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: web}\n',
      );
      const { code, out } = await run('validate', './drafts');
      expect(code).toBe(1);
      expect(out).toMatch(/^drafts\/a\.yaml:4\S* error /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends with 2 for what is neither app nor path', async () => {
    expect(await run('validate', 'nothing')).toEqual({
      code: 2,
      out: '',
      err: 'There is no app and no path nothing here.\n',
    });
  });
});

interface SarifRun {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly results: readonly { readonly ruleId: string }[];
}

describe('help and mistakes', () => {
  it.each([
    ['apps', ['--root', '--output']],
    ['render', ['--revision', '--values', '--release', '--namespace', '--show-secrets']],
    ['diff', ['--against', '--context', '--explain', '--show-ignored', '--output']],
    ['validate', ['--output', 'sarif']],
    ['sync', ['--context', '--yes', '--confirm']],
    ['reconcile', ['--context', '--yes', '--confirm']],
    ['pr', ['--path', '--title', '--branch', '--plan', '--yes', 'GITEA_TOKEN']],
  ])('%s --help tells its options', async (name, words) => {
    const { code, out, err } = await run(name, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: plumbline ${name}`);
    for (const word of words) expect(out).toContain(word);
  });

  it('lists every command, and takes no command for a mistake', async () => {
    const [asked, bare] = [await run('--help'), await run()];
    expect([asked.code, bare.code]).toEqual([0, 2]);
    for (const name of ['apps', 'render', 'diff', 'validate', 'sync', 'reconcile', 'pr']) {
      expect(asked.out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
  });

  it.each([
    [['frobnicate'], 'There is no command frobnicate. plumbline --help lists them.\n'],
    [['apps', '--colour'], "Unknown option '--colour'.\nUsage: plumbline apps "],
    [['apps', '-o', 'xml'], 'There is no output format xml; choose text, json.\n'],
    [['sync'], 'Say one APP to sync.\n'],
    [['reconcile', 'a', 'b'], 'Say one APP to reconcile.\n'],
    [['sync', 'nothing', '--yes'], 'There is no app nothing here.\n'],
    [['apps', '--root', 'nothing'], 'There is no folder nothing.\n'],
  ])('%j ends with 2 and says why', async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/^\s+at /m);
  });
});
