import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FieldChange, ResourceChange } from '../../src/model/change';
import type { KubeObject } from '../../src/model/resource';
import { createFolder } from '../unit/render/engine';
import type { Ended } from './commandWorld';
import { gitIn, plumbline } from './commandWorld';
import type { ClusterName, LabCluster } from './liveLab';
import { connectTo, describeLab, labState, object, remove } from './liveLab';

/** Names of this run only: other tests share the lab. */
const mine = `plumbline-cli-${process.pid}`;
const PRODUCTION_VALUES = 'charts/shop/values-prod.yaml';

interface LiveAnswer {
  readonly app: { readonly name: string };
  readonly changes: readonly ResourceChange[];
  readonly unread?: readonly string[];
}

/** `checkout-production Deployment checkout changed /spec/… drift kubectl-edit`, one line a field. */
function told(answers: readonly LiveAnswer[]): readonly string[] {
  const lineOf = (app: string, change: ResourceChange, field?: FieldChange): string => {
    const what = `${app} ${change.id.kind} ${change.id.name} ${change.action}`;
    if (field === undefined || field.pointer === '') return what;
    const owner = field.owner?.manager ?? '-';
    return `${what} ${field.pointer} ${field.whose} ${owner}`;
  };
  return answers.flatMap(({ app, changes }) =>
    changes.flatMap((change) =>
      change.fields.length === 0
        ? [lineOf(app.name, change)]
        : change.fields.map((field) => lineOf(app.name, change, field)),
    ),
  );
}

describe.skipIf(labState === undefined)(
  'the command line against real clusters and a real forge (PLUMBLINE_LAB_STATE)',
  () => {
    const lab = labState === undefined ? undefined : describeLab();
    const top = mkdtempSync(join(tmpdir(), 'plumbline-cli-lab-'));
    const clone = join(top, 'gitops');
    const git = gitIn(clone);
    const made: { readonly cluster: ClusterName; readonly object: KubeObject }[] = [];
    const held: Partial<Record<ClusterName, LabCluster>> = {};

    const description = (): NonNullable<typeof lab> => {
      if (lab === undefined) throw new Error('no lab');
      return lab;
    };
    const gitea = (): NonNullable<typeof lab>['gitea'] => description().gitea;
    const on = (name: ClusterName): LabCluster => {
      const cluster = held[name];
      if (cluster === undefined) throw new Error('not connected');
      return cluster;
    };
    async function make(cluster: ClusterName, it: KubeObject): Promise<void> {
      made.push({ cluster, object: it });
      await on(cluster).apply(it);
    }

    async function forge(path: string, method = 'GET', body?: object): Promise<unknown> {
      const response = await fetch(`${gitea().url}/api/v1/repos/acme/gitops${path}`, {
        method,
        headers: {
          authorization: `token ${gitea().token}`,
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok && response.status !== 404) throw new Error(await response.text());
      const text = await response.text();
      return text === '' ? undefined : JSON.parse(text);
    }

    function run(
      args: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<Ended> {
      return plumbline(args, { cwd: clone, env: { KUBECONFIG: description().kubeconfig, ...env } });
    }
    async function live(args: readonly string[], kubeconfig: string) {
      const ended = await run(['diff', ...args, '--against', 'live', '-o', 'json'], {
        KUBECONFIG: kubeconfig,
      });
      return { ...ended, answers: JSON.parse(ended.out) as readonly LiveAnswer[] };
    }

    function edit(path: string, change: (text: string) => string): void {
      const before = readFileSync(join(clone, path), 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`${path} is not changed by the test`);
      writeFileSync(join(clone, path), after);
    }
    const push = (...refs: string[]): string =>
      git('push', '-q', description().gitea.pushUrl, ...refs);

    beforeAll(async () => {
      held.production = await connectTo(description(), 'production');
      held.staging = await connectTo(description(), 'staging');
      gitIn(top)('clone', '-q', gitea().cloneUrl, clone);
      git('config', 'user.name', 'Test');
      git('config', 'user.email', 'test@acme.example');
    });
    afterAll(async () => {
      for (const { cluster, object: it } of made.reverse()) {
        await remove(description(), cluster, it);
      }
      rmSync(top, { recursive: true, force: true });
    });

    describe('diff --against live', () => {
      it('finds what people did to the clusters, and who it was', async () => {
        const { code, answers, err } = await live([], description().kubeconfig);
        expect({ code, err }).toEqual({ code: 1, err: '' });
        const container = '/spec/template/spec/containers/0';
        expect(told(answers)).toEqual(
          expect.arrayContaining([
            'checkout-production Service checkout added',
            `checkout-production Deployment checkout changed ${container}/resources/limits/memory drift kubectl-edit`,
            'shop-production ConfigMap shop-incident-flags removed',
            `shop-staging Deployment shop-web changed ${container}/image drift kubectl-set`,
            'notifications Deployment notifications-worker changed /spec/replicas drift kubectl',
            'deploy/status-page ConfigMap status-page changed /data/refresh-seconds drift kubectl-patch',
          ]),
        );
        const quiet = answers.filter(({ changes }) => changes.length === 0);
        expect(quiet.map(({ app }) => app.name)).toEqual(
          expect.arrayContaining(['checkout-staging', 'platform', 'infrastructure']),
        );
      });

      it('tells drift from what is merged and not yet applied', async () => {
        const { answers } = await live(['shop-production'], description().kubeconfig);
        const fields = answers.flatMap(({ changes }) =>
          changes.filter(({ id }) => id.name === 'shop-web').flatMap((change) => change.fields),
        );
        expect(fields).toEqual([
          expect.objectContaining({
            pointer: '/spec/replicas',
            before: 5,
            after: 3,
            whose: 'drift',
            owner: expect.objectContaining({ manager: 'kubectl', subresource: 'scale' }) as unknown,
          }),
          expect.objectContaining({
            pointer: '/spec/template/spec/containers/0/resources/limits/memory',
            before: '512Mi',
            after: '768Mi',
            whose: 'pending',
          }),
        ]);
      });

      it('names the field manager in the text, too', async () => {
        const { code, out } = await run(['diff', 'checkout-production', '--against', 'live']);
        expect(code).toBe(1);
        expect(out).toContain('# argocd/checkout-production: Service checkout/checkout added\n');
        expect(out).toMatch(/^# \/spec\/\S*\/memory drift: kubectl-edit at 20\S+Z$/m);
        expect(out).toMatch(/^-\s+memory: 2Gi\n\+\s+memory: 1Gi$/m);
      });

      it('explains how it compared, each field, and shows what is ignored only when asked', async () => {
        const args = ['diff', 'checkout-production', '--against', 'live', '--explain'];
        const { code, out } = await run([...args, '--show-ignored']);
        expect(code).toBe(1);
        expect(out).toMatch(
          /^# argocd\/checkout-production: Compared by the server-side apply of /m,
        );
        expect(out).toMatch(/^# argocd\/checkout-production: Git at \S+ [0-9a-f]{7}; applied: /m);
        expect(out).toMatch(
          /^# \S*\/memory · memory 1Gi→2Gi · kubectl edit, .* · will be reverted$/m,
        );
      });

      it('ends with 0 for an app as it should be, and reads with few requests', async () => {
        const { code, out } = await run(['diff', 'platform', '--against', 'live']);
        expect({ code, out }).toEqual({ code: 0, out: '' });
      });

      it('compares by itself where a viewer may not ask for a dry run, and says so', async () => {
        const { code, answers } = await live(
          ['checkout-production'],
          description().kubeconfigViewer,
        );
        expect(code).toBe(1);
        const deployment = answers[0]?.changes.find(({ id }) => id.kind === 'Deployment');
        expect(deployment).toMatchObject({ action: 'changed', predicted: true });
        expect(deployment?.notes.map(({ message }) => message)).toEqual([
          'No right to patch deployments.apps in checkout: compared here only.',
        ]);
      });

      it('never tells what it may not read as equal', async () => {
        const viewer = await live(['platform'], description().kubeconfigViewer);
        expect(viewer.code).toBe(2);
        expect(viewer.answers[0]?.unread).toEqual([
          'Secret platform/backup-credentials: No right to get secrets in platform: it cannot be compared.',
        ]);
        const narrow = { KUBECONFIG: description().kubeconfigNamespaced };
        const { code, out, err } = await run(
          ['diff', 'checkout-production', '--against', 'live'],
          narrow,
        );
        expect({ code, out }).toEqual({ code: 2, out: '' });
        expect(err).toContain('No right to get deployments.apps in checkout');
        const shop = await run(['diff', 'shop-staging', '--against', 'live'], narrow);
        expect(shop.code).toBe(1);
        expect(shop.out).toContain('Deployment shop/shop-web changed');
      });

      it('says which context it was not given, and takes one by name', async () => {
        const args = ['diff', 'platform', '--against', 'live', '--context'];
        expect(await run([...args, 'nowhere'])).toEqual({
          code: 2,
          out: '',
          err: 'No kubeconfig has a context nowhere.\n',
        });
        expect((await run([...args, 'production'])).code).toBe(0);
        const several = await run(['diff', '--against', 'live', '--context', 'production']);
        expect(several).toMatchObject({ code: 2, out: '' });
        expect(several.err).toContain('--context CLUSTER=production');
      });

      it('says of each app that only the cluster has why it is not compared', async () => {
        const folder = createFolder({
          '.plumbline.yaml': "clusters: [{name: staging, folders: ['**']}]\n",
          'own/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n',
        });
        try {
          const args = ['diff', '--against', 'live', '--context', 'staging'];
          const env = { KUBECONFIG: description().kubeconfig };
          const { code, err } = await plumbline(args, { cwd: folder.path, env });
          expect(code).toBe(2);
          expect(err).toMatch(/flux-system\/mailer.*: Its repository .* is in no open folder\./);
        } finally {
          folder.remove();
        }
      });
    });

    describe('sync and reconcile', () => {
      const branch = `${mine}-apps`;
      const path = `apps/${mine}`;
      const ofArgo = `${mine}-argo`;
      const ofFlux = `${mine}-flux`;

      const application = (): KubeObject =>
        object(
          'argoproj.io/v1alpha1',
          'Application',
          { namespace: 'argocd', name: ofArgo },
          {
            spec: {
              project: 'default',
              source: { repoURL: gitea().cloneUrl, targetRevision: branch, path },
              destination: { server: 'https://kubernetes.default.svc', namespace: ofArgo },
              syncPolicy: { syncOptions: ['CreateNamespace=true'] },
            },
          },
        );
      const source = (): KubeObject =>
        object(
          'source.toolkit.fluxcd.io/v1',
          'GitRepository',
          { namespace: ofFlux, name: ofFlux },
          { spec: { url: gitea().cloneUrl, ref: { branch }, interval: '1h' } },
        );
      const kustomization = (): KubeObject =>
        object(
          'kustomize.toolkit.fluxcd.io/v1',
          'Kustomization',
          { namespace: ofFlux, name: ofFlux },
          {
            spec: {
              path: `./${path}`,
              targetNamespace: ofFlux,
              sourceRef: { kind: 'GitRepository', name: ofFlux },
              interval: '1h',
              prune: false,
            },
          },
        );
      const config = (value: string): string =>
        JSON.stringify(object('v1', 'ConfigMap', { name: mine }, { data: { value } }));
      const inNamespace = (namespace: string): KubeObject =>
        object('v1', 'ConfigMap', { namespace, name: mine });
      const valueIn = async (cluster: ClusterName, namespace: string): Promise<unknown> => {
        const access = await on(cluster).get(inNamespace(namespace));
        return access.kind === 'ok' ? access.value['data'] : access.kind;
      };

      function commit(files: Readonly<Record<string, string>>, message: string): void {
        for (const [name, text] of Object.entries(files)) {
          const folder = join(clone, name.slice(0, name.lastIndexOf('/')));
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(clone, name), text);
          git('add', name);
        }
        git('commit', '-q', '-m', message);
        push(`HEAD:refs/heads/${branch}`);
        git('fetch', '-q', 'origin');
      }

      beforeAll(async () => {
        git('checkout', '-q', '-b', branch);
        commit(
          {
            [`${path}/config.yaml`]: config('one'),
            [`argocd/apps/${ofArgo}.yaml`]: JSON.stringify(application()),
            [`clusters/staging/${ofFlux}.yaml`]: [source(), kustomization()]
              .map((it) => JSON.stringify(it))
              .join('\n---\n'),
          },
          'apps of a test',
        );
        git('branch', '-q', `--set-upstream-to=origin/${branch}`);
        await make('production', object('v1', 'Namespace', { name: ofArgo }));
        await make('staging', object('v1', 'Namespace', { name: ofFlux }));
        await make('production', application());
        await make('staging', source());
        await make('staging', kustomization());
        const isApplied = (it: KubeObject | undefined): boolean => it !== undefined;
        await on('staging').until(inNamespace(ofFlux), isApplied);
      });
      afterAll(async () => {
        git('checkout', '-q', 'main');
        await forge(`/branches/${encodeURIComponent(branch)}`, 'DELETE');
      });

      it('sync shows its plan and does nothing without a yes', async () => {
        const { code, out, err } = await run(['sync', ofArgo]);
        expect({ code, out }).toEqual({ code: 1, out: '' });
        expect(err).toContain(`Sync argocd/${ofArgo} on production (https://`);
        expect(err).toContain(`ConfigMap ${ofArgo}/${mine}`);
        expect(err).toContain('Nothing was done: give --yes to go on.');
        expect(await valueIn('production', ofArgo)).toBe('not-found');
      });

      it('sync --yes applies the app and follows it to its end', async () => {
        const { code, out, err } = await run(['sync', ofArgo, '--yes']);
        expect({ code, out }, err).toEqual({
          code: 0,
          out: expect.stringMatching(/^succeeded: /) as unknown,
        });
        expect(await valueIn('production', ofArgo)).toEqual({ value: 'one' });
        const after = await run(['diff', ofArgo, '--against', 'live']);
        expect({ code: after.code, out: after.out }).toEqual({ code: 0, out: '' });
      });

      it('says what is not pushed, and does not apply it', async () => {
        writeFileSync(join(clone, path, 'config.yaml'), config('not pushed'));
        try {
          const { code, err } = await run(['sync', ofArgo, '--yes']);
          expect(code).toBe(0);
          expect(err).toContain('Not included:');
          expect(err).toContain(`${path}/config.yaml`);
          expect(await valueIn('production', ofArgo)).toEqual({ value: 'one' });
        } finally {
          git('checkout', '-q', '--', path);
        }
      });

      it('tells the failure of the controller in its words, with code 1', async () => {
        commit({ [`${path}/config.yaml`]: config('one').replace('"v1"', '"v9"') }, 'no such kind');
        const { code, out, err } = await run(['sync', ofArgo, '--yes']);
        expect({ code, out: out.split(':')[0] }, err).toEqual({ code: 1, out: 'failed' });
        expect(out).toMatch(/v9|could not find/i);
        commit({ [`${path}/config.yaml`]: config('two') }, 'mended');
      });

      it('reconcile --yes fetches the new commit and applies it', async () => {
        const { code, out, err } = await run(['reconcile', ofFlux, '--yes']);
        expect({ code, out: out.split(':')[0] }, err).toEqual({ code: 0, out: 'succeeded' });
        expect(err).toContain(`Reconcile ${ofFlux}/${ofFlux} on staging (https://`);
        expect(await valueIn('staging', ofFlux)).toEqual({ value: 'two' });
      });

      it('refuses a viewer before anything is written', async () => {
        const { code, out, err } = await run(['reconcile', ofFlux, '--yes'], {
          KUBECONFIG: description().kubeconfigViewer,
        });
        expect(code, err).not.toBe(0);
        expect(`${out}${err}`).toMatch(/may not|no right/i);
        expect(await valueIn('staging', ofFlux)).toEqual({ value: 'two' });
      });

      it.each([
        ['sync', ofFlux, `${ofFlux} is applied by Flux: use plumbline reconcile ${ofFlux}.`],
        ['reconcile', ofArgo, `${ofArgo} is applied by Argo CD: use plumbline sync ${ofArgo}.`],
        ['sync', 'deploy/status-page', 'deploy/status-page is deployed by a pipeline'],
      ])('%s %s names the right tool', async (command, app, sentence) => {
        const { code, out, err } = await run([command, app, '--yes']);
        expect({ code, out }).toEqual({ code: 2, out: '' });
        expect(err).toContain(sentence);
      });
    });

    describe('pr', () => {
      const branches: string[] = [];
      const branchNamed = (name: string): string => {
        branches.push(`${mine}/${name}`);
        return `${mine}/${name}`;
      };
      const state = () => ({
        head: git('rev-parse', 'HEAD'),
        branch: git('symbolic-ref', 'HEAD'),
        index: git('ls-files', '--stage'),
        status: git('status', '--porcelain'),
        values: readFileSync(join(clone, PRODUCTION_VALUES), 'utf8'),
      });
      const isOnForge = (branch: string): boolean =>
        git('ls-remote', '--heads', gitea().cloneUrl, branch) !== '';

      beforeAll(() => {
        edit(PRODUCTION_VALUES, (text) => text.replace(/replicas: \d+/, 'replicas: 6'));
        edit('README.md', (text) => `${text}\nStaged by the user.\n`);
        git('add', 'README.md');
        writeFileSync(join(clone, 'untracked.txt'), 'mine\n');
      });
      afterAll(async () => {
        for (const branch of branches) {
          await forge(`/branches/${encodeURIComponent(branch)}`, 'DELETE');
        }
      });

      it('only shows the plan with --plan, with what changes in which app', async () => {
        const { code, out } = await run(['pr', '--plan', '-o', 'json']);
        expect(code).toBe(0);
        expect(JSON.parse(out)).toMatchObject({
          paths: [PRODUCTION_VALUES],
          baseBranch: 'main',
          pushRemote: 'origin',
          targetUrl: gitea().cloneUrl,
        });
        expect(out).toContain('+  replicas: 6');
      });

      it('commits the chosen files only, pushes and opens; nothing else moves', async () => {
        const branch = branchNamed('open');
        const before = state();
        const title = 'More replicas for the shop';
        const { code, out, err } = await run(
          ['pr', 'shop-production', '--branch', branch, '--title', title, '--yes'],
          { GITEA_TOKEN: gitea().token },
        );
        expect(code, err).toBe(0);
        expect(out.trim()).toMatch(new RegExp(`^${gitea().url}/acme/gitops/pulls/\\d+$`));
        expect(`${out}${err}`).not.toContain(gitea().token);
        expect(state()).toEqual(before);
        const number = out.trim().split('/').at(-1) ?? '';
        expect(await forge(`/pulls/${number}`)).toMatchObject({
          title,
          state: 'open',
          base: { ref: 'main' },
          head: { ref: branch },
        });
        const files = (await forge(`/pulls/${number}/files`)) as readonly { filename: string }[];
        expect(files.map(({ filename }) => filename)).toEqual([PRODUCTION_VALUES]);
        expect(git('rev-parse', `${branch}^`)).toBe(git('rev-parse', 'origin/main'));
        await forge(`/pulls/${number}`, 'PATCH', { state: 'closed' });
      });

      it('tells a token that has expired in one sentence, and shows it to nobody', async () => {
        const branch = branchNamed('expired');
        const before = state();
        const token = '0123456789012345678901234567890123456789';
        const { code, out, err } = await run(
          ['pr', 'shop-production', '--branch', branch, '--yes'],
          { GITEA_TOKEN: token },
        );
        expect({ code, out }).toEqual({ code: 2, out: '' });
        const last = err.trimEnd().split('\n').at(-1) ?? '';
        expect(last).toMatch(/^The pull request stopped at the push step: .*login/);
        expect(err).not.toContain(token);
        expect(git('for-each-ref', `refs/heads/${branch}`)).toBe('');
        expect(state()).toEqual(before);
        expect(isOnForge(branch)).toBe(false);
      });

      it('tells a push that is rejected in one sentence', async () => {
        const branch = branchNamed('rejected');
        await forge('/branch_protections', 'POST', {
          rule_name: branch,
          enable_push: false,
          enable_force_push: false,
        });
        try {
          const before = state();
          const { code, out, err } = await run(
            ['pr', 'shop-production', '--branch', branch, '--yes'],
            { GITEA_TOKEN: gitea().token },
          );
          expect({ code, out }).toEqual({ code: 2, out: '' });
          const last = err.trimEnd().split('\n').at(-1) ?? '';
          expect(last).toMatch(
            /^The pull request stopped at the push step: The remote rejected .*: Not allowed to push/,
          );
          expect(last).not.toContain(gitea().token);
          expect(git('for-each-ref', `refs/heads/${branch}`)).toBe('');
          expect(state()).toEqual(before);
          expect(isOnForge(branch)).toBe(false);
        } finally {
          await forge(`/branch_protections/${encodeURIComponent(branch)}`, 'DELETE');
        }
      });

      it('asks before anything is written', async () => {
        const branch = `${mine}/unasked`;
        const { code, err } = await run(['pr', '--branch', branch], {
          GITEA_TOKEN: gitea().token,
        });
        expect(code).toBe(1);
        expect(err).toContain('Nothing was done: give --yes to go on.');
        expect(git('for-each-ref', `refs/heads/${branch}`)).toBe('');
      });
    });
  },
);
