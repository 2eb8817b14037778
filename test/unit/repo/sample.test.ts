import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assignClusters } from '../../../src/repo/assignClusters';
import { discovered, REPO_URL, ROOT, settingsOf } from './inMemory';

const SAMPLE = join(import.meta.dirname, '../../fixtures/sample');

function sampleFiles(): Readonly<Record<string, string>> {
  const entries = readdirSync(SAMPLE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(SAMPLE.length + 1).replaceAll('\\', '/'), readFileSync(path, 'utf8')];
    }),
  );
}

describe('the sample repository', () => {
  const discovery = discovered(sampleFiles());
  const apps = assignClusters(discovery.apps, {
    configs: new Map([[ROOT, discovery.config]]),
    settings: settingsOf(),
    contexts: [],
    argoClusters: [],
  });

  it('is read without a problem', () => {
    expect(discovery.problems).toEqual([]);
    expect(apps.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('has apps of all three tools, each rendered from this repository', () => {
    expect(new Set(apps.map(({ tool }) => tool))).toEqual(new Set(['argocd', 'flux', 'push']));
    for (const app of apps) expect([app.name, app.source.kind]).toEqual([app.name, 'local']);
    const followed = new Set(apps.flatMap(({ follows }) => (follows ? [follows.repoUrl] : [])));
    expect([...followed]).toEqual([REPO_URL]);
  });

  it('says of every app in which cluster it is defined and where it goes', () => {
    const known = new Set(discovery.config.clusters.map(({ name }) => name));
    for (const { name, controlCluster = '', destinationCluster = '' } of apps) {
      expect([name, known.has(controlCluster), known.has(destinationCluster)]).toEqual([
        name,
        true,
        true,
      ]);
    }
    // Hub and spoke: Argo CD in production also deploys to staging.
    expect(apps.some((app) => app.controlCluster !== app.destinationCluster)).toBe(true);
  });

  it('leaves no chart and no overlay unused', () => {
    const unused = discovery.items.filter(
      ({ kind, apps: users }) => ['chart', 'kustomization'].includes(kind) && users.length === 0,
    );
    expect(unused).toEqual([]);
  });
});
