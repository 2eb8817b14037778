import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { chartArchive } from '../unit/render/chartArchive';
import { createFolder } from '../unit/render/engine';
import { type ArgoCase, argoCases, chartOfCases, CHARTS } from './argoCases';
import { type ArgoLab, ask, byIdentity, done } from './argoLab';
import { appNamed, openWorkbench, settings } from './pipelineWorld';

const stateFile = process.env['PLUMBLINE_LAB_STATE'];

function appName({ name }: ArgoCase): string {
  return `src-${name}`;
}

interface Addresses {
  readonly cloneUrl: string;
  readonly charts: string;
}

/** The Application of a case; `skip-reconcile` keeps the controller of the lab from looking at it. */
function applicationOf(one: ArgoCase, { cloneUrl, charts }: Addresses): JsonObject {
  const sources = one.sources.map((source) => ({
    targetRevision: 'HEAD',
    path: `cases/${one.name}`,
    ...source,
    repoURL: source['repoURL'] === CHARTS ? charts : cloneUrl,
  }));
  const where = sources.length === 1 ? { source: sources[0] } : { sources };
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: appName(one),
      namespace: 'argocd',
      annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' },
    },
    spec: {
      project: 'default',
      ...where,
      destination: { server: 'https://kubernetes.default.svc', namespace: 'sources' },
    },
  };
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}

interface World {
  readonly workbench: CoreWorkbench;
  /** What Argo CD renders of an app: the objects, or its sentence. */
  readonly manifests: (name: string) => Promise<readonly JsonObject[] | string>;
  readonly end: () => Promise<void>;
}

async function world({ gitea, argocd }: ArgoLab): Promise<World> {
  const repository = `sources-${randomBytes(4).toString('hex')}`;
  const place = `${gitea.organization}/${repository}`;
  const cloneUrl = `${gitea.url}/${place}.git`;
  const toGitea = async (...request: readonly [string, string, unknown?]): Promise<void> => {
    await done(ask(gitea.url, `token ${gitea.token}`, request));
  };
  const toArgo = (...request: readonly [string, string, unknown?]): Promise<Response> =>
    ask(argocd.url, `Bearer ${argocd.token}`, request);
  await toGitea('POST', `/orgs/${gitea.organization}/repos`, { name: repository });
  const charts = await serveCharts();
  const addresses = { cloneUrl, charts: charts.url };
  const folder = pushed(addresses, cloneUrl.replace('//', `//${gitea.user}:${gitea.token}@`));
  for (const one of argoCases) {
    const path = '/applications?validate=false&upsert=true';
    await done(toArgo('POST', path, applicationOf(one, addresses)));
  }
  const home = createFolder();
  const workbench = openWorkbench([folder.path], {
    settings: { ...settings, fetchAllowed: true, fetchMode: 'automatic' },
    chartsFolder: join(home.path, 'charts'),
    environment: { HOME: home.path },
  });
  await workbench.whenIdle();
  return {
    workbench,
    manifests: async (name) => {
      const answer = await toArgo('GET', `/applications/${name}/manifests`);
      const body = (await answer.json()) as { manifests?: readonly string[]; message?: string };
      if (!answer.ok) return body.message ?? 'no message';
      return (body.manifests ?? []).map((text) => JSON.parse(text) as JsonObject);
    },
    end: async () => {
      workbench.dispose();
      folder.remove();
      charts.close();
      for (const one of argoCases) {
        await done(toArgo('DELETE', `/applications/${appName(one)}?cascade=false`));
      }
      await toGitea('DELETE', `/repos/${place}`);
    },
  };
}

/** A chart repository on loopback, for Argo CD and for us. */
async function serveCharts(): Promise<{ readonly url: string; readonly close: () => void }> {
  const archive = chartArchive(chartOfCases);
  const index =
    'apiVersion: v1\nentries: {web: [{apiVersion: v2, name: web, version: 1.4.0, urls: [web.tgz]}]}\n';
  const server = createServer((request, response) => {
    response.end(request.url === '/web.tgz' ? archive : index);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function pushed(addresses: Addresses, pushUrl: string): ReturnType<typeof createFolder> {
  const files = argoCases.flatMap((one) => [
    ...Object.entries(one.files).map(
      ([path, text]) => [`cases/${one.name}/${path}`, text] as const,
    ),
    [`apps/${one.name}.json`, JSON.stringify(applicationOf(one, addresses))] as const,
  ]);
  const folder = createFolder(Object.fromEntries(files));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@acme.example', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', addresses.cloneUrl);
  git('add', '-A', '-f');
  git('commit', '-q', '-m', 'cases');
  git('push', '-q', pushUrl, 'main');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  return folder;
}

describe.skipIf(stateFile === undefined)('sources as Argo CD renders them', () => {
  let here: World | undefined;
  beforeAll(async () => {
    here = await world(JSON.parse(readFileSync(stateFile ?? '', 'utf8')) as ArgoLab);
  });
  afterAll(async () => {
    await here?.end();
  });

  it.each(argoCases.map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => {
      if (here === undefined) throw new Error('The lab is not there.');
      const theirs = await here.manifests(appName(one));
      const { app, working } = appNamed(here.workbench, `argocd/${appName(one)}`);
      if (one.fails !== undefined) {
        expect(theirs).toBeTypeOf('string');
        const codes = app.problems.map(({ code }) => code);
        if (one.fails === 'in 3.2') expect(codes).toContain('values-glob');
        else expect(working.kind, JSON.stringify(app.source)).not.toBe('rendered');
        return;
      }
      if (typeof theirs === 'string') throw new Error(`Argo CD: ${theirs}`);
      if (working.kind !== 'rendered')
        throw new Error(JSON.stringify({ working, source: app.source }));
      expect(theirs.length).toBeGreaterThan(0);
      const ours = working.desired.objects.map(({ object }) => object as unknown as JsonObject);
      expect(byIdentity(ours)).toEqual(byIdentity(theirs));
    },
    30_000,
  );
});
