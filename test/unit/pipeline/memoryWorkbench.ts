import type { Settings } from '../../../src/model/config';
import type { Git } from '../../../src/model/ports';
import type { CoreOptions } from '../../../src/pipeline/core';
import { createWorkbench } from '../../../src/pipeline/workbench';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createSchemas } from '../../../src/validate/schemas';
import { createValidator } from '../../../src/validate/validator';
import { realRenderer, silent } from '../render/engine';
import { EU } from './memoryCluster';

const BUNDLE = { version: 'v1.36.3', kinds: {}, definitions: {}, customResources: {} };

const noGit = new Proxy({} as Git, {
  get: () => () => Promise.resolve({ kind: 'failed', message: 'no git in this test' }),
});

/** The whole core with a real engine, schemas of nothing, and the clusters that the test gives. */
export function memoryWorkbench({
  settings,
  ...deps
}: Pick<CoreOptions, 'clusters'> &
  Partial<Pick<CoreOptions, 'renderer' | 'git' | 'trusted' | 'knownClusters'>> & {
    readonly settings: Partial<Settings>;
  }): CoreWorkbench {
  const schemas = createSchemas({
    bundle: () => Promise.resolve(new TextEncoder().encode(JSON.stringify(BUNDLE))),
  });
  return createWorkbench({
    renderer: realRenderer({ maxEngines: 1 }),
    schemas,
    validator: createValidator(schemas),
    git: noGit,
    log: silent,
    clock: () => 1_000_000,
    sleep: () => Promise.resolve(),
    digest: (value) => `${value.length}`,
    user: 'test',
    trusted: true,
    settings: {
      contexts: { eu: EU.ref },
      assignments: {},
      kubeconfigs: ['/home/kubeconfig'],
      protectedClusters: [],
      maxEngines: 1,
      renderTimeoutMs: 20_000,
      renderMemoryLimitBytes: 10 ** 9,
      fetchAllowed: false,
      ...settings,
    },
    ...deps,
  });
}
