import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { recordAt, textAt } from '../../src/model/fields';
import type { Capabilities, RenderSource } from '../../src/model/render';

const corpus = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'fixtures', 'corpus');

/** A case of the corpus, at home in `cases/<kind>/<name>` of a repository that holds them all. */
export interface CorpusCase {
  readonly name: string;
  readonly folder: string;
  readonly fails: boolean;
  readonly source: RenderSource;
  readonly capabilities: Capabilities;
}

const KUBE_VERSION = 'v1.36.3';

function caseOf(kind: 'helm' | 'kustomize', name: string): CorpusCase {
  const told: unknown = parse(readFileSync(join(corpus, kind, name, 'case.yaml'), 'utf8'));
  const folder = `cases/${kind}/${name}`;
  const below = (path: string): string => (path === '' ? folder : `${folder}/${path}`);
  const given = recordAt(told, 'source') ?? {};
  const files = (key: string): Record<string, unknown> =>
    Array.isArray(given[key]) ? { [key]: (given[key] as readonly string[]).map(below) } : {};
  const parameters = Array.isArray(given['fileParameters'])
    ? (given['fileParameters'] as readonly { name: string; path: string }[])
    : [];
  const source = {
    kind,
    path: below(textAt(told, 'path') ?? ''),
    ...(kind === 'helm' && {
      releaseName: 'rel',
      namespace: 'space',
      valueFiles: [],
      includeCrds: true,
    }),
    ...given,
    ...files('valueFiles'),
    ...(parameters.length > 0 && {
      fileParameters: parameters.map((one) => ({ ...one, path: below(one.path) })),
    }),
  } as unknown as RenderSource;
  return {
    name: `${kind}/${name}`,
    folder,
    fails: textAt(told, 'fails') !== undefined,
    source,
    capabilities: {
      kubeVersion: KUBE_VERSION,
      apiVersions: [],
      ...recordAt(told, 'capabilities'),
    },
  };
}

export const corpusCases: readonly CorpusCase[] = (['helm', 'kustomize'] as const).flatMap((kind) =>
  readdirSync(join(corpus, kind))
    .filter((name) => existsSync(join(corpus, kind, name, 'case.yaml')))
    .map((name) => caseOf(kind, name)),
);

/** Copies all cases below `cases/` of a folder. */
export function copyCorpus(to: string): void {
  for (const kind of ['helm', 'kustomize']) {
    cpSync(join(corpus, kind), join(to, 'cases', kind), { recursive: true });
  }
}
