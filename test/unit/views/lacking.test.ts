import { describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/model/appState';
import type { MissingReference } from '../../../src/model/render';
import { presentLensLinks } from '../../../src/views/impact/present';
import { lackingLines, lackingWords, fetchAbility } from '../../../src/views/lacking';
import { presentRepository } from '../../../src/views/repository/present';
import type { Row } from '../../../src/views/row';
import { presentClusters } from './rows';
import { cluster, file, impact, NOW_MS, rendered, root, ROOT, state, workspace } from './states';

const chart: MissingReference = {
  kind: 'chart',
  reference: 'web ^1 https://charts.example.com',
  path: 'k/kustomization.yaml',
  chart: { repository: 'https://charts.example.com', name: 'web', version: '^1' },
};
const base: MissingReference = { kind: 'base', reference: 'https://git.example.com/b', path: 'k' };

const lacking = (...missing: readonly MissingReference[]): AppState =>
  state('shop', {
    working: {
      kind: 'rendered',
      desired: { ...rendered([file('k/kustomization.yaml')]), missing },
    },
  });

function allRows(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => [row, ...allRows(row.children?.() ?? [])]);
}

const ofShop = (rows: readonly Row[]): Row | undefined =>
  allRows(rows).find(({ target }) => target?.kind === 'app');

const tooltipOf = (row: Row | undefined): string => JSON.stringify(row?.tooltip?.() ?? []);

describe('what an app lacks', () => {
  it('is told by its first reference and a count, whole in a tooltip', () => {
    const one = lacking(chart, base, base);
    expect(lackingWords(one)).toBe('lacks web ^1 https://charts.example.com · 1 more');
    expect(lackingLines(one)).toEqual([
      'Lacks the chart web ^1 https://charts.example.com',
      'Lacks the base https://git.example.com/b',
    ]);
  });

  it('can be fetched where it is a chart', () => {
    expect(fetchAbility(lacking(chart))).toEqual(['canFetch']);
    expect(fetchAbility(lacking(base))).toEqual([]);
    expect(lackingWords(lacking())).toBeUndefined();
  });

  it('stands in its row of Clusters', () => {
    const row = ofShop(
      presentClusters(
        workspace({ apps: [lacking(chart)], clusters: [cluster('production')] }),
        NOW_MS,
      ),
    );
    expect(row?.description).toContain('lacks web ^1');
    expect(row?.abilities).toContain('canFetch');
    expect(tooltipOf(row)).toContain('Lacks the chart web');
  });

  it('stands in its row of Repository', () => {
    const one = lacking(chart);
    const items = [
      { kind: 'kustomization', name: 'k', root: ROOT, path: 'k', apps: [one.app.key] },
    ] as const;
    const row = ofShop(presentRepository(workspace({ apps: [one], roots: [root({ items })] })));
    expect(row?.description).toContain('lacks web ^1');
    expect(row?.abilities).toContain('canFetch');
    expect(tooltipOf(row)).toContain('Lacks the chart web');
  });

  it('is offered above the files that the app reads, in a trusted workspace', () => {
    const links = (trusted: boolean, one: AppState): readonly string[] =>
      presentLensLinks(
        impact(),
        workspace({ apps: [one], roots: [root()], trusted }),
        `${ROOT}/k/kustomization.yaml`,
      ).map(({ kind }) => kind);
    expect(links(true, lacking(chart))).toContain('fetch');
    expect(links(false, lacking(chart))).not.toContain('fetch');
    expect(links(true, lacking(base))).not.toContain('fetch');
  });
});
