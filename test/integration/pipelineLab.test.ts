import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AppState } from '../../src/model/appState';
import { appLabel } from '../../src/model/app';
import type { ResourceChange } from '../../src/model/change';
import type { ActionProgress } from '../../src/model/plan';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { claimLabel, idWords } from '../../src/model/stray';
import { createFolder, never } from '../unit/render/engine';
import { plumbline } from './commandWorld';
import { makersIn } from './leftBehindLab';
import { openWorkbench, settings } from './pipelineWorld';

const stateFile = process.env['PLUMBLINE_LAB_STATE'];

interface Lab {
  readonly kubeconfig: string;
  readonly kubeconfigViewer: string;
  readonly kubeconfigNamespaced: string;
  readonly sampleDir: string;
  readonly gitea: { readonly url: string; readonly token: string; readonly cloneUrl: string };
}

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

/** A clone of the lab's repository, so that no test touches what others look at. */
function cloneSample(lab: Lab): string {
  const folder = createFolder();
  owned.push(folder.remove);
  rmSync(folder.path, { recursive: true });
  execFileSync('git', ['clone', '-q', lab.sampleDir, folder.path]);
  const remote = execFileSync('git', ['remote', 'get-url', 'origin'], {
    cwd: lab.sampleDir,
    encoding: 'utf8',
  });
  execFileSync('git', ['remote', 'set-url', 'origin', remote.trim()], { cwd: folder.path });
  return folder.path;
}

async function open(
  lab: Lab,
  kubeconfig: string,
): Promise<{ workbench: CoreWorkbench; root: string }> {
  const root = cloneSample(lab);
  const environment = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const workbench = openWorkbench([root], {
    settings: { ...settings, kubeconfigs: [kubeconfig], fetchAllowed: true },
    environment,
  });
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, root };
}

function app(workbench: CoreWorkbench, name: string): AppState {
  const found = workbench.state().apps.find((state) => appLabel(state.app) === name);
  if (found === undefined) throw new Error(`no app ${name}`);
  return found;
}

function live(workbench: CoreWorkbench, name: string): readonly ResourceChange[] {
  const state = app(workbench, name).live;
  if (state.kind !== 'compared') throw new Error(`${name}: ${JSON.stringify(state)}`);
  return state.comparison.changes;
}

/** `Deployment shop-web /spec/replicas drift kubectl`. */
function fields(changes: readonly ResourceChange[]): readonly string[] {
  return changes.flatMap(({ id, action, fields: all }) =>
    all.map(({ pointer, whose, owner }) =>
      [id.kind, id.name, action, pointer, whose, owner?.manager]
        .filter((part) => part !== undefined && part !== '')
        .join(' '),
    ),
  );
}

describe.skipIf(stateFile === undefined)('pipeline on real clusters', () => {
  const held: { lab?: Lab } = {};
  beforeAll(() => {
    held.lab = JSON.parse(readFileSync(stateFile ?? '', 'utf8')) as Lab;
  });
  const lab = (): Lab => {
    if (held.lab === undefined) throw new Error('no lab');
    return held.lab;
  };

  it('contacts no cluster before it is opened', async () => {
    const { workbench } = await open(lab(), lab().kubeconfig);
    const states = workbench.state().clusters;
    expect(states.map(({ name, connection }) => [name, connection.kind])).toEqual(
      expect.arrayContaining([
        ['production', 'idle'],
        ['staging', 'idle'],
      ]) as unknown,
    );
    expect(workbench.state().apps.every((state) => state.live.kind === 'unread')).toBe(true);
  });

  it('finds the drift that others put in, by field manager, and nothing else', async () => {
    const { workbench } = await open(lab(), lab().kubeconfig);
    await workbench.openCluster('production', never);
    await workbench.openCluster('staging', never);
    await workbench.whenIdle();
    expect(app(workbench, 'argocd/shop-production').app).toMatchObject({
      presence: 'both',
      controlCluster: 'production',
      destinationCluster: 'production',
    });
    expect(app(workbench, 'argocd/shop-staging').app).toMatchObject({
      controlCluster: 'production',
      destinationCluster: 'staging',
    });
    expect(fields(live(workbench, 'argocd/shop-production'))).toEqual(
      expect.arrayContaining([
        'Deployment shop-web changed /spec/replicas drift kubectl',
        'ConfigMap shop-incident-flags removed drift',
      ]) as unknown,
    );
    expect(fields(live(workbench, 'argocd/shop-staging'))).toEqual([
      'Deployment shop-web changed /spec/template/spec/containers/0/image drift kubectl-set',
    ]);
    expect(fields(live(workbench, 'argocd/checkout-production'))).toEqual(
      expect.arrayContaining(['Service checkout added drift']) as unknown,
    );
    for (const name of ['argocd/checkout-staging', 'argocd/root', 'flux-system/infrastructure']) {
      expect(fields(live(workbench, name)), name).toEqual([]);
    }
    expect(fields(live(workbench, 'flux-system/notifications'))).toEqual([
      'Deployment notifications-worker changed /spec/replicas drift kubectl',
    ]);
    // Known from the manifest that Helm stored, not from a commit.
    expect(fields(live(workbench, 'flux-system/mailer'))).toEqual([
      'Deployment mailer changed /spec/template/spec/containers/0/env/0 drift kubectl-set',
    ]);
    const health = live(workbench, 'argocd/shop-staging').find(
      ({ id }) => id.kind === 'Deployment',
    );
    expect(health?.health?.status).toBe('Healthy');
    const document = await workbench.document(
      {
        kind: 'live',
        appKey: app(workbench, 'argocd/shop-production').app.key,
        resource: 'apps/Deployment/shop/shop-web',
      },
      never,
    );
    expect(document).toMatchObject({ label: 'live · production' });
  });

  it('finds what Argo CD, Flux and Helm left behind: of apps that are there, and of those that are gone', async () => {
    const { workbench, root } = await open(lab(), lab().kubeconfig);
    const makers = await makersIn(join(root, 'charts/mailer'));
    const { name } = makers;
    const straysIn = (cluster: string): readonly string[] => {
      const found = workbench.state().clusters.find((one) => one.name === cluster)?.strays ?? [];
      return found.flatMap(({ claim, ids }) => {
        const own = ids.filter((id) => id.name.includes(name)).map(idWords);
        return own.length === 0 ? [] : [`${claimLabel(claim)}: ${own.join(', ')}`];
      });
    };
    const soon = (cluster: string) => expect.poll(() => straysIn(cluster), { timeout: 10_000 });
    try {
      await makers.forbidKind();
      workbench.follow(new Set(['production', 'staging']));
      await workbench.openCluster('production', never);
      await workbench.openCluster('staging', never);
      expect([straysIn('production'), straysIn('staging')]).toEqual([[], []]);
      const orphans = live(workbench, `argocd/${name}`).filter(({ orphan }) => orphan === true);
      expect(orphans.map(({ id, prune }) => [idWords(id), prune?.protectedBy])).toEqual([
        [
          `ConfigMap shop/${name}-old`,
          ['its Application no longer lists it, so no sync prunes it.'],
        ],
      ]);

      await makers.removeApplication();
      const left = ['ConfigMap', 'Deployment', 'Service'].map((kind) => `${kind} shop/${name}-old`);
      await soon('production').toEqual([`Application ${name}: ${left.join(', ')}`]);
      await makers.removeOthers();
      const kustomized = ['ConfigMap', 'Deployment', 'Service'];
      await soon('staging').toEqual([
        expect.stringMatching(new RegExp(`^Kustomization flux-system/${name}: ConfigMap notif`)),
        `Helm release mailer/${name}: ${left.join(', ').replaceAll(`shop/${name}-old`, `mailer/${name}`)}`,
      ]);
      expect(kustomized.every((kind) => straysIn('staging')[0]?.includes(kind))).toBe(true);

      const resource = `/ConfigMap/mailer/${name}`;
      const request = { kind: 'stray', cluster: 'staging', resource } as const;
      const shown = await workbench.document(request, never);
      expect('text' in shown && shown.text).toContain(`meta.helm.sh/release-name: ${name}`);
      const env = { KUBECONFIG: lab().kubeconfig };
      const args = ['diff', 'flux-system/mailer', '--against', 'live', '-o', 'json'];
      const { out } = await plumbline(args, { cwd: root, env });
      expect(JSON.parse(out)).toContainEqual({
        cluster: 'staging',
        leftBehind: expect.arrayContaining([
          expect.objectContaining({ by: { kind: 'release', namespace: 'mailer', name } }),
        ]) as unknown,
      });
    } finally {
      await makers.end();
    }
  });

  it('says of a read-only user what could only be compared here, and what not at all', async () => {
    const { workbench } = await open(lab(), lab().kubeconfigViewer);
    await workbench.openCluster('production', never);
    await workbench.whenIdle();
    const secret = live(workbench, 'argocd/platform').find(({ id }) => id.kind === 'Secret');
    expect(secret?.notes).toEqual([
      { kind: 'forbidden', message: 'No right to get secrets in platform: it cannot be compared.' },
    ]);
    const predicted = live(workbench, 'argocd/checkout-production').filter((one) => one.predicted);
    expect(predicted.flatMap(({ notes }) => notes.map(({ kind }) => kind))).toEqual([
      'no-patch-right',
    ]);
    const { key } = app(workbench, 'argocd/shop-production').app;
    const plan = await workbench.planAction(key, never);
    if (plan.kind === 'refusal') throw new Error(plan.reason);
    const outcome = await workbench.runAction(plan, () => undefined, never);
    expect(outcome).toMatchObject({ kind: 'refused' });
  });

  it('keeps to the namespaces that a user may see', async () => {
    const { workbench } = await open(lab(), lab().kubeconfigNamespaced);
    await workbench.openCluster('production', never);
    await workbench.whenIdle();
    const cluster = workbench.state().clusters.find(({ name }) => name === 'production');
    expect(cluster?.connection.kind).toBe('connected');
    expect(cluster?.limits.join()).toContain('applications.argoproj.io');
    const notes = live(workbench, 'argocd/platform').flatMap((change) => change.notes);
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.every(({ kind }) => kind === 'forbidden')).toBe(true);
    expect(fields(live(workbench, 'argocd/shop-production')).join()).toContain('/spec/replicas');
  });

  it('reconciles a Flux object with its source, and shows what that did', async () => {
    const { workbench } = await open(lab(), lab().kubeconfig);
    const { key } = app(workbench, 'flux-system/infrastructure').app;
    const plan = await workbench.planAction(key, never);
    if (plan.kind === 'refusal') throw new Error(plan.reason);
    expect(plan).toMatchObject({
      kind: 'flux-reconcile',
      cluster: 'staging',
      confirmation: { title: 'Reconcile flux-system/infrastructure' },
    });
    const steps: ActionProgress[] = [];
    const outcome = await workbench.runAction(plan, (step) => steps.push(step), never);
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    expect(steps.length).toBeGreaterThan(1);
  });

  it('plans a pull request of one app: only its files, masked, from the fetched target', async () => {
    const { workbench, root } = await open(lab(), lab().kubeconfig);
    const path = 'charts/shop/values-prod.yaml';
    const before = readFileSync(join(root, path), 'utf8');
    execFileSync(
      'sed',
      ['-i', 's/^replicas: .*/replicas: 9/; s/memory: [0-9]*Mi/memory: 900Mi/', path],
      { cwd: root },
    );
    expect(readFileSync(join(root, path), 'utf8')).not.toBe(before);
    execFileSync('sh', ['-c', 'echo "# other" >> README.md'], { cwd: root });
    workbench.filesChanged([
      { path: join(root, path), kind: 'changed' },
      { path: join(root, 'README.md'), kind: 'changed' },
    ]);
    await workbench.whenIdle();
    const status = () =>
      execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
    const statusBefore = status();
    const { key } = app(workbench, 'argocd/shop-production').app;
    const plan = await workbench.planPullRequest({ root, appKeys: [key], paths: [] }, never);
    if ('reason' in plan) throw new Error(plan.reason);
    expect(plan).toMatchObject({ paths: [path], baseBranch: 'main', ridesAlong: [] });
    expect(plan.branch).toMatch(/^plumbline\/[a-z0-9-]+$/);
    expect(plan.body).toContain('+              memory: 900Mi');
    const branch = `${plan.branch}-${process.pid}`;
    const outcome = await workbench.runPullRequest(
      { ...plan, branch },
      { token: () => Promise.resolve(lab().gitea.token) },
      never,
    );
    expect(outcome).toMatchObject({ kind: 'opened' });
    expect(outcome.kind === 'opened' ? outcome.url : '').toContain('/pulls/');
    const show = execFileSync('git', ['show', '--name-only', '--format=%P', branch], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(show.trim().split(/\s+/)).toEqual([plan.baseCommit, path]);
    expect(status()).toBe(statusBefore);
    await workbench.whenIdle();
  });
});
